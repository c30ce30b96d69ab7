package mailparse

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// separator is what parts a label from its value.
type separator uint8

const (
	sepNone separator = iota // a blank, nothing more
	sepLine                  // the end of the line
	sepSoft                  // a dash, dots, brackets, wide blanks
	sepHard                  // a colon, an equals sign, a cell's border
)

// hit is a label found in a line.
type hit struct {
	field Field
	rank  int
	sep   separator
	line  int // where the label begins
	end   int // the line in which the value begins
	at    int // byte offset of the value in that line
	label int // byte offset of the label in its line
	edits int
}

const maxLabelRunes = 90 // the longest label with its hints

// find looks for a label at the start of s.
func (set *labelSet) find(s string, inCell bool) (hit, bool) {
	from := decoration(s)
	best, found := set.findFrom(s, from, inCell)
	if from > 0 && !found {
		best, found = set.findFrom(s, 0, inCell) // "# 123" is no bullet
	}
	return best, found
}

// findFrom looks for a label at s[from:].
func (set *labelSet) findFrom(s string, from int, inCell bool) (hit, bool) {
	q := labelSearch{set: set, s: s, from: from, likely: set.mayBegin(s[from:]), slash: -1}
	end := q.scan()
	if end > from && (q.likely || !unlikelyLabel(s[from:end])) {
		sep := sepLine
		if inCell {
			sep = sepHard
		}
		set.try(s, from, end, sep, q.report)
	}
	if !q.found && q.slash > from && end > from {
		set.bySlash(s, from, q.slash, q.report)
	}
	best := &q.best
	if q.likely {
		if h, ok := set.prefix(s, from); ok && (!q.found || best.edits > 1 || (best.sep != sepHard && best.sep != sepLine && h.rank > best.rank)) {
			*best, q.found = h, true
		}
	}
	if !q.found {
		return hit{}, false
	}
	best.label, best.at = from, set.pastTwin(s, *best)
	if addressed(s[best.at:]) || best.sep <= sepLine && strings.HasSuffix(strings.TrimSpace(s[from:best.at]), "様") {
		return hit{}, false
	}
	return *best, true
}

// labelSearch is the search for the best label of one line.
type labelSearch struct {
	set    *labelSet
	s      string
	from   int
	likely bool // a label can begin here
	slash  int  // where the first slash stands; -1 when there is none
	best   hit
	found  bool
}

func (q *labelSearch) report(h hit) {
	switch {
	case !q.found || h.rank > q.best.rank || h.rank == q.best.rank && h.at >= q.best.at:
	case h.sep == sepHard && q.best.sep == sepSoft && h.field == q.best.field && h.rank >= q.best.rank-1: // "Comments, if any:"
	default:
		return
	}
	q.best, q.found = h, true
}

// scan tries the text before each separator. It returns where the line ends if
// all of it may still be a label, else -1.
func (q *labelSearch) scan() (end int) {
	n, depth := 0, 0
	pair := twoBrackets(q.s, q.from)
	for i, r := range q.s[q.from:] {
		at := q.from + i
		if n++; n > maxLabelRunes || r == '[' && pair {
			return -1
		}
		switch r {
		case '/':
			if q.slash < 0 {
				q.slash = at
			}
		case '(', '[', '{', '（':
			if depth++; depth == 1 && i > 0 {
				q.set.try(q.s, q.from, at, sepNone, q.report)
			}
			continue
		case ')', ']', '}', '）':
			depth = max(depth-1, 0)
		}
		sep := separatorAt(q.s, at, r)
		if sep == sepNone || (depth > 0 && sep != sepHard) {
			continue
		}
		if q.likely || sep == sepHard || dashAt(q.s, at) {
			q.set.try(q.s, q.from, at, sep, q.report)
		}
		if sep == sepHard && depth == 0 {
			return -1
		}
	}
	return len(q.s)
}

// addressed says whether what looks like a label is followed by a Japanese form
// of address: 「ご担当者様」 is no label.
func addressed(rest string) bool {
	for _, title := range []string{"様", "さま", "殿", "御中", "各位"} {
		if strings.HasPrefix(rest, title) {
			return true
		}
	}
	return false
}

// twoBrackets says whether a label and its value stand each in brackets: what
// stands in the second ones is no hint.
func twoBrackets(s string, from int) bool {
	_, second, ok := strings.Cut(s[from:], "] [")
	return ok && from > 0 && s[from-1] == '[' && !hintWords.MatchString(second)
}

// unlikelyLabel says whether a whole line that begins like no label reads like a
// sentence: then it is not even a misspelt one.
func unlikelyLabel(s string) bool {
	if len(s) < 24 || strings.Count(s, " ") < 4 {
		return false
	}
	switch s[len(s)-1] {
	case '.', ',', '!', ';':
		return true
	}
	return strings.Contains(s, ", ") || strings.Contains(s, ". ")
}

// lookupExact recognises a phrase as the table has it.
func (set *labelSet) lookupExact(text string) (label, bool) {
	var p phrase
	p.fold(text)
	if l, ok := set.exact[string(p.text)]; ok {
		return *l, true
	}
	return label{}, false
}

// bySlash reads "POC / Ana Lopez" and "Case Number/01234567", where no other
// separator shows a label.
func (set *labelSet) bySlash(s string, from, at int, report func(hit)) {
	rest := s[at+1:]
	l, ok := set.exact[labelKey(s[from:at])]
	spaced := strings.HasPrefix(rest, " ") && strings.HasSuffix(s[:at], " ")
	if !ok || l.rank < good || strings.TrimSpace(rest) == "" || !(spaced || l.rank == strong && len(strings.Fields(s[from:at])) > 1) {
		return
	}
	if !unicode.IsUpper(firstRune(s[from:])) && unicode.Is(unicode.Latin, firstRune(s[from:])) {
		return
	}
	report(hit{field: l.field, rank: l.rank - 1, sep: sepSoft, at: len(s) - len(strings.TrimLeft(rest, " "))})
}

// try looks s[from:to] up and reports it as a hit.
func (set *labelSet) try(s string, from, to int, sep separator, report func(hit)) {
	text := strings.TrimSpace(s[from:to])
	if text == "" || utf8.RuneCountInString(text) > maxLabelRunes {
		return
	}
	var l label
	var edits int
	var ok bool
	if sep == sepNone || (sep == sepSoft && !dashAt(s, to) && !(from > 0 && s[from-1] == '[' && s[to] == ']')) {
		if l, ok = set.lookupExact(text); !ok {
			l, ok = set.lookupHalves(text)
		}
	} else if l, edits, ok = set.lookup(text); !ok && sep == sepHard {
		if l, ok = set.beside(text); !ok {
			l, ok = set.withTail(text)
		}
		edits = 0
	}
	if !ok {
		return
	}
	h := hit{field: l.field, rank: l.rank, sep: sep, at: to, edits: edits}
	if sep == sepNone {
		return // an opening bracket: only a hint may follow, the loop goes on
	}
	h.at = skipSeparators(s, to)
	if i := strings.IndexAny(text, "(["); h.field == CaseNumber && i > 0 && h.at == len(s) && digits(text[i:]) >= 4 {
		h.at = from + strings.IndexAny(s[from:], "([") // "Case Number (01234567)"
	}
	switch {
	case edits > 0 && h.rank > weak:
		h.rank--
	case sep == sepSoft && h.rank == weak, sep == sepLine && h.rank == weak:
		h.rank = weak - 1
	case sep == sepLine && h.rank == good:
		h.rank = weak
	}
	if edits > 1 && sep == sepLine {
		h.rank = weak
	}
	report(h)
}

// begins says whether a line begins with a sure label and a colon.
func (set *labelSet) begins(s string) bool {
	h, ok := set.find(clipRunes(strings.TrimLeft(s, "> "), 400), false)
	return ok && h.rank >= good && h.sep == sepHard
}

// hits finds all labels of a document, one a line at most.
func (set *labelSet) hits(lines []line) []hit {
	var found []hit
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		if l.kind != ordinary || l.blank() {
			continue
		}
		h, ok := set.find(clipRunes(l.text, 400), isCell(lines, i))
		if w, wrapped := set.wrapped(lines, i, h, ok); wrapped {
			h, ok = w, true
		} else {
			h.line, h.end = i, i
		}
		if !ok {
			continue
		}
		h = set.overTwoLines(lines, h)
		found = append(found, h)
		i = h.end
	}
	return found
}

// wrapped finds a label that a hard wrap cut in two or three.
func (set *labelSet) wrapped(lines []line, i int, own hit, hasOwn bool) (hit, bool) {
	text := lines[i].text
	if len(text) > 80 || text == "" || strings.ContainsAny(text[len(text)-1:], "?!") || !set.mayBegin(text[decoration(text):]) || (hasOwn && own.sep == sepHard) || !set.starts[labelKey(text[decoration(text):])] {
		return hit{}, false
	}
	joined := text
	var best hit
	found := false
	for j := i + 1; j < len(lines) && j <= i+2; j++ {
		next := lines[j]
		if next.blank() || next.kind != ordinary || next.depth > lines[i].depth || !(next.row == lines[i].row && next.col == lines[i].col || next.tab && next.col == 0) {
			break
		}
		another, labelled := set.find(clipRunes(next.text, 200), false)
		before := len(joined) + 1
		joined += " " + clipRunes(next.text, 400)
		h, ok := set.find(joined, isCell(lines, j))
		if labelled && hasOwn && own.edits == 0 && another.rank >= good && own.rank >= good && !(another.edits > 0 && ok && h.edits == 0 && h.field == own.field && h.at > before) {
			break
		}
		if !ok || h.at < before || h.rank < weak || h.sep == sepNone || !labelEndsAfter(joined, h, before) || (found && h.edits > best.edits) {
			continue
		}
		h.line, h.end, h.at = i, j, min(h.at-before, len(next.text))
		h.rank = max(h.rank, good)
		best, found = h, true
		if h.sep == sepHard {
			break
		}
	}
	return best, found
}

// labelEndsAfter makes sure the label itself, not only its separator, reaches
// into the second line.
func labelEndsAfter(joined string, h hit, before int) bool {
	label := strings.TrimRight(joined[:h.at], " :：=-–—.*_\t")
	return len(label) > before
}

// isCell says whether the cell of this line is followed or preceded by another
// one of its row: then the cell's border is the separator.
func isCell(lines []line, i int) bool {
	return lines[i].row > 0 && ((i+1 < len(lines) && lines[i+1].row == lines[i].row && lines[i+1].col != lines[i].col) ||
		(i > 0 && lines[i-1].row == lines[i].row && lines[i-1].col != lines[i].col))
}

func clipRunes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
