package acceptance

import (
	"strings"
	"testing"
	"time"
)

// behindRelay is a world whose relay is reached through an interceptor.
func behindRelay(t *testing.T, edits ...edit) (*world, *interceptor, string) {
	t.Helper()
	w := newWorld(t)
	relay := intercept(t, w.sink.Addr, true)
	return w, relay, w.config(append([]edit{{w.sink.Addr, relay.Addr}}, edits...)...)
}

// stages are the commands of SMTP at which a relay may fail.
var stages = []string{"EHLO", "MAIL", "RCPT", "DATA", "."}

// Whatever a relay does for now, at whatever stage, each letter goes out once;
// where it may have taken one, once more at most.
func TestRelayThatFailsForNowAtEachStage(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]action{
		"421": {answer: "421 4.3.2 shutting down\r\n", hangUp: true}, "450": {answer: "450 4.2.1 later\r\n"}, "hang up": {hangUp: true},
		"answer lost": {lose: true}, "silence": {silent: true},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "421" && name != "answer lost" {
				onlyLong(t)
			}
			t.Parallel()
			w, relay, config := behindRelay(t)
			b := newBag("stage")
			samples := b.good(2 * len(stages))
			w.feed(config, b)
			d := w.start(config)
			extra := 0
			for i, stage := range stages {
				relay.at(stage, 2, fault)
				w.deliver(samples[2*i : 2*i+2])
				eventually(t, 3*time.Minute, stage+": the letters of two mails are out, and on record", func() bool {
					return w.answered(samples[2*i]) && w.answered(samples[2*i+1]) && d.counts()["outbox_waiting"] == 0
				})
				if stage == "." && name == "answer lost" {
					extra = 2
				}
				relay.cut() // the next stage begins with a connection of its own
			}
			w.settled(d, samples, extra, catchUp)
			d.stop()
		})
	}
}

// What a relay refuses for good is not tried again: ops hear of it, and the
// next level hears at once where a leader could not.
func TestRelayThatRefusesForGoodAtEachStage(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	for _, stage := range stages[1:] {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			w, relay, config := behindRelay(t, edit{"connections: 4", "connections: 1"})
			b := newBag("good")
			samples := b.good(4)
			w.feed(config, b)
			to := ""
			relay.play(func(command string) action {
				switch {
				case strings.HasPrefix(command, "MAIL"):
					to = ""
				case strings.HasPrefix(command, "RCPT"):
					to = command
				}
				colleague := strings.Contains(to, "@example.com") && !strings.Contains(to, "-lead@")
				if !strings.HasPrefix(command, stage) || colleague {
					return action{}
				}
				return action{answer: "550 5.7.1 not this letter\r\n"}
			})
			d := w.start(config)
			w.deliver(samples)
			eventually(t, catchUp, "the letters to customers and leaders are given up", func() bool {
				return d.counts()["outbox_waiting"] == 0 && d.counts()[`notices_total{fate="buried"}`] >= 2*len(samples)
			})
			if stage != "MAIL" { // where all are refused, those to others are, too
				eventually(t, catchUp, "the next level and ops hear", func() bool {
					return w.countTo("frontline@example.com") == len(samples) && w.countTo(ops) > 0
				})
			}
			tries := relay.saw(strings.HasPrefix, stage)
			relay.play(nil)
			more := b.good(1)
			w.feed(config, b)
			w.deliver(more)
			eventually(t, catchUp, "the letters of the next mail are out", func() bool { return w.answered(more[0]) })
			for _, l := range w.letters() {
				if stage != "." && samples[0].letters[l.to] > 0 { // smtp-sink shows what was refused at the dot
					t.Errorf("a letter that was refused for good went out: %s", l.subject)
				}
			}
			if tries > 30 {
				t.Errorf("%s was tried %d times", stage, tries)
			}
			if code, out, complaint := w.run("verify", "--config", config); code != 0 {
				t.Errorf("verify exits %d: %s%s", code, out, complaint)
			}
			d.stop()
		})
	}
}

// countTo counts the letters to an address.
func (w *world) countTo(to string) (n int) {
	w.Helper()
	for _, l := range w.letters() {
		if l.to == to {
			n++
		}
	}
	return n
}

// Of two recipients one may be refused: the other has the letter once.
func TestOneOfTwoLeadersIsRefused(t *testing.T) {
	t.Parallel()
	w, relay, config := behindRelay(t, edit{`contacts: {us: ["us-lead@example.com"`, `contacts: {us: ["us-lead@example.com", "us-gone@example.com"`})
	b := newBag("two")
	samples := b.good(2) // both in the US
	w.feed(config, b)
	relay.play(func(command string) action {
		if strings.HasPrefix(command, "RCPT") && strings.Contains(command, "us-gone@") {
			return action{answer: "550 5.1.1 no such user\r\n"}
		}
		return action{}
	})
	w.deliver(samples)
	d := w.start(config)
	eventually(t, catchUp, "all other letters are out, and the next level hears", func() bool {
		return w.answered(samples[0]) && w.answered(samples[1]) && w.countTo("frontline@example.com") == 2
	})
	if c := d.counts(); c[`notices_total{fate="buried"}`] != 2 {
		t.Errorf("%d letters are given up, want the two to the address that is refused", c[`notices_total{fate="buried"}`])
	}
	w.once(w.letters(), 0)
	d.stop()
}

// A login that is refused holds all letters and fails none; ops hear of it
// once, when it is over.
func TestRefusedLoginHoldsAllLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sink.Restart("-p") // it announces AUTH
	relay := intercept(t, w.sink.Addr, true)
	config := w.config(edit{"smtp://" + w.sink.Addr, "smtp://desk@" + relay.Addr}, edit{"# password_file: /run/secrets/smtp", "password_file: " + w.dir + "/smtp-password"})
	login := func(answer string) func(string) action {
		return func(command string) action {
			if strings.HasPrefix(command, "AUTH") {
				return action{answer: answer}
			}
			return action{}
		}
	}
	relay.play(login("235 2.7.0 ok\r\n"))
	b := newBag("auth")
	samples := b.good(10)
	samples[0].alarms = true
	w.feed(config, b)
	d := w.start(config)
	eventually(t, catchUp, "the daemon is ready", d.ready)
	relay.play(login("535 5.7.8 authentication credentials invalid\r\n"))
	relay.cut()
	w.deliver(samples)
	w.inboxIs(0, catchUp)
	eventually(t, catchUp, "several logins are refused", func() bool { return relay.saw(strings.HasPrefix, "AUTH") > 4 })
	if c := d.counts(); c["outbox_waiting"] < 30 || c[`notices_total{fate="buried"}`] != 0 {
		t.Errorf("%d letters wait and %d are given up; want all to wait", c["outbox_waiting"], c[`notices_total{fate="buried"}`])
	}
	if n := len(w.letters()); n != 0 {
		t.Errorf("%d letters went out", n)
	}
	relay.play(login("235 2.7.0 ok\r\n"))
	w.settled(d, samples, 0, catchUp)
	if n := w.countTo(ops); n != 1 {
		t.Errorf("ops have %d letters, want one", n)
	}
	d.stop()
}

// A relay that can do little gets letters that need little.
func TestRelayWithoutExtensions(t *testing.T) {
	t.Parallel()
	w, relay, config := behindRelay(t)
	relay.play(func(command string) action {
		if strings.HasPrefix(command, "EHLO") {
			return action{answer: "250-relay.example.com\r\n250 SIZE 60000\r\n"}
		}
		return action{}
	})
	b := newBag("plain")
	samples := b.good(3)
	long := b.add(func(b *bag, s *sample) {
		b.plain(s)
		s.raw = []byte(strings.Replace(string(s.raw), "The line stands still.", strings.Repeat("Die Straße steht still, 生産ラインが止まった. ", 2000), 1))
	})
	samples = append(samples, long)
	w.feed(config, b)
	w.deliver(samples)
	d := w.start(config)
	w.settled(d, samples, 0, catchUp)
	for _, l := range w.letters() {
		if strings.ContainsFunc(l.raw, func(r rune) bool { return r > 127 }) {
			t.Errorf("a letter has bytes of eight bits: %s", l.subject)
		}
		if len(l.raw) > 60_000 {
			t.Errorf("a letter has %d bytes", len(l.raw))
		}
	}
	if relay.saw(strings.Contains, "SMTPUTF8")+relay.saw(strings.Contains, "8BITMIME") > 0 {
		t.Error("an extension was used that the relay does not offer")
	}
	d.stop()
}

// A reply to an address that the relay cannot write to is given up, and ops
// hear; the escalation is made all the same.
func TestRelayWithoutSMTPUTF8(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	w, _, config := behindRelay(t)
	b := newBag("utf")
	s := b.add((*bag).plain)
	from := s.from("acme")
	s.raw = []byte(strings.ReplaceAll(string(s.raw), from, "jörg-"+from))
	w.feed(config, b)
	w.deliver([]sample{s})
	d := w.start(config)
	eventually(t, catchUp, "the leader has the letter, and ops hear of the reply", func() bool {
		return w.countTo("us-lead@example.com") == 1 && w.countTo(ops) == 1
	})
	if c := d.counts(); c["accepted"] != 1 || c[`notices_total{fate="buried"}`] != 1 {
		t.Errorf("the ledger counts %v", c)
	}
	d.stop()
}
