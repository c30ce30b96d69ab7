package acceptance

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"escalationd/internal/realserver"
)

// world is what stands around the program: servers, a folder of files, and
// customers who write mails.
type world struct {
	testing.TB
	*bag
	imap  *realserver.DovecotServer
	redis *realserver.RedisServer   // the one that has the desk's keys at the start
	parts []*realserver.RedisServer // all that have keys at the start
	kind  redisKind
	sink  *realserver.SMTPSinkServer
	dir   string

	imapURL, redisURL, smtpURL string // how the program reaches the servers; with a user, it logs in at the relay

	example   string // what `config example` prints
	files     int
	fed       int      // how many of the bag's cases are imported
	delivered []sample // to the inboxes

	patience time.Duration // with which what must come is waited for
	copies   bool          // a mail may lie twice where it belongs: its server died while it moved it
}

// redisKind is how Redis is kept alive.
type redisKind string

const (
	oneRedis redisKind = ""
	sentinel redisKind = "sentinel"
	cluster  redisKind = "cluster"
)

// newWorld starts the servers, with the kind of Redis that the environment
// names. Each of lines is one of redis.conf.
func newWorld(t testing.TB, lines ...string) *world {
	t.Helper()
	return newWorldOn(t, redisKind(os.Getenv("ESCALATIOND_REDIS")), lines...)
}

// newWorldOfOneRedis is newWorld for tests that break a Redis which has nobody
// to take its place.
func newWorldOfOneRedis(t testing.TB, lines ...string) *world {
	t.Helper()
	if os.Getenv("ESCALATIOND_REDIS") != "" {
		t.Skip("only with one Redis")
	}
	return newWorldOn(t, oneRedis, lines...)
}

func newWorldOn(t testing.TB, kind redisKind, lines ...string) *world {
	t.Helper()
	w := &world{TB: t, bag: newBag(), dir: t.TempDir(), kind: kind, sink: realserver.SMTPSink(t, "-a"), patience: catchUp}
	w.serveMail(realserver.Dovecot(t))
	w.smtpURL = "smtp://" + w.sink.Addr
	switch kind {
	case sentinel:
		r := realserver.Sentinel(t, lines...)
		w.redis, w.redisURL = r.Master, r.URL()
	case cluster:
		r := realserver.Cluster(t, lines...)
		w.redis, w.redisURL, w.parts = r.MasterOf("{desk}"), r.URL(), r.Masters
	default:
		w.redis = realserver.Redis(t, lines...)
		w.redisURL = "redis://" + w.redis.Addr + "/0"
	}
	if w.parts == nil {
		w.parts = []*realserver.RedisServer{w.redis}
	}
	w.write("imap-password", realserver.Password)
	w.write("smtp-password", "relay secret")
	w.write("desk-secret", "a secret that all daemons of the desk share")
	return w
}

// serveMail has a Dovecot serve the mailboxes.
func (w *world) serveMail(imap *realserver.DovecotServer) {
	w.imap, w.imapURL = imap, "imaps://desk%40example.com@"+imap.TLSAddr
}

func (w *world) write(name, text string) string {
	w.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	return path
}

// edit replaces a text that must occur in a configuration.
type edit struct{ old, new string }

// desk makes the configuration of another daemon, and imports the accounts and
// cases that the mails made so far speak of.
func (w *world) desk(edits ...edit) *desk {
	w.Helper()
	w.files++
	d := &desk{w: w, conf: w.write(fmt.Sprintf("daemon%d/escalationd.yaml", w.files), w.settings(edits...))}
	d.log = w.write(fmt.Sprintf("daemon%d/log", w.files), "")
	w.Cleanup(d.finish)
	if w.fed < len(w.cases) {
		w.feed()
	}
	return d
}

// desks makes so many daemons of one desk.
func (w *world) desks(n int, edits ...edit) []*desk {
	w.Helper()
	desks := make([]*desk, n)
	for i := range desks {
		desks[i] = w.desk(edits...)
	}
	return desks
}

// settings is the configuration that `config example` prints, with the
// addresses of this world.
func (w *world) settings(edits ...edit) string {
	w.Helper()
	if w.example == "" {
		w.example = w.does("config", "example")
	}
	la, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		w.Fatal(err)
	}
	login := edit{"password_file: /run/secrets/smtp", "password_file: " + filepath.Join(w.dir, "smtp-password")}
	if !strings.Contains(w.smtpURL, "@") {
		login = edit{"  " + login.old, "  # " + login.old}
	}
	own := []edit{
		{"imaps://desk%40example.com@imap.example.com:993", w.imapURL},
		{"/run/secrets/imap ", filepath.Join(w.dir, "imap-password") + " "},
		{"smtp+starttls://desk@smtp.example.com:587", w.smtpURL},
		login,
		{"redis://127.0.0.1:6379/0", w.redisURL},
		{"127.0.0.1:8080", realserver.FreeAddr(w)},
		{`at: "08:00"`, fmt.Sprintf("at: %q", time.Now().In(la).Add(12*time.Hour).Format("15:04"))}, // no digest during the test
		{"# secret_file: /run/secrets/desk", "secret_file: " + filepath.Join(w.dir, "desk-secret")},
	}
	return w.edited(w.example, append(own, edits...))
}

func (w *world) edited(text string, edits []edit) string {
	w.Helper()
	for _, e := range edits {
		if !strings.Contains(text, e.old) {
			w.Fatalf("the configuration holds no %q", e.old)
		}
		text = strings.Replace(text, e.old, e.new, 1)
	}
	return text
}

// run runs a command of the program to its end.
func (w *world) run(args ...string) (code int, stdout, stderr string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), catchUp)
	defer cancel()
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, os.Getenv(binaryEnv), args...)
	cmd.Stdout, cmd.Stderr, cmd.Env = &out, &complaints, w.environment()
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		w.Fatalf("run escalationd %s: %v", strings.Join(args, " "), err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), complaints.String()
}

// does runs a command that must succeed, and answers what it prints.
func (w *world) does(args ...string) string {
	w.Helper()
	code, out, complaint := w.run(args...)
	if code != 0 {
		w.Fatalf("%s exits %d: %s%s", strings.Join(args[:2], " "), code, out, complaint)
	}
	return out
}

func (w *world) environment() []string {
	return append(os.Environ(), "SSL_CERT_FILE="+w.imap.CAFile)
}

// feed imports the accounts and cases that mails speak of.
func (w *world) feed() {
	w.Helper()
	conf := w.write("import/escalationd.yaml", w.settings())
	w.does("import", "accounts", "--config", conf, w.write("accounts.csv", accountsCSV))
	w.does("import", "cases", "--config", conf, w.write("cases.csv", w.casesCSV()))
	w.fed = len(w.cases)
}

// deliver puts mails into the inbox.
func (w *world) deliver(samples ...sample) {
	w.Helper()
	w.deliverTo("INBOX", samples)
}

func (w *world) deliverTo(inbox string, samples []sample) {
	w.Helper()
	for _, s := range samples {
		w.imap.Deliver(inbox, s.raw)
	}
	w.delivered = append(w.delivered, samples...)
}

// eventually waits until cond holds, and fails the test where that does not
// come about.
func (w *world) eventually(what string, cond func() bool) time.Duration {
	w.Helper()
	return eventually(w, w.patience, what, cond)
}
