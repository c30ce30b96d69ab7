package acceptance

import "testing"

// A Redis whose master dies in the middle of the work, with Sentinel or in a
// Cluster, costs time: each mail has one outcome all the same. Letters may go
// out once more whose records the replica had not seen yet.
func TestRedisThatFailsOverInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, kind := range []redisKind{sentinel, cluster} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorldOn(t, kind)
			b := newBag("over")
			first, second := b.fill(pick(80, 300))
			config := w.config()
			w.feed(config, b)
			if code, out, complaint := w.run("check", "--config", config); code != 0 {
				t.Errorf("check exits %d: %s%s", code, out, complaint)
			}
			w.deliver(first)
			d := w.start(config)
			w.underWay(10)
			w.redis.Kill()
			w.inboxIs(0, catchUp)
			eventually(t, catchUp, "the daemon is ready", d.ready)
			w.deliver(second)
			w.settled(d, append(first, second...), 2*4, catchUp)
			d.stop()
		})
	}
}
