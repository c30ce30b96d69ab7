package daemon_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/emersion/go-smtp"
	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/config"
	"escalationd/internal/daemon"
	"escalationd/internal/mailserver"
	"escalationd/internal/realserver"
)

// canaries stand in every secret and in every field that tells of a person. A
// log, metric, error or key that holds one has let it out.
var canaries = map[string]string{
	"IMAP password": "canary-imap-8X", "SMTP password": "canary-smtp-8X", "Redis password": "canary-redis-8X",
	"web token": "canary-web-token-8X", "secret of the desk": "canary-desk-secret-8X",
	"customer": "canary.customer@acme.example", "customer's name": "Canary Displayname", "stranger": "canary.stranger@stranger.example",
	"spoofer": "canary.spoofer@elsewhere.example", "leader": "canary.leader@example.com", "frontline": "canary.frontline@example.com",
	"owner": "canary.owner@example.com", "owner's name": "Canary Owner", "point of contact": "Canary Shiftlead",
	"phone": "7946 0977", "phone in E.164": "+442079460977", "next step": "canary-next-step", "comments": "canary-comments", "subject": "canary-subject",
	"case subject": "canary-case-subject", "account name": "Canary Company",
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// guarded is a desk whose world is full of canaries.
type guarded struct {
	*testing.T
	dir   string
	web   string
	redis *miniredis.Miniredis
	mail  *mailserver.Server
	store *redisstore.Store
	log   *lockedBuffer
}

func (g *guarded) file(name, text string) string { return writeFile(g.T, g.dir, name, text) }

func newGuarded(t *testing.T) *guarded {
	g := &guarded{T: t, dir: t.TempDir(), redis: miniredis.RunT(t), log: &lockedBuffer{}}
	g.redis.RequireAuth(canaries["Redis password"])
	var err error
	g.mail, err = mailserver.Start(mailserver.Options{
		RequireAuth: true, Outside: "outside@example.org", OnRcpt: g.refuse,
		Users: []mailserver.User{
			{Address: "desk@example.com", Password: canaries["IMAP password"], Folders: []string{"Processed", "Quarantine"}},
			{Address: "relay@example.com", Password: canaries["SMTP password"]},
			{Address: "outside@example.org"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.mail.Close() })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g.web = l.Addr().String()
	l.Close()
	g.store = feed(t, &redis.Options{Addr: g.redis.Addr(), Password: canaries["Redis password"]},
		escalation.Account{ID: "acme", Name: canaries["account name"], Region: "uk", Representatives: []string{canaries["customer"]}},
		escalation.Case{
			Number: "01234567", Account: "acme", Status: escalation.CaseOpen, Severity: 1, Subject: canaries["case subject"],
			OwnerName: canaries["owner's name"], OwnerEmail: canaries["owner"], OpenedAt: time.Now().Add(-48 * time.Hour),
		})
	return g
}

// refuse is a relay that talks too much: its refusals name addresses.
func (g *guarded) refuse(_, to string) error {
	switch {
	case to == canaries["owner"]:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + ">: unknown, says " + canaries["customer"]}
	case to == canaries["frontline"]:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: to + " is greylisted"}
	}
	return nil
}

func (g *guarded) config(imapPassword string) *config.Config {
	g.Helper()
	return loadConfig(g.T, g.dir, fmt.Sprintf(`
inboxes:
  - {name: escalations, url: "imap://desk%%40example.com@%s/INBOX", password_file: %s, processed: Processed, quarantine: Quarantine, authserv_id: mx.example.com}
smtp: {url: "smtp://relay%%40example.com@%s", password_file: %s, from: "Enterprise Support <desk@example.com>"}
redis: {url: "redis://%s/0", password_file: %s, allow_volatile: true}
web: {listen: %q, token_file: %s}
secret_file: %s
ops: [ops@example.com]
log: {level: debug}
policy: {poll: 1s, backlog: 9000h}
ladder:
  - {level: 1, name: Regional leader, contacts: {"*": [%s]}}
  - {level: 2, name: Frontline senior manager, contacts: {"*": [%s]}}
`, g.mail.IMAPAddr(), g.file("imap-"+imapPassword, imapPassword), g.mail.SMTPAddr(), g.file("smtp", canaries["SMTP password"]),
		g.redis.Addr(), g.file("redis", canaries["Redis password"]), g.web, g.file("web", canaries["web token"]),
		g.file("secret", canaries["secret of the desk"]), canaries["leader"], canaries["frontline"]))
}

func (g *guarded) options() daemon.Options {
	return daemon.Options{Log: slog.New(slog.NewTextHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Tick: 20 * time.Millisecond}
}

// comes waits until something has come about.
func (g *guarded) comes(what string, cond func() bool) {
	g.Helper()
	realserver.Eventually(g, time.Minute, what, cond)
}

// logs waits until the log holds one of these words.
func (g *guarded) logs(words ...string) {
	g.Helper()
	g.comes("the log says "+strings.Join(words, " or "), func() bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(g.log.String(), w) })
	})
}

// counts waits until the ledger stands like that.
func (g *guarded) counts(what string, ok func(redisstore.Counts) bool) {
	g.Helper()
	g.comes(what, func() bool {
		c, err := g.store.Counts(g.Context())
		return err == nil && ok(c)
	})
}

// deliver puts a mail into the inbox, as the mail server does.
func (g *guarded) deliver(n int, from, proof, body string, header ...string) {
	g.Helper()
	lines := append([]string{
		"Authentication-Results: mx.example.com; " + proof, "From: " + canaries["customer's name"] + " <" + from + ">", "To: desk@example.com",
		"Subject: " + canaries["subject"], fmt.Sprintf("Message-ID: <%d@mail.example.net>", n), "Date: " + time.Now().Format(time.RFC1123Z),
	}, header...)
	raw := strings.Join(lines, "\r\n") + "\r\n\r\n" + strings.ReplaceAll(body, "\n", "\r\n")
	if err := g.mail.Deposit("desk@example.com", "INBOX", []byte(raw)); err != nil {
		g.Fatal(err)
	}
}

func form(number string) string {
	return "Case Number: " + number + "\nExpected Next Step: " + canaries["next step"] + "\nPoint of Contact: " + canaries["point of contact"] +
		"\nPhone Number or Email for POC: +44 20 " + canaries["phone"] + "\nAdditional Comments: " + canaries["comments"] + "\n"
}

// wantClean fails where a text holds a canary.
func (g *guarded) wantClean(where, text string) {
	g.Helper()
	for what, canary := range canaries {
		i := strings.Index(strings.ToLower(text), strings.ToLower(canary))
		if i < 0 {
			continue
		}
		from, to := strings.LastIndexByte(text[:i], '\n')+1, i+len(canary)
		if end := strings.IndexByte(text[to:], '\n'); end >= 0 {
			to += end
		}
		g.Errorf("%s shows the %s: %s", where, what, text[from:to])
	}
}

func (g *guarded) get(path string) string {
	g.Helper()
	r, err := http.NewRequestWithContext(g.Context(), http.MethodGet, "http://"+g.web+path, nil)
	if err != nil {
		g.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+canaries["web token"])
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		g.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		g.Fatal(err)
	}
	return string(body)
}

// shows expects that the board holds all of this, and answers its page.
func (g *guarded) shows(words ...string) (page string) {
	g.Helper()
	page = g.get("/")
	for _, w := range words {
		if !strings.Contains(page, w) {
			g.Errorf("the board is without %q:\n%s", w, page)
		}
	}
	return page
}

func TestTheBoardShowsWhatGoesOnAndNamesNobody(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	run(t, g.config(canaries["IMAP password"]), g.options())
	g.comes("the web server listens", func() bool {
		c, err := net.Dial("tcp", g.web)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	g.comes("the ledger is made", func() bool { return strings.Contains(g.get("/readyz"), "ledger ok") })
	g.shows("Nothing just now.", "None.", "<dt>Seen</dt><dd>0</dd>")
	g.deliver(1, canaries["customer"], "dmarc=pass header.from=acme.example", form("01234567"))
	g.deliver(2, canaries["spoofer"], "dmarc=fail header.from=elsewhere.example", form("01234567"))
	g.counts("both are decided, and the relay has refused a letter", func(c redisstore.Counts) bool {
		return c.Decided() == 2 && c.Parked == 1
	})
	page := g.shows(
		"quarantine, unanswered: 1 mail<", "escalationd quarantine list", "sent to nobody: 1 letter<", "escalationd outbox list",
		"<strong>01234567</strong>", "severity 1, United Kingdom, level 1 (Regional leader)", "nobody has taken it", "next step ",
		"<dt>Accepted</dt><dd>1</dd>", "<dt>Quarantined</dt><dd>1</dd>", "<dt>Parked</dt><dd>1</dd>")
	g.wantClean("the board", page)
}

func TestSecretsAndPersonsStayOutOfLogsMetricsErrorsAndKeys(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	stop := run(t, g.config(canaries["IMAP password"]), g.options())
	g.deliverEachKind()
	g.counts("all is decided, and the relay has refused a letter", func(c redisstore.Counts) bool {
		return c.Decided() >= 10 && c.Notices["sent"] >= 5 && c.Parked >= 1
	})
	g.wantClean("/metrics", g.get("/metrics"))
	g.wantClean("/readyz", g.get("/readyz"))
	g.breakRedis()
	stop()
	for _, key := range g.redis.Keys() {
		g.wantClean("a key of Redis", key)
	}
	g.refuseLogins()
	g.wantClean("the log", g.log.String())
	if !strings.Contains(g.log.String(), "mail decided") || !strings.Contains(g.log.String(), "level=DEBUG") {
		t.Errorf("the log is not one of debug level:\n%s", g.log.String())
	}
}

const proven = "dmarc=pass header.from=acme.example"

// deliverEachKind delivers mails of each kind, from each kind of sender.
func (g *guarded) deliverEachKind() {
	g.Helper()
	g.deliver(1, canaries["customer"], proven, form("01234567"))
	g.deliver(2, canaries["customer"], proven, form("01234567")+"canary-comments, once more\n")
	g.deliver(3, canaries["customer"], proven, form("@"+canaries["phone"]))
	g.deliver(4, canaries["stranger"], "dmarc=pass header.from=stranger.example", form("01234567"))
	g.deliver(5, canaries["spoofer"], "dmarc=fail header.from=elsewhere.example", form("01234567"))
	g.deliver(6, canaries["customer"], proven, "WITHDRAW "+canaries["comments"], "In-Reply-To: <nothing@example.com>")
	g.deliver(7, canaries["customer"], proven, form("01234567"), "Auto-Submitted: auto-replied; "+canaries["customer"])
	g.deliver(8, canaries["customer"]+">, <"+canaries["stranger"], proven, form("01234567"))
	g.deliver(9, canaries["leader"], "dmarc=pass header.from=example.com", "ACK "+canaries["comments"])
	g.deliver(10, "\x00\xff"+canaries["customer"], proven, form("01234567"))
}

// breakRedis has Redis refuse all while a mail comes, and then damages a key.
func (g *guarded) breakRedis() {
	g.Helper()
	g.redis.SetError("ERR out of order")
	g.deliver(11, canaries["customer"], proven, form("01234567"))
	g.logs("out of order")
	g.redis.SetError("")
	g.redis.Del("escalationd:{desk}:escalation:01234567")
	g.redis.Set("escalationd:{desk}:escalation:01234567", canaries["comments"])
	g.deliver(12, canaries["customer"], proven, form("01234567")+canaries["comments"]+" again\n")
	g.logs("WRONGTYPE", "another type")
}

// refuseLogins starts daemons that each server refuses. Where that ends them,
// the error goes to the terminal.
func (g *guarded) refuseLogins() {
	g.Helper()
	for _, secret := range []string{"imap-" + canaries["IMAP password"], "smtp"} {
		c := g.config(canaries["IMAP password"])
		g.file(secret, canaries["IMAP password"]+canaries["SMTP password"])
		wrong, err := daemon.New(c, g.options())
		if err != nil {
			g.Fatal(err)
		}
		err = wrong.Run(g.Context())
		wrong.Close()
		var setup *daemon.SetupError
		if !errors.As(err, &setup) {
			g.Fatalf("a wrong password ends with: %v", err)
		}
		g.wantClean("the error", err.Error())
	}
	c := g.config(canaries["IMAP password"])
	g.file("redis", canaries["Redis password"]+"-wrong")
	stop := run(g.T, c, g.options())
	g.logs("Redis not reached")
	stop()
}
