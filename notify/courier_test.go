package notify

import (
	"fmt"
	"log/slog"
	"net/mail"
	"strings"
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
	set, _, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	return &Courier{
		Outbox: o, Relay: relay, Templates: set, From: desk(), Now: time.Now,
		Log: slog.New(slog.DiscardHandler),
	}
}

func desk() mail.Address {
	return mail.Address{Name: "Enterprise Support", Address: "escalations@example.com"}
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
}
