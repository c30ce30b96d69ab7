package escalation

import (
	"slices"
	"time"
	"unicode/utf8"

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

// Statuses lists all of them.
func Statuses() []Status {
	return []Status{Parked, Open, Acknowledged, Resolved, Withdrawn, Closed, Dissolved}
}

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
	RespondBy  time.Time `json:"respond_by"` // the first target: the promise to the customer
	// SettledAt is when the desk knew whether the promise was kept; Missed says
	// that it was not.
	SettledAt time.Time `json:"settled_at,omitzero"`
	Missed    bool      `json:"missed,omitempty"`

	Level    int       `json:"level"`               // highest level told
	Due      time.Time `json:"due,omitzero"`        // next ladder step, or the opening of a parked one; zero = none
	RemindAt time.Time `json:"remind_at,omitzero"`  // end of a SNOOZE
	RemindTo string    `json:"remind_to,omitempty"` // whose SNOOZE it is
	Round    int       `json:"round"`               // times the ladder's end has repeated
	Told     []Told    `json:"told,omitempty"`      // leaders who know, in the order they were told
	Letters  []Sent    `json:"letters,omitempty"`   // newest letters that may still be queued and lose their point

	TakenBy   string    `json:"taken_by,omitempty"`
	TakenAt   time.Time `json:"taken_at,omitzero"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // an acknowledgement without the owner's answer
	EndedAt   time.Time `json:"ended_at,omitzero"`
	EndedBy   string    `json:"ended_by,omitempty"` // empty where the CRM ended it

	Timeline []Entry   `json:"timeline,omitempty"`
	Earlier  []Outcome `json:"earlier,omitempty"` // the case's earlier escalations, oldest first
}

// Told is one leader who has been told, as a contact of a level.
type Told struct {
	Level int    `json:"level"`
	To    string `json:"to"`
}

// Sent is one letter about the escalation.
type Sent struct {
	Kind   Kind   `json:"kind"`
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
	Severity int       `json:"severity,omitempty"`
	EndedBy  string    `json:"ended_by,omitempty"`

	ReceivedAt time.Time `json:"received_at,omitzero"`
	TakenAt    time.Time `json:"taken_at,omitzero"`
	SettledAt  time.Time `json:"settled_at,omitzero"`
	Missed     bool      `json:"missed,omitempty"`
}

// Thread is where a reply belongs (RFC 5322 section 3.6.4).
type Thread struct {
	MessageID  string   `json:"message_id,omitempty"` // of the mail answered, without angle brackets
	References []string `json:"references,omitempty"`
	Subject    string   `json:"subject,omitempty"` // of the mail answered
}

const (
	maxTimeline = 300  // lines kept of an escalation's timeline
	maxEntry    = 4000 // runes kept of a line's text
	maxLetters  = 100  // letters remembered as perhaps still queued
)

// next answers the escalation as it is about to change: one revision on, its
// slices its own.
func (e Escalation) next() Escalation {
	e.Revision++
	e.Told, e.Timeline, e.Letters = slices.Clip(e.Told), slices.Clip(e.Timeline), slices.Clip(e.Letters)
	return e
}

// note adds a line to the timeline. A timeline grown long loses its oldest
// lines after the first; the journal keeps them.
func (e *Escalation) note(at time.Time, what, who, text string) {
	e.Timeline = append(e.Timeline, Entry{At: at, What: what, Who: who, Text: shorten(text, maxEntry)})
	if extra := len(e.Timeline) - maxTimeline; extra > 0 {
		e.Timeline = slices.Delete(slices.Clone(e.Timeline), 1, 1+extra)
	}
}

// knows notes that a leader has been told as a contact of a level.
func (e *Escalation) knows(level int, to string) {
	for _, t := range e.Told {
		if t.Level == level && SameAddress(t.To, to) {
			return
		}
	}
	e.Told = append(e.Told, Told{Level: level, To: to})
}

// holders are the leaders who have the escalation: who took it, or else the
// highest level told.
func (e *Escalation) holders() []string {
	if e.Status == Acknowledged {
		return []string{e.TakenBy}
	}
	var to []string
	for _, t := range e.Told {
		if t.Level == e.Level {
			to = addAddress(to, t.To)
		}
	}
	return to
}

// told are all leaders who know of the escalation, each once.
func (e *Escalation) told() []string {
	var to []string
	for _, t := range e.Told {
		to = addAddress(to, t.To)
	}
	return to
}

// knownAs answers the address by which a leader was told who has the mailbox of
// addr; addr where nobody was.
func (e *Escalation) knownAs(addr string) string {
	told := e.told()
	if i := slices.IndexFunc(told, func(to string) bool { return SameMailbox(to, addr) }); i >= 0 && !containsAddress(told, addr) {
		return told[i]
	}
	return addr
}

// Wake is when the escalation next needs the desk without any mail; zero if
// never.
func (e *Escalation) Wake() time.Time {
	var wake time.Time
	for _, t := range []time.Time{e.Due, e.RemindAt, e.ExpiresAt, e.promised()} {
		if !t.IsZero() && (wake.IsZero() || t.Before(wake)) {
			wake = t
		}
	}
	return wake
}

// promised is when the customer must be told that nobody has come yet; zero
// once that is settled.
func (e *Escalation) promised() time.Time {
	if e.Status != Open || !e.SettledAt.IsZero() {
		return time.Time{}
	}
	return e.RespondBy
}

// outcome is what later escalations of the case show of this one.
func (e *Escalation) outcome() Outcome {
	return Outcome{
		OpenedAt: e.OpenedAt, EndedAt: e.EndedAt, Status: e.Status, Level: e.Level, Severity: e.Severity, EndedBy: e.EndedBy,
		ReceivedAt: e.ReceivedAt, TakenAt: e.TakenAt, SettledAt: e.SettledAt, Missed: e.Missed,
	}
}

func addAddress(list []string, addr string) []string {
	if containsAddress(list, addr) {
		return list
	}
	return append(list, addr)
}

func containsAddress(list []string, addr string) bool {
	return slices.ContainsFunc(list, func(a string) bool { return SameAddress(a, addr) })
}

// shorten cuts text to at most n runes.
func shorten(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}
