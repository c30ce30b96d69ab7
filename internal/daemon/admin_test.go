package daemon_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/daemon"
	"escalationd/internal/harness"
	"escalationd/mailparse"
	"escalationd/notify"
)

const (
	customer = "ana@acme.example"
	lead     = "uk-lead@example.com"
)

// escalate has a customer escalate a case, and takes note of the letters.
func escalate(h *harness.Harness) (messageID string, letter harness.Letter) {
	h.Helper()
	messageID = h.Send(customer, "Please escalate", harness.Form("01234567"))
	h.ExpectDisposition(messageID, escalation.Accepted)
	h.ExpectMail(customer, "Re: Please escalate")
	letter = h.ExpectMail(lead, "01234567")
	h.Settle()
	return messageID, letter
}

func wantPage(t *testing.T, page string, words ...string) {
	t.Helper()
	text := strings.Join(strings.Fields(page), " ")
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("the page does not say %q:\n%s", w, page)
		}
	}
	for line := range strings.Lines(page) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
			t.Errorf("a line has %d characters: %s", n, line)
		}
	}
}

func wantRefusal(t *testing.T, err error, words string) {
	t.Helper()
	var refusal *daemon.OperatorError
	if !errors.As(err, &refusal) || !strings.Contains(err.Error(), words) {
		t.Errorf("error %v, want a refusal with %q", err, words)
	}
}

func TestWhyTellsTheStoryOfACase(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false")
	id, _ := escalate(h)
	h.FastForward(30 * time.Minute)
	letter := h.ExpectMail("frontline@example.com", "01234567")
	h.ExpectMail(customer, "01234567")
	h.ExpectDisposition(h.Reply(letter, "ACK\n"), escalation.Commanded)
	for _, to := range []string{"frontline@example.com", lead, customer} {
		h.ExpectMail(to)
	}
	h.Settle()
	story, err := h.Admin().Why(t.Context(), "0123 4567")
	if err != nil {
		t.Fatal(err)
	}
	page := story.String()
	wantPage(t, page,
		"Case 01234567: acknowledged, level 2 (Frontline senior manager), severity 1", "asked for by "+customer,
		"promised by 2026-11-23 09:30:00 (missed)", "taken by frontline@example.com",
		"2026-11-23 09:00:00 mail <"+id+"> was accepted: escalated to level 1",
		`> letter "escalation" to uk-lead@example.com (level 1): the relay took it at 2026-11-23 09:00:00`,
		"2026-11-23 09:30:00 the clock, or the CRM, moved the escalation", "* told: level 2, Frontline senior manager",
		"was a command: taken by level 2", "* taken by frontline@example.com: Frontline senior manager",
	)
	if strings.Index(page, "was accepted") > strings.Index(page, "was a command") {
		t.Errorf("the story is out of order:\n%s", page)
	}
	data, err := json.Marshal(story)
	if err != nil || !strings.Contains(string(data), `"disposition":"accepted"`) || !strings.Contains(string(data), `"state":"sent"`) {
		t.Errorf("as JSON: %s, %v", data, err)
	}
}

func TestWhyTellsOfAMailByItsMessageID(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false")
	refused := h.Send("eve@stranger.example", "Help", harness.Form("01234567"))
	h.ExpectDisposition(refused, escalation.Refused)
	h.ExpectMail("eve@stranger.example", "Re: Help")
	_, letter := escalate(h)
	a := h.Admin()
	story, err := a.Why(t.Context(), "<"+refused+">")
	if err != nil {
		t.Fatal(err)
	}
	wantPage(t, story.String(), "Mail <"+refused+">", "was refused", `letter "refused" to eve@stranger.example: the relay took it`)
	if _, err := a.Why(t.Context(), strings.ReplaceAll(refused, ".", "[.]")); err != nil {
		t.Errorf("a Message-ID as an alarm shows it: %v", err)
	}
	own, err := a.Why(t.Context(), letter.Message.MessageID)
	if err != nil {
		t.Fatal(err)
	}
	wantPage(t, own.String(), "was accepted", lead)
	_, err = a.Why(t.Context(), "nobody.wrote.this@example.com")
	wantRefusal(t, err, "nothing is known")
	never, err := a.Why(t.Context(), "01234568")
	if err != nil {
		t.Fatal(err)
	}
	wantPage(t, never.String(), "Case 01234568: never escalated", "the CRM says: pending")
}

func TestWordsFromOutsideCannotMoveTheCursor(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false")
	form := strings.Replace(harness.Form("01234567"), "Please send", "\x1b[2J\u202ePlease \u200bsend "+strings.Repeat("longword", 30), 1)
	h.ExpectDisposition(h.Send(customer, "Please escalate", form), escalation.Accepted)
	h.ExpectMail(customer)
	h.ExpectMail(lead)
	h.Settle()
	a := h.Admin()
	story, err := a.Why(t.Context(), "01234567")
	if err != nil {
		t.Fatal(err)
	}
	files, err := a.Escalations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{story.String(), a.EscalationList(files)} {
		wantPage(t, page, "longword")
		if strings.ContainsAny(page, "\x1b\u202e\u200b") {
			t.Errorf("the page holds what moves the cursor: %q", page)
		}
	}
}

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

// bury parks the letters that are due, as a relay that refuses them does.
func bury(t *testing.T, s *redisstore.Store) {
	t.Helper()
	claimed, err := s.Claim(context.Background(), 10*time.Second, 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range claimed {
		err := s.Settle(context.Background(), []notify.Result{{Claim: p.Claim, Fate: notify.Buried, Detail: "550 5.1.1 no such user"}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestAParkedLetterIsListedAndSentAgain(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false")
	h.Settle()
	h.Shut()
	var made escalation.Change
	made.Event, made.At = "made by hand", h.Now()
	for i, to := range []string{"one@example.org", "two@example.org", "three@example.org"} {
		made.Notices = append(made.Notices, escalation.Notice{
			Key: "made by hand|alarm||" + to, ID: strings.Repeat(string(rune('a'+i)), 26), Kind: escalation.KindAlarm, To: to, CreatedAt: h.Now(),
			Letter: escalation.Letter{Alarms: []escalation.Alarm{{At: h.Now(), What: "test", Detail: "A test."}}},
		})
	}
	if _, err := h.Store.Apply(t.Context(), []escalation.Change{made}); err != nil {
		t.Fatal(err)
	}
	bury(t, h.Store)
	a := h.Admin()
	letters, err := a.Outbox(t.Context())
	if err != nil || len(letters) != 3 {
		t.Fatalf("outbox: %v, %v", letters, err)
	}
	wantPage(t, daemon.OutboxList(letters), "PARKED since 2026-11-23 09:00:00", `"alarm" to one@example.org`, "550 5.1.1 no such user")
	if n, err := a.DecideLetters(t.Context(), redisstore.RetryLetter, []string{letters[0].ID}); n != 1 || err != nil {
		t.Fatalf("retried %d, %v", n, err)
	}
	n, err := a.DecideLetters(t.Context(), redisstore.RetryLetter, []string{letters[0].ID, "nonsense", letters[1].ID})
	wantRefusal(t, err, "waits for its next attempt")
	wantRefusal(t, err, "there is no letter nonsense")
	if n != 1 {
		t.Errorf("%d done, want the one that could be", n)
	}
	if n, err := a.DecideLetters(t.Context(), redisstore.DiscardLetter, []string{"parked"}); n != 1 || err != nil {
		t.Errorf("discarded %d, %v", n, err)
	}
	if v := verify(t, a); !v.OK() || v.Parked != 0 || v.Waiting != 2 {
		t.Errorf("the books:\n%s", v)
	}
	h.Open()
	h.ExpectMail("one@example.org")
	h.ExpectMail("two@example.org")
	h.Settle()
	if letters, err = a.Outbox(t.Context()); err != nil || len(letters) != 0 {
		t.Errorf("outbox at the end: %v, %v", letters, err)
	}
	h.Discard() // what ops are told of the refusals
}

func TestAnOperatorTakesAndResolvesByHand(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false")
	escalate(h)
	a := h.Admin()
	files, err := a.Escalations(t.Context())
	if err != nil || len(files) != 1 {
		t.Fatalf("escalations: %v, %v", files, err)
	}
	wantPage(t, a.EscalationList(files), "01234567 OPEN, level 1 (Regional leader)", "promised by 2026-11-23 09:30:00", "Acme Example: Please send an engineer")
	wantRefusal(t, a.Operate(t.Context(), mailparse.Ack, "01234568", "", ""), "not escalated")
	if err := a.Operate(t.Context(), mailparse.Ack, "01234567", "", ""); err != nil {
		t.Fatal(err)
	}
	h.ExpectMail(customer, "Regional leader")
	wantRefusal(t, a.Operate(t.Context(), mailparse.Ack, "01234567", "", ""), "taken already")
	if err := a.Operate(t.Context(), mailparse.Resolve, "01234567", "", "A new part is on its way."); err != nil {
		t.Fatal(err)
	}
	h.ExpectMail(customer, "resolved", "A new part is on its way.")
	h.ExpectMail(lead, "resolved")
	h.Settle()
	story, err := a.Why(t.Context(), "01234567")
	if err != nil {
		t.Fatal(err)
	}
	wantPage(t, story.String(), "decided by hand: ack by hand, by operator op", "op did this by hand")
	if files, err := a.Escalations(t.Context()); err != nil || len(files) != 0 {
		t.Errorf("escalations at the end: %v, %v", files, err)
	}
}

func TestForgetLeavesNothingButTheMails(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false")
	escalate(h)
	a := h.Admin()
	_, err := a.Forget(t.Context(), customer, false)
	wantRefusal(t, err, "1 escalation is still under way")
	if err := a.Operate(t.Context(), mailparse.Resolve, "01234567", "", ""); err != nil {
		t.Fatal(err)
	}
	h.ExpectMail(customer, "resolved")
	h.ExpectMail(lead, "resolved")
	h.Settle()
	done, err := a.Forget(t.Context(), customer, false)
	if err != nil || done.Escalations != 1 || done.Letters < 2 {
		t.Fatalf("done %+v, %v", done, err)
	}
	dump := h.Redis.Dump()
	for _, canary := range []string{customer, "shift lead", "7946 0018", "print server", "stood still"} {
		if strings.Contains(dump, canary) {
			t.Errorf("Redis still holds %q", canary)
		}
	}
	if v := verify(t, a); !v.OK() {
		t.Errorf("the books:\n%s", v)
	}
	_, err = a.Forget(t.Context(), "no address", false)
	wantRefusal(t, err, "no address")
}

func TestRetentionRunsWithTheDesk(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false", "retention: 720h")
	escalate(h)
	a := h.Admin()
	if err := a.Operate(t.Context(), mailparse.Resolve, "01234567", "", ""); err != nil {
		t.Fatal(err)
	}
	h.ExpectMail(customer, "resolved")
	h.ExpectMail(lead, "resolved")
	h.Settle()
	h.Shut()
	h.FastForward(721 * time.Hour)
	h.Open() // the job runs at once, then hourly
	h.Await("the journal is trimmed", func() bool { return !strings.Contains(h.Redis.Dump(), "escalated to level 1") })
	dump := h.Redis.Dump()
	for _, canary := range []string{customer, "shift lead", "7946 0018", "print server", "stood still"} {
		if strings.Contains(dump, canary) {
			t.Errorf("beyond retention Redis still holds %q", canary)
		}
	}
	if v := verify(t, a); !v.OK() {
		t.Errorf("the books:\n%s", v)
	}
}
