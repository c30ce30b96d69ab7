package acceptance

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/redis/go-redis/v9"
)

// mistake is what a person must put right, and what the daemon says of it.
type mistake struct {
	name     string
	redis    []string // lines of redis.conf
	edit     edit
	at       func(w *world) // or in the world
	sentence []string
}

func mistakes(t *testing.T) []mistake {
	return []mistake{
		{name: "wrong IMAP password", edit: edit{"imap-password", "smtp-password"},
			sentence: []string{"inbox escalations", "refuses the user name or password"}},
		{name: "no password file", edit: edit{"imap-password", "no-such-file"},
			sentence: []string{"inbox escalations", "no password", "no-such-file"}},
		{name: "no such folder", edit: edit{"processed: Processed", "processed: Nowhere"},
			sentence: []string{"inbox escalations", "Nowhere", "create it"}},
		{name: "wrong SMTP password", at: func(w *world) { w.smtpURL = "smtp://desk@" + strictRelay(t) },
			sentence: []string{"relay", "password"}},
		{name: "broken configuration", edit: edit{"  poll: 15s", "  polll: 15s"},
			sentence: []string{"escalationd.yaml:", "polll", "poll"}},
		{name: "a contact for a region that is not there", edit: edit{`contacts: {us: ["us-lead`, `contacts: {mars: ["us-lead`},
			sentence: []string{"escalationd.yaml:", "mars"}},
		{name: "Redis without a file", redis: []string{"appendonly no"},
			sentence: []string{"appendonly"}},
		{name: "Redis that evicts", redis: []string{"maxmemory 50mb", "maxmemory-policy allkeys-lru"},
			sentence: []string{"maxmemory-policy", "allkeys-lru"}},
	}
}

// What a person must put right ends the daemon with exit 2 and a sentence
// before anything is touched.
func TestMistakesEndTheStartBeforeAnythingIsTouched(t *testing.T) {
	t.Parallel()
	for _, m := range mistakes(t) {
		t.Run(m.name, func(t *testing.T) {
			w := newWorldOfOneRedis(t, m.redis...)
			w.deliver(w.good(3)...)
			if m.at != nil {
				m.at(w)
			}
			d := w.desk(m.edit)
			before := w.keys()
			d.start()
			if code := d.exits(); code != 2 {
				t.Errorf("exit %d, want 2", code)
			}
			for _, words := range m.sentence {
				if !strings.Contains(d.said(), words) {
					t.Errorf("the sentence lacks %q: %s", words, d.said())
				}
			}
			if n := w.imap.Count("INBOX"); n != len(w.delivered) {
				t.Errorf("%d mails in the inbox, want %d", n, len(w.delivered))
			}
			if n := len(w.letters()); n != 0 {
				t.Errorf("%d letters were sent", n)
			}
			if after := w.keys(); after != before {
				t.Errorf("Redis holds %d keys, %d before", after, before)
			}
		})
	}
}

// keys is how many keys Redis holds.
func (w *world) keys() int64 {
	w.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: w.redis.Addr})
	defer rdb.Close()
	n, err := rdb.DBSize(w.Context()).Result()
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// strictRelay starts an SMTP server that refuses every login.
func strictRelay(t *testing.T) string {
	t.Helper()
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &strictSession{}, nil }))
	s.AllowInsecureAuth, s.Domain = true, "relay.example.com"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }() // until Close
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

type strictSession struct{ smtp.Session }

func (*strictSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (*strictSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, _ string) error { return smtp.ErrAuthFailed }), nil
}

func (*strictSession) Reset()        {}
func (*strictSession) Logout() error { return nil }

func TestRedisDownAtTheStartIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorldOfOneRedis(t)
	w.deliver(w.good(20)...)
	d := w.desk()
	w.redis.Stop()
	d.start()
	d.says("Redis not reached")
	if d.ready() {
		t.Error("/readyz answers 200 without Redis")
	}
	w.redis.Restart()
	d.settles()
}

// A server that dies in the middle of the work and comes back costs time, and
// nothing else.
func TestServersThatDieInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		redis         []string
		die, comeBack func(*world)
		complaint     string
		extra         int // letters that may have been taken without an answer
		patience      time.Duration
	}{
		{"Redis", []string{"appendfsync always"}, func(w *world) { w.redis.Kill() }, func(w *world) { w.redis.Restart() }, "connection refused", 0, catchUp},
		{"relay", nil, func(w *world) { w.sink.Kill() }, func(w *world) { w.sink.Restart() }, "relay cannot be used", 4, catchUp},
		{"Dovecot", nil, func(w *world) { w.imap.Kill() }, func(w *world) { w.imap.Restart() }, "inbox connection lost", 0, 2 * catchUp}, // it may leave a lock
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.redis...)
			w.copies, w.patience = c.name == "Dovecot", c.patience
			samples := w.good(120)
			d := w.desk()
			w.deliver(samples[:100]...)
			d.start()
			w.underWay(5)
			c.die(w)
			w.deliver(samples[100:]...)
			if c.name != "Redis" || w.kind == oneRedis { // a failover may pass unnoticed
				d.says(c.complaint)
			}
			c.comeBack(w)
			d.settlesButFor(c.extra)
		})
	}
}

func TestBrokenTemplateCostsNoLetter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	samples := w.good(5)
	samples[0].alarms = true
	w.write("templates.d/accepted.tmpl", `{{define "subject"}}Oops {{.NoSuchThing`)
	d := w.desk(edit{"# templates: ./templates.d", "templates: " + w.dir + "/templates.d"})
	if code, out, _ := w.run("check", "--config", d.conf); code != 1 || !strings.Contains(out, "accepted.tmpl") {
		t.Errorf("check exits %d, want 1 with the file's name: %s", code, out)
	}
	w.deliver(samples...)
	d.start()
	d.says("accepted.tmpl")
	d.settles()
	if !slices.ContainsFunc(w.letters(), func(l letter) bool { return l.to == ops && strings.Contains(l.subject, "template") }) {
		t.Error("ops are told, but not of the template")
	}
}

func TestHalfOpenConnectionDelaysMailByLessThanAMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	proxy := w.proxyIMAP(1)
	samples := w.good(2)
	d := w.desk(edit{"poll: 15s", "poll: 3s"})
	d.start()
	w.deliver(samples[0])
	w.inboxIs(0)
	w.eventually("the connection is idle", func() bool { return proxy.FreezeIdle(time.Second) > 0 })
	w.deliver(samples[1])
	_, want := sum(samples)
	took := eventually(t, time.Minute, "the mail is answered", func() bool { return len(w.sink.Mails()) == len(want) })
	t.Logf("a mail behind a frozen connection was answered after %s", took.Round(100*time.Millisecond))
	d.settles()
}

// Whatever reply of Redis gets lost, each mail has one outcome and each letter
// goes out once.
func TestLostRepliesOfRedisChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorldOfOneRedis(t)
	proxy := w.proxyRedis(1)
	every := pick(10, 1)
	samples := w.good(2 * pick(60, 450))
	d := w.desk()
	d.start()
	d.getsReady()
	lost := 0
	for k := 1; k <= 200; k += every {
		dropped := proxy.DropReply(k)
		for len(samples) > 0 {
			w.deliver(samples[:2]...)
			samples = samples[2:]
			w.allOut(fmt.Sprintf("reply %d", k))
			if isClosed(dropped) {
				lost++
				break
			}
		}
	}
	proxy.DropReply(0)
	t.Logf("%d replies were lost while %d mails were handled", lost, len(w.delivered))
	if lost != 200/every {
		t.Errorf("%d replies were lost, want %d", lost, 200/every)
	}
	d.settles()
}

// The same with the replies of the start.
func TestLostRepliesAtTheStartChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorldOfOneRedis(t)
	proxy := w.proxyRedis(1)
	ks := pick(4, 60)
	samples := w.good(2 * ks)
	d := w.desk()
	for i := range ks {
		k := 1 + i*60/ks
		w.deliver(portion(samples, i, ks)...)
		proxy.DropReply(k)
		d.start()
		w.allOut(fmt.Sprintf("reply %d", k))
		d.stop()
	}
	d.start()
	d.getsReady()
	d.settles()
}

// allOut waits until every letter about the mails that were delivered is out.
func (w *world) allOut(what string) {
	w.Helper()
	_, want := sum(w.delivered)
	total := 0
	for _, n := range want {
		total += n
	}
	w.eventually(what+": all letters are out", func() bool { return len(w.sink.Mails()) >= total })
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
