package notify

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/mail"
	"slices"
	"sync"
	"time"

	"escalationd/escalation"
	"escalationd/internal/failpoint"
	"escalationd/templates"
)

// Sender hands worded mails to a relay; *Relay is one. Send's errors are
// *SendError; it asks permit before the final dot. Both methods are called
// concurrently.
type Sender interface {
	Send(ctx context.Context, env Envelope, raw []byte, permit func() error) error
	Probe(ctx context.Context) error
}

// Courier carries letters from the outbox to the relay. Its fields do not
// change once it runs. Several couriers may share one outbox.
type Courier struct {
	Outbox    Outbox
	Relay     Sender
	Templates *templates.Set
	From      mail.Address // the desk
	Now       func() time.Time
	Log       *slog.Logger
	// Connections is how many letters are sent at the same time; 4 if zero.
	Connections int
	// Nudge, if not nil, tells Run that the outbox has something new.
	Nudge <-chan struct{}
	// Alarm, if not nil, is told what operators must know.
	Alarm func(context.Context, escalation.Alarm)

	mu     sync.Mutex
	status Status
}

const (
	block = 64 // letters claimed at a time
	lease = 10 * time.Second
	// limbo is for how long a letter rests whose final dot was permitted and
	// whose courier is silent since: it may yet come back and know the answer.
	// With the poll behind it another courier has taken over after 15 seconds.
	limbo      = 14 * time.Second
	renewEvery = 3 * time.Second
	grace      = 10 * time.Second // for letters in flight when the courier stops
	pollEvery  = time.Second
)

// Run delivers until ctx ends; then letters in flight have ten seconds to
// end, and the rest is released. It returns nil.
func (c *Courier) Run(ctx context.Context) error {
	c.noteOutbox(ctx, c.Outbox.Reclaim(ctx))
	f := c.takeOff(ctx)
	defer f.land()
	c.reach(ctx)
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for ctx.Err() == nil {
		c.rest(ctx)
		n, err := c.dispatch(ctx, f)
		c.noteOutbox(ctx, err)
		if n > 0 && err == nil && c.Status().Troubles == 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-c.Nudge:
		case <-poll.C:
		}
	}
	return nil
}

// Deliver sends what is due now, one block at most, and waits for its end. It
// answers how many letters were claimed.
func (c *Courier) Deliver(ctx context.Context) (int, error) {
	f := c.takeOff(ctx)
	defer f.land()
	return c.dispatch(ctx, f)
}

// dispatch claims a block, words it, and starts each letter as soon as a
// connection is free. It returns when all have been started: a letter that
// the relay is slow to take does not hold up the next block.
func (c *Courier) dispatch(ctx context.Context, f *flight) (int, error) {
	n := block
	if c.Status().Troubles > 0 {
		n = 1 // ask the relay with one letter, not with all
	}
	asked := c.Now()
	claimed, spoilt := c.Outbox.Claim(ctx, lease, n)
	if len(claimed) == 0 {
		return 0, spoilt
	}
	f.hold(claimed, asked.Add(lease))
	ready, err := c.word(ctx, f, c.sendable(f, claimed))
	if err != nil {
		f.release(ready, "its words could not be kept: "+err.Error())
		return len(claimed), err
	}
	troubles := c.Status().Troubles
	for i, p := range ready {
		if !f.slot(ctx) {
			f.release(ready[i:], "the courier stops")
			break
		}
		if c.Status().Troubles > troubles || f.adrift() {
			f.free()
			f.release(ready[i:], "the relay or the outbox is in trouble")
			break
		}
		f.workers.Go(func() {
			defer f.free()
			c.carry(f, p)
		})
	}
	return len(claimed), spoilt
}

// sendable answers the letters that may go out once more. The others have
// come as far as the final dot too often without a known end.
func (c *Courier) sendable(f *flight, claimed []Pending) []Pending {
	return slices.DeleteFunc(slices.Clone(claimed), func(p Pending) bool {
		if p.Ambiguous <= maxResends {
			return false
		}
		r := Result{Claim: p.Claim, Fate: Buried, Detail: maybeArrived + "the desk ended before it knew the relay's answer"}
		c.note(f.sending, p, nil, r)
		f.settle(r)
		return true
	})
}

// word gives each letter without bytes its words, and keeps them in the
// outbox. It answers the letters that can be sent; with an error, those that
// could have been.
func (c *Courier) word(ctx context.Context, f *flight, claimed []Pending) ([]Pending, error) {
	ready := make([]Pending, 0, len(claimed))
	var sealed []Hold
	for _, p := range claimed {
		if p.Raw == nil {
			raw, err := c.compose(ctx, p.Notice)
			if err != nil {
				f.settle(c.unworded(p, err))
				continue
			}
			p.Raw = raw
			sealed = append(sealed, Hold{Claim: p.Claim, Raw: raw})
		}
		ready = append(ready, p)
	}
	if len(sealed) == 0 {
		return ready, nil
	}
	err := failpoint.Do("seal", func() error { return c.Outbox.Hold(ctx, sealed) })
	var lost LostClaims
	if !errors.As(err, &lost) {
		return ready, err
	}
	f.lose(lost)
	return slices.DeleteFunc(ready, func(p Pending) bool { return slices.Contains(lost, p.Claim) }), nil
}

func (c *Courier) compose(ctx context.Context, n escalation.Notice) ([]byte, error) {
	words, err := c.Templates.Render(n, c.From)
	if err != nil {
		return nil, err
	}
	if words.Fallback != nil {
		c.alarm(ctx, "template", "The template of the letter “"+string(n.Kind)+"” failed, the built-in letter was sent: "+
			words.Fallback.Error()+". Mend the file and restart.", n.Case)
	}
	return Compose(words, n, c.From, c.Now())
}

// unworded is the fate of a letter that could not be written: one to an
// impossible address is buried, any other waits for a mended program.
func (c *Courier) unworded(p Pending, err error) Result {
	r := Result{Claim: p.Claim, Fate: Retry, Pause: retryDelay(p.Attempt, rand.Float64()), Detail: withoutAddresses(err.Error())}
	c.Log.Error("letter not worded", "notice", p.ID, "case", p.Notice.Case, "kind", p.Notice.Kind, "error", r.Detail)
	if errors.Is(err, errAddress) {
		r.Fate = Buried
	}
	return r
}

// carry sends one letter and settles its fate.
func (c *Courier) carry(f *flight, p Pending) {
	env, err := EnvelopeOf(p.Notice, c.From)
	if err != nil {
		f.settle(c.unworded(p, err))
		return
	}
	if !f.holds(p.Claim) {
		f.release([]Pending{p}, "its lease ran out")
		return
	}
	failed := asSendError(c.Relay.Send(f.sending, env, p.Raw, func() error { return f.permit(p.Claim) }))
	r := judge(p, failed, c.Now(), rand.Float64())
	if f.sending.Err() != nil && r.Fate == Retry && failed.Class == Network {
		r.Fate, r.Pause = Released, 0 // cut off by our own end
	}
	c.note(f.sending, p, failed, r)
	f.settle(r)
}
