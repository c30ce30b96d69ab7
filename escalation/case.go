// Package escalation holds the rules of the desk. Policy says, in pure
// functions without clock or I/O, what an event (a mail, a leader's answer,
// a target that passes) makes of an escalation and who is told: an event and
// the present state yield a Change. Desk feeds it events and has a Store apply
// each Change whole and at most once.
package escalation

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// Case is a support case as the CRM last copied it; the desk only reads it.
type Case struct {
	Number           string     `json:"number"`
	Account          string     `json:"account"`
	Status           CaseStatus `json:"status"`
	Severity         int        `json:"severity"` // 1 to 3
	Region           string     `json:"region"`
	Subject          string     `json:"subject"`
	OwnerName        string     `json:"owner_name"`
	OwnerEmail       string     `json:"owner_email"`
	OpenedAt         time.Time  `json:"opened_at"`
	CustomerWroteAt  time.Time  `json:"customer_wrote_at"`
	OwnerRespondedAt time.Time  `json:"owner_responded_at"`
}

// CaseStatus is the CRM's state of a case.
type CaseStatus string

// The states of a case.
const (
	CaseOpen    CaseStatus = "open"
	CasePending CaseStatus = "pending"
	CaseClosed  CaseStatus = "closed"
)

// SilentSince is from when the case owner has not responded: since the owner's
// last response, or since the case was opened where that was later or there is
// none. What the customer writes meanwhile does not begin the silence anew: who
// asks again has not waited any less. Where the CRM says neither, it is when
// the customer last wrote; zero is not known.
func (c Case) SilentSince() time.Time {
	since := c.OpenedAt
	if c.OwnerRespondedAt.After(since) {
		since = c.OwnerRespondedAt
	}
	if since.IsZero() {
		return c.CustomerWroteAt
	}
	return since
}

// Account is the customer company a case belongs to.
type Account struct {
	ID              string   `json:"id"`
	Name            string   `json:"name"`
	Region          string   `json:"region"`
	Language        string   `json:"language"`
	Representatives []string `json:"-"` // addresses, or @domain
}

// Entitles reports whether addr may escalate the account's cases: it is a
// representative, with or without a +detail, or its domain is.
func (a Account) Entitles(addr string) bool {
	return Entitled(a.Representatives, addr)
}

// Entitled reports whether one of the representatives (addresses, or @domain)
// covers addr. Case, +detail and the spelling of an international domain do
// not matter.
func Entitled(representatives []string, addr string) bool {
	full, bare, domain := canonical(addr)
	if domain == "" {
		return false
	}
	for _, r := range representatives {
		rep, _, d := canonical(r)
		switch {
		case d == "":
			continue
		case strings.HasPrefix(rep, "@"):
			if d == domain {
				return true
			}
		case rep == full, rep == bare:
			return true
		}
	}
	return false
}

// Roll finds the accounts that an address represents among all of them, at the
// same cost however many there are.
type Roll map[string][]string // representative in its canonical form to account IDs

// Add enters an account's representatives.
func (r Roll) Add(account string, representatives []string) {
	for _, rep := range representatives {
		if full, _, domain := canonical(rep); domain != "" && !slices.Contains(r[full], account) {
			r[full] = append(r[full], account)
		}
	}
}

// Represented answers the IDs of the accounts that entitle addr, sorted.
func (r Roll) Represented(addr string) []string {
	full, bare, domain := canonical(addr)
	if domain == "" {
		return nil
	}
	ids := slices.Concat(r["@"+domain], r[full], r[bare])
	slices.Sort(ids)
	return slices.Compact(ids)
}

// canonical answers an address in the form in which two spellings of it are
// equal, the same without its +detail, and its domain in ASCII (RFC 5890).
func canonical(addr string) (full, bare, domain string) {
	addr = strings.ToLower(strings.TrimSpace(addr))
	at := strings.LastIndexByte(addr, '@')
	if at < 0 || at == len(addr)-1 {
		return addr, addr, ""
	}
	local, domain := addr[:at], addr[at+1:]
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	base := local
	if plus := strings.IndexByte(local, '+'); plus > 0 { // a number that begins with it has no detail
		base = local[:plus]
	}
	return local + "@" + domain, base + "@" + domain, domain
}

// SameAddress reports whether two addresses are the same; case and the spelling
// of an international domain do not matter.
func SameAddress(a, b string) bool {
	fa, _, _ := canonical(a)
	fb, _, _ := canonical(b)
	return fa == fb
}

// SameMailbox reports whether two addresses are one mailbox, be it by
// different sub-addresses (RFC 5233): their +detail does not matter either.
func SameMailbox(a, b string) bool {
	_, ba, _ := canonical(a)
	_, bb, _ := canonical(b)
	return ba == bb
}
