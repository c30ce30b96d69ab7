package mailparse

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// signature says whether line j begins a signature by its shape: a name, then
// to the end nothing but lines such as signatures are made of. from is where
// the value begins: text of it that ends in a colon announces a list.
func (rd *reader) signature(j, stop, from int) bool {
	s := rd.lines[j].text
	for k := j - 1; k >= from; k-- {
		if above := rd.lines[k].text; above != "" {
			if shouted(s) && strings.Count(s, " ") > 0 && shouted(above) {
				return false // the whole comment is in capitals
			}
			if endsInColon(above) && (k > from || !rd.labelEnds(k)) {
				return false
			}
			break
		}
	}
	if isCell(rd.lines, j) && !rd.signatureBlock(j, stop) {
		return false // a table of the value
	}
	n := rd.allSignature(j, stop)
	switch {
	case n == 0:
		return false
	case n == 1:
		first := leadingName(s)
		return isRole(s) || first != s && (isRole(first) || isName(first) && len(strings.Fields(first)) >= 2 || rd.own(first) || strings.Contains(s, "www.") || hasAddress(s))
	}
	first := leadingName(s)
	return isName(first) && !unicode.IsLower(firstRune(first)) || rd.own(first) || isRole(first)
}

// labelEnds says whether a line is a label and no more.
func (rd *reader) labelEnds(k int) bool {
	_, ok := rd.parser.labels.bareLabel(clipRunes(rd.lines[k].text, 400))
	return ok
}

// cutBar cuts a line at its first bar or dot that parts name, title and firm.
func cutBar(s string) (before, after string, found bool) {
	for _, bar := range []string{" | ", " · ", " • ", " – ", " - ", " / "} {
		if before, after, found = strings.Cut(s, bar); found {
			return before, after, found
		}
	}
	return s, "", false
}

// leadingName is what stands before the first comma, bar or bracket of a
// signature's first line: "Night Desk (she/her) | Harbour".
func leadingName(s string) string {
	if t := inBrackets.ReplaceAllString(s, ""); t != "" {
		s = t
	}
	if first, _, ok := strings.Cut(s, ","); ok {
		return first
	}
	first, _, _ := cutBar(s)
	return first
}

// allSignature counts the lines of text from j to where the text ends, if all
// of them, a dozen at most, are such as signatures are made of; else it is 0.
func (rd *reader) allSignature(j, stop int) int {
	n := 0
	for k := j; k < stop; k++ {
		l := rd.lines[k]
		if l.blank() {
			continue
		}
		if k > j && (l.kind == quoteHead || l.depth != rd.lines[j].depth || l.signed || rd.isTail(k) || isDelimiter(l.text) || isAside(l.text)) {
			break
		}
		if n++; n > 12 || !signatureLine(l.text) && !rd.own(l.text) && !isRole(l.text) {
			return 0
		}
	}
	return n
}

// signatureLine says whether a line may be part of a signature: a contact row,
// an address, a ruler, or a few words most of which are capitalised and that
// make no sentence.
func signatureLine(s string) bool {
	if len(s) > 120 {
		return false
	}
	if contactRow(s) || isRuler(s) || hasAddress(s) && strings.Count(s, " ") < 8 || strings.HasPrefix(s, "www.") || strings.HasPrefix(s, "http") && !strings.Contains(s, " ") {
		return true
	}
	return titled(s) || isFirm(s)
}

// isFirm says whether a short line ends in a company's legal form.
func isFirm(s string) bool {
	return len(s) <= 80 && strings.Count(s, " ") < 10 && legalForm.MatchString(s)
}

var legalForm = regexp.MustCompile(`(?i)[\s,](?:ltd|limited|llc|llp|inc|corp|corporation|plc|pty|pty ltd|co|gmbh|gmbh & co\.? kg|ag|kg|ohg|gbr|e\.? ?v|ug|se|s\.? ?a|s\.? ?a\.? ?s|sas|sarl|s\.? ?à ?r\.? ?l|s\.? ?p\.? ?a|spa|s\.? ?r\.? ?l|srl|s\.? ?l|s\.? ?l\.? ?u|lda|ltda|b\.? ?v|n\.? ?v|bvba|oy|oyj|ab|aps|a/s|as|asa|sp\.? ?z ?o\.? ?o|s\.? ?r\.? ?o|a\.? ?s|d\.? ?o\.? ?o|kft|zrt|ooo|k\.? ?k)\.?$|株式会社|有限会社|有限公司`)

var smallWords = newPhrases("of,and,the,for,at,in,on,to,de,des,du,d,la,le,les,l,et,der,die,das,den,dem,und,für,im,am,an,van,von,zu,y,e,o,do,da,dos,di,del,della,dei,per,il,en,het,voor,op,te,og,och,af,i,c").phrases

// titled says whether a line reads like a name, a title, a firm or a place.
func titled(s string) bool {
	if r := firstRune(s); unicode.IsLower(r) || strings.ContainsRune("-*•·>#", r) || endsSentence(s) && !abbreviated(s) || endsInColon(s) {
		return false
	}
	if tellsSomething(s) {
		return false
	}
	words, low, high := 0, 0, 0
	for w := range strings.FieldsSeq(s) {
		w = strings.Trim(w, "()[],.;*_|/&+\"'·•–-")
		if w == "" {
			continue
		}
		words++
		r := firstRune(w)
		switch {
		case r >= 0x2e80:
			if !titledCJK(w) {
				return false
			}
			high++
		case unicode.IsUpper(r) || unicode.Is(unicode.Lo, r):
			high++
		case unicode.IsDigit(r):
		case !smallWords[strings.ToLower(w)]:
			low++
		}
	}
	return words > 0 && words <= 10 && high > 0 && low*3 <= words || words <= 3 && low <= 1 && high+low < words
}

// titledCJK tells names and titles of Japanese and Chinese from sentences, which
// end in a verb's kana or a full stop.
func titledCJK(w string) bool {
	last, _ := utf8.DecodeLastRuneInString(w)
	return utf8.RuneCountInString(w) <= 20 && !(last >= 0x3041 && last <= 0x309f) && !strings.ContainsAny(w, "、。，！？")
}

// endsSentence says whether a line ends with the mark of a finished sentence.
func endsSentence(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, " )\"'”’"))
	return strings.ContainsRune(".!?。！？…", r) && r != utf8.RuneError
}

// abbreviated says whether a full stop ends no sentence but "Inc." or "S.A.".
func abbreviated(s string) bool {
	last := s[strings.LastIndexByte(strings.TrimRight(s, " "), ' ')+1:]
	return strings.HasSuffix(last, ".") && (utf8.RuneCountInString(last) <= 4 || strings.Count(last, ".") > 1)
}

// shouted says whether a line, without its label, is in capitals throughout.
func shouted(s string) bool {
	s = s[strings.LastIndexByte(s, ':')+1:]
	return s != "" && s == strings.ToUpper(s) && s != strings.ToLower(s)
}
