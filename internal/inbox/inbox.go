// Package inbox watches one IMAP mailbox and hands its mails over in batches.
//
// The mailbox is the durable queue: a mail leaves it only after the Handler
// has said where it belongs, and stays for ever when nobody says so. A mail is
// known by UID and UIDVALIDITY (RFC 9051 section 2.3.1.1), never by sequence
// number, and \Seen is neither set nor looked at. Whatever the server, the
// network or a hostile mail does costs a session at most: each command has a
// deadline, each mail that cannot be fetched is set apart, and the rest goes on.
package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Mail is one mail as it lies in the mailbox.
type Mail struct {
	Inbox       string // Options.Name
	UIDValidity uint32
	UID         uint32
	Received    time.Time // INTERNALDATE; zero when the server did not tell
	Size        int64     // bytes of Raw, or what the server claims where Raw is nil
	Raw         []byte    // the whole mail as stored; nil when it was not fetched
	Unfetched   string    // why Raw is nil, TooLarge for one; empty otherwise
}

// TooLarge is the Unfetched of a mail above Options.MaxMessage.
const TooLarge = "too large"

// Location names the mail's place on the server: inbox|uidvalidity|uid.
func (m Mail) Location() string {
	return fmt.Sprintf("%s|%d|%d", m.Inbox, m.UIDValidity, m.UID)
}

// Verdict says where a mail belongs.
type Verdict int

// The verdicts of a Handler.
const (
	Stay       Verdict = iota // nothing was decided: hand it over again, later each time
	Processed                 // file it under Options.Processed
	Quarantine                // file it under Options.Quarantine
)

// Handler decides on mails. Handle gets at most Options.Batch mails, oldest
// first unless Options.First chooses others, and returns one verdict for each,
// in the same order. An error means that nothing was decided: all of them stay
// and come again after a pause that grows from a second or two to forty; after
// ErrLeadLost they come again once the Gate is passed. A mail may come again
// after a restart or a lost connection although it was decided: Handle is
// idempotent. It is never called concurrently.
type Handler interface {
	Handle(ctx context.Context, mails []Mail) ([]Verdict, error)
}

// Inbox serves one mailbox. Run it once; Status and Probe may be called from
// any goroutine at any time.
type Inbox struct {
	o   Options
	log *slog.Logger
	mem *memory

	mu     sync.Mutex
	status Status
}

// Status is what an Inbox knows about itself.
type Status struct {
	Connected   bool      // logged in, and the mailbox is selected
	LastSuccess time.Time // when the server last answered a search or gave mails
	Waiting     int       // mails seen at the last search that are not decided yet
	Unfiled     int       // decided mails that have not left the mailbox yet
	Err         error     // why it is not connected, or why filing fails; nil when all is well
}

// New makes an Inbox. It contacts nobody; an error names the option that is wrong.
func New(o Options) (*Inbox, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	log := o.Logger.With("inbox", o.Name)
	return &Inbox{o: o, log: log, mem: newMemory(o.Batch)}, nil
}

// Status returns the present state.
func (b *Inbox) Status() Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status
}

// Run serves the mailbox until ctx ends, then returns nil. Whatever breaks is
// tried again, but for what a person must put right before the first session
// was served: a refused login or a missing folder is returned as *SetupError.
// A server that cannot be reached is no such error.
func (b *Inbox) Run(ctx context.Context, h Handler) error {
	for ctx.Err() == nil {
		lead, release, err := b.o.Gate(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("wait for the lead of inbox %s: %w", b.o.Name, err)
		}
		err = b.lead(lead, h)
		release()
		if err != nil {
			return err
		}
	}
	return nil
}

// lead serves session after session until ctx ends, the lead is lost or a
// person is needed.
func (b *Inbox) lead(ctx context.Context, h Handler) error {
	pause := backoff{first: 500 * time.Millisecond, longest: 30 * time.Second}
	for ctx.Err() == nil {
		began := time.Now()
		progress, err := b.session(ctx, h)
		if ctx.Err() != nil || errors.Is(err, ErrLeadLost) {
			break
		}
		var setup *SetupError
		if errors.As(err, &setup) && setup.Permanent && !b.mem.served {
			b.disconnected(err)
			return err
		}
		switch {
		case progress, time.Since(began) > time.Minute:
			pause.reset()
		case b.mem.established:
			pause.atMost(4 * time.Second)
		default:
			b.mem.blameServer()
		}
		b.mem.established = false
		wait := pause.next()
		if setup != nil && setup.Login {
			wait = max(wait, time.Minute+rand.N(10*time.Second)) // no hammering: accounts get locked
		}
		b.disconnected(err)
		b.log.Warn("inbox connection lost", "error", err, "retry_in", wait.Round(time.Millisecond).String())
		sleep(ctx, wait)
	}
	b.disconnected(context.Cause(ctx))
	return nil
}

// session connects, serves until the connection or ctx ends, and says whether
// a mail was decided or filed in it.
func (b *Inbox) session(ctx context.Context, h Handler) (progress bool, err error) {
	c, err := b.connect(ctx)
	if err != nil {
		return false, err
	}
	defer c.close()
	s := &session{conn: c, b: b, h: h, mem: b.mem, log: b.log}
	if !b.mem.served {
		if _, err := s.folders(ctx); err != nil {
			return false, err
		}
	}
	err = s.serve(ctx)
	return s.progress, err
}

func (b *Inbox) connected() {
	b.mu.Lock()
	b.status.Connected, b.status.Err = true, nil
	b.mu.Unlock()
}

func (b *Inbox) disconnected(err error) {
	b.mu.Lock()
	b.status.Connected, b.status.Err = false, err
	b.mu.Unlock()
}

// note records a success, and what is still to be done.
func (b *Inbox) note(filing error) {
	waiting, unfiled := b.mem.counts()
	b.mu.Lock()
	b.status.LastSuccess, b.status.Err = time.Now(), filing
	b.status.Waiting, b.status.Unfiled = waiting, unfiled
	b.mu.Unlock()
}
