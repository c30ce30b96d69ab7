package mailparse

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParse looks for a mail that panics or that reads differently twice.
func FuzzParse(f *testing.F) {
	names, err := filepath.Glob("testdata/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for i, name := range names {
		if i%6 > 0 {
			continue // the seeds are run in every test; the corpus has one of its own
		}
		if raw, err := os.ReadFile(name); err == nil && len(raw) < 20000 {
			f.Add(raw)
		}
	}
	parser := NewParser(Options{Region: "GB", Own: OwnMail{Domain: "example.com"}})
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, errA := parser.Parse(raw)
		b, errB := parser.Parse(raw)
		if !reflect.DeepEqual(a, b) || (errA == nil) != (errB == nil) {
			t.Fatal("parsing twice differs")
		}
		for _, form := range a.Forms {
			for _, field := range fields {
				if v := *form.value(field); !utf8.ValidString(v) || v != strings.TrimSpace(v) || strings.Contains(v, "\x00") {
					t.Fatalf("%s: %q", field, v)
				}
			}
		}
	})
}

// FuzzHTML looks for a page that the layout cannot take.
func FuzzHTML(f *testing.F) {
	for _, s := range []string{"<p>Case Number: 1<p>x", "<table><tr><td>a<td>b</table>", "<style>.a{display:none}</style><b class=a>x", "<pre>a\nb\tc</pre>", "<!--[if mso]>x<![endif]-->y", "<blockquote type=cite>a<br>b</blockquote>"} {
		f.Add(s)
	}
	begins := newLabelSet(nil).begins
	f.Fuzz(func(t *testing.T, s string) {
		for _, l := range readHTML(s, 0, begins).lines {
			if strings.ContainsAny(l.text, "\n\r") || l.depth < 0 {
				t.Fatalf("line %q at depth %d", l.text, l.depth)
			}
		}
	})
}

// FuzzLabels looks for a line whose label ends outside of it.
func FuzzLabels(f *testing.F) {
	for _, s := range []string{"Case Number: 1", "1) POC - Ana", "【案件番号】1", "Case # 123", "the case number is on my desk", "Telefon/E-Mail:", "* *Case Number*: x"} {
		f.Add(s)
	}
	set := newLabelSet(nil)
	f.Fuzz(func(t *testing.T, s string) {
		if h, ok := set.find(s, false); ok && (h.at < 0 || h.at > len(s) || h.label < 0 || h.label > h.at) {
			t.Fatalf("%+v in %q", h, s)
		}
		set.arrange([]line{{text: s}, {text: s, row: 1}, {text: s, row: 1, col: 1}, {text: s, row: 2}})
	})
}

// FuzzAddress looks for an author that is no plain address.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{`Ana <a@b.example>`, `"a, b" <a@b.example>`, `a@b.example, c@d.example`, `team: a@b.example;`, `<<a@b.example>>`, `"a@evil.example> x"@good.example`, `=?utf-8?q?x?= <a@b.example>`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, problem := author(header{{"from", s}})
		if (a.Addr == "") != (problem != "") {
			t.Fatalf("address %q with problem %q", a.Addr, problem)
		}
		if strings.ContainsAny(a.Addr, " <>\r\n\t\",;") || strings.Count(a.Addr, "@") > 1 {
			t.Fatalf("address %q", a.Addr)
		}
	})
}
