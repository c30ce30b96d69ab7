package mailparse

import (
	"regexp"
	"slices"
	"strings"
)

// looseRows adds to the labels of a form the rows whose labels the finder does
// not know: "What is your case number? 7719034", "The next step which we
// expect: …". A field that no label names is taken from a row that holds the
// words its labels are made of, above the comments.
func (rd *reader) looseRows(hits []hit) []hit {
	if len(hits) < 2 || len(hits) >= len(fields) || rd.lines[hits[0].line].row > 0 {
		return hits
	}
	missing := map[Field]bool{CaseNumber: true, NextStep: true, POC: true, POCContact: true}
	soft, end := 0, hits[len(hits)-1].line
	for _, h := range hits {
		delete(missing, h.field)
		if h.sep == sepSoft {
			soft++
		}
		if h.field == Comments {
			end = h.line
		}
	}
	labels := map[int]bool{}
	for _, h := range hits {
		labels[h.line] = true
	}
	depth, zone := rd.lines[hits[0].line].depth, rd.lines[hits[0].line].zone
	for i := max(hits[0].line-4, 0); i < end && len(missing) > 0; i++ {
		l := rd.lines[i]
		if labels[i] || l.blank() || l.kind != ordinary || l.depth != depth || l.zone != zone || l.row > 0 {
			continue
		}
		if h, ok := rd.parser.labels.loose(l.text, soft >= 2); ok && missing[h.field] {
			h.line, h.end = i, i
			hits = append(hits, h)
			delete(missing, h.field)
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return a.line - b.line })
	return hits
}

var (
	looseRow  = regexp.MustCompile(`^([^:：?？=]{4,80})[:：?？=]\s*(\S.*)$`)
	dashedRow = regexp.MustCompile(`^(.{4,80}?) [-–—] (\S.*)$`)
	numberRow = regexp.MustCompile(`^(\pL[\pL .#]{3,24})[\s#.]+([A-Za-z]{0,5}-?\d[\d-]{3,19})$`)
)

// loose reads a line as such a row. dashes: the form parts label and value by
// dashes.
func (set *labelSet) loose(s string, dashes bool) (hit, bool) {
	if m := numberRow.FindStringSubmatchIndex(s); m != nil {
		if l, _, ok := set.lookup(s[m[2]:m[3]]); ok && l.field == CaseNumber && l.rank >= good {
			return hit{field: CaseNumber, rank: good, sep: sepNone, at: m[4]}, true
		}
	}
	m := looseRow.FindStringSubmatchIndex(s)
	if m == nil && dashes {
		m = dashedRow.FindStringSubmatchIndex(s)
	}
	if m == nil {
		return hit{}, false
	}
	field, ok := coreOf(s[decoration(s):max(m[3], decoration(s))])
	return hit{field: field, rank: good, sep: sepHard, at: m[4], label: decoration(s)}, ok
}

// coreOf says of which field a phrase holds words of two kinds, whatever else is
// in it.
func coreOf(phrase string) (Field, bool) {
	words := splitWords(phrase, 13)
	if len(words) > 12 {
		return "", false
	}
	var seen wordKinds
	for _, w := range words {
		of := composers[strings.ReplaceAll(w.text, "-", "")]
		for f := range of {
			seen[f] |= of[f] &^ between
		}
	}
	// A number or an address names the contact, whoever's it is.
	for _, f := range []int{3, 0, 1, 2} {
		if seen[f]&(seen[f]-1) != 0 {
			return compositions[f].field, true
		}
	}
	return "", false
}
