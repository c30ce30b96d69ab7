package mailparse

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var (
	commandLine = regexp.MustCompile(`^[\s*_"'“”‘’>«\[(#/!.\-–—]*(?i:(ack|pass|snooze|resolve|withdraw))\b[\]"'”’*_)]*(.*)$`)
	duration    = regexp.MustCompile(`(?i)(\d{1,4})(?:[.,](\d))?\s*(m|mins?|minutes?|minuten|h|hrs?|hours?|stunden?|std|d|days?|tage?)?\b`)
	sentence    = regexp.MustCompile(`(?i)^(?:this|the|it|that|our|my|your|these|those|on|along|me|us|him|her|them|word|through|by|over|and|or|is|was|with)\b`)
	urging      = regexp.MustCompile(`(?i)^(?:asap|quickly|soon|please)\b`)
)

// command reads the instruction in the first line of the mail's own text, or
// in the one below a salutation.
func command(fresh string) *Command {
	first, rest := firstLine(fresh)
	if greeting(first) && len(strings.Fields(first)) <= 4 {
		first, rest = firstLine(rest)
	}
	first = norm.NFKC.String(clipRunes(first, 1001))
	if len(first) > 1000 {
		return nil
	}
	m := commandLine.FindStringSubmatch(first)
	if m == nil {
		return nil
	}
	verb, tail := Verb(strings.ToLower(m[1])), m[2]
	text := strings.TrimSpace(strings.TrimLeft(tail, " \t:,;.!-–—\"'"))
	if !commanded(verb, m[1], tail, text) {
		return nil
	}
	c := &Command{Verb: verb}
	if verb == Snooze {
		c.For = snoozeFor(text)
	}
	c.Text = strings.TrimSpace(text + "\n" + rest)
	return c
}

func firstLine(s string) (line, rest string) {
	for s != "" {
		line, rest, _ = strings.Cut(s, "\n")
		if strings.TrimSpace(line) != "" {
			return line, rest
		}
		s = rest
	}
	return "", ""
}

// commanded tells "RESOLVE done" from "Resolve this quickly please", a
// sentence that happens to begin with the word.
func commanded(verb Verb, word, tail, text string) bool {
	if text == "" || word == strings.ToUpper(word) {
		return true
	}
	if r := firstRune(tail); !unicode.IsSpace(r) {
		return true
	}
	switch verb {
	case Pass:
		return !sentence.MatchString(text) && len(strings.Fields(text)) <= 6
	case Resolve:
		return !sentence.MatchString(text) && !urging.MatchString(text)
	case Snooze:
		return duration.MatchString(text)
	}
	return true
}

// snoozeFor reads "30m", "2 hours", "1h 30m"; minutes where no unit is given.
func snoozeFor(text string) time.Duration {
	line, _, _ := strings.Cut(text, "\n")
	var total time.Duration
	end := -1
	for _, m := range duration.FindAllStringSubmatchIndex(line, 3) {
		if end >= 0 && strings.Trim(line[end:m[0]], " ,and") != "" {
			break
		}
		n, err := strconv.Atoi(line[m[2]:m[3]])
		if err != nil {
			break
		}
		unit := time.Minute
		if m[6] >= 0 {
			switch strings.ToLower(line[m[6]:m[7]])[0] {
			case 'h', 's':
				unit = time.Hour
			case 'd', 't':
				unit = 24 * time.Hour
			}
		}
		total += time.Duration(n) * unit
		if m[4] >= 0 {
			total += time.Duration(line[m[4]]-'0') * unit / 10
		}
		end = m[1]
	}
	return total
}
