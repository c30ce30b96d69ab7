package escalation

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"escalationd/mailparse"
)

// Mail is one mail as it lies before the desk.
type Mail struct {
	mailparse.Message
	Location string    // inbox|UIDVALIDITY|UID
	Received time.Time // when the mail server took it (INTERNALDATE)
	// Unreadable says why the mail cannot be judged: too large, not fetchable,
	// not a mail, three failed tries. Empty for a mail that was read.
	Unreadable string
	Proof      Proof
}

// Proof says whether the From address is proven to be the sender's.
type Proof struct {
	Proven bool
	Reason string // a sentence for operators, without addresses
}

// Event is the key of the mail wherever it turns up again: what the sender
// made it of, and whether that sender was proven, so that a forged copy cannot
// suppress the genuine mail. A mail that cannot be read is known by where it
// lay.
func (m *Mail) Event() string {
	if m.Unreadable != "" {
		return "unreadable:" + m.Location
	}
	kind := "mail:"
	if !m.Proof.Proven {
		kind = "unproven:"
	}
	return kind + hex.EncodeToString(m.Digest[:])
}

// Query names the state that judging the mail takes.
func (p *Policy) Query(m *Mail) Query {
	q := Query{Event: m.Event()}
	if m.Unreadable != "" {
		return q
	}
	q.Notices = NoticeIDs(m.Message)
	if m.Automatic != "" || !m.Proof.Proven {
		return q
	}
	for _, f := range m.Forms {
		if number, ok := p.CaseKey(f.CaseNumber); ok {
			q.Cases = append(q.Cases, number)
		}
	}
	if number := p.withdrawn(m); number != "" {
		q.Cases = append(q.Cases, number)
	}
	return q
}

// Wider answers the query for what the state does not yet tell: whom a sender
// represents whose mail names no case that is known.
func (p *Policy) Wider(m *Mail, q Query, s State) (Query, bool) {
	if m.Unreadable != "" || m.Automatic != "" || !m.Proof.Proven || m.From.Addr == "" || q.Sender != "" {
		return q, false
	}
	if len(m.Forms) == 0 && s.Notice != nil {
		return q, false
	}
	wider := len(m.Forms) == 0
	for _, f := range m.Forms {
		number, ok := p.CaseKey(f.CaseNumber)
		if _, known := s.Cases[number]; known && ok {
			continue
		}
		wider = true
		if ok {
			q.Similar = number
		}
	}
	if wider {
		q.Sender = m.From.Addr
	}
	return q, wider
}

// Receive judges a mail: automatic first, then the proof of the sender, then
// entitlement, then the form, then the rules.
func (p *Policy) Receive(m *Mail, s State, now time.Time) Change {
	j := &judgement{policy: p, mail: m, state: s, now: now, change: Change{
		Event: m.Event(), At: now, Location: m.Location, MessageID: m.MessageID,
	}}
	switch {
	case m.Unreadable != "":
		j.quarantine("readable", m.Unreadable)
	case j.automatic():
	case m.FromProblem != "":
		j.quarantine("sender", "the mail has no single author: "+m.FromProblem)
	case !m.Proof.Proven:
		j.quarantine("sender", "the sender is not proven: "+m.Proof.Reason)
	default:
		j.check("sender", true, m.Proof.Reason)
		j.person()
	}
	return j.change
}

// judgement is the work on one mail: what is known, and the change so far.
type judgement struct {
	policy *Policy
	mail   *Mail
	state  State
	now    time.Time
	change Change
}

// person judges a mail that a proven person wrote.
func (j *judgement) person() {
	m, n := j.mail, j.state.Notice
	leader := n != nil && n.Kind.Answerable()
	switch {
	case leader && SameAddress(n.To, m.From.Addr):
		j.answer()
	case leader:
		j.quarantine("token", "an answer to a leader's notice came from another address than the notice went to")
	case j.policy.leads(m.From.Addr) && m.Command != nil && len(m.Forms) == 0:
		j.quarantine("token", "a leader's command names no notice of this desk, or one it does not know")
	case m.Command != nil && m.Command.Verb == mailparse.Withdraw:
		j.withdraw()
	case n != nil && n.Kind.Reply() && j.draft() != nil:
		j.complete(*j.draft())
	case n != nil && n.Case != "" && len(m.Forms) == 0:
		j.add(n.Case)
	default:
		j.forms(m.Forms)
	}
}

// end sets the disposition; of several, the weightiest stays.
func (j *judgement) end(d Disposition, reason string) {
	weight := func(d Disposition) int { return slices.Index(Dispositions(), d) }
	if have := j.change.Disposition; have == "" || weight(d) < weight(have) {
		j.change.Disposition, j.change.Reason = d, reason
	}
}

func (j *judgement) check(name string, ok bool, detail string) {
	j.change.Checks = append(j.change.Checks, Check{Name: name, OK: ok, Detail: detail})
}

// quarantine puts the mail aside for operators, who hear of it.
func (j *judgement) quarantine(check, why string) {
	j.check(check, false, why)
	j.end(Quarantined, why)
	j.change.Alarms = append(j.change.Alarms, Alarm{
		At: j.now, What: "quarantined", Detail: why, Ref: cmp.Or(j.mail.MessageID, j.mail.Location),
	})
}

// automatic judges mail from machines; nobody ever gets an answer to it.
func (j *judgement) automatic() bool {
	m, n := j.mail, j.state.Notice
	if m.Automatic == "" {
		j.check("automatic", true, "written by a person")
		return false
	}
	why := string(m.Automatic)
	if m.AutomaticReason != "" {
		why += ": " + m.AutomaticReason
	}
	j.check("automatic", false, why)
	switch {
	case n != nil && (m.Automatic == mailparse.Bounce || m.Automatic == mailparse.AutoReply):
		j.bounced(*n)
	case len(m.Forms) > 0 && m.Automatic != mailparse.Own:
		// A machine that fills in the form may be a customer's ticket system;
		// operators decide, and nobody is answered.
		j.end(Ignored, why+"; it holds a filled-in form all the same")
		j.change.Alarms = append(j.change.Alarms, Alarm{
			At: j.now, What: "automatic-form", Ref: m.MessageID,
			Detail: "An automatic mail with a filled-in form was ignored: " + why + ". If a customer's system sends escalations, ask them to send as a person.",
		})
	default:
		j.end(Ignored, why)
	}
	return true
}

// bounced judges a bounce or an out-of-office reply that belongs to one of our
// letters: where it went to a leader who has not answered, the next level is
// told at once.
func (j *judgement) bounced(n Notice) {
	m := j.mail
	if d := m.Delivery; d != nil && d.Action != "failed" {
		j.end(Ignored, "a delivery report without a failure: "+d.Action)
		return
	}
	why := fmt.Sprintf("%s is out of office or answers by machine", j.policy.levelName(n.Level))
	if m.Automatic == mailparse.Bounce {
		why = fmt.Sprintf("the mail to %s came back", j.policy.levelName(n.Level))
	}
	j.end(Bounced, "belongs to the "+string(n.Kind)+" letter on case "+n.Case)
	j.policy.unreached(&j.change, n, j.state, why, j.now)
}

// entitled reports whether the mail's author may speak for a case.
func (j *judgement) entitled(f CaseFile) bool { return f.Account.Entitles(j.mail.From.Addr) }

// thread is where replies to this mail belong.
func (m *Mail) thread() Thread {
	refs := m.References
	if len(refs) == 0 {
		refs = m.InReplyTo
	}
	return Thread{MessageID: m.MessageID, References: refs, Subject: m.Subject}
}

// withdrawn answers the case a WITHDRAW names in its own words or subject,
// where it names one.
func (p *Policy) withdrawn(m *Mail) string {
	if m.Command == nil || m.Command.Verb != mailparse.Withdraw {
		return ""
	}
	for word := range strings.FieldsFuncSeq(m.Command.Text+" "+m.Subject, notInCaseNumber) {
		if number, ok := p.CaseKey(word); ok && strings.ContainsAny(number, "0123456789") {
			return number
		}
	}
	return ""
}

func notInCaseNumber(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}
