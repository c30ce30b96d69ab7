package escalation

import (
	"fmt"
	"strings"
	"time"

	"escalationd/mailparse"
)

// draft is the form that a returned letter handed back, while a reply to that
// letter may still complete it.
func (j *judgement) draft() *mailparse.Form {
	n := j.state.Notice
	if n.Draft == nil || !SameAddress(n.To, j.mail.From.Addr) || j.now.Sub(n.CreatedAt) > j.policy.DraftKept {
		return nil
	}
	return n.Draft
}

// complete judges a reply to a returned form: what it brings goes on top of
// what was read before.
func (j *judgement) complete(draft mailparse.Form) {
	forms := j.mail.Forms
	if len(forms) > 1 {
		j.forms(forms)
		return
	}
	merged := draft
	if len(forms) == 1 {
		merged = merge(draft, forms[0])
	} else if gaps := gaps(draft); len(gaps) == 1 {
		setField(&merged, gaps[0], strings.TrimSpace(j.mail.Fresh))
	}
	j.check("draft", true, "completes the form that was returned before")
	j.form(0, merged)
}

// forms judges each form of a mail on its own; two cases get two answers.
func (j *judgement) forms(forms []mailparse.Form) {
	if len(forms) == 0 {
		j.noForm()
		return
	}
	for i, f := range forms {
		j.form(i, f)
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
	j.returned(mailparse.Form{}, problemsOf(mailparse.Form{}, nil), "the mail holds no form")
}

// form judges one form: entitlement, then the form, then the rules.
func (j *judgement) form(i int, f mailparse.Form) {
	number, valid := j.policy.CaseKey(f.CaseNumber)
	var read []mailparse.Problem
	for _, p := range j.mail.Problems {
		if p.Form == i {
			read = append(read, p)
		}
	}
	problems := problemsOf(f, read)
	if !valid && f.CaseNumber != "" && !names(problems, mailparse.CaseNumber) {
		problems = append(problems, Problem{mailparse.CaseNumber, mailparse.Invalid, f.CaseNumber})
	}
	if names(problems, mailparse.CaseNumber) {
		j.withoutCase(f, problems)
		return
	}
	file, known := j.state.Cases[number]
	switch {
	case !known:
		j.refuse(f, "the case is not known")
	case !j.entitled(file):
		j.refuse(f, "the sender does not represent the account of the case")
	default:
		j.check("case", true, "case "+number+" is known")
		j.check("entitlement", true, "the sender represents account "+file.Account.ID)
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
	j.returned(f, problems, "the form has "+listProblems(problems))
}

// onCase judges a form of an entitled sender on a case that is known.
func (j *judgement) onCase(file CaseFile, f mailparse.Form, problems []Problem) {
	if file.Case.Status == CaseClosed {
		j.check("status", false, "the case is closed")
		j.end(Refused, "the case is closed")
		j.reply(KindClosed, &file, f, nil, j.refusalQuotas(file.Case.Number)...)
		return
	}
	j.check("status", true, "the case is "+string(file.Case.Status))
	if e := file.Escalation; e != nil && e.Status.Active() {
		j.update(file, f)
		return
	}
	if len(problems) > 0 {
		j.returnedOn(&file, f, problems, "the form has "+listProblems(problems))
		return
	}
	j.check("form", true, "complete")
	opens, wait := j.policy.early(file.Case, j.now)
	switch {
	case !wait:
		j.check("early", true, j.policy.silence(file.Case, j.now))
		j.accept(file, f)
	case j.policy.Early == EarlyPark:
		j.check("early", false, j.policy.silence(file.Case, j.now))
		j.park(file, f, opens)
	default:
		j.check("early", false, j.policy.silence(file.Case, j.now))
		j.end(Refused, "the case owner has not been silent for "+j.policy.OwnerSilence.String())
		j.reply(KindParked, &file, f, func(l *Letter) { l.Until = opens }, j.refusalQuotas(file.Case.Number)...)
	}
}

// early answers from when the owner-silence rule allows an escalation, and
// whether that is still to come.
func (p *Policy) early(c Case, now time.Time) (opens time.Time, wait bool) {
	if p.Early == EarlyAccept || p.Early == "" {
		return now, false
	}
	since := c.SilentSince()
	if since.IsZero() {
		since = c.OwnerRespondedAt
	}
	opens = since.Add(p.OwnerSilence)
	return opens, opens.After(now)
}

// silence says how long the owner has been silent, for the record.
func (p *Policy) silence(c Case, now time.Time) string {
	since := c.SilentSince()
	if since.IsZero() {
		return "the case owner has answered the customer's last word"
	}
	return fmt.Sprintf("the case owner has been silent for %s", now.Sub(since).Round(time.Minute))
}

// refuse answers in the same words whether the case is unknown or the sender
// has no right to it.
func (j *judgement) refuse(f mailparse.Form, why string) {
	j.check("entitlement", false, why)
	j.end(Refused, why)
	number, _ := j.policy.CaseKey(f.CaseNumber)
	j.reply(KindRefused, nil, mailparse.Form{CaseNumber: f.CaseNumber}, func(l *Letter) {
		if len(j.state.Similar) == 1 {
			l.Suggestion = j.state.Similar[0]
		}
	}, j.refusalQuotas(number)...)
}

func (j *judgement) returned(f mailparse.Form, problems []Problem, why string) {
	j.returnedOn(nil, f, problems, why)
}

// returnedOn hands the form back with all that is wrong with it.
func (j *judgement) returnedOn(file *CaseFile, f mailparse.Form, problems []Problem, why string) {
	j.check("form", false, listProblems(problems))
	j.end(Returned, why)
	n := j.reply(KindReturned, file, f, func(l *Letter) { l.Problems = problems }, j.loopQuota(TidyCaseNumber(f.CaseNumber)))
	n.Draft = &f
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
		words[i] = string(p.Field) + " " + string(p.Reason)
	}
	return strings.Join(words, ", ")
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
	if len(later.Contacts) > 0 {
		merged.Contacts = later.Contacts
	}
	return merged
}
