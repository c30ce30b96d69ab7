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
		return strings.Contains(d.saidNow(), "inbox connected")
	})
}

// pair starts two daemons, of which the first leads.
func (w *world) pair() (leader, second *desk) {
	w.Helper()
	leader, second = w.desk(), w.desk()
	leader.start()
	leader.leads(catchUp)
	second.start()
	second.says("standing by")
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
			samples := w.good(20)
			leader, second := w.pair()
			second.getsReady()
			w.deliver(samples[:10]...)
			w.inboxIs(0)
			c.end(leader)
			w.deliver(samples[10:]...)
			t.Logf("the inbox was taken over after %s", second.leads(c.within).Round(10*time.Millisecond))
			second.settlesButFor(4)
		})
	}
}

// A daemon that was killed and is started again does not wait for its own
// lease to end.
func TestDaemonStartedAgainServesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	samples := w.good(2)
	d := w.desk()
	d.start()
	d.leads(catchUp)
	d.kill()
	w.deliver(samples...)
	d.start()
	d.settles()
	if strings.Contains(d.saidNow(), "standing by") {
		t.Error("it waited for its own lease to end")
	}
}

// A daemon that stands still for longer than its lease, and goes on, decides
// nothing and moves nothing that the other has not.
func TestDaemonThatStoodStillChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	samples := w.good(60)
	leader, second := w.pair()
	w.deliver(samples...)
	w.underWay(3)
	leader.signal(syscall.SIGSTOP)
	second.leads(catchUp)
	w.inboxIs(0)
	w.allOut("past the leases")
	before := leader.said()
	leader.signal(syscall.SIGCONT)
	leader.says("standing by")
	second.settlesButFor(2 * 4) // what its connections were sending, and had just sent
	for _, words := range []string{"mail decided", "mails filed"} {
		if after := strings.TrimPrefix(leader.said(), before); strings.Contains(after, words) {
			t.Errorf("after it stood still the daemon says %q", words)
		}
	}
}

func TestManyDaemonsInTurnLoseNoMail(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	w := newWorld(t)
	samples := w.good(100)
	desks := w.desks(5)
	for _, d := range desks {
		d.start()
	}
	for round := range 10 {
		w.deliver(portion(samples, round, 10)...)
		desks[round%len(desks)].stop()
		desks[round%len(desks)].start()
	}
	desks[0].settles()
}

// While daemons are restarted one after the other, each mail is answered within
// the lease of an inbox and the time that the work takes.
func TestRollingRestartDelaysNoMailBeyondTheLease(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	w := newWorld(t)
	samples := w.good(60)
	desks := w.desks(3)
	for _, d := range desks {
		d.start()
		d.getsReady()
	}
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
		w.deliver(s)
		delivered[customerOf(s)] = time.Now()
		if i%5 == 4 {
			d := desks[i/5%len(desks)]
			d.stop()
			d.start()
		}
		<-time.After(300 * time.Millisecond)
		answered()
	}
	eventually(t, takeover, "all mails are answered", answered)
	t.Logf("12 restarts in turn: each of %d mails was answered within %s", len(samples), longest.Round(10*time.Millisecond))
	if longest > takeover {
		t.Errorf("a mail was answered after %s, want %s at most", longest, takeover)
	}
	desks[0].settles()
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
	samples, fresh := w.good(120), w.good(1)
	d := w.desk()
	w.deliver(samples...)
	d.start()
	d.settles()

	w.emptyRedis()
	d.says("ledger accept")
	d.does("ledger", "accept")
	w.deliver(fresh...)
	w.inboxIs(len(samples) + 1)
	w.eventually("ops are told that case data are missing", func() bool {
		for _, l := range w.letters() {
			if l.to == ops && strings.Contains(l.raw, "representatives") {
				return true
			}
		}
		return false
	})
	d.stop()
	d.start() // once: not again at the next start
	d.leads(catchUp)
	w.feed()
	w.inboxIs(0)
	w.eventually("each mail has an outcome again", func() bool { return d.counts()["accepted"] == len(samples)+1 })
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
}
