package mailparse

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"
)

var (
	contactMail = regexp.MustCompile(`[\p{L}\p{N}.!#$%&'*+/=?^_{|}~-]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62}\.)+[\p{L}\p{N}-]{2,63}`)
	phoneRun    = regexp.MustCompile(`(?:\+|00|\()?[0-9][0-9\s().\-/–‐·]{4,28}[0-9]`)
	phoneExt    = regexp.MustCompile(`^[\s,;.]*(?i:ext\.?|extension|x|durchwahl|dw|poste|ramal|int\.?|内線|#)\s*\.?:?\s*\d{1,6}`)
)

const maxContacts = 20 // contacts kept of one form

// Contacts finds mail addresses and phone numbers in free text, in the order in
// which they stand there. A number in the national notation of country (ISO
// 3166-1 alpha-2, or empty) becomes E.164 too.
func Contacts(text, country string) []Contact {
	return (&Parser{region: strings.ToUpper(country)}).contacts(text)
}

// contacts finds mail addresses and phone numbers in free text, in the order
// in which they stand there.
func (p *Parser) contacts(text string) []Contact {
	text = norm.NFKC.String(clipRunes(text, 4000)) // full-width digits
	found := []Contact{}
	seen := map[Contact]bool{}
	add := func(c Contact) {
		if c.Value != "" && !seen[c] && len(found) < maxContacts {
			seen[c] = true
			found = append(found, c)
		}
	}
	pos := 0
	for _, m := range mailsIn(text) {
		for _, n := range p.phones(text[pos:m[0]]) {
			add(Contact{Phone, n})
		}
		add(Contact{Email, mailAddress(text[m[0]:m[1]])})
		pos = m[1]
	}
	for _, n := range p.phones(text[pos:]) {
		add(Contact{Phone, n})
	}
	return found
}

func mailsIn(text string) [][]int {
	if strings.IndexByte(text, '@') < 0 {
		return nil
	}
	return contactMail.FindAllStringIndex(text, maxContacts)
}

// mailAddress lowers an address and trims what punctuation the pattern took
// along.
func mailAddress(s string) string {
	s = strings.TrimLeft(s, "'*_/=.|{}~!?&#$%-+")
	i := strings.LastIndexByte(s, '@')
	if i <= 0 {
		return ""
	}
	return strings.ToLower(s[:i+1] + strings.TrimRight(s[i+1:], "-."))
}

func (p *Parser) phones(s string) []string {
	var found []string
	if digits(s) < 6 {
		return nil
	}
	for pos := 0; pos < len(s); {
		m := phoneRun.FindStringIndex(s[pos:])
		if m == nil {
			break
		}
		start, end := pos+m[0], pos+m[1]
		pos = end
		if start > 0 && (unicode.IsLetter(rune(s[start-1])) || s[start-1] == '-' && start > 1 && unicode.IsLetter(rune(s[start-2]))) {
			continue // part of a word such as CS-2024-0012
		}
		for _, n := range splitNumbers(s[start:end]) {
			if v := p.phone(n); v != "" {
				found = append(found, v)
			}
		}
		if ext := phoneExt.FindString(s[end:]); ext != "" {
			pos = end + len(ext)
		}
	}
	return found
}

// splitNumbers parts numbers that only a slash or a line break divides. A
// short piece on the next line is the rest of a wrapped number.
func splitNumbers(s string) []string {
	var out []string
	for i, part := range strings.Split(s, "\n") {
		if i > 0 && digits(part) < 3 {
			continue // the number of the next item of a list
		}
		if at := strings.Index(part, " ("); at > 0 && digits(part) > 15 && digits(part[:at]) >= 7 {
			part = part[:at] // "(0900-1700)"
		}
		if n := len(out); n > 0 && (digits(part) < 7 || digits(out[n-1]) < 5) && digits(out[n-1])+digits(part) <= 15 {
			out[n-1] += " " + strings.TrimSpace(part)
			continue
		}
		if halves := strings.Split(part, "/"); len(halves) == 2 && digits(halves[0]) >= 7 && digits(halves[1]) >= 7 {
			out = append(out, halves...)
			continue
		}
		out = append(out, part)
	}
	return out
}

// phone formats a number in E.164 where that is certain: with its country code
// or in the region's notation. Any other number is kept as typed.
func (p *Parser) phone(s string) string {
	s = strings.TrimSpace(s)
	n := digits(s)
	if n < 6 || n > 17 {
		return ""
	}
	international := s
	if strings.HasPrefix(s, "00") {
		international = "+" + s[2:]
	}
	// "+44 (0)20 …" writes the trunk zero that is not dialled.
	international = strings.Replace(international, "(0)", "", 1)
	region := p.region
	if strings.HasPrefix(international, "+") {
		region = "ZZ"
	} else if region == "" {
		return s
	}
	num, err := phonenumbers.Parse(international, region)
	if err != nil || !phonenumbers.IsPossibleNumber(num) {
		return s
	}
	return phonenumbers.Format(num, phonenumbers.E164)
}
