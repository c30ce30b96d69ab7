package acceptance

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"escalationd/internal/realserver"
)

// A Redis that forgets is used all the same where a person says so, and the log
// says it loudly.
func TestVolatileRedisIsUsedWhereThatIsAllowed(t *testing.T) {
	t.Parallel()
	w := newWorldOfOneRedis(t, "appendonly no")
	w.deliver(w.good(3)...)
	d := w.desk(edit{"allow_volatile: false", "allow_volatile: true"})
	d.start()
	d.says("REDIS IS VOLATILE")
	d.settles()
}

// An empty Redis knows no case. Nobody is told so.
func TestEmptiedRedisIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answered, waiting := w.good(6), w.good(6)
	d := w.deskThatAnswered(answered)
	before := w.letters()

	w.emptyRedis()
	w.feed()
	w.deliver(waiting...)
	d.start()
	d.holdsUntilAccepted(before)
}

// The same when it happens under a running desk, and mail comes before it has
// found out. Of its daemons one tells operators.
func TestRedisEmptiedUnderARunningDeskIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answered, waiting := w.good(6), w.good(6)
	d, other := w.desk(), w.desk()
	w.deliver(answered...)
	d.start()
	other.start()
	d.settles()
	before := w.letters()

	w.emptyRedis()
	w.deliver(waiting...)
	other.says("ledger accept")
	d.holdsUntilAccepted(before)
}

// A Redis that lost its last seconds is found out by the desk's own count.
func TestRolledBackRedisIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorldOfOneRedis(t)
	answered, waiting := w.good(6), w.good(6)
	w.feed()
	fed := w.sizeOfAOF()
	d := w.deskThatAnswered(answered)
	before := w.letters()

	w.redis.Stop()
	w.cutAOF(fed + 12_000) // the desk's ledger is begun there, and little more
	w.redis.Restart()
	w.deliver(waiting...)
	d.start()
	d.holdsUntilAccepted(before)
}

// A Redis that holds another desk's ledger is not worked with.
func TestAnotherDesksRedisIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorldOfOneRedis(t)
	answered, waiting := w.good(6), w.good(6)
	d := w.deskThatAnswered(answered)
	before := w.letters()

	own, elsewhere := w.redisURL, strings.TrimSuffix(w.redisURL, "0")+"1"
	w.redisURL = elsewhere
	w.imap.Doveadm("mailbox", "create", "-u", realserver.User, secondInbox)
	other := w.desk(edit{"processed: Processed", "processed: " + secondInbox})
	other.start()
	other.leads(catchUp)
	other.stop()

	w.deliver(waiting...)
	d.reconfigure(edit{own, elsewhere})
	d.start()
	d.says("another ledger")
	d.holdsUntilAccepted(before)
}

// deskThatAnswered is a desk that was stopped when it had answered these mails.
func (w *world) deskThatAnswered(samples []sample) *desk {
	w.Helper()
	d := w.desk()
	w.deliver(samples...)
	d.start()
	d.settles()
	d.stop()
	return d
}

// holdsUntilAccepted expects a desk that answers nobody until a person says
// that it may go on. Then all mails are answered; nobody is told that a case
// is unknown, and what had gone out before bears the same Message-ID again.
func (d *desk) holdsUntilAccepted(before []letter) {
	w := d.w
	w.Helper()
	d.says("ledger accept")
	w.eventually("ops are told", func() bool { return len(w.letters()) > len(before) })
	w.feed()
	waiting := w.imap.Count("INBOX")
	var told int
	for _, l := range w.letters()[len(before):] {
		switch {
		case l.to != ops:
			w.Errorf("a letter to %s went out while the desk holds", l.to)
		case strings.Contains(l.raw, "ledger"):
			told++
		}
	}
	if told != 1 {
		w.Errorf("ops were told %d times that the desk holds, want once", told)
	}
	d.does("ledger", "accept")
	w.Logf("%d mails waited", waiting)
	_, want := sum(w.delivered)
	ids := func() (all []string) {
		for _, l := range w.letters() {
			if l.to != ops && !slices.Contains(all, l.id) {
				all = append(all, l.id)
			}
		}
		return all
	}
	w.inboxIs(0)
	w.eventually("all mails are answered", func() bool { return len(ids()) >= len(want) })
	if n := len(ids()); n != len(want) {
		w.Errorf("%d different letters went out, want %d", n, len(want))
	}
	for _, l := range w.letters() {
		if strings.Contains(l.raw, "X-Escalationd: refused") {
			w.Errorf("a customer was refused: %s", l.subject)
		}
	}
	w.judgeFolders()
}

func (w *world) fileOfAOF() string {
	w.Helper()
	files, err := filepath.Glob(filepath.Join(w.redis.Dir, "appendonlydir", "*.incr.aof"))
	if err != nil || len(files) != 1 {
		w.Fatalf("the append-only files are %v, %v", files, err)
	}
	return files[0]
}

func (w *world) sizeOfAOF() int64 {
	w.Helper()
	info, err := os.Stat(w.fileOfAOF())
	if err != nil {
		w.Fatal(err)
	}
	return info.Size()
}

// cutAOF takes the end off Redis's append-only file.
func (w *world) cutAOF(left int64) {
	w.Helper()
	w.Logf("the append-only file is cut from %d to %d bytes", w.sizeOfAOF(), left)
	if err := os.Truncate(w.fileOfAOF(), left); err != nil {
		w.Fatal(err)
	}
}
