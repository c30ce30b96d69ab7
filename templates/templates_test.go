package templates

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/mailparse"
)

func loadBuiltIn(t *testing.T) *Set {
	t.Helper()
	s, warnings, err := Load("")
	if err != nil || len(warnings) > 0 {
		t.Fatalf("load the built-in letters: %v %v", err, warnings)
	}
	return s
}

// loadOwn loads a directory with the given files.
func loadOwn(t *testing.T, files map[string]string) (*Set, []Warning) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, warnings, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, warnings
}

func render(t *testing.T, s *Set, n escalation.Notice) Words {
	t.Helper()
	words, err := s.Render(n, sampleDesk())
	if err != nil {
		t.Fatalf("word %s: %v", n.Kind, err)
	}
	return words
}

func TestEveryKindIsWordedFullAndBare(t *testing.T) {
	s := loadBuiltIn(t)
	for _, kind := range escalation.Kinds() {
		for _, n := range samplesOf(kind) {
			words := render(t, s, n)
			for part, text := range map[string]string{"subject": words.Subject, "text": words.Text, "HTML": words.HTML} {
				if strings.TrimSpace(text) == "" {
					t.Errorf("%s: the %s is empty", kind, part)
				}
				for _, bad := range []string{"<no value>", "%!", "ZgotmplZ", "0001", " ,", "  by", "().", "{{"} {
					if strings.Contains(text, bad) {
						i := strings.Index(text, bad)
						t.Errorf("%s: the %s holds %q: %s", kind, part, bad, text[max(0, i-60):min(len(text), i+60)])
					}
				}
			}
		}
	}
}

var tags = regexp.MustCompile(`(?s)<head>.*?</head>|<[^>]*>`)

func TestBothPartsSayTheSame(t *testing.T) {
	s := loadBuiltIn(t)
	word := regexp.MustCompile(`[\pL\pN]{4,}`)
	for _, n := range Samples() {
		words := render(t, s, n)
		html := strings.ToLower(tags.ReplaceAllString(words.HTML, " "))
		for _, w := range word.FindAllString(words.Text, -1) {
			if !strings.Contains(html, strings.ToLower(w)) {
				t.Errorf("%s: %q stands in the text part only", n.Kind, w)
			}
		}
	}
}

func TestLettersLoadNothingFromElsewhere(t *testing.T) {
	s := loadBuiltIn(t)
	remote := regexp.MustCompile(`(?i)(src|background|action|data)\s*=|url\(|@import|<script|<link|<img|<iframe|<form|href="(?:[^m]|m[^a])`)
	for _, n := range Samples() {
		if m := remote.FindString(render(t, s, n).HTML); m != "" {
			t.Errorf("%s: the HTML part holds %q", n.Kind, m)
		}
	}
}

func TestRepliesBeginWithReAndLettersToLeadersNameTheCase(t *testing.T) {
	own := map[string]string{"accepted.tmpl": `{{define "subject"}}Thanks{{end}}`, "escalation.tmpl": `{{define "subject"}}Look{{end}}`}
	builtIn := loadBuiltIn(t)
	theirs, warnings := loadOwn(t, own)
	if len(warnings) > 0 {
		t.Fatal(warnings)
	}
	for _, s := range []*Set{builtIn, theirs} {
		for _, n := range Samples() {
			subject := render(t, s, n).Subject
			if n.Kind.Reply() && (!strings.HasPrefix(subject, "Re: ") || strings.HasPrefix(subject, "Re: Re:")) {
				t.Errorf("%s: subject %q", n.Kind, subject)
			}
			if ForLeader(n) && n.Case != "" && !strings.Contains(subject, n.Case) {
				t.Errorf("%s: subject %q does not name the case", n.Kind, subject)
			}
		}
	}
	n := sample(escalation.KindAccepted)
	for in, want := range map[string]string{
		"Help": "Re: Help", "Re: Help": "Re: Help", "RE: AW: Fwd: Help": "Re: Help", "": "Re: escalation of case 01234567",
		"a\r\nBcc: x@example.com": "Re: a Bcc: x@example.com",
	} {
		n.Thread.Subject = in
		if got := render(t, builtIn, n).Subject; got != want {
			t.Errorf("subject of a reply to %q is %q, want %q", in, got, want)
		}
	}
}

func TestRefusalSaysTheSameWhateverIsKnown(t *testing.T) {
	s := loadBuiltIn(t)
	unknown := sample(escalation.KindRefused)
	unknown.Letter.Suggestion = ""
	known := unknown
	known.Letter = sampleLetter()
	known.Letter.Problems = []escalation.Problem{{Field: mailparse.POC, Reason: mailparse.Missing}}
	if a, b := render(t, s, unknown), render(t, s, known); a != b {
		t.Errorf("the refusal of an unknown case differs from that of a known one:\n%s\n%s", a.Text, b.Text)
	}
}

func TestReturnedFormIsHandedBackFilledIn(t *testing.T) {
	text := render(t, loadBuiltIn(t), sample(escalation.KindReturned)).Text
	want := "\nCase Number: 01234567\n" +
		"Expected Next Step: A developer joins our call at 16:00 and stays until orders ship again.\n" +
		"Point of Contact:\n" +
		"Phone Number or Email for POC: call me\n" +
		"Additional Comments: We have lost orders since the morning.\n"
	if !strings.Contains(text, want) {
		t.Errorf("the form is not handed back; want %s\nin %s", want, text)
	}
}

func TestEveryProblemHasItsSentence(t *testing.T) {
	s := loadBuiltIn(t)
	seen := map[string]string{}
	for _, field := range []mailparse.Field{mailparse.CaseNumber, mailparse.NextStep, mailparse.POC, mailparse.POCContact, mailparse.Comments} {
		for _, reason := range []mailparse.Reason{mailparse.Missing, mailparse.Invalid, mailparse.Ambiguous} {
			n := sample(escalation.KindReturned)
			n.Letter.Problems = []escalation.Problem{{Field: field, Reason: reason}}
			text := render(t, s, n).Text
			_, after, found := strings.Cut(text, "What we still need\n\n- ")
			sentence, _, _ := strings.Cut(after, "\n")
			if !found || len(sentence) < 30 {
				t.Errorf("%s %s: %q", field, reason, sentence)
			}
			if reason == mailparse.Missing {
				seen[sentence] = string(field)
			}
		}
	}
	if len(seen) != 5 {
		t.Errorf("only %d different sentences for five missing fields", len(seen))
	}
}

func TestOwnFileReplacesALetter(t *testing.T) {
	s, warnings := loadOwn(t, map[string]string{
		"taken.tmpl":  `{{define "text"}}Mine: {{.Number}}{{end}}{{define "html"}}<p>{{.TakenBy}}</p>{{end}}`,
		"layout.tmpl": `{{define "foot"}}Our own foot{{end}}`,
		"notes.txt":   "not a template",
	})
	if len(warnings) > 0 {
		t.Fatal(warnings)
	}
	n := sample(escalation.KindTaken)
	n.Letter.TakenBy = "<b>Leader</b>"
	words := render(t, s, n)
	if words.Text != "Mine: 01234567\n" || words.HTML != "<p>&lt;b&gt;Leader&lt;/b&gt;</p>\n" {
		t.Errorf("own letter is %q and %q", words.Text, words.HTML)
	}
	if words.Subject != "Case 01234567: our <b>Leader</b> has taken your escalation" {
		t.Errorf("the subject is not the built-in one: %q", words.Subject)
	}
	if other := render(t, s, sample(escalation.KindMissed)); !strings.Contains(other.Text, "Our own foot") || !strings.Contains(other.HTML, "Our own foot") {
		t.Errorf("own layout is not used:\n%s", other.Text)
	}
}

func TestBrokenFileIsReportedAndTheBuiltInLetterUsed(t *testing.T) {
	builtIn := loadBuiltIn(t)
	for name, tc := range map[string]struct{ file, text, want string }{
		"does not parse":      {"accepted.tmpl", `{{define "text"}}{{if}}{{end}}`, "missing value for if"},
		"unknown field":       {"accepted.tmpl", `{{define "text"}}{{.Nope}}{{end}}`, "accepted.tmpl:1:19: there is no field .Nope; docs/letters.md"},
		"unknown function":    {"accepted.tmpl", `{{define "text"}}{{shout .Number}}{{end}}`, "shout"},
		"unknown block":       {"accepted.tmpl", `{{define "text"}}{{template "nope"}}{{end}}`, "nope"},
		"fails in HTML alone": {"accepted.tmpl", `{{define "html"}}<a href="{{end}}`, "ends in a non-text context"},
		"no block":            {"accepted.tmpl", `Dear customer, {{.Number}}`, "defines no block"},
		"misspelt block":      {"accepted.tmpl", `{{define "subjct"}}{{end}}{{define "bdy"}}{{end}}`, "uses none of its blocks: bdy, subjct; it uses "},
		"unknown letter":      {"welcome.tmpl", `{{define "text"}}hello{{end}}`, "no letter of that name"},
		"broken layout":       {"layout.tmpl", `{{define "foot"}}{{.Nope}}{{end}}`, "Nope"},
		"printf":              {"accepted.tmpl", `{{define "text"}}{{printf "%9999999d" 1}}{{end}}`, `"printf" is not allowed`},
		"print":               {"accepted.tmpl", `{{define "text"}}{{$x := print "a" "b"}}{{end}}`, `"print" is not allowed`},
		"loop over a number":  {"accepted.tmpl", `{{define "text"}}{{range 200000000}}{{end}}{{end}}`, "range goes over a field"},
		"loop over a variable": {"accepted.tmpl", `{{define "text"}}{{$n := 200000000}}{{range $n}}{{end}}{{end}}`,
			"range goes over a field"},
		"loop over dot":    {"accepted.tmpl", `{{define "text"}}{{with 200000000}}{{range .}}{{end}}{{end}}{{end}}`, "range goes over a field"},
		"recursion":        {"accepted.tmpl", `{{define "text"}}{{template "text" .}}{{end}}`, "calls itself"},
		"doubling":         {"accepted.tmpl", doubling(), "steps"},
		"method arguments": {"accepted.tmpl", `{{define "text"}}{{.OpenedAt.Format "2006"}}{{end}}`, "a field takes no arguments"},
		"piped arguments":  {"accepted.tmpl", `{{define "text"}}{{"2006" | .OpenedAt.Format}}{{end}}`, "a field takes no arguments"},
		"hidden in a pipe": {"accepted.tmpl", `{{define "text"}}{{len (printf "%99d" 1)}}{{end}}`, `"printf" is not allowed`},
		"too long a file":  {"accepted.tmpl", `{{define "text"}}` + strings.Repeat("x", maxFileSize) + `{{end}}`, "bytes are too many"},
		"too long a letter": {"accepted.tmpl", `{{define "text"}}{{range .Earlier}}` + strings.Repeat(strings.Repeat("x", 10_000)+`{{template "y"}}`, 4) +
			`{{end}}{{end}}{{define "y"}}{{template "z"}}{{template "z"}}{{template "z"}}{{end}}{{define "z"}}` + strings.Repeat("y", 50_000) + `{{end}}`, "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			s, warnings := loadOwn(t, map[string]string{tc.file: tc.text})
			if len(warnings) != 1 || !strings.Contains(warnings[0].String(), tc.want) || !strings.Contains(warnings[0].String(), tc.file) {
				t.Fatalf("warnings %v, want one about %s with %q", warnings, tc.file, tc.want)
			}
			n := sample(escalation.KindAccepted)
			if got, want := render(t, s, n), render(t, builtIn, n); got != want {
				t.Errorf("the letter is not the built-in one: %s", got.Text)
			}
		})
	}
}

func doubling() string {
	var b strings.Builder
	b.WriteString(`{{define "text"}}{{template "a" .}}{{end}}`)
	for c := 'a'; c < 'z'; c++ {
		b.WriteString(`{{define "` + string(c) + `"}}{{template "` + string(c+1) + `" .}}{{template "` + string(c+1) + `" .}}{{end}}`)
	}
	return b.String() + `{{define "z"}}{{end}}`
}

func TestOwnFileThatFailsLaterIsReplacedAndReported(t *testing.T) {
	s, warnings := loadOwn(t, map[string]string{"alarm.tmpl": `{{define "text"}}{{if gt (len .Alarms) 7}}{{index .Alarms 99}}{{end}}fine{{end}}`})
	if len(warnings) > 0 {
		t.Fatal(warnings)
	}
	n := sample(escalation.KindAlarm)
	if words := render(t, s, n); words.Text != "fine\n" || words.Fallback != nil {
		t.Fatalf("own letter is %q, %v", words.Text, words.Fallback)
	}
	for len(n.Letter.Alarms) < 9 {
		n.Letter.Alarms = append(n.Letter.Alarms, n.Letter.Alarms...)
	}
	words := render(t, s, n)
	if words.Fallback == nil || !strings.Contains(words.Text, "quarantined") {
		t.Errorf("letter %q, fallback %v; want the built-in letter and the reason", words.Text, words.Fallback)
	}
}

func TestMissingDirectoryIsAnError(t *testing.T) {
	if _, _, err := Load(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want one about the directory", err)
	}
}

func TestOwnCopyOfEveryFileIsAccepted(t *testing.T) {
	files := map[string]string{}
	for _, name := range Files() {
		text, err := Source(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	s, warnings := loadOwn(t, files)
	if len(warnings) > 0 {
		t.Fatal(warnings)
	}
	if got := len(s.Overridden()); got != len(escalation.Kinds()) {
		t.Errorf("%d letters overridden, want all", got)
	}
}

func TestTimesAreShownInTheirZones(t *testing.T) {
	z := &zones{}
	at := time.Date(2026, 11, 24, 2, 30, 0, 0, time.UTC)
	summer := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct{ got, want string }{
		{z.when(at, "Europe/London"), "Tue 24 Nov 2026, 02:30 GMT"},
		{z.when(at, "America/Los_Angeles"), "Mon 23 Nov 2026, 18:30 PST"},
		{z.when(summer, "Europe/London"), "Wed 1 Jul 2026, 13:00 BST"},
		{z.when(at, "America/Sao_Paulo"), "Mon 23 Nov 2026, 23:30 UTC-03"},
		{z.when(at, "Nowhere/None"), "Tue 24 Nov 2026, 02:30 UTC"},
		{z.when(time.Time{}, "Europe/London"), ""},
		{z.both(summer, "Europe/London", "America/New_York"), "Wed 1 Jul 2026, 13:00 BST (08:00 EDT)"},
		{z.both(at, "Europe/London", "America/Los_Angeles"), "Tue 24 Nov 2026, 02:30 GMT (Mon 23 Nov, 18:30 PST)"},
		{z.both(at, "Europe/London", "Europe/London"), "Tue 24 Nov 2026, 02:30 GMT"},
		{z.both(at, "Europe/London", ""), "Tue 24 Nov 2026, 02:30 GMT"},
		{z.clock(at, "Europe/London"), "02:30 GMT"},
		{z.day(at, "America/Los_Angeles"), "Mon 23 Nov 2026"},
		{words(2 * time.Hour), "2 hours"},
		{words(26*time.Hour + 30*time.Minute), "1 day 2 hours"},
		{words(48*time.Hour + 5*time.Minute), "2 days"},
		{words(61 * time.Minute), "1 hour 1 minute"},
		{words(20 * time.Second), "less than a minute"},
		{plural(1, "case", "cases"), "1 case"},
		{plural(0, "case", "cases"), "0 cases"},
		{low("Regional leader"), "regional leader"},
		{low("VP of support"), "VP of support"},
		{low(""), ""},
		{bar(0, 5) + bar(1, 100) + bar(9, 9), "█" + strings.Repeat("█", barWidth)},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}

func TestOneTapAnswerOpensAMailAndNothingElse(t *testing.T) {
	f := NewData(sample(escalation.KindEscalation), sampleDesk()).fields()
	want := "mailto:escalations@example.com?subject=SNOOZE%2001234567%20%5Bref%3Akkkkkkkkkkkkkkkkkkkkkkkkkk%5D&body=SNOOZE%2030m"
	if got, err := answer(f, "SNOOZE 30m"); string(got) != want || err != nil {
		t.Errorf("link %q, %v; want %q", got, err, want)
	}
	html := render(t, loadBuiltIn(t), sample(escalation.KindEscalation)).HTML
	if n := strings.Count(html, `href="mailto:escalations@example.com?subject=`); n != 4 {
		t.Errorf("%d one-tap answers, want 4", n)
	}
}

func TestAlarmsOfOneCauseAreOneEntry(t *testing.T) {
	n := sample(escalation.KindAlarm)
	one := n.Letter.Alarms[0]
	for range 10_000 {
		n.Letter.Alarms = append(n.Letter.Alarms, one)
	}
	words := render(t, loadBuiltIn(t), n)
	if !strings.Contains(words.Text, "quarantined, 10003 times") || len(words.Text) > 2000 {
		t.Errorf("%d bytes: %s", len(words.Text), words.Text[:min(len(words.Text), 500)])
	}
}

func TestNothingToWithdrawIsSaidSo(t *testing.T) {
	for status, want := range map[escalation.Status]string{
		escalation.Withdrawn: "Your escalation of case 01234567 is withdrawn",
		escalation.Resolved:  "There is nothing to withdraw: the escalation of case 01234567 is over already.",
		"":                   "There is nothing to withdraw: case 01234567 is not escalated.",
	} {
		n := sample(escalation.KindWithdrawn)
		n.Letter.Status = status
		if got := render(t, loadBuiltIn(t), n).Text; !strings.HasPrefix(got, want) {
			t.Errorf("status %q: %s", status, got)
		}
	}
}

func TestWhoWithdrawsNothingInParticularIsAskedForTheCase(t *testing.T) {
	n := sample(escalation.KindReturned)
	n.Letter.Form, n.Letter.Verb = mailparse.Form{}, mailparse.Withdraw
	if got := render(t, loadBuiltIn(t), n).Text; !strings.Contains(got, "nothing has changed. Reply with the word WITHDRAW and the case number") || strings.Contains(got, "Point of Contact") {
		t.Errorf("the customer reads:\n%s", got)
	}
}

func TestWordsFitTheOccasion(t *testing.T) {
	set := loadBuiltIn(t)
	for name, tc := range map[string]struct {
		kind   escalation.Kind
		set    func(l *escalation.Letter)
		want   string
		unlike string
	}{
		"taken over by somebody without a role": {
			escalation.KindTakenOver, func(l *escalation.Letter) { l.TakenBy = "" }, "A leader has taken case 01234567", "he a leader",
		},
		"nobody has been asked of a parked escalation": {
			escalation.KindUpdated, func(l *escalation.Letter) { l.Status, l.Until = escalation.Parked, sampleTime(18, 0) },
			"We have added this to the escalation of case 01234567.", "asked to take it",
		},
		"a form on a closed case would be refused": {
			escalation.KindEnded, func(l *escalation.Letter) { l.Status, l.Text = escalation.Closed, "" },
			"If it is not solved, have the case reopened", "If that is not so",
		},
		"withdrawn by a colleague": {
			escalation.KindEnded, func(l *escalation.Letter) { l.Status, l.Text = escalation.Withdrawn, "" },
			"If you still need it, send the escalation form again", "If that is not so",
		},
		"the next level is told on another day": {
			escalation.KindAccepted, func(l *escalation.Letter) { l.NextAt = sampleTime(8, 0).AddDate(0, 0, 4) },
			"taken it by Fri 27 Nov 2026, 08:00 GMT (03:00 EST), our frontline", "",
		},
		"no time is promised": {
			escalation.KindAccepted, func(l *escalation.Letter) { l.RespondBy = time.Time{} }, "a first answer as soon as possible.", "as we can",
		},
		"a guess says how to answer it": {
			escalation.KindReturned, func(l *escalation.Letter) { l.Suggestion = "01234576" }, "reply with the line “Case Number: 01234576”", "",
		},
		"nothing came in": {
			escalation.KindDigest, func(l *escalation.Letter) { l.Digest.New, l.Digest.Waiting = nil, nil }, "No escalation waits for you; none came in since", "0 came",
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := sample(tc.kind)
			tc.set(&n.Letter)
			words := render(t, set, n)
			if said := words.Subject + "\n" + words.Text; !strings.Contains(said, tc.want) || tc.unlike != "" && strings.Contains(said, tc.unlike) {
				t.Errorf("wanted %q, without %q:\n%s", tc.want, tc.unlike, said)
			}
		})
	}
}

func TestSubjectOfAlarmsCountsByKind(t *testing.T) {
	alarm := func(what, detail string) escalation.Alarm {
		return escalation.Alarm{At: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), What: what, Detail: detail}
	}
	n := escalation.Notice{Kind: escalation.KindAlarm, Letter: escalation.Letter{Zone: "UTC", Alarms: []escalation.Alarm{
		alarm("relay", "one"), alarm("quarantined", "an answer to nothing"), alarm("quarantined", "two"), alarm("quarantined", "two"),
	}}}
	got := render(t, loadBuiltIn(t), n)
	if want := "Escalation desk: 4 alarms (3 quarantined, 1 relay)"; got.Subject != want {
		t.Errorf("the subject is %q, want %q", got.Subject, want)
	}
	if !strings.Contains(got.Text, "An answer to nothing") || strings.Contains(got.Text, "From: ") {
		t.Errorf("causes begin with a capital, and what is of one minute has one time:\n%s", got.Text)
	}
}

func BenchmarkRender(b *testing.B) {
	s, _, err := Load("")
	if err != nil {
		b.Fatal(err)
	}
	n := sample(escalation.KindAccepted)
	for b.Loop() {
		if _, err := s.Render(n, sampleDesk()); err != nil {
			b.Fatal(err)
		}
	}
}

// TestReplyToAReturnedFormIsReadBack answers both parts of the letter as a
// person does: the lines copied out, the gaps filled.
func TestReplyToAReturnedFormIsReadBack(t *testing.T) {
	n := sample(escalation.KindReturned)
	n.Letter.Form.POCContact = ""
	words := render(t, loadBuiltIn(t), n)
	_, form, _ := strings.Cut(words.Text, "What we have so far\n")
	form, _, _ = strings.Cut(form, "\nIf it cannot wait")
	form = strings.Replace(form, "Point of Contact:\n", "Point of Contact: Avery\n", 1)
	form = strings.Replace(form, "Email for POC:\n", "Email for POC: +44 20 7946 0958\n", 1)
	_, html, _ := strings.Cut(words.HTML, "What we have so far</h2>")
	html, _, _ = strings.Cut(html, "<p ")
	html = strings.Replace(html, ">Point of Contact: <", ">Point of Contact: Avery<", 1)
	html = strings.Replace(html, "Email for POC: <", "Email for POC: +44 20 7946 0958<", 1)
	for kind, body := range map[string]string{"plain": form, "html": html} {
		m, err := mailparse.Parse([]byte("From: avery@customer.example\r\nTo: desk@example.com\r\nSubject: Re: x\r\nMIME-Version: 1.0\r\n" +
			"Content-Type: text/" + kind + "; charset=utf-8\r\n\r\n" + strings.ReplaceAll(body, "\n", "\r\n")))
		if err != nil || len(m.Forms) != 1 {
			t.Errorf("%s: %d forms, %v, in\n%s", kind, len(m.Forms), err, body)
			continue
		}
		got, want := m.Forms[0], n.Letter.Form
		if got.CaseNumber != want.CaseNumber || got.NextStep != want.NextStep || got.Comments != want.Comments ||
			got.POC != "Avery" || got.POCContact != "+44 20 7946 0958" {
			t.Errorf("%s: read back %+v", kind, got)
		}
	}
}
