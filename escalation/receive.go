package escalation

import (
	"cmp"
	"encoding/hex"
	"slices"
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
	if m.Automatic == "" && m.Proof.Proven {
		q.Cases = p.named(m, nil)
	}
	return q
}

// Wider answers the query for what the state does not yet tell: cases that
// only an earlier letter names, and whom a sender represents who is not
// entitled by the cases the mail names. Whether such a case is unknown or
// another account's makes no difference, so that nobody can tell them apart.
func (p *Policy) Wider(m *Mail, q Query, s State) (Query, bool) {
	if m.Unreadable != "" || m.Automatic != "" || !m.Proof.Proven || m.From.Addr == "" || q.Sender != "" {
		return q, false
	}
	if len(m.Forms) == 0 && s.Notice != nil && s.Notice.Kind.Answerable() {
		return q, false
	}
	named := p.named(m, s.Notice)
	wider := len(m.Forms) == 0 && (s.Notice == nil || s.Notice.Case == "")
	for _, f := range p.asked(m, s.Notice, draftFor(m, s.Notice)) {
		if number, ok := p.CaseKey(f.CaseNumber); !ok {
			wider = true
		} else if file, known := s.Cases[number]; !known || !file.Account.Entitles(m.From.Addr) {
			wider, q.Similar = true, number
		}
	}
	if wider || len(named) > len(q.Cases) {
		q.Cases, q.Sender, wider = named, m.From.Addr, true
	}
	return q, wider
}

// named lists the case numbers that judging a mail may look at, each once.
func (p *Policy) named(m *Mail, n *Notice) []string {
	numbers := p.withdrawn(m, n)
	for _, f := range p.asked(m, n, draftFor(m, n)) {
		if number, ok := p.CaseKey(f.CaseNumber); ok {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// Receive judges a mail: automatic first, then the proof of the sender, then
// entitlement, then the form, then the rules.
func (p *Policy) Receive(m *Mail, s State, now time.Time) Change {
	j := &judgement{policy: p, mail: m, state: s, now: now, change: Change{
		Event: m.Event(), At: now, Location: m.Location, MessageID: m.MessageID,
	}}
	if m.Unreadable == "" && m.Automatic == "" {
		j.change.Cases = p.named(m, s.Notice)
	}
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
	author string // whose budget answers count against; empty: the From address's
}

// person judges a mail that a proven person wrote.
func (j *judgement) person() {
	m, n := j.mail, j.state.Notice
	own := n != nil && SameMailbox(n.To, m.From.Addr)
	leaders := n != nil && (n.Kind.Answerable() || n.Kind == KindOwner)
	switch {
	case j.formOfRepresentative():
		j.forms()
	case leaders && own:
		j.answer()
	case leaders && len(m.Forms) == 0:
		j.quarantine("token", "an answer to a leader's notice came from another address than the notice went to")
	case n != nil && n.Kind == KindAlarm:
		j.check("token", false, "an answer to an alarm")
		j.end(Ignored, "an answer to an alarm: alarms are for people, and the desk takes no answer")
	case n != nil && n.Kind == KindDigest && len(m.Forms) == 0:
		j.quarantine("token", "an answer to a digest names no escalation; answer the letter on the case itself")
	case m.Command != nil && m.Command.Verb == mailparse.Withdraw:
		j.withdraw()
	case j.policy.leads(m.From.Addr) && m.Command != nil && len(m.Forms) == 0:
		j.quarantine("token", "a leader's command names no notice of this desk, or one it does not know")
	case j.draft() != nil && len(m.Forms) < 2:
		j.complete()
	case n != nil && n.Case != "" && len(m.Forms) == 0:
		j.add(n.Case)
	default:
		j.forms()
	}
}

// formOfRepresentative reports whether a mail that brings no command holds a
// form on a case its author may speak for. Such a form counts whatever letter
// it answers: a leader may be a representative too.
func (j *judgement) formOfRepresentative() bool {
	if j.mail.Command != nil || j.draft() != nil {
		return false
	}
	for _, f := range j.policy.asked(j.mail, j.state.Notice, nil) {
		number, _ := j.policy.CaseKey(f.CaseNumber)
		if file, ok := j.state.Cases[number]; ok && j.entitled(file) {
			return true
		}
	}
	return false
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
	why := the(j.policy.levelName(n.Level)) + " is out of office or answers by machine"
	if m.Automatic == mailparse.Bounce {
		why = "the mail to " + the(j.policy.levelName(n.Level)) + " came back"
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
