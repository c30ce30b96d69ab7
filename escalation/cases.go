package escalation

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"escalationd/mailparse"
)

// accept begins an escalation: the clock starts and the first level is told.
func (j *judgement) accept(file CaseFile, f mailparse.Form) {
	e := j.begin(file, f, Open)
	j.policy.open(&j.change, &e, file, j.now)
	j.end(Accepted, "escalated to level "+levelText(e.Level))
	file.Escalation = &e
	j.reply(KindAccepted, &file, f, nil)
	if j.policy.NotifyOwner && file.Case.OwnerEmail != "" {
		j.policy.notice(&j.change, KindOwner, file.Case.OwnerEmail, &file, nil)
	}
	j.change.Escalations = append(j.change.Escalations, e)
}

// park keeps an escalation that comes too early until the rule allows it.
func (j *judgement) park(file CaseFile, f mailparse.Form, opens time.Time) {
	e := j.begin(file, f, Parked)
	e.Due = opens
	j.end(ParkedEarly, "too early under the owner-silence rule")
	file.Escalation = &e
	j.reply(KindParked, &file, f, func(l *Letter) { l.Until = opens })
	j.change.Escalations = append(j.change.Escalations, e)
}

// begin makes the escalation of a case, with what went before in its history.
func (j *judgement) begin(file CaseFile, f mailparse.Form, status Status) Escalation {
	e := Escalation{
		Case: file.Case.Number, Revision: 1, Ordinal: 1, Status: status,
		Account: file.Case.Account, Region: regionOf(file), Severity: file.Case.Severity,
		RequestedBy: j.mail.From.Addr, Form: f, Thread: j.mail.thread(), ReceivedAt: j.now,
	}
	if before := file.Escalation; before != nil {
		e.Revision, e.Ordinal = before.Revision+1, before.Ordinal+1
		e.Earlier = append(slices.Clip(before.Earlier), Outcome{
			OpenedAt: before.OpenedAt, EndedAt: before.EndedAt, Status: before.Status, Level: before.Level,
		})
	}
	e.note(j.now, "received", e.RequestedBy, "")
	return e
}

// open starts an escalation's clock and tells the first level that can be
// reached, whatever the hour.
func (p *Policy) open(c *Change, e *Escalation, file CaseFile, now time.Time) {
	e.Status, e.OpenedAt = Open, now
	e.RespondBy = p.after(now, 1, e.Severity, e.Region)
	e.Due = now
	p.raise(c, e, file, "")
	if e.Level == 0 {
		e.Due = time.Time{}
	}
}

// update judges a form on a case that is escalated already: comments and a
// new contact are added, the clock goes on.
func (j *judgement) update(file CaseFile, f mailparse.Form) {
	e := *file.Escalation
	text := additions(e.Form, f)
	if f.POC != "" && f.POC != e.Form.POC {
		e.Form.POC = f.POC
	}
	if f.POCContact != "" && f.POCContact != e.Form.POCContact {
		e.Form.POCContact, e.Form.Contacts = f.POCContact, f.Contacts
	}
	j.check("form", true, "adds to the escalation that is under way")
	j.added(file, e, f, text)
}

// add judges a reply without a form in a customer's thread.
func (j *judgement) add(number string) {
	file, ok := j.state.Cases[number]
	if !ok || !j.entitled(file) {
		j.refuse(mailparse.Form{CaseNumber: number}, "the sender does not represent the account of the case")
		return
	}
	j.check("entitlement", true, "the sender represents account "+file.Account.ID)
	e := file.Escalation
	if e == nil || !e.Status.Active() {
		f := mailparse.Form{CaseNumber: number}
		j.returnedOn(&file, f, problemsOf(f, nil), "the escalation this answers is over; a new one takes the form")
		return
	}
	j.added(file, *e, mailparse.Form{CaseNumber: number}, strings.TrimSpace(j.mail.Fresh))
}

// added records what a customer adds; whoever has the escalation hears of it,
// but not too often.
func (j *judgement) added(file CaseFile, e Escalation, f mailparse.Form, text string) {
	e.Revision++
	e.note(j.now, "added", j.mail.From.Addr, text)
	j.end(Updated, "added to the escalation at level "+levelText(e.Level))
	file.Escalation = &e
	if text != "" && e.Status != Parked && j.now.Sub(e.AddedAt) >= j.policy.LeaderLimit.PerCase {
		e.AddedAt = j.now
		for _, to := range j.policy.holders(&e) {
			n := j.policy.notice(&j.change, KindAddition, to, &file, func(l *Letter) { l.Text, l.Why = text, "" })
			e.Told = append(e.Told, Told{Level: n.Level, To: to, Notice: n.Key})
		}
	}
	var quotas []Quota
	if text == "" {
		quotas = append(quotas, j.loopQuota(e.Case))
	}
	j.reply(KindUpdated, &file, f, func(l *Letter) { l.Text = text }, quotas...)
	j.change.Escalations = append(j.change.Escalations, e)
}

// additions puts into words what a later form says that the first did not.
func additions(had, f mailparse.Form) string {
	var lines []string
	for _, add := range []struct{ label, was, now string }{
		{"Expected Next Step", had.NextStep, f.NextStep},
		{"Point of Contact", had.POC, f.POC},
		{"Phone Number or Email for POC", had.POCContact, f.POCContact},
		{"Additional Comments", had.Comments, f.Comments},
	} {
		if add.now != "" && add.now != add.was {
			lines = append(lines, add.label+": "+add.now)
		}
	}
	return strings.Join(lines, "\n")
}

// withdraw judges a customer's WITHDRAW.
func (j *judgement) withdraw() {
	number := j.policy.withdrawn(j.mail)
	if n := j.state.Notice; n != nil && n.Case != "" {
		number = n.Case
	}
	for _, f := range j.mail.Forms {
		if key, ok := j.policy.CaseKey(f.CaseNumber); ok && number == "" {
			number = key
		}
	}
	file, ok := j.state.Cases[number]
	switch {
	case !ok && number == "" && len(j.state.Represents) > 0:
		j.returned(mailparse.Form{}, problemsOf(mailparse.Form{}, nil), "WITHDRAW names no case")
		return
	case !ok, !j.entitled(file):
		j.refuse(mailparse.Form{CaseNumber: number}, "the sender does not represent the account of the case")
		return
	}
	j.check("entitlement", true, "the sender represents account "+file.Account.ID)
	before := file.Escalation
	if before == nil || !before.Status.Active() {
		j.end(Commanded, "nothing to withdraw: the case is not escalated")
		j.reply(KindWithdrawn, &file, mailparse.Form{CaseNumber: number}, nil, j.loopQuota(number))
		return
	}
	e := *before
	e.Revision++
	j.end(Commanded, "withdrawn by the customer")
	j.policy.finish(&j.change, &e, file, Withdrawn, j.mail.From.Addr, j.mail.Command.Text, j.now)
	file.Escalation = &e
	j.reply(KindWithdrawn, &file, mailparse.Form{CaseNumber: number}, nil)
	j.change.Escalations = append(j.change.Escalations, e)
}

// holders are the leaders who have the escalation: who took it, or else the
// highest level told.
func (p *Policy) holders(e *Escalation) []string {
	if e.Status == Acknowledged {
		return []string{e.TakenBy}
	}
	var to []string
	for _, t := range e.Told {
		if t.Level == e.Level && !containsAddress(to, t.To) {
			to = append(to, t.To)
		}
	}
	return to
}

// told are all leaders who know of the escalation, each once.
func (e *Escalation) told() []string {
	var to []string
	for _, t := range e.Told {
		if !containsAddress(to, t.To) {
			to = append(to, t.To)
		}
	}
	return to
}

func containsAddress(list []string, addr string) bool {
	return slices.ContainsFunc(list, func(a string) bool { return SameAddress(a, addr) })
}

// finish ends an escalation: the ladder stops, queued letters to leaders are
// withdrawn, and each who is concerned hears of it once. The one who ended it
// gets a confirmation instead.
func (p *Policy) finish(c *Change, e *Escalation, file CaseFile, status Status, by, text string, now time.Time) {
	e.Status, e.EndedAt = status, now
	e.Due, e.RemindAt, e.ExpiresAt = time.Time{}, time.Time{}, time.Time{}
	e.note(now, string(status), by, text)
	file.Escalation = e
	p.revoke(c, e)
	say := func(l *Letter) { l.Text = text }
	for _, to := range e.told() {
		if !SameAddress(to, by) {
			p.notice(c, KindEnded, to, &file, say)
		}
	}
	if !SameAddress(e.RequestedBy, by) {
		p.notice(c, KindEnded, e.RequestedBy, &file, say)
	}
}

// revoke takes back the letters to leaders that still wait in the outbox.
func (p *Policy) revoke(c *Change, e *Escalation) {
	for _, t := range e.Told {
		c.Revoked = append(c.Revoked, t.Notice)
	}
}

// note adds a line to the timeline.
func (e *Escalation) note(at time.Time, what, who, text string) {
	e.Timeline = append(slices.Clip(e.Timeline), Entry{At: at, What: what, Who: who, Text: text})
}

func levelText(n int) string {
	if n == 0 {
		return "none: nobody can be reached"
	}
	return string('0' + rune(n%10))
}

// Wake is when the escalation next needs the desk without any mail; zero if
// never.
func (e *Escalation) Wake() time.Time {
	return slices.MinFunc([]time.Time{e.Due, e.RemindAt, e.ExpiresAt, e.promised()}, func(a, b time.Time) int {
		switch {
		case a.IsZero() || b.IsZero():
			return cmp.Compare(zeroLast(a), zeroLast(b))
		default:
			return a.Compare(b)
		}
	})
}

// promised is when the customer must be told that nobody has come yet; zero
// once that is settled.
func (e *Escalation) promised() time.Time {
	if e.Status != Open || e.Missed {
		return time.Time{}
	}
	return e.RespondBy
}

func zeroLast(t time.Time) int {
	if t.IsZero() {
		return 1
	}
	return 0
}
