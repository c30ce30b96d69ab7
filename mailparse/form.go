package mailparse

import (
	"regexp"
	"strings"
)

// foundForm is one form of a document with what decides between forms.
type foundForm struct {
	Form
	age    int // 0 in the mail's own text; more the deeper in quotes
	labels int // fields whose label is there
	split  int // labels that stand within a line, behind other text
	filled int // fields with a value
	sure   int // sum of the labels' ranks
}

// reader reads the forms of one document.
type reader struct {
	parser  *Parser
	lines   []line
	from    sender
	tails   []int8 // what isTail found of each line: 0 not asked yet, 1 yes, -1 no
	closes  []int8 // likewise of isClosing
	answers bool   // the mail answers another
	alone   bool   // the labels of the form at hand stand alone, answers below them
	poc     string // its point of contact
	between bool   // unquoted answers stand between its quoted lines
	gapped  bool   // and an empty line between
	frame   string // the ruler right above the form
}

// isTail remembers whether a line begins what is nobody's answer: by itself or,
// where a paragraph begins, by all of it.
func (rd *reader) isTail(i int) bool {
	return rd.remember(&rd.tails, i, func(s string) bool {
		text := tailText(s)
		switch {
		case surelyTail(text):
			return !rd.pairedRule(i)
		case rd.rowTail(i), rd.paragraphAt(i) && len(s) > 20 && isLegal(rd.paragraph(i)):
			return true
		case beginsTail(text) && (rd.paragraphAt(i) || !strings.HasPrefix(s, "http")), rd.paragraphAt(i) && isAside(s):
			return rd.longNotice(i) || !rd.proseFollows(i+1, len(rd.lines)) && !rd.closesLater(i+1, len(rd.lines))
		}
		return false
	})
}

// longNotice says whether a paragraph that begins like a notice is one by its
// length or its words. A short sentence that begins so, as in "Proofpoint blocks
// your mails", may be the customer's.
func (rd *reader) longNotice(i int) bool {
	p := rd.paragraph(i)
	total, _ := legalWeight(p)
	return len(p) >= 120 || total >= 4
}

// pairedRule says whether line i is one of two equal rules that embrace text of
// the value: more of it stands below the second.
func (rd *reader) pairedRule(i int) bool {
	s := rd.lines[i].text
	if !isRuler(s) {
		return false
	}
	for k := i + 2; k < min(len(rd.lines), i+40) && rd.lines[k].kind == ordinary; k++ {
		if rd.lines[k].text == s {
			return rd.proseFollows(k+1, len(rd.lines))
		}
	}
	for k := i - 2; k > max(0, i-40) && rd.lines[k].kind == ordinary; k-- {
		if rd.lines[k].text == s {
			return rd.proseFollows(i+1, len(rd.lines))
		}
	}
	return false
}

// rowTail says whether one of the other cells of this row is a footer: "Stop
// watching | Manage notifications".
func (rd *reader) rowTail(i int) bool {
	row := rd.lines[i].row
	if row == 0 {
		return false
	}
	for k := i + 1; k < min(len(rd.lines), i+6) && rd.lines[k].row == row; k++ {
		if isFurniture(rd.lines[k].text) {
			return true
		}
	}
	return false
}

// paragraphAt says whether a paragraph begins at line i.
func (rd *reader) paragraphAt(i int) bool {
	return i == 0 || rd.lines[i-1].blank() || isRuler(rd.lines[i-1].text)
}

// isClosing remembers whether a line is a sign-off.
func (rd *reader) isClosing(i int) bool {
	return rd.remember(&rd.closes, i, func(s string) bool {
		return isClosing(s) || i > 0 && rd.lines[i-1].blank() && (isCourtesy(s) || greetsSomehow(s) && strings.Count(s, " ") < 6)
	})
}

func (rd *reader) remember(memo *[]int8, i int, test func(string) bool) bool {
	if *memo == nil {
		*memo = make([]int8, len(rd.lines))
	}
	m := *memo
	if m[i] == 0 {
		m[i] = -1
		if test(rd.lines[i].text) {
			m[i] = 1
		}
	}
	return m[i] > 0
}

// forms finds all forms of a document, in reading order.
func (rd *reader) forms() []foundForm {
	hits := rd.plausible(rd.parser.labels.hits(rd.lines))
	groups := rd.group(hits)
	var forms []foundForm
	for g, hits := range groups {
		if len(forms) >= rd.parser.limits.Forms {
			break
		}
		stop := len(rd.lines)
		if g+1 < len(groups) {
			stop = groups[g+1][0].line
		}
		if f, ok := rd.form(hits, stop); ok {
			forms = append(forms, f)
		}
	}
	return forms
}

// form reads the values of one group of labels.
func (rd *reader) form(hits []hit, stop int) (foundForm, bool) {
	hits = rd.looseRows(rd.inCompany(hits))
	if len(hits) == 0 {
		return foundForm{}, false
	}
	f := foundForm{age: rd.age(hits)}
	values := rd.stacked(hits, stop)
	if values == nil {
		values = rd.values(hits, stop)
	}
	for i, h := range hits {
		f.set(h.field, values[i])
		f.sure += h.rank
		if rd.lines[h.line].split {
			f.split++
		}
	}
	if stop < len(rd.lines) && !rd.parted(hits[0].line, stop) && rd.lines[stop].depth == rd.lines[hits[0].line].depth {
		last := f.value(hits[len(hits)-1].field)
		*last = withoutHeading(*last)
	}
	f.tidy()
	seen := map[Field]bool{}
	for _, h := range hits {
		seen[h.field] = true
	}
	f.labels = len(seen)
	f.CaseNumber, _ = rd.parser.caseNumber(f.CaseNumber)
	f.count()
	if last := hits[len(hits)-1]; f.filled == 1 && rd.loose(last) && *f.value(last.field) != "" {
		*f.value(last.field) = "" // text below an empty template
		f.filled = 0
	}
	return f, rd.isForm(hits, f)
}

// loose says whether the text taken for a label's value stands below it after an
// empty line, in a form whose labels are made to be answered on their lines.
func (rd *reader) loose(h hit) bool {
	k := nextText(rd.lines, h.end+1)
	return rd.after(h) == "" && k > h.end+1 && !rd.gapped && h.field == Comments
}

// withoutHeading drops the line that announces the next form, when an empty
// line or a ruler parts it from the value above.
func withoutHeading(s string) string {
	at := strings.LastIndexByte(s, '\n')
	last := strings.TrimSpace(s[at+1:])
	above := strings.TrimRight(s[:max(at, 0)], " ")
	parted := at < 0 || strings.HasSuffix(above, "\n") || isRuler(above[strings.LastIndexByte(above, '\n')+1:])
	heading := at >= 0 && len(last) <= 50 && titled(last) || drawnHeading.MatchString(last) || at >= 0 && (endsInColon(last) || headingLine.MatchString(last))
	if len(last) > 80 || !parted || !heading {
		return s
	}
	return trimRulers(strings.TrimSpace(above))
}

// drawnHeading is a line between two rulers of its own: "--- blank form ---".
var drawnHeading = regexp.MustCompile(`^[-=*_~#+<>]{2,}\s*\S.*[-=*_~#+<>]{2,}$`)

var headingLine = regexp.MustCompile(`(?i)^[\s*#_=\-–—]*(?:(?:(?:and|also|the|a|second|2nd|third|3rd|next|another|other|zweite\w*|deuxième|segund\w+|second\w+|tweede|autre|otr\w+|weitere\w*|und|et|y|e|en)\s+){1,3}(?:form|case|escalation|ticket|request|one|fall|caso|cas|eskalation|zaak|formular)\w*|(?:form|case|escalation|ticket|request|no\.?|nr\.?)\s*#?\d{1,2}|\d{1,2}[.)]?|\d/\d)[\s*#_=\-–—:.]*$`)

// isForm says whether the labels found make a form: two fields of which one
// is sure, or a case number alone that can be none but that.
func (rd *reader) isForm(hits []hit, f foundForm) bool {
	best, who := 0, false
	var number hit
	for _, h := range hits {
		best = max(best, h.rank)
		who = who || h.field == CaseNumber || h.field == POC || h.field == POCContact
		if h.field == CaseNumber {
			number = h
		}
	}
	plausible := f.CaseNumber != "" && rd.parser.validCase(f.CaseNumber) && digits(f.CaseNumber) >= 3
	switch {
	case f.labels >= 3:
		return best >= good || plausible
	case f.labels == 1 && f.filled == 1 && f.age == 0 && rd.completes(hits[0]):
		return true
	case f.labels == 2 && f.CaseNumber+f.NextStep+f.POCContact == "":
		return f.POC != "" && f.sure >= 2*strong // "Contact" and "Comments" are words of any mail
	case f.labels == 2:
		return who && best >= good && (f.sure >= 4 || plausible)
	case number.rank >= good && number.sep >= sepSoft:
		return plausible && f.age == 0
	}
	return false
}

// completes says whether one label of the template, in an answer to a letter,
// is the line that the letter asked for.
func (rd *reader) completes(h hit) bool {
	if !rd.answers || h.rank < strong || h.sep != sepHard || rd.after(h) == "" || rd.lines[h.line].row > 0 {
		return false
	}
	name := rd.lines[h.line].text[h.label:h.at]
	switch h.field {
	case POCContact:
		return len(rd.parser.contacts(rd.after(h))) > 0
	case POC, NextStep:
		return len(splitWords(name, 6)) >= 2
	}
	return false
}

// age is how old most labels of a form are: how deep in quotes.
func (rd *reader) age(hits []hit) int {
	counts := map[int]int{}
	best, age := 0, 0
	for _, h := range hits {
		l := rd.lines[h.line]
		a := l.zone + l.depth
		if counts[a]++; counts[a] > best {
			best, age = counts[a], a
		}
	}
	return age
}

func (f *foundForm) set(field Field, value string) {
	p := f.value(field)
	switch {
	case *p == "":
		*p = value
	case value != "":
		*p += "\n" + value
	}
}

func (f *Form) value(field Field) *string {
	switch field {
	case CaseNumber:
		return &f.CaseNumber
	case NextStep:
		return &f.NextStep
	case POC:
		return &f.POC
	case POCContact:
		return &f.POCContact
	}
	return &f.Comments
}

func (f *foundForm) count() {
	f.filled = 0
	for _, field := range fields {
		if *f.value(field) != "" {
			f.filled++
		}
	}
}

// fields are the template's fields in its order.
var fields = []Field{CaseNumber, NextStep, POC, POCContact, Comments}
