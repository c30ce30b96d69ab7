package daemon_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/internal/daemon"
	"escalationd/internal/harness"
)

func held(t *testing.T, a *daemon.Admin) []daemon.Held {
	t.Helper()
	list, err := a.Quarantined(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestQuarantineNamesOneCauseForEachMail(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false", "max_message: 20KB")
	_, letter := escalate(h)
	form := harness.Form("01234567")
	h.SendRaw("mallory@elsewhere.example", []byte("From: "+customer+"\r\nSubject: spoof\r\n\r\n"+form))
	h.SendRaw(customer, []byte("From: "+customer+", eve@acme.example\r\nSubject: two\r\n\r\n"+form))
	h.SendRaw(customer, []byte("From: "+customer+"\r\nSubject: large\r\n\r\n"+form+strings.Repeat("x", 70)+strings.Repeat("\r\nmore and more", 2000)))
	h.Send(customer, "Re: "+letter.Subject, "ACK\n", "In-Reply-To: <"+letter.Message.MessageID+">")
	h.Settle()
	if err := h.Mail.Deposit("desk@example.com", "Quarantine", []byte("From: x@example.org\r\nSubject: dragged\r\n\r\nhello\r\n")); err != nil {
		t.Fatal(err)
	}
	a := h.Admin()
	got := map[string]daemon.Cause{}
	list := held(t, a)
	for _, one := range list {
		got[one.Subject] = one.Cause
		if one.Meaning == "" || one.Remedy == "" || one.Ref == "" {
			t.Errorf("the mail has no meaning or remedy: %+v", one)
		}
	}
	for subject, cause := range map[string]daemon.Cause{
		"spoof": daemon.CauseUnproven, "two": daemon.CauseAuthor, "": daemon.CauseTooLarge, "dragged": daemon.CauseUnknown,
		"Re: " + letter.Subject: daemon.CauseAnswer,
	} {
		if got[subject] != cause {
			t.Errorf("%q is held because %q, want %q", subject, got[subject], cause)
		}
	}
	wantPage(t, daemon.HeldList(list), "sender not proven", "--as-proven", "from "+customer+" (as claimed): spoof", "Anybody can write any From", "from somebody: it was not read")
	i := slices.IndexFunc(list, func(one daemon.Held) bool { return one.Cause == daemon.CauseUnproven })
	shown, err := a.ShowQuarantined(t.Context(), list[i].Ref)
	if err != nil {
		t.Fatal(err)
	}
	wantPage(t, shown.String(), "the ledger says: the sender is not proven", "Cases: 01234567", "| Case Number: 01234567", "To do:")
	h.Discard()
}

func TestARetriedMailIsJudgedAgainOnTheOperatorsWord(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false")
	raw := []byte("From: " + customer + "\r\nSubject: spoof or not\r\nMessage-ID: <phoned@acme.example>\r\n\r\n" + harness.Form("01234567"))
	h.SendRaw("relay@elsewhere.example", raw)
	h.ExpectDisposition("phoned@acme.example", escalation.Quarantined)
	h.Settle()
	a := h.Admin()
	ref := held(t, a)[0].Ref
	_, err := a.RetryQuarantined(t.Context(), ref, false)
	wantRefusal(t, err, "--as-proven")
	if _, err := a.RetryQuarantined(t.Context(), ref, true); err != nil {
		t.Fatal(err)
	}
	h.ExpectMail(customer, "Re: spoof or not")
	h.ExpectMail(lead, "01234567")
	h.ExpectDisposition("phoned@acme.example", escalation.Accepted)
	h.Settle()
	if len(held(t, a)) != 0 || len(h.Folder("Processed")) != 1 {
		t.Errorf("%d held, %d processed, want 0 and 1", len(held(t, a)), len(h.Folder("Processed")))
	}
	story, err := a.Why(t.Context(), "phoned@acme.example")
	if err != nil {
		t.Fatal(err)
	}
	wantPage(t, story.String(), "was quarantined: the sender is not proven", "released from Quarantine, to be judged again by op", "was accepted")
	if v := verify(t, a); !v.OK() || v.Seen != 2 || len(v.Notes) != 0 {
		t.Errorf("the books:\n%s", v)
	}
	// The word counts for that mail alone, and once.
	h.SendRaw("relay@elsewhere.example", raw)
	h.Settle()
	if v := verify(t, a); !v.OK() || v.Mails[escalation.Duplicate] != 1 {
		t.Errorf("the same mail once more:\n%s", v)
	}
	other := strings.Replace(strings.Replace(string(raw), "phoned", "other", 1), "01234567", "01234568", 1)
	h.SendRaw("relay@elsewhere.example", []byte(other))
	h.ExpectDisposition("other@acme.example", escalation.Quarantined)
	h.Discard()
}

func TestARejectedMailIsPutAwayUnanswered(t *testing.T) {
	t.Parallel()
	h := harness.New(t)
	h.SendRaw("mallory@elsewhere.example", []byte("From: "+customer+"\r\nMessage-ID: <spoof@x.example>\r\n\r\n"+harness.Form("01234567")))
	h.ExpectDisposition("spoof@x.example", escalation.Quarantined)
	h.Settle()
	a := h.Admin()
	if _, err := a.RejectQuarantined(t.Context(), held(t, a)[0].Ref); err != nil {
		t.Fatal(err)
	}
	if len(h.Folder("Quarantine")) != 0 || len(h.Folder("Processed")) != 1 {
		t.Error("the mail is not in Processed")
	}
	story, err := a.Why(t.Context(), "spoof@x.example")
	if err != nil {
		t.Fatal(err)
	}
	wantPage(t, story.String(), "put away from Quarantine by op")
	for ref, want := range map[string]string{"escalations:99": "there is no mail", "escalations": "names no mail", ":x": "names no mail"} {
		_, err := a.RejectQuarantined(t.Context(), ref)
		wantRefusal(t, err, want)
	}
	if v := verify(t, a); !v.OK() || len(v.Notes) != 0 {
		t.Errorf("the books:\n%s", v)
	}
	h.FastForward(time.Minute)
	h.ExpectMail("ops@example.com", "quarantined")
}
