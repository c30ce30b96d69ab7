package acceptance

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"escalationd/internal/realserver"
)

// catchUp is how long a test waits for what must come: all that is delivered is
// out, also after a server was away, on a machine that is busy with other tests.
const catchUp = 2 * time.Minute

func TestMailsOfAllKindsEachEndOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBag("kind")
	first, second := b.fill(198)
	first = append(first, b.add((*bag).tooLarge), b.add((*bag).tooLarge))
	config := w.config()
	w.feed(config, b)
	if code, out, complaint := w.run("check", "--config", config); code != 0 {
		t.Errorf("check exits %d: %s%s", code, out, complaint)
	}
	w.deliver(first)
	d := w.start(config)
	w.inboxIs(0, catchUp)
	w.deliver(second)
	w.settled(d, append(first, second...), 0, catchUp)
	eventually(t, catchUp, "/readyz is 200 when all is well", d.ready)
	d.stop()
}

func TestKilledAtRandomMomentsNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	rng := random(t)
	kills := pick(8, 20)
	w := newWorld(t)
	b := newBag("kill")
	first, second := b.fill(pick(200, 500))
	config := w.config()
	w.feed(config, b)
	early := kills * 3 / 4
	w.killAtRandom(config, rng, first, early)
	d := w.start(config)
	w.inboxIs(0, catchUp)
	d.kill()
	w.killAtRandom(config, rng, second, kills-early-1)
	d = w.start(config)
	// At each kill no more than the relay's four connections are in use.
	w.settled(d, append(first, second...), 4*kills, catchUp)
	d.stop()
}

// killAtRandom delivers mails in as many portions as there are kills, and
// kills the daemon at a random moment while it works on each.
func (w *world) killAtRandom(config string, rng *rand.Rand, samples []sample, kills int) {
	w.Helper()
	for i := range kills {
		w.deliver(samples[i*len(samples)/kills : (i+1)*len(samples)/kills])
		d := w.start(config)
		moment := time.Duration(50+rng.IntN([]int{800, 3500}[i%2])) * time.Millisecond // mails are moved after some two seconds
		select {
		case <-time.After(moment):
		case <-d.done:
			w.Fatalf("the daemon ended by itself, exit %d", d.code())
		}
		d.kill()
		w.Logf("killed %s after its start; %d mails in the inbox", moment, w.imap.Count("INBOX"))
	}
}

// Daemons side by side do what one does. Two inboxes are led by one each.
func TestSeveralDaemonsDoWhatOneDoes(t *testing.T) {
	t.Parallel()
	for _, n := range pick([]int{3}, []int{2, 3, 4, 5}) {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.imap.Doveadm("mailbox", "create", "-u", realserver.User, secondInbox)
			b := newBag("several")
			first, second := b.fill(pick(150, 300))
			configs := make([]string, n)
			for i := range configs {
				configs[i] = w.config(edit{"\nsmtp:  ", w.second() + "\nsmtp:  "})
			}
			w.feed(configs[0], b)
			desks := make([]*desk, n)
			for i, c := range configs {
				desks[i] = w.start(c)
			}
			w.deliverToBoth(first)
			w.decided(catchUp)
			w.deliverToBoth(second)
			w.decided(catchUp)
			w.settled(desks[0], append(first, second...), 0, catchUp)
			for _, d := range desks {
				d.stop()
			}
		})
	}
}

const secondInbox = "Second"

// second is the configuration of another inbox of the same account.
func (w *world) second() string {
	return fmt.Sprintf("  - {name: second, url: \"imaps://desk%%40example.com@%s/%s\", password_file: %s, processed: Processed, quarantine: Quarantine, authserv_id: mx.example.com}\n",
		w.imap.TLSAddr, secondInbox, filepath.Join(w.dir, "imap-password"))
}

func (w *world) deliverToBoth(samples []sample) {
	w.Helper()
	w.deliver(samples[:len(samples)/2])
	for _, s := range samples[len(samples)/2:] {
		w.imap.Deliver(secondInbox, s.raw)
	}
}

// decided waits until both inboxes are empty.
func (w *world) decided(patience time.Duration) {
	w.Helper()
	eventually(w, patience, "both inboxes are empty", func() bool {
		return w.imap.Count("INBOX") == 0 && w.imap.Count(secondInbox) == 0
	})
}

func TestStopInTheMiddleLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBag("stop")
	samples := b.good(80)
	config := w.config()
	w.feed(config, b)
	w.deliver(samples)
	d := w.start(config)
	w.underWay(5)
	d.stop()
	d = w.start(config)
	w.settled(d, samples, 0, catchUp)
	d.stop()
}

// underWay waits until the relay has been given n letters.
func (w *world) underWay(n int) {
	w.Helper()
	eventually(w, catchUp, "letters go out", func() bool { return len(w.sink.Mails()) >= n })
}
