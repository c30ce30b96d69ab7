package mailparse

import (
	"regexp"
	"strings"
)

var (
	replyPrefix   = regexp.MustCompile(`(?i)^(?:(?:fwd?|wg|tr|rv|enc|i|doorst|転送)\s*[:：]\s*)+`)
	anyReply      = regexp.MustCompile(`(?i)^(?:(?:re|aw|antw|sv|vs|rif|res|odp|ynt|ref|回复|答复|返信|回覆)(?:\[\d+\])?\s*[:：])`)
	escalateWord  = regexp.MustCompile(`(?i)e[sk][kc]al|エスカレ|升级|escalad`)
	subjectNumber = regexp.MustCompile(`(?i)(?:\b(?:case|ticket|support case|incident|fall|vorgang|dossier|cas|caso|chamado|zaak|casenummer|fallnummer|ticketnummer|sr)|ケース|案件|チケット|番号|工单)[\s:#.\-–]*(?:(?:no|nr|num|number|id|nummer|n°|nº|numéro|número|numero|ref)\b\.?)?[\s:#.\-–°º№]*([A-Z0-9][A-Z0-9-]{3,31})\b`)
	hashNumber    = regexp.MustCompile(`#\s?([A-Za-z0-9][A-Za-z0-9-]{3,31})\b`)
	longNumber    = regexp.MustCompile(`\b([A-Za-z]{0,5}-?\d[\d-]{4,19})\b`)
)

// subjectCase finds the one case number a subject names.
func (p *Parser) subjectCase(subject string) string {
	found := map[string]bool{}
	pick := func(re *regexp.Regexp) string {
		for _, m := range re.FindAllStringSubmatch(clipRunes(subject, 1000), 10) {
			if n := strings.Trim(m[1], "-"); digits(n) >= 3 && p.validCase(n) && !dateToken.MatchString(n) {
				found[strings.ToUpper(n)] = true
				if len(found) == 1 {
					return n
				}
			}
		}
		return ""
	}
	for _, re := range []*regexp.Regexp{subjectNumber, hashNumber} {
		if n := pick(re); n != "" {
			return n
		}
	}
	if escalateWord.MatchString(subject) {
		return pick(longNumber)
	}
	return ""
}

// subjectForm makes a form of a subject like "Escalate case 01234567". The
// subject of a reply is inherited, not written, and makes none.
func (p *Parser) subjectForm(subject string) []foundForm {
	subject = replyPrefix.ReplaceAllString(subject, "")
	if anyReply.MatchString(subject) || !escalateWord.MatchString(subject) {
		return nil
	}
	n := p.subjectCase(subject)
	if n == "" {
		return nil
	}
	return []foundForm{{Form: Form{CaseNumber: n}, labels: 1, filled: 1}}
}

// finish fills what the body left open and names what is wrong.
func (p *Parser) finish(i int, f foundForm, subject string, only bool, rivals []foundForm) (Form, []Problem) {
	form := f.Form
	if form.CaseNumber == "" && only {
		form.CaseNumber = p.subjectCase(subject)
	}
	form.Contacts = p.contacts(form.POCContact)
	var problems []Problem
	add := func(f Field, r Reason) { problems = append(problems, Problem{Form: i, Field: f, Reason: r}) }
	_, several := p.caseNumber(form.CaseNumber)
	switch {
	case form.CaseNumber == "":
		add(CaseNumber, Missing)
	case len(several) > 1 || (only && disagree(form, rivals)):
		add(CaseNumber, Ambiguous)
	case !p.validCase(form.CaseNumber):
		add(CaseNumber, Invalid)
	}
	if form.NextStep == "" {
		add(NextStep, Missing)
	}
	if form.POC == "" {
		add(POC, Missing)
	}
	switch {
	case form.POCContact == "":
		add(POCContact, Missing)
	case len(form.Contacts) == 0:
		add(POCContact, Invalid)
	}
	return form, problems
}

// disagree says whether the other alternative names another case.
func disagree(form Form, rivals []foundForm) bool {
	for _, r := range rivals {
		if r.CaseNumber != "" && !strings.EqualFold(r.CaseNumber, form.CaseNumber) {
			return true
		}
	}
	return false
}
