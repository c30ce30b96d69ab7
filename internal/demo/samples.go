package demo

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"text/template"
	"time"

	"escalationd/escalation"
)

//go:embed samples
var files embed.FS

// sample is one mail to the desk, and how it must end.
type sample struct {
	file     string
	title    string
	envelope string // envelope sender; empty: the From address
	answers  string // the letter it answers, as "kind recipient"; empty: none
	want     escalation.Disposition
	letters  []string // that go out because of it, as "kind recipient"
}

// samples are played in this order; each stands on those before it. A file
// that comes twice is the same mail, byte for byte.
func samples() []sample {
	return []sample{
		{
			file: "01-complete.eml", title: "A complete escalation", want: escalation.Accepted,
			letters: []string{"accepted operations@harbour.test", "escalation us-lead@example.com", "owner engineer-07@example.com"},
		},
		{
			file: "02-outlook.eml", title: "A table filled in with Outlook", want: escalation.Accepted,
			letters: []string{"accepted post-production@bluepeak.test", "escalation uk-lead@example.com", "owner engineer-03@example.com"},
		},
		{
			file: "03-spoofed.eml", title: "Somebody else's address in From", envelope: "mailer@bulk.test",
			want: escalation.Quarantined,
		},
		{
			file: "04-incomplete.eml", title: "Two lines left empty", want: escalation.Returned,
			letters: []string{"returned finance@harbour.test"},
		},
		{
			file: "05-completed-by-reply.eml", title: "The missing lines, by reply", want: escalation.Accepted,
			answers: "returned finance@harbour.test",
			letters: []string{"accepted finance@harbour.test", "escalation us-lead@example.com", "owner engineer-12@example.com"},
		},
		{
			file: "06-unknown-case.eml", title: "A case number with two digits swapped", want: escalation.Refused,
			letters: []string{"refused editor@bluepeak.test"},
		},
		{
			file: "07-not-a-representative.eml", title: "A sender who may not escalate", want: escalation.Refused,
			letters: []string{"refused contractor@gatetech.test"},
		},
		{file: "08-out-of-office.eml", title: "An out-of-office reply", envelope: "<>", want: escalation.Ignored},
		{
			file: "09-second-mail.eml", title: "A colleague adds to an escalated case", want: escalation.Updated,
			letters: []string{"updated finance@harbour.test", "addition us-lead@example.com"},
		},
		{file: "01-complete.eml", title: "The first mail once more", want: escalation.Duplicate},
		{
			file: "10-acknowledge.eml", title: "The leader answers ACK", want: escalation.Commanded,
			answers: "escalation us-lead@example.com",
			letters: []string{"confirmed us-lead@example.com", "taken operations@harbour.test"},
		},
	}
}

// compose is the mail as its sender's program would send it at a time.
func (s sample) compose(now time.Time, told map[string]letter) ([]byte, error) {
	text, err := files.ReadFile("samples/" + s.file)
	if err != nil {
		return nil, err
	}
	if s.answers != "" {
		l, ok := told[s.answers]
		if !ok {
			return nil, fmt.Errorf("there is no letter %q to answer", s.answers)
		}
		if text, err = fill(text, l.answer()); err != nil {
			return nil, err
		}
	}
	id := strings.TrimSuffix(s.file, ".eml")
	head := fmt.Sprintf("Date: %s\nMessage-ID: <%s.%d@mailer.test>\n", now.Format(time.RFC1123Z), id, now.UnixNano())
	return crlf(append([]byte(head), text...)), nil
}

// sender is the envelope sender: From's address where none is set.
func (s sample) sender(raw []byte) string {
	if s.envelope == "<>" {
		return ""
	}
	return cmp.Or(s.envelope, address(raw, "From"))
}

// result is how a sample ended.
type result struct {
	sample  sample
	got     escalation.Disposition
	letters []letter
	took    time.Duration
}

// ok reports whether it ended as it should, with exactly the right letters.
func (r result) ok() bool {
	var got []string
	for _, l := range r.letters {
		got = append(got, l.key())
	}
	slices.Sort(got)
	return r.got == r.sample.want && slices.Equal(got, slices.Sorted(slices.Values(r.sample.letters)))
}

// difference says what is not as it should be.
func (r result) difference() string {
	var got []string
	for _, l := range r.letters {
		got = append(got, l.key())
	}
	return fmt.Sprintf("expected %s with letters %q, got %s with %q",
		cmp.Or(r.sample.want, "nothing"), r.sample.letters, cmp.Or(r.got, "nothing"), got)
}

// fill words a template of the samples. With a time as data, {{ago "27h"}} is
// that long before it.
func fill(text []byte, data any) ([]byte, error) {
	ago := func(age string) (string, error) {
		d, err := time.ParseDuration(age)
		now, _ := data.(time.Time)
		return now.Add(-d).UTC().Format(time.RFC3339), err
	}
	t, err := template.New("").Funcs(template.FuncMap{"ago": ago}).Parse(string(text))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// address is the one address in a field of a mail; empty if there is none.
func address(raw []byte, field string) string {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return ""
	}
	a, err := mail.ParseAddress(m.Header.Get(field))
	if err != nil {
		return ""
	}
	return a.Address
}

// crlf gives a mail the line ends of RFC 5322.
func crlf(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
}
