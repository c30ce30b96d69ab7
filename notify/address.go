package notify

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// address is an addr-spec that is safe to write into an envelope and a header
// as it stands: a dot-atom (RFC 5322 section 3.4.1, with RFC 6532's letters),
// an at sign and a domain in ASCII. Quoted local parts and domain literals
// are refused: nobody here needs them, and both carry injections.
type address struct {
	local, domain string
}

var errAddress = errors.New("the address cannot be written into a mail")

func parseAddress(s string) (address, error) {
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || len(s) > 254 || !utf8.ValidString(s) {
		return address{}, errAddress
	}
	local := s[:at]
	if len(local) > 64 || strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return address{}, errAddress
	}
	if i := strings.IndexFunc(local, func(r rune) bool { return !atext(r) }); i >= 0 {
		return address{}, errAddress
	}
	domain, err := idna.Lookup.ToASCII(s[at+1:])
	if err != nil || domain == "" || len(domain) > 253 || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") || strings.Contains(domain, "..") || strings.ContainsFunc(domain, func(r rune) bool { return !hostname(r) }) {
		return address{}, fmt.Errorf("%w: its domain is none", errAddress)
	}
	return address{local, domain}, nil
}

func (a address) String() string {
	return a.local + "@" + a.domain
}

// utf8 reports whether the address needs SMTPUTF8 (RFC 6531).
func (a address) utf8() bool {
	return strings.ContainsFunc(a.local, func(r rune) bool { return r >= utf8.RuneSelf })
}

func atext(r rune) bool {
	if r >= utf8.RuneSelf {
		return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
	}
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", r)
}

func hostname(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.'
}
