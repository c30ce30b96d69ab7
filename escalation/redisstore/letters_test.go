package redisstore_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/notify"
)

func claimedByOne(b *bench) {
	b.apply(accepted("m1", 1))
	if n := len(b.claim()); n != 1 {
		b.Fatalf("%d claimed, want 1", n)
	}
	if n := len(b.claim()); n != 0 {
		b.Errorf("%d claimed again while the lease lasts", n)
	}
}

func leaseEnds(b *bench) {
	b.apply(accepted("m1", 1))
	first := b.claim()[0]
	b.later(11 * time.Second)
	second := b.claim()
	if len(second) != 1 || second[0].Attempt != first.Attempt+1 {
		b.Fatalf("after the lease: %+v", second)
	}
	b.settle(first, notify.Buried, 0)
	if n := len(b.agenda().Undelivered); n != 0 {
		b.Error("a claim that had ended buried the notice")
	}
	b.settle(second[0], notify.Sent, 0)
	b.later(time.Hour)
	if n := len(b.claim()); n != 0 {
		b.Error("a notice that was sent is handed out again")
	}
}

func renewedLeaseHolds(b *bench) {
	b.apply(accepted("m1", 1))
	p := b.claim()[0]
	b.later(8 * time.Second)
	if err := b.store.Hold(b.Context(), []notify.Hold{{Claim: p.Claim, Lease: 10 * time.Second}}); err != nil {
		b.Fatal(err)
	}
	b.later(6 * time.Second)
	if n := len(b.claim()); n != 0 {
		b.Error("a renewed lease did not hold")
	}
}

func sealedBytesStay(b *bench) {
	b.apply(accepted("m1", 1))
	p := b.claim()[0]
	for _, raw := range []string{"first", "second"} {
		if err := b.store.Hold(b.Context(), []notify.Hold{{Claim: p.Claim, Raw: []byte(raw)}}); err != nil {
			b.Fatal(err)
		}
	}
	b.later(time.Minute)
	if again := b.claim(); len(again) != 1 || string(again[0].Raw) != "first" {
		b.Errorf("sealed bytes are %+v", again)
	}
}

func retryWaits(b *bench) {
	b.apply(accepted("m1", 1))
	p := b.claim()[0]
	b.hold(notify.Hold{Claim: p.Claim, Dot: true})
	b.settle(p, notify.Unknown, 5*time.Minute)
	b.settle(p, notify.Unknown, 5*time.Minute) // the same call, whose reply got lost
	b.later(4 * time.Minute)
	if n := len(b.claim()); n != 0 {
		b.Error("a retry came before its time")
	}
	b.later(2 * time.Minute)
	if again := b.claim(); len(again) != 1 || again[0].Ambiguous != 1 {
		b.Errorf("a retry after its time is %+v", again)
	}
}

func endedAtTheDot(b *bench) {
	b.apply(accepted("m1", 1))
	for ambiguous := range 3 {
		p := b.claim()[0]
		if p.Ambiguous != ambiguous {
			b.Errorf("attempt %d counts %d ambiguous ones before it, want %d", p.Attempt, p.Ambiguous, ambiguous)
		}
		b.hold(notify.Hold{Claim: p.Claim, Lease: 30 * time.Second, Dot: true})
		b.hold(notify.Hold{Claim: p.Claim, Lease: 10 * time.Second})
		b.later(20 * time.Second)
		if n := len(b.claim()); n != 0 {
			b.Error("a renewal has made the rest after the dot shorter")
		}
		b.later(15 * time.Second)
	}
	p := b.claim()[0]
	b.settle(p, notify.Released, 0)
	if again := b.claim()[0]; again.Ambiguous != 3 {
		b.Errorf("an attempt that never came to the dot makes %d ambiguous ones, want 3", again.Ambiguous)
	}
}

func (b *bench) hold(h notify.Hold) {
	b.Helper()
	if err := b.store.Hold(b.Context(), []notify.Hold{h}); err != nil {
		b.Fatalf("hold: %v", err)
	}
}

// A daemon that stood still says late that the relay took a letter; another
// has claimed it meanwhile, and must not send it.
func sentWhoeverHolds(b *bench) {
	b.apply(accepted("m1", 1))
	late := b.claim()[0]
	b.later(11 * time.Second)
	second := b.claim()[0]
	b.settle(late, notify.Sent, 0)
	var lost notify.LostClaims
	err := b.store.Hold(b.Context(), []notify.Hold{{Claim: second.Claim, Dot: true}})
	if !errors.As(err, &lost) {
		b.Errorf("the dot of a letter that was sent: %v", err)
	}
	b.settle(second, notify.Released, 0)
	if n := len(b.claim()); n != 0 {
		b.Error("a letter that was sent is handed out again")
	}
}

// The same where the other has been refused meanwhile: nobody is asked to
// decide on a letter that arrived.
func sentAfterItWasParked(b *bench) {
	b.apply(accepted("m1", 1))
	late := b.claim()[0]
	b.later(11 * time.Second)
	b.settle(b.claim()[0], notify.Buried, 0)
	for range 2 {
		b.settle(late, notify.Sent, 0)
	}
	counts, err := b.store.Counts(b.Context())
	if err != nil || counts.Parked != 0 || counts.Notices["sent"] != 1 || counts.Notices["buried"] != 0 || counts.LetterGap() != 0 {
		b.Errorf("the books say %+v, %v", counts, err)
	}
	if failures := b.agenda().Undelivered; len(failures) != 0 {
		b.Errorf("ops are to hear of %v", failures)
	}
}

func reclaimed(b *bench) {
	run := func(daemon string) *redisstore.Store {
		return redisstore.New(b.rdb, redisstore.Options{Prefix: "escalationd:", Daemon: daemon})
	}
	claim := func(s *redisstore.Store, n int) []notify.Pending {
		claimed, err := s.Claim(b.Context(), 10*time.Second, n)
		if err != nil || len(claimed) != n {
			b.Fatalf("claimed %d, %v, want %d", len(claimed), err, n)
		}
		return claimed
	}
	for i := range 4 {
		b.apply(accepted(fmt.Sprint("m", i), 1+int64(i)))
	}
	other, first := claim(run("another"), 1), claim(run("this"), 3)
	b.hold(notify.Hold{Claim: first[0].Claim, Lease: 30 * time.Second, Dot: true})
	b.settle(first[2], notify.Retry, time.Hour)
	again := run("this")
	if err := again.Reclaim(b.Context()); err != nil {
		b.Fatal(err)
	}
	got := map[string]int{}
	for _, p := range claim(again, 2) {
		got[p.ID] = p.Ambiguous
	}
	if diff := cmp.Diff(map[string]int{first[0].ID: 1, first[1].ID: 0}, got); diff != "" {
		b.Errorf("taken up again, with ambiguous attempts (-want +got):\n%s", diff)
	}
	if n := len(b.claim()); n != 0 {
		b.Errorf("%d letters are handed out that another daemon has, or that wait; one is %s", n, other[0].ID)
	}
}

func spoiltNotice(b *bench) {
	b.apply(accepted("m1", 1), accepted("m2", 2))
	p := b.claim()
	b.later(11 * time.Second)
	key := "escalationd:{desk}:notice:" + p[0].ID
	b.rdb.Del(b.Context(), key)
	b.rdb.Set(b.Context(), key, "no letter", 0)
	claimed, err := b.store.Claim(b.Context(), 10*time.Second, 10)
	if len(claimed) != 1 || claimed[0].ID != p[1].ID || err == nil {
		b.Fatalf("claimed %v, %v; want the other letter, and an error about the first", claimed, err)
	}
	if again, err := b.store.Claim(b.Context(), 10*time.Second, 10); len(again) != 0 || err != nil {
		b.Errorf("claimed at once again: %v, %v", again, err)
	}
	both := []notify.Result{{Claim: p[0].Claim, Fate: notify.Sent}, {Claim: claimed[0].Claim, Fate: notify.Sent}}
	if err := b.store.Settle(b.Context(), both); err != nil {
		b.Errorf("settle: %v", err)
	}
	b.later(time.Minute)
	if again, _ := b.store.Claim(b.Context(), 10*time.Second, 10); len(again) != 0 {
		b.Errorf("a letter that was sent is handed out again: %v", again)
	}
}

func buriedIsOnTheAgenda(b *bench) {
	b.apply(accepted("m1", 1))
	p := b.claim()[0]
	b.settle(p, notify.Buried, 0)
	if got := b.agenda().Undelivered; len(got) != 1 || got[0].Notice != p.ID || !justNow(got[0].At) {
		b.Fatalf("undelivered = %v", got)
	}
	b.apply(escalation.Change{Event: "undelivered", At: b.now, Undelivered: p.ID})
	if got := b.agenda().Undelivered; len(got) != 0 {
		b.Errorf("undelivered = %v after it was seen to", got)
	}
}

func revokedIsNotSent(b *bench) {
	b.apply(accepted("m1", 1))
	taken := accepted("m2", 2)
	taken.Notices, taken.Revoked = nil, []string{"id-m1-lead@example.com"}
	b.wantVerdict(b.apply(taken)[0], escalation.Done)
	if n := len(b.claim()); n != 0 {
		b.Errorf("%d revoked notices are handed out", n)
	}
}
