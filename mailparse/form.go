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
	beneath bool   // the form at hand has its answers below the labels
}

// isTail remembers whether a line begins what is nobody's answer: by itself or,
// where a paragraph begins, by all of it.
func (rd *reader) isTail(i int) bool {
	return rd.remember(&rd.tails, i, func(s string) bool {
		return tailStart(s) || (i == 0 || rd.lines[i-1].blank() || isRuler(rd.lines[i-1].text)) && len(s) > 20 && isLegal(rd.paragraph(i))
	})
}

// isClosing remembers whether a line is a sign-off.
func (rd *reader) isClosing(i int) bool { return rd.remember(&rd.closes, i, isClosing) }

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

// plausible drops labels of signatures: weak ones below a sign-off, until a
// sure label shows that the mail goes on.
func (rd *reader) plausible(hits []hit) []hit {
	var kept []hit
	closed, next := false, 0
	for _, h := range hits {
		for ; next < h.line; next++ {
			l := rd.lines[next]
			if l.blank() {
				continue
			}
			if l.kind == quoteHead {
				closed = false
			}
			if isDelimiter(l.text) || l.signed || rd.isClosing(next) || rd.isTail(next) || rd.signatureName(next) {
				closed = true
			}
		}
		if h.rank >= strong || (h.rank >= good && h.field != POC && h.field != POCContact && h.sep == sepHard) {
			closed = false
		}
		if !closed && h.rank >= 0 {
			kept = append(kept, h)
		}
	}
	return kept
}

// signatureName says whether the sender's bare name stands here after an
// empty line.
func (rd *reader) signatureName(i int) bool {
	return i > 0 && rd.lines[i-1].blank() && rd.from.names(rd.lines[i].text) &&
		!(i >= 2 && nearLabel(rd, i))
}

// nearLabel says whether the text above the empty line is a label without a
// value: then the name is the answer.
func nearLabel(rd *reader, i int) bool {
	for j := i - 1; j >= 0 && j > i-4; j-- {
		if rd.lines[j].blank() {
			continue
		}
		h, ok := rd.parser.labels.find(clipRunes(rd.lines[j].text, 400), isCell(rd.lines, j))
		return ok && h.field == POC && h.at >= len(rd.lines[j].text)
	}
	return false
}

// group cuts the labels into forms. A label met again begins another form
// only when more labels follow it; else it is text that looks like a label.
func (rd *reader) group(hits []hit) [][]hit {
	var groups [][]hit
	var cur []hit
	has := map[Field]int{} // field to index in cur, plus one
	flush := func() {
		if len(cur) > 0 {
			groups = append(groups, cur)
		}
		cur, has = nil, map[Field]int{}
	}
	for i, h := range hits {
		if len(cur) > 0 && rd.parted(cur[len(cur)-1].line, h.line) && !rd.goesOn(cur, has, hits[i:]) {
			flush()
		}
		at, again := has[h.field]
		switch {
		case !again:
			if h.rank > 0 || len(cur) > 0 {
				cur = append(cur, h)
				has[h.field] = len(cur)
			}
		case newForm(cur, rd.sameText(hits[i:])):
			flush()
			cur = append(cur, h)
			has[h.field] = 1
		case rd.secondContact(cur, h):
			cur = append(cur, h)
		case h.rank > cur[at-1].rank && cur[at-1].rank <= weak:
			cur = dropHit(cur, at-1, has)
			cur = append(cur, h)
			has[h.field] = len(cur)
		case h.field == POC && h.rank == weak && has[POCContact] == 0:
			h.field = POCContact
			cur = append(cur, h)
			has[POCContact] = len(cur)
		}
	}
	flush()
	return groups
}

func dropHit(cur []hit, at int, has map[Field]int) []hit {
	delete(has, cur[at].field)
	cur = append(cur[:at:at], cur[at+1:]...)
	for i, h := range cur {
		has[h.field] = i + 1
	}
	return cur
}

// secondContact says whether h is the second of two rows "Phone:", "Email:"
// that together answer for the contact.
func (rd *reader) secondContact(cur []hit, h hit) bool {
	last := cur[len(cur)-1]
	return h.field == POCContact && last.field == POCContact && h.line-last.line <= 3 && h.sep == sepHard &&
		rd.labelWords(last) != rd.labelWords(h) && last.rank <= good && h.rank <= good
}

func (rd *reader) labelWords(h hit) string {
	s := rd.lines[h.line].text
	if h.end == h.line {
		s = s[:h.at]
	}
	return labelKey(s)
}

// parted says whether a quote begins or ends between two labels.
func (rd *reader) parted(a, b int) bool {
	if rd.lines[a].zone != rd.lines[b].zone {
		return true
	}
	for i := a + 1; i < b; i++ {
		if rd.lines[i].kind == quoteHead {
			return true
		}
	}
	return false
}

// goesOn says whether a form goes on behind what looks like a quoted mail's
// head: pasted text within a value.
func (rd *reader) goesOn(cur []hit, has map[Field]int, rest []hit) bool {
	if len(cur) < 2 || rd.lines[cur[0].line].depth != rd.lines[rest[0].line].depth {
		return false
	}
	seen := 0
	for _, h := range rest[:min(len(rest), 10)] {
		if has[h.field] > 0 {
			return false
		}
		if h.rank >= strong {
			seen++
		}
	}
	return seen > 0
}

// sameText keeps of hits those before a quote begins or ends.
func (rd *reader) sameText(hits []hit) []hit {
	first := rd.lines[hits[0].line]
	for i, h := range hits {
		if l := rd.lines[h.line]; l.zone != first.zone || l.depth != first.depth || i > 10 {
			return hits[:i]
		}
	}
	return hits
}

// newForm decides whether the repeated label at rest[0] begins another form.
func newForm(cur, rest []hit) bool {
	first := rest[0]
	if first.rank < good && first.field != CaseNumber {
		return false
	}
	fields := map[Field]bool{}
	sure := 0
	for _, h := range rest {
		if fields[h.field] {
			break
		}
		fields[h.field] = true
		if h.rank >= good {
			sure++
		}
	}
	if first.field == cur[0].field || first.field == CaseNumber {
		return sure >= 2
	}
	return sure >= 3
}

// form reads the values of one group of labels.
func (rd *reader) form(hits []hit, stop int) (foundForm, bool) {
	hits = rd.inCompany(hits)
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
	return f, rd.isForm(hits, f)
}

// withoutHeading drops the line that announces the next form, when an empty
// line or a ruler parts it from the value above.
func withoutHeading(s string) string {
	at := strings.LastIndexByte(s, '\n')
	last := strings.TrimSpace(s[at+1:])
	above := strings.TrimRight(s[:max(at, 0)], " ")
	parted := at < 0 || strings.HasSuffix(above, "\n") || isRuler(above[strings.LastIndexByte(above, '\n')+1:])
	heading := drawnHeading.MatchString(last) || strings.HasSuffix(last, ":") || strings.HasSuffix(last, "：") || (at >= 0 && headingLine.MatchString(last))
	if len(last) > 80 || !parted || !heading {
		return s
	}
	return trimRulers(strings.TrimSpace(above))
}

// drawnHeading is a line between two rulers of its own: "--- blank form ---".
var drawnHeading = regexp.MustCompile(`^[-=*_~#+<>]{2,}\s*\S.*[-=*_~#+<>]{2,}$`)

var headingLine = regexp.MustCompile(`(?i)^[\s*#_=\-–—]*(?:(?:(?:and|also|the|a|second|2nd|third|3rd|next|another|other|zweite\w*|deuxième|segund\w+|second\w+|tweede|autre|otr\w+|weitere\w*|und|et|y|e|en)\s+){1,3}(?:form|case|escalation|ticket|request|one|fall|caso|cas|eskalation|zaak|formular)\w*|(?:form|case|escalation|ticket|request|no\.?|nr\.?)\s*#?\d{1,2}|\d{1,2}[.)]?|\d/\d)[\s*#_=\-–—:.]*$`)

// inCompany drops weak labels that no surer one vouches for.
func (rd *reader) inCompany(hits []hit) []hit {
	sure := 0
	for _, h := range hits {
		if h.rank >= good {
			sure++
		}
	}
	var kept []hit
	for _, h := range hits {
		if h.rank >= good || (h.rank >= weak && (sure >= 1 || len(hits) >= 3)) || (h.rank == 0 && sure >= 2) || h.field == CaseNumber && h.rank >= weak {
			kept = append(kept, h)
		}
	}
	return kept
}

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
	case f.labels == 2:
		return who && best >= good && (f.sure >= 4 || plausible)
	case number.rank >= good && number.sep >= sepSoft:
		return plausible
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
