package mailparse

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// prefix finds a label that nothing but a blank parts from its value.
func (set *labelSet) prefix(s string, from int) (best hit, found bool) {
	text := s[from:]
	words, strange, before := 0, 0, ""
	var p phrase
	var bare bool
	for i := 1; i <= len(text) && i < 160 && words < 12; i++ {
		if i < len(text) && !utf8.RuneStart(text[i]) {
			continue
		}
		if i < len(text) && !wordEnds(text, i) {
			continue
		}
		if i < len(text) && text[i] >= 0xe3 && words >= 3 {
			continue // far within a word of Japanese
		}
		words++
		p.fold(text[:i])
		l, ok := set.exact[string(p.text)]
		if !ok && !set.starts[string(p.text)] {
			if strange++; strange > 3 && !strings.ContainsAny(text[:i], "([{<（［【〔") {
				break // no label goes on like this
			}
			continue
		}
		strange = 0
		if found && string(p.text) == before {
			continue // only a filler was added, which may well begin the value
		}
		rest := strings.TrimLeft(text[i:], " .")
		if !ok || rest == "" || l.rank < good && !(l.field == POCContact && startsWithContact(rest)) {
			continue
		}
		h := hit{field: l.field, sep: sepNone, at: len(s) - len(rest)}
		h.rank, bare = barelyRanked(*l, text, rest, from)
		if (h.rank > 0 || bare) && (!found || h.at > best.at) {
			best, found, before = h, true, p.key()
		}
	}
	return best, found
}

// barelyRanked ranks a label that only a blank parts from the rest of its line.
// bare: it is in small letters, a label only beside others.
func barelyRanked(l label, text, rest string, from int) (rank int, bare bool) {
	rank = l.rank - 1
	upper := unicode.IsUpper(firstRune(text))
	latin := unicode.Is(unicode.Latin, firstRune(text))
	switch {
	case l.field == CaseNumber && startsWithNumber(rest):
		rank = min(l.rank, good)
	case l.rank < good:
		rank, bare = 0, true // "ph +44 …"
	case l.rank == good && latin && (l.field == CaseNumber || unicode.IsLower(firstRune(rest))):
		rank, bare = 0, l.field != CaseNumber && !upper // "Case studies", "Anything else becomes a note"
	case from == 0 && !upper && latin:
		rank, bare = 0, true
	}
	w, _, _ := strings.Cut(strings.ToLower(rest), " ")
	switch {
	case !notValue[strings.Trim(w, ",.")]:
		return rank, bare
	case l.rank < strong || !opener[w]:
		return 0, false
	case bare:
		return rank, bare
	}
	return weak, false // "Additional Comments the pump is down"
}
