package escalation

import (
	"time"

	"escalationd/mailparse"
)

// Status is where an escalation stands.
type Status string

// The states of an escalation; docs/state-machine.md draws them.
const (
	Parked       Status = "parked"       // asked for too early; opens by itself
	Open         Status = "open"         // leaders are being told until somebody takes it
	Acknowledged Status = "acknowledged" // a leader has it
	Resolved     Status = "resolved"     // a leader says it is done
	Withdrawn    Status = "withdrawn"    // the customer took it back
	Closed       Status = "closed"       // the case was closed in the CRM
	Dissolved    Status = "dissolved"    // parked, and the owner answered first
)

// Active reports whether the escalation still goes on.
func (s Status) Active() bool {
	return s == Parked || s == Open || s == Acknowledged
}

// Escalation is what the desk owns: who asked for what on a case, who must
// answer by when, and which level of management knows. There is at most one
// active escalation per case; a new one after its end keeps the case's history.
type Escalation struct {
	Case     string `json:"case"`
	Revision int64  `json:"revision"` // rises by one with each Change
	Ordinal  int    `json:"ordinal"`  // 1 for the case's first escalation
	Status   Status `json:"status"`

	// As it was when the escalation began; a promise does not move.
	Account  string `json:"account"`
	Region   string `json:"region"`
	Severity int    `json:"severity"`

	RequestedBy string         `json:"requested_by"` // the proven From address
	Form        mailparse.Form `json:"form"`
	Thread      Thread         `json:"thread"` // of the customer's first mail

	ReceivedAt time.Time `json:"received_at"`
	OpenedAt   time.Time `json:"opened_at"`  // when the clock began; zero while parked
	RespondBy  time.Time `json:"respond_by"` // the first target
	Missed     bool      `json:"missed,omitempty"`

	Level    int       `json:"level"`              // highest level told
	Due      time.Time `json:"due,omitzero"`       // next ladder step, or the opening of a parked one; zero = none
	RemindAt time.Time `json:"remind_at,omitzero"` // end of a SNOOZE
	Round    int       `json:"round"`              // times the ladder's end has repeated
	Told     []Told    `json:"told,omitempty"`     // leaders who know, in the order they were told

	TakenBy   string    `json:"taken_by,omitempty"`
	TakenAt   time.Time `json:"taken_at,omitzero"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // an acknowledgement without the owner's answer
	EndedAt   time.Time `json:"ended_at,omitzero"`
	AddedAt   time.Time `json:"added_at,omitzero"` // when leaders last got an addition

	Timeline []Entry   `json:"timeline,omitempty"`
	Earlier  []Outcome `json:"earlier,omitempty"` // the case's earlier escalations, oldest first
}

// Told is one leader who has been told, and by which notice.
type Told struct {
	Level  int    `json:"level"`
	To     string `json:"to"`
	Notice string `json:"notice"` // Notice.Key
}

// Entry is one line of an escalation's timeline.
type Entry struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`           // accepted, added, told, taken, passed, snoozed, note, …
	Who  string    `json:"who,omitempty"`  // an address, or empty for the desk itself
	Text string    `json:"text,omitempty"` // the person's own words, or a detail
}

// Outcome is how an earlier escalation of the case ended.
type Outcome struct {
	OpenedAt time.Time `json:"opened_at"`
	EndedAt  time.Time `json:"ended_at"`
	Status   Status    `json:"status"`
	Level    int       `json:"level"`
}

// Thread is where a reply belongs (RFC 5322 section 3.6.4).
type Thread struct {
	MessageID  string   `json:"message_id,omitempty"` // of the mail answered, without angle brackets
	References []string `json:"references,omitempty"`
	Subject    string   `json:"subject,omitempty"` // of the mail answered
}
