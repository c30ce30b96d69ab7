package mailparse

import "strings"

// cell is one cell of a page's table. Cells are told apart by their address.
type cell struct {
	outer *cell // the cell in which the table stands; nil outside of tables
	table int   // which table of the page it is
}

// within says whether c is o or lies in a table within o.
func (c *cell) within(o *cell) bool {
	for ; c != nil; c = c.outer {
		if c == o {
			return true
		}
	}
	return false
}

// tablePos is where in a table the layout is.
type tablePos struct {
	row, col int
	outer    *cell
	cell     *cell // the one at hand
	id       int
	spans    [8]int // rows that a cell of each column still reaches into
}

// nextCell goes to the next column that no cell above reaches into.
func (t *tablePos) nextCell(rows int) {
	t.cell = &cell{outer: t.outer, table: t.id}
	t.col++
	for t.col < len(t.spans) && t.spans[t.col] > 0 {
		t.spans[t.col]--
		t.col++
	}
	if t.col < len(t.spans) && rows > 1 {
		t.spans[t.col] = rows - 1
	}
}

func (lay *layout) cellHasLine(t tablePos) bool {
	n := len(lay.lines)
	return n > 0 && lay.lines[n-1].row >= t.row && (lay.lines[n-1].row > t.row || lay.lines[n-1].col == t.col)
}

func (lay *layout) pos() tablePos {
	if n := len(lay.tables); n > 0 && lay.tables[n-1].col >= 0 {
		return lay.tables[n-1]
	}
	return tablePos{}
}

// cells makes columns of a preformatted line with tabs.
func (lay *layout) cells(l line) {
	lay.rows++
	col := 0
	for c := range strings.SplitSeq(l.text, "\t") {
		lay.add(line{text: strings.TrimSpace(c), depth: l.depth, row: lay.rows, col: col, tab: true, signed: l.signed})
		col++
	}
}
