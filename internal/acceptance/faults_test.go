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

func newProxied(t testing.TB, seed uint64) *proxied {
	t.Helper()
	w := newWorldOfOneRedis(t)
	return &proxied{w, w.proxyIMAP(seed), w.proxyRedis(seed), w.proxyRelay(seed)}
}

func (w *world) proxyIMAP(seed uint64) *chaos.Proxy {
	return through(&w.imapURL, chaos.Start(w, w.imap.TLSAddr, chaos.Turns, seed), w.imap.TLSAddr)
}

func (w *world) proxyRedis(seed uint64) *chaos.Proxy {
	return through(&w.redisURL, chaos.Start(w, w.redis.Addr, chaos.RESP, seed), w.redis.Addr)
}

func (w *world) proxyRelay(seed uint64) *chaos.Proxy {
	return through(&w.smtpURL, chaos.Start(w, w.sink.Addr, chaos.Turns, seed), w.sink.Addr)
}

// through has a URL lead to a proxy instead of its server.
func through(url *string, p *chaos.Proxy, server string) *chaos.Proxy {
	*url = strings.Replace(*url, server, p.Addr, 1)
	return p
}

// during delivers samples in portions, and does something at a random moment
// of the work on each.
func (w *world) during(rng *rand.Rand, samples []sample, portions int, do func(i int)) {
	w.Helper()
	for i := range portions {
		w.deliver(portion(samples, i, portions)...)
		<-time.After(time.Duration(rng.IntN(900)) * time.Millisecond)
		do(i)
	}
}

// portion is the i-th of n.
func portion(samples []sample, i, n int) []sample {
	return samples[i*len(samples)/n : (i+1)*len(samples)/n]
}

func TestSlowAndSlicedConnectionsOnlyCostTime(t *testing.T) {
	t.Parallel()
	w := newProxied(t, 1)
	samples := w.good(10)
	d := w.desk()
	w.toIMAP.Shape(chaos.Shape{Slice: 1, Delay: 20 * time.Microsecond})
	w.toRelay.Shape(chaos.Shape{Slice: 16, Delay: 20 * time.Microsecond})
	w.toRedis.Shape(chaos.Shape{Slice: 400, Delay: time.Millisecond})
	w.deliver(samples...)
	d.start()
	d.settles()
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
			cuts := pick(6, 50)
			samples := w.good(10 * cuts)
			d := w.desk()
			d.start()
			w.during(rng, samples, cuts, func(int) { c.proxy(w).Cut() })
			d.settlesButFor(c.extra * cuts)
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
	times := pick(6, 40)
	samples := w.good(10 * times)
	rdb := w.admin()
	d := w.desk()
	d.start()
	w.during(rng, samples, times, func(i int) {
		w.redisDo(rdb, "SCRIPT", "FLUSH")
		if i%2 == 1 {
			w.redisDo(rdb, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
		}
	})
	d.settles()
}

func TestOneSpoiltKeyOfRedisStopsOneMail(t *testing.T) {
	t.Parallel()
	w := newWorldOfOneRedis(t)
	samples := w.good(10)
	samples[4].letters = nil
	samples[4].quarantined()
	d := w.desk()
	rdb := w.admin()
	key := "escalationd:case:" + w.cases[4].number
	w.redisDo(rdb, "DEL", key)
	w.redisDo(rdb, "SET", key, "not a hash")
	w.deliver(samples...)
	d.start()
	d.settles()

	list := d.does("quarantine", "list")
	if !strings.Contains(list, "escalations:1 ") || !strings.Contains(list, "not handled") {
		t.Errorf("the list does not tell why the mail is held:\n%s", list)
	}
	w.redisDo(rdb, "DEL", key)
	w.feed()
	d.does("quarantine", "retry", "escalations:1")
	w.eventually("the mail is judged once more", func() bool { return w.imap.Count("Processed") == len(samples) })
}

func TestPausedDaemonThatWakesUpDoublesNothing(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	w := newWorld(t)
	rounds := pick(1, 8)
	samples := w.good(40 * rounds)
	desks := w.desks(2)
	for _, d := range desks {
		d.start()
	}
	for i := range rounds {
		w.deliver(portion(samples, i, rounds)...)
		w.underWay(3*40*i + 5)
		paused := desks[i%2]
		paused.signal(syscall.SIGSTOP)
		w.inboxIs(0)
		w.allOut(fmt.Sprintf("round %d", i)) // past the leases of the paused one
		paused.signal(syscall.SIGCONT)
	}
	desks[0].settlesButFor(4 * rounds)
}

// What relays answer when they do not take a letter just now.
func TestRelayThatRefusesForNow(t *testing.T) {
	t.Parallel()
	for _, stage := range []string{"CONNECT", "MAIL", "RCPT", "DATA", "."} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			samples := w.good(5)
			d := w.desk()
			w.sink.Restart("-a", "-r", stage)
			w.deliver(samples...)
			d.start()
			w.inboxIs(0)
			d.says("450")
			w.sink.Restart("-a")
			extra := 0
			if stage == "." {
				extra = 60 // smtp-sink shows letters that it refused, too
			}
			d.settlesButFor(extra)
		})
	}
}

// A relay that hangs up after the final dot may have taken the letter: it is
// sent again twice at most, and then operators decide.
func TestRelayThatNeverAnswersTheDotGetsThreeCopiesAtMost(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	w := newWorld(t)
	samples := w.good(2)
	d := w.desk()
	w.sink.Restart("-a", "-q", ".")
	w.deliver(samples...)
	d.start()
	w.inboxIs(0)
	_, want := sum(samples)
	w.eventually("all letters are given up", func() bool { return d.counts()[givenUp] >= len(want) })
	w.noneMoreThan(3)
}

func TestMailsThatPeopleMoveBackAreNotAnsweredAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	samples := w.good(20)
	d := w.desk()
	w.deliver(samples...)
	d.start()
	d.settles()

	allMovedBack := func(what string) {
		w.imap.Doveadm("move", "-u", realserver.User, "INBOX", "mailbox", "Processed", "ALL")
		w.eventually(what, func() bool { return w.imap.Count("INBOX") == 0 && w.imap.Count("Processed") == len(samples) })
	}
	allMovedBack("all are in Processed again")
	w.imap.Doveadm("mailbox", "update", "-u", realserver.User, "--uid-validity", "77", "INBOX")
	allMovedBack("all are in Processed after a change of UIDVALIDITY")
	if c := d.counts(); c["accepted"] != len(samples) || c["duplicate"] != 2*len(samples) {
		t.Errorf("the ledger counts %v", c)
	}
	w.once(w.letters(), 0)
	if _, want := sum(samples); len(w.letters()) != len(want) {
		t.Errorf("%d letters, want %d", len(w.letters()), len(want))
	}
}

// A Dovecot that is killed while it moves mails leaves a lock behind, and lets
// nobody select that folder for up to two minutes afterwards.
func TestDovecotKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	rng := random(t)
	w := newWorld(t)
	w.copies, w.patience = true, 2*catchUp
	kills := pick(3, 50)
	samples := w.good(10 * kills)
	d := w.desk()
	d.start()
	w.during(rng, samples, kills, func(int) {
		w.imap.Kill()
		w.imap.Restart()
	})
	d.settles()
}
