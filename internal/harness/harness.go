// Package harness runs the whole daemon in a test, on real protocols: an IMAP
// and SMTP server, Redis, and a clock that the test moves. A test says what it
// expects to be mailed; a mail that nobody expected fails it.
package harness

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/smtp"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/config"
	"escalationd/internal/daemon"
	"escalationd/internal/mailserver"
	"escalationd/mailparse"
)

// Start is the time at which every harness begins: a Monday morning in London,
// at night in California.
var Start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

const (
	patience = time.Minute // for what must come
	desk     = "desk@example.com"
)

// Harness is a running desk with the world around it.
type Harness struct {
	testing.TB
	Mail  *mailserver.Server
	Redis *miniredis.Miniredis
	Store *redisstore.Store

	dir    string
	config string
	stop   func()

	mu        sync.Mutex
	now       time.Time
	slow      time.Duration
	unseen    []Letter // delivered, not yet expected by the test
	decisions map[string]escalation.Change
	changed   chan struct{} // closed and renewed when something happens
}

// Letter is a mail that the desk sent.
type Letter struct {
	mailserver.Delivered
	Subject string
	Text    string
	Message mailparse.Message
}

// New starts a desk with the sample accounts and cases. Each of lines is added
// to the policy section of its configuration.
func New(t testing.TB, lines ...string) *Harness {
	t.Helper()
	h := &Harness{TB: t, now: Start, dir: t.TempDir(), decisions: map[string]escalation.Change{}, changed: make(chan struct{})}
	h.Redis = miniredis.RunT(t)
	h.Redis.SetTime(Start)
	server, err := mailserver.Start(mailserver.Options{
		AuthservID: "mx.example.com", Outside: "outside@example.org", OnMail: h.delivered,
		Users: []mailserver.User{
			{Address: desk, Password: "secret", Folders: []string{"Processed", "Quarantine"}},
			{Address: "outside@example.org", Password: "secret"},
		},
	})
	if err != nil {
		t.Fatalf("start the mail server: %v", err)
	}
	h.Mail = server
	t.Cleanup(func() { server.Close() })
	rdb := redis.NewClient(&redis.Options{Addr: h.Redis.Addr()})
	t.Cleanup(func() { rdb.Close() })
	h.Store = redisstore.New(rdb, redisstore.Options{Prefix: "escalationd:"})
	h.config = h.writeConfig(lines)
	h.feed()
	h.Open()
	t.Cleanup(h.finish)
	return h
}

// Open starts the daemon; New has done it once.
func (h *Harness) Open() {
	h.Helper()
	h.stop = h.run(h.config, h.Now)
}

// Join starts another daemon of the same desk, on a host whose clock is ahead.
// What it answers stops that daemon; the end of the test does, too.
func (h *Harness) Join(ahead time.Duration) (stop func()) {
	h.Helper()
	text, err := os.ReadFile(h.config)
	if err != nil {
		h.Fatal(err)
	}
	own := fmt.Sprintf("%s/host%+d.yaml", h.dir, int(ahead.Seconds()))
	h.write(own, fmt.Sprintf("%s\nstate_dir: %s.state\nsecret_file: state/secret\n", text, own))
	stop = h.run(own, func() time.Time { return h.Now().Add(ahead) })
	h.Cleanup(stop)
	return stop
}

// run runs a daemon until the function that it answers is called.
func (h *Harness) run(file string, now func() time.Time) (stop func()) {
	h.Helper()
	c, err := config.Load(file)
	if err != nil {
		h.Fatalf("the configuration is wrong:\n%v", err)
	}
	d, err := daemon.New(c, daemon.Options{
		Log: slog.New(slog.NewTextHandler(h.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		Now: now, Observe: h.decided, Tick: 10 * time.Millisecond,
	})
	if err != nil {
		h.Fatalf("put the daemon together: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			h.Errorf("the daemon ended with: %v", err)
		}
		d.Close()
	})
}

// Accept has a person accept the ledger that is in Redis.
func (h *Harness) Accept() {
	h.Helper()
	if err := h.Store.AcceptLedger(context.Background()); err != nil {
		h.Fatal(err)
	}
}

// Shut stops the daemon, as SIGTERM does.
func (h *Harness) Shut() { h.stop() }

// finish fails the test on any mail it did not expect.
func (h *Harness) finish() {
	h.Settle()
	h.stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.unseen {
		h.Errorf("nobody expected this mail to %s: %s", l.To, l.Subject)
	}
}

// Now is the harness's time.
func (h *Harness) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// FastForward moves the clock, after everything that is under way has ended.
func (h *Harness) FastForward(d time.Duration) {
	h.Helper()
	h.Settle()
	h.mu.Lock()
	h.now = h.now.Add(d)
	h.Redis.SetTime(h.now)
	h.mu.Unlock()
	h.Redis.FastForward(d)
}

// Slow makes the relay take so long before it says that it has taken a letter.
func (h *Harness) Slow(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.slow = d
}

// Send submits a mail to the desk by SMTP, as the outside world does, and
// answers its Message-ID.
func (h *Harness) Send(from, subject, body string, header ...string) string {
	h.Helper()
	return h.send(from, subject, body, "text/plain", header...)
}

func (h *Harness) send(from, subject, body, contentType string, header ...string) string {
	h.Helper()
	id := fmt.Sprintf("%d.%s", h.Now().UnixNano(), strings.ReplaceAll(subject, " ", "."))
	if !isASCIIToken(id) {
		id = fmt.Sprintf("%d.%x", h.Now().UnixNano(), subject)
	}
	id += "@" + from[strings.LastIndexByte(from, '@')+1:]
	lines := append([]string{
		"From: " + from, "To: " + desk, "Subject: " + subject, "Message-ID: <" + id + ">",
		"Date: " + h.Now().Format(time.RFC1123Z), "Content-Type: " + contentType + "; charset=utf-8",
	}, header...)
	h.SendRaw(from, []byte(strings.Join(lines, "\r\n")+"\r\n\r\n"+strings.ReplaceAll(body, "\n", "\r\n")+"\r\n"))
	return id
}

func isASCIIToken(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>()[]",;:\@`, r) }) < 0
}

// SendRaw submits the bytes of a mail to the desk.
func (h *Harness) SendRaw(from string, raw []byte) {
	h.Helper()
	if err := smtp.SendMail(h.Mail.SMTPAddr(), nil, from, []string{desk}, raw); err != nil {
		h.Fatalf("submit a mail: %v", err)
	}
}

// Reply sends an answer to a letter, from its recipient.
func (h *Harness) Reply(to Letter, body string) string {
	h.Helper()
	return h.Send(to.To, "Re: "+to.Subject, body,
		"In-Reply-To: <"+to.Message.MessageID+">", "References: <"+to.Message.MessageID+">")
}

// ExpectDisposition waits until the mail has been decided, and answers how.
func (h *Harness) ExpectDisposition(messageID string, want escalation.Disposition) escalation.Change {
	h.Helper()
	var c escalation.Change
	h.await("a decision on "+messageID, func() bool {
		var ok bool
		c, ok = h.decisions[messageID]
		return ok
	})
	if c.Disposition != want {
		h.Fatalf("%s was %s (%s), want %s", messageID, c.Disposition, c.Reason, want)
	}
	return c
}

// ExpectMail waits for a letter to an address whose subject and text hold all
// of the words, and answers it.
func (h *Harness) ExpectMail(to string, words ...string) Letter {
	h.Helper()
	var found Letter
	h.await(fmt.Sprintf("a mail to %s with %q", to, words), func() bool {
		i := slices.IndexFunc(h.unseen, func(l Letter) bool { return l.To == to && l.holds(words) })
		if i >= 0 {
			found = h.unseen[i]
			h.unseen = slices.Delete(h.unseen, i, i+1)
		}
		return i >= 0
	})
	return found
}

// holds reports whether subject and text hold all of the words, whatever
// their case and wrapping.
func (l Letter) holds(words []string) bool {
	text := fold(l.Subject + " " + l.Text)
	for _, w := range words {
		if !strings.Contains(text, fold(w)) {
			return false
		}
	}
	return true
}

func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// ExpectNothing fails if a letter has come that was not expected.
func (h *Harness) ExpectNothing() {
	h.Helper()
	h.Settle()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.unseen {
		h.Errorf("nobody expected this mail to %s: %s", l.To, l.Subject)
	}
	h.unseen = nil
}

// Settle waits until the inbox is empty, nothing is due and the outbox is
// empty.
func (h *Harness) Settle() {
	h.Helper()
	deadline := time.Now().Add(patience)
	for quiet := 0; quiet < 3; {
		if time.Now().After(deadline) {
			h.Fatalf("the desk does not come to rest: %d mails in INBOX, outbox %v", len(h.Folder("INBOX")), h.waiting())
		}
		if len(h.Folder("INBOX")) == 0 && h.waiting() == 0 && h.due() == 0 {
			quiet++
		} else {
			quiet = 0
		}
		<-time.After(15 * time.Millisecond)
	}
}

func (h *Harness) waiting() int64 {
	c, err := h.Store.Counts(context.Background())
	if err != nil {
		return -1
	}
	return c.Waiting
}

func (h *Harness) due() int {
	a, err := h.Store.Agenda(context.Background(), h.Now(), 10)
	if err != nil {
		return -1
	}
	return len(a.Due) + len(a.Undelivered)
}

// Folder lists the mails in a folder of the desk's.
func (h *Harness) Folder(name string) [][]byte { return h.Mail.Mails(desk, name) }

func (h *Harness) await(what string, done func() bool) {
	h.Helper()
	deadline := time.After(patience)
	for {
		h.mu.Lock()
		ok, changed := done(), h.changed
		h.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			h.Fatalf("waited in vain for %s; there are %s", what, h.pending())
		}
	}
}

func (h *Harness) pending() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var b bytes.Buffer
	for _, l := range h.unseen {
		fmt.Fprintf(&b, "\n- to %s: %s\n%s", l.To, l.Subject, l.Text)
	}
	for id, c := range h.decisions {
		fmt.Fprintf(&b, "\n- decided %s: %s (%s)", id, c.Disposition, c.Reason)
	}
	return b.String()
}

// delivered takes note of a letter that the desk sent.
func (h *Harness) delivered(d mailserver.Delivered) {
	if strings.HasPrefix(d.To, "desk") && strings.HasSuffix(d.To, "@example.com") {
		return
	}
	m, err := mailparse.Parse(d.Raw)
	h.mu.Lock()
	defer func() {
		slow := h.slow
		h.mu.Unlock()
		<-time.After(slow)
	}()
	if err != nil {
		h.Errorf("the desk sent what cannot be read: %v", err)
	}
	h.unseen = append(h.unseen, Letter{Delivered: d, Subject: m.Subject, Text: m.Text, Message: m})
	h.happened()
}

func (h *Harness) decided(m escalation.Mail, c escalation.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.decisions[m.MessageID] = c
	h.happened()
}

func (h *Harness) happened() {
	close(h.changed)
	h.changed = make(chan struct{})
}
