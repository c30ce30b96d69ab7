package acceptance

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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
	kills := pick(2, 20)
	samples := w.good(5 * kills)
	d := w.desk(edit{"connections: 4", "connections: 1"})
	for five := range slices.Chunk(samples, 5) {
		w.deliver(five...)
		hit := 1 + rng.IntN(sure)
		d.startProgram(program, failpoint(where, "kill", hit))
		if code := d.exits(); code != -1 {
			t.Errorf("the program exits %d, want a kill at %s, hit %d", code, where, hit)
		}
		d.start()
		w.inboxIs(0)
		w.allOut("after a kill")
		d.stop()
	}
	d.start()
	extra := kills // one connection: one letter in doubt
	switch where {
	case "mark.before", "mark.after", "dot.before", "settle.after": // none: before its dot, or after its record
		extra = 0
	}
	d.settlesButFor(extra)
	w.noneMoreThan(2)
}

const (
	// pastLeases is longer than the lease of an inbox and of a letter, and
	// shorter than the time after which a letter without an answer to its final
	// dot is sent again.
	pastLeases = 11 * time.Second
	pastDoubt  = 17 * time.Second // longer than that time, too
)

func stopAt(t *testing.T, program, where string, sure int) {
	rng := random(t)
	w := newWorld(t)
	samples := w.good(5 * 3)
	stopped, other := w.desk(edit{"connections: 4", "connections: 1"}), w.desk()
	pause := pastLeases
	if strings.HasPrefix(where, "mark.") { // no dot is out
		pause = pastDoubt
	}
	for five := range slices.Chunk(samples, 5) {
		w.deliver(five...)
		stopped.startProgram(program, failpoint(where, "stop", 1+rng.IntN(sure)))
		stopped.says("failpoint: stop")
		other.start()
		<-time.After(pause)
		stopped.signal(syscall.SIGCONT)
		other.settles()
		stopped.stop()
		other.stop()
	}
}

func failAt(t *testing.T, program, where string, sure int) {
	rng := random(t)
	w := newWorld(t)
	samples := w.good(5 * 5)
	d := w.desk()
	extra := 0
	for five := range slices.Chunk(samples, 5) {
		w.deliver(five...)
		d.startProgram(program, failpoint(where, "fail", 1+rng.IntN(sure)))
		d.says("failpoint: fail")
		if where == "dot.after" { // no answer after the dot
			extra++
		}
		d.settlesButFor(extra)
		d.stop()
	}
}
