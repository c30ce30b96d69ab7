package notify

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"escalationd/escalation"
)

func TestSlowLetterKeepsItsLeaseAndHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := escalation.NoticeReturnPath(desk().Address, noticeID(0))
		var copies atomic.Int32
		relay := &scriptedSender{send: func(_ context.Context, env Envelope) error {
			if env.From == slow {
				copies.Add(1)
				wait(55 * time.Second)
			}
			return nil
		}}
		o := newOutbox(testNotice(0, escalation.KindEscalation))
		stop := running(t, testCourier(t, o, relay))
		wait(time.Second)                                                        // the slow letter is on its way
		stopOther := running(t, testCourier(t, o, &scriptedSender{send: takes})) // another daemon on the same outbox
		o.add(notices(100, escalation.KindEscalation)[1:]...)
		wait(2 * time.Second)
		if f := o.fates(); f[Sent] != 99 {
			t.Errorf("fates %v after two seconds, want 99 sent", f)
		}
		wait(2 * time.Minute)
		if r := o.row(noticeID(0)); r.fate != Sent || copies.Load() > 1 || r.Attempt != 1 {
			t.Errorf("the slow letter: %s after %d attempts, %d copies here", r.fate, r.Attempt, copies.Load())
		}
		stop()
		stopOther()
	})
}

// A courier that stands still until its leases end, and goes on, must not send
// what another has claimed since: neither letters that it was about to word
// nor those that wait for a connection.
func TestLettersThatAnotherHasTakenOverAreNotSent(t *testing.T) {
	t.Run("before they are worded", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := newOutbox(notices(5, escalation.KindAccepted)...)
			var sent atomic.Int32
			c := testCourier(t, &takenOver{o}, &scriptedSender{send: func(context.Context, Envelope) error {
				sent.Add(1)
				return nil
			}})
			if n, err := c.Deliver(t.Context()); n != 5 || err != nil || sent.Load() != 0 {
				t.Errorf("%d claimed, %v, %d sent", n, err, sent.Load())
			}
		})
	})
	t.Run("while they wait", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := newOutbox(notices(5, escalation.KindAccepted)...)
			var sent atomic.Int32
			c := testCourier(t, o, &scriptedSender{send: func(context.Context, Envelope) error {
				if sent.Add(1) == 1 {
					o.takeOver()
					wait(lease + time.Second)
				}
				return nil
			}})
			c.Connections = 1
			if n, err := c.Deliver(t.Context()); n != 5 || err != nil || sent.Load() != 1 {
				t.Errorf("%d claimed, %v, %d sent", n, err, sent.Load())
			}
		})
	})
}

// In the last moment before the final dot the outbox has its say.
func TestNoFinalDotOnceALetterIsAnothers(t *testing.T) {
	server := startRelay(t)
	o := newOutbox(testNotice(1, escalation.KindEscalation))
	c := testCourier(t, o, server.relay(t, TLSNone))
	server.play(func(step string, _ int) any {
		if step == "rcpt" { // the courier waits for its answer
			o.takeOver()
		}
		return nil
	})
	if n, err := c.Deliver(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d claimed, %v", n, err)
	}
	if n := len(server.delivered()); n != 0 {
		t.Errorf("%d copies arrived of a letter that another has claimed", n)
	}
	if s := c.Status(); s.Troubles > 0 {
		t.Errorf("the relay is blamed: %+v", s)
	}
}

func TestOutboxOutOfReachWithholdsTheFinalDot(t *testing.T) {
	server := startRelay(t)
	clock := newHand()
	o := newOutbox(testNotice(1, escalation.KindEscalation))
	c := testCourier(t, o, &afterwards{server.relay(t, TLSNone), func() { o.breakDown(nil) }})
	c.Now, o.now = clock.now, clock.now
	server.play(func(step string, n int) any {
		if step == "rcpt" && n == 1 { // the courier waits for its answer
			o.breakDown(errDown)
		}
		return nil
	})
	deliverFor(t, c, clock, 5*time.Second)
	if r := o.row(noticeID(1)); fmt.Sprint(r.history) != "[released sent]" || r.Ambiguous > 0 {
		t.Errorf("the attempts ended %v, %d of them ambiguous", r.history, r.Ambiguous)
	}
	if n := len(server.delivered()); n != 1 {
		t.Errorf("%d copies arrived, want one", n)
	}
}

// afterwards is a relay after each of whose attempts something is done.
type afterwards struct {
	Sender
	do func()
}

func (a *afterwards) Send(ctx context.Context, env Envelope, raw []byte, permit func() error) error {
	defer a.do()
	return a.Sender.Send(ctx, env, raw, permit)
}

// A courier that ends between the final dot and its record, again and again,
// sends three copies at most.
func TestCrashesAfterTheFinalDotEndInOperatorsHands(t *testing.T) {
	server := startRelay(t)
	clock := newHand()
	o := newOutbox(testNotice(1, escalation.KindAccepted))
	for range 5 {
		c := testCourier(t, &forgetful{o}, server.relay(t, TLSNone))
		c.Now, o.now = clock.now, clock.now
		if _, err := c.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		clock.move(limbo + time.Second)
	}
	if r := o.row(noticeID(1)); r.fate != Buried || !strings.HasPrefix(r.detail, maybeArrived) {
		t.Errorf("fate %s, %q; want it parked as ambiguous", r.fate, r.detail)
	}
	if n := len(server.delivered()); n != 3 {
		t.Errorf("%d copies arrived, want 3", n)
	}
}
