package escalation

import (
	"context"
	"time"
)

// Store keeps the desk's state. All methods work on a batch and cost a
// bounded number of round trips, however many items are in it. They are safe
// for concurrent use by several daemons. An error means that nothing is known
// of the whole batch (the server is out of reach or refuses); trouble with a
// single item stands in that item's result.
type Store interface {
	// Load reads what Policy needs to judge each event.
	Load(ctx context.Context, queries []Query) ([]State, error)
	// Apply writes each change whole, or not at all, and at most once; the
	// same change again answers the same.
	Apply(ctx context.Context, changes []Change) ([]Applied, error)
	// Count adds delta to the number of tries at handling the mails that lie
	// at these locations, and answers the sums, none below 0. Apply forgets
	// them; a mail it has forgotten has no try to be taken back.
	Count(ctx context.Context, locations []string, delta int) ([]int, error)
	// Agenda answers what waits for the desk at a time: at most limit of each.
	Agenda(ctx context.Context, now time.Time, limit int) (Agenda, error)
	// History reads what digests are made of: the escalations that go on or
	// ended since a time, and the counts, for these recipients.
	History(ctx context.Context, since time.Time, recipients []string) (History, error)
}

// Query names what an event is about.
type Query struct {
	Event   string   // ledger key; empty if nothing is to be looked up
	Cases   []string // case numbers, tidied
	Notices []string // IDs of notices the event may answer
	Sender  string   // whose accounts are wanted; empty if they are not
	Similar string   // a case number nobody knows: find its neighbours among the sender's accounts
}

// State is what is so, just now, about what a Query names.
type State struct {
	Known      *Record             // the event has been applied already
	Cases      map[string]CaseFile // without the numbers that neither the CRM nor the desk knows
	Notice     *Notice             // the first of the named notices that exists
	Represents []string            // IDs of the accounts Sender represents
	Similar    []string            // numbers of cases near Query.Similar, of those accounts
	FedAt      time.Time           // when case data were last fed; zero if never
	Unfed      bool                // Sender would be judged by an empty database
	Err        error               // what is wrong with this query's keys
}

// CaseFile is a case with all the desk has beside it.
type CaseFile struct {
	Case       Case        `json:"case"`
	Missing    bool        `json:"missing"` // the CRM no longer has the case; Case holds its number alone
	Account    Account     `json:"account"`
	Escalation *Escalation `json:"escalation"` // nil if the case never had one
}

// Agenda is what waits for the desk.
type Agenda struct {
	Due         []string // case numbers whose escalation has a step due, longest due first
	Active      []string // case numbers of escalations that go on
	Undelivered []Failure
	Alarms      []Alarm               // not yet told to ops, put together by kind and cause, oldest first
	AlarmMarks  map[string]AlarmMark  // by kind
	Digests     map[string]DigestMark // by DigestMark.Who
}

// Failure is a notice that could not be delivered.
type Failure struct {
	Notice string // its ID
	At     time.Time
}
