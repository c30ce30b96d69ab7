// Package notify takes notices out of the outbox, words them once, and sends
// the same bytes until the relay has taken them or refuses for good.
package notify

import (
	"context"
	"fmt"
	"time"

	"escalationd/escalation"
)

// Outbox hands out notices that are due. A notice is claimed before it is
// sent: the attempt is counted and nobody else gets it until the lease ends,
// so a crash costs a delay and never a letter.
type Outbox interface {
	// Claim hands out at most n due notices, oldest first, each for lease.
	Claim(ctx context.Context, now time.Time, lease time.Duration, n int) ([]Pending, error)
	// Seal keeps the worded bytes of notices; every later Claim returns them.
	// It fails with LostClaims for those that are no longer held.
	Seal(ctx context.Context, sealed []Sealed) error
	// Renew lengthens the leases that are still held, to now plus lease. It
	// fails with LostClaims for the others.
	Renew(ctx context.Context, now time.Time, lease time.Duration, claims []Claim) error
	// Settle records how attempts ended. A claim that is no longer held (its
	// lease ended and somebody else claimed the notice) changes nothing.
	Settle(ctx context.Context, now time.Time, results []Result) error
}

// Claim is the right to send one notice, once.
type Claim struct {
	ID      string // escalation.Notice.ID
	Attempt int    // which attempt this is; 1 for the first. Fences the lease.
}

// LostClaims are claims whose lease ended and whose notices somebody else may
// have claimed since: nothing may be sent by them any more. What the call was
// about is done for all others.
type LostClaims []Claim

func (l LostClaims) Error() string {
	return fmt.Sprintf("the leases of %d letters have run out", len(l))
}

// Pending is a claimed notice.
type Pending struct {
	Claim
	Notice    escalation.Notice
	Raw       []byte // the worded mail, if an earlier attempt sealed it
	Ambiguous int    // attempts so far whose end is unknown
}

// Sealed is a notice's worded mail: RFC 5322 with CRLF line ends.
type Sealed struct {
	Claim
	Raw []byte
}

// Fate is how an attempt ended.
type Fate string

// The fates of an attempt.
const (
	Sent     Fate = "sent"     // the relay took it
	Retry    Fate = "retry"    // refused for now; again at Result.At
	Released Fate = "released" // not tried (no relay, shutdown): again at Result.At, and no mark against the notice
	Unknown  Fate = "unknown"  // no answer after the final dot: again at Result.At, counted apart
	Buried   Fate = "buried"   // refused for good, or given up; operators decide
)

// Result is the end of one attempt.
type Result struct {
	Claim
	Fate   Fate
	At     time.Time // next attempt, for Retry, Released and Unknown
	Detail string    // the relay's answer, or the error; no address in it
}
