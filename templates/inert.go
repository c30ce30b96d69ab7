package templates

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text that a customer wrote reaches people who trust the desk's letters. It
// is shown as text that no mail program makes a link of, that cannot hide or
// reorder anything, and that ends somewhere.

const (
	maxText  = 4000 // runes of a text on several lines
	maxLines = 80
	maxLine  = 200 // runes of a text on one line
	cutMark  = "… (cut)"
)

// inert is a text on several lines, without live links.
func inert(s string) string {
	return defang(plain(s))
}

// line is a text on one line, without live links.
func line(s string) string {
	return defang(oneLine(s, maxLine))
}

// plain is a text on several lines as it was typed, but for characters that
// are not seen, and with an end.
func plain(s string) string {
	s = cut(strings.TrimSpace(visible(s)), maxText)
	if lines := strings.Split(s, "\n"); len(lines) > maxLines {
		s = strings.Join(lines[:maxLines], "\n") + "\n" + cutMark
	}
	return s
}

// plainLine is a text on one line as it was typed.
func plainLine(s string) string {
	return oneLine(s, maxLine)
}

func oneLine(s string, limit int) string {
	return cut(strings.Join(strings.Fields(visible(s)), " "), limit)
}

// quote marks every line as somebody else's words.
func quote(s string) string {
	return "> " + strings.ReplaceAll(visible(s), "\n", "\n> ")
}

func lines(s string) []string {
	return strings.Split(s, "\n")
}

func cut(s string, limit int) string {
	if len(s) <= limit || utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit]) + cutMark
}

// visible drops control and format characters (bidirectional marks,
// zero-width characters, tags) and makes every line break \n.
func visible(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\v', r == '\f', r == '\u0085', r == '\u2028', r == '\u2029':
			return '\n'
		case r == '\t', unicode.Is(unicode.Zs, r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs), invisible(r):
			return -1
		}
		return r
	}, s)
}

// invisible reports letters and marks that show nothing but are not Cf:
// Hangul fillers, Khmer inherent vowels, variation selectors, the grapheme
// joiner.
func invisible(r rune) bool {
	switch r {
	case '\u034F', '\u115F', '\u1160', '\u17B4', '\u17B5', '\u3164', '\uFFA0', '\u2800':
		return true
	}
	return unicode.Is(unicode.Variation_Selector, r)
}

var (
	httpScheme  = regexp.MustCompile(`(?i)\bhtt(ps?\s*[:：])`)
	anyScheme   = regexp.MustCompile(`([:：])\s*([/\\／＼])`)
	namedScheme = regexp.MustCompile(`(?i)\b(mailto|tel|sms|callto|sip|sips|skype|facetime|javascript|vbscript|data|file|cid|magnet|xmpp|urn|geo|market|intent|bitcoin|ftp|ssh|news|onenote|ms-[a-z-]+)[:：]`)
	ipv4        = regexp.MustCompile(`\b(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\b`)
	uncPath     = regexp.MustCompile(`\\\\+`)
)

// defang writes links, host names and addresses so that no program takes them
// for one: hxxps[:]//example[.]com.
func defang(s string) string {
	if strings.ContainsAny(s, ":：") {
		s = httpScheme.ReplaceAllString(s, "hxx$1")
		s = anyScheme.ReplaceAllString(s, "[:]$2")
		s = namedScheme.ReplaceAllString(s, "$1[:]")
	}
	if strings.ContainsAny(s, ".．｡。") {
		s = ipv4.ReplaceAllString(s, "$1[.]$2[.]$3[.]$4")
		s = defangNames(s)
	}
	if strings.Contains(s, `\\`) {
		s = uncPath.ReplaceAllString(s, `\ \`)
	}
	return s
}

// defangNames marks each dot that stands between two labels of what may be a
// host's name: a character before it, and behind it a label of two or more
// with a letter in it. So "e.g." and "1.2" stay as they are.
func defangNames(s string) string {
	var b strings.Builder
	done, before := 0, ' '
	for i, r := range s {
		switch r {
		case '.', '．', '｡', '。':
			if after := i + utf8.RuneLen(r); inName(before) && startsLabel(s[after:]) {
				b.WriteString(s[done:i])
				b.WriteString("[.]")
				done = after
			}
		}
		before = r
	}
	b.WriteString(s[done:])
	return b.String()
}

func inName(r rune) bool {
	return r == '-' || r == '_' || r == ')' || r == '}' || r == ']' || unicode.In(r, unicode.L, unicode.M, unicode.N)
}

func startsLabel(s string) bool {
	n, letter := 0, false
	for _, r := range s {
		if r != '-' && r != '_' && !unicode.In(r, unicode.L, unicode.M, unicode.N) {
			break
		}
		n++
		letter = letter || unicode.IsLetter(r)
		if letter && n >= 2 {
			return true
		}
	}
	return false
}
