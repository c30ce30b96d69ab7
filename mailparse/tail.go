package mailparse

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tailAt says whether the mail's text ends before line j: sign-off, signature,
// device line, disclaimer, footer.
func (rd *reader) tailAt(j, stop int, h hit, begun bool) bool {
	s := rd.lines[j].text
	if s == "--" || isDelimiter(s) && !(begun && rd.proseFollows(j+1, stop)) || rd.isTail(j) {
		return true
	}
	if rd.isClosing(j) && !rd.proseFollows(j+1, stop) {
		return true
	}
	parted := j > 0 && rd.lines[j-1].blank()
	if rd.from.names(s) && (begun || h.field != POC) && (parted || rd.signatureBlock(j+1, stop)) && !rd.proseFollows(j+1, stop) {
		return true
	}
	if begun && parted && rd.from.addr != "" && strings.EqualFold(s, rd.from.addr) && !rd.proseFollows(j+1, stop) {
		return true
	}
	if begun && rd.from.names(s) && len(strings.Fields(s)) >= 2 && nextText(rd.lines[:stop], j+1) < 0 {
		return true
	}
	if isRuler(s) && utf8.RuneCountInString(s) >= 3 && rd.contactBlock(j+1, stop) {
		return true
	}
	if !parted || (!begun && (h.field != Comments || rd.lines[h.end].row > 0)) {
		return false
	}
	return begun && rd.bareName(j, stop) || (isName(s) && rd.signatureBlock(j+1, stop))
}

// proseFollows says whether real text, more than a signature, comes below.
func (rd *reader) proseFollows(j, stop int) bool {
	lines, prose := 0, 0
	for ; j < stop && lines < 14; j++ {
		l := rd.lines[j]
		if l.blank() {
			continue
		}
		if l.kind == quoteHead || l.depth != rd.lines[max(j-1, 0)].depth && lines > 0 || rd.isTail(j) || isDelimiter(l.text) {
			break
		}
		if lines > 0 && rd.isClosing(j) {
			return prose > 0
		}
		lines++
		n := proseWords(l.text)
		if n >= 7 && !isSignatureRow(l.text) || n >= 5 && strings.HasSuffix(l.text, ".") && unicode.IsUpper(firstRune(l.text)) {
			prose++
		}
	}
	return prose > 0
}

// proseWords counts the words of a line that may be a sentence: a row of
// titles, numbers and addresses that marks part is none.
func proseWords(s string) int {
	if strings.HasPrefix(s, "***") && strings.HasSuffix(s, "***") || strings.Count(s, " | ")+strings.Count(s, " · ")+strings.Count(s, " • ") >= 2 {
		return 0
	}
	n := 0
	for w := range strings.FieldsSeq(s) {
		if !strings.ContainsRune(w, '@') && strings.IndexFunc(w, unicode.IsLetter) >= 0 {
			n++
		}
	}
	return n
}

// notName are single words that close a comment and are nobody's name.
var notName = map[string]bool{"urgent": true, "asap": true, "please": true, "help": true, "none": true, "critical": true, "important": true, "dringend": true, "urgente": true, "spoed": true, "sofort": true}

// bareName recognises a name as the very last line.
func (rd *reader) bareName(j, stop int) bool {
	s := rd.lines[j].text
	words := strings.Fields(s)
	if len(words) > 3 || notName[strings.ToLower(strings.Trim(s, ".!"))] || !isName(s) || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") {
		return false
	}
	for k := j + 1; k < stop; k++ {
		l := rd.lines[k]
		if l.kind == quoteHead || l.depth > rd.lines[j].depth || rd.isTail(k) || isDelimiter(l.text) {
			break
		}
		if !l.blank() {
			return false
		}
	}
	return true
}

// signatureBlock says whether the few lines from j on are contact rows.
func (rd *reader) signatureBlock(j, stop int) bool {
	rows, lines := 0, 0
	for ; j < stop && lines < 10; j++ {
		l := rd.lines[j]
		if l.blank() {
			continue
		}
		if l.kind == quoteHead || rd.isTail(j) || isDelimiter(l.text) {
			break
		}
		lines++
		if len(strings.Fields(l.text)) > 12 {
			return false
		}
		if contactRow(l.text) || hasAddress(l.text) || strings.Contains(l.text, "www.") {
			rows++
		}
	}
	return rows > 0
}

// contactRow says whether a line is a row like "Tel: …" or a number alone.
func contactRow(s string) bool {
	return isSignatureRow(s) || s != "" && (s[0] == '+' || s[0] == '(' || s[0] >= '0' && s[0] <= '9') && telRow.MatchString(s)
}

func isSignatureRow(s string) bool {
	t := strings.TrimLeft(s, "*_|•· \t")
	return beginsLike(t, rowHeads) && strings.ContainsAny(clipRunes(t, 24), ":：.|+)") && signatureRow.MatchString(s)
}

// contactBlock says whether a ruler opens a signature.
func (rd *reader) contactBlock(j, stop int) bool {
	k := nextText(rd.lines[:stop], j)
	if k < 0 {
		return true
	}
	if rd.isTail(k) || rd.from.names(rd.lines[k].text) || rd.lines[k].kind == quoteHead {
		return true
	}
	return rd.signatureBlock(j, stop) && !rd.proseFollows(j, stop)
}
