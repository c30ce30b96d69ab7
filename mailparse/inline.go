package mailparse

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// splitInline makes lines of several labels on one line, as in
// "Case Number: 1   POC: Ana" or a form whose line ends were lost.
func (set *labelSet) splitInline(l line) []line {
	if strings.Count(l.text, ":")+strings.Count(l.text, "：") < 2 || len(l.text) > 20000 {
		return []line{l}
	}
	first, ok := set.find(clipRunes(l.text, 400), false)
	if !ok || first.sep != sepHard && !(first.field == CaseNumber && first.rank >= good) || first.rank < weak {
		return []line{l}
	}
	cuts, fields, wide := set.inlineLabels(l.text, first)
	if len(cuts) == 0 || (fields < 3 && !wide && (first.rank < strong || first.field == Comments || first.field == NextStep)) {
		return []line{l}
	}
	var out []line
	start := 0
	for _, c := range append(cuts, len(l.text)) {
		part := l
		part.split = start > 0
		part.text = strings.TrimRight(strings.TrimSpace(l.text[start:c]), " |;,/-–—•·")
		if c == len(l.text) {
			part.text = strings.TrimSpace(l.text[start:c])
		}
		out = append(out, part)
		start = c
	}
	return out
}

// inlineLabels finds where further labels begin within a line.
func (set *labelSet) inlineLabels(s string, first hit) (cuts []int, fields int, wide bool) {
	seen := map[Field]bool{first.field: true}
	wide = true
	for i, r := range s {
		if i < first.at || (r != ':' && r != '：') || len(cuts) >= 8 {
			continue
		}
		lo := first.at
		if len(cuts) > 0 {
			lo = cuts[len(cuts)-1] + 1
		}
		at, f, ok := set.labelBefore(s, max(lo, i-70), i)
		if !ok || seen[f] {
			continue
		}
		if end := len(strings.TrimRight(s[:at], " |/–-")); end < at {
			if twin, g, ok := set.labelBefore(s, max(lo, end-70), end); ok && g == f {
				at = twin // the same label in another language
			}
		}
		before := s[:at]
		gap := strings.HasSuffix(before, "  ") || strings.TrimRight(before, " |;,/•·-–—") != strings.TrimRight(before, " ")
		wide = wide && gap
		seen[f] = true
		cuts = append(cuts, at)
	}
	return cuts, len(seen), wide && len(cuts) > 0
}

// labelBefore finds the longest exact label that ends at s[to].
func (set *labelSet) labelBefore(s string, from, to int) (at int, f Field, ok bool) {
	for from < to && !utf8.RuneStart(s[from]) {
		from++
	}
	if from >= to {
		return 0, "", false
	}
	from += strings.LastIndexAny(s[from:to], ":;|") + 1 // no label goes over one of these
	for i := from; i < to; i++ {
		if !utf8.RuneStart(s[i]) || (i > 0 && !glued(s, i) && s[i-1] != ' ' && s[i-1] != '|' && s[i-1] != ';' && s[i-1] != '*' && s[i-1] < 0x80) {
			continue
		}
		r := firstRune(s[i:])
		if !unicode.IsUpper(r) && r < 0x3000 {
			continue
		}
		l, exact := set.exact[labelKey(s[i:to])]
		if exact && l.rank >= good {
			return i, l.field, true
		}
	}
	return 0, "", false
}

// glued says whether a capital follows a small letter or a digit at s[i]: two
// lines whose line end was lost.
func glued(s string, i int) bool {
	p, c := s[i-1], s[i]
	return c >= 'A' && c <= 'Z' && (p >= 'a' && p <= 'z' || p >= '0' && p <= '9')
}
