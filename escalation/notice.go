package escalation

import (
	"time"

	"escalationd/mailparse"
)

// Kind names a letter; a template file of the same name words it.
type Kind string

// Replies to a sender; they answer a mail and go to its proven From alone.
const (
	KindAccepted  Kind = "accepted"  // what happens next
	KindUpdated   Kind = "updated"   // added to the escalation that is under way
	KindParked    Kind = "parked"    // when it opens, and why not before
	KindReturned  Kind = "returned"  // what to fix, the template filled in with what was read
	KindRefused   Kind = "refused"   // unknown case or not entitled, in the same words
	KindClosed    Kind = "closed"    // the case is closed: how to reopen it
	KindWithdrawn Kind = "withdrawn" // to the customer who took it back
	KindConfirmed Kind = "confirmed" // to a leader: what the answer did
)

// Notices; nobody asked for them just now.
const (
	KindEscalation Kind = "escalation" // to a leader: a case is escalated to you, and the clock
	KindOwner      Kind = "owner"      // to the case owner: a copy of the first notification
	KindAddition   Kind = "addition"   // to a leader: the customer added something
	KindTakenOver  Kind = "taken-over" // to the other leaders who had been told: somebody has it
	KindTaken      Kind = "taken"      // to the customer: somebody has it
	KindMissed     Kind = "missed"     // to the customer: the promise was missed
	KindEnded      Kind = "ended"      // to customer and leaders: resolved, withdrawn or closed
	KindDissolved  Kind = "dissolved"  // to the customer: the owner answered before it opened
	KindAlarm      Kind = "alarm"      // to ops
	KindDigest     Kind = "digest"     // to a leader, at a set hour
)

// Kinds lists every letter the desk writes.
func Kinds() []Kind {
	return []Kind{
		KindAccepted, KindUpdated, KindParked, KindReturned, KindRefused, KindClosed, KindWithdrawn, KindConfirmed,
		KindEscalation, KindOwner, KindAddition, KindTakenOver, KindTaken, KindMissed, KindEnded, KindDissolved,
		KindAlarm, KindDigest,
	}
}

// Reply reports whether letters of this kind answer a mail (RFC 3834).
func (k Kind) Reply() bool {
	switch k {
	case KindAccepted, KindUpdated, KindParked, KindReturned, KindRefused, KindClosed, KindWithdrawn, KindConfirmed:
		return true
	}
	return false
}

// Answerable reports whether a leader's reply to letters of this kind is a
// command to the desk.
func (k Kind) Answerable() bool {
	switch k {
	case KindEscalation, KindAddition, KindTakenOver, KindConfirmed:
		return true
	}
	return false
}

// Notice is one letter to one recipient, not yet worded. Its Key says what it
// is about and makes it one: the same event cannot make it twice.
type Notice struct {
	Key string `json:"key"`
	// ID is the Key under the desk's secret (HMAC-SHA256, 128 bits): it cannot
	// be guessed, survives the loss of Redis, and is the left side of the
	// letter's Message-ID.
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	To   string `json:"to"` // addr-spec
	Case string `json:"case,omitempty"`
	// Ordinal says which of the case's escalations the letter is about.
	Ordinal int `json:"ordinal,omitempty"`
	Level   int `json:"level,omitempty"` // of the leader it tells; 0 on letters to others

	Thread    Thread    `json:"thread,omitzero"`
	CreatedAt time.Time `json:"created_at"`
	Letter    Letter    `json:"-"`
	// Draft is the form as far as it was read, on a letter that returns it: a
	// reply within seven days need only bring what was missing.
	Draft *mailparse.Form `json:"draft,omitempty"`
	// Quotas are the budgets this letter draws on; when one is used up the
	// letter is put on record as suppressed and never sent.
	Quotas []Quota `json:"-"`
}

// Quota is a budget of letters: at most Limit in each Window, counted from
// the first. A Limit of 0 counts and bounds nothing.
type Quota struct {
	Key    string
	Limit  int
	Window time.Duration
	Once   bool   // counts only where nothing has been counted yet
	Alarm  *Alarm // raised for each letter that finds the budget used up; may be nil
}

// Letter is all that a template may word. Text in it that came from outside
// (the form, notes, subjects, names) is data: a template never parses it.
type Letter struct {
	Case     Case   `json:"case,omitzero"`
	Account  string `json:"account,omitempty"`  // the company's name
	Severity string `json:"severity,omitempty"` // its name, "Production down"
	Region   string `json:"region,omitempty"`   // its name, "Americas"
	Zone     string `json:"zone,omitempty"`     // IANA name of the region's time zone
	Phone    string `json:"phone,omitempty"`    // the region's number
	// CustomerZone is the IANA name of the zone of the account's region, where
	// it is not that of Zone; letters to customers give both times.
	CustomerZone string `json:"customer_zone,omitempty"`

	Form        mailparse.Form `json:"form,omitzero"`
	Problems    []Problem      `json:"problems,omitempty"`
	Suggestion  string         `json:"suggestion,omitempty"` // "did you mean" case number, of the sender's own account
	RequestedBy string         `json:"requested_by,omitempty"`

	OpenedAt   time.Time      `json:"opened_at,omitzero"`
	RespondBy  time.Time      `json:"respond_by,omitzero"`
	Missed     bool           `json:"missed,omitempty"`  // RespondBy has passed without anybody having taken it
	Silence    time.Duration  `json:"silence,omitempty"` // how long the case owner has not responded
	Level      int            `json:"level,omitempty"`
	LevelName  string         `json:"level_name,omitempty"`
	NextLevel  string         `json:"next_level,omitempty"` // name of the level told at NextAt; empty after the last
	NextAt     time.Time      `json:"next_at,omitzero"`
	Skipped    []string       `json:"skipped,omitempty"` // levels nobody could be reached at
	Why        string         `json:"why,omitempty"`     // why this is sent now: "no acknowledgement by …", "PASS by level 1", …
	Earlier    []Outcome      `json:"earlier,omitempty"`
	TakenBy    string         `json:"taken_by,omitempty"` // the role of who has it, or ended it, "Regional leader"
	Status     Status         `json:"status,omitempty"`
	Text       string         `json:"text,omitempty"` // the person's own words: an addition, a note, RESOLVE's text
	Contact    string         `json:"contact,omitempty"`
	Verb       mailparse.Verb `json:"verb,omitempty"`
	Until      time.Time      `json:"until,omitzero"`       // snoozed until, parked until, acknowledgement holds until
	Answerable bool           `json:"answerable,omitempty"` // the recipient may answer ACK, PASS, SNOOZE, RESOLVE
	Alarms     []Alarm        `json:"alarms,omitempty"`
	Digest     *Digest        `json:"digest,omitempty"`
}

// Problem is a field of a form the customer has to mend, and what was typed.
type Problem struct {
	Field  mailparse.Field  `json:"field"`
	Reason mailparse.Reason `json:"reason"`
	Value  string           `json:"value,omitempty"`
}
