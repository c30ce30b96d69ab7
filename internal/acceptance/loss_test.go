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
	b := newBag("forgets")
	samples := b.good(3)
	config := w.config(edit{"allow_volatile: false", "allow_volatile: true"})
	w.feed(config, b)
	w.deliver(samples)
	d := w.start(config)
	d.says("REDIS IS VOLATILE", catchUp)
	w.settled(d, samples, 0, catchUp)
	d.stop()
}

// An empty Redis knows no case. Nobody is told so.
func TestEmptiedRedisIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBag("empty")
	samples := b.good(12)
	config := w.config()
	w.feed(config, b)
	w.deliver(samples[:6])
	d := w.start(config)
	w.settled(d, samples[:6], 0, catchUp)
	d.stop()

	w.emptyRedis()
	w.feed(config, b)
	before := w.letters()
	w.deliver(samples[6:])
	d = w.start(config)
	w.heldUntilAccepted(d, config, before, samples)
	d.stop()
}

// The same when it happens under a running desk, and mail comes before it has
// found out. Of its daemons one tells operators.
func TestRedisEmptiedUnderARunningDeskIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBag("flushed")
	samples := b.good(12)
	config, second := w.config(), w.config()
	w.feed(config, b)
	w.deliver(samples[:6])
	d, other := w.start(config), w.start(second)
	w.settled(d, samples[:6], 0, catchUp)

	before := w.letters()
	w.emptyRedis()
	w.deliver(samples[6:])
	other.says("ledger accept", catchUp)
	w.heldUntilAccepted(d, config, before, samples)
	d.stop()
	other.stop()
}

// A Redis that lost its last seconds is found out by the desk's own count.
func TestRolledBackRedisIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorldOfOneRedis(t)
	b := newBag("cutoff")
	samples := b.good(12)
	config := w.config()
	w.feed(config, b)
	fed := w.sizeOfAOF()
	w.deliver(samples[:6])
	d := w.start(config)
	w.settled(d, samples[:6], 0, catchUp)
	d.stop()

	before := w.letters()
	w.redis.Stop()
	w.cutAOF(fed + 12_000) // the desk's ledger is begun there, and little more
	w.redis.Restart()
	w.deliver(samples[6:])
	d = w.start(config)
	w.heldUntilAccepted(d, config, before, samples)
	d.stop()
}

// A Redis that holds another desk's ledger is not worked with.
func TestAnotherDesksRedisIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorldOfOneRedis(t)
	b := newBag("wrong")
	samples := b.good(12)
	config := w.config()
	w.feed(config, b)
	w.deliver(samples[:6])
	d := w.start(config)
	w.settled(d, samples[:6], 0, catchUp)
	d.stop()

	elsewhere := strings.TrimSuffix(w.redisURL, "0") + "1"
	w.imap.Doveadm("mailbox", "create", "-u", realserver.User, secondInbox)
	other := w.config(edit{w.redisURL, elsewhere}, edit{"processed: Processed", "processed: " + secondInbox})
	d = w.start(other) // the other desk
	d.leads(catchUp)
	d.stop()

	before := w.letters()
	w.deliver(samples[6:])
	text, err := os.ReadFile(config)
	if err == nil {
		err = os.WriteFile(config, []byte(strings.Replace(string(text), w.redisURL, elsewhere, 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	d = w.start(config)
	d.saysNow("another ledger", catchUp)
	w.heldUntilAccepted(d, config, before, samples)
	d.stop()
}

// heldUntilAccepted expects a desk that answers nobody until a person says
// that it may go on. Then all samples are answered; none is told that a case
// is unknown, and what had gone out before bears the same Message-ID again.
func (w *world) heldUntilAccepted(d *desk, config string, before []letter, samples []sample) {
	w.Helper()
	d.saysNow("ledger accept", catchUp)
	eventually(w, catchUp, "ops are told", func() bool { return len(w.letters()) > len(before) })
	w.feedAgain(config)
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
	if code, out, complaint := w.run("ledger", "accept", "--config", config); code != 0 {
		w.Fatalf("ledger accept exits %d: %s%s", code, out, complaint)
	}
	w.Logf("%d mails waited", waiting)
	_, want := sum(samples)
	ids := func() (all []string) {
		for _, l := range w.letters() {
			if l.to != ops && !slices.Contains(all, l.id) {
				all = append(all, l.id)
			}
		}
		return all
	}
	w.inboxIs(0, catchUp)
	eventually(w, catchUp, "all mails are answered", func() bool { return len(ids()) >= len(want) })
	if n := len(ids()); n != len(want) {
		w.Errorf("%d different letters went out, want %d", n, len(want))
	}
	for _, l := range w.letters() {
		if strings.Contains(l.raw, "X-Escalationd: refused") {
			w.Errorf("a customer was refused: %s", l.subject)
		}
	}
	w.judgeFolders(samples)
}

// feedAgain imports the same files once more.
func (w *world) feedAgain(config string) {
	w.Helper()
	for _, what := range []string{"accounts", "cases"} {
		if code, _, complaint := w.run("import", what, "--config", config, filepath.Join(w.dir, what+".csv")); code != 0 {
			w.Fatalf("import %s exits %d: %s", what, code, complaint)
		}
	}
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
