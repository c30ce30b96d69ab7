package mailparse

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sender is what identifies the author's own name in a signature.
type sender struct {
	words map[string]bool
	name  string // the display name, folded
	addr  string
	hosts []string        // the labels of the address's domain, without the last
	known map[string]bool // the addresses of the mail: its sender and recipients
}

func newSender(from Address, recipients []string) sender {
	s := sender{words: map[string]bool{}, name: fold(from.Name), addr: strings.ToLower(from.Addr), known: map[string]bool{}}
	s.known[s.addr] = true
	for _, r := range recipients {
		s.known[r] = true
	}
	for _, w := range strings.FieldsFunc(strings.ToLower(from.Name), notLetter) {
		s.words[w] = true
	}
	local, domain, _ := strings.Cut(from.Addr, "@")
	if labels := strings.Split(strings.ToLower(domain), "."); len(labels) > 1 {
		s.hosts = labels[:len(labels)-1]
	}
	for _, w := range strings.FieldsFunc(strings.ToLower(local), notLetter) {
		if len(w) > 2 {
			s.words[w] = true
		}
	}
	return s
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// names says whether a line is the sender's name and no more.
func (s sender) names(text string) bool {
	if s.name != "" && len(text) < 200 && fold(text) == s.name {
		return true
	}
	if len(text) > 200 || strings.Count(text, " ") > 8 || strings.ContainsAny(text, ":：@0123456789") {
		return false
	}
	words := strings.FieldsFunc(strings.ToLower(text), notLetter)
	if len(words) == 0 || len(words) > 5 {
		return false
	}
	for _, w := range words {
		if !s.words[w] && !(utf8.RuneCountInString(w) == 1 && s.initial(w)) {
			return false
		}
	}
	return true
}

func (s sender) initial(w string) bool {
	for name := range s.words {
		if strings.HasPrefix(name, w) {
			return true
		}
	}
	return false
}

// kin says whether a folded word belongs to the sender: it is in the display
// name or the address.
func (s sender) kin(w string) bool {
	if s.words[w] {
		return true
	}
	if utf8.RuneCountInString(w) < 4 {
		return false
	}
	for _, host := range s.hosts {
		if strings.Contains(host, w) {
			return true
		}
	}
	for name := range s.words {
		if sameStem(foldWord(name), w) {
			return true
		}
	}
	return false
}

// ofContact says whether all words are such as the point of contact bears.
func (rd *reader) ofContact(words []word) bool {
	poc := splitWords(rd.poc, 8)
	for _, w := range words {
		if !slices.ContainsFunc(poc, func(p word) bool { return sameStem(p.text, w.text) }) {
			return false
		}
	}
	return len(words) > 0
}

// sameStem says whether two words differ by an ending at most.
func sameStem(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return len(a) >= 4 && strings.HasPrefix(b, a) && len(b)-len(a) <= 2
}

// signedBy says whether a short line names the sender: its first word is kin,
// and of the others not more than strange are neither kin nor capitalised.
func (rd *reader) signedBy(s string, strange int) bool {
	if len(s) > 60 || endsSentence(s) && !abbreviated(s) || endsInColon(s) || strings.ContainsRune("-*•·>#", firstRune(s)) {
		return false
	}
	words := splitWords(s, 7)
	if len(words) > 1 && nameArticle[words[0].text] {
		words = words[1:]
	}
	if rd.ofContact(words) {
		return true
	}
	if len(words) == 0 || len(words) > 6 || !rd.from.kin(words[0].text) {
		return false
	}
	for _, w := range words[1:] {
		if r := firstRune(s[w.begin:]); !rd.from.kin(w.text) && !smallWords[w.text] && !roleWords[w.text] && !unicode.IsUpper(r) {
			strange--
		}
	}
	return strange >= 0
}

// kinBlock says whether the last lines of the text, from line j on, name the
// sender: one line whose words are all kin, or two of which each begins so.
func (rd *reader) kinBlock(j, stop int) bool {
	s := rd.lines[j].text
	if rd.signedBy(s, 0) {
		return rd.endsAt(j+1, stop) || rd.allSignature(j+1, stop) > 0
	}
	k := j + 1
	return k < stop && rd.signedBy(s, 1) && rd.signedBy(rd.lines[k].text, 1) && (rd.endsAt(k+1, stop) || rd.allSignature(k+1, stop) > 0)
}
