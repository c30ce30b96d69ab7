package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/realserver"
	"escalationd/mailparse"
	"escalationd/notify"
)

// Every store passes the same suite, whatever Redis is behind it.
func TestStore(t *testing.T) { onEachRedis(t, suite) }

// onEachRedis runs a suite on miniredis and on redis-server; each test in it
// begins with an empty Redis.
func onEachRedis(t *testing.T, suite func(t *testing.T, fresh func(t *testing.T) *bench)) {
	type backend struct {
		rdb  redis.UniversalClient
		pass func(t *testing.T, d time.Duration) // lets Redis's time pass
	}
	backends := map[string]func(t *testing.T) backend{
		"miniredis": func(t *testing.T) backend {
			m := miniredis.RunT(t)
			return backend{redis.NewClient(&redis.Options{Addr: m.Addr()}), func(_ *testing.T, d time.Duration) { m.FastForward(d) }}
		},
		"redis-server": func(t *testing.T) backend {
			rdb := redis.NewClient(&redis.Options{Addr: realserver.Redis(t).Addr})
			return backend{rdb, realTime(rdb)}
		},
	}
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			r := open(t)
			t.Cleanup(func() { r.rdb.Close() })
			suite(t, func(t *testing.T) *bench {
				if err := r.rdb.FlushAll(t.Context()).Err(); err != nil {
					t.Fatal(err)
				}
				store := redisstore.New(r.rdb, redisstore.Options{Prefix: "escalationd:"})
				return &bench{T: t, rdb: r.rdb, store: store, now: start, pass: r.pass}
			})
		})
	}
}

var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// bench is a store with an empty Redis behind it, and a clock.
type bench struct {
	*testing.T
	rdb   redis.UniversalClient
	store *redisstore.Store
	now   time.Time
	pass  func(t *testing.T, d time.Duration)
}

func suite(t *testing.T, fresh func(t *testing.T) *bench) {
	for name, test := range map[string]func(b *bench){
		"AChangeIsAppliedWhole":                     changeIsAppliedWhole,
		"TheSameCallAgainAnswersTheSame":            sameCallAgain,
		"AnotherCallOfTheSameEventIsKnown":          anotherCallIsKnown,
		"AStaleRevisionWritesNothing":               staleWritesNothing,
		"AKeyOfAnotherTypeWritesNothing":            wrongTypeWritesNothing,
		"AQuotaThatIsUsedUpSuppressesTheLetter":     quotaSuppresses,
		"AQuotaMayCountLettersOnce":                 quotaCountsOnce,
		"ANoticeIsClaimedByOne":                     claimedByOne,
		"ALeaseThatEndsHandsTheNoticeOn":            leaseEnds,
		"ARenewedLeaseHolds":                        renewedLeaseHolds,
		"SealedBytesStay":                           sealedBytesStay,
		"ARetryWaitsForItsTime":                     retryWaits,
		"AnAttemptThatEndedAtTheDotIsAmbiguous":     endedAtTheDot,
		"ALetterThatTheRelayTookIsSent":             sentWhoeverHolds,
		"ALetterThatTheRelayTookIsNotParked":        sentAfterItWasParked,
		"ADaemonRunAgainTakesItsLettersUpAtOnce":    reclaimed,
		"AKeyThatHoldsNoLetterHoldsUpNoOther":       spoiltNotice,
		"ABuriedNoticeIsOnTheAgenda":                buriedIsOnTheAgenda,
		"ARevokedNoticeIsNotSent":                   revokedIsNotSent,
		"AlarmsAreToldOnce":                         alarmsAreToldOnce,
		"AlarmsOfAFloodStayFew":                     alarmsOfAFloodStayFew,
		"TriesAreCountedAndForgotten":               triesAreCounted,
		"AFoldIsLoadedWithCaseAccountAndEscalation": fileIsLoaded,
		"ASenderIsFoundAmongAllAccounts":            senderIsFound,
		"ASlipOfTheFingerIsFound":                   similarIsFound,
		"ALostLedgerTakesNoChange":                  lostLedgerTakesNothing,
		"TheRegionsOfCasesAreListed":                regionsAreListed,
		"ScriptsAreLoadedAgainAfterAFlush":          scriptFlush,
	} {
		t.Run(name, func(t *testing.T) { test(fresh(t)) })
	}
}

// later lets time pass for letters. On them Redis's own clock decides; since
// that cannot be moved, their times are.
func (b *bench) later(d time.Duration) {
	b.Helper()
	for _, id := range b.rdb.ZRange(b.Context(), desk+"outbox", 0, -1).Val() {
		if err := b.rdb.ZIncrBy(b.Context(), desk+"outbox", -float64(d.Milliseconds()), id).Err(); err != nil {
			b.Fatal(err)
		}
	}
	b.now = b.now.Add(d)
}

// justNow reports whether a time that Redis has set can be that of a call made
// just now.
func justNow(at time.Time) bool { return time.Since(at).Abs() < time.Minute }

func (b *bench) apply(changes ...escalation.Change) []escalation.Applied {
	b.Helper()
	applied, err := b.store.Apply(b.Context(), changes)
	if err != nil {
		b.Fatalf("apply: %v", err)
	}
	return applied
}

func (b *bench) wantVerdict(a escalation.Applied, want escalation.Verdict) {
	b.Helper()
	if a.Verdict != want {
		b.Fatalf("verdict = %q (%v), want %q", a.Verdict, a.Err, want)
	}
}

func (b *bench) claim() []notify.Pending {
	b.Helper()
	claimed, err := b.store.Claim(b.Context(), 10*time.Second, 10)
	if err != nil {
		b.Fatalf("claim: %v", err)
	}
	return claimed
}

func (b *bench) settle(p notify.Pending, fate notify.Fate, pause time.Duration) {
	b.Helper()
	err := b.store.Settle(b.Context(), []notify.Result{{Claim: p.Claim, Fate: fate, Pause: pause, Detail: "as told"}})
	if err != nil {
		b.Fatalf("settle: %v", err)
	}
}

func (b *bench) agenda() escalation.Agenda {
	b.Helper()
	a, err := b.store.Agenda(b.Context(), b.now, 100)
	if err != nil {
		b.Fatalf("agenda: %v", err)
	}
	return a
}

func (b *bench) load(q escalation.Query) escalation.State {
	b.Helper()
	states, err := b.store.Load(b.Context(), []escalation.Query{q})
	if err != nil {
		b.Fatalf("load: %v", err)
	}
	if states[0].Err != nil {
		b.Fatalf("load: %v", states[0].Err)
	}
	return states[0]
}

func accepted(event string, revision int64) escalation.Change {
	return escalation.Change{
		Event: event, At: start, Location: "desk|1|" + event, Disposition: escalation.Accepted, Reason: "well formed",
		Escalations: []escalation.Escalation{{
			Case: "01234567", Revision: revision, Status: escalation.Open, Level: 1, Due: start.Add(30 * time.Minute),
			Form: mailparse.Form{CaseNumber: "01234567"},
		}},
		Notices: []escalation.Notice{notice(event, "lead@example.com")},
	}
}

func notice(event, to string) escalation.Notice {
	return escalation.Notice{
		Key: event + "|" + to, ID: fmt.Sprintf("id-%s-%s", event, to), Kind: escalation.KindEscalation, To: to, Case: "01234567",
		CreatedAt: start, Letter: escalation.Letter{Account: "Example Company", RespondBy: start.Add(time.Hour)},
	}
}

func changeIsAppliedWhole(b *bench) {
	b.wantVerdict(b.apply(accepted("m1", 1))[0], escalation.Done)
	if err := b.store.PutCases(b.Context(), []escalation.Case{{Number: "01234567", Account: "a1"}}, start); err != nil {
		b.Fatal(err)
	}
	s := b.load(escalation.Query{Event: "m1", Cases: []string{"01234567"}, Notices: []string{"id-m1-lead@example.com"}})
	if s.Known == nil || s.Known.Disposition != escalation.Accepted || s.Known.Location != "desk|1|m1" || !s.Known.At.Equal(start) {
		b.Errorf("the ledger has %+v", s.Known)
	}
	if e := s.Cases["01234567"].Escalation; e == nil || e.Revision != 1 || !e.Due.Equal(start.Add(30*time.Minute)) {
		b.Errorf("the escalation is %+v", e)
	}
	if s.Notice == nil || s.Notice.To != "lead@example.com" {
		b.Errorf("the notice is %+v", s.Notice)
	}
	want := notice("m1", "lead@example.com")
	claimed := b.claim()
	if len(claimed) != 1 {
		b.Fatalf("%d notices wait, want 1", len(claimed))
	}
	if diff := cmp.Diff(want, claimed[0].Notice); diff != "" {
		b.Errorf("the notice changed on its way (-want +got):\n%s", diff)
	}
}

func sameCallAgain(b *bench) {
	c := accepted("m1", 1)
	b.wantVerdict(b.apply(c)[0], escalation.Done)
	b.wantVerdict(b.apply(c)[0], escalation.Done)
	if n := len(b.claim()); n != 1 {
		b.Errorf("%d notices wait, want 1", n)
	}
	if n := b.rdb.XLen(b.Context(), "escalationd:{desk}:journal").Val(); n != 1 {
		b.Errorf("the journal has %d lines, want 1", n)
	}
}

func anotherCallIsKnown(b *bench) {
	b.apply(accepted("m1", 1))
	again := accepted("m1", 1)
	again.Location = "desk|1|99"
	a := b.apply(again)[0]
	b.wantVerdict(a, escalation.Known)
	if a.Record.Location != "desk|1|m1" || a.Record.Disposition != escalation.Accepted || len(a.Record.Cases) != 1 {
		b.Errorf("the record is %+v", a.Record)
	}
}

func staleWritesNothing(b *bench) {
	b.apply(accepted("m1", 1))
	b.wantVerdict(b.apply(accepted("m2", 1))[0], escalation.Stale)
	b.wantVerdict(b.apply(accepted("m2", 3))[0], escalation.Stale)
	if s := b.load(escalation.Query{Event: "m2"}); s.Known != nil {
		b.Errorf("the ledger knows a change that was not applied: %+v", s.Known)
	}
	b.wantVerdict(b.apply(accepted("m2", 2))[0], escalation.Done)
}

func wrongTypeWritesNothing(b *bench) {
	for key, ofAll := range map[string]bool{
		"escalationd:{desk}:escalation:01234567": false, "escalationd:{desk}:notice:id-m1-lead@example.com": false,
		"escalationd:{desk}:journal": true, "escalationd:{desk}:counts": true,
	} {
		flushAll(b.T, b.rdb)
		if err := b.rdb.SAdd(b.Context(), key, "rubbish").Err(); err != nil {
			b.Fatal(err)
		}
		a, err := b.store.Apply(b.Context(), []escalation.Change{accepted("m1", 1), accepted("m1", 1)})
		switch {
		case ofAll && (err == nil || !strings.Contains(err.Error(), "EVALSHA") || !strings.Contains(err.Error(), "WRONGTYPE")):
			b.Errorf("with %s of another type, which is every mail's trouble: %v", key, err)
		case !ofAll && err != nil:
			b.Errorf("with %s of another type, which is one mail's trouble: %v", key, err)
		case !ofAll:
			b.wantVerdict(a[0], escalation.Failed)
		}
		if n := b.rdb.DBSize(b.Context()).Val(); n != 1 {
			b.Errorf("with %s of another type %d keys stand, want that one", key, n)
		}
	}
}

func quotaSuppresses(b *bench) {
	for i, want := range []int{1, 1, 0} {
		c := accepted(fmt.Sprintf("m%d", i), int64(i+1))
		c.Notices[0].Quotas = []escalation.Quota{{Key: "sender|x@example.com", Limit: 2, Window: time.Hour}}
		b.wantVerdict(b.apply(c)[0], escalation.Done)
		if n := len(b.claim()); n != want {
			b.Errorf("after letter %d: %d wait, want %d", i, n, want)
		}
	}
	if n := b.rdb.HGet(b.Context(), "escalationd:{desk}:counts", "suppressed").Val(); n != "1" {
		b.Errorf("%q letters are on record as suppressed, want 1", n)
	}
}

func quotaCountsOnce(b *bench) {
	for i, want := range []int{1, 1, 1, 1, 0} {
		c := accepted(fmt.Sprintf("m%d", i), int64(i+1))
		once := i < 3 // the first three letters count as one
		c.Notices[0].Quotas = []escalation.Quota{{Key: "loop|x@example.com|", Limit: 2, Window: time.Hour, Once: once}}
		b.wantVerdict(b.apply(c)[0], escalation.Done)
		if n := len(b.claim()); n != want {
			b.Errorf("after letter %d: %d wait, want %d", i, n, want)
		}
	}
}

func alarmsAreToldOnce(b *bench) {
	later := start.Add(time.Minute)
	c := accepted("m1", 1)
	c.Alarms = []escalation.Alarm{
		{At: start, What: "quarantined", Detail: "one <a>", Ref: "r1"}, {At: later, What: "quarantined", Detail: "two"},
		{At: later, What: "quarantined", Detail: "one <a>", Ref: "r2"},
	}
	b.apply(c)
	one := escalation.Alarm{At: start, What: "quarantined", Detail: "one <a>", Ref: "r1", Count: 2, Last: later, Refs: []string{"r1", "r2"}}
	two := escalation.Alarm{At: later, What: "quarantined", Detail: "two", Count: 1, Last: later}
	told := b.agenda().Alarms
	if diff := cmp.Diff([]escalation.Alarm{one, two}, told); diff != "" {
		b.Fatalf("alarms (-want +got):\n%s", diff)
	}
	b.apply(escalation.Change{Event: "between", At: later, Alarms: []escalation.Alarm{{At: later, What: "quarantined", Detail: "two"}}})
	mark := escalation.AlarmMark{What: "quarantined", Told: later, Last: later, Count: 3, Pause: time.Minute}
	b.apply(escalation.Change{Event: "alarm", At: b.now, AlarmsTold: told, AlarmMarks: []escalation.AlarmMark{mark}})
	two.At = b.now
	if diff := cmp.Diff([]escalation.Alarm{two}, b.agenda().Alarms); diff != "" {
		b.Errorf("alarms after they were told (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]escalation.AlarmMark{"quarantined": mark}, b.agenda().AlarmMarks); diff != "" {
		b.Errorf("marks (-want +got):\n%s", diff)
	}
}

// Who sends the flood must not choose how much of it is kept.
func alarmsOfAFloodStayFew(b *bench) {
	const flood = 1000
	var c escalation.Change
	for i := range flood {
		c.Alarms = append(c.Alarms, escalation.Alarm{At: start, What: "quarantined", Detail: fmt.Sprintf("cause %d", i)})
	}
	c.Event, c.At = "flood", start
	b.apply(c)
	times, alarms := 0, b.agenda().Alarms
	for _, a := range alarms {
		times += a.Times()
	}
	if times != flood || len(alarms) > 301 {
		b.Errorf("%d alarms in %d entries, want all %d in few", times, len(alarms), flood)
	}
}

func triesAreCounted(b *bench) {
	for want := 1; want <= 2; want++ {
		got, err := b.store.Count(b.Context(), []string{"desk|1|m1", "desk|1|m9"}, 1)
		if err != nil || got[0] != want || got[1] != want {
			b.Fatalf("tries = %v, %v, want %d", got, err, want)
		}
	}
	b.apply(accepted("m1", 1))
	if got, err := b.store.Count(b.Context(), []string{"desk|1|m1", "desk|1|m9"}, -1); err != nil || got[0] != 0 || got[1] != 1 {
		b.Errorf("tries after Apply, one taken back = %v, %v, want 0 and 1", got, err)
	}
	if got, err := b.store.Count(b.Context(), []string{"desk|1|m1", "desk|1|m9"}, 0); err != nil || got[0] != 0 || got[1] != 1 {
		b.Errorf("tries looked at = %v, %v, want 0 and 1", got, err)
	}
}

func scriptFlush(b *bench) {
	b.apply(accepted("m1", 1))
	if err := b.rdb.ScriptFlush(b.Context()).Err(); err != nil {
		b.Fatal(err)
	}
	b.wantVerdict(b.apply(accepted("m2", 2))[0], escalation.Done)
}

func lostLedgerTakesNothing(b *bench) {
	begin := func(accept func(context.Context) error) redisstore.Ledger {
		b.Helper()
		if err := accept(b.Context()); err != nil {
			b.Fatal(err)
		}
		l, err := b.store.Ledger(b.Context())
		if err != nil || l.Generation == "" {
			b.Fatalf("ledger = %+v, %v", l, err)
		}
		return l
	}
	first := begin(b.store.BeginLedger)
	if again := begin(b.store.BeginLedger); again.Generation != first.Generation {
		b.Error("a second start began another ledger")
	}
	b.store.Bind(first.Generation)
	b.wantVerdict(b.apply(accepted("m1", 1))[0], escalation.Done)
	flushAll(b.T, b.rdb)
	if _, err := b.store.Apply(b.Context(), []escalation.Change{accepted("m2", 1)}); !errors.Is(err, redisstore.ErrLedgerLost) {
		b.Errorf("apply to an emptied Redis: %v", err)
	}
	if n := b.rdb.DBSize(b.Context()).Val(); n != 0 {
		b.Errorf("%d keys were written", n)
	}
	second := begin(b.store.AcceptLedger)
	if !second.Accepted || second.Generation == first.Generation {
		b.Errorf("the accepted ledger is %+v", second)
	}
	b.store.Bind(second.Generation)
	b.wantVerdict(b.apply(accepted("m2", 1))[0], escalation.Done)
}
