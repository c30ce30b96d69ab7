package mailparse

import (
	"math/bits"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// label is one phrase of the table, folded.
type label struct {
	key   []rune
	bag   uint64    // which letters it holds: a cheap bound on its distance
	count [32]uint8 // how often it holds each letter, by value modulo 32: a closer one
	field Field
	rank  int
}

// labelSet finds labels. It is built once and read from any goroutine.
type labelSet struct {
	exact  map[string]label
	heads  map[string]bool // the first three letters of all keys
	starts map[string]bool // the first words of labels, where a hard wrap may cut
	fuzzy  [65][]label     // those long enough to be misspelt recognisably, by their letters
}

func newLabelSet(extra map[Field][]string) *labelSet {
	set := &labelSet{exact: map[string]label{}, starts: map[string]bool{}, heads: map[string]bool{}}
	for _, p := range labelTable {
		for _, text := range p.labels {
			set.add(text, p.field, p.rank)
		}
	}
	for f, texts := range extra {
		for _, text := range texts {
			set.add(text, f, strong)
		}
	}
	return set
}

func (set *labelSet) add(text string, f Field, rank int) {
	key := labelKey(text)
	if key == "" {
		return
	}
	if old, ok := set.exact[key]; ok && old.rank >= rank {
		return
	}
	set.heads[head(key)] = true
	words := strings.Fields(text)
	for i := 1; i < len(words); i++ {
		set.starts[labelKey(strings.Join(words[:i], " "))] = true
	}
	l := label{key: []rune(key), bag: letterBag(key), count: letterCount([]rune(key)), field: f, rank: rank}
	set.exact[key] = l
	if rank >= good && maxEdits(len(l.key)) > 0 {
		n := min(len(l.key), 64)
		set.fuzzy[n] = append(set.fuzzy[n], l)
	}
}

// maxEdits bounds how misspelt a label may be, by its letters: none below six,
// for there a single letter makes another word, then one, two and three: at
// most about a fifth. "Order number" stays four edits from "case number".
func maxEdits(n int) int {
	switch {
	case n < 6:
		return 0
	case n < 9:
		return 1
	case n < 15:
		return 2
	case n < 22:
		return 3
	}
	return 4
}

// lookup recognises a whole phrase. edits is how far it is from the table.
func (set *labelSet) lookup(text string) (l label, edits int, ok bool) {
	if l, ok := set.lookupHalves(text); ok {
		return l, 0, true
	}
	key := labelKey(text)
	if l, ok := set.exact[key]; ok {
		return l, 0, true
	}
	runes := []rune(key)
	n := len(runes)
	if n < 6 || n > 90 {
		return label{}, 0, false
	}
	words := labelParts(text)
	if l, ok := composed(words); ok && !set.twoLabels(words) {
		return l, 0, true
	}
	if l, ok := set.halves(words); ok {
		return l, 0, true
	}
	if n > 64 {
		return label{}, 0, false
	}
	bag, count := letterBag(key), letterCount(runes)
	best := 5
	for size := max(n-4, 0); size <= min(n+4, 64); size++ {
		for i := range set.fuzzy[size] {
			c := &set.fuzzy[size][i]
			limit := min(maxEdits(len(c.key)), best-1)
			if d := len(c.key) - n; d > limit || -d > limit || bagDistance(bag, c.bag) > limit || countDistance(&count, &c.count) > limit {
				continue
			}
			if d := editDistance(runes, c.key, limit); d <= limit {
				best, l = d, *c
			}
		}
	}
	return l, best, best < 5
}

// lookupHalves reads "Case Number / Fallnummer" and "Fallnummer (case number)":
// both halves name one field.
func (set *labelSet) lookupHalves(text string) (label, bool) {
	a, b, ok := strings.Cut(text, "/")
	if !ok {
		a, b, ok = strings.Cut(text, "(")
	}
	if !ok {
		a, b, ok = strings.Cut(text, "（")
	}
	if !ok {
		a, b, ok = strings.Cut(text, "|")
	}
	if !ok || strings.TrimSpace(a) == "" || strings.TrimSpace(b) == "" {
		return label{}, false
	}
	la, oka := set.exact[labelKey(a)]
	lb, okb := set.exact[labelKey(b)]
	if !oka || !okb || la.field != lb.field || la.rank+lb.rank < 4 {
		return label{}, false
	}
	if lb.rank > la.rank {
		la = lb
	}
	return la, true
}

// labelKey folds a phrase: hints in brackets go, then case, accents, blanks
// and punctuation.
func labelKey(text string) string { return strings.Join(labelParts(text), "") }

// labelParts are the words that count of a phrase, folded.
func labelParts(text string) []string {
	if len(text) > 300 {
		return nil
	}
	text = dropHints(text)
	words := labelWords(text)
	for len(words) > 1 && fillerFirst[words[0]] {
		words = words[1:]
	}
	for len(words) > 1 && fillerLast[words[len(words)-1]] {
		words = words[:len(words)-1]
	}
	for i := range words {
		if i > 0 && numberWord[words[i]] {
			words[i] = "number"
		}
	}
	return words
}

var (
	fillerFirst = map[string]bool{"the": true, "your": true, "our": true, "my": true, "please": true, "a": true, "der": true, "die": true, "das": true, "ihr": true, "ihre": true,
		"unser": true, "unsere": true, "le": true, "la": true, "votre": true, "notre": true, "el": true, "su": true, "o": true, "il": true, "seu": true, "de": true, "uw": true, "het": true, "any": true, "field": true}
	fillerLast = map[string]bool{"required": true, "optional": true, "mandatory": true, "pflichtfeld": true, "obligatoire": true, "obligatorio": true, "if": true, "here": true, "is": true, "please": true, "optionnel": true, "facultatif": true, "opcional": true, "freiwillig": true, "are": true}
	numberWord = map[string]bool{"#": true, "no": true, "nr": true, "num": true, "nbr": true, "nmbr": true, "numb": true, "numbers": true}
)

// dropHints removes bracketed text, unless nothing else is there.
func dropHints(s string) string {
	i := strings.IndexAny(s, "([{<（")
	if i < 0 {
		return s
	}
	var sb strings.Builder
	depth := 0
	for _, r := range s {
		switch {
		case strings.ContainsRune("([{<（［【〔", r):
			depth++
		case strings.ContainsRune(")]}>）］】〕", r):
			depth = max(depth-1, 0)
		case depth == 0:
			sb.WriteRune(r)
		}
	}
	if strings.TrimFunc(sb.String(), func(r rune) bool { return !unicode.IsLetter(r) }) == "" {
		return s
	}
	return sb.String()
}

// labelWords splits a phrase into folded words. A hyphen or an apostrophe
// joins, everything else that is no letter or digit parts.
func labelWords(s string) []string {
	if plainASCII(s) && strings.IndexByte(s, '#') < 0 && strings.IndexByte(s, '&') < 0 {
		return joinNumero(asciiWords(s))
	}
	if !plainASCII(s) {
		s = norm.NFKD.String(s)
	}
	var words []string
	var w strings.Builder
	flush := func() {
		if w.Len() > 0 {
			words = append(words, w.String())
			w.Reset()
		}
	}
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Mn, r) || r == '-' || r == '\'' || r == '’' || r == '‑':
		case r == 'ß':
			w.WriteString("ss")
		case r == '#' || r == '№' || r == 'º' || r == '°':
			flush()
			words = append(words, "#")
		case r == '&':
			flush()
			words = append(words, "and")
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == 'ー':
			w.WriteRune(unicode.ToLower(r))
		default:
			flush()
		}
	}
	flush()
	return joinNumero(words)
}

// asciiWords is labelWords for what most lines are made of.
func asciiWords(s string) []string {
	folded := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r == '-' || r == '\'':
			return -1
		}
		return ' '
	}, s)
	return strings.Fields(folded)
}

// joinNumero reads "n°", "nº" and the parts of "№" as one word.
func joinNumero(words []string) []string {
	for i := 0; i+1 < len(words); i++ {
		if (words[i] == "n" || words[i] == "no") && words[i+1] == "#" {
			words[i] = "no"
			words = append(words[:i+1], words[i+2:]...)
		}
	}
	if len(words) > 0 && words[0] == "no" {
		words[0] = "numero"
	}
	return words
}

// letterBag has one bit for each letter present, by value modulo 64.
func letterBag(s string) uint64 {
	var bag uint64
	for _, r := range s {
		bag |= 1 << (uint(r) & 63)
	}
	return bag
}

// bagDistance is a lower bound of the edits between two words.
func bagDistance(a, b uint64) int {
	return max(bits.OnesCount64(a&^b), bits.OnesCount64(b&^a))
}

func letterCount(key []rune) (count [32]uint8) {
	for _, r := range key {
		count[r&31]++
	}
	return count
}

// countDistance is a closer lower bound of the edits between two words.
func countDistance(a, b *[32]uint8) int {
	more, less := 0, 0
	for i := range a {
		if d := int(a[i]) - int(b[i]); d > 0 {
			more += d
		} else {
			less -= d
		}
	}
	return max(more, less)
}

// editDistance counts insertions, deletions, substitutions and swaps of
// neighbours (optimal string alignment); above limit any larger number.
func editDistance(a, b []rune, limit int) int {
	var rows [3][66]int
	prev2, prev, cur := &rows[0], &rows[1], &rows[2]
	if len(b) > 64 {
		return limit + 1
	}
	for j := 0; j <= len(b); j++ {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		lowest := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, prev2[j-2]+1)
			}
			cur[j] = d
			lowest = min(lowest, d)
		}
		if lowest > limit {
			return limit + 1
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
