package acceptance

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/internal/chaos"
	"escalationd/internal/realserver"
)

// proxied is a world whose three servers are reached through proxies.
type proxied struct {
	*world
	toIMAP, toRedis, toRelay *chaos.Proxy
}

func newProxied(t testing.TB, seed uint64, lines ...string) *proxied {
	t.Helper()
	w := newWorldOfOneRedis(t, lines...)
	return &proxied{
		w, chaos.Start(t, w.imap.TLSAddr, chaos.Turns, seed), chaos.Start(t, w.redis.Addr, chaos.RESP, seed),
		chaos.Start(t, w.sink.Addr, chaos.Turns, seed),
	}
}

func (w *proxied) config() string {
	return w.world.config(edit{w.imap.TLSAddr, w.toIMAP.Addr}, edit{w.redis.Addr, w.toRedis.Addr}, edit{w.sink.Addr, w.toRelay.Addr})
}

// during delivers samples in portions, and does something at a random moment
// of the work on each.
func (w *world) during(rng *rand.Rand, samples []sample, portions int, do func(i int)) {
	w.Helper()
	for i := range portions {
		w.deliver(samples[i*len(samples)/portions : (i+1)*len(samples)/portions])
		<-time.After(time.Duration(rng.IntN(900)) * time.Millisecond)
		do(i)
	}
}

func TestSlowAndSlicedConnectionsOnlyCostTime(t *testing.T) {
	t.Parallel()
	w := newProxied(t, 1)
	w.toIMAP.Shape(chaos.Shape{Slice: 1, Delay: 20 * time.Microsecond})
	w.toRelay.Shape(chaos.Shape{Slice: 16, Delay: 20 * time.Microsecond})
	w.toRedis.Shape(chaos.Shape{Slice: 400, Delay: time.Millisecond})
	b := newBag("slow")
	samples := b.good(10)
	config := w.config()
	w.feed(w.world.config(), b)
	w.deliver(samples)
	d := w.start(config)
	w.settled(d, samples, 0, catchUp)
	d.stop()
}

func TestConnectionsCutAtRandomMoments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		proxy func(*proxied) *chaos.Proxy
		extra int // letters in flight at one cut
	}{
		{"IMAP", func(w *proxied) *chaos.Proxy { return w.toIMAP }, 0},
		{"Redis", func(w *proxied) *chaos.Proxy { return w.toRedis }, 0},
		{"relay", func(w *proxied) *chaos.Proxy { return w.toRelay }, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rng := random(t)
			w := newProxied(t, rng.Uint64())
			b := newBag("cut")
			cuts := pick(6, 50)
			samples := b.good(10 * cuts)
			w.feed(w.world.config(), b)
			d := w.start(w.config())
			w.during(rng, samples, cuts, func(int) { c.proxy(w).Cut() })
			w.settled(d, samples, c.extra*cuts, catchUp)
			d.stop()
		})
	}
}

// admin is a client of Redis beside the daemon's.
func (w *world) admin() *redis.Client { return w.client(w.redis.Addr) }

func (w *world) client(addr string) *redis.Client {
	rdb := redis.NewClient(&redis.Options{Addr: addr, ReadTimeout: 30 * time.Second})
	w.Cleanup(func() { rdb.Close() })
	return rdb
}

func (w *world) emptyRedis() {
	w.Helper()
	for _, part := range w.parts {
		w.redisDo(w.client(part.Addr), "FLUSHALL")
	}
}

func (w *world) redisDo(rdb *redis.Client, args ...any) {
	w.Helper()
	if err := rdb.Do(w.Context(), args...).Err(); err != nil {
		w.Fatalf("%v: %v", args, err)
	}
}

func TestRedisThatForgetsScriptsAndConnections(t *testing.T) {
	t.Parallel()
	rng := random(t)
	w := newWorldOfOneRedis(t)
	b := newBag("flush")
	times := pick(6, 40)
	samples := b.good(10 * times)
	config := w.config()
	w.feed(config, b)
	rdb := w.admin()
	d := w.start(config)
	w.during(rng, samples, times, func(i int) {
		w.redisDo(rdb, "SCRIPT", "FLUSH")
		if i%2 == 1 {
			w.redisDo(rdb, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
		}
	})
	w.settled(d, samples, 0, catchUp)
	d.stop()
}

func TestOneSpoiltKeyOfRedisStopsOneMail(t *testing.T) {
	t.Parallel()
	w := newWorldOfOneRedis(t)
	b := newBag("spoilt")
	samples := b.good(10)
	config := w.config()
	w.feed(config, b)
	rdb := w.admin()
	key := "escalationd:case:" + b.cases[4].number
	w.redisDo(rdb, "DEL", key)
	w.redisDo(rdb, "SET", key, "not a hash")
	samples[4].letters = nil
	samples[4].quarantined()
	w.deliver(samples)
	d := w.start(config)
	w.settled(d, samples, 0, catchUp)

	_, list, _ := w.run("quarantine", "list", "--config", config)
	if !strings.Contains(list, "escalations:1 ") || !strings.Contains(list, "not handled") {
		t.Errorf("the list does not tell why the mail is held:\n%s", list)
	}
	w.redisDo(rdb, "DEL", key)
	w.feed(config, b)
	if code, out, complaint := w.run("quarantine", "retry", "escalations:1", "--config", config); code != 0 {
		t.Errorf("retry exits %d: %s%s", code, out, complaint)
	}
	eventually(t, catchUp, "the mail is judged once more", func() bool { return w.imap.Count("Processed") == len(samples) })
	d.stop()
}

func TestPausedDaemonThatWakesUpDoublesNothing(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	w := newWorld(t)
	b := newBag("pause")
	rounds := pick(1, 8)
	samples := b.good(40 * rounds)
	configs := []string{w.config(), w.config()}
	w.feed(configs[0], b)
	one, two := w.start(configs[0]), w.start(configs[1])
	desks := []*desk{one, two}
	for i := range rounds {
		part := samples[40*i : 40*i+40]
		w.deliver(part)
		w.underWay(3*40*i + 5)
		paused := desks[i%2]
		_ = paused.cmd.Process.Signal(syscall.SIGSTOP)
		w.inboxIs(0, catchUp)
		w.allOut(samples[:40*i+40], fmt.Sprintf("round %d", i)) // past the leases of the paused one
		_ = paused.cmd.Process.Signal(syscall.SIGCONT)
	}
	w.settled(one, samples, 4*rounds, catchUp)
	one.stop()
	two.stop()
}

// What relays answer when they do not take a letter just now.
func TestRelayThatRefusesForNow(t *testing.T) {
	t.Parallel()
	for _, stage := range []string{"CONNECT", "MAIL", "RCPT", "DATA", "."} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := newBag("later")
			samples := b.good(5)
			config := w.config()
			w.feed(config, b)
			w.sink.Restart("-a", "-r", stage)
			w.deliver(samples)
			d := w.start(config)
			w.inboxIs(0, catchUp)
			d.says("450", catchUp)
			w.sink.Restart("-a")
			extra := 0
			if stage == "." {
				extra = 60 // smtp-sink shows letters that it refused, too
			}
			w.settled(d, samples, extra, catchUp)
			d.stop()
		})
	}
}

// A relay that hangs up after the final dot may have taken the letter: it is
// sent again twice at most, and then operators decide.
func TestRelayThatNeverAnswersTheDotGetsThreeCopiesAtMost(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	w := newWorld(t)
	b := newBag("dot")
	samples := b.good(2)
	config := w.config()
	w.feed(config, b)
	w.sink.Restart("-a", "-q", ".")
	w.deliver(samples)
	d := w.start(config)
	w.inboxIs(0, catchUp)
	_, want := sum(samples)
	eventually(t, catchUp, "all letters are given up", func() bool {
		return d.counts()[`notices_total{fate="buried"}`] >= len(want)
	})
	copies := map[string]int{}
	for _, l := range w.letters() {
		if copies[l.id]++; copies[l.id] > 3 {
			t.Errorf("letter %s went out %d times", l.id, copies[l.id])
		}
	}
	d.stop()
}

func TestMailsThatPeopleMoveBackAreNotAnsweredAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBag("people")
	samples := b.good(20)
	config := w.config()
	w.feed(config, b)
	w.deliver(samples)
	d := w.start(config)
	w.settled(d, samples, 0, catchUp)

	w.imap.Doveadm("move", "-u", realserver.User, "INBOX", "mailbox", "Processed", "ALL")
	eventually(t, catchUp, "all are in Processed again", func() bool {
		return w.imap.Count("INBOX") == 0 && w.imap.Count("Processed") == len(samples)
	})
	w.imap.Doveadm("mailbox", "update", "-u", realserver.User, "--uid-validity", "77", "INBOX")
	w.imap.Doveadm("move", "-u", realserver.User, "INBOX", "mailbox", "Processed", "ALL")
	eventually(t, catchUp, "all are in Processed after a change of UIDVALIDITY", func() bool {
		return w.imap.Count("INBOX") == 0 && w.imap.Count("Processed") == len(samples)
	})
	if c := d.counts(); c["accepted"] != len(samples) || c["duplicate"] != 2*len(samples) {
		t.Errorf("the ledger counts %v", c)
	}
	w.once(w.letters(), 0)
	if _, want := sum(samples); len(w.letters()) != len(want) {
		t.Errorf("%d letters, want %d", len(w.letters()), len(want))
	}
	d.stop()
}

// A Dovecot that is killed while it moves mails leaves a lock behind, and lets
// nobody select that folder for up to two minutes afterwards.
func TestDovecotKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	rng := random(t)
	w := newWorld(t)
	w.copies = true
	b := newBag("dove")
	kills := pick(3, 50)
	samples := b.good(10 * kills)
	config := w.config()
	w.feed(config, b)
	d := w.start(config)
	w.during(rng, samples, kills, func(int) {
		w.imap.Kill()
		w.imap.Restart()
	})
	w.settled(d, samples, 0, 2*catchUp)
	d.stop()
}
