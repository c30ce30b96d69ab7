package acceptance

import (
	"fmt"
	"os/exec"
	"path/filepath"
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
	{"claim", 1}, {"seal", 1}, {"body", 15}, {"mark", 15}, {"dot", 15}, {"settle", 1},
}

// Whichever effect the program is killed at, before or after: each mail has
// one outcome, and each letter goes out once. Only what was on its way to the
// relay, or had just got there, may go out once more, the same byte for byte.
func TestKilledAtEachEffectNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "escalationd")
	if out, err := exec.Command("go", "build", "-tags", "failpoint", "-o", program, "escalationd/cmd/escalationd").CombinedOutput(); err != nil {
		t.Fatalf("build escalationd with failpoints: %v\n%s", err, out)
	}
	for _, e := range effects {
		for _, when := range []string{"before", "after"} {
			t.Run(e.name+"."+when, func(t *testing.T) {
				t.Parallel()
				killAt(t, program, e.name+"."+when, e.sure)
			})
		}
	}
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
		d := w.startProgram(program, config, fmt.Sprintf("ESCALATIOND_FAILPOINT=%s=kill@%d", where, hit))
		if code := d.exits(time.Minute); code != -1 {
			t.Errorf("the program exits %d, want a kill at %s, hit %d", code, where, hit)
		}
		d = w.start(config)
		w.inboxIs(0, time.Minute)
		w.allOut(samples[:5*i+5], fmt.Sprintf("kill %d", i+1))
		d.stop()
	}
	d := w.start(config)
	w.settled(d, samples, kills, time.Minute) // one connection: one letter in doubt
	d.stop()
	copies := map[string]int{}
	for _, l := range w.letters() {
		if copies[l.id]++; copies[l.id] > 2 {
			t.Errorf("letter %s went out %d times", l.id, copies[l.id])
		}
	}
}
