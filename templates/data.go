package templates

import (
	"net/mail"
	"reflect"
	"regexp"
	"strings"

	"escalationd/escalation"
)

// Data is what a template sees: every field of the letter, and these.
type Data struct {
	escalation.Letter

	Kind     escalation.Kind
	ID       string // of the notice; what the desk knows an answer by
	To       string // the recipient's address
	Number   string // the case number
	Desk     string // the desk's address
	DeskName string // the desk's name
	Subject  string // of the mail answered, without its "Re:"; may be empty
	Leader   bool   // the recipient is a leader or the case owner
}

// NewData is what the templates see of a notice sent from the desk at from.
func NewData(n escalation.Notice, from mail.Address) Data {
	d := Data{
		Letter: n.Letter, Kind: n.Kind, ID: n.ID, To: n.To, Number: n.Case,
		Desk: from.Address, DeskName: from.Name,
		Subject: oneLine(withoutRe(n.Thread.Subject), maxSubject),
		Leader:  ForLeader(n),
	}
	if d.Number == "" {
		d.Number = n.Letter.Case.Number
	}
	if d.Number == "" {
		d.Number = n.Letter.Form.CaseNumber
	}
	d.Number = line(d.Number)
	if d.Level == 0 {
		d.Level = n.Level
	}
	if d.DeskName == "" {
		d.DeskName = "Escalation desk"
	}
	return d
}

// fields is Data as the templates get it: fields of an embedded struct are slow
// to find by name.
type fields map[string]any

func (d Data) fields() fields {
	f := fields{
		"Kind": d.Kind, "ID": d.ID, "To": d.To, "Number": d.Number,
		"Desk": d.Desk, "DeskName": d.DeskName, "Subject": d.Subject, "Leader": d.Leader,
	}
	letter := reflect.ValueOf(d.Letter)
	for i := range letter.NumField() {
		f[letter.Type().Field(i).Name] = letter.Field(i).Interface()
	}
	return f
}

// ForLeader reports whether a notice goes to our own people about a case: a
// leader or the case owner.
func ForLeader(n escalation.Notice) bool {
	switch n.Kind {
	case escalation.KindEscalation, escalation.KindOwner, escalation.KindAddition, escalation.KindTakenOver, escalation.KindConfirmed:
		return true
	case escalation.KindEnded:
		return !escalation.SameAddress(n.To, n.Letter.RequestedBy)
	}
	return false
}

const maxSubject = 150 // runes

var rePrefix = regexp.MustCompile(`(?i)^(?:\s*(?:re|aw|sv|fwd?|wg|tr|rv|antw?|odp|vs)\s*(?:\[\d+\])?\s*[::])+\s*`)

func withoutRe(subject string) string {
	return rePrefix.ReplaceAllString(subject, "")
}

// subject is the letter's subject as the desk promises it, whatever the
// template made of it: on one line, with "Re:" on a reply, and with the case
// number on every letter to a leader.
func (d Data) subject(worded string) string {
	s := strings.ReplaceAll(oneLine(worded, maxSubject), "=?", "= ?") // no encoded word of a stranger's (RFC 2047)
	if d.Kind.Reply() {
		s = "Re: " + withoutRe(s)
	}
	if d.Leader && d.Number != "" && !strings.Contains(s, d.Number) {
		s += " [case " + d.Number + "]"
	}
	return s
}
