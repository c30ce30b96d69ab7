package daemon_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/internal/config"
	"escalationd/internal/daemon"
	"escalationd/internal/mailserver"
	"escalationd/internal/realserver"
	"escalationd/mailparse"
)

// The operators' day on Dovecot and redis-server.
func TestOperatorsWorkOnRealServers(t *testing.T) {
	t.Parallel()
	imap, c := realDesk(t)
	run(t, c, daemon.Options{})
	filed := func(what string, processed, quarantined int) {
		t.Helper()
		realserver.Eventually(t, time.Minute, what, func() bool {
			return imap.Count("INBOX") == 0 && imap.Count("Processed") == processed && imap.Count("Quarantine") == quarantined
		})
	}
	for n := range 12 {
		raw := fmt.Sprintf("From: %s\r\nTo: desk@example.com\r\nMessage-ID: <%d@acme.example>\r\nSubject: escalate\r\n\r\n%s", customer, n, form("01234567"))
		if n%2 == 0 {
			raw = "Authentication-Results: mx.example.com; dmarc=pass header.from=acme.example\r\n" + raw
		}
		imap.Deliver("INBOX", []byte(raw))
	}
	filed("all is filed", 6, 6)
	a, err := daemon.OpenAdmin(c, "op", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	list := held(t, a)
	if len(list) != 6 || list[0].Cause != daemon.CauseUnproven {
		t.Fatalf("held: %+v", list)
	}
	if _, err := a.RetryQuarantined(t.Context(), list[0].Ref, true); err != nil {
		t.Fatal(err)
	}
	if _, err := a.RejectQuarantined(t.Context(), list[1].Ref); err != nil {
		t.Fatal(err)
	}
	filed("one is judged again, one is put away", 8, 4)
	if v := verify(t, a); !v.OK() || v.Seen != 13 || v.Mails[escalation.Quarantined] != 6 || len(v.Notes) != 0 {
		t.Errorf("the books:\n%s", v)
	}
	if err := a.Operate(t.Context(), mailparse.Resolve, "01234567", "", "Done."); err != nil {
		t.Fatal(err)
	}
	wantStory(t, a, "01234567", "Case 01234567: resolved", "was accepted", "was updated", "op did this by hand")
	wantForgotten(t, a, customer)
}

// realDesk is the configuration of a desk on real servers, with one case.
func realDesk(t *testing.T) (*realserver.DovecotServer, *config.Config) {
	t.Helper()
	imap, rds := realserver.Dovecot(t), realserver.Redis(t)
	relay, err := mailserver.Start(mailserver.Options{Outside: "outside@example.org", Users: []mailserver.User{{Address: "outside@example.org"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { relay.Close() })
	dir := t.TempDir()
	c := loadConfig(t, dir, fmt.Sprintf(`
inboxes:
  - {name: desk, url: "imap://%s@%s/INBOX", password_file: %s, processed: Processed, quarantine: Quarantine, authserv_id: mx.example.com}
smtp: {url: "smtp://%s", from: "Enterprise Support <desk@example.com>"}
redis: {url: "redis://%s/0"}
state_dir: %s
policy: {poll: 1s, backlog: 9000h, notify_owner: false}
ladder: [{level: 1, name: Regional leader, contacts: {"*": [lead@example.com]}}]
`, url.QueryEscape(realserver.User), imap.Addr, writeFile(t, dir, "password", realserver.Password), relay.SMTPAddr(), rds.Addr, dir))
	feed(t, &redis.Options{Addr: rds.Addr},
		escalation.Account{ID: "acme", Name: "Acme Example", Region: "uk", Representatives: []string{customer}},
		escalation.Case{Number: "01234567", Account: "acme", Status: escalation.CaseOpen, Severity: 1})
	return imap, c
}

func wantStory(t *testing.T, a *daemon.Admin, number string, words ...string) {
	t.Helper()
	story, err := a.Why(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", story)
	wantPage(t, story.String(), words...)
}

// wantForgotten forgets a person, once no letter is on its way, and expects
// one escalation to be theirs.
func wantForgotten(t *testing.T, a *daemon.Admin, address string) {
	t.Helper()
	realserver.Eventually(t, time.Minute, "the outbox is empty", func() bool {
		letters, err := a.Outbox(t.Context())
		return err == nil && len(letters) == 0
	})
	if done, err := a.Forget(t.Context(), address, false); err != nil || done.Escalations != 1 {
		t.Errorf("forget: %+v, %v", done, err)
	}
	if v := verify(t, a); !v.OK() {
		t.Errorf("the books after a person was forgotten:\n%s", v)
	}
}
