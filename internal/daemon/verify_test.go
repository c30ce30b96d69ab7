package daemon_test

import (
	"fmt"
	"strings"
	"testing"

	"escalationd/escalation"
	"escalationd/internal/daemon"
	"escalationd/internal/harness"
	"escalationd/mailparse"
)

func verify(t *testing.T, a *daemon.Admin) *daemon.Verification {
	t.Helper()
	v, err := a.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTheBooksAddUpWhileTheDeskWorks(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false")
	a := h.Admin()
	for i := range 5 {
		h.Send(customer, fmt.Sprintf("Escalate %d", i), harness.Form("01234567"))
		h.Send("eve@stranger.example", fmt.Sprintf("Help %d", i), harness.Form("01234567"))
		h.Send(customer, fmt.Sprintf("Away %d", i), "I am away.", "Auto-Submitted: auto-replied")
		h.SendRaw("mallory@elsewhere.example", fmt.Appendf(nil, "From: %s\r\nMessage-ID: <%d@spoof.example>\r\n\r\n%s", customer, i, harness.Form("01234567")))
		if v := verify(t, a); !v.OK() {
			t.Errorf("while it works:\n%s", v)
		}
	}
	h.Settle()
	h.ExpectMail(customer, "Re: Escalate")
	h.ExpectMail(lead, "01234567")
	h.ExpectMail("eve@stranger.example", "Re: Help")
	h.Discard()
	v := verify(t, a)
	if !v.OK() || v.Seen != 20 || v.Decided != 20 || v.Undecided != 0 || v.New != 0 || len(v.Notes) != 0 || v.Mails[escalation.Quarantined] != 5 {
		t.Errorf("at the end: %+v\n%s", v, v)
	}
	wantPage(t, v.String(), "adds up: 20 mails seen = 20 decided + 0 undecided")
	// A crash between decision and move shows the mail again; it is no other one.
	h.Shut()
	h.Open()
	h.Settle()
	if v := verify(t, a); !v.OK() || v.Seen != 20 {
		t.Errorf("after a restart:\n%s", v)
	}
}

func TestVerifyFindsAMailThatLeftUndecided(t *testing.T) {
	t.Parallel()
	h := harness.New(t)
	h.Settle()
	for _, location := range []string{"escalations|1|77", "escalations|999|5", "gone|1|1"} {
		if _, err := h.Store.Count(t.Context(), []string{location}, 1); err != nil {
			t.Fatal(err)
		}
	}
	// The validity is the server's; learn it from a mail that is decided.
	_, err := h.Store.WriteOff(t.Context(), []string{"escalations|1|77"}, "op", h.Now())
	if err != nil {
		t.Fatal(err)
	}
	id := h.Send(customer, "Away", "I am away.", "Auto-Submitted: auto-replied")
	c := h.ExpectDisposition(id, escalation.Ignored)
	lost := c.Location + "00"
	if _, err := h.Store.Count(t.Context(), []string{lost}, 1); err != nil {
		t.Fatal(err)
	}
	h.Settle()
	if _, err := h.Store.Count(t.Context(), []string{c.Location}, 1); err != nil { // by a daemon that then ended
		t.Fatal(err)
	}
	a := h.Admin()
	v := verify(t, a)
	if v.OK() || len(v.Again) != 1 || len(v.Gone) != 1 || v.Gone[0] != lost {
		t.Fatalf("gone: %v\n%s", v.Gone, v)
	}
	wantPage(t, v.String(), "DOES NOT ADD UP "+lost, "note: The mail at gone|1|1 was seen in an inbox that is no longer configured", "new UIDs (UIDVALIDITY)")
	if n, err := a.WriteOff(t.Context(), v); n != 1 || err != nil {
		t.Fatalf("written off %d, %v", n, err)
	}
	if v := verify(t, a); !v.OK() || v.WrittenOff != 2 || len(v.Again) != 0 {
		t.Errorf("after it was written off:\n%s", v)
	}
}

func TestVerifyFindsALostLetter(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false")
	_, letter := escalate(h)
	id := escalation.NoticeIDs(mailparse.Message{InReplyTo: []string{letter.Message.MessageID}})[0]
	h.Redis.Del("escalationd:{desk}:notice:" + id)
	v := verify(t, h.Admin())
	if len(v.Findings) != 1 || v.Findings[0].Ref != "01234567" || !strings.Contains(v.Findings[0].Detail, id) {
		t.Errorf("findings: %v", v.Findings)
	}
}
