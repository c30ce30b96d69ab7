package acceptance

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// effects are the program's effects on the world outside, each with how often
// five mails, and the fifteen letters that answer them, are sure to cause it
// whatever comes together in a batch. The program is killed at one of these.
var effects = []struct {
	name string
	sure int
}{
	{"count", 2}, {"apply", 1}, {"move", 1}, {"witness", 1},
	{"claim", 1}, {"seal", 1}, {"body", 15}, {"mark", 4}, {"dot", 15}, {"settle", 1},
}

// Whichever effect the program is killed at, before or after: each mail has
// one outcome, and each letter goes out once. Only what was on its way to the
// relay, or had just got there, may go out once more, the same byte for byte.
func TestKilledAtEachEffectNothingIsLostOrDoubled(t *testing.T) { atEachEffect(t, killAt) }

// A program that stands still there for longer than its leases, and goes on
// when another has taken over its work, changes nothing.
func TestStoppedAtEachEffectAndContinuedNothingIsDoubled(t *testing.T) {
	onlyLong(t)
	atEachEffect(t, stopAt)
}

// An effect that fails once, or is done and seems to have failed, is done
// again, or is found done.
func TestFailedAtEachEffectNothingIsLostOrDoubled(t *testing.T) {
	onlyLong(t)
	atEachEffect(t, failAt)
}

// breakAt breaks a program with failpoints at an effect, at one of the hits
// that are sure to come.
type breakAt func(t *testing.T, program, where string, sure int)

func atEachEffect(t *testing.T, test breakAt) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "escalationd")
	if out, err := exec.Command("go", "build", "-tags", "failpoint", "-o", program, "escalationd/cmd/escalationd").CombinedOutput(); err != nil {
		t.Fatalf("build escalationd with failpoints: %v\n%s", err, out)
	}
	for _, e := range effects {
		for _, when := range []string{"before", "after"} {
			t.Run(e.name+"."+when, func(t *testing.T) {
				t.Parallel()
				test(t, program, e.name+"."+when, e.sure)
			})
		}
	}
}

func failpoint(where, action string, hit int) string {
	return fmt.Sprintf("ESCALATIOND_FAILPOINT=%s=%s@%d", where, action, hit)
}

func killAt(t *testing.T, program, where string, sure int) {
	rng := random(t)
	w := newWorld(t)
	b := newBag("point")
	kills := pick(2, 20)
	samples := b.good(5 * kills)
	config := w.config(edit{"connections: 4", "connections: 1"})
	w.feed(config, b)
	for i := range kills {
		w.deliver(samples[5*i : 5*i+5])
		hit := 1 + rng.IntN(sure)
		d := w.startProgram(program, config, failpoint(where, "kill", hit))
		if code := d.exits(catchUp); code != -1 {
			t.Errorf("the program exits %d, want a kill at %s, hit %d", code, where, hit)
		}
		d = w.start(config)
		w.inboxIs(0, catchUp)
		w.allOut(samples[:5*i+5], fmt.Sprintf("kill %d", i+1))
		d.stop()
	}
	d := w.start(config)
	extra := kills // one connection: one letter in doubt
	switch where {
	case "mark.before", "mark.after", "dot.before", "settle.after": // none: before its dot, or after its record
		extra = 0
	}
	w.settled(d, samples, extra, catchUp)
	d.stop()
	copies := map[string]int{}
	for _, l := range w.letters() {
		if copies[l.id]++; copies[l.id] > 2 {
			t.Errorf("letter %s went out %d times", l.id, copies[l.id])
		}
	}
}

// pastLeases is longer than the lease of an inbox and of a letter, and shorter
// than the time after which a letter without an answer to its final dot is
// sent again.
const pastLeases = 11 * time.Second

func stopAt(t *testing.T, program, where string, sure int) {
	rng := random(t)
	w := newWorld(t)
	b := newBag("stop")
	const stops = 3
	samples := b.good(5 * stops)
	configs := []string{w.config(), w.config()}
	w.feed(configs[0], b)
	for i := range stops {
		w.deliver(samples[5*i : 5*i+5])
		stopped := w.startProgram(program, configs[0], failpoint(where, "stop", 1+rng.IntN(sure)))
		stopped.saysNow("failpoint: stop", catchUp)
		other := w.start(configs[1])
		<-time.After(pastLeases)
		_ = stopped.cmd.Process.Signal(syscall.SIGCONT)
		w.settled(other, samples[:5*i+5], 0, catchUp)
		stopped.stop()
		other.stop()
	}
}

func failAt(t *testing.T, program, where string, sure int) {
	rng := random(t)
	w := newWorld(t)
	b := newBag("fail")
	const fails = 5
	samples := b.good(5 * fails)
	config := w.config()
	w.feed(config, b)
	for i := range fails {
		w.deliver(samples[5*i : 5*i+5])
		d := w.startProgram(program, config, failpoint(where, "fail", 1+rng.IntN(sure)))
		d.saysNow("failpoint: fail", catchUp)
		extra := 0
		if where == "dot.after" { // no answer after the dot
			extra = i + 1
		}
		w.settled(d, samples[:5*i+5], extra, catchUp)
		d.stop()
	}
}
