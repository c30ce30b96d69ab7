package mailparse

import (
	"regexp"
	"strings"
)

// arrange puts tables and lines of several labels into reading order: each
// label directly before its value.
func (set *labelSet) arrange(lines []line) []line {
	withoutChat(lines)
	set.turnRound(lines)
	set.cutGreeting(lines)
	out := make([]line, 0, len(lines))
	for i := 0; i < len(lines); {
		n, arranged := 0, []line(nil)
		if lines[i].row == 0 {
			n, arranged = set.arrangeText(lines[i:])
		} else {
			n, arranged = set.arrangeTable(lines, i, out)
		}
		out = append(out, arranged...)
		i += n
	}
	return out
}

// arrangeText reads a table that blanks align, or the labels of one line. n is
// how many lines that took.
func (set *labelSet) arrangeText(lines []line) (n int, out []line) {
	for _, read := range []func([]line) (int, []line){set.alignedTable, set.unwrapped, set.wrappedColumn} {
		if n, out = read(lines); n > 0 {
			return n, out
		}
	}
	return 1, set.splitInline(lines[0])
}

// arrangeTable reads the rows of a table at line i; above is what stands above
// them already.
func (set *labelSet) arrangeTable(lines []line, i int, above []line) (n int, out []line) {
	r := rowAt(lines, i)
	if set.sectionRow(lines, i, r) {
		return r.n, nil
	}
	if n := len(above); n > 0 && set.continuesCell(above, r) {
		for _, l := range r.cells[0] {
			l.row, l.col = above[n-1].row, above[n-1].col
			out = append(out, l)
		}
		return r.n, out
	}
	if n, out = set.headerRow(lines[i:], r); n > 0 {
		return n, out
	}
	if set.exampleColumn(lines[i:], r) {
		return r.n, nil
	}
	if n, out = set.valueColumns(lines[i:], r); n > 0 {
		return n, out
	}
	return r.n, set.arrangeRow(r)
}

// unwrapped reads a form on one line, its fields parted by bars, that was hard
// wrapped, perhaps within a label. n is how many lines that took.
func (set *labelSet) unwrapped(lines []line) (n int, out []line) {
	if !strings.Contains(lines[0].text, " | ") {
		return 0, nil
	}
	joined := lines[0]
	for n = 1; n < min(len(lines), 12); n++ {
		l := lines[n]
		if l.blank() || l.row > 0 || l.depth != joined.depth || l.kind != ordinary || len(joined.text) > 3000 {
			break
		}
		joined.text += " " + l.text
	}
	if out = set.splitInline(joined); n == 1 || len(out) < 4 {
		return 0, nil
	}
	return n, out
}

// arrangeRow orders the cells of one row: a label's hint goes, a cell of many
// labels is paired with the cell of as many values.
func (set *labelSet) arrangeRow(r tableRow) (out []line) {
	if paired := set.pairCells(r); paired != nil {
		return paired
	}
	if boxes := set.boxes(r); boxes != nil {
		return boxes
	}
	r.cells = set.withoutMargins(set.wholeLabel(r.cells))
	for k, c := range r.cells {
		if onlySeparator(cellText(c)) && k > 0 {
			continue
		}
		if len(r.cells) == 1 {
			for _, l := range c {
				l.row, l.col = 0, 0 // a box around text, not a table
				out = append(out, set.splitInline(l)...)
			}
			continue
		}
		if t := strings.TrimLeft(c[0].text, ":： "); k > 0 && t != "" && t != c[0].text {
			if _, ok := set.bareLabel(cellText(r.cells[k-1])); ok {
				c[0].text = t // the colon stands in the value's cell
			}
		}
		if k+1 < len(r.cells) && len(c) > 1 {
			c = set.withoutHint(c)
		}
		out = append(out, c...)
	}
	return out
}

// wholeLabel joins the first cells of a line that a tab within its label cut.
func (set *labelSet) wholeLabel(cells [][]line) [][]line {
	if len(cells) < 3 || !cells[0][0].tab || !set.starts[labelKey(cellText(cells[0]))] {
		return cells
	}
	joined := cellText(cells[0])
	for k := 1; k < min(len(cells)-1, 4); k++ {
		joined += " " + cellText(cells[k])
		if l, ok := set.exact[labelKey(joined)]; ok && l.rank >= good {
			label := cells[0][0]
			label.text = joined
			return append([][]line{{label}}, cells[k+1:]...)
		}
	}
	return cells
}

// withoutHint keeps of a label cell the label, when nothing but a hint stands
// beneath it.
func (set *labelSet) withoutHint(c []line) []line {
	if h, ok := set.bareLabel(cellText(c)); ok && h.rank >= weak {
		one := c[0]
		one.text = cellText(c)
		return []line{one}
	}
	first := -1
	for i, l := range c {
		if l.blank() {
			continue
		}
		_, ok := set.bareLabel(l.text)
		switch {
		case first < 0 && !ok:
			return c
		case first < 0:
			first = i
		case ok:
			return c
		}
	}
	if first < 0 {
		return c
	}
	return c[first : first+1]
}

var wideBlank = regexp.MustCompile(`\s{2,}`)

// columnSplitter finds what parts the columns of a line: wide blanks, or the
// semicolons of a spreadsheet.
func columnSplitter(s string) func(string) []string {
	switch {
	case len(s) > 400:
	case strings.Count(s, ";") >= 3:
		return func(s string) (cells []string) {
			for c := range strings.SplitSeq(s, ";") {
				cells = append(cells, strings.Trim(c, "\" "))
			}
			return cells
		}
	case strings.Count(s, "  ") >= 2:
		return func(s string) []string { return wideBlank.Split(s, 12) }
	}
	return nil
}

// alignedTable reads a header row of labels whose columns are aligned by
// blanks, and the row of values beneath it.
func (set *labelSet) alignedTable(lines []line) (n int, out []line) {
	columns := columnSplitter(lines[0].text)
	if columns == nil {
		return 0, nil
	}
	labels := columns(lines[0].text)
	if len(labels) < 3 {
		return 0, nil
	}
	for _, l := range labels {
		if _, ok := set.bareLabel(l); !ok {
			return 0, nil
		}
	}
	k := nextText(lines, 1)
	if k < 0 {
		return 0, nil
	}
	if isRuler(lines[k].text) {
		if k = nextText(lines, k+1); k < 0 {
			return 0, nil
		}
	}
	values := columns(lines[k].text)
	if len(values) != len(labels) {
		return 0, nil
	}
	for i, l := range labels {
		part := lines[0]
		part.text = strings.TrimRight(l, " :：") + ": " + values[i]
		out = append(out, part)
	}
	return k + 1, out
}

var (
	rowNumber = regexp.MustCompile(`^[(#]?\d{1,2}[.):]?$`)
	rowRemark = regexp.MustCompile(`(?i)^\(?(?:yes|no|y|n|required|optional|mandatory|ja|nein|oui|non|s[íi]|sim|não|nee|obligatoire|pflicht|pflichtfeld|\*)\)?$`)
)

// withoutMargins drops the cells that only number the rows or say whether a
// field is required.
func (set *labelSet) withoutMargins(cells [][]line) [][]line {
	if mark := cellText(cells[0]); len(cells) > 1 && mark != "" && len(mark) < 8 && decoration(mark) == len(mark) {
		if h, ok := set.find(clipRunes(cellText(cells[1]), 400), len(cells) > 2); ok && h.rank >= good {
			cells = cells[1:] // a bullet and a tab
		}
	}
	if len(cells) < 3 {
		return cells
	}
	if side := cellText(cells[0]); len(side) <= 40 && side != "" {
		_, first := set.bareLabel(side)
		if h, ok := set.bareLabel(cellText(cells[1])); ok && !first && h.rank >= good && len(cells) == 3 {
			cells = cells[1:] // a heading beside the rows
		}
	}
	if _, ok := set.bareLabel(cellText(cells[1])); ok && rowNumber.MatchString(cellText(cells[0])) {
		cells = cells[1:]
	}
	if len(cells) == 3 && rowRemark.MatchString(cellText(cells[1])) && cellText(cells[2]) != "" {
		_, first := set.bareLabel(cellText(cells[0]))
		if _, third := set.bareLabel(cellText(cells[2])); first && !third {
			cells = [][]line{cells[0], cells[2]}
		}
	}
	if len(cells) == 3 && rowRemark.MatchString(cellText(cells[2])) {
		if _, ok := set.bareLabel(cellText(cells[0])); ok && !onlySeparator(cellText(cells[1])) {
			cells = cells[:2]
		}
	}
	return cells
}

// chatHead is what a messenger writes before each line of an exported chat.
var chatHead = regexp.MustCompile(`^(?:\[\d{1,4}[./-][^\]]{4,30}\]|\d{1,2}[./-]\d{1,2}[./-]\d{2,4},? \d{1,2}:\d\d(?::\d\d)?(?: [AaPp][Mm])? -) [^:]{1,40}: `)

// withoutChat takes these off where three lines and more wear them.
func withoutChat(lines []line) {
	n := 0
	for _, l := range lines {
		if l.text != "" && (l.text[0] == '[' || l.text[0] >= '0' && l.text[0] <= '9') && chatHead.MatchString(clipRunes(l.text, 120)) {
			n++
		}
	}
	if n < 3 {
		return
	}
	for i := range lines {
		if m := chatHead.FindString(clipRunes(lines[i].text, 120)); m != "" {
			lines[i].text = lines[i].text[len(m):]
		}
	}
}

// turnRound reads the lines of a form that has its labels in brackets behind the
// values: "04432112 (Case Number)".
func (set *labelSet) turnRound(lines []line) {
	turned := map[int]string{}
	for i, l := range lines {
		at := strings.LastIndexByte(l.text, '(')
		if at <= 0 || !strings.HasSuffix(l.text, ")") || len(l.text) > 400 {
			continue
		}
		name := l.text[at+1 : len(l.text)-1]
		if label, ok := set.lookupExact(name); ok && label.rank == strong {
			if _, labelled := set.find(l.text, false); !labelled {
				turned[i] = name + ": " + strings.TrimSpace(l.text[:at])
			}
		}
	}
	if len(turned) < 3 {
		return
	}
	for i, s := range turned {
		lines[i].text = s
	}
}

// cutGreeting finds the first label behind other words on its line, where
// further labels follow on that line or the next begins with one: "Please
// escalate! Case Number: 123".
func (set *labelSet) cutGreeting(lines []line) {
	for i := range lines {
		s := lines[i].text
		at := strings.IndexByte(s, ':')
		if at < 8 || len(s) > 2000 || lines[i].row > 0 || strings.Count(s, ":") < 3 && (i+1 == len(lines) || lines[i+1].blank()) {
			continue
		}
		if first, ok := set.find(clipRunes(s, 400), false); ok && (first.sep == sepHard || first.field == CaseNumber && first.rank >= good) {
			continue
		}
		from, field, ok := set.labelBefore(s, 1, at)
		if !ok {
			if next := strings.IndexByte(s[at+1:], ':'); next > 0 {
				from, field, ok = set.labelBefore(s, at+1, at+1+next)
			}
		}
		if !ok || from < 3 {
			continue
		}
		rest := lines[i]
		rest.text = s[from:]
		if len(set.splitInline(rest)) >= 4 || endsSentence(strings.TrimRight(s[:from], " ")) && set.labelNext(lines[i+1:], field) {
			lines[i].text = rest.text
			return
		}
	}
}

// labelNext says whether the next line begins with a sure label of another field.
func (set *labelSet) labelNext(lines []line, field Field) bool {
	if len(lines) == 0 || lines[0].blank() {
		return false
	}
	next, ok := set.find(clipRunes(lines[0].text, 400), false)
	return ok && next.rank >= good && next.sep == sepHard && next.field != field
}
