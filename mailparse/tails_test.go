package mailparse

import (
	"os"
	"strings"
	"testing"
)

// below reads a list of what stands below a form. Where entries have several
// lines, a line with % parts them.
func below(t *testing.T, name, between string) []string {
	t.Helper()
	list, err := os.ReadFile("testdata/below/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(list)), between)
}

// nightMail is a mail of the night desk with a form that ends in comments.
func nightMail(comments string) []byte {
	return []byte("From: Night Desk <night@harbour.example>\nTo: escalate@desk.example\nSubject: escalation\nMessage-ID: <1@harbour.example>\nContent-Type: text/plain; charset=utf-8\n\n" +
		"Case Number: 81123345\nExpected Next Step: send an engineer\nPoint of Contact: Crane Office\nPhone Number or Email for POC: crane@harbour.example\nAdditional Comments: " + comments + "\n")
}

// TestEndingsOfEveryMakeAreNoComment appends the ends of real mails as a
// paragraph of its own: signatures, firms, tickets, working hours, attachments.
func TestEndingsOfEveryMakeAreNoComment(t *testing.T) {
	const said = "the line is down since noon."
	for _, s := range below(t, "endings.txt", "\n%\n") {
		if got := onlyForm(t, nightMail(said+"\n\n"+s)).Comments; got != said {
			t.Errorf("%q: got %q", s, got)
		}
	}
}

// TestCommentsThatLookLikeEndingsStay is the other side of it.
func TestCommentsThatLookLikeEndingsStay(t *testing.T) {
	for _, s := range below(t, "comments.txt", "\n%\n") {
		for _, above := range []string{"", "the line is down since noon.\n", "the line is down since noon.\n\n"} {
			for _, ending := range []string{"", "\n\nKind regards\nNight Desk"} {
				if got := onlyForm(t, nightMail(above+s+ending)).Comments; got != above+s {
					t.Errorf("%q: got %q", above+s+ending, got)
				}
			}
		}
	}
}

// TestNothingThatBeginsLikeAnEndingCutsProseBelowIt: a line may begin like a
// footer or a notice; where the customer goes on below it, nothing is lost.
func TestNothingThatBeginsLikeAnEndingCutsProseBelowIt(t *testing.T) {
	const goesOn = "The gate code is 4711 and the night watch knows that you are coming today.\nPlease bring the long ladder, since the short one is broken and nobody has mended it."
	for _, s := range below(t, "begins.txt", "\n") {
		want := "Line down.\n\n" + s + "\n\n" + goesOn
		if got := onlyForm(t, nightMail(want)).Comments; got != want {
			t.Errorf("%q: got %q", s, got)
		}
	}
}

// TestWhatStandsBelowTheFormIsNoComment appends what programs and people in
// many languages put below a form whose last field is filled in.
func TestWhatStandsBelowTheFormIsNoComment(t *testing.T) {
	const form = "Case Number: 01234567\nExpected Next Step: Replace the pump\nPoint of Contact: Shift lead\nPhone Number or Email for POC: noc@customer.example.org\nAdditional Comments: the plant is down since noon\n"
	want := Form{CaseNumber: "01234567", NextStep: "Replace the pump", POC: "Shift lead", POCContact: "noc@customer.example.org", Comments: "the plant is down since noon"}
	check := func(kind, tail string) {
		t.Run(kind, func(t *testing.T) {
			if got := onlyForm(t, textMail("Hello,\n\n"+form+tail)); !got.equal(want) {
				t.Errorf("%q: got %+v", tail, got)
			}
			page := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\n", "<br>\n").Replace("Hello,\n\n" + form + tail)
			if got := onlyForm(t, htmlMail("<html><body><div>"+page+"</div></body></html>")); !got.equal(want) {
				t.Errorf("html %q: got %+v", tail, got)
			}
		})
	}
	for _, s := range below(t, "signoffs.txt", "\n") {
		check("sign-off", "\n"+s+"\nMaria Example\nControl room\n")
		check("sign-off alone", "\n"+s+"\n")
		check("sign-off at once", s+"\nMaria\n")
	}
	for _, s := range below(t, "attributions.txt", "\n") {
		check("attribution", "\n"+s+"\n> Hello, please send us the form.\n>\n> Regards\n")
		check("attribution without marks", "\n"+s+"\n\nHello, please send us the form again.\n\nThe desk of the service people\n")
	}
	for _, s := range below(t, "headblocks.txt", "\n%\n") {
		check("header block", "\n"+s+"\n\nHello, please send us the form again today.\n")
		check("ruled header block", "\n________________________________\n"+s+"\n\nHello, please send us the form again today.\n")
	}
	for _, s := range below(t, "footers.txt", "\n") {
		check("footer", "\n"+s+"\n")
		check("name and footer", "\nMaria Example\n\n"+s+"\n")
	}
}
