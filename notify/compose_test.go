package notify

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"escalationd/escalation"
	"escalationd/templates"
)

var update = flag.Bool("update", false, "write the golden letters anew")

var loadOnce = sync.OnceValues(func() (*templates.Set, error) {
	set, _, err := templates.Load("")
	return set, err
})

// builtIn is the built-in letters, loaded once.
func builtIn(t testing.TB) *templates.Set {
	t.Helper()
	set, err := loadOnce()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func compose(t testing.TB, n escalation.Notice) []byte {
	t.Helper()
	words, err := builtIn(t).Render(n, desk())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := Compose(words, n, desk(), time.Date(2026, 11, 23, 14, 0, 1, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// decoded is a mail's header as it stands and its two parts as they are read.
func decoded(t testing.TB, raw []byte) (header mail.Header, text, html string) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("read the mail: %v", err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q: %v", m.Header.Get("Content-Type"), err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []struct {
		kind string
		text *string
	}{{"text/plain", &text}, {"text/html", &html}} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		if kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); kind != want.kind {
			t.Fatalf("a part of type %q, want %q", kind, want.kind)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		*want.text = strings.ReplaceAll(string(body), "\r\n", "\n")
	}
	if _, err := parts.NextRawPart(); !errors.Is(err, io.EOF) {
		t.Fatalf("a third part: %v", err)
	}
	return m.Header, text, html
}

var boundary = regexp.MustCompile(`boundary=\w+`)

// TestLettersAreAsTheyWere compares each kind with testdata; run it with
// -update and read the difference when the wording changes.
func TestLettersAreAsTheyWere(t *testing.T) {
	for _, n := range templates.Samples() {
		t.Run(string(n.Kind), func(t *testing.T) {
			raw := compose(t, n)
			head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
			_, text, html := decoded(t, raw)
			env, err := EnvelopeOf(n, desk())
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("MAIL FROM:<%s>\nRCPT TO:<%s>\n\n%s\n\n%s\n%s", env.From, env.To,
				boundary.ReplaceAllString(strings.ReplaceAll(string(head), "\r\n", "\n"), "boundary=*"), text, html)
			file := filepath.Join("testdata", string(n.Kind)+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the letter has changed (-was +is):\n%s", diff)
			}
		})
	}
}

func TestEveryLetterKeepsTheRulesOfItsKind(t *testing.T) {
	for _, n := range templates.Samples() {
		raw := compose(t, n)
		h, _, _ := decoded(t, raw)
		submitted := "auto-generated"
		if n.Kind.Reply() {
			submitted = "auto-replied"
		}
		for field, want := range map[string]string{
			"Auto-Submitted": submitted, "X-Escalationd": string(n.Kind), "Message-Id": "<esc." + n.ID + "@example.com>",
			"To": "<" + n.To + ">", "From": `"Enterprise Support" <escalations@example.com>`, "Date": "Mon, 23 Nov 2026 14:00:01 +0000",
			"Mime-Version": "1.0", "User-Agent": "", "X-Mailer": "", "Reply-To": "", "Bcc": "", "Cc": "", "Precedence": "",
		} {
			if got := h.Get(field); got != want {
				t.Errorf("%s: %s is %q, want %q", n.Kind, field, got, want)
			}
		}
		if suppress := h.Get("X-Auto-Response-Suppress"); n.Kind.Reply() && suppress != "All" || suppress == "" {
			t.Errorf("%s: X-Auto-Response-Suppress is %q", n.Kind, suppress)
		}
		if n.Kind == escalation.KindEscalation && strings.Contains(h.Get("X-Auto-Response-Suppress"), "OOF") {
			t.Errorf("a leader's out-of-office note would be kept from the desk")
		}
		env, err := EnvelopeOf(n, desk())
		if err != nil {
			t.Fatal(err)
		}
		if null := env.From == ""; null != n.Kind.Reply() {
			t.Errorf("%s: envelope sender %q", n.Kind, env.From)
		}
		for i, l := range bytes.SplitAfter(raw, []byte("\n")) {
			if len(l) > 78+2 && !bytes.HasPrefix(l, []byte("References:")) || len(l) > 0 && !bytes.HasSuffix(l, []byte("\r\n")) {
				t.Errorf("%s: line %d of %d octets: %q", n.Kind, i+1, len(l), l)
			}
		}
	}
}

func TestReplyStandsInItsThread(t *testing.T) {
	n := testNotice(1, escalation.KindAccepted)
	n.Thread = escalation.Thread{MessageID: "b@customer.example", References: []string{"a@customer.example", "not valid>", "b@customer.example"}, Subject: "Help"}
	h, _, _ := decoded(t, compose(t, n))
	if got := h.Get("In-Reply-To"); got != "<b@customer.example>" {
		t.Errorf("In-Reply-To %q", got)
	}
	if got := h.Get("References"); got != "<a@customer.example> <b@customer.example>" {
		t.Errorf("References %q", got)
	}
	if got := h.Get("Subject"); got != "Re: Help" {
		t.Errorf("Subject %q", got)
	}
	n.Thread = escalation.Thread{}
	for i := range 500 {
		n.Thread.References = append(n.Thread.References, fmt.Sprintf("%d.%s@customer.example", i, strings.Repeat("x", i%300)))
	}
	n.Thread.MessageID = "last@customer.example"
	h, _, _ = decoded(t, compose(t, n))
	refs := strings.Fields(h.Get("References"))
	if len(refs) != maxReferences || !strings.HasPrefix(refs[0], "<0.") || refs[len(refs)-1] != "<last@customer.example>" {
		t.Errorf("%d references, from %s to %s", len(refs), refs[0], refs[len(refs)-1])
	}
}

func TestLettersToLeadersOnACaseAreOneThread(t *testing.T) {
	anchors := map[string]bool{}
	for _, kind := range []escalation.Kind{escalation.KindEscalation, escalation.KindAddition, escalation.KindTakenOver, escalation.KindConfirmed, escalation.KindOwner} {
		h, _, _ := decoded(t, compose(t, testNotice(1, kind)))
		anchors[strings.Fields(h.Get("References") + " none")[0]] = true
	}
	if len(anchors) != 1 || anchors["none"] {
		t.Errorf("threads %v, want one", anchors)
	}
	other := testNotice(1, escalation.KindEscalation)
	other.Case = "07654321"
	h, _, _ := decoded(t, compose(t, other))
	if anchors[h.Get("References")] {
		t.Error("another case is in the same thread")
	}
	h, _, _ = decoded(t, compose(t, testNotice(1, escalation.KindAccepted)))
	if strings.Contains(h.Get("References"), "esc-case") {
		t.Error("the customer's reply is in the leaders' thread")
	}
}

func TestOnlyPlainAddressesAreWritten(t *testing.T) {
	for in, want := range map[string]string{
		"jo@example.com":                "jo@example.com",
		"Jo.B+x@EXAMPLE.com":            "Jo.B+x@example.com",
		"o'neil@example.com":            "o'neil@example.com",
		"jo@bücher.example":             "jo@xn--bcher-kva.example",
		"jö@example.com":                "jö@example.com",
		"root@localhost":                "root@localhost",
		"":                              "",
		"root":                          "",
		"@example.com":                  "",
		"jo@":                           "",
		"jo @example.com":               "",
		"jo@example.com, x@evil.test":   "",
		`"jo"@example.com`:              "",
		`"a@evil.test> ORCPT=x"@e.com`:  "",
		"jo@example.com>\r\nRCPT TO:<x": "",
		"jo\x00@example.com":            "",
		"jo\u202e@example.com":          "",
		"jo@[192.0.2.1]":                "",
		"jo@exa mple.com":               "",
		"jo@-example-.com":              "",
		"jo@example.com.":               "", "jo@.0": "",
		".jo@example.com":                        "",
		"j..o@example.com":                       "",
		"jo\xff@example.com":                     "",
		strings.Repeat("a", 65) + "@example.com": "",
	} {
		got, err := parseAddress(in)
		if want == "" && !errors.Is(err, errAddress) || want != "" && (err != nil || got.String() != want) {
			t.Errorf("address %q is read as %q, %v; want %q", in, got, err, want)
		}
	}
	n := testNotice(1, escalation.KindEscalation)
	n.To = "jö@example.com"
	if env, err := EnvelopeOf(n, desk()); err != nil || !env.UTF8 {
		t.Errorf("envelope %+v, %v; want SMTPUTF8", env, err)
	}
}

// FuzzOneLetterIsOneTransaction puts any bytes into every field a stranger
// can reach and has the letter delivered by real SMTP.
func FuzzOneLetterIsOneTransaction(f *testing.F) {
	for _, seed := range []string{
		"plain", "a\r\nBcc: x@evil.test", "\r\n.\r\nMAIL FROM:<x@evil.test>\r\n", "\n.\n", "\r.\r", ".", "..", "a\rb", "a\nb", "\x00\xff",
		"=?utf-8?q?x=0d=0aBcc:y=40z?=", "--b\r\nContent-Type: text/html\r\n\r\n<script>", strings.Repeat("x", 3000), "> <evil@evil.test", "é\u202e\u2028", "<a@b>",
	} {
		f.Add(seed, seed, "jo@example.com")
		f.Add("x", seed, seed)
		f.Add(seed, "x", "jo@example.com"+seed)
	}
	server := startRelay(f, func(s *smtp.Server) { s.EnableSMTPUTF8 = true })
	relay := server.relay(f, TLSNone)
	set := builtIn(f)
	f.Fuzz(func(t *testing.T, text, subject, to string) {
		for _, kind := range []escalation.Kind{escalation.KindReturned, escalation.KindEscalation} {
			n := testNotice(1, kind)
			n.To, n.Thread = to, escalation.Thread{MessageID: text, References: []string{subject, text}, Subject: subject}
			l := &n.Letter
			l.Form.CaseNumber, l.Form.NextStep, l.Form.POC, l.Form.POCContact, l.Form.Comments = text, text, text, text, text
			l.Account, l.Case.Subject, l.Why, l.Text, l.RequestedBy, l.Contact = text, text, text, text, text, text
			words, err := set.Render(n, desk())
			if err != nil {
				t.Fatal(err)
			}
			raw, err := Compose(words, n, desk(), time.Unix(1_800_000_000, 0))
			if errors.Is(err, errAddress) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			env, err := EnvelopeOf(n, desk())
			if err != nil {
				t.Fatal(err)
			}
			before := len(server.delivered())
			if err := relay.Send(t.Context(), env, raw, always); err != nil {
				t.Fatal(err)
			}
			got := server.delivered()[before:]
			if len(got) != 1 || got[0].to != env.To || !bytes.Equal(got[0].data, raw) {
				t.Fatalf("%d letters to %q arrived; want this one to %q", len(got), got[0].to, env.To)
			}
			if s := strings.ReplaceAll(string(raw), "\r\n", ""); strings.ContainsAny(s, "\r\n") {
				t.Fatalf("a bare CR or LF")
			}
			h, _, _ := decoded(t, raw)
			for field, values := range h {
				if !known[field] || len(values) != 1 {
					t.Fatalf("field %s: %q", field, values)
				}
			}
			if got, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject")); err != nil || got != oneLine(words.Subject) {
				t.Fatalf("subject %q (%v), want %q", got, err, words.Subject)
			}
			if list, err := h.AddressList("To"); err != nil || len(list) != 1 || list[0].Address != env.To {
				t.Fatalf("To %v, %v", list, err)
			}
		}
	})
}

var known = map[string]bool{
	"Auto-Submitted": true, "X-Auto-Response-Suppress": true, "X-Escalationd": true, "Message-Id": true, "To": true, "From": true,
	"Date": true, "Mime-Version": true, "Subject": true, "In-Reply-To": true, "References": true, "Content-Type": true,
}

func BenchmarkRenderAndCompose(b *testing.B) {
	set := builtIn(b)
	for _, kind := range []escalation.Kind{escalation.KindAccepted, escalation.KindEscalation} {
		b.Run(string(kind), func(b *testing.B) {
			n := testNotice(1, kind)
			b.ReportAllocs()
			for b.Loop() {
				words, err := set.Render(n, desk())
				if err != nil {
					b.Fatal(err)
				}
				if _, err := Compose(words, n, desk(), time.Now()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
