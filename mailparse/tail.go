package mailparse

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tailAt says whether the mail's text ends before line j: sign-off, signature,
// device line, disclaimer, footer. begun says whether the value has a line
// already.
func (rd *reader) tailAt(j, stop int, h hit, begun bool) bool {
	s := rd.lines[j].text
	parted := j > 0 && rd.lines[j-1].blank()
	switch {
	case begun && parted && rd.lines[j].small && !rd.lines[h.line].small:
		return true // in small print
	case rd.lines[j].signed && !rd.lines[h.line].signed:
		return true
	case s == "--" && !(begun && rd.announced(j, h)) || s != "--" && isDelimiter(s) && (!begun || rd.delimits(j, stop, h)):
		return true
	case rd.isTail(j) && !rd.announced(j, h):
		return true
	case rd.isClosing(j) && (!rd.proseFollows(j+1, stop) || rd.signedBelow(j+1, stop)):
		return true
	case isRuler(s) && rd.contactBlock(j+1, stop) && rd.fence(j, stop, h) == 0:
		return true
	case (begun || h.field == Comments && parted) && rd.closesByShape(j, stop) || begun && rd.markedName(j, stop):
		return true
	}
	if rd.own(s) && (begun || h.field != POC) && (parted || rd.signatureBlock(j+1, stop)) && !rd.proseFollows(j+1, stop) {
		return true
	}
	if begun && parted && rd.from.addr != "" && strings.EqualFold(s, rd.from.addr) && !rd.proseFollows(j+1, stop) {
		return true
	}
	if begun && !parted {
		return rd.lastName(j, stop)
	}
	if !parted || begun && rd.openAbove(j, h) || (!begun && (h.field != Comments || rd.lines[h.end].row > 0)) {
		return false
	}
	return begun && (rd.bareName(j, stop) || rd.kinBlock(j, stop) || rd.card(j, stop) && !rd.closesLater(j+1, stop)) || isName(s) && rd.signatureBlock(j+1, stop) || (begun || !rd.alone) && rd.signature(j, stop, h.end)
}

// own says whether a line is the sender's name, or the name that the form gives
// as the point of contact.
func (rd *reader) own(s string) bool {
	return rd.from.names(s) || rd.poc != "" && strings.EqualFold(strings.Trim(s, "*_ ,."), rd.poc)
}

// signedBelow says whether the paragraph below a sign-off is a signature beyond
// doubt: short lines, one of them a contact row or the sender's name. What
// stands below it then is no part of the value, prose or not.
func (rd *reader) signedBelow(j, stop int) bool {
	k := nextText(rd.lines[:stop], j)
	if k < 0 || k > j+4 {
		return false
	}
	sure := rd.own(rd.lines[k].text) && len(rd.lines[k].text) > 3
	if rd.nameLine(rd.lines[k].text) {
		return sure || !rd.closesLater(k+1, stop)
	}
	for n := 0; k < stop && !rd.lines[k].blank() && n < 10; k, n = k+1, n+1 {
		s := rd.lines[k].text
		row := contactRow(s) || hasAddress(s)
		if !row && n < 3 && !signatureLine(s) {
			return false
		}
		sure = sure || row
	}
	return sure || !rd.closesLater(k, stop)
}

// nameLine says whether the line below a sign-off names who signs: a name, a
// role, a firm, or three words at most that say nothing.
func (rd *reader) nameLine(s string) bool {
	if len(s) > 60 || endsSentence(s) && !abbreviated(s) || endsInColon(s) {
		return false
	}
	if rd.own(s) || isRole(s) || isName(s) && !unicode.IsLower(firstRune(s)) || isFirm(s) {
		return true
	}
	words := splitWords(s, 5)
	for _, w := range words {
		if doing[w.text] || finite[w.text] {
			return false
		}
	}
	return len(words) <= 3 && unicode.IsUpper(firstRune(s)) && digits(s) == 0
}

// closesLater says whether another sign-off comes below, with prose before it:
// then the one above stands in a letter that the value quotes.
func (rd *reader) closesLater(j, stop int) bool {
	for k := j; k < min(stop, j+80) && rd.lines[k].kind != quoteHead; k++ {
		if rd.isClosing(k) {
			return true
		}
	}
	return false
}

// delimits says whether a rule such as "---" parts a signature or a footer from
// the text, and not one part of the text from another.
func (rd *reader) delimits(j, stop int, h hit) bool {
	if rd.delimitedLater(j+1, stop) || rd.fence(j, stop, h) > 0 || rd.announced(j, h) {
		return false
	}
	return rd.contactBlock(j+1, stop) || rd.lines[j-1].blank() && !rd.proseFollows(j+1, stop)
}

// delimitedLater says whether the signature's own delimiter (RFC 3676, section
// 4.3) comes below: then no other rule is one.
func (rd *reader) delimitedLater(j, stop int) bool {
	for k := j; k < min(stop, j+400) && rd.lines[k].kind == ordinary && rd.lines[k].zone == rd.lines[j].zone; k++ {
		if rd.lines[k].text == "--" && rd.lines[k].depth == rd.lines[j].depth {
			return true
		}
	}
	return false
}

// fence finds where pasted text ends that two equal rulers embrace, the first of
// which a colon announces; 0 where line j is no such ruler.
func (rd *reader) fence(j, stop int, h hit) int {
	above := j - 1
	for above > h.end && rd.lines[above].blank() {
		above--
	}
	if above <= h.end && rd.after(h) == "" || !endsInColon(rd.lines[above].text) {
		return 0
	}
	for k := j + 2; k < min(stop, j+60) && rd.lines[k].depth == rd.lines[j].depth; k++ {
		if rd.lines[k].text == rd.lines[j].text {
			return k
		}
	}
	return 0
}

// announced says whether the text above line j, within the value of h, ends in a
// colon: what follows is pasted, and more of the value stands below it.
func (rd *reader) announced(j int, h hit) bool {
	k := j - 1
	for k > h.end && rd.lines[k].blank() {
		k--
	}
	if k < h.end || !endsInColon(rd.lines[k].text) || k == h.end && rd.after(h) == "" {
		return false
	}
	return rd.proseFollows(j+1, len(rd.lines))
}

// openAbove says whether the text above line j breaks off: "deliver to".
func (rd *reader) openAbove(j int, h hit) bool {
	for k := j - 1; k >= h.end; k-- {
		if s := rd.lines[k].text; s != "" {
			return openWords[lastWord(clipRunes(s, 400))] && !endsSentence(s)
		}
	}
	return false
}

var openWords = newPhrases("to,at,for,the,with,from,and,or,of,is,are,an,am,bei,mit,von,und,oder,für,zu,zur,zum,der,die,das,ist,à,de,du,des,et,ou,pour,chez,est,a,en,con,para,por,y,o,es,e,com,per,di,da,è,aan,voor,met,van,bij,naar").phrases

// lastName recognises a name right below the last sentence, without an empty
// line, as the last line of all.
func (rd *reader) lastName(j, stop int) bool {
	s := rd.lines[j].text
	if name := leadingName(s); rd.from.names(name) && strings.Contains(name, " ") && (name == s && rd.endsAt(j+1, stop) || name != s && rd.allSignature(j, stop) > 0 || rd.allSignature(j, stop) > 1) {
		return true
	}
	return endsSentence(rd.lines[j-1].text) && rd.bareName(j, stop) && len(strings.Fields(s)) <= 2
}

// closesByShape recognises a sign-off that no list holds by its shape: a few
// words and a comma after a finished paragraph or sentence, then a name; or a
// few words right above the sender's own name.
func (rd *reader) closesByShape(j, stop int) bool {
	s := rd.lines[j].text
	if len(s) > 60 || strings.Count(s, " ") > 6 || strings.ContainsAny(s, "0123456789@:") {
		return false
	}
	above := rd.lines[j-1]
	k := nextText(rd.lines[:stop], j+1)
	if !above.blank() && !endsSentence(above.text) || k < 0 || k > j+3 {
		return false
	}
	name := rd.lines[k].text
	switch {
	case strings.HasSuffix(s, ",") || strings.HasSuffix(s, "、"):
		return (rd.own(name) || isName(name)) && (rd.bareName(k, stop) || rd.allSignature(k, stop) > 0)
	case k == j+1 && above.blank() && strings.HasSuffix(s, "!") && strings.Count(s, " ") < 3 && !tellsSomething(s):
		return rd.groupLine(name) && (rd.endsAt(k+1, stop) || rd.allSignature(k, stop) > 0) // "Ad astra!"
	case k == j+1 && above.blank() && !endsSentence(s) && regardWords[lastWord(s)]:
		return rd.nameLine(name) && (rd.endsAt(k+1, stop) || rd.allSignature(k, stop) > 0)
	case k == j+1 && above.blank() && strings.Count(s, " ") < 4 && (!endsSentence(s) || strings.HasSuffix(s, "!")):
		return rd.own(name) && (rd.endsAt(k+1, stop) || rd.allSignature(k, stop) > 0)
	}
	return false
}

// groupLine says whether a line names a role or group, with an article or not:
// "the planetarium crew".
func (rd *reader) groupLine(s string) bool {
	words := splitWords(s, 6)
	if len(words) > 1 && nameArticle[words[0].text] {
		return len(words) <= 5 && roleWords[words[len(words)-1].text]
	}
	return isRole(s) || rd.own(s)
}

// lastWord is the last word of a line, folded.
func lastWord(s string) string {
	words := splitWords(s, 12)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1].text
}

// markedName recognises a name behind a dash as the last line: "- Ana", "/Ana".
func (rd *reader) markedName(j, stop int) bool {
	s := rd.lines[j].text
	name := strings.TrimLeft(s, "-–—―/~ ")
	if name == s || len(name) > 40 || !rd.from.names(name) && (!isName(name) || len(strings.Fields(name)) > 3 || unicode.IsLower(firstRune(name))) {
		return false
	}
	for k := j - 1; k >= 0; k-- {
		if above := rd.lines[k].text; above != "" {
			return firstRune(above) != firstRune(s) && !endsInColon(above) && rd.endsAt(j+1, stop)
		}
	}
	return false
}

// endsAt says whether the mail's text is over at line k: nothing but a quote, a
// footer or the end follows.
func (rd *reader) endsAt(k, stop int) bool {
	for ; k < stop; k++ {
		l := rd.lines[k]
		if l.kind == quoteHead || l.depth > rd.lines[k-1].depth || l.signed || rd.isTail(k) || isDelimiter(l.text) {
			return true
		}
		if !l.blank() {
			return false
		}
	}
	return true
}

// proseFollows says whether real text, more than a signature, comes below.
func (rd *reader) proseFollows(j, stop int) bool {
	lines, prose := 0, 0
	for ; j < stop && lines < 14; j++ {
		l := rd.lines[j]
		if l.blank() {
			continue
		}
		if l.kind == quoteHead || l.signed || l.depth != rd.lines[max(j-1, 0)].depth && lines > 0 || rd.isTail(j) || isDelimiter(l.text) || postscript(l.text) {
			break
		}
		if rd.isClosing(j) {
			return prose > 0
		}
		lines++
		n := proseWords(l.text)
		if n >= 3 && endsSentence(l.text) && unicode.IsLower(firstRune(l.text)) {
			prose++ // the end of a sentence that began above
		}
		if n >= 7 && !isSignatureRow(l.text) || n >= 5 && strings.HasSuffix(l.text, ".") && !abbreviated(l.text) && unicode.IsUpper(firstRune(l.text)) && !titled(strings.TrimRight(l.text, ".")) {
			prose++
		}
	}
	return prose > 0
}

// postscript says whether a line is one: it belongs to the letter, and what
// stands above it is its end.
func postscript(s string) bool {
	s = strings.TrimLeft(s, "*_ ")
	for _, mark := range []string{"PS", "P.S", "P. S", "ps:", "Ps:"} {
		if rest, ok := strings.CutPrefix(s, mark); ok && (rest == "" || !unicode.IsLetter(firstRune(rest))) {
			return true
		}
	}
	return false
}

// proseWords counts the words of a line that may be a sentence: a row of
// titles, numbers and addresses that marks part is none.
func proseWords(s string) int {
	if strings.HasPrefix(s, "***") && strings.HasSuffix(s, "***") || strings.Count(s, " | ") >= 2 || !plainASCII(s) && strings.Count(s, " · ")+strings.Count(s, " • ") >= 2 {
		return 0
	}
	n, letter, at := 0, false, false
	for i := 0; i <= len(s); i++ {
		switch {
		case i == len(s) || s[i] == ' ' || s[i] == '\t':
			if letter && !at {
				n++
			}
			letter, at = false, false
		case s[i] == '@':
			at = true
		case s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' || s[i] >= utf8.RuneSelf:
			letter = true
		}
	}
	return n
}

// notName are words that close a comment and are in nobody's name.
var notName = newPhrases("urgent,asap,see,attached,attachment,attachments,enclosed,priority,stopped,broken,failed,failure,production,again,still,soon,please,help,hurry,none,nothing,everything,same,likewise,ditto,attn,fao,cc,critical,important,now,today,dringend,bitte,sofort,eilt,urgente,spoed,urgence,vite").phrases

var initials = regexp.MustCompile(`^(?:\p{Lu}\. ?){2,3}$`)

// bareName recognises a name as the very last line.
func (rd *reader) bareName(j, stop int) bool {
	s := rd.lines[j].text
	words := strings.Fields(s)
	if initials.MatchString(s) {
		return rd.endsAt(j+1, stop)
	}
	if len(words) > 3 || slices.ContainsFunc(words, func(w string) bool { return notName[strings.ToLower(strings.Trim(w, ".!"))] }) || !isName(s) || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") {
		return false
	}
	if len(words) > 1 && shouted(s) && j > 1 && (shouted(rd.lines[j-1].text) || shouted(rd.lines[j-2].text)) {
		return false // the whole comment is in capitals
	}
	return rd.endsAt(j+1, stop)
}

// paragraph joins the lines of text from i to the next empty one, six at most.
func (rd *reader) paragraph(i int) string {
	s := rd.lines[i].text
	for k := i + 1; k < min(i+6, len(rd.lines)) && !rd.lines[k].blank() && rd.lines[k].depth == rd.lines[i].depth; k++ {
		s += " " + clipRunes(rd.lines[k].text, 300)
	}
	return s
}
