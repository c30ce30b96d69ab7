package mailparse

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// sectionRow says whether row r at line i is one cell of text between rows of
// pairs, a heading: "Contact data".
func (set *labelSet) sectionRow(lines []line, i int, r tableRow) bool {
	if len(r.cells) != 1 || len(r.cells[0]) != 1 || r.cells[0][0].col != 0 || i == 0 || i+r.n >= len(lines) || len(cellText(r.cells[0])) > 60 {
		return false
	}
	text := clipRunes(cellText(r.cells[0]), 400)
	if h, ok := set.find(text, false); ok && h.rank >= weak && h.at < len(text) {
		return false // a label with its value
	}
	above, below := lines[i-1], lines[i+r.n]
	if above.row == 0 || above.col == 0 || below.row == 0 || below.col != 0 {
		return false
	}
	start := i - 1
	for start > 0 && lines[start-1].row == above.row {
		start--
	}
	return set.isPair(rowAt(lines, start)) && set.isPair(rowAt(lines, i+r.n))
}

// isPair says whether a row begins with a label that has a cell for its value.
func (set *labelSet) isPair(r tableRow) bool {
	_, ok := set.bareLabel(cellText(r.cells[0]))
	return ok && len(r.cells) >= 2
}

// continuesCell says whether a row holds only more of the value above it, whose
// label spans both rows.
func (set *labelSet) continuesCell(out []line, r tableRow) bool {
	last := out[len(out)-1]
	if last.row == 0 || len(r.cells) != 1 || r.cells[0][0].col != last.col || last.col == 0 {
		return false
	}
	k := len(out) - 1
	for k > 0 && out[k-1].row == last.row {
		k--
	}
	return set.isPair(rowAt(out, k)) && out[k].col == 0
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
		if s := cellText(c); digits(s) < 1 || len(s) > 40 || strings.Contains(s, " ") {
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

// exampleHead heads a column that shows what the answers may look like.
var exampleHead = regexp.MustCompile(`(?i)^(?:for )?(?:examples?|e\.g\.?|samples?|sample (?:value|entry)|hints?|help|instructions?|description|format|what to (?:write|enter)|notes? for you|beispiele?|hinweise?|erläuterung|exemples?|aide|description|ejemplos?|descripción|exemplos?|descrição|esempi[o]?|descrizione|voorbeeld(?:en)?|toelichting|例|記入例|説明)[:.]?$`)

// exampleColumn blanks the cells below a heading that announces examples, in a
// table whose rows begin with labels and have another column for the answers.
func (set *labelSet) exampleColumn(lines []line, head tableRow) bool {
	next := nextText(lines, head.n)
	if len(head.cells) < 3 || next < 0 || lines[next].row == 0 || !set.isPair(rowAt(lines, next)) {
		return false
	}
	col := -1
	for _, c := range head.cells[1:] {
		if exampleHead.MatchString(cellText(c)) {
			col = c[0].col
		}
	}
	for i := next; col > 0 && i < len(lines) && (lines[i].row > 0 || lines[i].blank()); i++ {
		if lines[i].col == col {
			lines[i].text = ""
		}
	}
	return col > 0
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
		if len(out) == 0 && allHints(r) {
			at += r.n
			continue
		}
		if set.holdsLabel(r) || len(r.cells) < len(head.cells)-1 {
			break
		}
		out = append(out, set.underHead(head, r)...)
		at += r.n
		n = at
	}
	if out == nil {
		return 0, nil
	}
	return n, out
}

// allHints says whether a row below the labels only tells what to write.
func allHints(r tableRow) bool {
	for _, c := range r.full() {
		if s := cellText(c); !strings.HasPrefix(s, "(") || !strings.HasSuffix(s, ")") {
			return false
		}
	}
	return true
}

func (set *labelSet) holdsLabel(r tableRow) bool {
	for _, c := range r.full() {
		if h, ok := set.bareLabel(cellText(c)); ok && h.rank >= weak {
			return true
		}
		if _, ok := set.labelOnTop(c); ok {
			return true
		}
	}
	return false
}

// labelOnTop knows the cell that holds a label and, on lines below it, its value.
func (set *labelSet) labelOnTop(c []line) (hit, bool) {
	text := withoutBlank(c)
	if len(text) < 2 {
		return hit{}, false
	}
	h, ok := set.bareLabel(text[0].text)
	return h, ok && h.rank >= good
}

func (set *labelSet) underHead(head, values tableRow) (out []line) {
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

// boxes reads a row as a paper form has it: in each cell a label with its value
// beneath.
func (set *labelSet) boxes(r tableRow) (out []line) {
	cells := r.full()
	if len(cells) < 2 {
		return nil
	}
	for _, c := range cells {
		if _, ok := set.labelOnTop(c); !ok {
			return nil
		}
		for _, l := range c {
			l.row, l.col = 0, 0
			out = append(out, l)
		}
	}
	return out
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
