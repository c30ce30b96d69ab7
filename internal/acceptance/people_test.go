package acceptance

import (
	"strconv"
	"testing"
	"time"

	"escalationd/internal/realserver"
)

// People may read, move, bring back and delete mails, and UIDs may change, all
// while the desk works: what is not deleted is answered once.
func TestPeopleAtWorkInTheInbox(t *testing.T) {
	t.Parallel()
	rng := random(t)
	w := newWorld(t)
	rounds := pick(4, 50)
	samples := w.good(10 * rounds)
	d := w.desk()
	w.imap.Doveadm("mailbox", "create", "-u", realserver.User, "Archive")
	d.start()
	people := []func(){
		func() {
			w.imap.Doveadm("flags", "add", "-u", realserver.User, `\Seen \Flagged`, "mailbox", "INBOX", "ALL")
		},
		func() { w.imap.Doveadm("move", "-u", realserver.User, "Archive", "mailbox", "INBOX", "ALL") },
		func() { w.imap.Doveadm("move", "-u", realserver.User, "INBOX", "mailbox", "Archive", "ALL") },
		func() { w.imap.Doveadm("move", "-u", realserver.User, "INBOX", "mailbox", "Processed", "ALL") },
		func() { w.imap.Doveadm("expunge", "-u", realserver.User, "mailbox", "Processed", "ALL") },
		func() {
			w.imap.Doveadm("mailbox", "update", "-u", realserver.User, "--uid-validity", strconv.Itoa(1000+rng.IntN(1<<30)), "INBOX")
		},
	}
	w.during(rng, samples, rounds, func(i int) { people[(i+rng.IntN(2))%len(people)]() })
	w.imap.Doveadm("move", "-u", realserver.User, "INBOX", "mailbox", "Archive", "ALL")
	w.inboxIs(0)
	w.allOut("people at work")
	w.eventually("nothing waits in the outbox", func() bool { return d.counts()["outbox_waiting"] == 0 })
	_, want := sum(samples)
	got := map[string]int{}
	for _, l := range w.once(w.letters(), 0) {
		got[l.key()]++
	}
	for to, n := range want {
		if got[to] != n {
			t.Errorf("%s has %d letters, want %d", to, got[to], n)
		}
	}
	if n := d.counts()["accepted"]; n != len(samples) {
		t.Errorf("%d mails are accepted, want %d", n, len(samples))
	}
	d.does("verify")
}

// A mailbox that is deleted and made again is served on.
func TestMailboxThatIsMadeAnew(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	w := newWorld(t)
	samples := w.good(4)
	d := w.desk(edit{"@" + w.imap.TLSAddr + "/INBOX", "@" + w.imap.TLSAddr + "/Desk"})
	w.imap.Doveadm("mailbox", "create", "-u", realserver.User, "Desk")
	d.start()
	for i := range samples {
		w.imap.Append("Desk", samples[i].raw)
		eventually(t, 90*time.Second, "the mail is answered and filed", func() bool {
			return w.answered(samples[i]) && w.imap.Count("Processed") == i+1
		})
		if i%2 == 0 {
			w.imap.MakeAnew("Desk")
		}
		if i == 1 && !long() {
			break
		}
	}
	w.once(w.letters(), 0)
}
