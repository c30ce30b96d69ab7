package notify

import (
	"time"

	"escalationd/escalation"
)

const (
	firstRetry   = 2 * time.Second
	longestRetry = 60 * time.Second
	giveUpAfter  = 5 * 24 * time.Hour

	firstPause   = time.Second
	longestPause = 30 * time.Second

	maxResends   = 2 // after attempts whose end is unknown
	maybeArrived = "ambiguous, it may have arrived: "
)

// retryDelay is the pause before the next attempt at one letter: 2 s, 4 s,
// 8 s, … and at most a minute. attempt counts from 1; jitter in [0, 1) takes
// up to a fifth off, so that letters refused together come back one by one.
func retryDelay(attempt int, jitter float64) time.Duration {
	return backOff(firstRetry, longestRetry, attempt, jitter)
}

// pause is how long the courier rests after the n-th trouble with the relay
// in a row: 1 s, 2 s, 4 s, … and at most 30 s.
func pause(n int, jitter float64) time.Duration {
	return backOff(firstPause, longestPause, n, jitter)
}

func backOff(first, longest time.Duration, n int, jitter float64) time.Duration {
	d := longest
	if n = max(n, 1); n < 16 {
		d = min(first<<(n-1), longest)
	}
	return d - time.Duration(jitter*float64(d)/5)
}

// judge is the fate of an attempt that ended with err; nil means sent.
func judge(p Pending, err *SendError, now time.Time, jitter float64) Result {
	r := Result{Claim: p.Claim, Fate: Sent}
	if err == nil {
		return r
	}
	r.Detail, r.Pause = err.Error(), retryDelay(p.Attempt, jitter)
	switch err.Class {
	case Permanent:
		r.Fate = Buried
	case Unsure:
		r.Fate = Unknown
		if p.Ambiguous >= maxResends || !resendable(p.Notice.Kind) {
			r.Fate, r.Detail = Buried, maybeArrived+r.Detail
		}
	case Temporary:
		r.Fate = Retry
	default:
		r.Fate = Retry
		if err.untried() {
			r.Fate, r.Pause = Released, 0
		}
	}
	if r.Fate == Retry && now.Sub(p.Notice.CreatedAt) > giveUpAfter {
		r.Fate, r.Detail = Buried, "given up after 5 days: "+r.Detail
	}
	return r
}

// untried reports that the attempt says nothing about the letter: the relay
// never learned of it, or we withdrew it.
func (e *SendError) untried() bool {
	switch e.Stage {
	case StageDial, StageHello, StageAuth, StageMail:
		return true
	}
	return e.Class == Auth || e.Class == Withdrawn
}

// resendable reports whether a letter of this kind goes out again when nobody
// knows whether it arrived. A second refusal or digest would do more harm than
// a missing one.
func resendable(k escalation.Kind) bool {
	return k != escalation.KindRefused && k != escalation.KindDigest
}
