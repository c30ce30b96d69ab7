package mailparse

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// arrange puts tables and lines of several labels into reading order: each
// label directly before its value.
func (set *labelSet) arrange(lines []line) []line {
	out := make([]line, 0, len(lines))
	for i := 0; i < len(lines); {
		if lines[i].row == 0 {
			if n, arranged := set.alignedTable(lines[i:]); n > 0 {
				out = append(out, arranged...)
				i += n
				continue
			}
			if n, arranged := set.wrappedColumn(lines[i:]); n > 0 {
				out = append(out, arranged...)
				i += n
				continue
			}
			out = append(out, set.splitInline(lines[i])...)
			i++
			continue
		}
		r := rowAt(lines, i)
		if n, arranged := set.headerRow(lines[i:], r); n > 0 {
			out = append(out, arranged...)
			i += n
			continue
		}
		if n, arranged := set.valueColumns(lines[i:], r); n > 0 {
			out = append(out, arranged...)
			i += n
			continue
		}
		out = append(out, set.arrangeRow(r)...)
		i += r.n
	}
	return out
}

// valueColumns reads a table with the labels in its first column and a form in
// each of the others: the row of case numbers holds several. n is how many
// lines that took.
func (set *labelSet) valueColumns(lines []line, head tableRow) (n int, out []line) {
	width := len(head.cells)
	if h, ok := set.bareLabel(cellText(head.cells[0])); !ok || h.field != CaseNumber || h.rank < good || width < 3 || width > 12 || len(head.full()) != width {
		return 0, nil
	}
	for _, c := range head.cells[1:] {
		if s := cellText(c); digits(s) < 3 || len(s) > 40 || strings.Contains(s, " ") {
			return 0, nil
		}
	}
	var rows []tableRow
	for n < len(lines) && lines[n].row > 0 {
		r := rowAt(lines, n)
		if _, ok := set.bareLabel(cellText(r.cells[0])); !ok || len(r.cells) != width {
			break
		}
		rows = append(rows, r)
		n += r.n
	}
	if len(rows) < 3 {
		return 0, nil
	}
	for k := 1; k < width; k++ {
		for _, r := range rows {
			out = append(append(out, r.cells[0]...), r.cells[k]...)
		}
	}
	return n, out
}

// tableRow is the lines of one row by cell.
type tableRow struct {
	cells [][]line
	n     int // lines in all
}

func rowAt(lines []line, i int) tableRow {
	var r tableRow
	id := lines[i].row
	for j := i; j < len(lines) && lines[j].row == id; j++ {
		if len(r.cells) == 0 || lines[j].col != lines[j-1].col {
			r.cells = append(r.cells, nil)
		}
		last := len(r.cells) - 1
		r.cells[last] = append(r.cells[last], lines[j])
		r.n++
	}
	return r
}

// full returns the cells that hold text.
func (r tableRow) full() (cells [][]line) {
	for _, c := range r.cells {
		if cellText(c) != "" && !onlySeparator(cellText(c)) {
			cells = append(cells, c)
		}
	}
	return cells
}

func cellText(c []line) string {
	var parts []string
	for _, l := range c {
		if l.text != "" {
			parts = append(parts, l.text)
		}
	}
	return strings.Join(parts, " ")
}

// onlySeparator recognises the cells of a column of colons.
func onlySeparator(s string) bool {
	return s != "" && utf8.RuneCountInString(s) <= 2 && strings.Trim(s, ":：=→>|") == ""
}

// bareLabel recognises a text that is a label and nothing else.
func (set *labelSet) bareLabel(text string) (hit, bool) {
	h, ok := set.find(text, true)
	if !ok || h.sep == sepNone || strings.Trim(text[h.at:], " :：*") != "" {
		return hit{}, false
	}
	return h, true
}

// headerRow reads the row of labels at the start of lines with rows of values beneath it; each of
// these rows is a form. n is how many lines that took.
func (set *labelSet) headerRow(lines []line, head tableRow) (n int, out []line) {
	cells := head.full()
	if len(cells) < 2 {
		return 0, nil
	}
	seen := map[Field]bool{}
	for _, c := range cells {
		h, ok := set.bareLabel(cellText(c))
		if !ok || seen[h.field] {
			h, ok = set.bareLabel(c[0].text)
		}
		if !ok || seen[h.field] {
			return 0, nil
		}
		seen[h.field] = true
	}
	n = head.n
	for at := head.n; at < len(lines); {
		i := at
		if lines[i].row == 0 {
			if lines[i].blank() {
				at++
				continue
			}
			break
		}
		r := rowAt(lines, i)
		if len(r.full()) == 0 {
			at += r.n
			continue
		}
		if set.holdsLabel(r) || len(r.cells) < len(head.cells)-1 {
			break
		}
		out = append(out, set.columns(head, r)...)
		at += r.n
		n = at
	}
	if out == nil {
		return 0, nil
	}
	return n, out
}

func (set *labelSet) holdsLabel(r tableRow) bool {
	for _, c := range r.full() {
		if h, ok := set.bareLabel(cellText(c)); ok && h.rank >= weak {
			return true
		}
	}
	return false
}

func (set *labelSet) columns(head, values tableRow) (out []line) {
	for _, c := range head.cells {
		h, ok := set.bareLabel(cellText(c))
		if !ok {
			h, ok = set.bareLabel(c[0].text)
		}
		if !ok || h.rank < 0 {
			continue
		}
		l := c[0]
		l.text = strings.TrimRight(cellText(c), " :：") + ":"
		l.row, l.col = values.cells[0][0].row, 2*l.col
		out = append(out, l)
		for _, cell := range values.cells {
			for _, v := range cell {
				if v.col == c[0].col {
					v.col = 2*v.col + 1
					out = append(out, v)
				}
			}
		}
	}
	return out
}

// arrangeRow orders the cells of one row: a label's hint goes, a cell of many
// labels is paired with the cell of as many values.
func (set *labelSet) arrangeRow(r tableRow) (out []line) {
	if paired := set.pairCells(r); paired != nil {
		return paired
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
		if h, ok := set.bareLabel(joined); ok && h.rank >= good && h.edits == 0 {
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

func (set *labelSet) pairCells(r tableRow) (out []line) {
	full := r.full()
	if len(full) != 2 {
		return nil
	}
	var labels []line
	for _, l := range full[0] {
		if l.blank() {
			continue
		}
		if h, ok := set.bareLabel(l.text); !ok || h.rank < weak {
			return nil
		}
		labels = append(labels, l)
	}
	if len(labels) < 3 {
		return nil
	}
	values := withoutBlank(full[1])
	if len(values) != len(labels) {
		if len(full[1]) < len(labels) {
			return nil
		}
		values = full[1]
	}
	for i, l := range labels {
		l.text = strings.TrimRight(l.text, " :：") + ":"
		out = append(out, l)
		if i == len(labels)-1 {
			return append(out, values[i:]...)
		}
		out = append(out, values[i])
	}
	return out
}

func withoutBlank(lines []line) (out []line) {
	for _, l := range lines {
		if !l.blank() {
			out = append(out, l)
		}
	}
	return out
}

var wideBlank = regexp.MustCompile(`\s{2,}`)

// alignedTable reads a header row of labels whose columns are aligned by
// blanks, and the row of values beneath it.
func (set *labelSet) alignedTable(lines []line) (n int, out []line) {
	if strings.Count(lines[0].text, "  ") < 2 || len(lines[0].text) > 400 {
		return 0, nil
	}
	labels := wideBlank.Split(lines[0].text, 12)
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
	values := wideBlank.Split(lines[k].text, 12)
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
	if _, ok := set.bareLabel(cellText(cells[1])); ok && rowNumber.MatchString(cellText(cells[0])) {
		cells = cells[1:]
	}
	if len(cells) == 3 && rowRemark.MatchString(cellText(cells[2])) {
		if _, ok := set.bareLabel(cellText(cells[0])); ok && !onlySeparator(cellText(cells[1])) {
			cells = cells[:2]
		}
	}
	return cells
}
