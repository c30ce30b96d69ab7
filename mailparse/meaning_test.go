package mailparse

import (
	"regexp"
	"strings"
	"testing"
)

const firstFour = `Case Number: 01234567
Expected Next Step: Call us
Point of Contact: Ana Lopez
Phone Number or Email for POC: +44 20 7946 0018
Additional Comments: `

func TestCommentsKeepWhatLooksLikeSomethingElse(t *testing.T) {
	var cases []formCase
	for _, c := range []string{
		"The case number: 7654321 was closed last week.\nPhone: the line is dead.\nContact with the vendor: none so far.",
		"Case number 7654321 is similar.",
		"Thanks to Bob we could restart it, but it broke again at noon.",
		"On Monday Bob wrote that the gate was open.\nOn Tuesday it was closed.",
		"The alarm says:\nFrom: 10.0.0.1\nTo: 10.0.0.2\nand then stops.",
		"First:\n- one\n- two\n\nSecond: three",
		"Output:\n> show version\nIOS 15.2\n> exit\nThat is all.",
		"first part\n-----\nsecond part of the story goes here",
		"Email to the vendor was sent.\nNext steps on our side: we wait.",
		"We lost 3 sites: A, B and C.\n\nImpact: high.\nSince: 04:10\nSeverity: 1",
		"regards the pump, nothing changed",
		"best would be to replace it today.",
		"Point of contact at the vendor: Mr Smith, he has more details.",
		"Additional comments follow by phone.",
		"none of the gates opens",
		"Please note: the next step is yours.\nThank you for looking at it quickly, since the board meets at noon and needs an answer before that.",
		"Case Number: 7654321 is the older one.",
	} {
		cases = append(cases, formCase{clipRunes(c, 40), "Hello,\n\n" + firstFour + c + "\n\nBest regards,\nAna Lopez\nPhone: +1 555 0100\n", with(func(f *Form) { f.Comments = c })})
	}
	checkForms(t, cases, textMail)
}

func TestPlaceholdersAreMissing(t *testing.T) {
	for _, v := range []string{"<your case number>", "N/A", "n/a", "-", "--", "xxx", "XXXX", "...", "?", "TBD", "[Case Number]", "(your case number here)", "____", "<>", "Click or tap here to enter text.", "your case number"} {
		msg, err := Parse(textMail(strings.Replace(plainForm, "01234567", v, 1)))
		if err != nil || len(msg.Forms) != 1 || msg.Forms[0].CaseNumber != "" || len(msg.Problems) != 1 || msg.Problems[0].Reason != Missing {
			t.Errorf("%q: %+v %v", v, msg.Forms, msg.Problems)
		}
	}
}

func TestWordsAreNoCaseNumber(t *testing.T) {
	problem := func(p *Parser, typed string) Reason {
		msg, err := p.Parse(textMail(strings.Replace(plainForm, "01234567", typed, 1)))
		if err != nil || len(msg.Forms) != 1 || len(msg.Problems) > 1 {
			t.Fatalf("%q: %+v %v %v", typed, msg.Forms, msg.Problems, err)
		}
		if len(msg.Problems) == 0 {
			return ""
		}
		return msg.Problems[0].Reason
	}
	for _, typed := range []string{
		"pending", "tomorrow", "later", "soon", "asap", "ASAP", "urgent", "open", "dont-know", "unknown-yet", "not yet", "unknown", "Not known yet.", "I don't have it yet", "will follow", "to follow", "(pending)", "none so far", "we have none yet", "ASAP please", "don’t have one", "unknown at this time", "in progress", "please create", "see subject",
		"folgt", "noch nicht bekannt", "wird nachgereicht", "en attente", "pas encore", "más tarde", "todavía no", "pendente", "in attesa", "volgt nog", "未定", "後日",
	} {
		if got := problem(defaultParser(), typed); got != Missing {
			t.Errorf("%q: got %q, want missing", typed, got)
		}
	}
	for _, typed := range []string{"laptop", "PRINTER", "the-big-pump"} {
		if got := problem(defaultParser(), typed); got != Invalid {
			t.Errorf("%q: got %q, want invalid", typed, got)
		}
	}
	letters := NewParser(Options{CaseNumber: regexp.MustCompile("^(?:[A-Z]{6}|EX-[A-Z0-9]{4})$")})
	for typed, want := range map[string]Reason{"QWERTZ": "", "EX-ABCD": "", "EX-01AB": "", "012345": Invalid, "pending": Missing} {
		if got := problem(letters, typed); got != want {
			t.Errorf("operator's pattern, %q: got %q, want %q", typed, got, want)
		}
	}
}

func TestCaseNumberLosesItsDecoration(t *testing.T) {
	for typed, want := range map[string]string{
		"01234567": "01234567", "#01234567": "01234567", "Case 01234567": "01234567", "Case #01234567": "01234567", "case no. 01234567": "01234567", "0123 4567": "01234567", "０１２３４５６７": "01234567",
		"01234567.": "01234567", "(01234567)": "01234567", "01234567 (urgent)": "01234567", "01234567 - production down": "01234567", "CS-2024-0012": "CS-2024-0012", "cs-2024-0012": "cs-2024-0012", "No. 01234567": "01234567", "# 01234567": "01234567",
		"it is 01234567, thanks": "01234567", "**01234567**": "01234567", "Ticket#01234567": "01234567", "<01234567>": "01234567", "[01234567]": "01234567", "\"01234567\"": "01234567", "01 23 45 67": "01234567", "№ 01234567": "01234567", "CAS-01234567": "CAS-01234567",
	} {
		msg, err := Parse(textMail(strings.Replace(plainForm, "01234567", typed, 1)))
		if err != nil || len(msg.Forms) != 1 || msg.Forms[0].CaseNumber != want || len(msg.Problems) != 0 {
			t.Errorf("%q: %+v %v", typed, msg.Forms, msg.Problems)
		}
	}
}

func TestProblemsAreNamed(t *testing.T) {
	for _, c := range []struct {
		old, put string
		want     Problem
	}{
		{"01234567", "01234567 and 07654321", Problem{0, CaseNumber, Ambiguous}},
		{"01234567", "01234567 / 07654321", Problem{0, CaseNumber, Ambiguous}},
		{"01234567", "ab!", Problem{0, CaseNumber, Invalid}},
		{"01234567", "12", Problem{0, CaseNumber, Invalid}},
		{"+44 20 7946 0018", "call the desk", Problem{0, POCContact, Invalid}},
		{"+44 20 7946 0018", "", Problem{0, POCContact, Missing}},
		{"Ana Lopez", "", Problem{0, POC, Missing}},
		{"Call us", "TBD", Problem{0, NextStep, Missing}},
	} {
		msg, err := Parse(textMail(strings.Replace(plainForm, c.old, c.put, 1)))
		if err != nil || len(msg.Problems) != 1 || msg.Problems[0] != c.want {
			t.Errorf("%q: got %v, want %v, forms %+v", c.put, msg.Problems, c.want, msg.Forms)
		}
	}
}

func TestTextAndHTMLThatDisagreeAreAmbiguous(t *testing.T) {
	raw := alternative(crlf(plainForm), "<p>"+strings.ReplaceAll(strings.Replace(plainForm, "01234567", "07654321", 1), "\n", "<br>"))
	msg, err := Parse(raw)
	if err != nil || len(msg.Problems) != 1 || msg.Problems[0] != (Problem{0, CaseNumber, Ambiguous}) {
		t.Errorf("%v %v", msg.Problems, err)
	}
}

func TestSentencesHoldNoForm(t *testing.T) {
	for _, body := range []string{
		"Hello,\nthe case number is on my desk. I am the point of contact, and the next step is yours.\nRegards\nAna",
		"Thanks for the call. Comments: none from my side.\n\nBest regards\nAna Lopez\nPhone: +1 555 0100\nEmail: ana@customer.example.com",
		"Any news?\n\nAna Lopez\nContact: +1 555 0100\nMobile: +1 555 0101",
		"Please call.\n--\nAna\nTel: +1 555 0100\nE-Mail: ana@customer.example.com\nContact: desk",
		"Notes:\n- one\n- two\n\nNext steps:\n- three",
	} {
		if msg, err := Parse(textMail(body)); err != nil || len(msg.Forms) != 0 || len(msg.Problems) != 0 {
			t.Errorf("%q: %+v %v", body, msg.Forms, msg.Problems)
		}
	}
}

func TestSubjectNamesTheCase(t *testing.T) {
	mail := func(subject, body string) []byte {
		return []byte(strings.Replace(string(textMail(body)), "Subject: Escalation", "Subject: "+subject, 1))
	}
	for subject, want := range map[string]string{"Escalate case 01234567": "01234567", "Escalation: #01234567": "01234567", "ESCALATION 01234567 production down": "01234567", "Eskalation Fall 01234567": "01234567", "Re: Escalate case 01234567": "", "Lunch on 2026-11-02": "", "Case 01234567": "", "Please escalate": ""} {
		msg, _ := Parse(mail(subject, "Please help."))
		got := ""
		if len(msg.Forms) > 0 {
			got = msg.Forms[0].CaseNumber
		}
		if got != want || (want != "" && len(msg.Problems) != 3) {
			t.Errorf("%q: got %q, want %q; %v", subject, got, want, msg.Problems)
		}
	}
	body := plainForm[strings.Index(plainForm, "\n")+1:]
	for _, subject := range []string{"Case 01234567", "Re: case #01234567 down", "Escalation (01234567)"} {
		if msg, _ := Parse(mail(subject, "Case Number: see subject\n"+body)); len(msg.Forms) != 1 || msg.Forms[0].CaseNumber != "01234567" {
			t.Errorf("see subject, %q: %+v", subject, msg.Forms)
		}
		if msg, _ := Parse(mail(subject, body)); len(msg.Forms) != 1 || msg.Forms[0].CaseNumber != "01234567" {
			t.Errorf("%q: %+v", subject, msg.Forms)
		}
	}
}

func TestCommandIsTheFirstLine(t *testing.T) {
	for body, want := range map[string]Verb{
		"ACK": Ack, "ack.": Ack, "Ack, on it": Ack, "*ACK*": Ack, "PASS": Pass, "pass!": Pass, "Pass please, I am driving.": Pass, "SNOOZE 30m": Snooze, "Snooze for 2 hours": Snooze, "RESOLVE done, call held": Resolve, "Resolve: done": Resolve, "withdraw": Withdraw, "WITHDRAW please": Withdraw,
		"RESOLVED - call held": Resolve, "Resolved.": Resolve, "Resolved": Resolve, "Resolved ✓": Resolve, "Acknowledged": Ack, "acknowledged, thanks": Ack, "Acked": Ack, "Snoozed.": Snooze, "Withdrawn.": Withdraw, "RESOLVE the pump was replaced": Resolve, "RESOLVE DONE, CALL HELD": Resolve, "Pass - I am on a train with no signal until this evening": Pass,
		"Please withdraw": Withdraw, "please withdraw our escalation": Withdraw, "Withdraw case 01234567": Withdraw, "Withdraw 01234567": Withdraw, "withdraw EX-10231": Withdraw, "Withdraw both": Withdraw, "Withdraw escalation please": Withdraw, "Withdraw case #01234567": Withdraw, "Withdraw our second escalation": Withdraw, "Withdraw this please, it works again": Withdraw, "Withdraw: from now on it runs": Withdraw, "WITHDRAW the pump runs again": Withdraw, "Withdraw as it works again": Withdraw, "WITHDRAW CASE 01234567": Withdraw,
		"snooze until tomorrow": Snooze, "SNOOZE UNTIL MONDAY": Snooze, "snooze": Snooze, "Please snooze 30m": Snooze, "snooze it for 2 hours": Snooze,
		"Withdraw from the tank stops after 5 litres, what shall we do?": "", "WITHDRAW FROM THE TANK STOPS AFTER 5 LITRES": "", "WITHDRAW from the tank stops": "", "Withdraw cash is not possible at our ATM, help": "", "Withdraw the cash fails": "", "Please withdraw money from the broken ATM": "", "Withdraw-button is dead": "", "Withdraw 5 litres and it stops": "", "Withdraw request fails with an error": "", "Withdraw form is missing on your page": "",
		"RESOLVE THIS TODAY OR WE LEAVE FOR ANOTHER SUPPLIER": "", "RESOLVE ASAP": "", "PASS IT ON TO THE NIGHT SHIFT": "", "Resolve from within the plant fails": "", "Resolved?": "", "Resolve?": "", "Resolved, but it came back": "", "Resolved the first one, the second is open": "", "Acknowledged the alarm twice": "", "resolve.conf is wrong": "", "Pass-through fails": "",
		"Snooze button of the alarm has been dead for 2 days": "", "Please pass": "", "Please ack": "", "Please resolve": "",
		"Please resolve this": "", "Resolve please": "", "Pass it on to the night shift": "", "Resolve this quickly please": "", "Pass the message on to the engineer in charge please": "", "Acknowledge": "", "We withdraw": "",
		"ACK\n\nOn 2 Nov 2026 Desk <d@example.com> wrote:\n> " + strings.ReplaceAll(plainForm, "\n", "\n> "): Ack,
	} {
		msg, _ := Parse(textMail(body))
		got := Verb("")
		if msg.Command != nil {
			got = msg.Command.Verb
		}
		if got != want || (want != "" && len(msg.Forms) > 0) {
			t.Errorf("%q: got %q, want %q; %+v", body, got, want, msg.Forms)
		}
	}
	for body, want := range map[string]float64{"Snooze 1h 30m please": 90, "snooze until 15:30": 0, "snooze until tomorrow": 0, "SNOOZE": 0, "please snooze for 2 hours": 120} {
		if msg, _ := Parse(textMail(body)); msg.Command == nil || msg.Command.For.Minutes() != want {
			t.Errorf("%q: %+v, want %v minutes", body, msg.Command, want)
		}
	}
}

func TestMachinesAreToldFromPeople(t *testing.T) {
	for _, c := range []struct {
		fields, body string
		want         Automatic
	}{
		{"Auto-Submitted: no", plainForm, ""}, {"Auto-Submitted: No (person)", "x", ""}, {"Auto-Submitted: (a (nested) comment)\r\n no", "x", ""}, {"Auto-Submitted: no; x=y", "x", ""},
		{`Auto-Submitted: (smile :\) ) no`, "x", ""}, {"Auto-Submitted: (" + strings.Repeat("x", 2100) + ") no", "x", ""}, {"Auto-Submitted: no(a)(b (c\\(d))", "x", ""}, {"Auto-Submitted: no (not closed", "x", ""},
		{"Auto-Submitted: (by hand) auto-replied", "x", AutoReply}, {"Auto-Submitted: (no", "x", AutoReply}, {`Auto-Submitted: (a \`, "x", AutoReply},
		{"Auto-Submitted: auto-replied", "x", AutoReply}, {"Auto-Submitted: auto-generated (rejected)", plainForm, AutoReply}, {"X-Auto-Response-Suppress: All", "x", ""}, {"X-Auto-Response-Suppress: All", plainForm, ""},
		{"Precedence: bulk", "x", List}, {"Precedence: first-class", "x", ""}, {"Precedence: auto_reply", "x", AutoReply}, {"List-Id: <a.example.com>", plainForm, List},
		{"Return-Path: <>", "x", AutoReply}, {"Return-Path: <ana@customer.example.com>", "x", ""}, {"X-Escalationd: 1", plainForm, Own}, {"X-Autoreply: yes", "x", AutoReply},
		{"X-Priority: 1", "I am out of the office until Monday, so please call Ana.\n\n" + plainForm, ""},
		{"X-A: b", "I am out of the office until 9 November with limited access to e-mail. For urgent matters contact Bob.", AutoReply},
		{"X-A: b", "Ich bin bis zum 9. November nicht im Büro. In dringenden Fällen wenden Sie sich an Bob.", AutoReply},
		{"X-A: b", "Our vendor is out of the office and nobody answers. Please escalate.", ""},
		{"X-Failed-Recipients: a@b.example", "x", Bounce},
	} {
		raw := append([]byte(c.fields+"\r\n"), textMail(c.body)...)
		if msg, _ := Parse(raw); msg.Automatic != c.want {
			t.Errorf("%s: got %q (%s), want %q", c.fields, msg.Automatic, msg.AutomaticReason, c.want)
		}
	}
	shared := NewParser(Options{Own: OwnMail{Address: "Ana.Lopez@customer.example.com"}})
	if msg, _ := shared.Parse(textMail(plainForm)); msg.Automatic != Own {
		t.Errorf("written from our own address: %q", msg.Automatic)
	}
	if msg, _ := shared.Parse(append([]byte("Auto-Submitted: auto-replied\r\n"), textMail("x")...)); msg.Automatic != AutoReply {
		t.Errorf("an automatic answer from our own address: %q", msg.Automatic)
	}
	own := NewParser(Options{Own: OwnMail{Domain: "desk.example.com"}})
	if msg, _ := own.Parse(append([]byte("Message-ID: <esc.1@DESK.example.com>\r\n"), textMail("x")...)); msg.Automatic != Own {
		t.Errorf("own Message-ID: %q", msg.Automatic)
	}
}

func TestAuthorIsOneOrNone(t *testing.T) {
	for from, want := range map[string]string{
		"From: Ana <ana@Customer.Example.COM>": "ana@customer.example.com", "From: ana@customer.example.com": "ana@customer.example.com", `From: "Lopez, Ana" <ana@customer.example.com>`: "ana@customer.example.com", "From: Lopez, Ana [X] <ana@customer.example.com>": "ana@customer.example.com", "From: <<ana@customer.example.com>>": "ana@customer.example.com",
		`From: "a@evil.example" <ana@customer.example.com>`: "ana@customer.example.com", "From: a@b.example, c@d.example": "", "From: a@b.example\r\nFrom: c@d.example": "", "From: team: a@b.example;": "", "X: y": "", "From: root": "", `From: "a@evil.com> ORCPT=x"@good.com`: "", "From:": "",
	} {
		msg, _ := Parse([]byte(from + "\r\nSubject: x\r\n\r\nhello"))
		if msg.From.Addr != want || (want == "") != (msg.FromProblem != "") {
			t.Errorf("%s: got %q, %q", from, msg.From.Addr, msg.FromProblem)
		}
	}
}

func TestContactsAreFoundInFreeText(t *testing.T) {
	gb := NewParser(Options{Region: "GB"})
	for text, want := range map[string][]Contact{
		"ring Ana on +44 20 7946 0018 ext 3 or ana@customer.example.org": {{Phone, "+442079460018"}, {Email, "ana@customer.example.org"}},
		"020 7946 0018": {{Phone, "+442079460018"}}, "0044 20 7946 0018": {{Phone, "+442079460018"}}, "+44 (0)20 7946 0018": {{Phone, "+442079460018"}}, "+1 (212) 555-0165": {{Phone, "+12125550165"}}, "+1-212-555-0165 / +44 20 7946 0018": {{Phone, "+12125550165"}, {Phone, "+442079460018"}},
		"<ana@customer.example.org>": {{Email, "ana@customer.example.org"}}, "mailto:ana@customer.example.org.": {{Email, "ana@customer.example.org"}}, "room 12": {}, "call the desk": {}, "+44 20 7946 0018": {{Phone, "+442079460018"}},
	} {
		got := gb.contacts(text)
		if len(got) != len(want) || !sameContacts(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
	if got := NewParser(Options{}).contacts("020 7946 0018"); len(got) != 1 || got[0].Value != "020 7946 0018" {
		t.Errorf("without region: %v", got)
	}
}

func TestSummaryIsTheContract(t *testing.T) {
	msg, _ := Parse(textMail("hello"))
	s := msg.Summary()
	if s.Forms == nil || s.Problems == nil || s.Automatic != nil || s.Command != nil {
		t.Errorf("%+v", s)
	}
}

func TestOperatorsLabelsAndPatternCount(t *testing.T) {
	p := NewParser(Options{Labels: map[Field][]string{CaseNumber: {"Saksnummer"}}})
	if msg, _ := p.Parse(textMail(strings.Replace(plainForm, "Case Number", "Saksnummer", 1))); len(msg.Forms) != 1 || msg.Forms[0].CaseNumber != "01234567" {
		t.Errorf("%+v", msg.Forms)
	}
}

// TestNothingOfAnAnswerIsLost holds answers whose lines look like rows, rulers,
// quotes or headings.
func TestNothingOfAnAnswerIsLost(t *testing.T) {
	form := func(f Form) string {
		return "Case Number: " + f.CaseNumber + "\nExpected Next Step: " + f.NextStep + "\nPoint of Contact: " + f.POC + "\nPhone Number or Email for POC: " + f.POCContact + "\nAdditional Comments: " + f.Comments + "\n"
	}
	for name, change := range map[string]func(*Form){
		"a row of the customer's own": func(f *Form) { f.NextStep = "Replace the pump\nLocation: Dock 4\nThen test it and call us." },
		"a delimiter in the log": func(f *Form) {
			f.Comments = "Log:\n--\nE55\nE56\nand then it burned for an hour before we could stop it."
		},
		"a panel that says something": func(f *Form) {
			f.Comments = "On 3.11.2026 at 14:00 the panel said:\nE55 overload\nWe disagree, it is not fine at all."
		},
		"an address to deliver to": func(f *Form) {
			f.Comments = "We need the part, deliver to\n\nHarbour Ltd\nDock Street 4\n20457 Hamburg"
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := with(change)
			if got := onlyForm(t, textMail(form(want))); !got.equal(want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestDelimiterWithinAFormLosesNoFieldBelowIt(t *testing.T) {
	got := onlyForm(t, textMail("Case Number: 01234567\nExpected Next Step: see log\n--\nE55\nthen replace\nPoint of Contact: Ana\nPhone Number or Email for POC: +44 20 7946 0018\n"))
	if got.POC != "Ana" || got.POCContact != "+44 20 7946 0018" {
		t.Errorf("got %+v", got)
	}
}

func TestTextBetweenTwoFormsIsNoHeading(t *testing.T) {
	msg, err := Parse(textMail(firstFour + "pump down\n\nvalve leaks too\n\n" + strings.Replace(firstFour, "01234567", "07654321", 1) + "x"))
	if err != nil || len(msg.Forms) != 2 || !strings.Contains(msg.Forms[0].Comments, "valve leaks too") {
		t.Errorf("got %+v %v", msg.Forms, err)
	}
}
