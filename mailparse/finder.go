package mailparse

import (
	"regexp"
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

func (set *labelSet) findFrom(s string, from int, inCell bool) (best hit, found bool) {
	better := func(h hit) {
		if !found || h.rank > best.rank || (h.rank == best.rank && h.at >= best.at) {
			best, found = h, true
		}
	}
	n, end := 0, len(s)
	depth, slash := 0, -1
	likely, pair := set.mayBegin(s[from:]), twoBrackets(s, from)
	for i, r := range s[from:] {
		if n++; n > maxLabelRunes {
			end = -1
			break
		}
		at := from + i
		if r == '/' && slash < 0 {
			slash = at
		}
		if r == '[' && pair {
			end = -1
			break
		}
		switch {
		case r == '(' || r == '[' || r == '{' || r == '（':
			depth++
			if depth == 1 && i > 0 {
				set.try(s, from, at, sepNone, better)
			}
			continue
		case r == ')' || r == ']' || r == '}' || r == '）':
			depth = max(depth-1, 0)
		}
		sep := separatorAt(s, at, r)
		if sep == sepNone || (depth > 0 && sep != sepHard) {
			continue
		}
		if likely || sep == sepHard || dashAt(s, at) {
			set.try(s, from, at, sep, better)
		}
		if sep == sepHard && depth == 0 {
			end = -1
			break
		}
	}
	if end > from && (likely || !unlikelyLabel(s[from:end])) {
		sep := sepLine
		if inCell {
			sep = sepHard
		}
		set.try(s, from, end, sep, better)
	}
	if !found && slash > from && end > from {
		set.bySlash(s, from, slash, better)
	}
	if likely {
		if h, ok := set.prefix(s, from); ok && (!found || best.edits > 1 || (best.sep != sepHard && best.sep != sepLine && h.rank > best.rank)) {
			best, found = h, true
		}
	}
	best.label = from
	if found {
		best.at = set.pastTwin(s, best)
	}
	if found && (addressed(s[best.at:]) || best.sep <= sepLine && strings.HasSuffix(strings.TrimSpace(s[from:best.at]), "様")) {
		return hit{}, false
	}
	return best, found
}

// pastTwin is where the value begins if the label stands twice, in two languages:
// "Próximo paso esperado - Expected Next Step: …".
func (set *labelSet) pastTwin(s string, h hit) int {
	rest := s[h.at:]
	colon := colonAt(clipRunes(rest, maxLabelRunes))
	if colon <= 0 {
		return h.at
	}
	if l, ok := set.exact[labelKey(rest[:colon])]; ok && l.field == h.field && l.rank >= good {
		return skipSeparators(s, h.at+colon)
	}
	return h.at
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
	if sep == sepNone || (sep == sepSoft && !dashAt(s, to)) {
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

// withTail recognises one of the template's own labels with a few words behind it
// that a preposition begins: "Case Number from your mail", "Ansprechpartner vor
// Ort".
func (set *labelSet) withTail(text string) (label, bool) {
	words := splitWords(text, 14)
	if len(words) < 2 || len(words) > 12 || digits(text) > 0 || tellsSomething(text) {
		return label{}, false
	}
	for n := min(len(words)-1, 8); n > 0; n-- {
		l, ok := set.exact[labelKey(text[:words[n-1].end])]
		if tail := words[n:]; ok && l.rank >= good && len(tail) <= 5 && tailWords[tail[0].text] {
			return label{field: l.field, rank: l.rank - 1}, true // "good" only behind the template's own
		}
	}
	return label{}, false
}

// tailWords begin what people put behind a label.
var tailWords = newPhrases(`from,for,of,in,on,at,to,by,if,as,per,during,with,we,you,this,your,our,here,requested,please,für,von,vor,aus,im,in,am,an,bei,beim,falls,zu,zum,zur,auf,seitens,unsererseits,ihrerseits,tagsüber,nachts,laut,aktuell,
de,du,des,pour,sur,en,chez,si,selon,dans,par,côté,nuestros,nuestras,éventuels,éventuel,éventuelles,à,au,del,para,por,según,desde,da,do,no,na,se,segundo,di,della,per,su,secondo,dalla,dal,van,voor,op,bij,uit,indien,volgens,vanuit,ter`).phrases

// prefix finds a label that nothing but a blank parts from its value.
func (set *labelSet) prefix(s string, from int) (best hit, found bool) {
	text := s[from:]
	words, strange, before := 0, 0, ""
	var p phrase
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
		bare := false // in lower case: a label only beside others
		if found && string(p.text) == before {
			continue // only a filler was added, which may well begin the value
		}
		rest := strings.TrimLeft(text[i:], " .")
		if !ok || rest == "" || l.rank < good && !(l.field == POCContact && startsWithContact(rest)) {
			continue
		}
		h := hit{field: l.field, rank: l.rank - 1, sep: sepNone, at: len(s) - len(rest)}
		switch {
		case l.field == CaseNumber && startsWithNumber(rest):
			h.rank = min(l.rank, good)
		case l.rank < good:
			h.rank, bare = 0, true // "ph +44 …"
		case l.rank == good && unicode.Is(unicode.Latin, firstRune(text)) && (l.field == CaseNumber || unicode.IsLower(firstRune(rest))):
			h.rank, bare = 0, l.field != CaseNumber && !unicode.IsUpper(firstRune(text)) // "Case studies", "Anything else becomes a note"
		case from == 0 && !unicode.IsUpper(firstRune(text)) && unicode.Is(unicode.Latin, firstRune(text)):
			h.rank, bare = 0, true
		}
		if w, _, _ := strings.Cut(strings.ToLower(rest), " "); notValue[strings.Trim(w, ",.")] {
			if l.rank < strong || !opener[w] {
				h.rank, bare = 0, false
			} else if !bare {
				h.rank = weak // "Additional Comments the pump is down"
			}
		}
		if (h.rank > 0 || bare) && (!found || h.at > best.at) {
			best, found, before = h, true, p.key()
		}
	}
	return best, found
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

// overTwoLines moves the value of a label that stands alone behind its translation
// or its hint on the next line: "Nächster Schritt" above "(Expected Next Step): …".
func (set *labelSet) overTwoLines(lines []line, h hit) hit {
	k := h.end + 1
	if k >= len(lines) || h.rank < good || strings.Trim(lines[h.end].text[h.at:], " /|:-–") != "" || lines[k].kind != ordinary || lines[k].depth != lines[h.line].depth || lines[k].row != lines[h.line].row || lines[k].col != lines[h.line].col {
		return h
	}
	s := lines[k].text
	if hint := hintBeforeColon.FindString(s); hint != "" {
		h.end, h.at, h.sep = k, len(hint), sepHard
		return h
	}
	if twin, ok := set.find(clipRunes(s, 400), false); ok && twin.field == h.field && twin.sep == sepHard && twin.edits == 0 && twin.rank >= good {
		h.end, h.at, h.sep = k, twin.at, sepHard
	}
	return h
}

var hintBeforeColon = regexp.MustCompile(`^[(（][^()（）]{2,60}[)）]\s*[:：]\s*`)

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
