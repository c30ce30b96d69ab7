package mailparse

import (
	"math/bits"
	"strings"
	"unicode/utf8"
)

// label is one phrase of the table, folded.
type label struct {
	key   []rune
	bag   uint64    // which letters it holds: a cheap bound on its distance
	count [32]uint8 // how often it holds each letter, by value modulo 32: a closer one
	slack int       // how many edits a misspelt text may be away
	field Field
	rank  int
}

// labelSet finds labels. It is built once and read from any goroutine.
type labelSet struct {
	exact  map[string]*label
	heads  map[string]bool // the first three letters of all keys
	starts map[string]bool // the first words of labels, where a hard wrap may cut
	fuzzy  [65][]*label    // those long enough to be misspelt recognisably, by their letters
}

func newLabelSet(extra map[Field][]string) *labelSet {
	set := &labelSet{exact: map[string]*label{}, starts: map[string]bool{}, heads: map[string]bool{}}
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
	runes := []rune(key)
	l := &label{key: runes, bag: letterBag(runes), count: letterCount(runes), slack: maxEdits(len(runes)), field: f, rank: rank}
	set.exact[key] = l
	if rank >= good && l.slack > 0 {
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
	if strings.Count(text, "/") > 1 {
		if l, ok := set.severalHalves(text); ok {
			return l, 0, true
		}
	}
	var p phrase
	p.fold(text)
	if l, ok := set.exact[string(p.text)]; ok {
		return *l, 0, true
	}
	if l, ok := composed(&p); ok && !set.twoLabels(&p) {
		return l, 0, true
	}
	if l, ok := set.halves(&p); ok {
		return l, 0, true
	}
	return set.misspelt(p.text)
}

// misspelt finds the label of the table that is nearest to a folded phrase.
func (set *labelSet) misspelt(key []byte) (l label, edits int, ok bool) {
	n := utf8.RuneCount(key)
	if n < 6 || n > 64 {
		return label{}, 0, false
	}
	var store [64]rune
	runes := store[:0]
	for _, r := range string(key) {
		runes = append(runes, r)
	}
	bag, count := letterBag(runes), letterCount(runes)
	best := 5
	for size := max(n-4, 0); size <= min(n+4, 64); size++ {
		for i := range set.fuzzy[size] {
			c := set.fuzzy[size][i]
			limit := min(c.slack, best-1)
			if d := size - n; d > limit || -d > limit || bagDistance(bag, c.bag) > limit || countDistance(&count, &c.count) > limit {
				continue
			}
			if d := editDistance(runes, c.key, limit); d <= limit {
				best, l = d, *c
			}
		}
	}
	return l, best, best < 5
}

// severalHalves reads "Case Number / Fallnummer / Numéro de cas".
func (set *labelSet) severalHalves(text string) (l label, ok bool) {
	parts := strings.Split(text, "/")
	if len(parts) < 3 || len(parts) > 5 {
		return label{}, false
	}
	for _, part := range parts {
		one, ok := set.lookupExact(part)
		if !ok || l.rank > 0 && one.field != l.field {
			return label{}, false
		}
		if one.rank > l.rank {
			l = one
		}
	}
	return l, l.rank >= good
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
	return *la, true
}

// letterBag has one bit for each letter present, by value modulo 64.
func letterBag(key []rune) uint64 {
	var bag uint64
	for _, r := range key {
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
