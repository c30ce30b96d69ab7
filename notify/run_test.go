package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
