package templates

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"escalationd/escalation"
	"escalationd/mailparse"
)

func TestTextFromOutsideLosesItsLinks(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"Call me at 16:00, e.g. on v1.2. Thanks.", "Call me at 16:00, e.g. on v1.2. Thanks."},
		{"https://example.com/a?b=c", "hxxps[:]//example[.]com/a?b=c"},
		{"HTTP 500 from http://a.example.com:8080", "HTTP 500 from hxxp[:]//a[.]example[.]com:8080"},
		{"www.example.com", "www[.]example[.]com"},
		{"bank.example.co.uk", "bank[.]example[.]co[.]uk"},
		{"jo@example.com", "jo@example[.]com"},
		{"mailto:jo@localhost", "mailto[:]jo@localhost"},
		{"javascript:alert(1)", "javascript[:]alert(1)"},
		{"tel:+15550100", "tel[:]+15550100"},
		{`\\files\share`, `\ \files\share`},
		{"10.0.0.1 or é10.0.0.1:80", "10[.]0[.]0[.]1 or é10[.]0[.]0[.]1:80"},
		{"at 10:30: see http:/x", "at 10:30: see hxxp[:]/x"},
		{"Note: file: it is in data:", "Note: file: it is in data[:]"},
		{"exam\u200bple.com", "example[.]com"},
		{"evil\u202emoc.elpmaxe", "evilmoc[.]elpmaxe"},
		{"пример.рф", "пример[.]рф"},
		{"example。com", "example[.]com"},
		{"example․com, example﹒com", "example[.]com, example[.]com"},
		{"a\r\nb\rc\u2028d", "a\nb\nc\nd"},
		{"bell\a nul\x00 bad\xff", "bell nul bad\uFFFD"},
	} {
		if got := inert(tc.in); got != tc.want {
			t.Errorf("inert(%q) = %q, want %q", tc.in, got, tc.want)
		}
	}
}

func TestLongTextEnds(t *testing.T) {
	if got := inert(strings.Repeat("é", 10_000)); !strings.HasSuffix(got, cutMark) || len([]rune(got)) > maxText+len(cutMark) {
		t.Errorf("a text of 10,000 letters became one of %d, ending in %q", len([]rune(got)), got[len(got)-10:])
	}
	if got := inert(strings.Repeat("a\n", 1000)); strings.Count(got, "\n") > maxLines {
		t.Errorf("a text of 1000 lines became one of %d", strings.Count(got, "\n"))
	}
	if got := line("one\ntwo\t three"); got != "one two three" {
		t.Errorf("on one line: %q", got)
	}
}

// autolink is what mail programs make links of.
var autolink = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://|\bwww\.|\b(?:mailto|tel|sms|javascript|data|file|vbscript):\S|` +
	`[\pL\pN_-]\.(?:com|net|org|example|test|io|zip|рф|uk)\b|[\pL\pN._%+-]+@[\pL\pN-]+\.[\pL]{2,}|\\\\[a-z]`)

// hostile are the texts that a stranger might put into a field: each seed
// plain, and dressed in ways that have fooled others.
func hostile() []string {
	seeds := []string{
		"https://evil.example.com/login", "http://evil.example.com", "HTTPS://EVIL.EXAMPLE.COM", "ftp://evil.example.com",
		"www.evil.example.com", "evil.example.com", "evil-bank.io", "report.zip", "jo@evil.example.com",
		"mailto:jo@evil.example.com?subject=ACK", "javascript:alert(1)", "data:text/html,<b>x", "file:///etc/passwd", `\\evil\share`,
		"tel:+15550100", "sms:+15550100", "evil.рф", "xn--e1afmkfd.example.com",
		`<a href="https://evil.example.com">click</a>`, `<img src=x onerror=alert(1)>`, `<script>alert(1)</script>`,
		`"><svg onload=alert(1)>`, `</blockquote></div><h1>Pay now</h1>`, `<style>*{display:none}</style>`, `<form action=//evil.example.com>`,
		`<base href=//evil.example.com>`, `<meta http-equiv=refresh content=0;//evil.example.com>`, `&lt;a href=evil.example.com&gt;`,
		"{{.Desk}}", `{{define "html"}}x{{end}}`, "{{range 999999999}}{{end}}", "[click](https://evil.example.com)", "<https://evil.example.com>",
		"=cmd|' /C calc'!A0", "Subject: x\r\nBcc: jo@evil.example.com", "\r\n.\r\nMAIL FROM:<x@evil.example.com>", "ACK", "> quoted",
		"-- \nEnterprise Support", "\u202ehttps://evil.example.com", "evil\u00ad.example.com", "evil\u200d.example\u200b.com", "evil．example．com", "evil。example。com",
		"What the customer asks for\nNothing",
	}
	dress := []func(string) string{
		func(s string) string { return s },
		func(s string) string { return "Please look: " + s + " thanks" },
		func(s string) string { return "(" + s + ")" },
		func(s string) string { return "a\n" + s + "\nb" },
		func(s string) string { return "\u200b" + strings.ReplaceAll(s, ".", ".\u200b") },
		func(s string) string { return strings.ToUpper(s) },
		func(s string) string { return s + s },
		func(s string) string { return html.EscapeString(s) },
	}
	var all []string
	for _, s := range seeds {
		for _, d := range dress {
			all = append(all, d(s))
		}
	}
	return all
}

func withField(n escalation.Notice, text string) escalation.Notice {
	l := &n.Letter
	l.Form = mailparse.Form{CaseNumber: text, NextStep: text, POC: text, POCContact: text, Comments: text,
		Contacts: []mailparse.Contact{{Kind: mailparse.Phone, Value: text}, {Kind: mailparse.Email, Value: text}}}
	l.Text, l.Contact, l.RequestedBy, l.Account, l.Why = text, text, text, text, text
	l.Case.Subject, l.Case.OwnerName, l.Case.OwnerEmail = text, text, text
	l.Digest = &escalation.Digest{Waiting: []escalation.DigestLine{{Case: "01234567", Account: text, NextStep: text, Who: text}}}
	l.Alarms = []escalation.Alarm{{What: text, Detail: text, Ref: text}}
	return n
}

func TestNothingFromOutsideIsALinkInLettersToLeaders(t *testing.T) {
	s := loadBuiltIn(t)
	tag := regexp.MustCompile(`<[^>]*>`)
	structure := map[escalation.Kind]string{}
	texts := hostile()
	if len(texts) < 300 {
		t.Fatalf("only %d hostile texts", len(texts))
	}
	for k, kind := range []escalation.Kind{
		escalation.KindEscalation, escalation.KindOwner, escalation.KindAddition, escalation.KindConfirmed,
		escalation.KindTakenOver, escalation.KindEnded, escalation.KindDigest, escalation.KindAlarm,
	} {
		for i, text := range texts {
			if kind != escalation.KindEscalation && i%7 != k%7 { // every text once, some twice, in the other letters
				continue
			}
			n := withField(sample(kind), text)
			n.To = "lead@example.com"
			words, err := s.Render(n, sampleDesk())
			if err != nil {
				t.Fatalf("%s with %q: %v", kind, text, err)
			}
			shown := html.UnescapeString(tag.ReplaceAllString(words.HTML, "\n"))
			for part, in := range map[string]string{"text": words.Text, "HTML": shown, "subject": words.Subject} {
				if m := autolink.FindString(in); m != "" {
					t.Errorf("%s, %s part: %q of %q is taken for a link", kind, part, m, text)
				}
			}
			if strings.ContainsFunc(words.Text+words.HTML, func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) }) {
				t.Errorf("%s: control characters of %q came through", kind, text)
			}
			tags := strings.ReplaceAll(strings.Join(tag.FindAllString(words.HTML, -1), ""), "<br>", "")
			if was, ok := structure[kind]; ok && was != tags {
				t.Errorf("%s: %q changed the markup", kind, text)
			}
			structure[kind] = tags
		}
	}
}
