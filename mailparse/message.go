// Package mailparse reads the bytes of one mail into a Message: who wrote it,
// whether a person did, and the escalation forms that person filled in. It
// does no I/O, passes no judgement and never panics; what it cannot read it
// names in Problems or Defects and goes on.
package mailparse

import "time"

// Automatic says what kind of machine wrote a mail; empty for a person.
type Automatic string

// The kinds of automatic mail (RFC 3834, RFC 3464, RFC 8098, RFC 2919).
const (
	AutoReply Automatic = "auto-reply" // vacation notices, read receipts, anything Auto-Submitted
	Bounce    Automatic = "bounce"     // delivery status notifications
	List      Automatic = "list"       // mailing lists and bulk mail
	Own       Automatic = "own"        // written by escalationd itself
)

// Message is what was read in one mail. It is a plain value: copying it and
// reading it from several goroutines is safe.
type Message struct {
	MessageID  string   // without angle brackets; empty when there is none
	InReplyTo  []string // without angle brackets
	References []string // oldest first, without angle brackets
	From       Address  // the one author; zero unless FromProblem is empty
	// FromProblem says, in a few words for the operator, why there is no
	// single author: no From field, two of them, a group, two addresses.
	FromProblem string
	Recipients  []string // addresses in To, Cc, Delivered-To, X-Original-To, in lower case
	Subject     string   // decoded, on one line
	Date        time.Time
	ReturnPath  string // the address in Return-Path; "<>" for the null sender; empty when absent
	// AuthResults are the unfolded values of all Authentication-Results
	// fields, topmost first (RFC 8601). Nothing in them is believed here.
	AuthResults []string

	Automatic       Automatic
	AutomaticReason string // the field or phrase that showed it; for the log
	Delivery        *Delivery

	// Text is all the text a person sees; Fresh is the part written in this
	// mail: without quotes, forwarded headers, signature and disclaimer.
	Text  string
	Fresh string

	own string // Fresh with its signature and footer

	Forms    []Form
	Problems []Problem
	Command  *Command
	Defects  []string // damage that was worked around; for the log
	// Digest identifies the mail wherever it turns up again: a hash of From,
	// Message-ID, Date and Text that survives another route or transfer
	// encoding.
	Digest [32]byte
}

// Address is one mailbox of RFC 5322 section 3.4.
type Address struct {
	Name string // display name as claimed by the sender; never decides anything
	Addr string // addr-spec with the domain in lower case
}

// Form is one filled-in escalation template, as the person typed it: Unicode
// NFC, trimmed, without the label's decoration, inner line breaks kept as \n.
type Form struct {
	CaseNumber string    `json:"case_number"`
	NextStep   string    `json:"next_step"`
	POC        string    `json:"poc"`
	POCContact string    `json:"poc_contact"`
	Comments   string    `json:"comments"`
	Contacts   []Contact `json:"contacts"`
	// Quoted says that the form's labels stand in quoted text: it may be the
	// copy of an older form, or one that was filled in there.
	Quoted bool `json:"-"`
}

// Contact is one way to reach the point of contact, found in POCContact.
type Contact struct {
	Kind  ContactKind `json:"kind"`
	Value string      `json:"value"` // a phone in E.164 where that is certain
}

// ContactKind is "phone" or "email".
type ContactKind string

// The kinds of contact.
const (
	Phone ContactKind = "phone"
	Email ContactKind = "email"
)

// Field names one line of the template by its JSON name.
type Field string

// The fields of the template; all but Comments are required.
const (
	CaseNumber Field = "case_number"
	NextStep   Field = "next_step"
	POC        Field = "poc"
	POCContact Field = "poc_contact"
	Comments   Field = "comments"
)

// Reason says what is wrong with a field.
type Reason string

// The reasons of a Problem.
const (
	Missing   Reason = "missing"
	Invalid   Reason = "invalid"
	Ambiguous Reason = "ambiguous"
)

// Problem is something the sender has to mend; it is data, not an error.
type Problem struct {
	Form   int    `json:"form"` // index into Message.Forms
	Field  Field  `json:"field"`
	Reason Reason `json:"reason"`
}

// Verb is what a command asks for.
type Verb string

// The commands: the first four a leader's, the last a customer's.
const (
	Ack      Verb = "ack"
	Pass     Verb = "pass"
	Snooze   Verb = "snooze"
	Resolve  Verb = "resolve"
	Withdraw Verb = "withdraw"
)

// Command is the instruction in the first line of a mail.
type Command struct {
	Verb Verb
	Text string        // what follows the verb, on that line and below
	For  time.Duration // SNOOZE: how long; zero when none was given
}

// Delivery is what a delivery status notification reports (RFC 3464).
type Delivery struct {
	Recipient string // the address that was not reached, in lower case
	Action    string // failed, delayed, delivered, relayed or expanded
	Status    string // enhanced status code, as 5.1.1
	MessageID string // of the mail it is about, without angle brackets
}
