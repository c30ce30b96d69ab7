package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrLedgerLost says that Redis no longer holds the ledger this store was
// bound to: it was emptied, replaced or swapped. Nothing was written.
var ErrLedgerLost = errors.New("the ledger this desk worked with is no longer in Redis")

// Ledger tells one life of the desk's data in Redis from another. Its times are
// Redis's own, so that those of one can be held against each other.
type Ledger struct {
	Generation string    // empty: Redis holds no ledger
	MadeAt     time.Time // when this generation began
	Accepted   bool      // a person began it, after a loss
	Commits    int64     // changes applied so far; never falls, unless data were lost
	ReadAt     time.Time // all of it is as it stood then, or later
}

var timeScript = timed("return clock()")

// Ledger reads which ledger Redis holds.
func (s *Store) Ledger(ctx context.Context) (Ledger, error) {
	pipe := s.rdb.Pipeline()
	now := timeScript.Eval(ctx, pipe, []string{s.key("ledger")})
	fields := pipe.HGetAll(ctx, s.key("ledger"))
	commits := pipe.Get(ctx, s.key("commits"))
	if _, err := pipe.Exec(ctx); serverTrouble(err) {
		return Ledger{}, fmt.Errorf("read the ledger (EVAL, HGETALL, GET): %w", err)
	}
	ms, err := now.Int64()
	if err != nil {
		return Ledger{}, fmt.Errorf("read Redis's time (EVAL): %w", err)
	}
	f, err := fields.Result()
	if err != nil {
		return Ledger{}, fmt.Errorf("read the ledger (HGETALL): %w", err)
	}
	if err := commits.Err(); err != nil && !errors.Is(err, redis.Nil) {
		return Ledger{}, fmt.Errorf("read the ledger (GET): %w", err)
	}
	n, _ := strconv.ParseInt(commits.Val(), 10, 64)
	return Ledger{
		Generation: f["generation"], MadeAt: readMadeAt(f["made_at"]), Accepted: f["accepted"] == "1", Commits: n,
		ReadAt: time.UnixMilli(ms).UTC(),
	}, nil
}

// readMadeAt reads what ledger.lua writes; earlier versions wrote RFC 3339.
func readMadeAt(text string) time.Time {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(ms).UTC()
	}
	return readTime(text)
}

// BeginLedger makes the ledger of a first start. Of several daemons that start
// at once one makes it.
func (s *Store) BeginLedger(ctx context.Context) error {
	return s.makeLedger(ctx, "0")
}

// AcceptLedger begins a new generation over whatever Redis holds, because a
// person says so.
func (s *Store) AcceptLedger(ctx context.Context) error {
	return s.makeLedger(ctx, "1")
}

func (s *Store) makeLedger(ctx context.Context, accepted string) error {
	err := ledgerScript.Run(ctx, s.rdb, []string{s.key("ledger")}, rand.Text(), accepted).Err()
	if err != nil {
		return fmt.Errorf("make a ledger (EVALSHA): %w", err)
	}
	return nil
}

// FirstToSay answers true to the first who wants to say something, and false
// to all others for a while.
func (s *Store) FirstToSay(ctx context.Context, what string, forHowLong time.Duration) (bool, error) {
	return s.say(ctx, what, redis.SetArgs{Mode: "NX", TTL: forHowLong})
}

// Said notes that something was said and need not be for a while.
func (s *Store) Said(ctx context.Context, what string, forHowLong time.Duration) error {
	_, err := s.say(ctx, what, redis.SetArgs{TTL: forHowLong})
	return err
}

func (s *Store) say(ctx context.Context, what string, how redis.SetArgs) (bool, error) {
	err := s.rdb.SetArgs(ctx, s.key("said", what), "", how).Err()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("note what was said (SET): %w", err)
	}
	return true, nil
}

// Unsaid forgets that something was said.
func (s *Store) Unsaid(ctx context.Context, what string) error {
	if err := s.rdb.Del(ctx, s.key("said", what)).Err(); err != nil {
		return fmt.Errorf("forget what was said (DEL): %w", err)
	}
	return nil
}

// Bind makes Apply refuse, with ErrLedgerLost, once Redis holds another
// ledger. What was read before is forgotten.
func (s *Store) Bind(generation string) {
	s.generation.Store(&generation)
	s.directory.forget()
}

func (s *Store) bound() string {
	if g := s.generation.Load(); g != nil {
		return *g
	}
	return ""
}
