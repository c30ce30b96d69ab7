package redisstore_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/realserver"
	"escalationd/notify"
)

const leaseTTL = 9 * time.Second

// daemons are stores of several daemons on one Redis.
func daemons(t *testing.T, rdb redis.UniversalClient, n int) []*redisstore.Store {
	t.Helper()
	stores := make([]*redisstore.Store, n)
	for i := range stores {
		stores[i] = redisstore.New(rdb, redisstore.Options{Prefix: "escalationd:"})
	}
	return stores
}

func wantLead(t *testing.T, s *redisstore.Store, inbox string, want bool) {
	t.Helper()
	if got, err := s.TakeLead(t.Context(), inbox, leaseTTL); err != nil || got != want {
		t.Fatalf("TakeLead(%s) = %v, %v, want %v", inbox, got, err, want)
	}
}

func epoch(t *testing.T, rdb redis.UniversalClient) int64 {
	t.Helper()
	n, err := strconv.ParseInt(rdb.HGet(t.Context(), "escalationd:{desk}:lead:desk", "epoch").Val(), 10, 64)
	if err != nil {
		t.Fatalf("read the epoch: %v", err)
	}
	return n
}

func miniStores(t *testing.T, n int) (*miniredis.Miniredis, redis.UniversalClient, []*redisstore.Store) {
	t.Helper()
	m := miniredis.RunT(t)
	m.SetTime(start)
	rdb := redis.NewClient(&redis.Options{Addr: m.Addr()})
	t.Cleanup(func() { rdb.Close() })
	return m, rdb, daemons(t, rdb, n)
}

func TestAnInboxIsLedByOneUntilItsLeaseRunsOut(t *testing.T) {
	m, _, s := miniStores(t, 2)
	wantLead(t, s[0], "desk", true)
	wantLead(t, s[1], "desk", false)
	wantLead(t, s[1], "sales", true)
	m.SetTime(start.Add(8 * time.Second))
	if err := s[0].KeepLead(t.Context(), "desk", leaseTTL); err != nil {
		t.Fatal(err)
	}
	m.SetTime(start.Add(16 * time.Second))
	wantLead(t, s[1], "desk", false)
	m.SetTime(start.Add(18 * time.Second))
	wantLead(t, s[1], "desk", true)
	if err := s[0].KeepLead(t.Context(), "desk", leaseTTL); !errors.Is(err, redisstore.ErrSuperseded) {
		t.Errorf("the first daemon keeps the lead: %v", err)
	}
}

func TestALeadThatIsLeftIsTakenAtOnce(t *testing.T) {
	_, _, s := miniStores(t, 2)
	wantLead(t, s[0], "desk", true)
	if err := s[1].LeaveLead(t.Context(), "desk"); err != nil {
		t.Fatal(err)
	}
	wantLead(t, s[1], "desk", false)
	if err := s[0].LeaveLead(t.Context(), "desk"); err != nil {
		t.Fatal(err)
	}
	wantLead(t, s[1], "desk", true)
}

func TestADaemonRunAgainTakesOverFromItsLastRunAtOnce(t *testing.T) {
	_, rdb, s := miniStores(t, 1)
	runs := make([]*redisstore.Store, 2)
	for i := range runs {
		runs[i] = redisstore.New(rdb, redisstore.Options{Prefix: "escalationd:", Daemon: "the same"})
	}
	wantLead(t, runs[0], "desk", true)
	before := epoch(t, rdb)
	wantLead(t, s[0], "desk", false)
	wantLead(t, runs[1], "desk", true)
	if after := epoch(t, rdb); after <= before {
		t.Errorf("epoch %d follows %d", after, before)
	}
	if err := runs[0].KeepLead(t.Context(), "desk", leaseTTL); !errors.Is(err, redisstore.ErrSuperseded) {
		t.Errorf("the first run keeps the lead: %v", err)
	}
}

func TestALapsedLeaseThatNobodyTookGoesOnInItsEpoch(t *testing.T) {
	m, rdb, s := miniStores(t, 1)
	wantLead(t, s[0], "desk", true)
	before := epoch(t, rdb)
	m.SetTime(start.Add(time.Minute))
	if err := s[0].KeepLead(t.Context(), "desk", leaseTTL); err != nil {
		t.Fatal(err)
	}
	if after := epoch(t, rdb); after != before {
		t.Errorf("the epoch went from %d to %d", before, after)
	}
}

// A failover may lose the last writes: the epoch that was lost must not be
// given out again.
func TestAnEpochThatAReplicaNeverSawIsNotUsedAgain(t *testing.T) {
	m, rdb, s := miniStores(t, 3)
	wantLead(t, s[0], "desk", true)
	m.SetTime(start.Add(10 * time.Second))
	replica := rdb.HGetAll(t.Context(), "escalationd:{desk}:lead:desk").Val()
	wantLead(t, s[1], "desk", true)
	lost := epoch(t, rdb)
	if err := rdb.HSet(t.Context(), "escalationd:{desk}:lead:desk", replica).Err(); err != nil {
		t.Fatal(err)
	}
	m.SetTime(start.Add(11 * time.Second))
	wantLead(t, s[2], "desk", true)
	if again := epoch(t, rdb); again <= lost {
		t.Errorf("epoch %d was given out after %d", again, lost)
	}
}

func TestALedgerThatIsLostHasNoLead(t *testing.T) {
	_, rdb, s := miniStores(t, 1)
	s[0].Bind("a generation that is gone")
	if _, err := s[0].TakeLead(t.Context(), "desk", leaseTTL); !errors.Is(err, redisstore.ErrLedgerLost) {
		t.Errorf("TakeLead: %v", err)
	}
	if n := rdb.DBSize(t.Context()).Val(); n != 0 {
		t.Errorf("%d keys were written", n)
	}
}

func TestADaemonThatWasSupersededChangesNothing(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) string{
		"miniredis":    func(t *testing.T) string { return miniredis.RunT(t).Addr() },
		"redis-server": func(t *testing.T) string { return realserver.Redis(t).Addr },
	} {
		t.Run(name, func(t *testing.T) {
			rdb := redis.NewClient(&redis.Options{Addr: open(t)})
			t.Cleanup(func() { rdb.Close() })
			s := daemons(t, rdb, 3)
			wantLead(t, s[0], "desk", true)
			if err := s[0].LeaveLead(t.Context(), "desk"); err != nil {
				t.Fatal(err)
			}
			wantLead(t, s[1], "desk", true)
			before := keysOf(t, rdb)
			_, err := s[0].Apply(t.Context(), []escalation.Change{accepted("m1", 1), accepted("m2", 1)})
			if !errors.Is(err, redisstore.ErrSuperseded) {
				t.Errorf("apply by a daemon that no longer leads: %v", err)
			}
			if _, err := s[0].Count(t.Context(), []string{"desk|1|1"}, 1); !errors.Is(err, redisstore.ErrSuperseded) {
				t.Errorf("count by a daemon that no longer leads: %v", err)
			}
			if after := keysOf(t, rdb); after != before {
				t.Errorf("%d keys became %d", before, after)
			}
			for i, store := range s[1:] { // the one that leads, and a command beside the daemon
				applied, err := store.Apply(t.Context(), []escalation.Change{{Event: strconv.Itoa(i), At: start, Location: "desk|1|9"}})
				if err != nil || applied[0].Verdict != escalation.Done {
					t.Errorf("apply = %+v, %v", applied, err)
				}
			}
			step, err := s[0].Apply(t.Context(), []escalation.Change{{Event: "ladder:01234567@1", At: start}})
			if err != nil || step[0].Verdict != escalation.Done {
				t.Errorf("a ladder step, which needs no lead: %+v, %v", step, err)
			}
		})
	}
}

func keysOf(t *testing.T, rdb redis.UniversalClient) int64 {
	t.Helper()
	n, err := rdb.DBSize(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A courier must learn that its claims are another's by now.
func TestAClaimThatAnotherHasTakenIsLost(t *testing.T) {
	_, rdb, stores := miniStores(t, 1)
	b := &bench{T: t, rdb: rdb, store: stores[0], now: start}
	b.apply(accepted("m1", 1))
	late := b.claim()[0].Claim
	b.later(11 * time.Second)
	b.claim()
	var lost notify.LostClaims
	for what, hold := range map[string]notify.Hold{
		"words":   {Claim: late, Raw: []byte("late")},
		"a lease": {Claim: late, Lease: time.Minute},
		"the dot": {Claim: late, Dot: true},
	} {
		err := b.store.Hold(t.Context(), []notify.Hold{hold})
		if !errors.As(err, &lost) || len(lost) != 1 || lost[0] != late {
			t.Errorf("%s for a claim that is lost: %v", what, err)
		}
	}
}
