package redisstore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/notify"
)

// What operators do, and what the books say, holds on every Redis.
func TestAdmin(t *testing.T) {
	onEachRedis(t, func(t *testing.T, fresh func(t *testing.T) *bench) {
		for name, test := range map[string]func(b *bench){
			"AMailIsSeenOnceHoweverOftenItIsTried":       seenOnce,
			"AMailSeenAgainBeforeItWasMovedIsNoOtherOne": seenAgain,
			"TheBooksAddUp":                          booksAddUp,
			"EachDamageIsFound":                      damageIsFound,
			"EachLetterHasOneEndInTheBooks":          lettersAddUp,
			"AMailThatWasTakenAwayIsWrittenOffOnce":  writtenOff,
			"TheJournalTellsInOrderWhatWasDone":      journalTells,
			"AParkedLetterIsSentAgainOrDiscarded":    parkedIsDecided,
			"AWaitingLetterIsDiscardedButNotRetried": waitingIsDiscarded,
			"AReleasedMailIsNoDuplicate":             releasedIsNoDuplicate,
			"NothingIsKeptBeyondRetention":           retentionIsKept,
			"ForgetLeavesNoTraceOfAPerson":           forgetLeavesNoTrace,
			"ForgetRefusesWhileAnEscalationGoesOn":   forgetRefusesActive,
			"ForgetKnowsALongerAddressFromTheOne":    forgetSparesOthers,
		} {
			t.Run(name, func(t *testing.T) { test(fresh(t)) })
		}
	})
}

const desk = "escalationd:{desk}:"

func (b *bench) count(delta int, locations ...string) {
	b.Helper()
	if _, err := b.store.Count(b.Context(), locations, delta); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) audit() redisstore.Books {
	b.Helper()
	books, err := b.store.Audit(b.Context(), b.now)
	if err != nil {
		b.Fatal(err)
	}
	return books
}

func (b *bench) wantBooks(seen, decided, pending int64) {
	b.Helper()
	books := b.audit()
	if books.Seen != seen || books.Decided() != decided || books.Pending != pending || len(books.Findings) > 0 {
		b.Fatalf("seen %d, decided %d, pending %d, findings %v; want %d, %d, %d and none",
			books.Seen, books.Decided(), books.Pending, books.Findings, seen, decided, pending)
	}
}

func seenOnce(b *bench) {
	b.count(0, "desk|1|m1", "desk|1|m2")
	b.count(1, "desk|1|m1", "desk|1|m2")
	b.count(-1, "desk|1|m2")
	b.count(1, "desk|1|m2")
	b.wantBooks(2, 0, 2)
	b.apply(accepted("m1", 1))
	b.wantBooks(2, 1, 1)
	b.count(-1, "desk|1|m1") // after a reply that got lost
	b.wantBooks(2, 1, 1)
}

func seenAgain(b *bench) {
	b.count(1, "desk|1|m1")
	b.apply(accepted("m1", 1))
	for range 5 {
		b.count(0, "desk|1|m1")
		b.count(1, "desk|1|m1")
		b.wantBooks(2, 1, 1)
		other := redisstore.New(b.rdb, redisstore.Options{Prefix: "escalationd:"})
		a, err := other.Apply(b.Context(), []escalation.Change{accepted("m1", 1)})
		if err != nil || a[0].Verdict != escalation.Known {
			b.Fatalf("apply again: %v, %v", a, err)
		}
		b.wantBooks(1, 1, 0)
	}
}

func booksAddUp(b *bench) {
	for i := range 5 {
		event := fmt.Sprintf("m%d", i)
		b.count(1, "desk|1|"+event)
		c := accepted(event, int64(i+1))
		c.Escalations[0].Ordinal = 1
		if i == 4 {
			c.Escalations[0].Status, c.Escalations[0].Due = escalation.Resolved, time.Time{}
		}
		b.apply(c)
	}
	for i, p := range b.claim() {
		b.settle(p, []notify.Fate{notify.Sent, notify.Buried, notify.Retry}[i%3], time.Second)
	}
	b.wantBooks(5, 5, 0)
}

func writtenOff(b *bench) {
	b.count(1, "desk|1|m1", "desk|1|m2")
	for _, want := range []int{1, 0} {
		if n, err := b.store.WriteOff(b.Context(), []string{"desk|1|m2"}, "op", b.now); err != nil || n != want {
			b.Fatalf("written off %d, %v, want %d", n, err, want)
		}
	}
	b.apply(accepted("m1", 1))
	b.wantBooks(2, 1, 0)
	b.count(1, "desk|1|m1") // by a daemon that then ended, after another had moved it
	b.wantBooks(3, 1, 1)
	for _, want := range []int{1, 0} {
		if n, err := b.store.Uncount(b.Context(), []string{"desk|1|m1"}, b.now); err != nil || n != want {
			b.Fatalf("counted again: %d, %v, want %d", n, err, want)
		}
	}
	b.wantBooks(2, 1, 0)
}

func (b *bench) journal() []redisstore.Line {
	b.Helper()
	var all []redisstore.Line
	err := b.store.Journal(b.Context(), func(lines []redisstore.Line) error {
		all = append(all, lines...)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return all
}

func journalTells(b *bench) {
	for i := range 1200 { // more than are read in one round
		c := accepted(fmt.Sprintf("m%d", i), int64(i+1))
		c.MessageID = fmt.Sprintf("%d@example.com", i)
		b.apply(c)
	}
	lines := b.journal()
	if len(lines) != 1200 || lines[0].Event != "m0" || lines[1199].Event != "m1199" {
		b.Fatalf("%d lines", len(lines))
	}
	l := lines[7]
	if l.MessageID != "7@example.com" || l.Disposition != escalation.Accepted || l.Cases[0] != "01234567" || l.Notices[0] != "id-m7-lead@example.com" || !l.At.Equal(start) {
		b.Errorf("the line is %+v", l)
	}
}

func (b *bench) posted(id string) redisstore.Posted {
	b.Helper()
	letters, err := b.store.Letters(b.Context(), []string{id, "no-such-letter"})
	if err != nil || len(letters) != 1 {
		b.Fatalf("letters: %v, %v", letters, err)
	}
	return letters[0]
}

func (b *bench) decide(verb string, p redisstore.Posted, want string) {
	b.Helper()
	if got, err := b.store.DecideLetter(b.Context(), verb, p, "op", b.now); err != nil || got != want {
		b.Fatalf("%s answers %q, %v, want %q", verb, got, err, want)
	}
}

func parkedIsDecided(b *bench) {
	b.apply(accepted("m1", 1))
	p := b.claim()[0]
	b.settle(p, notify.Buried, 0)
	if _, parked, err := b.store.Queue(b.Context()); err != nil || len(parked) != 1 || parked[0] != p.ID {
		b.Fatalf("parked: %v, %v", parked, err)
	}
	letter := b.posted(p.ID)
	if letter.State != "buried" || letter.Detail != "as told" || !justNow(letter.SettledAt) {
		b.Errorf("the letter is %+v", letter)
	}
	b.decide(redisstore.RetryLetter, letter, "done")
	b.decide(redisstore.RetryLetter, letter, "queued")
	again := b.claim()
	if len(again) != 1 || again[0].Attempt != 2 {
		b.Fatalf("claimed again: %+v", again)
	}
	b.settle(p, notify.Retry, 0) // the old claim is over
	b.settle(again[0], notify.Buried, 0)
	b.decide(redisstore.DiscardLetter, b.posted(p.ID), "done")
	b.decide(redisstore.RetryLetter, b.posted(p.ID), "discarded")
	if _, parked, _ := b.store.Queue(b.Context()); len(parked) != 0 {
		b.Errorf("parked: %v", parked)
	}
	lines := b.journal()
	if l := lines[len(lines)-1]; l.By != "op" || l.Notices[0] != p.ID || l.Cases[0] != "01234567" || !strings.HasPrefix(l.Event, "outbox-discard:") {
		b.Errorf("the audit says %+v", l)
	}
	if findings := b.audit().Findings; len(findings) != 0 && !strings.Contains(fmt.Sprint(findings), "mails were seen") {
		b.Errorf("findings: %v", findings)
	}
}

func waitingIsDiscarded(b *bench) {
	b.apply(accepted("m1", 1))
	p := b.claim()[0]
	letter := b.posted(p.ID)
	b.decide(redisstore.RetryLetter, letter, "queued")
	b.decide(redisstore.DiscardLetter, letter, "done")
	b.settle(p, notify.Retry, 0)
	b.later(time.Hour)
	if n := len(b.claim()); n != 0 {
		b.Error("a discarded letter is handed out")
	}
	b.decide(redisstore.DiscardLetter, redisstore.Posted{Notice: escalation.Notice{ID: "none"}}, "unknown")
}

func releasedIsNoDuplicate(b *bench) {
	c := escalation.Change{Event: "unproven:ab", At: start, Location: "desk|1|1", Disposition: escalation.Quarantined, Reason: "not proven"}
	b.wantVerdict(b.apply(c)[0], escalation.Done)
	err := b.store.Release(b.Context(), redisstore.Release{
		Digest: [32]byte{0xab}, MessageID: "x@example.com", Events: []string{"unproven:ab", "mail:ab"}, AsProven: true, By: "op", Reason: "known by phone", At: b.now,
	})
	if err != nil {
		b.Fatal(err)
	}
	vouched, err := b.store.Vouched(b.Context())
	if err != nil || len(vouched) != 1 || !vouched["ab"+strings.Repeat("0", 62)] {
		b.Errorf("vouched: %v, %v", vouched, err)
	}
	c.Location = "desk|1|2"
	b.wantVerdict(b.apply(c)[0], escalation.Done)
	lines := b.journal()
	if l := lines[1]; !strings.HasPrefix(l.Event, "release:ab") || l.By != "op" || l.Reason != "known by phone" || l.MessageID != "x@example.com" {
		b.Errorf("the audit says %+v", l)
	}
}
