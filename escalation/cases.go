package escalation

import (
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"escalationd/mailparse"
)

// accept begins an escalation: the clock starts and the first level is told.
func (j *judgement) accept(file CaseFile, before *Escalation, f mailparse.Form) {
	e := j.begin(file, before, f, Open)
	s := j.step(file, &e)
	s.open(j.now)
	s.write()
	j.end(Accepted, "escalated to level "+levelText(e.Level))
	if _, ok := j.policy.Severities[e.Severity]; !ok {
		s.alarm("severity", "The case has a severity that the configuration does not name. It is handled as the least urgent one.")
	}
	j.reply(KindAccepted, &s.file, f, nil, j.firstAnswer(e.Case))
}

// park keeps an escalation that comes too early until the rule allows it.
func (j *judgement) park(file CaseFile, before *Escalation, f mailparse.Form, opens time.Time) {
	e := j.begin(file, before, f, Parked)
	e.Due = opens
	s := j.step(file, &e)
	s.write()
	j.end(ParkedEarly, "too early under the owner-silence rule")
	j.reply(KindParked, &s.file, f, nil, j.firstAnswer(e.Case))
}

// begin makes the escalation of a case, with what went before in its history.
func (j *judgement) begin(file CaseFile, before *Escalation, f mailparse.Form, status Status) Escalation {
	e := Escalation{
		Case: file.Case.Number, Revision: 1, Ordinal: 1, Status: status,
		Account: file.Case.Account, Region: regionOf(file), Severity: file.Case.Severity,
		RequestedBy: j.mail.From.Addr, Form: f, Thread: j.mail.thread(), ReceivedAt: j.now,
	}
	if before != nil {
		e.Revision, e.Ordinal = before.Revision+1, before.Ordinal+1
		e.Earlier = append(slices.Clip(before.Earlier), before.outcome())
		if extra := len(e.Earlier) - maxEarlier; extra > 0 {
			e.Earlier = slices.Clone(e.Earlier[extra:])
		}
	}
	e.note(j.now, "received", e.RequestedBy, "")
	return e
}

func (j *judgement) step(file CaseFile, e *Escalation) *step {
	return j.policy.step(&j.change, file, e, j.now)
}

// update judges a form on a case that is escalated already: what it says
// anew is added, the clock goes on.
func (j *judgement) update(file CaseFile, f mailparse.Form) {
	e := file.Escalation.next()
	if f.Quoted && contains(f.Comments, e.Form.Comments) {
		f.Comments = "" // a copy of what was said before, and the words of the letter behind it
	}
	text, comment, contact := additions(e.Form, f), f.Comments, ""
	if fresh := strings.TrimSpace(j.mail.Fresh); f.Quoted && fresh != "" {
		text, comment = strings.TrimSpace(text+"\n"+fresh), strings.TrimSpace(comment+"\n"+fresh)
	}
	if f.NextStep != "" {
		e.Form.NextStep = f.NextStep
	}
	if f.POC != "" {
		e.Form.POC = f.POC
	}
	if f.POCContact != "" && !same(f.POCContact, e.Form.POCContact) {
		e.Form.POCContact, e.Form.Contacts, contact = f.POCContact, f.Contacts, f.POCContact
	}
	j.check("form", true, "adds to the escalation that is under way")
	j.added(file, e, f, text, comment, contact)
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
		file.Escalation = nil
		j.returned(&file, f, problemsOf(f, nil), "the escalation this answers is over; a new one takes the form")
		return
	}
	text := strings.TrimSpace(j.mail.Fresh)
	comment := text
	if contains(e.Form.Comments, text) {
		text = ""
	}
	j.added(file, e.next(), mailparse.Form{CaseNumber: number}, text, comment, "")
}

// added records what a customer adds; whoever has the escalation hears of
// what is new in it, but not too often, and later levels read it in the form.
func (j *judgement) added(file CaseFile, e Escalation, f mailparse.Form, text, comment, contact string) {
	quota := j.newQuota(e.Case)
	if text == "" || said(&e, text) {
		quota = j.loopQuota(e.Case)
	}
	if comment != "" && !contains(e.Form.Comments, comment) {
		e.Form.Comments = shorten(strings.TrimSpace(e.Form.Comments+"\n\n"+comment), maxComments)
	}
	e.note(j.now, "added", j.mail.From.Addr, text)
	s := j.step(file, &e)
	say := func(l *Letter) { l.Text, l.Contact = text, contact }
	if text != "" && e.Status != Parked {
		for _, to := range e.holders() {
			s.notice(KindAddition, to, say)
		}
	}
	s.write()
	j.end(Updated, "added to the escalation at level "+levelText(e.Level))
	j.reply(KindUpdated, &s.file, f, say, quota)
}

const (
	maxEarlier  = 50    // earlier escalations of a case that are remembered
	maxComments = 20000 // runes kept of all that customers have added
)

// additions puts into words what a later form says that the first did not.
func additions(had, f mailparse.Form) string {
	var lines []string
	add := func(field mailparse.Field) { lines = append(lines, Label(field)+": "+getField(f, field)) }
	for _, field := range []mailparse.Field{mailparse.NextStep, mailparse.POC, mailparse.POCContact} {
		if now := getField(f, field); now != "" && !same(now, getField(had, field)) {
			add(field)
		}
	}
	if f.Comments != "" && !contains(had.Comments, f.Comments) {
		add(mailparse.Comments)
	}
	return strings.Join(lines, "\n")
}

// said reports whether an addition says little that an earlier one did not:
// so do two machines that talk. Order, numbers and punctuation do not matter.
func said(e *Escalation, text string) bool {
	words := map[string]bool{} // to whether the earlier addition has it
	for word := range vocabulary(shorten(text, maxEntry)) {
		words[word] = false
	}
	return slices.ContainsFunc(e.Timeline, func(line Entry) bool {
		if line.What != "added" && line.What != "note" {
			return false
		}
		for word := range words {
			words[word] = false
		}
		had, all := 0, 0
		for word := range vocabulary(line.Text) {
			all++
			if known, ok := words[word]; ok && !known {
				words[word] = true
				had++
			}
		}
		return 4*had >= 3*len(words) && (len(words) > 0 || all == 0)
	})
}

// vocabulary is the words of a text, without those that hold a digit.
func vocabulary(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for word := range strings.FieldsFuncSeq(strings.ToLower(text), notInWord) {
			if !strings.ContainsFunc(word, unicode.IsDigit) && !yield(word) {
				return
			}
		}
	}
}

func notInWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

func same(a, b string) bool { return fold(a) == fold(b) }

func contains(text, part string) bool { return strings.Contains(fold(text), fold(part)) }

// fold makes texts equal that differ in blanks and case alone.
func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// withdraw judges a customer's WITHDRAW.
func (j *judgement) withdraw() {
	candidates := j.policy.withdrawn(j.mail, j.state.Notice)
	if len(candidates) == 0 {
		j.noForm()
		return
	}
	number := candidates[0]
	for _, c := range slices.Backward(candidates) {
		if file, ok := j.state.Cases[c]; ok && j.entitled(file) {
			number = c
		}
	}
	file, ok := j.state.Cases[number]
	if !ok || !j.entitled(file) {
		j.refuse(mailparse.Form{CaseNumber: number}, "the sender does not represent the account of the case")
		return
	}
	j.check("entitlement", true, "the sender represents account "+file.Account.ID)
	f := mailparse.Form{CaseNumber: number}
	if e := file.Escalation; e == nil || !e.Status.Active() {
		j.end(Commanded, "nothing to withdraw: the case is not escalated")
		j.reply(KindWithdrawn, &file, f, nil, j.loopQuota(number))
		return
	}
	e := file.Escalation.next()
	s := j.step(file, &e)
	s.finish(Withdrawn, j.mail.From.Addr, strings.TrimSpace(j.mail.Command.Text))
	s.write()
	j.end(Commanded, "withdrawn by the customer")
	j.reply(KindWithdrawn, &s.file, f, nil)
}

// withdrawn lists the cases a WITHDRAW may mean, the likeliest first: those it
// names, that of the letter it answers, those in the subject or in a form.
func (p *Policy) withdrawn(m *Mail, n *Notice) []string {
	if m.Command == nil || m.Command.Verb != mailparse.Withdraw {
		return nil
	}
	numbers := p.caseNumbers(m.Command.Text)
	if n != nil && n.Case != "" {
		numbers = append(numbers, n.Case)
	}
	numbers = append(numbers, p.caseNumbers(m.Subject)...)
	for _, f := range m.Forms {
		if number, ok := p.CaseKey(f.CaseNumber); ok {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// caseNumbers finds the first words in a text that can be case numbers.
func (p *Policy) caseNumbers(text string) []string {
	const most = 8
	var numbers []string
	for word := range strings.FieldsFuncSeq(text, notInCaseNumber) {
		number, ok := p.CaseKey(word)
		if ok && strings.ContainsAny(number, "0123456789") && len(numbers) < most {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

func notInCaseNumber(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

func levelText(n int) string {
	if n == 0 {
		return "none, as nobody can be reached"
	}
	return strconv.Itoa(n)
}
