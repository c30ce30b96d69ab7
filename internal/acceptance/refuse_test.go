package acceptance

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// refusal is a way in which a whole Redis does not do what it is asked to.
type refusal struct {
	code     string // stands in the log, with the command
	conf     []string
	begin    func(*world, *redis.Client)
	end      func(*world, *redis.Client)
	notReady bool // /readyz says so
	everyDay bool
}

func set(args ...any) func(*world, *redis.Client) {
	return func(w *world, rdb *redis.Client) { w.redisDo(rdb, append([]any{"CONFIG", "SET"}, args...)...) }
}

const spoilable = "escalationd:{desk}:counts" // a key that every mail needs

func refusals() []refusal {
	return []refusal{
		{code: "OOM", everyDay: true, begin: set("maxmemory", "1"), end: set("maxmemory", "0")},
		{code: "READONLY",
			begin: func(w *world, rdb *redis.Client) { w.redisDo(rdb, "REPLICAOF", "127.0.0.1", "1") },
			end:   func(w *world, rdb *redis.Client) { w.redisDo(rdb, "REPLICAOF", "NO", "ONE") }},
		{code: "NOREPLICAS", begin: set("min-replicas-to-write", "1"), end: set("min-replicas-to-write", "0")},
		{code: "MISCONF", conf: []string{"save 3600 1"},
			begin: func(w *world, rdb *redis.Client) { w.failToSave(rdb) },
			end:   set("stop-writes-on-bgsave-error", "no")},
		{code: "NOAUTH", notReady: true,
			begin: func(w *world, rdb *redis.Client) {
				w.redisDo(rdb, "CONFIG", "SET", "requirepass", "a password")
				w.redisDo(rdb, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
			},
			end: set("requirepass", "")},
		{code: "LOADING", conf: []string{"enable-debug-command yes", "loading-process-events-interval-bytes 1024"}, notReady: true,
			begin: func(w *world, rdb *redis.Client) {
				w.redisDo(rdb, "CONFIG", "SET", "key-load-delay", "50000")
				w.meanwhile("DEBUG", "RELOAD")
			},
			end: set("key-load-delay", "0")},
		{code: "BUSY", conf: []string{"busy-reply-threshold 50"}, notReady: true, everyDay: true,
			begin: func(w *world, _ *redis.Client) { w.meanwhile("EVAL", "while true do end", "0") },
			end:   func(w *world, rdb *redis.Client) { w.redisDo(rdb, "SCRIPT", "KILL") }},
		{code: "WRONGTYPE", everyDay: true,
			begin: func(w *world, rdb *redis.Client) {
				w.redisDo(rdb, "EVAL", "redis.call('RENAME', KEYS[1], 'aside') return redis.call('SET', KEYS[1], 'rubbish')", "1", spoilable)
			},
			end: func(w *world, rdb *redis.Client) { w.redisDo(rdb, "RENAME", "aside", spoilable) }},
		{code: "timeout", notReady: true, everyDay: true, // frozen
			begin: func(w *world, _ *redis.Client) { w.redis.Signal(syscall.SIGSTOP) },
			end:   func(w *world, _ *redis.Client) { w.redis.Signal(syscall.SIGCONT) }},
	}
}

var aCommand = regexp.MustCompile(`\b(EVALSHA|HGETALL|HMGET|HKEYS|HGET|GET|ZRANGEBYSCORE|SMEMBERS|SCAN|INFO|MULTI)\b`)

// A Redis that refuses costs time only: mails stay in the inbox, and the log
// says which command it refused and why.
func TestRedisThatRefusesInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, c := range refusals() {
		t.Run(c.code, func(t *testing.T) {
			t.Parallel()
			if !c.everyDay {
				onlyLong(t)
			}
			w := newWorldOfOneRedis(t, c.conf...)
			samples := w.good(60)
			d := w.desk()
			rdb := w.admin()
			w.deliver(samples[:50]...)
			d.start()
			w.underWay(5)
			c.begin(w, rdb)
			if c.notReady {
				took := eventually(t, 30*time.Second, "/readyz says that Redis does not answer", func() bool { return !d.ready() })
				t.Logf("/readyz says so after %s", took.Round(10*time.Millisecond))
			}
			w.deliver(samples[50:]...)
			d.explains(c.code)
			if n := w.imap.Count("INBOX"); n < 10 {
				t.Errorf("%d mails lie in the inbox, want 10 at least", n)
			}
			c.end(w, rdb)
			d.settles()
		})
	}
}

// explains waits until a line of the log holds both a text and the name of a
// command of Redis.
func (d *desk) explains(text string) {
	d.w.Helper()
	d.w.eventually("the log says "+text+", and of which command", func() bool {
		for line := range strings.Lines(d.saidNow()) {
			if strings.Contains(line, text) && aCommand.MatchString(line) {
				return true
			}
		}
		return false
	})
}

// meanwhile runs a command that does not end soon.
func (w *world) meanwhile(args ...any) {
	rdb := redis.NewClient(&redis.Options{Addr: w.redis.Addr, ReadTimeout: -1, MaxRetries: -1})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = rdb.Do(w.Context(), args...).Err() // how it ends is not the point
	}()
	w.Cleanup(func() { rdb.Close(); <-done })
}

// failToSave makes Redis find that it cannot write its file.
func (w *world) failToSave(rdb *redis.Client) {
	w.Helper()
	if err := os.Mkdir(filepath.Join(w.redis.Dir, "dump.rdb"), 0o700); err != nil {
		w.Fatal(err)
	}
	w.redisDo(rdb, "BGSAVE")
	w.eventually("Redis has failed to save", func() bool {
		return strings.Contains(rdb.Info(w.Context(), "persistence").Val(), "rdb_last_bgsave_status:err")
	})
}
