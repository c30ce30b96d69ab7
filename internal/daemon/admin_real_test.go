package daemon_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/config"
	"escalationd/internal/daemon"
	"escalationd/internal/mailserver"
	"escalationd/internal/realserver"
	"escalationd/mailparse"
)

// The operators' day on Dovecot and redis-server.
func TestOperatorsWorkOnRealServers(t *testing.T) {
	t.Parallel()
	imap, rds := realserver.Dovecot(t), realserver.Redis(t)
	relay, err := mailserver.Start(mailserver.Options{Outside: "outside@example.org", Users: []mailserver.User{{Address: "outside@example.org"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { relay.Close() })
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	c, err := config.Load(write("escalationd.yaml", fmt.Sprintf(`
inboxes:
  - {name: desk, url: "imap://%s@%s/INBOX", password_file: %s, processed: Processed, quarantine: Quarantine, authserv_id: mx.example.com}
smtp: {url: "smtp://%s", from: "Enterprise Support <desk@example.com>"}
redis: {url: "redis://%s/0"}
state_dir: %s
policy: {poll: 1s, backlog: 9000h, notify_owner: false}
ladder: [{level: 1, name: Regional leader, contacts: {"*": [lead@example.com]}}]
`, url.QueryEscape(realserver.User), imap.Addr, write("password", realserver.Password), relay.SMTPAddr(), rds.Addr, dir)))
	if err != nil {
		t.Fatalf("the configuration is wrong:\n%v", err)
	}
	rdb := redis.NewClient(&redis.Options{Addr: rds.Addr})
	t.Cleanup(func() { rdb.Close() })
	store := redisstore.New(rdb, redisstore.Options{Prefix: "escalationd:"})
	for _, err := range []error{
		store.PutAccounts(t.Context(), []escalation.Account{{ID: "acme", Name: "Acme Example", Region: "uk", Representatives: []string{customer}}}, time.Now()),
		store.PutCases(t.Context(), []escalation.Case{{Number: "01234567", Account: "acme", Status: escalation.CaseOpen, Severity: 1}}, time.Now()),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	d, err := daemon.New(c, daemon.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the daemon ended with: %v", err)
		}
	}()
	for n := range 12 {
		raw := fmt.Sprintf("From: %s\r\nTo: desk@example.com\r\nMessage-ID: <%d@acme.example>\r\nSubject: escalate\r\n\r\n%s", customer, n, form("01234567"))
		if n%2 == 0 {
			raw = "Authentication-Results: mx.example.com; dmarc=pass header.from=acme.example\r\n" + raw
		}
		imap.Deliver("INBOX", []byte(raw))
	}
	filed := func(processed, quarantined int) func() bool {
		return func() bool {
			return imap.Count("INBOX") == 0 && imap.Count("Processed") == processed && imap.Count("Quarantine") == quarantined
		}
	}
	realserver.Eventually(t, time.Minute, "all is filed", filed(6, 6))
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
	realserver.Eventually(t, time.Minute, "one is judged again, one is put away", filed(8, 4))
	if v := verify(t, a); !v.OK() || v.Seen != 13 || v.Mails[escalation.Quarantined] != 6 || len(v.Notes) != 0 {
		t.Errorf("the books:\n%s", v)
	}
	if err := a.Operate(t.Context(), mailparse.Resolve, "01234567", "", "Done."); err != nil {
		t.Fatal(err)
	}
	story, err := a.Why(t.Context(), "01234567")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", story)
	wantPage(t, story.String(), "Case 01234567: resolved", "was accepted", "was updated", "op did this by hand")
	realserver.Eventually(t, time.Minute, "the outbox is empty", func() bool {
		letters, err := a.Outbox(t.Context())
		return err == nil && len(letters) == 0
	})
	if done, err := a.Forget(t.Context(), customer, false); err != nil || done.Escalations != 1 {
		t.Errorf("forget: %+v, %v", done, err)
	}
	if v := verify(t, a); !v.OK() {
		t.Errorf("the books after a person was forgotten:\n%s", v)
	}
}
