package mailparse

import (
	"bytes"
	"encoding/base64"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"
)

// drawForm draws a form with values such as people write, and its text.
func drawForm(t *rapid.T) (Form, string) {
	pick := func(name string, options ...string) string { return rapid.SampledFrom(options).Draw(t, name) }
	f := Form{
		CaseNumber: pick("case", "01234567", "CS-2024-0012", "70707001", "A1B2C3D4"),
		NextStep:   pick("step", "Call us back within the hour", "Send an engineer to site 4: the gate is open", "Root cause by Friday noon", "Please replace the controller, then confirm"),
		POC:        pick("poc", "Ana Lopez", "Night manager", "NOC duty desk (level 2)", "Dr. Example"),
		POCContact: pick("contact", "+44 20 7946 0018", "noc@customer.example.org", "+1 212 555 0165 or noc@customer.example.org", "ring +49 30 23125 666 after six"),
		Comments:   pick("comments", "", "Plant is down since 04:10", "Third outage this month; the board wants to hear from you.", "Line one of it\nand line two goes on here", "See also case 7777777\n\nSecond paragraph: it is urgent."),
	}
	sep := pick("separator", ": ", ":", " - ", " = ", "\t", " : ")
	labels := rapid.SampledFrom([][]string{
		{"Case Number", "Expected Next Step", "Point of Contact", "Phone Number or Email for POC", "Additional Comments"},
		{"Case #", "Next Step", "POC", "Phone/Email", "Comments"},
		{"Fallnummer", "Nächster Schritt", "Ansprechpartner", "Telefon oder E-Mail", "Weitere Bemerkungen"},
		{"CASE NUMBER", "EXPECTED NEXT STEP", "POINT OF CONTACT", "PHONE NUMBER OR EMAIL FOR POC", "ADDITIONAL COMMENTS"},
	}).Draw(t, "labels")
	bullet := pick("bullet", "", "- ", "* ", "• ")
	var sb strings.Builder
	for i, field := range fields {
		sb.WriteString(bullet + labels[i] + sep + *f.value(field) + "\n")
	}
	return f, sb.String()
}

func readOne(t *rapid.T, raw []byte) Form {
	msg, err := Parse(raw)
	if err != nil || len(msg.Forms) != 1 {
		t.Fatalf("%d forms, %v in\n%s", len(msg.Forms), err, raw)
	}
	return msg.Forms[0]
}

func expectSame(t *rapid.T, got, want Form, raw []byte) {
	if !got.equal(want) {
		t.Fatalf("got  %+v\nwant %+v\n%s", got, want, raw)
	}
}

func TestTailsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, text := drawForm(t)
		for range rapid.IntRange(1, 3).Draw(t, "tails") {
			text += "\n" + rapid.SampledFrom([]string{"Best regards,\nAna Lopez", "-- \nAna Lopez\nPhone: +1 555 0100\nEmail: ana@customer.example.com", "Sent from my iPhone",
				"This email and any attachments are confidential and intended solely for the addressee.",
				"On Mon, 2 Nov 2026 at 09:00, Desk <desk@example.com> wrote:\n> Case Number: 9999999\n> Expected Next Step: old\n> Point of Contact: old",
				"From: Desk <desk@example.com>\nSent: Monday, 2 November 2026\nTo: Ana\nSubject: Case\n\nCase Number: 9999999\nExpected Next Step: old",
				"MfG\nAna", "Cordialement"}).Draw(t, "tail") + "\n"
		}
		raw := textMail("Hello,\n\n" + text)
		expectSame(t, readOne(t, raw), want, raw)
	})
}

func TestTransportChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, text := drawForm(t)
		charset, body := encodeText(t, text)
		end := rapid.SampledFrom([]string{"\r\n", "\n"}).Draw(t, "line end")
		encoding := rapid.SampledFrom([]string{"8bit", "base64", "quoted-printable"}).Draw(t, "encoding")
		if strings.HasPrefix(charset, "utf-16") {
			encoding = "base64"
		}
		raw := []byte("From: a@customer.example.com" + end + "Content-Type: text/plain; charset=" + charset + end + "Content-Transfer-Encoding: " + encoding + end + end)
		raw = append(raw, transfer(encoding, body, end)...)
		expectSame(t, readOne(t, raw), want, raw)
	})
}

func encodeText(t *rapid.T, text string) (string, []byte) {
	charset := rapid.SampledFrom([]string{"utf-8", "iso-8859-1", "windows-1252", "utf-16le", "iso-2022-jp", "\"UTF8\"", "x-unknown", "us-ascii"}).Draw(t, "charset")
	encoded := []byte(text)
	var err error
	switch charset {
	case "iso-8859-1", "windows-1252":
		encoded, err = charmap.Windows1252.NewEncoder().Bytes(encoded)
	case "utf-16le":
		encoded, err = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes(encoded)
	case "iso-2022-jp":
		if encoded, err = japanese.ISO2022JP.NewEncoder().Bytes(encoded); err != nil {
			return "utf-8", []byte(text)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return charset, encoded
}

func transfer(encoding string, body []byte, end string) []byte {
	var buf bytes.Buffer
	switch encoding {
	case "base64":
		s := base64.StdEncoding.EncodeToString(body)
		for len(s) > 76 {
			buf.WriteString(s[:76] + end)
			s = s[76:]
		}
		buf.WriteString(s + end)
	case "quoted-printable":
		w := quotedprintable.NewWriter(&buf)
		_, _ = w.Write(body)
		_ = w.Close()
	default:
		buf.Write(bytes.ReplaceAll(body, []byte("\n"), []byte(end)))
	}
	return buf.Bytes()
}

func TestWrappingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, text := drawForm(t)
		width := rapid.IntRange(45, 100).Draw(t, "width")
		raw := textMail(wrap(text, width))
		expectSame(t, readOne(t, raw), want, raw)
	})
}

func wrap(text string, width int) string {
	var sb strings.Builder
	for l := range strings.SplitSeq(text, "\n") {
		for len(l) > width {
			i := strings.LastIndexByte(l[:width], ' ')
			if i <= 0 {
				break
			}
			sb.WriteString(l[:i] + "\n")
			l = l[i+1:]
		}
		sb.WriteString(l + "\n")
	}
	return sb.String()
}

func TestHTMLChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, text := drawForm(t)
		text = strings.ReplaceAll(strings.TrimSpace(text), "\t", ": ")
		w := rapid.SampledFrom([][2]string{{"<div>", "</div>"}, {"<p>", "</p>"}, {"", "<br>"}, {"<p class=MsoNormal>", "<o:p></o:p></p>"}, {"<div><span>", "</span></div>"}, {"<li>", "</li>"}}).Draw(t, "wrapper")
		raw := htmlMail(w[0] + strings.ReplaceAll(text, "\n", w[1]+"\n"+w[0]) + w[1])
		expectSame(t, readOne(t, raw), want, raw)
	})
}

func TestParsingTwiceIsTheSame(t *testing.T) {
	names, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	forms := 0
	rapid.Check(t, func(t *rapid.T) {
		raw, err := os.ReadFile(rapid.SampledFrom(names).Draw(t, "mail"))
		if err != nil {
			t.Fatal(err)
		}
		raw = edited(t, raw)
		a, errA := Parse(raw)
		b, errB := NewParser(Options{}).Parse(raw)
		if !reflect.DeepEqual(a, b) || (errA == nil) != (errB == nil) {
			t.Fatalf("parsing twice differs:\n%+v\n%+v", a, b)
		}
		forms += len(a.Forms)
	})
	if forms == 0 {
		t.Error("no mail held a form")
	}
}

// edited makes one random change to a mail: bytes lost, put in, doubled or moved.
func edited(t *rapid.T, raw []byte) []byte {
	at := rapid.IntRange(0, len(raw)).Draw(t, "at")
	end := min(len(raw), at+rapid.IntRange(0, 80).Draw(t, "length"))
	piece := raw[at:end]
	switch rapid.SampledFrom([]string{"cut", "insert", "double", "replace", "move", "truncate"}).Draw(t, "edit") {
	case "cut":
		return slices.Concat(raw[:at], raw[end:])
	case "insert":
		return slices.Insert(slices.Clone(raw), at, rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "bytes")...)
	case "double":
		return slices.Insert(slices.Clone(raw), at, piece...)
	case "replace":
		return slices.Concat(raw[:at], rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "bytes"), raw[end:])
	case "move":
		rest := slices.Concat(raw[:at], raw[end:])
		return slices.Insert(rest, rapid.IntRange(0, len(rest)).Draw(t, "to"), piece...)
	}
	return raw[:at]
}
