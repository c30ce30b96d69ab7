package mailserver

import (
	"bytes"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"
)

// plainAddress is an address that needs no quotes in Authentication-Results.
var plainAddress = regexp.MustCompile(`^[A-Za-z0-9!#$&'*+/=?^_{|}~.-]+@[A-Za-z0-9.-]+$`)

// trace is what a server knows of a mail beside its bytes.
type trace struct {
	helo, from, to string
	at             time.Time
}

// stamp puts the trace fields of final delivery on top of a mail (RFC 5321
// section 4.4, RFC 8601), and takes off results that only claim to be ours.
func (s *Server) stamp(t trace, raw []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\r\n", t.from)
	if s.opts.AuthservID != "" {
		fmt.Fprintf(&b, "Authentication-Results: %s;\r\n %s\r\n", s.opts.AuthservID, s.results(t.from, raw))
		raw = withoutResults(raw, s.opts.AuthservID)
	}
	fmt.Fprintf(&b, "Delivered-To: %s\r\n", t.to)
	fmt.Fprintf(&b, "Received: from %s by %s with ESMTP;\r\n %s\r\n",
		oneWord(t.helo), s.opts.Hostname, t.at.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	b.Write(raw)
	return b.Bytes()
}

// results are the resinfo of a mail (RFC 8601 section 2.2). Every sender is
// taken to own its envelope domain, so SPF passes; whether From is proved by
// that is Options.Verify's to say.
func (s *Server) results(envelope string, raw []byte) string {
	spf := "spf=none"
	if _, domain := split(envelope); domain != "" {
		if !plainAddress.MatchString(envelope) {
			envelope = oneWord(domain)
		}
		spf = "spf=pass smtp.mailfrom=" + envelope
	}
	from := author(raw)
	_, domain := split(from)
	if domain == "" {
		return "dmarc=none; " + spf
	}
	verdict, verify := "fail", s.opts.Verify
	if verify == nil {
		verify = aligned
	}
	if verify(envelope, from) {
		verdict = "pass"
	}
	return fmt.Sprintf("dmarc=%s header.from=%s; %s", verdict, oneWord(domain), spf)
}

// aligned says whether the envelope sender's domain is From's. A mail with
// the null sender is taken to be signed by From's domain.
func aligned(envelope, from string) bool {
	_, a := split(envelope)
	_, b := split(from)
	return envelope == "" || strings.EqualFold(a, b)
}

// author answers the one address in From; empty when there is no such one.
func author(raw []byte) string {
	header, _ := fields(raw)
	froms := 0
	for _, f := range header {
		if strings.EqualFold(f.name, "From") {
			froms++
		}
	}
	list, err := mail.ParseAddressList(value(header, "From"))
	if err != nil || len(list) != 1 || froms != 1 {
		return ""
	}
	return list[0].Address
}

// withoutResults takes the Authentication-Results that bear our id out of a
// mail on its way in (RFC 8601 section 5). All other bytes stay.
func withoutResults(raw []byte, id string) []byte {
	header, body := fields(raw)
	var b bytes.Buffer
	for _, f := range header {
		if strings.EqualFold(f.name, "Authentication-Results") && strings.EqualFold(servID(f.value()), id) {
			continue
		}
		b.Write(f.raw)
	}
	b.Write(body)
	return b.Bytes()
}

// servID is the authserv-id at the start of a field's value: comments before
// it skipped, quotes off.
func servID(value string) string {
	value = strings.TrimSpace(value)
	for strings.HasPrefix(value, "(") {
		_, rest, _ := strings.Cut(value, ")")
		value = strings.TrimSpace(rest)
	}
	if quoted, ok := strings.CutPrefix(value, `"`); ok {
		id, _, _ := strings.Cut(quoted, `"`)
		return id
	}
	if end := strings.IndexAny(value, "; \t\r\n("); end >= 0 {
		value = value[:end]
	}
	return value
}

// field is one header field with its continuation lines, as it is in the mail.
type field struct {
	name string // empty for a line that is no field
	raw  []byte
}

// fields cuts a mail into its header fields and the rest, which begins with
// the empty line. Put together again they are the mail.
func fields(raw []byte) (header []field, rest []byte) {
	rest = raw
	for len(rest) > 0 && rest[0] != '\n' && !bytes.HasPrefix(rest, []byte("\r\n")) {
		n := line(rest)
		for n < len(rest) && (rest[n] == ' ' || rest[n] == '\t') {
			n += line(rest[n:])
		}
		f := field{raw: rest[:n]}
		if name, _, ok := bytes.Cut(f.raw, []byte(":")); ok && !bytes.ContainsAny(name, "\r\n") {
			f.name = string(bytes.TrimRight(name, " \t"))
		}
		header, rest = append(header, f), rest[n:]
	}
	return header, rest
}

// line is the length of the first line, its end included.
func line(b []byte) int {
	if n := bytes.IndexByte(b, '\n'); n >= 0 {
		return n + 1
	}
	return len(b)
}

// value is the unfolded value of a field.
func (f field) value() string {
	_, v, _ := strings.Cut(string(f.raw), ":")
	return strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(v))
}

// value is that of the first field of a name; empty when there is none.
func value(header []field, name string) string {
	for _, f := range header {
		if strings.EqualFold(f.name, name) {
			return f.value()
		}
	}
	return ""
}

// oneWord keeps what a client said of itself from adding to a header.
func oneWord(s string) string {
	word := strings.Map(func(r rune) rune {
		if r <= ' ' || r == ';' || r == '(' || r == ')' || r == '"' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	if word == "" {
		return "unknown"
	}
	return word
}
