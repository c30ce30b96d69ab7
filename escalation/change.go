package escalation

import "time"

// Disposition is how a mail ended; every mail has exactly one.
type Disposition string

// The dispositions.
const (
	Accepted    Disposition = "accepted"
	Updated     Disposition = "updated"
	ParkedEarly Disposition = "parked"
	Returned    Disposition = "returned"
	Refused     Disposition = "refused"
	Commanded   Disposition = "command"
	Duplicate   Disposition = "duplicate"
	Bounced     Disposition = "bounced"
	Ignored     Disposition = "ignored"
	Quarantined Disposition = "quarantined"
)

// Dispositions lists all of them, the weightiest first: a mail with several
// forms ends as the weightiest of them.
func Dispositions() []Disposition {
	return []Disposition{Accepted, Updated, ParkedEarly, Commanded, Returned, Refused, Bounced, Duplicate, Ignored, Quarantined}
}

// Change is everything one event does, applied whole and at most once.
type Change struct {
	Event string // key of the event; the ledger knows it from then on
	At    time.Time

	// Of a mail; Location, Disposition and MessageID are empty otherwise.
	Location    string // where it lay: inbox|UIDVALIDITY|UID
	MessageID   string
	Disposition Disposition
	Reason      string // one sentence for operators
	Checks      []Check
	Cases       []string // case numbers that can be one and that the mail names, known or not

	Escalations []Escalation // new states; each Revision is the stored one plus one
	Notices     []Notice
	Revoked     []string // Keys of notices that have become pointless if they are still queued
	Alarms      []Alarm  // for the next letter to ops

	// What the event takes off the agenda.
	Undelivered string  // ID of the notice whose failure this event answers
	AlarmsTold  []Alarm // what this event's letters tell
	AlarmMarks  []AlarmMark
	Digest      *DigestMark
}

// Check is one judgement on the way to a disposition, for `explain`.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// Record is what the ledger keeps of a change.
type Record struct {
	Event       string
	At          time.Time
	Location    string
	Disposition Disposition
	Reason      string
	Cases       []string
}

// Applied is how a store answered one Change.
type Applied struct {
	Verdict Verdict
	Record  Record // of the event that was applied before, when Known
	Err     error  // what is wrong with the keys of this change, when Failed
}

// Verdict is how a store answered a Change.
type Verdict string

// The verdicts of Apply.
const (
	Done   Verdict = "done"
	Known  Verdict = "known"  // the event had been applied before
	Stale  Verdict = "stale"  // an escalation has moved on; decide again
	Failed Verdict = "failed" // a key of this change alone is in trouble; nothing was written
)
