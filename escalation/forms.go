package escalation

import (
	"cmp"
	"strings"

	"escalationd/mailparse"
)

// asked is a form that a mail asks to judge, and what reading it found.
type asked struct {
	mailparse.Form
	read []mailparse.Problem
}

// asked lists the forms that a mail asks to judge, as an answer to a letter or
// not: its own, several on one case as one; or the draft that it completes. A
// form without a number in a customer's thread is on the thread's case.
func (p *Policy) asked(m *Mail, n *Notice, draft *mailparse.Form) []asked {
	var out []asked
	for i, f := range m.Forms {
		if f.CaseNumber == "" && n != nil && !n.Kind.Answerable() && SameMailbox(n.To, m.From.Addr) {
			f.CaseNumber = n.Case
		}
		a := asked{Form: f}
		for _, problem := range m.Problems {
			if problem.Form == i {
				a.read = append(a.read, problem)
			}
		}
		out = p.join(out, a)
	}
	if draft != nil && len(out) == 1 && repeats(*draft, out[0].Form) {
		out = nil
	}
	switch {
	case draft == nil || len(out) > 1 || len(out) == 1 && p.otherCase(*draft, out[0].Form):
		return out
	case len(out) == 1:
		out[0].Form = merge(*draft, out[0].Form)
		return out
	}
	return []asked{p.fill(*draft, strings.TrimSpace(m.Fresh))}
}

// repeats reports whether a form in quoted text is but the copy of one that the
// desk had before: mail programs quote our letters, which show the form. What
// stands behind the last line of a quoted form may be the letter's own words,
// so comments do not count.
func repeats(had, f mailparse.Form) bool {
	if !f.Quoted {
		return false
	}
	for _, field := range required() {
		if v := getField(f, field); v != "" && !same(v, getField(had, field)) {
			return false
		}
	}
	return true
}

// join puts a form to those before it, or into the one on the same case.
func (p *Policy) join(forms []asked, f asked) []asked {
	number, ok := p.CaseKey(f.CaseNumber)
	for i, before := range forms {
		if n, _ := p.CaseKey(before.CaseNumber); !ok || n != number {
			continue
		}
		merged := merge(before.Form, f.Form)
		if before.Comments != "" && f.Comments != "" && !contains(before.Comments, f.Comments) {
			merged.Comments = before.Comments + "\n\n" + f.Comments
		}
		forms[i] = asked{merged, f.read}
		for _, problem := range before.read {
			if getField(f.Form, problem.Field) == "" {
				forms[i].read = append(forms[i].read, problem)
			}
		}
		return forms
	}
	return append(forms, f)
}

// otherCase reports whether a form is about another case than the draft is.
func (p *Policy) otherCase(draft, f mailparse.Form) bool {
	was, known := p.CaseKey(draft.CaseNumber)
	is, ok := p.CaseKey(f.CaseNumber)
	return known && ok && was != is
}

// fill puts a text without labels into the one field that a draft lacks.
func (p *Policy) fill(draft mailparse.Form, text string) asked {
	missing := gaps(draft)
	if len(missing) != 1 || text == "" {
		return asked{Form: draft}
	}
	filled := asked{Form: draft}
	switch missing[0] {
	case mailparse.CaseNumber:
		numbers := p.caseNumbers(text)
		if len(numbers) == 0 {
			return filled
		}
		text = numbers[0]
	case mailparse.POCContact:
		if p.Contacts == nil {
			break
		}
		if filled.Contacts = p.Contacts(text, ""); len(filled.Contacts) == 0 {
			filled.read = []mailparse.Problem{{Field: mailparse.POCContact, Reason: mailparse.Invalid}}
		}
	}
	setField(&filled.Form, missing[0], text)
	return filled
}

// draftFor is the form that a returned letter handed back to a mail's author.
func draftFor(m *Mail, n *Notice) *mailparse.Form {
	if n == nil || n.Draft == nil || !SameMailbox(n.To, m.From.Addr) {
		return nil
	}
	return n.Draft
}

// draft is the form that a reply may still complete.
func (j *judgement) draft() *mailparse.Form {
	if n := j.state.Notice; n == nil || j.now.Sub(n.CreatedAt) > j.policy.DraftKept {
		return nil
	}
	return draftFor(j.mail, j.state.Notice)
}

// complete judges a reply to a returned form: what it brings goes on top of
// what was read before. Once the case is escalated, a reply only adds.
func (j *judgement) complete() {
	for _, f := range j.policy.asked(j.mail, j.state.Notice, j.draft()) {
		number, _ := j.policy.CaseKey(f.CaseNumber)
		file := j.state.Cases[number]
		if e := file.Escalation; e != nil && e.Status.Active() && len(j.mail.Forms) == 0 {
			j.add(number)
			return
		}
		j.check("draft", true, "completes the form sent before")
		j.form(f)
	}
}

// forms judges each form of a mail on its own; two cases get two answers.
func (j *judgement) forms() {
	forms := j.policy.asked(j.mail, j.state.Notice, nil)
	if len(forms) == 0 {
		j.noForm()
	}
	for _, f := range forms {
		j.form(f)
	}
}

// noForm judges a person's mail that holds no form: a representative gets the
// empty template, nobody else learns anything.
func (j *judgement) noForm() {
	if len(j.state.Represents) == 0 {
		j.refuse(mailparse.Form{}, "the sender represents no account, and the mail holds no form")
		return
	}
	j.check("entitlement", true, "the sender represents an account")
	why := "the mail holds no form"
	if c := j.mail.Command; c != nil && c.Verb == mailparse.Withdraw {
		why = "the mail withdraws, but names no case"
	}
	j.returned(nil, mailparse.Form{}, problemsOf(mailparse.Form{}, nil), why)
}

// form judges one form: entitlement, then the form, then the rules.
func (j *judgement) form(a asked) {
	f := a.Form
	number, valid := j.policy.CaseKey(f.CaseNumber)
	problems := problemsOf(f, a.read)
	if !valid && f.CaseNumber != "" && !names(problems, mailparse.CaseNumber) {
		problems = append([]Problem{{mailparse.CaseNumber, mailparse.Invalid, f.CaseNumber}}, problems...)
	}
	if names(problems, mailparse.CaseNumber) {
		j.withoutCase(f, problems)
		return
	}
	file, known := j.state.Cases[number]
	switch {
	case !known || file.Missing && (file.Escalation == nil || !file.Escalation.Status.Active()):
		j.refuse(f, "the case is not known")
	case !j.entitled(file):
		j.refuse(f, "the sender does not represent the account of the case")
	case file.Escalation != nil && repeats(file.Escalation.Form, f):
		j.add(number)
	default:
		j.check("case", true, "case "+number+" is known")
		j.check("entitlement", true, "the sender represents account "+file.Account.ID)
		if j.policy.Contacts != nil && f.POCContact != "" {
			f.Contacts = j.policy.Contacts(f.POCContact, regionOf(file))
		}
		j.onCase(file, f, problems)
	}
}

// withoutCase judges a form that names no case number that can be one.
func (j *judgement) withoutCase(f mailparse.Form, problems []Problem) {
	if len(j.state.Represents) == 0 {
		j.refuse(f, "the sender represents no account, and the form names no case")
		return
	}
	j.check("entitlement", true, "the sender represents an account")
	j.returned(nil, f, problems, listProblems(problems))
}

// onCase judges a form of an entitled sender on a case that is known.
func (j *judgement) onCase(file CaseFile, f mailparse.Form, problems []Problem) {
	before := file.Escalation
	if before != nil && !before.Status.Active() {
		file.Escalation = nil // letters speak of the present
	}
	if file.Case.Status == CaseClosed {
		j.check("status", false, "the case is closed")
		j.end(Refused, "the case is closed")
		j.reply(KindClosed, &file, f, nil, j.refusalQuota(KindClosed, file.Case.Number))
		return
	}
	j.check("status", true, "the case is "+cmp.Or(string(file.Case.Status), "without a status"))
	if file.Escalation != nil {
		j.update(file, f)
		return
	}
	if len(problems) > 0 {
		j.returned(&file, f, problems, listProblems(problems))
		return
	}
	j.check("form", true, "complete")
	opens, wait := j.policy.early(file.Case, j.now)
	j.check("early", !wait, silence(file.Case, j.now))
	switch {
	case !wait:
		j.accept(file, before, f)
	case j.policy.Early == EarlyPark:
		j.park(file, before, f, opens)
	default:
		j.end(Refused, "the case owner has not been silent for "+roughly(j.policy.OwnerSilence)+" yet")
		j.reply(KindParked, &file, f, func(l *Letter) { l.Until, l.Why = opens, j.policy.whyNotNow() }, j.refusalQuota(KindParked, file.Case.Number))
	}
}

// refuse answers in the same words whether the case is unknown or the sender
// has no right to it. The form is kept, so that a reply needs to bring no more
// than the right number.
func (j *judgement) refuse(f mailparse.Form, why string) {
	j.check("entitlement", false, why)
	j.end(Refused, why)
	number, _ := j.policy.CaseKey(f.CaseNumber)
	quotas := []Quota{j.refusalQuota(KindRefused, number)}
	if j.state.Notice != nil { // a machine may name another number in each answer
		quotas = append(quotas, j.loopQuota(""))
	}
	n := j.reply(KindRefused, nil, mailparse.Form{CaseNumber: f.CaseNumber}, func(l *Letter) {
		if len(j.state.Similar) == 1 {
			l.Suggestion = j.state.Similar[0]
		}
	}, quotas...)
	if draft := f; draft.NextStep+draft.POC+draft.POCContact+draft.Comments != "" {
		draft.CaseNumber = ""
		n.Draft = &draft
	}
}

// returned hands the form back with all that is wrong with it. A reply needs
// to bring no more than that, so the draft holds what was right.
func (j *judgement) returned(file *CaseFile, f mailparse.Form, problems []Problem, why string) {
	j.check("form", false, listProblems(problems))
	j.end(Returned, why)
	number := "" // what is no case's number must not pass for a case of its own
	if file != nil {
		number = file.Case.Number
	}
	n := j.reply(KindReturned, file, f, func(l *Letter) {
		l.Problems = problems
		if j.mail.Command != nil {
			l.Verb = j.mail.Command.Verb
		}
	}, j.loopQuota(number))
	draft := f
	for _, p := range problems {
		setField(&draft, p.Field, "")
		if p.Field == mailparse.POCContact {
			draft.Contacts = nil
		}
	}
	n.Draft = &draft
}

// problemsOf lists all that is missing in a form and what reading it found.
func problemsOf(f mailparse.Form, read []mailparse.Problem) []Problem {
	var problems []Problem
	for _, field := range required() {
		switch value := getField(f, field); {
		case value == "":
			problems = append(problems, Problem{field, mailparse.Missing, ""})
		default:
			for _, p := range read {
				if p.Field == field && p.Reason != mailparse.Missing {
					problems = append(problems, Problem{field, p.Reason, value})
					break
				}
			}
		}
	}
	return problems
}

func names(problems []Problem, field mailparse.Field) bool {
	for _, p := range problems {
		if p.Field == field {
			return true
		}
	}
	return false
}

func listProblems(problems []Problem) string {
	words := make([]string, len(problems))
	for i, p := range problems {
		words[i] = Label(p.Field) + " is " + string(p.Reason)
	}
	return strings.Join(words, ", ")
}

// Label is how the template names a field.
func Label(f mailparse.Field) string {
	switch f {
	case mailparse.CaseNumber:
		return "Case Number"
	case mailparse.NextStep:
		return "Expected Next Step"
	case mailparse.POC:
		return "Point of Contact"
	case mailparse.POCContact:
		return "Phone Number or Email for POC"
	case mailparse.Comments:
		return "Additional Comments"
	}
	return string(f)
}

// required are the fields of the template that must be filled in, in its order.
func required() []mailparse.Field {
	return []mailparse.Field{mailparse.CaseNumber, mailparse.NextStep, mailparse.POC, mailparse.POCContact}
}

func gaps(f mailparse.Form) []mailparse.Field {
	var out []mailparse.Field
	for _, field := range required() {
		if getField(f, field) == "" {
			out = append(out, field)
		}
	}
	return out
}

func getField(f mailparse.Form, field mailparse.Field) string {
	return *fieldOf(&f, field)
}

func setField(f *mailparse.Form, field mailparse.Field, value string) {
	*fieldOf(f, field) = value
}

func fieldOf(f *mailparse.Form, field mailparse.Field) *string {
	switch field {
	case mailparse.CaseNumber:
		return &f.CaseNumber
	case mailparse.NextStep:
		return &f.NextStep
	case mailparse.POC:
		return &f.POC
	case mailparse.POCContact:
		return &f.POCContact
	default:
		return &f.Comments
	}
}

// merge puts what a later form says on top of an earlier one.
func merge(earlier, later mailparse.Form) mailparse.Form {
	merged := earlier
	for _, field := range append(required(), mailparse.Comments) {
		if v := getField(later, field); v != "" {
			setField(&merged, field, v)
		}
	}
	if later.POCContact != "" {
		merged.Contacts = later.Contacts
	}
	return merged
}
