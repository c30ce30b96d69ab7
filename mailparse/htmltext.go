package mailparse

import "strings"

// text adds text of the page to the line at hand, its white space collapsed.
func (lay *layout) text(b []byte) {
	if lay.hidden > 0 {
		return
	}
	if lay.choice != nil {
		lay.choice.text(b)
		return
	}
	if lay.pre > 0 || lay.allPre {
		lay.preText(string(b))
		return
	}
	if lay.label != nil && len(b) > 0 {
		lay.partLabel(b[0])
	}
	for len(b) > 0 {
		i := 0
		for i < len(b) && !blankByte(b[i]) {
			i++
		}
		if i > 0 {
			if lay.space && lay.cur.Len() > 0 {
				lay.cur.WriteByte(' ')
			}
			lay.space = false
			lay.cur.Write(b[:i])
			b = b[i:]
			continue
		}
		lay.space = true
		b = b[1:]
	}
}

// partLabel parts an element that is a label from the text right behind it:
// another element, or a capital or digit. The eye sees two columns or a bold word.
func (lay *layout) partLabel(next byte) {
	n := lay.cur.Len()
	if n == 0 || n != lay.ended || lay.space || blankByte(next) {
		return
	}
	if lay.begun != n && !(next >= 'A' && next <= 'Z' || next >= '0' && next <= '9') {
		return
	}
	if n < 100 && lay.label(lay.cur.String()+":") {
		lay.cur.WriteString("  ")
	}
}

func blankByte(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' }

func (lay *layout) preText(s string) {
	first := true
	for part := range strings.SplitSeq(newlines(s), "\n") {
		if !first {
			lay.br()
		}
		first = false
		if lay.space && lay.cur.Len() > 0 {
			lay.cur.WriteByte(' ')
			lay.space = false
		}
		lay.cur.WriteString(part)
	}
}
