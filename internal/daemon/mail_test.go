package daemon

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"escalationd/internal/config"
)

const (
	writtenHeader = "From: Ana Lopez <ana@customer.example.com>\r\nSubject: Escalation\r\n"
	writtenForm   = "Case Number: 01234567\r\nExpected Next Step: Call us\r\nPoint of Contact: Ana Lopez\r\nPhone Number or Email for POC: +44 20 7946 0018\r\n"
	severalParts  = "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
)

func readMail(c *config.Config, raw string) (unreadable string, cases []string) {
	m := newReader(c, Parser(c), slog.New(slog.DiscardHandler)).read([]byte(raw), "main")
	for _, f := range m.Forms {
		cases = append(cases, f.CaseNumber)
	}
	return m.Unreadable, cases
}

// TestMailThatTheInboxAdmitsIsReadToItsEnd shows that policy.max_message is the
// only bound of a mail's size.
func TestMailThatTheInboxAdmitsIsReadToItsEnd(t *testing.T) {
	raw := writtenHeader + severalParts + "--b\r\nContent-Type: application/pdf\r\n\r\n" + strings.Repeat(strings.Repeat("A", 1022)+"\r\n", 42<<10) + "--b\r\n\r\n" + writtenForm + "--b--\r\n"
	c := &config.Config{Policy: config.Policy{MaxMessage: 50 << 20}}
	if unreadable, cases := readMail(c, raw); unreadable != "" || len(cases) != 1 {
		t.Errorf("unreadable %q, cases %v", unreadable, cases)
	}
}

// TestFormOfAMailBeyondTheLimitsIsJudged shows that a mail of which not all was
// read is judged by its form, unless its header is what was left out.
func TestFormOfAMailBeyondTheLimitsIsJudged(t *testing.T) {
	deep, parts := strings.Builder{}, strings.Repeat("--b\r\nContent-Type: image/png\r\n\r\nx\r\n", 10001)
	for i := range 60 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	fields := strings.Repeat("X-A: b\r\n", 20001)
	for _, c := range []struct {
		name, raw  string
		unreadable bool
	}{
		{"parts", writtenHeader + severalParts + "--b\r\n\r\n" + writtenForm + parts, false},
		{"fields of a part", writtenHeader + severalParts + "--b\r\n\r\n" + writtenForm + "--b\r\n" + fields + "\r\nx\r\n", false},
		{"parts without a form", writtenHeader + severalParts + "--b\r\n\r\nHello\r\n" + parts, true},
		{"parts without an author", "Subject: Escalation\r\n" + severalParts + "--b\r\n\r\n" + writtenForm + parts, true},
		{"nesting without a form", writtenHeader + deep.String() + "\r\n", true},
		{"fields", writtenHeader + fields + "\r\n" + writtenForm, true},
		{"a long field", writtenHeader + "X-A: " + strings.Repeat("b", 5<<20) + "\r\n\r\n" + writtenForm, true},
	} {
		unreadable, cases := readMail(&config.Config{}, c.raw)
		if (unreadable != "") != c.unreadable || !c.unreadable && len(cases) != 1 {
			t.Errorf("too many %s: unreadable %q, cases %v", c.name, unreadable, cases)
		}
	}
}
