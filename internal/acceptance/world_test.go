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

// world is what stands around the program: servers, and a folder of files.
type world struct {
	testing.TB
	imap  *realserver.DovecotServer
	redis *realserver.RedisServer   // the one that has the desk's keys at the start
	parts []*realserver.RedisServer // all that have keys at the start
	kind  redisKind
	sink  *realserver.SMTPSinkServer
	dir   string

	redisURL string

	files  int
	copies bool // a mail may lie twice where it belongs: its server died while it moved it
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
	w := &world{TB: t, dir: t.TempDir(), imap: realserver.Dovecot(t), kind: kind, sink: realserver.SMTPSink(t, "-a")}
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

// config writes the configuration that `config example` prints, with the
// addresses of this world, in a folder of its own, and answers its path.
func (w *world) config(edits ...edit) string {
	w.Helper()
	code, text, complaint := w.run("config", "example")
	if code != 0 {
		w.Fatalf("config example exits %d: %s", code, complaint)
	}
	la, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		w.Fatal(err)
	}
	own := []edit{
		{"imap.example.com:993", w.imap.TLSAddr},
		{"/run/secrets/imap ", filepath.Join(w.dir, "imap-password") + " "},
		{"smtp+starttls://desk@smtp.example.com:587", "smtp://" + w.sink.Addr},
		{"  password_file: /run/secrets/smtp", "  # password_file: /run/secrets/smtp"},
		{"redis://127.0.0.1:6379/0", w.redisURL},
		{"127.0.0.1:8080", realserver.FreeAddr(w)},
		{`at: "08:00"`, fmt.Sprintf("at: %q", time.Now().In(la).Add(12*time.Hour).Format("15:04"))}, // no digest during the test
		{"# secret_file: /run/secrets/desk", "secret_file: " + filepath.Join(w.dir, "desk-secret")},
	}
	for _, e := range append(own, edits...) {
		if !strings.Contains(text, e.old) {
			w.Fatalf("the configuration holds no %q", e.old)
		}
		text = strings.Replace(text, e.old, e.new, 1)
	}
	w.files++
	return w.write(fmt.Sprintf("daemon%d/escalationd.yaml", w.files), text)
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

func (w *world) environment() []string {
	return append(os.Environ(), "SSL_CERT_FILE="+w.imap.CAFile)
}

// feed imports the accounts and cases that a bag of mails speaks of.
func (w *world) feed(config string, b *bag) {
	w.Helper()
	for _, f := range []struct{ what, name, text string }{
		{"accounts", "accounts.csv", accountsCSV}, {"cases", "cases.csv", b.casesCSV()},
	} {
		if code, _, complaint := w.run("import", f.what, "--config", config, w.write(f.name, f.text)); code != 0 {
			w.Fatalf("import %s exits %d: %s", f.what, code, complaint)
		}
	}
}

// deliver puts mails into the inbox.
func (w *world) deliver(samples []sample) {
	w.Helper()
	for _, s := range samples {
		w.imap.Deliver("INBOX", s.raw)
	}
}
