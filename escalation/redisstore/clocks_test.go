package redisstore_test

import (
	"context"
	"errors"
	"log/slog"
	"net/mail"
	"strings"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/notify"
	"escalationd/templates"
)

// Whose a letter is, and when it is due, Redis's clock says alone: the clocks
// of the hosts may be minutes ahead or behind.
func TestClocksOfHostsDecideNothingAboutLetters(t *testing.T) {
	onEachRedis(t, func(t *testing.T, fresh func(t *testing.T) *bench) {
		for name, test := range map[string]func(b *bench, one, other time.Duration){
			"ALetterThatIsBeingSentIsNotTakenOver": beingSent,
			"ALetterIsSentAtOnceWhoeverMadeIt":     madeElsewhere,
			"ARetryIsAnybodys":                     retriedElsewhere,
			"ALetterOfOneThatEndedIsTakenOver":     takenOverInTime,
		} {
			t.Run(name, func(t *testing.T) {
				for _, ahead := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
					test(fresh(t), ahead, 0)
					test(fresh(t), ahead, -ahead)
				}
			})
		}
	})
}

// toRelay is a relay that is given the text of a mail, and then, if the courier
// permits it, the final dot.
type toRelay struct{ text, dot func() error }

func (r toRelay) Send(_ context.Context, _ notify.Envelope, _ []byte, permit func() error) error {
	if err := r.text(); err != nil {
		return err
	}
	if err := permit(); err != nil {
		return &notify.SendError{Stage: notify.StageDot, Class: notify.Withdrawn, Err: err}
	}
	return r.dot()
}

func (toRelay) Probe(context.Context) error { return nil }

func takes() error { return nil }

// deliver is one round of a courier on a host whose clock is ahead of Redis's.
func (b *bench) deliver(ahead time.Duration, relay toRelay) int {
	b.Helper()
	return b.deliverFrom(b.store, ahead, relay)
}

func (b *bench) deliverFrom(outbox notify.Outbox, ahead time.Duration, relay toRelay) int {
	b.Helper()
	set, _, err := templates.Load("")
	if err != nil {
		b.Fatal(err)
	}
	c := &notify.Courier{
		Outbox: outbox, Relay: relay, Templates: set, From: mail.Address{Address: "desk@example.com"},
		Now: func() time.Time { return time.Now().Add(ahead) }, Log: slog.New(slog.DiscardHandler),
	}
	n, err := c.Deliver(b.Context())
	if err != nil {
		b.Fatalf("deliver: %v", err)
	}
	return n
}

// letter has a host whose clock is ahead put a letter into the outbox.
func (b *bench) letter(ahead time.Duration) {
	b.Helper()
	n := templates.Samples()[0]
	n.ID, n.CreatedAt = strings.Repeat("k", 26), time.Now().Add(ahead)
	b.wantVerdict(b.apply(escalation.Change{Event: "m1", At: n.CreatedAt, Notices: []escalation.Notice{n}})[0], escalation.Done)
}

func beingSent(b *bench, one, other time.Duration) {
	for _, stage := range []string{"before the dot", "after the dot"} {
		flushAll(b.T, b.rdb)
		b.letter(-time.Hour)
		copies := 0
		look := func(at string) func() error {
			return func() error {
				if at == stage {
					copies += b.deliver(other, toRelay{takes, takes})
				}
				return nil
			}
		}
		b.deliver(one, toRelay{look("before the dot"), func() error { copies++; return look("after the dot")() }})
		if copies != 1 {
			b.Errorf("sent by a host %s ahead, and looked at %s by one %s ahead: %d copies", one, stage, other, copies)
		}
	}
}

func madeElsewhere(b *bench, one, other time.Duration) {
	b.letter(one)
	if n := b.deliver(other, toRelay{takes, takes}); n != 1 {
		b.Errorf("a letter made on a host %s ahead waits on one %s ahead", one, other)
	}
}

func retriedElsewhere(b *bench, one, other time.Duration) {
	b.letter(0)
	b.deliver(one, toRelay{func() error {
		return &notify.SendError{Stage: notify.StageRcpt, Class: notify.Temporary, Code: 450, Err: errors.New("later")}
	}, takes})
	b.later(2 * time.Second)
	if n := b.deliver(other, toRelay{takes, takes}); n != 1 {
		b.Errorf("refused on a host %s ahead, and not sent again on one %s ahead", one, other)
	}
}

func takenOverInTime(b *bench, one, other time.Duration) {
	b.letter(-time.Hour)
	b.deliverFrom(endsFirst{b.store}, one, toRelay{takes, takes})
	b.later(5 * time.Second)
	if n := b.deliver(other, toRelay{takes, takes}); n != 0 {
		b.Errorf("claimed on a host %s ahead, and taken over early on one %s ahead", one, other)
	}
	b.later(10 * time.Second)
	if n := b.deliver(other, toRelay{takes, takes}); n != 1 {
		b.Errorf("claimed on a host %s ahead, and not taken over on one %s ahead", one, other)
	}
}

// endsFirst is an outbox that is never told how an attempt has ended.
type endsFirst struct{ notify.Outbox }

func (endsFirst) Settle(context.Context, []notify.Result) error { return nil }
