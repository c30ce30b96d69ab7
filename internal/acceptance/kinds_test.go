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
	first, second := w.fill(198)
	first = append(first, w.add((*bag).tooLarge), w.add((*bag).tooLarge))
	d := w.desk()
	d.does("check")
	w.deliver(first...)
	d.start()
	w.inboxIs(0)
	w.deliver(second...)
	d.settles()
	d.getsReady()
}

func TestKilledAtRandomMomentsNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	rng := random(t)
	kills := pick(8, 20)
	w := newWorld(t)
	first, second := w.fill(pick(200, 500))
	d := w.desk()
	early := kills * 3 / 4
	d.killAtRandom(rng, first, early)
	d.start()
	w.inboxIs(0)
	d.kill()
	d.killAtRandom(rng, second, kills-early-1)
	d.start()
	// At each kill no more than the relay's four connections are in use.
	d.settlesButFor(4 * kills)
}

// killAtRandom delivers mails in as many portions as there are kills, and
// kills the daemon at a random moment while it works on each.
func (d *desk) killAtRandom(rng *rand.Rand, samples []sample, kills int) {
	w := d.w
	w.Helper()
	for i := range kills {
		w.deliver(portion(samples, i, kills)...)
		d.start()
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
			first, second := w.fill(pick(150, 300))
			desks := w.desks(n, edit{"\nsmtp:  ", w.second() + "\nsmtp:  "})
			for _, d := range desks {
				d.start()
			}
			w.deliverToBoth(first)
			w.decided()
			w.deliverToBoth(second)
			w.decided()
			desks[0].settles()
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
	w.deliverTo("INBOX", samples[:len(samples)/2])
	w.deliverTo(secondInbox, samples[len(samples)/2:])
}

// decided waits until both inboxes are empty.
func (w *world) decided() {
	w.Helper()
	w.eventually("both inboxes are empty", func() bool {
		return w.imap.Count("INBOX") == 0 && w.imap.Count(secondInbox) == 0
	})
}

func TestStopInTheMiddleLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deliver(w.good(80)...)
	d := w.desk()
	d.start()
	w.underWay(5)
	d.stop()
	d.start()
	d.settles()
}

// underWay waits until the relay has been given n letters.
func (w *world) underWay(n int) {
	w.Helper()
	w.eventually("letters go out", func() bool { return len(w.sink.Mails()) >= n })
}
