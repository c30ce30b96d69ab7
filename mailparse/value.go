package mailparse

import (
	"strings"
	"unicode"
)

// values cuts the value of each label: from behind the label to the next one,
// the last to where the mail's text ends.
func (rd *reader) values(hits []hit, stop int) []string {
	if rd.answeredDeeper(hits) {
		rd.raise(hits[0].line, stop)
	}
	rd.between = rd.answeredBetween(hits)
	rd.beneath, rd.gapped = rd.labelsAlone(hits), rd.answersGapped(hits)
	beneath := rd.answeredBeneath(hits, stop)
	values := make([]string, len(hits))
	rd.poc = ""
	for i, h := range hits {
		if i+1 < len(hits) {
			values[i] = rd.inner(h, hits[i+1].line, beneath)
			if h.field == POC {
				rd.poc = tidyValue(values[i], POC)
			}
		} else {
			values[i] = rd.last(h, stop, beneath)
		}
	}
	return values
}

// answeredBetween says whether one of the labels is answered by unquoted text
// between the quoted lines.
// labelsAlone says whether most labels but the last stand on a line of their own.
// answeredDeeper says whether most labels stand alone with their answer beneath
// them quoted one deeper: a mail program that lost count of its marks.
// raise takes the answers of such a form back to the depth of its labels. What
// follows the last of them after an empty line is left: it may be a quote.
// answeredBeneath says whether most answers to a quoted template stand
// unquoted under the labels although the quoted lines hold text too: then the
// newer answer counts.
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
		if l.depth < depth && l.kind == ordinary && rd.between && rd.lines[j-1].depth == depth && len(out) > 0 {
			lower, _ := rd.answerBelow(hit{line: h.line, end: j - 1, at: len(rd.lines[j-1].text), field: h.field}, stop, "", true)
			return strings.Join(append(out, lower), "\n")
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
		if gap && rd.quoterGoesOn(h, len(out) > 0) {
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

// quoterGoesOn says whether text after an empty line below the last label of a
// quoted form is the quoted letter's: an answer would stand on the label's
// line, or as near to it as the other answers stand to theirs.
// answersGapped says whether an empty line parts one of the labels from its
// answer.
// instructed says whether line i stands in a quoted letter that asks to fill in
// the form: then what goes on below an answered label is that letter's text.
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
// pasted says whether the deeper line j is text of this value, such as a
// shell prompt, and no quote: text of the value goes on below it, or it is a
// line or two that look like a prompt.
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
