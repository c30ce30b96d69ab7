package feed

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"escalationd/escalation"
)

// maxText bounds a value in characters.
const maxText = 4000

// row is one line of a file. Its methods answer what stands in a column and
// note what is wrong with it.
type row struct {
	line   int
	table  table
	values []string // one for each column of the table
	wrong  []string
}

func (r *row) refuse(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

func (r *row) value(column string) string {
	return strings.TrimSpace(r.values[slices.Index(r.table.columns, column)])
}

// text answers free text on one line: the CRM's line breaks would break a
// subject or a table in a letter.
func (r *row) text(column string) string {
	v := r.value(column)
	if !utf8.ValidString(v) {
		r.refuse("%s %s is not UTF-8", column, quote(v))
		return ""
	}
	if n := utf8.RuneCountInString(v); n > maxText {
		r.refuse("%s %s has %d characters, more than %d", column, quote(v), n, maxText)
		return ""
	}
	if strings.IndexFunc(v, unicode.IsControl) < 0 {
		return v
	}
	return strings.Join(strings.FieldsFunc(v, func(c rune) bool { return unicode.IsControl(c) || c == ' ' }), " ")
}

// must is text that cannot be empty.
func (r *row) must(column string) string {
	if r.value(column) == "" {
		r.refuse("%s is empty", column)
		return ""
	}
	return r.text(column)
}

var caseNumber = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{0,31}$`)

func (r *row) caseNumber(column string) string {
	v := r.must(column)
	number := escalation.TidyCaseNumber(v)
	if v != "" && !caseNumber.MatchString(number) {
		r.refuse("%s %s is not a case number: 1 to 32 letters A to Z, digits and hyphens, no hyphen first", column, quote(v))
	}
	return number
}

var identifier = regexp.MustCompile(`^[^\s\pC:{}*?\[\]\\]{1,64}$`)

// identifier is an account's ID. It becomes part of a Redis key, so what has a
// meaning there is refused.
func (r *row) identifier(column string) string {
	v := r.must(column)
	if v != "" && !identifier.MatchString(v) {
		r.refuse(`%s %s is not an account ID: 1 to 64 characters without blanks and : { } * ? [ ] \`, column, quote(v))
	}
	return v
}

func (r *row) status(column string) escalation.CaseStatus {
	v := r.must(column)
	s := escalation.CaseStatus(strings.ToLower(v))
	switch s {
	case "", escalation.CaseOpen, escalation.CasePending, escalation.CaseClosed:
	default:
		r.refuse("%s %s is not one of open, pending, closed", column, quote(v))
	}
	return s
}

func (r *row) severity(column string) int {
	v := r.must(column)
	n, err := strconv.Atoi(v)
	if v != "" && (err != nil || n < 1 || n > 3) {
		r.refuse("%s %s is not 1, 2 or 3", column, quote(v))
	}
	return n
}

func (r *row) time(column string) time.Time {
	v := r.value(column)
	if v == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, v)
	if err != nil || t.IsZero() {
		r.refuse("%s %s is not a time as in RFC 3339; write it like 2026-03-02T09:30:00Z", column, quote(v))
	}
	return t
}

func (r *row) address(column string) string {
	v := r.value(column)
	if v != "" && !isAddress(v) {
		r.refuse("%s %s is not a mail address", column, quote(v))
	}
	return v
}

// representatives are addresses or @domains, separated by blanks.
func (r *row) representatives(column string) []string {
	list := strings.Fields(r.value(column))
	for _, v := range list {
		if domain, whole := strings.CutPrefix(v, "@"); !isAddress(v) && !(whole && isDomain(domain)) {
			r.refuse("%s %s is neither a mail address nor @domain", column, quote(v))
		}
	}
	return list
}

// isAddress reports whether text is a bare addr-spec (RFC 5322, RFC 6531)
// without a quoted local part or an address literal.
func isAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Name != "" || a.Address != text || strings.ContainsAny(text, "\"<>() ,;:\\") {
		return false
	}
	return isDomain(text[strings.LastIndexByte(text, '@')+1:])
}

func isDomain(text string) bool {
	ascii, err := idna.Lookup.ToASCII(text)
	return err == nil && ascii != "" && len(ascii) <= 253 && !strings.HasPrefix(ascii, ".") && !strings.HasSuffix(ascii, ".") &&
		!strings.Contains(ascii, "..")
}
