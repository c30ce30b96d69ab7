package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"escalationd/internal/failpoint"
)

// fileSet is how many mails one MOVE takes at most. Its cost hardly depends on
// their number, but grows with the mailbox; 500 UIDs fit any server's line.
const fileSet = 500

// doneKeyword marks a mail that was copied away on a server that can neither
// move nor expunge single mails.
const doneKeyword imap.Flag = "$EscalationdDone"

// folder is where mails of one verdict are filed.
type folder struct {
	set   int       // how many mails go at once; shrinks when the server refuses
	due   time.Time // not tried again before
	pause backoff
	err   error // of the last try; nil when it went well
}

func newFolder() *folder {
	return &folder{set: fileSet, pause: backoff{first: time.Second, longest: time.Minute}}
}

// searched takes what a search showed: how many moved mails are still there.
func (f *folder) searched(stuck int) {
	switch {
	case stuck > 0:
		f.err = fmt.Errorf("%d mails are still in the mailbox although the server says it has moved them", stuck)
		f.due = time.Now().Add(f.pause.next())
	case f.err == nil:
		f.pause.reset()
	}
}

// file moves decided mails to their folders: those of a folder together, when
// there are enough of them, when the oldest has waited long enough, or when
// all is set. What the server refuses is tried again later; only a lost
// connection is an error.
func (s *session) file(ctx context.Context, all bool) error {
	for v, name := range map[Verdict]string{Processed: s.o.Processed, Quarantine: s.o.Quarantine} {
		f := s.mem.folders[v]
		uids := s.mem.unfiled(v, time.Now())
		if !all && len(uids) < fileSet && !s.waitedEnough(uids) {
			continue
		}
		for len(uids) > 0 && !time.Now().Before(f.due) {
			set := uids[:min(len(uids), f.set)]
			uids = uids[len(set):]
			err := failpoint.Do("move", func() error { return s.move(ctx, set, name) })
			if lost(err) {
				return err
			}
			s.filed(f, set, name, err)
		}
	}
	s.b.note(s.filingErr())
	return nil
}

func (s *session) waitedEnough(uids []imap.UID) bool {
	for _, uid := range uids {
		if time.Since(s.mem.records[uid].decided) >= s.o.FileAfter {
			return true
		}
	}
	return false
}

// filed accounts for one move. That a mail is really gone, only the next
// search shows: servers answer OK for mails that they did not move.
func (s *session) filed(f *folder, set []imap.UID, name string, err error) {
	if err == nil {
		f.err, f.set = nil, min(fileSet, 2*f.set)
		for _, uid := range set {
			s.mem.records[uid].filed = true
		}
		s.progress = true
		s.log.Debug("mails filed", "folder", name, "count", len(set))
		return
	}
	wait := f.pause.next()
	f.err = fmt.Errorf("file %d mails under %s: %w", len(set), name, err)
	f.due = time.Now().Add(wait)
	if len(set) == 1 { // perhaps it is this one: let others go first
		r := s.mem.records[set[0]]
		r.due = time.Now().Add(r.pause.next())
	}
	f.set = max(1, len(set)/4)
	s.log.Warn("mails cannot be filed, they stay in the mailbox", "folder", name,
		"count", len(set), "error", err, "retry_in", wait.Round(time.Millisecond).String())
}

func (s *session) filingErr() error {
	for _, v := range []Verdict{Processed, Quarantine} {
		if err := s.mem.folders[v].err; err != nil {
			return err
		}
	}
	return nil
}

// nextFiling is the earliest moment at which file has something to do.
func (s *session) nextFiling() (at time.Time) {
	for _, r := range s.mem.records {
		if r.verdict == Stay || r.filed {
			continue
		}
		due := latest(r.due, r.decided.Add(s.o.FileAfter), s.mem.folders[r.verdict].due)
		if at.IsZero() || due.Before(at) {
			at = due
		}
	}
	return at
}

// move files uids by MOVE (RFC 6851), else by COPY, \Deleted and UID EXPUNGE
// (RFC 4315), else by COPY, \Deleted and a keyword. A plain EXPUNGE is never
// sent: it would remove what other people marked. go-imap's own fallback is
// not used since it does not wait for its COPY.
func (s *session) move(ctx context.Context, uids []imap.UID, dst string) error {
	set := imap.UIDSetNum(uids...)
	if s.caps.Has(imap.CapMove) {
		return s.do(ctx, "move mails", small, func() error {
			if !s.c.Caps().Has(imap.CapMove) {
				return errors.New("the server has taken back MOVE")
			}
			_, err := s.c.Move(set, dst).Wait()
			return err
		})
	}
	if err := s.copy(ctx, uids, dst); err != nil {
		return err
	}
	flags := []imap.Flag{imap.FlagDeleted}
	if s.marks() && s.keywords {
		flags = append(flags, doneKeyword)
	}
	err := s.do(ctx, "mark mails as deleted", small, func() error {
		return s.c.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: flags}, nil).Close()
	})
	if err != nil || s.marks() {
		return err
	}
	return s.do(ctx, "expunge mails", small, func() error { return s.c.UIDExpunge(set).Close() })
}

// copy copies those of uids that no earlier try has copied.
func (s *session) copy(ctx context.Context, uids []imap.UID, dst string) error {
	var set imap.UIDSet
	for _, uid := range uids {
		if !s.mem.record(uid).copied {
			set.AddNum(uid)
		}
	}
	if len(set) == 0 {
		return nil
	}
	err := s.do(ctx, "copy mails", small, func() error {
		_, err := s.c.Copy(set, dst).Wait()
		return err
	})
	if err != nil {
		return err
	}
	for _, uid := range uids {
		s.mem.record(uid).copied = true
	}
	return nil
}

// marks says that a filed mail stays in the mailbox with a mark on it.
func (s *session) marks() bool {
	return !s.caps.Has(imap.CapMove) && !s.caps.Has(imap.CapUIDPlus)
}

func latest(at ...time.Time) (t time.Time) {
	for _, a := range at {
		if a.After(t) {
			t = a
		}
	}
	return t
}
