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
			first, second := w.fill(pick(80, 300))
			d := w.desk()
			d.does("check")
			w.deliver(first...)
			d.start()
			w.underWay(10)
			w.redis.Kill()
			w.inboxIs(0)
			d.getsReady()
			w.deliver(second...)
			d.settlesButFor(2 * 4)
		})
	}
}
