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
		case r >= ' ' && r < 0x7f:
			return r
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

// schemes are those that programs make links of without "//" behind them.
var schemes = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:https?|mailto|tel|sms|callto|sips?|skype|facetime|javascript|vbscript|data|file|cid|magnet|` +
	`xmpp|urn|geo|market|intent|bitcoin|ftp|ssh|news|onenote|ms-[a-z-]+)$`)

// defang writes links, host names and addresses so that no program takes them
// for one: hxxps[:]//example[.]com. It marks a dot between two labels of what
// may be a host's name (so "e.g." and "1.2" stay as they are) or the numbers of
// an address, a colon behind a scheme or before a slash, and double backslashes.
func defang(s string) string {
	if !strings.ContainsAny(s, ".․﹒．｡。:：\\") {
		return s
	}
	var b strings.Builder
	done, before := 0, ' '
	for i, r := range s {
		after, mark := i+utf8.RuneLen(r), ""
		switch r {
		case '.', '․', '﹒', '．', '｡', '。':
			if inName(before) && (startsLabel(s[after:]) || unicode.IsDigit(before) && inAddress(s, i)) {
				mark = "[.]"
			}
		case ':', '：':
			if schemes.MatchString(s[max(0, i-24):i]) && !strings.HasPrefix(s[after:], " ") || startsPath(s[after:]) {
				mark = "[:]"
			}
		case '\\':
			if before == '\\' {
				mark = ` \`
			}
		}
		if mark != "" {
			b.WriteString(unhttp(s[done:i], r))
			b.WriteString(mark)
			done = after
		}
		before = r
	}
	b.WriteString(s[done:])
	return b.String()
}

// unhttp spells the scheme that ends s so that none takes it for one.
func unhttp(s string, next rune) string {
	if next != ':' && next != '：' {
		return s
	}
	for _, scheme := range []string{"https", "http"} {
		if at := len(s) - len(scheme); at >= 0 && strings.EqualFold(s[at:], scheme) {
			return s[:at] + "hxxp" + s[at+4:]
		}
	}
	return s
}

func startsPath(s string) bool {
	s = strings.TrimLeft(s, " ")
	return strings.HasPrefix(s, "/") || strings.HasPrefix(s, "\\") || strings.HasPrefix(s, "／") || strings.HasPrefix(s, "＼")
}

var ipv4 = regexp.MustCompile(`^\d{1,3}(?:\.\d{1,3}){3}\b`)

// inAddress reports whether the dot at i is one of an IPv4 address's.
func inAddress(s string, i int) bool {
	for i > 0 && (s[i-1] == '.' || s[i-1] >= '0' && s[i-1] <= '9') {
		i--
	}
	return ipv4.MatchString(s[i:])
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
