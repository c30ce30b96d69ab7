package acceptance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"escalationd/internal/realserver"
)

// behindIMAP is a world whose mail server is reached through an interceptor.
func behindIMAP(t *testing.T) (*world, *interceptor, string) {
	t.Helper()
	w := newWorld(t)
	server := intercept(t, w.imap.Addr, false)
	return w, server, w.config(plainIMAP(w, server))
}

func plainIMAP(w *world, server *interceptor) edit {
	return edit{"imaps://desk%40example.com@" + w.imap.TLSAddr, "imap://desk%40example.com@" + server.Addr}
}

// Whatever ends a connection, at whatever command, costs time alone.
func TestConnectionThatEndsAtEachCommandOfIMAP(t *testing.T) {
	t.Parallel()
	faults := []action{{answer: "* BYE going down\r\n", hangUp: true}, {hangUp: true}, {lose: true}, {silent: true}}
	rng := random(t)
	w, server, _ := behindIMAP(t)
	config := w.config(plainIMAP(w, server), edit{`ops: ["` + ops + `"]`, "ops: []"}) // who would hear of minutes without a calm one
	b := newBag("bye")
	commands := []string{"AUTHENTICATE", "NOOP", "SELECT", "UID SEARCH", "UID FETCH", "UID MOVE", "IDLE", "DONE"}
	samples := b.good(2 * len(commands) * len(faults))
	w.feed(config, b)
	d := w.start(config)
	eventually(t, catchUp, "the daemon is ready", d.ready)
	done := 0
	for _, command := range commands {
		for _, f := range faults {
			if !long() && (f.silent || rng.IntN(4) > 0) {
				continue
			}
			met := server.at(command, 1, f)
			w.deliver(samples[done : done+2])
			if !strings.Contains("UID FETCH UID MOVE DONE", command) {
				server.cut() // it begins anew
			}
			eventually(t, 2*time.Minute, fmt.Sprintf("%s, %+v: it has happened, and two mails are answered", command, f), func() bool {
				return met() && w.answered(samples[done]) && w.answered(samples[done+1])
			})
			done += 2
		}
	}
	w.settled(d, samples[:done], 0, catchUp)
	d.stop()
}

// Where mails cannot leave the inbox, or the server only says that they have,
// they are answered once all the same, over a restart too, and leave it later.
func TestServerThatFilesNothing(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"full": "$TAG NO [OVERQUOTA] quota exceeded\r\n", "read-only": "$TAG NO [NOPERM] permission denied\r\n",
		"missing": "$TAG NO [TRYCREATE] mailbox does not exist\r\n", "no COPYUID": "$TAG OK done\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			if name != "full" {
				onlyLong(t)
			}
			t.Parallel()
			w, server, config := behindIMAP(t)
			b := newBag("file")
			samples := b.good(10)
			w.feed(config, b)
			w.deliver(samples)
			server.at("UID MOVE", -1, action{answer: answer})
			d := w.start(config)
			w.allOut(samples, "unfiled")
			eventually(t, catchUp, "filing was tried", func() bool { return server.saw(strings.HasPrefix, "UID MOVE") > 1 })
			d.kill()
			d = w.start(config)
			tries := server.saw(strings.HasPrefix, "UID MOVE")
			eventually(t, catchUp, "filing was tried again", func() bool { return server.saw(strings.HasPrefix, "UID MOVE") > tries })
			if n := w.imap.Count("INBOX"); n != len(samples) {
				t.Errorf("the inbox holds %d mails, want %d", n, len(samples))
			}
			if long() {
				eventually(t, 5*time.Minute, "ops hear of it", func() bool { return w.countTo(ops) == 1 })
				samples[0].alarms = true
			}
			server.play(nil)
			w.settled(d, samples, 0, catchUp)
			d.stop()
		})
	}
}

// A server may lack MOVE, and UIDPLUS too.
func TestServerWithoutMove(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	for name, marks := range map[string]bool{"IMAP4rev1 SASL-IR IDLE UIDPLUS": false, "IMAP4rev1 SASL-IR IDLE": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.imap = realserver.Dovecot(t, realserver.DovecotConfig("protocol imap {\n imap_capability = "+name+"\n}"))
			b := newBag("move")
			samples := b.good(20)
			config := w.config()
			w.feed(config, b)
			w.deliver(samples)
			w.imap.Doveadm("flags", "add", "-u", realserver.User, `\Deleted`, "mailbox", "INBOX", "header", "subject", samples[7].serial)
			d := w.start(config)
			copied := func() bool { return w.imap.Count("Processed") == len(samples)-1 }
			if !marks {
				copied = func() bool { return w.imap.Count("Processed") == len(samples) }
			}
			eventually(t, catchUp, "mails are copied", copied)
			d.stop()
			d = w.start(config)
			eventually(t, catchUp, "the daemon is ready again", d.ready)
			left := w.imap.List("INBOX")
			for _, m := range left {
				if serialOf(m) != samples[7].serial && !slices.Contains(m.Flags, "$EscalationdDone") {
					t.Errorf("%s is left with %v", serialOf(m), m.Flags)
				}
			}
			if want := map[bool]int{true: len(samples), false: 0}[marks]; len(left) != want {
				t.Errorf("%d mails are left, want %d", len(left), want)
			}
			w.once(w.letters(), 0)
			if code, out, complaint := w.run("verify", "--config", config); code != 0 {
				t.Errorf("verify exits %d: %s%s", code, out, complaint)
			}
			d.stop()
		})
	}
}

// What a server sends without end is not kept.
func TestHostileIMAPServerTakesNoMemory(t *testing.T) {
	t.Parallel()
	w, server, config := behindIMAP(t)
	b := newBag("endless")
	samples := b.good(4)
	w.feed(config, b)
	d := w.start(config)
	eventually(t, catchUp, "the daemon is ready", d.ready)
	megabyte := strings.Repeat("x", 1<<20)
	for name, a := range map[string]action{
		"an endless line":     {answer: "* OK " + megabyte, flood: true},
		"endless lines":       {answer: strings.Repeat("* OK still here\r\n", 1<<16), flood: true},
		"an endless literal":  {answer: "* 1 FETCH (UID 1 BODY[]<0> {4294967295}\r\n" + megabyte, flood: true},
		"a literal of 2^63":   {answer: "* 1 FETCH (UID 1 BODY[]<0> {9223372036854775807}\r\n" + megabyte, flood: true},
		"an endless string":   {answer: "* LIST () \"" + megabyte, flood: true},
		"endless parentheses": {answer: "* 1 FETCH " + strings.Repeat("(", 1<<20), flood: true},
		"all UIDs":            {answer: "* ESEARCH (TAG \"$TAG\") UID ALL 1:4294967295\r\n$TAG OK done\r\n"},
	} {
		for _, command := range []string{"SELECT", "UID SEARCH", "UID FETCH"} {
			if !long() && command != "UID SEARCH" {
				continue
			}
			met := server.at(command, 1, a)
			w.deliver(samples[:1]) // there is something to fetch
			server.cut()
			eventually(t, 2*time.Minute, name+" at "+command, func() bool { return met() && d.ready() })
		}
	}
	server.play(nil)
	server.greet(action{answer: megabyte, flood: true})
	server.cut()
	d.says("far more than was asked for", catchUp)
	server.greet(action{})
	w.deliver(samples)
	eventually(t, catchUp, "all mails are answered", func() bool {
		return w.answered(samples[0]) && w.answered(samples[1]) && w.answered(samples[2]) && w.answered(samples[3])
	})
	if peak := d.peak(); peak > 256 {
		t.Errorf("the daemon took %d MB of memory", peak)
	} else {
		t.Logf("the daemon took %d MB of memory at most", peak)
	}
	d.stop()
}
