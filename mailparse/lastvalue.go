package mailparse

import (
	"slices"
	"strings"
)

// lastValue collects the value of a form's last label: it must not run into
// sign-off, signature, disclaimer or quote.
type lastValue struct {
	*reader
	h     hit
	stop  int
	depth int    // of the label's quote
	own   string // what stands on the label's line
	out   []string
	gap   bool  // an empty line stands above the line at hand
	home  *cell // the cell in which the value began
}

// last is the value of the last label.
func (rd *reader) last(h hit, stop int, unquoted bool) string {
	v := lastValue{reader: rd, h: h, stop: stop, depth: rd.lines[h.line].depth, own: rd.after(h), home: rd.lines[h.end].cell}
	if v.depth > 0 {
		if s, ok := rd.answerBelow(h, stop, v.own, unquoted); ok {
			return s
		}
	}
	if v.own != "" {
		v.out = append(v.out, v.own)
	}
	return v.read()
}

func (v *lastValue) read() string {
	for j := v.h.end + 1; j < v.stop; j++ {
		l := v.lines[j]
		if len(v.out) == 0 && !l.blank() {
			v.home = l.cell
		}
		switch {
		case l.blank():
			v.blank(l)
		case v.unquotes(j) && v.between:
			lower, _ := v.answerBelow(hit{line: v.h.line, end: j - 1, at: len(v.lines[j-1].text), field: v.h.field}, v.stop, "", true)
			return strings.Join(append(v.out, lower), "\n")
		case v.unquotes(j) && wrapRest(v.lines[j-1].text, l.text):
			v.out = append(v.out, l.text)
		case v.leaves(j):
			return v.text()
		case v.underlined(j):
		case v.ends(j):
			if isFurniture(l.text) {
				v.out = withoutIDRows(v.out)
			}
			return v.text()
		default:
			j = v.add(j)
		}
	}
	return v.text()
}

func (v *lastValue) text() string {
	return trimRulers(strings.TrimSpace(strings.Join(withoutClosings(v.out, v.own != ""), "\n")))
}

func (v *lastValue) blank(l line) {
	if l.kind == noise {
		return
	}
	v.gap = true
	if len(v.out) > 0 {
		v.out = append(v.out, "")
	}
}

// unquotes says whether line j is the first unquoted one below a quoted value.
func (v *lastValue) unquotes(j int) bool {
	l := v.lines[j]
	return len(v.out) > 0 && l.depth < v.depth && l.kind == ordinary && v.lines[j-1].depth == v.depth
}

// leaves says whether line j stands elsewhere: in another mail, another depth of
// quotes, another cell, or behind the ruler that frames the form.
func (v *lastValue) leaves(j int) bool {
	l, begun := v.lines[j], len(v.out) > 0
	switch {
	case l.kind == quoteHead || l.zone != v.lines[v.h.line].zone || l.depth < v.depth:
		return true
	case l.depth > v.depth && !v.pasted(j, v.stop, v.depth):
		return true
	case v.frame != "" && l.text == v.frame:
		return true
	case v.home != nil && !l.cell.within(v.home):
		return !sameTable(l.cell, v.home) || v.outOfCell(v.h, j, begun)
	}
	return !(v.home != nil && begun) && v.outOfCell(v.h, j, begun)
}

// underlined says whether line j only underlines the label.
func (v *lastValue) underlined(j int) bool {
	s := v.lines[j].text
	return len(v.out) == 0 && j == v.h.end+1 && isRuler(s) && s != "--" && j+1 < v.stop && !v.lines[j+1].blank()
}

// ends says whether the value is over at line j.
func (v *lastValue) ends(j int) bool {
	begun := len(v.out) > 0
	switch {
	case v.gap && v.own != "" && v.instructed(v.h.line):
		return true
	case v.gap && v.quoterGoesOn(v.h, begun):
		return true
	case v.gap && begun && shortField(v.h.field):
		return true
	case v.gap && v.own != "" && len(v.out) <= 2 && placeholder(v.own) && !v.proseFollows(j, v.stop):
		return true
	}
	return v.lines[j].depth <= v.depth && v.tailAt(j, v.stop, v.h, begun)
}

// add takes line j, and what is fenced with it, and returns the last line taken.
func (v *lastValue) add(j int) int {
	l := v.lines[j]
	begun := slices.ContainsFunc(v.out, func(s string) bool { return s != "" })
	v.gap = false
	v.out = append(v.out, marks(l, v.depth)+l.text)
	if begun && isRuler(l.text) {
		for end := v.fence(j, v.stop, v.h); j < end; {
			j++
			v.out = append(v.out, v.lines[j].text)
		}
	}
	return j
}

// rulerAbove is the ruler right above the form: the same one below closes it.
func (rd *reader) rulerAbove(i int) string {
	for i--; i >= 0; i-- {
		if s := rd.lines[i].text; isRuler(s) {
			return s
		} else if s != "" {
			break
		}
	}
	return ""
}

// withoutClosings drops the sign-offs with which the lines below a label end:
// what stood below them has been cut already.
func withoutClosings(out []string, own bool) []string {
	first := 0
	if own {
		first = 1
	}
	for n := len(out) - 1; n >= first; n-- {
		switch {
		case out[n] == "":
		case isClosing(out[n]):
			out = out[:n]
		default:
			return out
		}
	}
	return out
}

func sameTable(a, b *cell) bool {
	return a != nil && a.outer == b.outer && a.table == b.table
}

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
