package mailparse

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// prose is text of about n bytes in lines of 70, with labels nowhere in it.
func prose(n int) string {
	var sb strings.Builder
	for i := 0; sb.Len() < n; i++ {
		fmt.Fprintf(&sb, "Line %d: the pump reports pressure, then, without any alarm, it stops.\r\n", i)
	}
	return sb.String()
}

func alternative(text, html string) []byte {
	return []byte("From: Ana Lopez <ana@customer.example.com>\r\nTo: escalations@example.com\r\nSubject: Escalation\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/alternative; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text +
		"\r\n--b1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html + "\r\n--b1--\r\n")
}

func withAttachment(text string, size int) []byte {
	var sb bytes.Buffer
	sb.WriteString("From: Ana Lopez <ana@customer.example.com>\r\nTo: escalations@example.com\r\nSubject: Escalation\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/mixed; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text +
		"\r\n--b1\r\nContent-Type: application/pdf; name=\"log.pdf\"\r\nContent-Disposition: attachment; filename=\"log.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xa5, 3, 7}, 19))
	for sb.Len() < size {
		sb.WriteString(line + "\r\n")
	}
	sb.WriteString("--b1--\r\n")
	return sb.Bytes()
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// realistic are the four kinds of mail a desk gets.
func realistic() map[string][]byte {
	html := "<div>" + strings.ReplaceAll(plainForm, "\n", "</div><div>") + "</div>"
	thread := "<div class=WordSection1>"
	for i := range 60 {
		thread += fmt.Sprintf("<p class=MsoNormal style='margin:0'><span style='font-size:11.0pt;font-family:\"Calibri\",sans-serif'>The pump reports pressure %d, then it stops.<o:p></o:p></span></p>", i)
		if i%10 == 9 {
			thread += "<p class=MsoNormal><b>From:</b> Desk &lt;d@example.com&gt;<br><b>Sent:</b> Monday, November 2, 2026 9:00 AM<br><b>To:</b> Ana<br><b>Subject:</b> RE: Case<o:p></o:p></p>"
		}
	}
	thread = html + strings.Repeat(thread, 5) + "</div>"
	return map[string][]byte{
		"2kB-text":         textMail("Hello,\n\n" + plainForm + "\n\nBest regards\nAna Lopez\n\n" + prose(1400)),
		"5kB-alternative":  alternative(crlf(plainForm)+"\r\n\r\nRegards\r\nAna\r\n"+prose(1500), html+"<p>Regards<br>Ana</p><p>"+prose(1500)+"</p>"),
		"60kB-outlook":     alternative(crlf(plainForm)+"\r\n\r\nFrom: Desk <d@example.com>\r\nSent: Monday, November 2, 2026 9:00 AM\r\nTo: Ana\r\nSubject: Case\r\n\r\n"+prose(12000), thread),
		"2MB-attachment":   withAttachment(crlf(plainForm), 2<<20),
		"200kB-attachment": withAttachment(crlf(plainForm), 200<<10),
	}
}

func BenchmarkRealistic(b *testing.B) {
	parser := NewParser(Options{})
	mails := realistic()
	total := 0
	for name, raw := range mails {
		total += len(raw)
		b.Run(name, func(b *testing.B) { benchParse(b, parser, raw) })
	}
	b.Run("mix", func(b *testing.B) {
		b.SetBytes(int64(total))
		b.ReportAllocs()
		for b.Loop() {
			for _, raw := range mails {
				if _, err := parser.Parse(raw); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func benchParse(b *testing.B, parser *Parser, raw []byte) {
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parser.Parse(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSize shows that cost grows with size and not faster: the bytes per
// second of each kind stay level from 1 kB to 20 MB.
func BenchmarkSize(b *testing.B) {
	parser := NewParser(Options{})
	for _, size := range []int{1 << 10, 10 << 10, 100 << 10, 1 << 20, 4 << 20, 20 << 20} {
		b.Run(fmt.Sprintf("attachment/%dkB", size>>10), func(b *testing.B) { benchParse(b, parser, withAttachment(crlf(plainForm), size)) })
		b.Run(fmt.Sprintf("text/%dkB", size>>10), func(b *testing.B) { benchParse(b, parser, textMail(plainForm+"\n\nRegards\nAna\n\n"+prose(size))) })
		b.Run(fmt.Sprintf("html/%dkB", size>>10), func(b *testing.B) {
			benchParse(b, parser, htmlMail("<p>"+strings.ReplaceAll(plainForm, "\n", "<br>")+"</p><p>"+strings.ReplaceAll(prose(size), "\n", "<br>")))
		})
	}
}

func BenchmarkNewParser(b *testing.B) {
	for b.Loop() {
		NewParser(Options{})
	}
}

// hostile are mails made to be slow, of up to 40 MB divided by shrink.
func hostile(shrink int) map[string][]byte {
	head := "From: a@customer.example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
	var nested strings.Builder
	nested.WriteString(head)
	for i := range 20000 {
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	rep := func(s string, n int) string { return strings.Repeat(s, n/shrink) }
	brackets := rep("[Case [Number [of [the [case [number\r\n", 20000)
	var within, alternating strings.Builder
	for i := range 48 {
		const beside = "Content-Type: multipart/%s; boundary=b%d\r\n\r\n--b%d\r\n\r\nx\r\n--b%d\r\n"
		fmt.Fprintf(&within, beside, "mixed", i, i, i)
		fmt.Fprintf(&alternating, beside, []string{"mixed", "alternative"}[i%2], i, i, i)
	}
	parts := func(header string) []byte {
		return []byte(head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n"+header+"\r\n"+brackets, 20))
	}
	return map[string][]byte{
		"texts within mixed":  []byte(head + within.String() + "\r\n" + brackets),
		"texts alternating":   []byte(head + alternating.String() + "\r\n" + brackets),
		"many texts":          parts(""),
		"attached texts":      parts("Content-Disposition: attachment; filename=a.txt\r\n"),
		"nested comments":     []byte(rep("Auto-Submitted: no "+strings.Repeat("(", 900)+"\r\n "+strings.Repeat(")", 900)+"\r\n", 2000) + head + "\r\nx"),
		"nested 20,000 deep":  []byte(nested.String() + "Content-Type: text/plain\r\n\r\n" + plainForm),
		"100,000 parts":       []byte(head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + rep("--b\r\n\r\nx\r\n", 100000)),
		"200,000 headers":     []byte(rep("X-A: b\r\n", 200000) + head + "\r\n" + plainForm),
		"20 MB header":        []byte(head + "X-A: " + rep("a", 20<<20) + "\r\n\r\n" + plainForm),
		"folded header":       []byte(head + "X-A: " + rep("a\r\n ", 5<<20) + "\r\n\r\n" + plainForm),
		"encoded words":       []byte(head + "Subject: " + rep("=?utf-8?B?YWFh?= ", 300000) + "\r\n\r\n" + plainForm),
		"base64 40 MB":        []byte(head + "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + rep("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\r\n", 24<<20/34)),
		"one line":            textMail(rep("a ", 12<<20)),
		"one line of colons":  textMail(rep("Case Number: ", 1<<20)),
		"one word":            textMail(rep("a", 20<<20)),
		"quote marks":         textMail(rep(">", 20<<20)),
		"quote lines":         textMail(rep("> Case Number: 1\n", 1<<20)),
		"label lines":         textMail(rep("Case Number: 12345678\nPoint of Contact: x\n", 1<<18)),
		"almost labels":       textMail(rep("Cesa Nubmer - foo, bar; baz: x\n", 1<<19)),
		"short lines":         textMail(rep("a:\n", 5<<20)),
		"empty lines":         textMail(rep("\n", 20<<20)),
		"attributions":        textMail(rep("On Monday\nBob\n2026\n", 1<<19)),
		"header rows":         textMail(rep("From: a\nTo: b\nDate: c\nX\n", 1<<19)),
		"closings":            textMail(plainForm + "\n" + rep("Thanks\n\nBob is a name of seven words here\n", 1<<19)),
		"deep html":           htmlMail(rep("<div>", 2<<20)),
		"deep html closed":    htmlMail(rep("<div><b><p>", 1<<19) + plainForm + rep("</b></div>", 1<<19)),
		"html tables":         htmlMail(rep("<table><tr><td>", 1<<19)),
		"html cells":          htmlMail("<table><tr>" + rep("<td>Case Number", 1<<19)),
		"html rows":           htmlMail("<table>" + rep("<tr><td>Case Number<td>x", 1<<19)),
		"html header rows":    htmlMail("<table>" + rep("<tr><td>Case Number<td>Point of Contact", 1<<18)),
		"html comment":        htmlMail(rep("<!--", 5<<20)),
		"html attributes":     htmlMail("<div " + rep("a=b ", 5<<20) + ">x"),
		"html styles":         htmlMail("<style>" + rep(".a{display:none}", 1<<20) + "</style>" + rep("<div class='a b c d'>", 1<<18)),
		"html entities":       htmlMail(rep("&amp;", 4<<20)),
		"html lt":             htmlMail(rep("<", 20<<20)),
		"html hidden":         htmlMail(rep("<p style='display:none'>x", 1<<19)),
		"utf-7":               []byte(head + "Content-Type: text/plain; charset=utf-7\r\n\r\n" + rep("+AGE-", 4<<20)),
		"iso-2022-jp":         []byte(head + "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + rep("\x1b$B$\"\x1b(B", 2<<20)),
		"high bytes":          []byte(head + "Content-Type: text/plain\r\n\r\n" + rep("\xe9\xff\n", 6<<20)),
		"combining":           textMail(rep("e\u0301", 6<<20)),
		"tabs":                textMail(rep("a\t", 10<<20)),
		"tab lines":           textMail(rep("Case Number\t1\n", 1<<20)),
		"flowed":              []byte(head + "Content-Type: text/plain; format=flowed\r\n\r\n" + rep("a \r\n", 5<<20)),
		"uu":                  textMail(rep("begin 644 a\n", 1<<20)),
		"references":          []byte(head + "References: " + rep("(", 1<<20) + "\r\n\r\n" + plainForm),
		"from comments":       []byte("From: " + rep("(", 1<<20) + "\r\n\r\n" + plainForm),
		"many addresses":      []byte("From: a@b.example\r\nTo: " + rep("a@b.example, ", 1<<18) + "\r\n\r\n" + plainForm),
		"prefix boundaries":   []byte(head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + rep("--bb\r\n", 1<<20)),
		"boundary in no line": []byte(head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + rep("--b--b", 1<<20)),
		"closing lines":       []byte(head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + rep("--b--\r\n", 1<<20)),
		"phones":              textMail(plainForm + rep("\n+44 20 7946 0018", 1<<16)),
		"junk header lines":   []byte(rep("junk\r\n", 1<<20) + head + "\r\n" + plainForm),
		"bare CR":             []byte(strings.ReplaceAll(head, "\r\n", "\r") + "\r" + rep("a:\r", 5<<20)),
		"bare CR but one LF":  []byte(strings.ReplaceAll(head, "\r\n", "\r") + "\r" + rep("a:\r", 5<<20) + "\n"),
		"bare CR in a text":   []byte(head + "\r\n" + rep("Case Number: 1\r", 1<<20)),
		"bare CR in parts":    []byte(head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + rep("--b\r\ra:\r", 1<<20)),
		"CRCRLF":              []byte(head + "\r\n" + rep("a:\r\r\n", 4<<20)),
		"CRs":                 []byte(head + "\r\n" + rep("\r", 20<<20) + "\n"),
		"blank header lines":  []byte(head + rep(" \r\n", 5<<20) + "\r\n" + plainForm),
		"header blocks":       textMail(rep("\n\nXx: a@b.example\nYy: c@d.example\nZz: 9.11.2026 16:12\n", 1<<17)),
		"bar quotes":          textMail(rep("| a\n|\n", 1<<20)),
		"label columns":       textMail(rep("Phone Number or    x\nPoint of        y\n", 1<<18)),
		"value columns":       htmlMail("<table>" + rep("<tr><td>Case Number<td>123<td>124", 1<<18)),
		"slashes":             textMail(rep("Case Number / x / y\n", 1<<19)),
		"sign-offs":           textMail(plainForm + rep("Best regards and many thanks in advance\n\nAna\n", 1<<18)),
		"equals signs":        []byte(head + "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + rep("=41=", 4<<20)),
		"gb18030 lines":       []byte(head + "Content-Type: text/plain; charset=macintosh\r\n\r\n" + rep("\xd5\x8e a\n", 3<<20)),
		"pgp":                 textMail(rep("-----BEGIN PGP SIGNED MESSAGE-----\n", 1<<18)),
		"pasted quotes":       textMail(plainForm + rep("\n> a\n\nb", 1<<18)),
		"rulers":              textMail(plainForm + rep("\n-----\nx", 1<<18)),
		"bars":                textMail(rep("Case Number: 1 | Point of\n", 1<<18)),
		"labels in brackets":  textMail(rep("12345678 (Case Number)\n", 1<<18)),
		"chats":               textMail(rep("[24/11/2026, 05:58] Ana: Case Number: 1\n", 1<<17)),
		"disclaimers":         textMail(plainForm + rep("\n\nconfidential and intended for the recipient", 1<<17)),
		"signatures":          textMail(plainForm + rep("\n\nAna Lopez\nShift Lead", 1<<18)),
		"fences":              textMail(plainForm + rep("\nlog:\n----\nx", 1<<18)),
		"row spans":           htmlMail("<table>" + rep("<tr><td rowspan=9>Case Number<td>1<td>x", 1<<18)),
		"semicolons":          textMail(rep("Case Number;Point of Contact;POC;Comments\n", 1<<17)),
		"prose paragraphs":    textMail(plainForm + rep("\n\nAna Lopez", 1<<18)),
	}
}

// TestHostileMailIsDecidedSoon shows that no hostile mail holds the reader up:
// each costs less than two seconds of a processor. Everyday runs read a tenth of
// each mail and half as many lines, under the race detector a hundredth; with
// ESCALATIOND_CHAOS=1 mails and bounds have full size. The times are logged.
func TestHostileMailIsDecidedSoon(t *testing.T) {
	if testing.Short() {
		t.Skip("hostile mails take some seconds in all")
	}
	shrink, lines, limit := 10, 10000, 2*time.Second
	switch {
	case raced:
		shrink, lines, limit = 100, 1000, 20*time.Second
	case os.Getenv("ESCALATIOND_CHAOS") != "":
		shrink, lines = 1, 0
	}
	parser := NewParser(Options{Limits: Limits{Lines: lines}})
	for name, raw := range hostile(shrink) {
		start := processorTime(t)
		msg, err := parser.Parse(raw)
		took := processorTime(t) - start
		t.Logf("%-22s %6.1f MB %8v forms %d err %v", name, float64(len(raw))/1e6, took.Round(time.Millisecond), len(msg.Forms), err)
		if took > limit {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// processorTime is what this process has used so far: unlike the clock it does
// not count what a busy machine gives to others.
func processorTime(t *testing.T) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
