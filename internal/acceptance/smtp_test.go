package acceptance

import (
	"strings"
	"testing"
	"time"
)

// behindRelay is a world whose relay is reached through an interceptor.
func behindRelay(t *testing.T) (*world, *interceptor) {
	t.Helper()
	w := newWorld(t)
	relay := intercept(t, w.sink.Addr, true)
	w.smtpURL = "smtp://" + relay.Addr
	return w, relay
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
			w, relay := behindRelay(t)
			w.patience = 3 * time.Minute
			samples := w.good(2 * len(stages))
			d := w.desk()
			d.start()
			extra := 0
			for i, stage := range stages {
				two := portion(samples, i, len(stages))
				relay.at(stage, 2, fault)
				w.deliver(two...)
				w.eventually(stage+": the letters of two mails are out, and on record", func() bool {
					return w.answered(two...) && d.counts()["outbox_waiting"] == 0
				})
				if stage == "." && name == "answer lost" {
					extra = 2
				}
				relay.cut() // the next stage begins with a connection of its own
			}
			d.settlesButFor(extra)
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
			w, relay := behindRelay(t)
			samples := w.good(4)
			d := w.desk(edit{"connections: 4", "connections: 1"})
			relay.play(refusesForGood(stage))
			d.start()
			w.deliver(samples...)
			w.eventually("the letters to customers and leaders are given up", func() bool {
				return d.counts()["outbox_waiting"] == 0 && d.counts()[givenUp] >= 2*len(samples)
			})
			if stage != "MAIL" { // where all are refused, those to others are, too
				w.eventually("the next level and ops hear", func() bool {
					return w.countTo("frontline@example.com") == len(samples) && w.countTo(ops) > 0
				})
			}
			tries := relay.saw(strings.HasPrefix, stage)
			relay.play(nil)
			more := w.good(1)
			w.feed()
			w.deliver(more...)
			w.eventually("the letters of the next mail are out", func() bool { return w.answered(more...) })
			for _, l := range w.letters() {
				if stage != "." && samples[0].letters[l.to] > 0 { // smtp-sink shows what was refused at the dot
					t.Errorf("a letter that was refused for good went out: %s", l.subject)
				}
			}
			if tries > 30 {
				t.Errorf("%s was tried %d times", stage, tries)
			}
			d.does("verify")
		})
	}
}

// refusesForGood refuses the letters to customers and leaders at a stage.
func refusesForGood(stage string) func(command string) action {
	to := ""
	return func(command string) action {
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
	w, relay := behindRelay(t)
	samples := w.good(2) // both in the US
	d := w.desk(edit{`contacts: {us: ["us-lead@example.com"`, `contacts: {us: ["us-lead@example.com", "us-gone@example.com"`})
	relay.play(func(command string) action {
		if strings.HasPrefix(command, "RCPT") && strings.Contains(command, "us-gone@") {
			return action{answer: "550 5.1.1 no such user\r\n"}
		}
		return action{}
	})
	w.deliver(samples...)
	d.start()
	w.eventually("all other letters are out, and the next level hears", func() bool {
		return w.answered(samples...) && w.countTo("frontline@example.com") == 2
	})
	if n := d.counts()[givenUp]; n != 2 {
		t.Errorf("%d letters are given up, want the two to the address that is refused", n)
	}
	w.once(w.letters(), 0)
}

// A login that is refused holds all letters and fails none; ops hear of it
// once, when it is over.
func TestRefusedLoginHoldsAllLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sink.Restart("-p") // it announces AUTH
	relay := intercept(t, w.sink.Addr, true)
	w.smtpURL = "smtp://desk@" + relay.Addr
	login := func(answer string) func(string) action {
		return func(command string) action {
			if strings.HasPrefix(command, "AUTH") {
				return action{answer: answer}
			}
			return action{}
		}
	}
	relay.play(login("235 2.7.0 ok\r\n"))
	samples := w.good(10)
	samples[0].alarms = true
	d := w.desk()
	d.start()
	d.getsReady()
	relay.play(login("535 5.7.8 authentication credentials invalid\r\n"))
	relay.cut()
	w.deliver(samples...)
	w.inboxIs(0)
	w.eventually("several logins are refused", func() bool { return relay.saw(strings.HasPrefix, "AUTH") > 4 })
	if c := d.counts(); c["outbox_waiting"] < 30 || c[givenUp] != 0 {
		t.Errorf("%d letters wait and %d are given up; want all to wait", c["outbox_waiting"], c[givenUp])
	}
	if n := len(w.letters()); n != 0 {
		t.Errorf("%d letters went out", n)
	}
	relay.play(login("235 2.7.0 ok\r\n"))
	d.settles()
	if n := w.countTo(ops); n != 1 {
		t.Errorf("ops have %d letters, want one", n)
	}
}

// A relay that can do little gets letters that need little.
func TestRelayWithoutExtensions(t *testing.T) {
	t.Parallel()
	w, relay := behindRelay(t)
	relay.play(func(command string) action {
		if strings.HasPrefix(command, "EHLO") {
			return action{answer: "250-relay.example.com\r\n250 SIZE 60000\r\n"}
		}
		return action{}
	})
	long := w.add(func(b *bag, s *sample) {
		b.plain(s)
		s.raw = []byte(strings.Replace(string(s.raw), "The line stands still.", strings.Repeat("Die Straße steht still, 生産ラインが止まった. ", 2000), 1))
	})
	w.deliver(append(w.good(3), long)...)
	d := w.desk()
	d.start()
	d.settles()
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
}

// A reply to an address that the relay cannot write to is given up, and ops
// hear; the escalation is made all the same.
func TestRelayWithoutSMTPUTF8(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	w := newWorld(t)
	s := w.add((*bag).plain)
	from := s.from("acme")
	s.raw = []byte(strings.ReplaceAll(string(s.raw), from, "jörg-"+from))
	w.deliver(s)
	d := w.desk()
	d.start()
	w.eventually("the leader has the letter, and ops hear of the reply", func() bool {
		return w.countTo("us-lead@example.com") == 1 && w.countTo(ops) == 1
	})
	if c := d.counts(); c["accepted"] != 1 || c[givenUp] != 1 {
		t.Errorf("the ledger counts %v", c)
	}
}
