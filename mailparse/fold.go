package mailparse

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// phrase is a label's text folded: hints in brackets go, then case, accents,
// blanks and punctuation; "#", "nr" and "no" are the word number. It lives on
// the stack: most lines of a mail are asked whether they begin with a label.
type phrase struct {
	text  []byte // the words that count, without blanks
	ends  []int  // where each of them ends in text
	store [320]byte
	marks [48]int
}

const numberSign = "#"

// fold reads a phrase of at most 300 bytes; a longer one is empty.
func (p *phrase) fold(s string) {
	p.text, p.ends = p.store[:0], p.marks[:0]
	if len(s) > 300 {
		return
	}
	s = dropHints(s)
	if plainASCII(s) {
		p.foldASCII(s)
	} else {
		p.foldUnicode(s)
	}
	p.joinNumero()
	first, last := 0, len(p.ends)
	for last-first > 1 && fillerFirst[string(p.word(first))] {
		first++
	}
	for last-first > 1 && fillerLast[string(p.word(last-1))] {
		last--
	}
	p.keep(first, last)
}

// word returns the i-th word.
func (p *phrase) word(i int) []byte {
	begin := 0
	if i > 0 {
		begin = p.ends[i-1]
	}
	return p.text[begin:p.ends[i]]
}

// key is the folded phrase as a string.
func (p *phrase) key() string { return string(p.text) }

// keep leaves the words from first to last and spells out the numbers among
// them.
func (p *phrase) keep(first, last int) {
	numbers := false
	for i := first + 1; i < last; i++ {
		numbers = numbers || numberWord[string(p.word(i))]
	}
	if first == 0 && !numbers {
		p.ends = p.ends[:last]
		if last > 0 {
			p.text = p.text[:p.ends[last-1]]
		}
		return
	}
	old := *p
	old.text, old.ends = old.store[:len(p.text)], old.marks[:len(p.ends)]
	p.text, p.ends = p.store[:0], p.marks[:0]
	for i := first; i < last; i++ {
		if w := old.word(i); i > first && numberWord[string(w)] {
			p.text = append(p.text, "number"...)
		} else {
			p.text = append(p.text, w...)
		}
		p.endWord()
	}
}

// endWord ends a word where the text ends.
func (p *phrase) endWord() {
	begin := 0
	if n := len(p.ends); n > 0 {
		begin = p.ends[n-1]
	}
	if len(p.text) > begin && len(p.ends) < cap(p.ends) {
		p.ends = append(p.ends, len(p.text))
	}
}

// sign adds a word that one character stands for.
func (p *phrase) sign(w string) {
	p.endWord()
	p.text = append(p.text, w...)
	p.endWord()
}

// A hyphen or an apostrophe joins, everything else that is no letter or digit
// parts words.
func (p *phrase) foldASCII(s string) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			p.text = append(p.text, c)
		case c >= 'A' && c <= 'Z':
			p.text = append(p.text, c+'a'-'A')
		case c == '-' || c == '\'':
		case c == '#':
			p.sign(numberSign)
		case c == '&':
			p.sign("and")
		default:
			p.endWord()
		}
	}
	p.endWord()
}

func (p *phrase) foldUnicode(s string) {
	mixed := mixesCyrillic(s)
	if t := strings.TrimPrefix(strings.TrimPrefix(s, "ご"), "お"); len(t) > len("ご") {
		s = t // the honorific of Japanese
	}
	for _, r := range norm.NFKD.String(s) {
		if mixed {
			r = latinTwin(unicode.ToLower(r))
		}
		switch {
		case r >= 'a' && r <= 'z':
			p.text = append(p.text, byte(r))
		case unicode.Is(unicode.Mn, r) || r == '-' || r == '\'' || r == '’' || r == '‑':
		case r == 'ß':
			p.text = append(p.text, "ss"...)
		case r == '#' || r == '№' || r == 'º' || r == '°':
			p.sign(numberSign)
		case r == '&':
			p.sign("and")
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == 'ー':
			p.text = utf8.AppendRune(p.text, unicode.ToLower(r))
		default:
			p.endWord()
		}
	}
	p.endWord()
}

// mixesCyrillic says whether Cyrillic letters stand among Latin ones, as where
// somebody forgot to change the keyboard.
func mixesCyrillic(s string) bool {
	latin, cyrillic := false, false
	for _, r := range s {
		latin = latin || r < utf8.RuneSelf && unicode.IsLetter(r)
		cyrillic = cyrillic || r >= 0x400 && r < 0x530
	}
	return latin && cyrillic
}

// latinTwin is the Latin letter that looks like a small Cyrillic one.
func latinTwin(r rune) rune {
	const cyrillic, latin = "авсеһіјкмнорѕтухԁ", "abcehijkmhopstyxd"
	if r < 0x400 || r >= 0x530 {
		return r
	}
	n := 0
	for _, c := range cyrillic {
		if c == r {
			return rune(latin[n])
		}
		n++
	}
	return r
}

// joinNumero reads "n°", "nº" and the parts of "№" as one word, and a first
// "no" as the number it must be.
func (p *phrase) joinNumero() {
	for i := 0; i+1 < len(p.ends); i++ {
		if w := string(p.word(i)); (w == "n" || w == "no") && string(p.word(i+1)) == numberSign {
			p.replace(i, i+2, "no")
		}
	}
	if len(p.ends) > 0 && string(p.word(0)) == "no" {
		p.replace(0, 1, "numero")
	}
}

// replace puts one word in the place of those from i to before j.
func (p *phrase) replace(i, j int, w string) {
	old := *p
	old.text, old.ends = old.store[:len(p.text)], old.marks[:len(p.ends)]
	p.text, p.ends = p.store[:0], p.marks[:0]
	for k := 0; k < len(old.ends); k++ {
		switch {
		case k == i:
			p.text = append(p.text, w...)
		case k > i && k < j:
			continue
		default:
			p.text = append(p.text, old.word(k)...)
		}
		p.endWord()
	}
}

// labelKey folds a phrase to the key under which the table holds it.
func labelKey(text string) string {
	var p phrase
	p.fold(text)
	return p.key()
}

var (
	fillerFirst = wordSet("the your our my please a der die das ihr ihre unser unsere le la votre notre el su o il seu de uw het any field")
	fillerLast  = wordSet("required optional mandatory pflichtfeld obligatoire obligatorio if here is please optionnel facultatif opcional freiwillig are")
	numberWord  = wordSet("# no nr num nbr nmbr numb numbers")
)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		set[w] = true
	}
	return set
}

// dropHints removes bracketed text, unless nothing else is there.
func dropHints(s string) string {
	if !bracketOpens(s) {
		return s
	}
	var sb strings.Builder
	depth := 0
	for _, r := range s {
		switch r {
		case '(', '[', '{', '<', '（', '［', '【', '〔':
			depth++
		case ')', ']', '}', '>', '）', '］', '】', '〕':
			depth = max(depth-1, 0)
		default:
			if depth == 0 {
				sb.WriteRune(r)
			}
		}
	}
	if strings.TrimFunc(sb.String(), func(r rune) bool { return !unicode.IsLetter(r) }) == "" {
		return s
	}
	return sb.String()
}

// bracketOpens says whether one of the brackets that hold hints is in s.
func bracketOpens(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(', '[', '{', '<':
			return true
		case 0xef:
			if strings.HasPrefix(s[i:], "（") {
				return true
			}
		}
	}
	return false
}
