package mailparse

import (
	"regexp"
	"strings"
	"unicode"
)

// values cuts the value of each label: from behind the label to the next one,
// the last to where the mail's text ends.
func (rd *reader) values(hits []hit, stop int) []string {
	if rd.answeredDeeper(hits) {
		rd.raise(hits[0].line, stop)
	}
	rd.beneath = rd.labelsAlone(hits)
	beneath := rd.answeredBeneath(hits, stop)
	values := make([]string, len(hits))
	for i, h := range hits {
		if i+1 < len(hits) {
			values[i] = rd.inner(h, hits[i+1].line, beneath)
		} else {
			values[i] = rd.last(h, stop, beneath)
		}
	}
	return values
}

// labelsAlone says whether most labels but the last stand on a line of their own.
func (rd *reader) labelsAlone(hits []hit) bool {
	alone := 0
	for _, h := range hits[:len(hits)-1] {
		if rd.after(h) == "" {
			alone++
		}
	}
	return alone*2 >= len(hits)-1
}

// answeredDeeper says whether most labels stand alone with their answer beneath
// them quoted one deeper: a mail program that lost count of its marks.
func (rd *reader) answeredDeeper(hits []hit) bool {
	deeper, alone := 0, 0
	for i, h := range hits[:len(hits)-1] {
		if rd.after(h) != "" {
			continue
		}
		alone++
		k := nextText(rd.lines[:hits[i+1].line], h.end+1)
		if k >= 0 && rd.lines[k].depth > rd.lines[h.line].depth && rd.lines[k].zone == rd.lines[h.line].zone {
			deeper++
		}
	}
	return deeper >= 2 && deeper*2 > alone
}

// raise takes the answers of such a form back to the depth of its labels. What
// follows the last of them after an empty line is left: it may be a quote.
func (rd *reader) raise(from, stop int) {
	depth := rd.lines[from].depth
	for i := from; i < stop; i++ {
		l := &rd.lines[i]
		if l.kind == quoteHead || l.zone != rd.lines[from].zone {
			return
		}
		if l.depth == depth+1 {
			l.depth = depth
		}
	}
}

// answeredBeneath says whether most answers to a quoted template stand
// unquoted under the labels although the quoted lines hold text too: then the
// newer answer counts.
func (rd *reader) answeredBeneath(hits []hit, stop int) bool {
	both := 0
	for i, h := range hits {
		next := stop
		if i+1 < len(hits) {
			next = hits[i+1].line
		}
		if rd.after(h) != "" && i+1 < len(hits) {
			for j := h.end + 1; j < next; j++ {
				if !rd.lines[j].blank() && rd.lines[j].depth < rd.lines[h.line].depth {
					both++
					break
				}
			}
		}
	}
	return both >= 2
}

// after is the text behind a label on its line.
func (rd *reader) after(h hit) string {
	return strings.TrimSpace(rd.lines[h.end].text[min(h.at, len(rd.lines[h.end].text)):])
}

// inner is the value between two labels.
func (rd *reader) inner(h hit, next int, beneath bool) string {
	depth := rd.lines[h.line].depth
	same, lower := rd.after(h), ""
	if h.field == CaseNumber && same != "" && rd.parser.validCase(firstOf(rd.parser.caseNumber(same))) && digits(same) >= 3 && !beneath {
		return same
	}
	for j := h.end + 1; j < next; j++ {
		l := rd.lines[j]
		switch {
		case l.kind == quoteHead && l.depth <= depth && depth > 0:
			continue
		case l.blank():
			if lower != "" && l.depth < depth {
				lower += "\n"
			}
			if same != "" && l.depth >= depth {
				same += "\n"
			}
		case l.depth < depth:
			lower += "\n" + l.text
		case isRuler(l.text) && (h.field == CaseNumber || same == "" && lower == ""):
		default:
			same += "\n" + marks(l.depth-depth) + l.text
		}
	}
	same, lower = trimRulers(strings.TrimSpace(same)), trimRulers(strings.TrimSpace(lower))
	return merge(same, lower, h.field, beneath)
}

// merge joins what stands on the quoted lines and what stands unquoted among
// them.
func merge(same, lower string, f Field, beneath bool) string {
	switch {
	case lower == "":
		return same
	case same == "" || beneath || tidyValue(same, f) == "":
		return lower
	}
	return same + "\n" + lower
}

// marks writes quote marks as a shell's or an interpreter's prompt has them.
func marks(n int) string {
	if n <= 0 {
		return ""
	}
	return strings.Repeat(">", n) + " "
}

func firstOf(s string, _ []string) string { return s }

// last is the value of the last label: it must not run into sign-off,
// signature, disclaimer or quote.
func (rd *reader) last(h hit, stop int, beneath bool) string {
	depth := rd.lines[h.line].depth
	own := rd.after(h)
	if depth > 0 {
		if s, ok := rd.answerBelow(h, stop, own, beneath); ok {
			return s
		}
	}
	var out []string
	if own != "" {
		out = append(out, own)
	}
	gap := false
	for j := h.end + 1; j < stop; j++ {
		l := rd.lines[j]
		if l.blank() {
			if l.kind != noise {
				gap = true
				if len(out) > 0 {
					out = append(out, "")
				}
			}
			continue
		}
		if l.kind == quoteHead || l.zone != rd.lines[h.line].zone || l.depth < depth ||
			(l.depth > depth && !rd.pasted(j, stop, depth)) {
			break
		}
		if rd.outOfCell(h, j, len(out) > 0) {
			break
		}
		if len(out) == 0 && j == h.end+1 && isRuler(l.text) && l.text != "--" && j+1 < stop && !rd.lines[j+1].blank() {
			continue // the label is underlined
		}
		if own != "" && gap && rd.instructed(h.line) {
			break
		}
		if len(out) > 0 && gap && shortField(h.field) || rd.tailAt(j, stop, h, len(out) > 0) {
			break
		}
		gap = false
		out = append(out, marks(l.depth-depth)+l.text)
	}
	return trimRulers(strings.TrimSpace(strings.Join(out, "\n")))
}

// instructed says whether line i stands in a quoted letter that asks to fill in
// the form: then what goes on below an answered label is that letter's text.
func (rd *reader) instructed(i int) bool {
	l := rd.lines[i]
	if l.depth+l.zone == 0 {
		return false
	}
	for j := i - 1; j >= max(i-40, 0) && rd.lines[j].kind != quoteHead && rd.lines[j].zone == l.zone; j-- {
		if s := rd.lines[j].text; rd.lines[j].depth == l.depth && len(s) < 400 && instruction.MatchString(s) {
			return true
		}
	}
	return false
}

var instruction = regexp.MustCompile(`(?i)\b(?:fill|complete|template|these lines|this form|the form|ausfüllen|füllen|formular|vorlage|remplir|compléter|formulaire|modèle|rellen|complet|formulario|plantilla|preench|formulário|modelo|compilare|compili|modulo|invullen|vul|formulier|sjabloon)|ご記入|記入|テンプレート`)

// shortField says whether a field's value is a line or two, so that an empty
// line ends it where no other label follows.
func shortField(f Field) bool { return f == CaseNumber || f == POC || f == POCContact }

// outOfCell says whether line j lies outside the table whose cell holds the
// last label, once the value has begun or the row has ended.
func (rd *reader) outOfCell(h hit, j int, begun bool) bool {
	lab, l := rd.lines[h.end], rd.lines[j]
	if lab.row == 0 || lab.tab || !isCell(rd.lines, h.end) || l.row == lab.row {
		return false
	}
	return begun || l.row == 0 || rd.rowHadCell(h, j)
}

func (rd *reader) rowHadCell(h hit, j int) bool {
	for k := h.end + 1; k < min(j, h.end+100); k++ {
		if rd.lines[k].row == rd.lines[h.end].row && rd.lines[k].col != rd.lines[h.end].col {
			return true
		}
	}
	return false
}

// answerBelow reads an unquoted answer under the last quoted label. Where the
// other labels are answered on their quoted lines, unquoted text below the
// last one is the mail's own text, not an answer.
func (rd *reader) answerBelow(h hit, stop int, own string, beneath bool) (string, bool) {
	depth := rd.lines[h.line].depth
	if own != "" && tidyValue(own, h.field) != "" && !beneath {
		return "", false
	}
	var out []string
	for j := h.end + 1; j < stop; j++ {
		l := rd.lines[j]
		if l.blank() {
			if len(out) > 0 {
				out = append(out, "")
			}
			continue
		}
		if l.kind == quoteHead || l.zone != rd.lines[h.line].zone {
			break
		}
		if l.depth >= depth {
			if len(out) > 0 {
				break
			}
			return "", false
		}
		if rd.tailAt(j, stop, h, len(out) > 0) {
			break
		}
		out = append(out, l.text)
	}
	s := strings.TrimSpace(strings.Join(out, "\n"))
	return s, s != ""
}

// pasted says whether the deeper line j is text of this value, such as a
// shell prompt, and no quote: text of the value goes on below it, or it is a
// line or two that look like a prompt.
func (rd *reader) pasted(j, stop, depth int) bool {
	n := 0
	k := j
	for ; k < stop && (rd.lines[k].depth > depth || rd.lines[k].blank()); k++ {
		if !rd.lines[k].blank() {
			n++
			if isClosing(rd.lines[k].text) || greeting(rd.lines[k].text) {
				return false
			}
		}
		if n > 12 {
			return false
		}
	}
	if j > 0 && rd.lines[j-1].blank() && n > 2 {
		return false
	}
	if k < stop && rd.lines[k].kind == ordinary && rd.lines[k].depth == depth && !isClosing(rd.lines[k].text) && !isDelimiter(rd.lines[k].text) && !rd.isTail(k) {
		return true
	}
	return n <= 3 && !rd.lines[max(j-1, 0)].blank() && !unicode.IsUpper(firstRune(rd.lines[j].text))
}

func greeting(s string) bool {
	w, _, _ := strings.Cut(strings.ToLower(s), " ")
	switch strings.Trim(w, ",.!:") {
	case "hi", "hello", "dear", "hallo", "bonjour", "hola", "ciao", "buongiorno", "olá", "beste", "guten", "sehr", "liebe", "lieber", "good":
		return true
	}
	return false
}

// stacked reads a form whose labels all come first and whose values follow,
// one a line: what remains of a table with a header row.
func (rd *reader) stacked(hits []hit, stop int) []string {
	if len(hits) < 3 {
		return nil
	}
	for i, h := range hits {
		if rd.after(h) != "" {
			return nil
		}
		if i > 0 && nextText(rd.lines[:stop], hits[i-1].end+1) != h.line {
			return nil
		}
	}
	var values []string
	last := hits[len(hits)-1]
	for j := last.end + 1; j < stop; j++ {
		l := rd.lines[j]
		if l.blank() {
			continue
		}
		if l.kind == quoteHead || l.zone != rd.lines[last.line].zone || rd.tailAt(j, stop, last, len(values) > 0) && len(values) >= len(hits) {
			break
		}
		values = append(values, l.text)
	}
	if len(values) < len(hits)-1 || len(values) > len(hits)+12 || digits(values[hitIndex(hits, CaseNumber)]) < 3 {
		return nil
	}
	if len(values) > len(hits) {
		values = values[:len(hits)]
	}
	for len(values) < len(hits) {
		values = append(values, "")
	}
	return values
}

func hitIndex(hits []hit, f Field) int {
	for i, h := range hits {
		if h.field == f {
			return i
		}
	}
	return 0
}

func trimRulers(s string) string {
	for {
		i := strings.LastIndexByte(s, '\n')
		if i < 0 || !isRuler(s[i+1:]) {
			return s
		}
		s = strings.TrimSpace(s[:i])
	}
}

func digits(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}
