package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/emersion/go-imap/v2"
)

// session serves the mailbox over one connection.
type session struct {
	*conn
	b        *Inbox
	h        Handler
	mem      *memory
	log      *slog.Logger
	progress bool // a mail was decided or filed
}

// reselect is how often the mailbox is selected anew although nothing is
// wrong: one that was deleted and made again looks empty until then.
const reselect = time.Minute

// serve goes round until the connection or ctx ends. When ctx ends between two
// commands, what is decided is filed before it leaves, unless the lead is lost.
func (s *session) serve(ctx context.Context) error {
	s.begin()
	s.b.connected()
	s.log.Info("inbox connected", "move", s.caps.Has(imap.CapMove), "uidplus", s.caps.Has(imap.CapUIDPlus),
		"idle", s.caps.Has(imap.CapIdle))
	for ctx.Err() == nil {
		if err := s.round(ctx); err != nil {
			if ctx.Err() != nil && !s.raw.dead() {
				break
			}
			return err
		}
	}
	if errors.Is(context.Cause(ctx), ErrLeadLost) {
		return ErrLeadLost
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.file(ctx, true); err != nil {
		return err
	}
	s.logout(ctx)
	return nil
}

// begin compares the UIDVALIDITY of the mailbox just selected.
func (s *session) begin() {
	if before := s.mem.uidValidity; s.mem.selected(s.uidValidity) && before != 0 {
		s.log.Warn("the mailbox has new UIDs, all its mails are looked at again", "uidvalidity", s.uidValidity)
	}
}

// round searches, hands over what is ready, files what is decided, and waits
// for news when there was nothing to do.
func (s *session) round(ctx context.Context) error {
	select { // before the search, never after it: an announcement must not get lost
	case <-s.wake:
	default:
	}
	if time.Since(s.selectedAt) > reselect {
		if err := s.selectMailbox(ctx); err != nil {
			return err
		}
		s.begin()
	}
	uids, err := s.search(ctx, time.Time{})
	if err != nil {
		return err
	}
	if n := s.mem.list(uids); n > 0 {
		s.log.Warn("mails are still there although the server says it has moved them", "count", n)
	}
	s.b.note(s.filingErr())
	worked, err := s.process(ctx)
	if err != nil {
		return err
	}
	if err := s.file(ctx, false); err != nil || worked {
		return err
	}
	return s.wait(ctx)
}

// roundMails bounds what is done between two searches: how long a mail that
// goes first may wait, and what is remembered of mails that have left.
const roundMails = 2000

// process hands over the mails that are ready, and says whether a search at
// once is worth while: some were decided, or there are more.
func (s *session) process(ctx context.Context) (worked bool, err error) {
	todo, err := s.chosen(ctx, s.mem.ready(time.Now()))
	if err != nil {
		return false, err
	}
	if len(todo) > roundMails {
		todo, worked = todo[:roundMails], true
	}
	for len(todo) > 0 && ctx.Err() == nil {
		chunk := todo[:s.chunk(todo)]
		todo = todo[len(chunk):]
		ok, err := s.processChunk(ctx, chunk)
		worked = worked || ok
		if err != nil {
			return worked, err
		}
		if time.Now().Before(s.mem.hold) {
			return false, nil
		}
	}
	return worked, nil
}

// chunk is how many mails are asked for their size in one command: one where
// something is odd, many when all goes well.
func (s *session) chunk(todo []imap.UID) int {
	limit := s.mem.batch
	if limit == s.o.Batch {
		limit = 10 * s.o.Batch
	}
	n := 0
	for n < min(limit, len(todo)) && !s.odd(todo[n]) {
		n++
	}
	return max(n, 1)
}

func (s *session) odd(uid imap.UID) bool {
	r := s.mem.records[uid]
	return r != nil && r.alone
}

func (s *session) processChunk(ctx context.Context, uids []imap.UID) (worked bool, err error) {
	if r := s.mem.records[uids[0]]; r != nil && r.hopeless(time.Now()) {
		m := Mail{Inbox: s.o.Name, UIDValidity: s.uidValidity, UID: uint32(uids[0]),
			Unfetched: fmt.Sprintf("fetch failed %d times: %s", r.misses, r.reason)}
		return s.handle(ctx, []Mail{m})
	}
	heads, err := s.sizes(ctx, uids)
	if lost(err) {
		return false, err
	}
	for len(heads) > 0 && ctx.Err() == nil {
		n := s.batch(heads)
		mails, fetchErr := s.bodies(ctx, heads[:n])
		heads = heads[n:]
		decided, err := s.handle(ctx, mails)
		worked = worked || decided
		if err != nil {
			return worked, err
		}
		if lost(fetchErr) {
			return worked, fetchErr
		}
		if time.Now().Before(s.mem.hold) {
			break
		}
		if err := s.file(ctx, false); err != nil {
			return worked, err
		}
	}
	return worked, nil
}

// batch is how many of heads are fetched together: bounded by number and by
// bytes, at least one.
func (s *session) batch(heads []head) int {
	n, bytes := 0, int64(0)
	for n < min(s.mem.batch, len(heads)) {
		if heads[n].size <= s.o.MaxMessage {
			bytes += heads[n].size
		}
		if n > 0 && bytes > s.o.BatchBytes {
			break
		}
		n++
	}
	return n
}

// handle hands mails over and takes the verdicts; it says whether any mail was
// decided. A Handler that fails holds everything back for a while; only a lost
// lead is an error.
func (s *session) handle(ctx context.Context, mails []Mail) (worked bool, err error) {
	if len(mails) == 0 {
		return false, nil
	}
	verdicts, err := s.h.Handle(ctx, mails)
	if err == nil && len(verdicts) != len(mails) {
		err = fmt.Errorf("decide on mails: %d verdicts for %d mails", len(verdicts), len(mails))
	}
	if errors.Is(err, ErrLeadLost) {
		return false, err
	}
	if err != nil {
		wait := s.mem.handlerFailed(time.Now())
		if ctx.Err() == nil {
			s.log.Warn("nothing was decided, the mails stay", "count", len(mails), "error", err,
				"retry_in", wait.Round(time.Millisecond).String())
		}
		return false, nil
	}
	s.mem.holding.reset()
	for i, v := range verdicts {
		s.mem.decide(imap.UID(mails[i].UID), v, time.Now())
		worked = worked || v != Stay
	}
	s.progress = s.progress || worked
	s.b.note(s.filingErr())
	return worked, nil
}

// wait waits until the server announces mail, something becomes due, or a poll
// is. IDLE only makes it shorter: a search follows in any case.
func (s *session) wait(ctx context.Context) error {
	d := s.o.Poll
	for _, at := range []time.Time{s.mem.next(time.Now()), s.nextFiling()} {
		if !at.IsZero() {
			d = min(d, time.Until(at))
		}
	}
	d = max(d, 10*time.Millisecond)
	if !s.caps.Has(imap.CapIdle) {
		s.pause(ctx, d)
		return s.do(context.WithoutCancel(ctx), "ask for news", small, func() error { return s.c.Noop().Wait() })
	}
	var end func() error
	err := s.do(ctx, "start IDLE", small, func() error {
		cmd, err := s.c.Idle()
		end = func() error {
			if err := cmd.Close(); err != nil {
				return err
			}
			return cmd.Wait()
		}
		return err
	})
	if err != nil {
		return err
	}
	s.pause(ctx, d)
	// It also shows whether the connection is alive.
	return s.do(context.WithoutCancel(ctx), "end IDLE", small, end)
}

// pause ends after d, or with an announcement of mail, the connection or ctx.
// While everything is held back, announcements change nothing.
func (s *session) pause(ctx context.Context, d time.Duration) {
	wake := s.wake
	if time.Now().Before(s.mem.hold) {
		wake = nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-wake:
	case <-t.C:
	case <-s.c.Closed():
	case <-ctx.Done():
	}
}
