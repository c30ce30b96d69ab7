package notify

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/templates"
)

func testNotice(i int, kind escalation.Kind) escalation.Notice {
	for _, n := range templates.Samples() {
		if n.Kind == kind {
			n.ID = noticeID(i)
			n.Key = fmt.Sprintf("%s:%d", kind, i)
			n.CreatedAt = time.Now()
			return n
		}
	}
	panic("no sample of " + kind)
}

func noticeID(i int) string {
	const digits = "abcdefghijklmnopqrstuvwxyz234567"
	id := []byte(strings.Repeat("a", 26))
	for at := 25; i > 0; at-- {
		id[at] = digits[i%32]
		i /= 32
	}
	return string(id)
}

func notices(n int, kind escalation.Kind) []escalation.Notice {
	var all []escalation.Notice
	for i := range n {
		all = append(all, testNotice(i, kind))
	}
	return all
}

func testCourier(t testing.TB, o Outbox, relay Sender) *Courier {
	t.Helper()
	return &Courier{
		Outbox: o, Relay: relay, Templates: builtIn(t), From: desk(), Now: time.Now,
		Log: slog.New(slog.DiscardHandler),
	}
}

func desk() mail.Address {
	return mail.Address{Name: "Enterprise Support", Address: "escalations@example.com"}
}

// hand is a clock that a test moves.
type hand struct {
	mu sync.Mutex
	at time.Time
}

func newHand() *hand { return &hand{at: time.Now().Add(time.Second)} }

func (h *hand) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hand) move(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

// deliverFor delivers what is due, again and again, while the clock moves in
// steps of a second; longer than any pause of the courier.
func deliverFor(t *testing.T, c *Courier, clock *hand, d time.Duration) {
	t.Helper()
	for end := clock.now().Add(d); clock.now().Before(end); clock.move(time.Second) {
		if c.Status().PausedUntil.After(clock.now()) {
			continue
		}
		if _, err := c.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEachLetterIsSentOnce(t *testing.T) {
	server := startRelay(t)
	o := newOutbox(notices(150, escalation.KindEscalation)...)
	c := testCourier(t, o, server.relay(t, TLSNone))
	total := 0
	for {
		n, err := c.Deliver(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if total += n; n == 0 {
			break
		}
	}
	if total != 150 || o.fates()[Sent] != 150 {
		t.Fatalf("%d claimed, fates %v; want 150 sent", total, o.fates())
	}
	seen := map[string]bool{}
	for _, m := range server.delivered() {
		seen[m.from] = true
	}
	if len(seen) != 150 || len(server.delivered()) != 150 {
		t.Errorf("%d letters from %d return paths arrived, want 150 of each", len(server.delivered()), len(seen))
	}
	if n := server.connections(); n > 4 {
		t.Errorf("%d connections were opened, want 4 kept ones at most", n)
	}
	if s := c.Status(); !s.Reached || s.Fates[Sent] != 150 || s.LastError != "" {
		t.Errorf("status %+v", s)
	}
}

func TestTemporaryRefusalIsTriedAgainWithTheSameBytes(t *testing.T) {
	for _, step := range []string{"mail", "rcpt", "data", "dot"} {
		t.Run(step, func(t *testing.T) {
			server := startRelay(t)
			server.play(func(s string, n int) any {
				if s == step && n <= 3 {
					return refuse(451, 4, "try again")
				}
				return nil
			})
			clock := newHand()
			o := newOutbox(testNotice(1, escalation.KindRefused))
			c := testCourier(t, o, server.relay(t, TLSNone))
			c.Now, o.now = clock.now, clock.now
			deliverFor(t, c, clock, 20*time.Second)
			r := o.row(noticeID(1))
			if got := fmt.Sprint(r.history); got != "[retry retry retry sent]" {
				t.Errorf("the attempts ended %s", got)
			}
			if len(server.delivered()) != 1 || len(r.raws) != 1 {
				t.Errorf("%d copies of %d wordings arrived, want one", len(server.delivered()), len(r.raws))
			}
		})
	}
}

func TestPermanentRefusalIsBuriedAtOnce(t *testing.T) {
	for _, step := range []string{"mail", "rcpt", "data", "dot"} {
		t.Run(step, func(t *testing.T) {
			server := startRelay(t)
			server.play(func(s string, n int) any {
				if s == step && n == 1 {
					return refuse(550, 5, "no such user <lead@example.com>")
				}
				return nil
			})
			clock := newHand()
			o := newOutbox(notices(5, escalation.KindEscalation)...)
			c := testCourier(t, o, server.relay(t, TLSNone))
			c.Now, o.now, c.Connections = clock.now, clock.now, 1
			deliverFor(t, c, clock, 5*time.Second)
			if f := o.fates(); f[Buried] != 1 || f[Sent] != 4 {
				t.Errorf("fates %v, want one buried and four sent", f)
			}
			if r := o.row(noticeID(0)); r.fate != Buried || strings.Contains(r.detail, "@") || !strings.Contains(r.detail, "no such user") {
				t.Errorf("buried with %q", r.detail)
			}
		})
	}
}

func TestRelayOutOfServiceFailsNoLetter(t *testing.T) {
	for name, answer := range map[string]func(step string, n int) any{
		"421 at MAIL":            func(s string, n int) any { return either(s == "mail" && n <= 6, refuse(421, 4, "shutting down")) },
		"banner refused":         func(s string, n int) any { return either(s == "connect" && n <= 8, refuse(554, 5, "no service")) },
		"hangs up at MAIL":       func(s string, n int) any { return either(s == "mail" && n <= 6, hangUp) },
		"hangs up at connection": func(s string, n int) any { return either(s == "connect" && n <= 6, hangUp) },
	} {
		t.Run(name, func(t *testing.T) {
			server := startRelay(t)
			server.play(answer)
			clock := newHand()
			o := newOutbox(notices(20, escalation.KindAccepted)...)
			c := testCourier(t, o, server.relay(t, TLSNone))
			c.Now, o.now = clock.now, clock.now
			deliverFor(t, c, clock, 2*time.Minute)
			if f := o.fates(); f[Sent] != 20 || len(server.delivered()) != 20 {
				t.Fatalf("fates %v, %d arrived; want all 20", f, len(server.delivered()))
			}
			for i := range 20 {
				if r := o.row(noticeID(i)); r.Attempt != 1 {
					t.Errorf("letter %d counts %d attempts, want 1", i, r.Attempt)
				}
			}
		})
	}
}

func either(yes bool, answer any) any {
	if yes {
		return answer
	}
	return nil
}

func TestRefusedLoginHoldsAllAndAlarmsOnce(t *testing.T) {
	server := startRelay(t)
	clock := newHand()
	o := newOutbox(notices(10, escalation.KindEscalation)...)
	relay := server.relay(t, TLSNone)
	relay.User, relay.Login = "desk", password("old")
	c := testCourier(t, o, relay)
	c.Now, o.now = clock.now, clock.now
	var alarms []escalation.Alarm
	c.Alarm = func(_ context.Context, a escalation.Alarm) { alarms = append(alarms, a) }
	deliverFor(t, c, clock, 2*time.Minute)
	if f := o.fates(); f[Released] != 10 || len(alarms) != 1 || alarms[0].What != "relay" {
		t.Fatalf("fates %v, alarms %v; want all held and one alarm", f, alarms)
	}
	if tries := len(server.logins); tries > 20 {
		t.Errorf("%d logins were tried in two minutes", tries)
	}
	relay.Login = password("secret")
	deliverFor(t, c, clock, time.Minute)
	if f := o.fates(); f[Sent] != 10 {
		t.Errorf("fates %v, want all sent", f)
	}
}

func TestAmbiguousEndIsResentTwiceAndThenParked(t *testing.T) {
	for kind, copies := range map[escalation.Kind]int{
		escalation.KindEscalation: 3, escalation.KindAccepted: 3, escalation.KindRefused: 1, escalation.KindDigest: 1,
	} {
		t.Run(string(kind), func(t *testing.T) {
			server := startRelay(t)
			server.play(func(s string, _ int) any { return either(s == "answer", hangUp) })
			clock := newHand()
			o := newOutbox(testNotice(1, kind))
			c := testCourier(t, o, server.relay(t, TLSNone))
			c.Now, o.now = clock.now, clock.now
			deliverFor(t, c, clock, 3*time.Minute)
			r := o.row(noticeID(1))
			if r.fate != Buried || !strings.HasPrefix(r.detail, "ambiguous") {
				t.Errorf("fate %s, %q; want it buried as ambiguous", r.fate, r.detail)
			}
			got := server.delivered()
			if len(got) != copies {
				t.Fatalf("%d copies arrived, want %d", len(got), copies)
			}
			for _, m := range got {
				if !bytes.Equal(m.data, got[0].data) {
					t.Error("the copies differ")
				}
			}
		})
	}
}

func TestOutboxThatFailsAfterTheRelayTookTheLetterCostsNoCopy(t *testing.T) {
	server := startRelay(t)
	o := newOutbox(notices(8, escalation.KindEscalation)...)
	server.play(func(s string, n int) any {
		if s == "answer" && n == 3 {
			o.breakDown(errDown)
			time.AfterFunc(500*time.Millisecond, func() { o.breakDown(nil) })
		}
		return nil
	})
	c := testCourier(t, o, server.relay(t, TLSNone))
	for o.fates()[Sent] < 8 {
		if _, err := c.Deliver(t.Context()); err != nil && o.fates()[Sent] < 8 {
			continue
		}
	}
	if got := len(server.delivered()); got != 8 {
		t.Errorf("%d copies arrived, want 8", got)
	}
	if s := c.Status(); !strings.Contains(s.LastError, "outbox") {
		t.Errorf("status %+v does not name the outbox", s)
	}
}

func TestImpossibleAddressIsBuriedWithItsReason(t *testing.T) {
	n := testNotice(1, escalation.KindAccepted)
	n.To = "\"a@evil.test> ORCPT=x\"@example.com"
	server := startRelay(t)
	o := newOutbox(n, testNotice(2, escalation.KindAccepted))
	c := testCourier(t, o, server.relay(t, TLSNone))
	if _, err := c.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := o.row(n.ID); r.fate != Buried || !strings.Contains(r.detail, "address") || strings.Contains(r.detail, "evil") {
		t.Errorf("%s: %q", r.fate, r.detail)
	}
	if len(server.delivered()) != 1 {
		t.Errorf("%d letters arrived, want the other one", len(server.delivered()))
	}
}

func TestOwnTemplateThatFailsIsReportedAndTheLetterLeaves(t *testing.T) {
	dir := t.TempDir()
	text := `{{define "text"}}{{if eq .Number "00000666"}}{{index .Earlier 99}}{{end}}mine{{end}}`
	if err := os.WriteFile(filepath.Join(dir, "escalation.tmpl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	set, warnings, err := templates.Load(dir)
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	n := testNotice(1, escalation.KindEscalation)
	n.Case = "00000666"
	server := startRelay(t)
	o := newOutbox(n)
	c := testCourier(t, o, server.relay(t, TLSNone))
	c.Templates = set
	var alarms []escalation.Alarm
	c.Alarm = func(_ context.Context, a escalation.Alarm) { alarms = append(alarms, a) }
	if _, err := c.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(alarms) != 1 || alarms[0].What != "template" || len(server.delivered()) != 1 {
		t.Fatalf("alarms %v, %d letters", alarms, len(server.delivered()))
	}
	if !bytes.Contains(server.delivered()[0].data, []byte("How to answer")) {
		t.Error("the built-in letter was not used")
	}
}

func TestLogsNameNoAddress(t *testing.T) {
	var log bytes.Buffer
	server := startRelay(t)
	server.play(func(s string, n int) any {
		return either(s == "rcpt" && n%2 == 1, refuse(450+100*(n%4/2), 4+n%4/2, "<uk-lead@example.com> says no"))
	})
	clock := newHand()
	o := newOutbox(notices(6, escalation.KindEscalation)...)
	c := testCourier(t, o, server.relay(t, TLSNone))
	c.Now, o.now, c.Log = clock.now, clock.now, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	deliverFor(t, c, clock, 30*time.Second)
	if strings.Contains(log.String(), "@") || strings.Contains(log.String(), "Avery") {
		t.Errorf("the log holds an address:\n%s", log.String())
	}
	if !strings.Contains(log.String(), "letter sent") {
		t.Errorf("the log does not tell of the letters sent:\n%s", log.String())
	}
}

func BenchmarkCourier(b *testing.B) {
	server := startRelay(b)
	c := testCourier(b, nil, server.relay(b, TLSNone))
	all := notices(b.N, escalation.KindAccepted)
	o := newOutbox(all...)
	o.change = make(chan struct{}, b.N+1)
	c.Outbox = o
	b.ResetTimer()
	for {
		n, err := c.Deliver(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	if got := len(server.delivered()); got != b.N {
		b.Fatalf("%d arrived, want %d", got, b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "letters/s")
}
