package acceptance

import (
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// payloads are what a stranger may put into any field, in the hope that it
// does something in a letter to a leader.
func payloads() []string {
	return append([]string{
		"https://evil.example/login", "HTTP://EVIL.EXAMPLE", "www.evil.example", "sub.evil-bank.co.uk/path?x=1", "evil.example:8080", "evil.zip",
		`https:\\evil.example`, "http://192.0.2.1/", "192.0.2.1", `\\evil\share`, "file://evil/share", "mailto:jo@evil.example", "jo@evil.example",
		"javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "tel:+15550100", "evil．example", "evil․example", "evil\u200b.example",
		"\u202ehttps://evil.example", "h\u200bttps://evil.example", "https：／／evil.example", "xn--e1afmkfd.example", "[click](https://evil.example)",
		`<a href="https://evil.example">click</a>`, "<img src=//evil.example/x onerror=alert(1)>", "</blockquote></div><h1>Pay</h1>",
		"<style>*{display:none}</style>", "<!-- x", "&lt;b&gt;", "&#x3c;script&#x3e;", `{{.Desk}}{{template "x"}}`, "=cmd|' /C calc'!A0",
		`=HYPERLINK("http://evil.example";"x")`, "%0d%0aBcc: x@evil.example", "=?utf-8?b?DQpCY2M6IHhAZXZpbC5leGFtcGxl?=",
		"\r\n.\r\nMAIL FROM:<x@evil.example>\r\nRCPT TO:<y@evil.example>\r\nDATA", "\nBcc: x@evil.example", "dots\r\n..\r\n.", "-- evil", "From x", "ACK", "RESOLVE done",
		"\x1b[31mred\a", "nul\x00x", "bad\xff\xfe", "\u2028line", "tab\tx",
	}, strings.Repeat("A", 1500), strings.Repeat("é", 600))
}

// withPayload is an escalation that has a payload in each field, in its
// subject and in its sender's name.
func withPayload(payload string) func(*bag, *sample) {
	return func(b *bag, s *sample) {
		c := b.open("open")
		from := s.from(c.account)
		field := strings.NewReplacer("\r", "", "\n", "\r\n ", "\x00", "").Replace(payload)
		name := strings.NewReplacer("\r", "", "\n", "", "\x00", "", `"`, `\"`, `\`, `\\`).Replace(payload)
		head := strings.Replace(s.proven(from), "From: A customer ", `From: "`+name+`" `, 1)
		head = strings.Replace(head, "Subject: Please escalate "+s.serial, "Subject: "+field, 1)
		s.kind, s.raw = "payload", []byte(head+textPlain+fmt.Sprintf(
			"Case Number: %s\r\nExpected Next Step: Step %[2]s end\r\nPoint of Contact: %[2]s\r\nPhone Number or Email for POC: +1 555 0142 %[2]s\r\nAdditional Comments: %[2]s\r\n",
			c.number, payload))
		s.accepted(from, c)
	}
}

func TestWhateverStandsInAFieldIsOneInertLetterToTheRightPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	samples := w.good(3)
	for _, p := range payloads() {
		samples = append(samples, w.add(withPayload(p)))
	}
	d := w.desk()
	d.start()
	w.deliver(samples...)
	d.settles()

	markup := map[string]map[string]int{} // of the letters of each kind
	for _, m := range w.sink.Mails() {
		l := readLetter(t, string(m.Raw))
		if l.to != m.To[0] {
			t.Errorf("the letter to %s is given to %s", l.to, m.To[0])
		}
		if markup[l.kind] == nil {
			markup[l.kind] = map[string]int{}
		}
		markup[l.kind][l.markup]++
		if l.kind != "escalation" && l.kind != "owner" {
			continue
		}
		for part, text := range map[string]string{"subject": l.subject, "text": l.text, "HTML": l.shown} {
			for line := range strings.Lines(text) {
				if found := live.FindString(line); found != "" || part != "HTML" && strings.ContainsAny(line[:1], "=+@") {
					t.Errorf("%s of a letter %s: %q is live in %q", part, l.kind, found, line)
				}
			}
		}
	}
	for kind, seen := range markup {
		// A first answer that is due at once, or on another day, is told in other words.
		if len(seen) > 2 {
			t.Errorf("letters %s have %d kinds of markup: %v", kind, len(seen), slices.Sorted(maps.Keys(seen)))
		}
	}
}

// live is what mail programs make links of, and what moves a terminal or a
// reader's eye.
var live = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://|\bwww\.|\b(?:mailto|tel|javascript|data|file):\S|[\pL\pN_-][.․．](?:com|example|uk|zip)\b|` +
	`[\pL\pN._%+-]+@[\pL\pN-]+\.\pL{2,}|\\\\[a-z]|\b\d{1,3}(?:\.\d{1,3}){3}\b|[\x00-\x08\x0b-\x1f\x7f\x{200b}\x{202e}\x{2028}]`)

// shownLetter is a letter as a mail program sees it.
type shownLetter struct{ kind, to, subject, text, shown, markup string }

// readLetter reads a letter strictly: whatever stands twice or too many is an
// error.
func readLetter(t *testing.T, raw string) (l shownLetter) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("a letter cannot be read: %v\n%s", err, raw)
	}
	known := strings.Fields("Auto-Submitted Content-Type Date From In-Reply-To Message-Id Mime-Version References Subject To X-Auto-Response-Suppress X-Escalationd")
	for name, values := range m.Header {
		if len(values) != 1 || !slices.Contains(known, name) {
			t.Errorf("the field %s stands %d times: %q", name, len(values), values)
		}
	}
	to, err := mail.ParseAddress(m.Header.Get("To"))
	if err != nil {
		t.Fatal(err)
	}
	l.kind, l.to = m.Header.Get("X-Escalationd"), to.Address
	if l.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Error(err)
	}
	media, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || media != "multipart/alternative" {
		t.Fatalf("the letter is %s, %v", media, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	l.text = partText(t, parts)
	l.markup, l.shown = dissect(partText(t, parts))
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("after the second part comes %v", err)
	}
	return l
}

func partText(t *testing.T, parts *multipart.Reader) string {
	t.Helper()
	part, err := parts.NextRawPart()
	if err != nil {
		t.Fatal(err)
	}
	var body io.Reader = part
	if part.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		body = quotedprintable.NewReader(part)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var changing = regexp.MustCompile(`%5Bref%3A[a-z2-7]{26}%5D|[A-Z]+-\d{5}`)

// dissect tells the markup of HTML from the text that is shown.
func dissect(page string) (markup, shown string) {
	z := html.NewTokenizer(strings.NewReader(page))
	var tags, text strings.Builder
	style := false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return changing.ReplaceAllString(tags.String(), "…"), text.String()
		case html.TextToken:
			if !style {
				text.WriteString(z.Token().Data + "\n")
			}
		case html.CommentToken:
			tags.WriteString("<!-->")
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			tag := z.Token()
			style = tag.Data == "style" && tag.Type == html.StartTagToken
			if tag.Data != "br" {
				tags.WriteString(tag.String())
			}
		}
	}
}
