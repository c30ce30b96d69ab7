package mailparse

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// word is one word of a line, folded: lower case, without accents.
type word struct {
	text  string
	begin int // where it begins in the line
	end   int // where it ends
}

// splitWords folds the first n words of a line. Whatever is no letter and no
// digit parts words.
func splitWords(s string, n int) []word {
	out := make([]word, 0, min(n, 16))
	low := s
	ascii := plainASCII(s)
	if ascii {
		low = strings.ToLower(s)
	}
	begin := -1
	add := func(end int) {
		if begin < 0 {
			return
		}
		text := low[begin:end]
		if !ascii {
			text = foldWord(text)
		}
		out = append(out, word{text, begin, end})
		begin = -1
	}
	for i, r := range low {
		inside := r >= 'a' && r <= 'z' || r >= '0' && r <= '9' ||
			r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)) || !ascii && r >= 'A' && r <= 'Z'
		switch {
		case inside && begin < 0:
			if len(out) == n {
				return out
			}
			begin = i
		case !inside:
			add(i)
		}
	}
	if begin >= 0 && len(out) < n {
		add(len(low))
	}
	return out
}

// foldedWords yields the words of a text as splitWords does, without keeping
// them.
func foldedWords(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !plainASCII(s) {
			for _, w := range splitWords(s, 200) {
				if !yield(w.text) {
					return
				}
			}
			return
		}
		low := strings.ToLower(s)
		begin := -1
		for i := 0; i <= len(low); i++ {
			inside := i < len(low) && (low[i] >= 'a' && low[i] <= 'z' || low[i] >= '0' && low[i] <= '9')
			switch {
			case inside && begin < 0:
				begin = i
			case !inside && begin >= 0:
				if !yield(low[begin:i]) {
					return
				}
				begin = -1
			}
		}
	}
}

// foldWord lowers a word and takes the accents off its letters.
func foldWord(s string) string {
	if plainASCII(s) {
		return strings.ToLower(s)
	}
	var sb strings.Builder
	for _, r := range s {
		switch r = unicode.ToLower(r); {
		case r < utf8.RuneSelf:
			sb.WriteRune(r)
		case r == 'ß':
			sb.WriteString("ss")
		case unicode.Is(unicode.Mn, r):
		case r >= 0x1100 && r < 0x1e00 || r >= 0x2000:
			sb.WriteRune(r) // scripts in which a mark makes another letter
		default:
			if d := norm.NFKD.PropertiesString(string(r)).Decomposition(); d != nil {
				r, _ = utf8.DecodeRune(d)
			}
			sb.WriteRune(r)
		}
	}
	return sb.String()
}

// phraseSet holds phrases of folded words.
type phraseSet struct {
	phrases map[string]bool
	firsts  map[string]bool // the first words of all phrases
	longest int             // words of the longest phrase
}

// newPhrases reads a list of phrases that commas part.
func newPhrases(list string) phraseSet {
	set := phraseSet{phrases: map[string]bool{}, firsts: map[string]bool{}}
	for phrase := range strings.SplitSeq(list, ",") {
		var parts []string
		for _, w := range splitWords(phrase, 20) {
			parts = append(parts, w.text)
		}
		if len(parts) > 0 {
			set.phrases[strings.Join(parts, " ")] = true
			set.firsts[parts[0]] = true
			set.longest = max(set.longest, len(parts))
		}
	}
	return set
}

// mayBegin spares most lines the word by word search: it says whether a phrase
// begins with the first word of s, and yes to whatever is not ASCII.
func (set phraseSet) mayBegin(s string) bool {
	var b [24]byte
	n := 0
	for i := 0; i < len(s) && n < len(b); i++ {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			return true
		case c >= 'A' && c <= 'Z':
			b[n] = c + 'a' - 'A'
			n++
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b[n] = c
			n++
		case n > 0:
			return set.firsts[string(b[:n])]
		}
	}
	return set.firsts[string(b[:n])]
}

// match says how many of the words from the first on make the longest phrase.
func (set phraseSet) match(words []word) int {
	best := 0
	var buf [96]byte
	key := buf[:0]
	for i := 0; i < min(len(words), set.longest); i++ {
		if i > 0 {
			key = append(key, ' ')
		}
		key = append(key, words[i].text...)
		if set.phrases[string(key)] {
			best = i + 1
		}
	}
	return best
}
