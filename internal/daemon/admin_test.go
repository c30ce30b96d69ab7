package daemon_test

import (
	"context"
	"encoding/json"
	"errors"
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
