package redisstore

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
)

// vouchedFor is how long an operator's word for a sender waits for its mail.
const vouchedFor = 30 * 24 * time.Hour

// How long each kind of key keeps personal data:
//
//	event, notice, escalation  a TTL of policy.retention from their end, set by apply.lua and settle.lua
//	quota                      a TTL of the quota's window
//	journal, parked, ended, undelivered, vouched, and what an active escalation remembers of earlier ones: Trim
//	alarms                     until they are told, within a minute
//	outbox, due, active, tries, counts, trimmed, digests, held, ledger, commits: no personal data

// Trim removes what is older than the retention and has no TTL of its own.
// Call it about once an hour; several daemons may.
func (s *Store) Trim(ctx context.Context, now time.Time) error {
	before := now.Add(-s.retention)
	if err := s.trimJournal(ctx, before); err != nil {
		return fmt.Errorf("trim the journal (XDEL): %w", err)
	}
	if err := expireScript.Run(ctx, s.rdb, []string{s.key("parked"), s.key("counts")}, millis(before)).Err(); err != nil {
		return fmt.Errorf("forget parked letters: %w", err)
	}
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, list := range []string{"ended", "undelivered"} {
			p.ZRemRangeByScore(ctx, s.key(list), "-inf", millis(before))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("trim lists (ZREMRANGEBYSCORE): %w", err)
	}
	if err := s.trimVouched(ctx, now); err != nil {
		return fmt.Errorf("trim whom operators vouch for (HGETALL, HDEL): %w", err)
	}
	if err := s.trimEarlier(ctx, before); err != nil {
		return fmt.Errorf("trim earlier escalations: %w", err)
	}
	return nil
}

// trimJournal takes old lines out of the journal; what they told stays in sums,
// so that the counts can be held against the journal for ever.
func (s *Store) trimJournal(ctx context.Context, before time.Time) error {
	for {
		entries, err := s.rdb.XRangeN(ctx, s.key("journal"), "-", "("+millis(before), journalChunk).Result()
		if err != nil || len(entries) == 0 {
			return err
		}
		told := tally{}
		args := []any{len(entries)}
		for _, e := range entries {
			told.add(readLine(e.Values))
			args = append(args, e.ID)
		}
		for name, n := range told {
			args = append(args, name, n)
		}
		if err := trimScript.Run(ctx, s.rdb, []string{s.key("journal"), s.key("trimmed")}, args...).Err(); err != nil {
			return err
		}
	}
}

func (s *Store) trimVouched(ctx context.Context, now time.Time) error {
	vouched, err := s.rdb.HGetAll(ctx, s.key("vouched")).Result()
	if err != nil {
		return err
	}
	for digest, at := range vouched {
		if now.Sub(readTime(at)) > vouchedFor {
			if err := s.rdb.HDel(ctx, s.key("vouched"), digest).Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

// trimEarlier forgets, in escalations that go on, how earlier ones of the case
// ended too long ago.
func (s *Store) trimEarlier(ctx context.Context, before time.Time) error {
	active, err := s.rdb.SMembers(ctx, s.key("active")).Result()
	if err != nil {
		return err
	}
	for _, number := range active {
		_, err := s.rewrite(ctx, s.key("escalation", number), func(e *escalation.Escalation) bool {
			n := len(e.Earlier)
			e.Earlier = slices.DeleteFunc(e.Earlier, func(o escalation.Outcome) bool { return o.EndedAt.Before(before) })
			return len(e.Earlier) < n
		})
		if err != nil {
			return err
		}
	}
	return nil
}

//go:embed replace.lua
var replaceLua string

//go:embed trim.lua
var trimLua string

//go:embed expire.lua
var expireLua string

var (
	replaceScript = redis.NewScript(replaceLua)
	trimScript    = redis.NewScript(trimLua)
	expireScript  = redis.NewScript(expireLua)
)

// rewriteTries bounds how often a rewrite gives way to the desk's own changes.
const rewriteTries = 20

// rewrite changes what an escalation remembers, without an event. Its revision
// rises, so that a change which was judged by the old data is judged again.
// The function says whether it has changed anything; it is called again where
// the escalation has moved on meanwhile.
func (s *Store) rewrite(ctx context.Context, key string, change func(*escalation.Escalation) bool) (bool, error) {
	for range rewriteTries {
		old, err := s.rdb.HGet(ctx, key, "data").Result()
		if errors.Is(err, redis.Nil) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("read %s (HGET): %w", key, err)
		}
		var e escalation.Escalation
		if err := json.Unmarshal([]byte(old), &e); err != nil {
			return false, fmt.Errorf("read %s: %w", key, err)
		}
		if !change(&e) {
			return false, nil
		}
		e.Revision++
		data, err := json.Marshal(&e)
		if err != nil {
			return false, fmt.Errorf("encode %s: %w", key, err)
		}
		done, err := replaceScript.Run(ctx, s.rdb, []string{key}, old, data, e.Revision).Int()
		if err != nil {
			return false, fmt.Errorf("rewrite %s (EVALSHA): %w", key, err)
		}
		if done == 1 {
			return true, nil
		}
	}
	return false, fmt.Errorf("rewrite %s: it changes all the time; try again", key)
}
