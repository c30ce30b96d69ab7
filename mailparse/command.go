package mailparse

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

var (
	commandLine = regexp.MustCompile(`^[\s*_"'“”‘’>«\[(#/!.\-–—]*(?i:(please|pls|kindly)\s+)?(?i:(acked|acknowledged|ack|passed|pass|snoozed|snooze|resolved|resolve|withdrawn|withdraw))\b[\]"'”’*_)]*(.*)$`)
	duration    = regexp.MustCompile(`(?i)(\d{1,4})(?:[.,](\d))?\s*(m|mins?|minutes?|minuten|h|hrs?|hours?|stunden?|std|d|days?|tage?)?\b`)
	sentence    = regexp.MustCompile(`(?i)^(?:this|the|it|that|our|my|your|these|those|on|along|me|us|him|her|them|word|through|by|over|and|or|is|was|with|from|at|of|in|into|within|under)\b`)
	urging      = regexp.MustCompile(`(?i)^(?:asap|quickly|soon|please|now|today|immediately)\b`)
	doubt       = regexp.MustCompile(`(?i)^(?:but|not|however|only|except|really)\b`)
	// taken begins what a sentence on taking something out goes on with.
	taken = regexp.MustCompile(`(?i)^(?:from|at|of|in|into|within|to|cash|money|funds)\b`)
	// withdrawal is what may be withdrawn, and why.
	withdrawal = regexp.MustCompile(`(?i)^(?:(?:please|pls|now|thanks|thank you|as|because|since|solved|resolved|fixed|done|all|both|problem|everything|no longer|not needed|works?|working)\b|(?:this|it|that)(?: one)?(?: (?:please|pls|now|again|as|because|since)\b|[\s.,;:!]*$)|(?:this|the|our|my|that)\s+(?:\w+\s+)?(?:escalations?|case|request|ticket)\b|(?:escalations?|case|request|ticket)(?:\s+(?:please|pls|for|of|as|because|since)\b|[\s.,;:!]*$|\s\S*\d)|#?(?:[a-z]{1,5}-?\d\w|\d[\w-]{3}))`)
	// postponed begins what a SNOOZE goes on with.
	postponed = regexp.MustCompile(`(?i)^(?:(?:it|this|me|please|pls|another)\s+)*(?:(?:for|another)\s+)?(?:(?:an?|one)\s+(?:hour|day)\b|\d|(until|till?|to|later|tomorrow|tonight)\b)`)
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
	said := ordered{word: m[2], tail: m[3], text: strings.TrimSpace(strings.TrimLeft(m[3], " \t:,;.!-–—\"'")), asked: m[1] != ""}
	said.verb, said.past = verbOf(said.word)
	if !said.commands() {
		return nil
	}
	text := said.text
	c := &Command{Verb: said.verb}
	if m := postponed.FindStringSubmatch(text); c.Verb == Snooze && (m == nil || m[1] == "") {
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

// ordered is a line that begins with a command's word.
type ordered struct {
	verb  Verb
	word  string // as typed
	past  bool   // "resolved"
	asked bool   // "please withdraw"
	tail  string // what follows the word
	text  string // the same without what parts them
}

func verbOf(word string) (verb Verb, past bool) {
	switch word = strings.ToLower(word); word {
	case "acked", "acknowledged":
		return Ack, true
	case "passed":
		return Pass, true
	case "snoozed":
		return Snooze, true
	case "resolved":
		return Resolve, true
	case "withdrawn":
		return Withdraw, true
	}
	return Verb(word), false
}

// commands tells "RESOLVE done" from "Resolve this quickly please", a sentence
// that happens to begin with the word.
func (in ordered) commands() bool {
	rest := strings.TrimSpace(in.tail)
	mark := firstRune(rest)
	parted := !wordRune.MatchString(rest) || strings.ContainsRune(".,;:!-–—", mark)
	capitals := in.word == strings.ToUpper(in.word)
	switch {
	case mark == '?', in.asked && in.verb != Withdraw && in.verb != Snooze:
		return false
	case joined.MatchString(in.tail):
		return capitals // "resolve.conf", "pass-through"
	case in.past:
		return parted && !doubt.MatchString(in.text)
	case parted:
		return true
	case capitals && rest != strings.ToUpper(rest):
		return in.verb != Withdraw || !taken.MatchString(in.text)
	}
	return in.stands()
}

var wordRune = regexp.MustCompile(`[\pL\pN]`)

// joined is a mark that makes one word of those around it.
var joined = regexp.MustCompile(`^[^\s,;:!\pL\pN]\(?\)?[\p{Ll}\pN]|^\(`)

// stands says whether the words behind the verb make no sentence with it.
func (in ordered) stands() bool {
	switch in.verb {
	case Pass:
		return !sentence.MatchString(in.text) && len(strings.Fields(in.text)) <= 6
	case Resolve:
		return !sentence.MatchString(in.text) && !urging.MatchString(in.text)
	case Snooze:
		return postponed.MatchString(in.text)
	case Withdraw:
		return withdrawal.MatchString(in.text)
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
