package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"escalationd/escalation"
)

// scriptedSender is a relay on a fake clock.
type scriptedSender struct {
	send  func(ctx context.Context, env Envelope) error
	probe func() error
}

func (s *scriptedSender) Send(ctx context.Context, env Envelope, _ []byte, permit func() error) error {
	if err := permit(); err != nil {
		return &SendError{Stage: StageDot, Class: Withdrawn, Err: err}
	}
	return s.send(ctx, env)
}

func (s *scriptedSender) Probe(context.Context) error {
	if s.probe == nil {
		return nil
	}
	return s.probe()
}

func takes(context.Context, Envelope) error { return nil }

// wait lets the fake clock move on.
func wait(d time.Duration) { <-time.After(d) }

func running(t *testing.T, c *Courier) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run ended with %v", err)
		}
	}
}

func TestNudgeSendsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nudge := make(chan struct{}, 1)
		o := newOutbox()
		c := testCourier(t, o, &scriptedSender{send: takes})
		c.Nudge = nudge
		stop := running(t, c)
		wait(300 * time.Millisecond)
		o.add(testNotice(1, escalation.KindAccepted))
		nudge <- struct{}{}
		start := time.Now()
		<-o.change
		if took := time.Since(start); took > 0 {
			t.Errorf("the letter left after %v", took)
		}
		o.add(testNotice(2, escalation.KindAccepted))
		<-o.change
		if took := time.Since(start); took > pollEvery {
			t.Errorf("without a nudge the letter left after %v", took)
		}
		stop()
	})
}

func TestAfterAnOutageEverythingIsOutWithinAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Bool
		var tries atomic.Int32
		relay := &scriptedSender{}
		relay.send = func(context.Context, Envelope) error {
			if tries.Add(1); !up.Load() {
				return &SendError{Stage: StageDial, Class: Network, Err: errDown}
			}
			return nil
		}
		o := newOutbox(notices(200, escalation.KindEscalation)...)
		c := testCourier(t, o, relay)
		stop := running(t, c)
		wait(time.Hour)
		if f := o.fates(); f[Sent]+f[Buried]+f[Retry]+f[Unknown] > 0 {
			t.Errorf("fates %v while the relay was away", f)
		}
		if s := c.Status(); s.Reached || s.LastError == "" {
			t.Errorf("status %+v", s)
		}
		if n := tries.Load(); n > 300 {
			t.Errorf("the relay was tried %d times in an hour", n)
		}
		up.Store(true)
		wait(time.Minute)
		if f := o.fates(); f[Sent] != 200 {
			t.Errorf("fates %v a minute after the relay was back", f)
		}
		if s := c.Status(); !s.Reached || s.Troubles != 0 {
			t.Errorf("status %+v", s)
		}
		stop()
	})
}

func TestRelayIsAskedBeforeThereIsALetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Bool
		c := testCourier(t, newOutbox(), &scriptedSender{send: takes, probe: func() error {
			if !up.Load() {
				return &SendError{Stage: StageDial, Class: Network, Err: errDown}
			}
			return nil
		}})
		stop := running(t, c)
		wait(10 * time.Second)
		if s := c.Status(); s.Reached || s.LastError == "" {
			t.Errorf("status %+v", s)
		}
		up.Store(true)
		wait(longestPause)
		if s := c.Status(); !s.Reached {
			t.Errorf("status %+v", s)
		}
		stop()
	})
}

func TestLetterThatBreaksTheConnectionHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		poison := escalation.NoticeReturnPath(desk().Address, noticeID(0))
		relay := &scriptedSender{send: func(_ context.Context, env Envelope) error {
			if env.From == poison {
				return &SendError{Stage: StageBody, Class: Network, Err: errors.New("connection reset by peer")}
			}
			return nil
		}}
		o := newOutbox(notices(100, escalation.KindEscalation)...)
		c := testCourier(t, o, relay)
		stop := running(t, c)
		wait(time.Minute)
		if f := o.fates(); f[Sent] != 99 || f[Retry] != 1 {
			t.Errorf("fates %v, want all but one sent", f)
		}
		stop()
	})
}

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

// forgetful is an outbox that is never told of letters that were sent.
type forgetful struct{ *memoryOutbox }

func (o *forgetful) Settle(ctx context.Context, results []Result) error {
	return o.memoryOutbox.Settle(ctx, slices.DeleteFunc(slices.Clone(results), func(r Result) bool { return r.Fate == Sent }))
}

// Where the outbox does not take the words of letters, they are given back;
// what could not be worded has its end already.
func TestEachAttemptHasOneEnd(t *testing.T) {
	impossible := testNotice(1, escalation.KindEscalation)
	impossible.To = "nobody"
	o := newOutbox(testNotice(0, escalation.KindEscalation), impossible)
	c := testCourier(t, &unsealed{o}, &scriptedSender{send: takes})
	if n, err := c.Deliver(t.Context()); n != 2 || !errors.Is(err, errDown) {
		t.Fatalf("%d claimed, %v", n, err)
	}
	for i, want := range []string{"[released]", "[buried]"} {
		if got := fmt.Sprint(o.row(noticeID(i)).history); got != want {
			t.Errorf("letter %d ended %s, want %s", i, got, want)
		}
	}
}

// unsealed is an outbox that is out of reach when letters are to be sealed.
type unsealed struct{ *memoryOutbox }

func (o *unsealed) Hold(context.Context, []Hold) error { return errDown }

// takenOver is an outbox whose letters are claimed by another before they are
// sealed.
type takenOver struct{ *memoryOutbox }

func (o *takenOver) Hold(ctx context.Context, holds []Hold) error {
	o.takeOver()
	return o.memoryOutbox.Hold(ctx, holds)
}

func TestStopLetsLettersInFlightEndAndReleasesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		relay := &scriptedSender{send: func(context.Context, Envelope) error { wait(5 * time.Second); return nil }}
		o := newOutbox(notices(20, escalation.KindEscalation)...)
		c := testCourier(t, o, relay)
		stop := running(t, c)
		wait(time.Second)
		start := time.Now()
		stop()
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("stopped after %v", took)
		}
		if f := o.fates(); f[Sent] != 4 || f[Released] != 16 {
			t.Errorf("fates %v, want 4 sent and 16 released", f)
		}
	})
}

func TestStopCutsOffAfterTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		relay := &scriptedSender{send: func(ctx context.Context, _ Envelope) error {
			<-ctx.Done()
			return &SendError{Stage: StageRcpt, Class: Network, Err: ctx.Err()}
		}}
		o := newOutbox(notices(4, escalation.KindEscalation)...)
		stop := running(t, testCourier(t, o, relay))
		wait(time.Second)
		start := time.Now()
		stop()
		if took := time.Since(start); took != grace {
			t.Errorf("stopped after %v, want %v", took, grace)
		}
		if f := o.fates(); f[Released] != 4 {
			t.Errorf("fates %v, want all released", f)
		}
	})
}

func TestOutboxOutOfReachIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutbox(notices(10, escalation.KindEscalation)...)
		o.breakDown(errDown)
		c := testCourier(t, o, &scriptedSender{send: takes})
		stop := running(t, c)
		wait(10 * time.Minute)
		if n := o.asked("claim"); n > 700 {
			t.Errorf("the outbox was asked %d times in ten minutes", n)
		}
		o.breakDown(nil)
		wait(2 * time.Second)
		if f := o.fates(); f[Sent] != 10 {
			t.Errorf("fates %v, want all sent", f)
		}
		stop()
	})
}

func TestRetriesComeSoonAndNeverRarelierThanAMinute(t *testing.T) {
	for _, tc := range []struct {
		attempt int
		want    time.Duration
	}{{0, 2 * time.Second}, {1, 2 * time.Second}, {2, 4 * time.Second}, {3, 8 * time.Second}, {5, 32 * time.Second}, {6, time.Minute}, {60, time.Minute}, {1 << 40, time.Minute}} {
		if got := retryDelay(tc.attempt, 0); got != tc.want {
			t.Errorf("attempt %d: %v, want %v", tc.attempt, got, tc.want)
		}
		if got := retryDelay(tc.attempt, 0.999); got < tc.want*4/5 || got >= tc.want {
			t.Errorf("attempt %d with jitter: %v", tc.attempt, got)
		}
	}
	if got := pause(1, 0); got != time.Second {
		t.Errorf("first pause %v", got)
	}
	if got := pause(1000, 0); got != longestPause {
		t.Errorf("longest pause %v", got)
	}
}

func TestLetterIsGivenUpAfterFiveDays(t *testing.T) {
	now := time.Now()
	p := Pending{Claim: Claim{Attempt: 7000}, Notice: escalation.Notice{Kind: escalation.KindAccepted, CreatedAt: now.Add(-giveUpAfter)}}
	refusal := &SendError{Stage: StageRcpt, Class: Temporary, Err: errors.New("450 full")}
	if r := judge(p, refusal, now, 0); r.Fate != Retry {
		t.Errorf("after five days: %s", r.Fate)
	}
	if r := judge(p, refusal, now.Add(time.Second), 0); r.Fate != Buried {
		t.Errorf("after more: %s", r.Fate)
	}
	outage := &SendError{Stage: StageDial, Class: Network, Err: errDown}
	if r := judge(p, outage, now.Add(time.Hour), 0); r.Fate != Released {
		t.Errorf("a letter the relay never heard of: %s", r.Fate)
	}
}
