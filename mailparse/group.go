package mailparse

import "slices"

// plausible drops labels of signatures: weak ones below a sign-off, until a
// sure label shows that the mail goes on.
func (rd *reader) plausible(hits []hit) []hit {
	var kept []hit
	closed, signed, signOff, delimited, next := false, false, false, false, 0
	for i, h := range hits {
		for ; next < h.line; next++ {
			l := rd.lines[next]
			if l.blank() {
				continue
			}
			if l.kind == quoteHead {
				closed, signed, signOff, delimited = false, false, false, false
			}
			delimited = delimited || l.text == "--"
			signed = signed || l.signed || l.text == "--" || signOff
			signOff = signOff || rd.isClosing(next)
			if isDelimiter(l.text) || l.signed || rd.isClosing(next) || rd.isTail(next) || rd.signatureName(next) {
				closed = true
			}
		}
		own := h.rank >= strong && h.sep == sepHard && underWay(kept, h, rd.lines)
		if !own && (signed && (h.field == POC || h.field == POCContact) && !aboutCase(hits[i:]) || delimited && !several(hits[i:])) {
			continue
		}
		if h.rank >= strong || (h.rank >= good && h.field != POC && h.field != POCContact && h.sep == sepHard) {
			closed, signed, signOff, delimited = false, false, false, false
		}
		if !closed && h.rank >= 0 {
			kept = append(kept, h)
		}
	}
	return kept
}

// underWay says whether a form is under way in which one of the template's own labels
// takes its place, whatever stands between: in the same mail and depth of quotes,
// for a field that has no label yet.
func underWay(kept []hit, h hit, lines []line) bool {
	for _, k := range kept {
		if k.field == h.field || lines[k.line].depth != lines[h.line].depth || lines[k.line].zone != lines[h.line].zone {
			return false
		}
	}
	return len(kept) > 0
}

// aboutCase says whether a sure label of the case itself is among hits, and not
// only those that a signature may hold.
func aboutCase(hits []hit) bool {
	for _, h := range hits[:min(len(hits), 6)] {
		if h.rank >= good && h.field != POC && h.field != POCContact {
			return true
		}
	}
	return false
}

// several says whether sure labels of two fields at least are among hits.
func several(hits []hit) bool {
	for _, h := range hits[1:min(len(hits), 6)] {
		if h.rank >= good && h.field != hits[0].field {
			return true
		}
	}
	return false
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
		if len(cur) > 0 && h.rank >= strong && rd.letterhead(cur, hits[i:]) {
			cur, has = nil, map[Field]int{}
		}
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
		case newForm(cur, rd.sameText(hits[i:])) && (len(has) < len(fields) || rd.begunAnew(hits[i:])):
			flush()
			cur = append(cur, h)
			has[h.field] = 1
		case rd.secondContact(cur, h):
			cur = append(cur, h)
		case h.rank > cur[at-1].rank && (cur[at-1].rank <= weak || rd.headsLabel(cur[at-1], h)):
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

// letterhead says whether the labels so far are rows of a letterhead: weak ones,
// or such as a sure label further down repeats, with a ruler or a salutation
// between them and the first sure label.
func (rd *reader) letterhead(cur, rest []hit) bool {
	h := rest[0]
	for _, c := range cur {
		repeated := slices.ContainsFunc(rest[:min(len(rest), 6)], func(r hit) bool { return r.field == c.field && r.rank >= strong })
		if c.field == CaseNumber || c.rank > weak && !(c.rank == good && repeated) {
			return false
		}
	}
	for i := cur[len(cur)-1].end + 1; i < h.line; i++ {
		if s := rd.lines[i].text; isRuler(s) || greeting(s) || rd.lines[i].kind == noise {
			return true
		}
	}
	return false
}

// headsLabel says whether a label that stands alone is the heading of the next:
// "Anything else?" above "Additional Comments:".
func (rd *reader) headsLabel(above, h hit) bool {
	return rd.after(above) == "" && nextText(rd.lines, above.end+1) == h.line
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

// begunAnew says whether the labels below a form that is complete make another:
// a case number that passes for one, and one of the template's own labels.
func (rd *reader) begunAnew(rest []hit) bool {
	number, own := false, false
	for _, h := range rest[:min(len(rest), 5)] {
		if h.field == CaseNumber {
			n, _ := rd.parser.caseNumber(rd.after(h))
			number = number || rd.after(h) == "" || rd.parser.validCase(n) && digits(n) >= 3
		}
		own = own || h.rank >= strong
	}
	return number && own
}

// inCompany drops weak labels that no surer one vouches for.
func (rd *reader) inCompany(hits []hit) []hit {
	sure := 0
	for _, h := range hits {
		if h.rank >= good {
			sure++
		}
	}
	if sure < 2 && severalBare(hits) {
		sure = 2
	}
	var kept []hit
	for _, h := range hits {
		if h.rank >= good || (h.rank >= weak && (sure >= 1 || len(hits) >= 3)) || (h.rank == 0 && sure >= 2) || h.field == CaseNumber && h.rank >= weak {
			kept = append(kept, h)
		}
	}
	return kept
}

// severalBare says whether labels that by themselves could be words of a
// sentence confirm each other: three of them at least, line below line.
func severalBare(hits []hit) bool {
	bare := 0
	for i, h := range hits {
		if h.rank == 0 && h.sep == sepNone && i > 0 && h.line-hits[i-1].line <= 3 {
			bare++
		}
	}
	return bare >= 3
}
