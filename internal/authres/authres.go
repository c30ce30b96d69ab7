// Package authres judges from the Authentication-Results of the receiving mail server (RFC 8601) whether the From address
// of a mail is proven. It is the border between a mail that may change something and one that anybody could have written,
// so it believes one field only, reads it with a tokenizer that knows quotes and comments, and doubts what it does not
// understand.
package authres

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Proof is the verdict on a From address.
type Proof struct {
	Proven bool
	Method string // what proves it: dmarc, dkim or spf; empty if unproven
	Reason string // a sentence for the operator; it names domains, never an address
}

// Prove judges whether the receiving server has proven that a mail comes from the domain of fromAddr, the bare address of
// its one From field. The fields are the values of all Authentication-Results header fields from the top of the mail down.
//
// Only the first field whose authserv-id is authservID counts, compared without regard to case as the domain names that
// they are by custom (RFC 8601 section 2.5); a server adds its own above what it received, so those further down may be
// forged. In that field the address is proven by dmarc=pass for the From's very domain, else by dkim=pass or by spf=pass
// for the envelope sender, of a domain with the same organisational domain. A dmarc=fail overrules both. A field that
// cannot be read, has a version other than 1 or contradicts itself proves nothing.
//
// A dmarc=pass without header.from is not enough by itself. RFC 7489 section 11.2 registers that property to say what was
// judged; without it nobody knows whether the server read the same From field as we did.
func Prove(fields []string, authservID, fromAddr string) Proof {
	if authservID == "" {
		return unproven("no authserv_id is configured")
	}
	from, ok := domainOf(fromAddr[strings.LastIndexByte(fromAddr, '@')+1:])
	if !ok || !strings.Contains(fromAddr, "@") {
		return unproven("the From address has no valid domain")
	}
	for _, field := range fields {
		s := scanner{text: field}
		if lower(s.authservID()) != lower(authservID) {
			continue
		}
		results, err := s.results()
		if err != nil {
			return unproven("the Authentication-Results of %s cannot be read: %v", authservID, err)
		}
		return judge(results, from)
	}
	return unproven("there is no Authentication-Results of %s", authservID)
}

// judge weighs the results of the one field that counts.
func judge(results []result, from string) Proof {
	for _, weigh := range []func([]result, string) (Proof, bool){weighDMARC, weighDKIM, weighSPF} {
		if proof, decided := weigh(results, from); decided {
			return proof
		}
	}
	return unproven("no result proves %s: %s", from, summary(results))
}

// weighDMARC decides where DMARC passed, failed, contradicts itself or judged the From of another organisation: then the
// server read another From than we did, and nothing it found is about ours.
func weighDMARC(results []result, from string) (Proof, bool) {
	dmarc := of(results, "dmarc")
	if slices.ContainsFunc(dmarc, func(r result) bool { return r.value == "fail" }) {
		return unproven("dmarc=fail"), true
	}
	passed := false
	for _, r := range dmarc {
		if r.value != dmarc[0].value {
			return unproven("contradicting results: dmarc=%s and dmarc=%s", dmarc[0].value, r.value), true
		}
		judged, ok := r.domain("header.from")
		if ok && !aligned(judged, from) {
			return unproven("dmarc=%s is for %s, not for %s", r.value, judged, from), true
		}
		passed = passed || r.passed() && judged == from
	}
	if passed {
		return proven("dmarc", from), true
	}
	return Proof{}, false
}

// weighDKIM decides where a signature of an aligned domain passed. A failed signature beside a good one means nothing
// (RFC 6376 section 6.1), unless both results are of the same signature.
func weighDKIM(results []result, from string) (Proof, bool) {
	dkim := of(results, "dkim")
	failed := map[[3]string]bool{}
	for _, r := range dkim {
		if r.value == "fail" {
			failed[r.signature()] = true
		}
	}
	by := ""
	for _, r := range dkim {
		d, ok := r.signer()
		if !ok || !r.passed() || !aligned(d, from) {
			continue
		}
		if failed[r.signature()] {
			return unproven("contradicting results: dkim=pass and dkim=fail of one signature"), true
		}
		if by == "" {
			by = d
		}
	}
	if by == "" {
		return Proof{}, false
	}
	return proven("dkim", by), true
}

// weighSPF decides where SPF passed for an envelope sender in an aligned domain. The HELO name proves nothing of the From.
func weighSPF(results []result, from string) (Proof, bool) {
	var seen []result // the results for the envelope sender: there is one sender, so there can be one result
	for _, r := range of(results, "spf") {
		if _, ok := r.props["smtp.mailfrom"]; ok {
			seen = append(seen, r)
		}
	}
	for _, r := range seen {
		if r.value != seen[0].value || r.props["smtp.mailfrom"] != seen[0].props["smtp.mailfrom"] {
			return unproven("contradicting results: several of spf for the envelope sender"), true
		}
	}
	if len(seen) == 0 {
		return Proof{}, false
	}
	sender, ok := seen[0].domain("smtp.mailfrom")
	if !ok || !seen[0].passed() || !aligned(sender, from) {
		return Proof{}, false
	}
	return proven("spf", sender), true
}

// passed reports a pass by the version of the method that we know.
func (r result) passed() bool { return r.value == "pass" && r.version == "1" }

// signer is the domain that a DKIM result vouches for: header.d, or where only header.i is given, the domain in that. An
// identity outside of the signing domain is nonsense (RFC 6376 section 3.5) and vouches for nothing.
func (r result) signer() (string, bool) {
	d, hasD := r.props["header.d"]
	i, hasI := r.props["header.i"]
	if !hasD {
		d = i
	}
	signer, ok := domainOfValue(d)
	if !ok {
		return "", false
	}
	if hasD && hasI {
		identity, ok := domainOfValue(i)
		if !ok || identity != signer && !strings.HasSuffix(identity, "."+signer) {
			return "", false
		}
	}
	return signer, true
}

// signature is what tells one DKIM signature from another.
func (r result) signature() [3]string {
	d, _ := r.signer()
	return [3]string{d, lower(r.props["header.s"]), r.props["header.b"]}
}

// domain is the domain in the value of a property.
func (r result) domain(property string) (string, bool) { return domainOfValue(r.props[property]) }

// domainOfValue returns the domain of a value that is a domain, "@" and a domain, or a plain address.
func domainOfValue(v string) (string, bool) {
	local, domain, found := strings.Cut(v, "@")
	if !found {
		local, domain = "", v
	}
	for _, r := range local {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`"(),:;<>[\]`, r) {
			return "", false
		}
	}
	return domainOf(domain)
}

// domainOf returns a domain name in its A-label form and lower case. Address literals are no domains.
func domainOf(s string) (string, bool) {
	if strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) >= 0 {
		var err error
		if s, err = idna.Lookup.ToASCII(s); err != nil {
			return "", false
		}
	}
	s = lower(s)
	labels := strings.Split(s, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", false
		}
	}
	if strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return "", false
	}
	return s, len(s) <= 253
}

// aligned reports whether two domains are the same or belong to the same organisation (relaxed alignment, RFC 7489
// section 3.1). A public suffix, such as co.uk or a provider's domain for its customers, is no organisation.
func aligned(a, b string) bool {
	if a == b {
		return true
	}
	orgA, err := publicsuffix.EffectiveTLDPlusOne(a)
	if err != nil {
		return false
	}
	orgB, err := publicsuffix.EffectiveTLDPlusOne(b)
	return err == nil && orgA == orgB
}

// lower lowers ASCII letters only: to strings.ToLower a Kelvin sign is a k, and a look-alike would be the same.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// of returns the results of one method.
func of(results []result, method string) []result {
	var found []result
	for _, r := range results {
		if r.method == method {
			found = append(found, r)
		}
	}
	return found
}

// summary tells the operator what the server found.
func summary(results []result) string {
	const most = 8
	var parts []string
	for _, r := range results {
		part := r.method + "=" + r.value
		for _, property := range []string{"header.from", "header.d", "header.i", "smtp.mailfrom"} {
			if d, ok := r.domain(property); ok {
				part += " for " + d
				break
			}
		}
		if slices.Contains([]string{"dmarc", "dkim", "spf"}, r.method) && len(parts) < most {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "the server checked neither DMARC, DKIM nor SPF"
	}
	return strings.Join(parts, ", ")
}

func proven(method, domain string) Proof {
	return Proof{Proven: true, Method: method, Reason: fmt.Sprintf("%s=pass for %s", method, domain)}
}

func unproven(format string, args ...any) Proof {
	return Proof{Reason: fmt.Sprintf(format, args...)}
}
