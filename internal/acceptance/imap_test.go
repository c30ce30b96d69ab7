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
func behindIMAP(t *testing.T) (*world, *interceptor) {
	t.Helper()
	w := newWorld(t)
	server := intercept(t, w.imap.Addr, false)
	w.imapURL = "imap://desk%40example.com@" + server.Addr
	return w, server
}

// Whatever ends a connection, at whatever command, costs time alone.
func TestConnectionThatEndsAtEachCommandOfIMAP(t *testing.T) {
	t.Parallel()
	faults := []action{{answer: "* BYE going down\r\n", hangUp: true}, {hangUp: true}, {lose: true}, {silent: true}}
	rng := random(t)
	w, server := behindIMAP(t)
	commands := []string{"AUTHENTICATE", "NOOP", "SELECT", "UID SEARCH", "UID FETCH", "UID MOVE", "IDLE", "DONE"}
	samples := w.good(2 * len(commands) * len(faults))
	d := w.desk(edit{`ops: ["` + ops + `"]`, "ops: []"}) // who would hear of minutes without a calm one
	d.start()
	d.getsReady()
	for _, command := range commands {
		for _, f := range faults {
			if !long() && (f.silent || rng.IntN(4) > 0) {
				continue
			}
			met, two := server.at(command, 1, f), samples[:2]
			samples = samples[2:]
			w.deliver(two...)
			if !strings.Contains("UID FETCH UID MOVE DONE", command) {
				server.cut() // it begins anew
			}
			w.eventually(fmt.Sprintf("%s, %+v: it has happened, and two mails are answered", command, f), func() bool {
				return met() && w.answered(two...)
			})
		}
	}
	d.settles()
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
			w, server := behindIMAP(t)
			w.deliver(w.good(10)...)
			d := w.desk()
			moves := func() int { return server.saw(strings.HasPrefix, "UID MOVE") }
			server.at("UID MOVE", -1, action{answer: answer})
			d.start()
			w.allOut("unfiled")
			w.eventually("filing was tried", func() bool { return moves() > 1 })
			d.kill()
			d.start()
			tries := moves()
			w.eventually("filing was tried again", func() bool { return moves() > tries })
			if n := w.imap.Count("INBOX"); n != len(w.delivered) {
				t.Errorf("the inbox holds %d mails, want %d", n, len(w.delivered))
			}
			if long() {
				eventually(t, 5*time.Minute, "ops hear of it", func() bool { return w.countTo(ops) == 1 })
				w.delivered[0].alarms = true
			}
			server.play(nil)
			d.settles()
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
			w.serveMail(realserver.Dovecot(t, realserver.DovecotConfig("protocol imap {\n imap_capability = "+name+"\n}")))
			samples := w.good(20)
			d := w.desk()
			w.deliver(samples...)
			w.imap.Doveadm("flags", "add", "-u", realserver.User, `\Deleted`, "mailbox", "INBOX", "header", "subject", samples[7].serial)
			d.start()
			copied := func() bool { return w.imap.Count("Processed") == len(samples)-1 }
			if !marks {
				copied = func() bool { return w.imap.Count("Processed") == len(samples) }
			}
			w.eventually("mails are copied", copied)
			d.stop()
			d.start()
			d.getsReady()
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
			d.does("verify")
		})
	}
}

// What a server sends without end is not kept.
func TestHostileIMAPServerTakesNoMemory(t *testing.T) {
	t.Parallel()
	w, server := behindIMAP(t)
	samples := w.good(4)
	d := w.desk()
	d.start()
	d.getsReady()
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
			w.deliver(samples[0]) // there is something to fetch
			server.cut()
			w.eventually(name+" at "+command, func() bool { return met() && d.ready() })
		}
	}
	server.play(nil)
	server.greet(action{answer: megabyte, flood: true})
	server.cut()
	d.says("far more than was asked for")
	server.greet(action{})
	w.deliver(samples...)
	w.eventually("all mails are answered", func() bool { return w.answered(samples...) })
	d.tookAtMost(256)
}
