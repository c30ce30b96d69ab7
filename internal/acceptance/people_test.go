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
	b := newBag("work")
	rounds := pick(4, 50)
	samples := b.good(10 * rounds)
	config := w.config()
	w.feed(config, b)
	w.imap.Doveadm("mailbox", "create", "-u", realserver.User, "Archive")
	d := w.start(config)
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
	w.inboxIs(0, catchUp)
	w.allOut(samples, "people at work")
	eventually(t, catchUp, "nothing waits in the outbox", func() bool { return d.counts()["outbox_waiting"] == 0 })
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
	if code, out, complaint := w.run("verify", "--config", config); code != 0 {
		t.Errorf("verify exits %d: %s%s", code, out, complaint)
	}
	d.stop()
}

// A mailbox that is deleted and made again is served on.
func TestMailboxThatIsMadeAnew(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	w := newWorld(t)
	b := newBag("anew")
	samples := b.good(4)
	config := w.config(edit{"@" + w.imap.TLSAddr + "/INBOX", "@" + w.imap.TLSAddr + "/Desk"})
	w.feed(config, b)
	mailbox := func(do string) { w.imap.Doveadm("mailbox", do, "-u", realserver.User, "Desk") }
	mailbox("create")
	d := w.start(config)
	for i := range samples {
		w.imap.Append("Desk", samples[i].raw)
		eventually(t, 90*time.Second, "the mail is answered and filed", func() bool {
			return w.answered(samples[i]) && w.imap.Count("Processed") == i+1
		})
		if i%2 == 0 {
			mailbox("delete")
			mailbox("create")
		}
		if i == 1 && !long() {
			break
		}
	}
	w.once(w.letters(), 0)
	d.stop()
}
