package mailparse

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// dashAt says whether s[at:] begins with a mark that parts label and value as
// surely as a colon, so that even a misspelt label before it counts.
func dashAt(s string, at int) bool {
	r := firstRune(strings.TrimLeft(s[at:], " "))
	return strings.ContainsRune("-–—―→➔➜⇒⇨➡⟶👉»›>~?", r)
}

// separatorAt classifies the rune at s[at:].
func separatorAt(s string, at int, r rune) separator {
	switch r {
	case ':', '：', '﹕', '︰', '꞉', '∶', 'ː', '=', '＝', '\t', '|', '｜', '│':
		return sepHard
	case '→', '➔', '➜', '⇒', '⇨', '➡', '⟶', '➤', '►', '▶', '👉', '»', '›', '…', ']', '】', '」', '』', '〕', '》', '〉', ')', '）', '?', '？', ';', '；', '~', '～', '*', '_', '"', '”', '>', '［':
		return sepSoft
	case ',', '、':
		return sepSoft
	case '-', '–', '—', '―', '－', '‐', '−':
		after := s[at+utf8.RuneLen(r):]
		if at > 0 && (s[at-1] == ' ' || after == "" || after[0] == ' ' || after[0] == '>' || after[0] == '-') {
			return sepSoft
		}
	case '.':
		if after := s[at+1:]; after == "" || after[0] == '.' || after[0] == ' ' {
			return sepSoft
		}
	case ' ':
		if strings.HasPrefix(s[at:], "  ") {
			return sepSoft
		}
	}
	return sepNone
}

// skipSeparators returns where the value begins.
func skipSeparators(s string, at int) int {
	hard := 0
	for at < len(s) {
		r, n := utf8.DecodeRuneInString(s[at:])
		rest := s[at+n:]
		switch {
		case r == ' ' || r == '\t':
		case strings.ContainsRune(":：﹕︰꞉∶ː=＝|｜│", r):
			hard++
		case strings.ContainsRune("→➔➜⇒⇨➡⟶➤►▶👉»›…】」』〕》〉)）]?？;；~～\"”", r) && hard == 0:
		case (r == '*' || r == '_') && (at == 0 || s[at-1] != ' ' || strings.HasPrefix(rest, " ") && hard == 0):
		case r == '>' && (hard == 0 || at > 0 && (s[at-1] == '-' || s[at-1] == '=')):
		case (r == '.' || r == '。') && hard == 0 && (rest == "" || rest[0] == '.' || rest[0] == ' ' || rest[0] == ':' || (at > 0 && s[at-1] == '.')):
		case (r == ',' || r == '、') && hard == 0:
		case strings.ContainsRune("-–—―－‐−", r) && (rest == "" && hard == 0 && at > 0 && s[at-1] == ' ' || rest != "" && (hard == 0 || rest[0] == '>' || at > 0 && s[at-1] == ':' && rest[0] == ' ')):
		default:
			return at
		}
		at += n
	}
	return at
}

// notValue are words that go on a sentence: "case number is on my desk".
var notValue = map[string]bool{"is": true, "are": true, "was": true, "were": true, "has": true, "have": true, "had": true, "will": true, "would": true, "should": true, "can": true,
	"cannot": true, "could": true, "may": true, "must": true, "of": true, "for": true, "on": true, "in": true, "at": true, "the": true, "and": true, "or": true, "to": true, "with": true,
	"from": true, "that": true, "which": true, "who": true, "does": true, "did": true, "about": true, "as": true, "by": true, "if": true, "when": true, "because": true, "but": true,
	"ist": true, "sind": true, "war": true, "wird": true, "und": true, "von": true, "est": true, "sont": true, "était": true, "pour": true, "et": true, "es": true, "fue": true,
	"é": true, "foi": true, "para": true, "è": true, "sono": true, "per": true, "wordt": true, "voor": true, "en": true, "i": true, "we": true, "you": true, "it": true, "he": true, "she": true}

// opener are those of notValue that may well begin a value behind one of the
// template's own labels.
var opener = map[string]bool{"the": true, "i": true, "we": true, "you": true, "it": true, "he": true, "she": true}

// wordEnds says whether a label may end before text[i].
func wordEnds(text string, i int) bool {
	c, p := text[i], text[i-1]
	switch {
	case c == ' ' || c == '#' || p == '#' || p == '.':
		return true
	case c >= '0' && c <= '9' && (p|32) >= 'a' && (p|32) <= 'z':
		return true
	}
	return c >= 0xe3 && p >= 0x80 // no blanks between words of Chinese and Japanese
}

// startsWithContact says whether a phone number or an address comes first.
func startsWithContact(s string) bool {
	word, _, _ := strings.Cut(s, " ")
	return s[0] == '+' || digits(word) >= 3 || strings.IndexByte(word, '@') > 0
}

func startsWithNumber(s string) bool {
	s = strings.TrimLeft(s, "#:. (")
	word, _, _ := strings.Cut(s, " ")
	digits := 0
	for _, r := range word {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return digits >= 3
}
