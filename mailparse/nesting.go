package mailparse

import (
	"slices"

	"golang.org/x/net/html/atom"
)

// closeImplied closes what a browser closes by itself before this tag.
func (lay *layout) closeImplied(tag atom.Atom, block bool) {
	switch tag {
	case atom.Td, atom.Th:
		lay.closeUpTo([]atom.Atom{atom.Td, atom.Th}, atom.Table, atom.Tr)
	case atom.Tr:
		lay.closeUpTo([]atom.Atom{atom.Tr, atom.Td, atom.Th}, atom.Table)
	case atom.Li:
		lay.closeUpTo([]atom.Atom{atom.Li}, atom.Ul, atom.Ol, atom.Table)
	case atom.Option, atom.Optgroup:
		lay.closeUpTo([]atom.Atom{atom.Option}, atom.Select, atom.Datalist)
	case atom.Dt, atom.Dd:
		lay.closeUpTo([]atom.Atom{atom.Dt, atom.Dd}, atom.Dl, atom.Table)
	default:
		if block && isBlock(tag) && tag != atom.Body && tag != atom.Html {
			lay.closeUpTo([]atom.Atom{atom.P}, atom.Td, atom.Th, atom.Table, atom.Div, atom.Blockquote, atom.Li, atom.Button)
		}
	}
}

// closeUpTo closes the outermost open element among tags above the nearest stop.
func (lay *layout) closeUpTo(tags []atom.Atom, stops ...atom.Atom) {
	found := -1
	for i := len(lay.stack) - 1; i >= 0 && i > len(lay.stack)-64; i-- {
		if slices.Contains(tags, lay.stack[i].tag) {
			found = i
		}
		if slices.Contains(stops, lay.stack[i].tag) {
			break
		}
	}
	if found >= 0 {
		lay.popTo(found)
	}
}

func (lay *layout) end(tag atom.Atom) {
	if tag == atom.Br {
		lay.br()
		return
	}
	if tag == atom.P && !lay.isOpen(atom.P) {
		lay.newLine()
		return
	}
	over := false // a block is open within the element
	for i := len(lay.stack) - 1; i >= 0 && i > len(lay.stack)-256; i-- {
		e := lay.stack[i]
		switch {
		case e.tag == tag && over && !e.block:
			lay.closeAround(i)
			return
		case e.tag == tag:
			lay.popTo(i)
			if !e.block && e.at == 0 {
				lay.ended = lay.cur.Len()
			}
			return
		case isTablePart(e.tag) && !isTablePart(tag):
			return // an end tag never closes a cell or table it did not open
		}
		over = over || isBlock(e.tag)
	}
}

// closeAround closes the inline element i and leaves the blocks within it open,
// as browsers do: a formatting element ends, any other goes on to the end of
// the blocks (HTML, section 13.2.6.4.7).
func (lay *layout) closeAround(i int) {
	if !isFormatting(lay.stack[i].tag) {
		return
	}
	lay.leave(lay.stack[i])
	lay.stack = slices.Delete(lay.stack, i, i+1)
}

func (lay *layout) isOpen(tag atom.Atom) bool {
	for i := len(lay.stack) - 1; i >= 0 && i > len(lay.stack)-256; i-- {
		if lay.stack[i].tag == tag {
			return true
		}
	}
	return false
}
