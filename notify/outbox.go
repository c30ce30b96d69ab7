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
// so a crash costs a delay and never a letter. All times are the outbox's own:
// couriers tell it how long, never until when, since their clocks may differ.
type Outbox interface {
	// Reclaim ends the claims of earlier couriers in whose place this one
	// runs, so that nobody waits for their leases.
	Reclaim(ctx context.Context) error
	// Claim hands out at most n due notices, oldest first, each for lease.
	Claim(ctx context.Context, lease time.Duration, n int) ([]Pending, error)
	// Hold adds to claims that are still held. It fails with LostClaims for the
	// others.
	Hold(ctx context.Context, holds []Hold) error
	// Settle records how attempts ended. A claim that is no longer held (its
	// lease ended and somebody else claimed the notice) changes nothing, unless
	// the relay took the letter: whoever knows that may say so.
	Settle(ctx context.Context, results []Result) error
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

// Hold is what is added to a claim.
type Hold struct {
	Claim
	Lease time.Duration // the lease lasts for so long from now, or longer; zero leaves it
	Raw   []byte        // the worded mail, RFC 5322 with CRLF line ends; every later Claim returns it
	// Dot says that the final dot is about to be sent. Should the attempt end
	// without a Result, the next Claim counts it as Ambiguous.
	Dot bool
}

// Fate is how an attempt ended.
type Fate string

// The fates of an attempt.
const (
	Sent     Fate = "sent"     // the relay took it
	Retry    Fate = "retry"    // refused for now; again after Result.Pause
	Released Fate = "released" // not tried (no relay, shutdown): again after Result.Pause, and no mark against the notice
	Unknown  Fate = "unknown"  // no answer after the final dot: again after Result.Pause, counted apart
	Buried   Fate = "buried"   // refused for good, or given up; operators decide
)

// Result is the end of one attempt.
type Result struct {
	Claim
	Fate   Fate
	Pause  time.Duration // before the next attempt, for Retry, Released and Unknown
	Detail string        // the relay's answer, or the error; no address in it
}
