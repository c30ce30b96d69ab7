package acceptance

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// takeover is within what time another daemon serves the inbox of one that was
// killed; handover, of one that was stopped: sooner than its lease ends.
const (
	takeover = 15 * time.Second
	handover = 8 * time.Second
)

// leads waits until this daemon serves the inbox.
func (d *desk) leads(patience time.Duration) time.Duration {
	d.w.Helper()
	return eventually(d.w, patience, "the daemon serves the inbox", func() bool {
		return strings.Contains(d.said(), "inbox connected")
	})
}

// pair starts two daemons, of which the first leads.
func (w *world) pair(b *bag) (leader, second *desk) {
	w.Helper()
	configs := []string{w.config(), w.config()}
	w.feed(configs[0], b)
	leader = w.start(configs[0])
	leader.leads(catchUp)
	second = w.start(configs[1])
	second.says("standing by", catchUp)
	return leader, second
}

func TestInboxOfADaemonThatEndsIsTakenOver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		end    func(*desk)
		within time.Duration
	}{
		{"killed", (*desk).kill, pick(catchUp, takeover)},
		{"stopped", (*desk).stop, handover},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := newBag("take")
			samples := b.good(20)
			leader, second := w.pair(b)
			eventually(t, catchUp, "a daemon that stands by is ready", second.ready)
			w.deliver(samples[:10])
			w.inboxIs(0, catchUp)
			c.end(leader)
			w.deliver(samples[10:])
			t.Logf("the inbox was taken over after %s", second.leads(c.within).Round(10*time.Millisecond))
			w.settled(second, samples, 4, catchUp)
			second.stop()
		})
	}
}

// A daemon that was killed and is started again does not wait for its own
// lease to end.
func TestDaemonStartedAgainServesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBag("again")
	samples := b.good(2)
	config := w.config()
	w.feed(config, b)
	d := w.start(config)
	d.leads(catchUp)
	d.kill()
	w.deliver(samples)
	d = w.start(config)
	w.settled(d, samples, 0, catchUp)
	if strings.Contains(d.said()[d.from:], "standing by") {
		t.Error("it waited for its own lease to end")
	}
	d.stop()
}

// A daemon that stands still for longer than its lease, and goes on, decides
// nothing and moves nothing that the other has not.
func TestDaemonThatStoodStillChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBag("still")
	samples := b.good(60)
	leader, second := w.pair(b)
	w.deliver(samples)
	w.underWay(3)
	_ = leader.cmd.Process.Signal(syscall.SIGSTOP)
	second.leads(catchUp)
	w.inboxIs(0, catchUp)
	w.allOut(samples, "past the leases")
	before := leader.said()
	_ = leader.cmd.Process.Signal(syscall.SIGCONT)
	leader.says("standing by", catchUp)
	w.settled(second, samples, 2*4, catchUp) // what its connections were sending, and had just sent
	for _, words := range []string{"mail decided", "mails filed"} {
		if after := strings.TrimPrefix(leader.said(), before); strings.Contains(after, words) {
			t.Errorf("after it stood still the daemon says %q", words)
		}
	}
	second.stop()
	leader.stop()
}

func TestManyDaemonsInTurnLoseNoMail(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	w := newWorld(t)
	b := newBag("turn")
	samples := b.good(100)
	configs := make([]string, 5)
	desks := make([]*desk, len(configs))
	for i := range configs {
		configs[i] = w.config()
	}
	w.feed(configs[0], b)
	for i := range desks {
		desks[i] = w.start(configs[i])
	}
	for round := range 10 {
		w.deliver(samples[10*round : 10*round+10])
		i := round % len(desks)
		desks[i].stop()
		desks[i] = w.start(configs[i])
	}
	w.settled(desks[0], samples, 0, catchUp)
	for _, d := range desks {
		d.stop()
	}
}

// While daemons are restarted one after the other, each mail is answered within
// the lease of an inbox and the time that the work takes.
func TestRollingRestartDelaysNoMailBeyondTheLease(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	w := newWorld(t)
	b := newBag("roll")
	samples := b.good(60)
	configs := []string{w.config(), w.config(), w.config()}
	w.feed(configs[0], b)
	desks := make([]*desk, len(configs))
	for i, c := range configs {
		desks[i] = w.start(c)
	}
	eventually(t, catchUp, "all are ready", func() bool { return desks[0].ready() && desks[1].ready() && desks[2].ready() })
	delivered, longest := map[string]time.Time{}, time.Duration(0)
	answered := func() bool {
		for _, l := range w.letters() {
			if at, waits := delivered[l.to]; waits {
				longest = max(longest, time.Since(at))
				delete(delivered, l.to)
			}
		}
		return len(delivered) == 0
	}
	for i, s := range samples {
		w.deliver([]sample{s})
		delivered[customerOf(s)] = time.Now()
		if i%5 == 4 {
			turn := i / 5 % len(desks)
			desks[turn].stop()
			desks[turn] = w.start(configs[turn])
		}
		<-time.After(300 * time.Millisecond)
		answered()
	}
	eventually(t, takeover, "all mails are answered", answered)
	t.Logf("12 restarts in turn: each of %d mails was answered within %s", len(samples), longest.Round(10*time.Millisecond))
	if longest > takeover {
		t.Errorf("a mail was answered after %s, want %s at most", longest, takeover)
	}
	w.settled(desks[0], samples, 0, catchUp)
	for _, d := range desks {
		d.stop()
	}
}

// customerOf is who wrote a sample.
func customerOf(s sample) string {
	for to := range s.letters {
		if strings.HasPrefix(to, s.serial+"@") {
			return to
		}
	}
	return ""
}

// After a loss of Redis the mails of the last day are taken up again, as if
// they had just come; before there are accounts again nobody is refused.
func TestMailsWithoutARecordAreTakenUpAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBag("recall")
	samples := b.good(120)
	config := w.config()
	w.feed(config, b)
	w.deliver(samples)
	d := w.start(config)
	w.settled(d, samples, 0, catchUp)

	w.emptyRedis()
	d.says("ledger accept", catchUp)
	fresh := b.add((*bag).plain)
	if code, out, complaint := w.run("ledger", "accept", "--config", config); code != 0 {
		t.Fatalf("ledger accept exits %d: %s%s", code, out, complaint)
	}
	w.deliver([]sample{fresh})
	w.inboxIs(len(samples)+1, catchUp)
	eventually(t, catchUp, "ops are told that case data are missing", func() bool {
		for _, l := range w.letters() {
			if l.to == ops && strings.Contains(l.raw, "representatives") {
				return true
			}
		}
		return false
	})
	d.stop()
	d = w.start(config) // once: not again at the next start
	d.leads(catchUp)
	w.feed(config, b)
	w.inboxIs(0, catchUp)
	eventually(t, catchUp, "each mail has an outcome again", func() bool { return d.counts()["accepted"] == len(samples)+1 })
	if n := strings.Count(d.said(), "are back in the inbox"); n != 1 {
		t.Errorf("mails were recalled %d times", n)
	}
	if n := w.imap.Count("Processed"); n != len(samples)+1 {
		t.Errorf("%d mails in Processed, want %d", n, len(samples)+1)
	}
	for _, l := range w.letters() {
		if strings.Contains(strings.ToLower(l.raw), "not able to act") || strings.Contains(l.subject, "refused") {
			t.Errorf("a letter refuses a mail: %s", l.subject)
		}
	}
	d.stop()
}
