package escalation

import (
	"cmp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// InSentence begins a role's name with a small letter, for the middle of a
// sentence, unless it begins with an abbreviation.
func InSentence(name string) string {
	r, size := utf8.DecodeRuneInString(name)
	if next, _ := utf8.DecodeRuneInString(name[size:]); size == 0 || unicode.IsUpper(next) {
		return name
	}
	return string(unicode.ToLower(r)) + name[size:]
}

// the names a role within a sentence.
func the(role string) string {
	if role == "" {
		return "a leader"
	}
	return "the " + InSentence(role)
}

// Sentence begins a text with a capital letter.
func Sentence(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(r)) + text[size:]
}

// roughly puts a duration into words: "3 days", "1 day 3 hours", "45 minutes".
func roughly(d time.Duration) string {
	days, hours, minutes := int(d/day), int(d%day/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case days > 0:
		return strings.TrimSpace(count(days, "day") + " " + count(hours, "hour"))
	case hours > 0:
		return strings.TrimSpace(count(hours, "hour") + " " + count(minutes, "minute"))
	}
	return cmp.Or(count(minutes, "minute"), "less than a minute")
}

// count is a number with its noun; nothing for none.
func count(n int, noun string) string {
	switch {
	case n <= 0:
		return ""
	case n > 1:
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
