package demo

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"escalationd/escalation"
	"escalationd/mailparse"
)

func told(t *testing.T, width int) string {
	t.Helper()
	var b bytes.Buffer
	s := newScreen(&b)
	if s.colour {
		t.Error("colours without a terminal")
	}
	s.width = width
	s.sample(1, "A mail")
	long := strings.Repeat("an engineer on a call ", 20)
	s.decision(decision{
		mail: escalation.Mail{Message: mailparse.Message{
			From: mailparse.Address{Addr: "ann@customer.test"}, Subject: "Help \x1b[31m\a\u202e\r\nnow",
			Forms: []mailparse.Form{{CaseNumber: "EX-1", NextStep: long, POC: "lead", Comments: strings.Repeat("x", 300)}},
		}},
		change: escalation.Change{
			Disposition: escalation.Returned, Reason: "Phone Number or Email for POC is missing",
			Checks: []escalation.Check{{Name: "form", Detail: long}},
		},
	}, 150*time.Millisecond)
	s.letter(letter{kind: "returned", to: "ann@customer.test", subject: "Re: Help", text: "\r\n" + long + "\r\n\r\nmore"})
	s.table([]result{
		{sample: sample{title: "A mail", want: escalation.Returned}, got: escalation.Returned},
		{sample: sample{title: "Another", want: escalation.Accepted, letters: []string{"accepted ann@customer.test"}}, got: escalation.Refused},
	})
	return b.String()
}

func TestTaleFitsTheTerminal(t *testing.T) {
	for _, width := range []int{60, 80, 110} {
		for line := range strings.Lines(told(t, width)) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("%d columns in a terminal of %d: %q", n, width, line)
			}
		}
	}
}

func TestMailCannotSteerTheTerminal(t *testing.T) {
	text := told(t, 80)
	if strings.ContainsAny(text, "\x1b\a\r\u202e") {
		t.Errorf("control characters of the mail reach the terminal: %q", text)
	}
	if !strings.Contains(text, "Help [31m now") {
		t.Errorf("the subject is not told:\n%s", text)
	}
}

func TestTableNamesWhatWasNotExpected(t *testing.T) {
	text := told(t, 80)
	for _, want := range []string{"NO", `expected accepted with letters ["accepted ann@customer.test"], got refused`, "1 of 2 did not end as expected."} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}
