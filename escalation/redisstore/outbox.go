package redisstore

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/internal/failpoint"
	"escalationd/notify"
)

// Claim implements notify.Outbox: one round lists what is due, one claims it.
func (s *Store) Claim(ctx context.Context, now time.Time, lease time.Duration, n int) ([]notify.Pending, error) {
	ids, err := s.rdb.ZRangeByScore(ctx, s.key("outbox"), &redis.ZRangeBy{Min: "-inf", Max: millis(now), Count: int64(n)}).Result()
	if err != nil {
		return nil, fmt.Errorf("list due notices (ZRANGEBYSCORE): %w", err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	calls := make([]call, len(ids))
	for i, id := range ids {
		calls[i] = call{[]string{s.key("outbox"), s.key("notice", id)}, []any{id, millis(now), millis(now.Add(lease))}}
	}
	cmds, err := failpoint.Get("claim", func() ([]*redis.Cmd, error) { return s.runAll(ctx, claimScript, calls) })
	if err != nil {
		return nil, fmt.Errorf("claim notices: %w", err)
	}
	var claimed []notify.Pending
	for i, cmd := range cmds {
		p, ok, err := readPending(ids[i], cmd)
		if err != nil {
			return claimed, fmt.Errorf("claim notice %s: %w", ids[i], err)
		}
		if ok {
			claimed = append(claimed, p)
		}
	}
	return claimed, nil
}

func readPending(id string, cmd *redis.Cmd) (notify.Pending, bool, error) {
	var p notify.Pending
	f, err := cmd.StringSlice()
	if err != nil || len(f) == 0 {
		return p, false, err
	}
	p.ID = id
	if p.Attempt, err = strconv.Atoi(f[0]); err != nil {
		return p, false, err
	}
	if p.Ambiguous, err = strconv.Atoi(f[1]); err != nil {
		return p, false, err
	}
	if err := json.Unmarshal([]byte(f[2]), &p.Notice); err != nil {
		return p, false, err
	}
	if err := json.Unmarshal([]byte(f[3]), &p.Notice.Letter); err != nil {
		return p, false, err
	}
	if f[4] != "" {
		p.Raw = []byte(f[4])
	}
	return p, true, nil
}

// Seal implements notify.Outbox.
func (s *Store) Seal(ctx context.Context, sealed []notify.Sealed) error {
	claims, calls := make([]notify.Claim, len(sealed)), make([]call, len(sealed))
	for i, n := range sealed {
		claims[i], calls[i] = n.Claim, s.holdCall(n.Claim, "", n.Raw)
	}
	return failpoint.Do("seal", func() error { return s.holdAll(ctx, "seal notices", claims, calls) })
}

// Renew implements notify.Outbox.
func (s *Store) Renew(ctx context.Context, now time.Time, lease time.Duration, claims []notify.Claim) error {
	calls := make([]call, len(claims))
	for i, c := range claims {
		calls[i] = s.holdCall(c, millis(now.Add(lease)), nil)
	}
	return s.holdAll(ctx, "renew leases", claims, calls)
}

func (s *Store) holdAll(ctx context.Context, what string, claims []notify.Claim, calls []call) error {
	held, err := s.settleAll(ctx, what, holdScript, calls)
	if err != nil {
		return err
	}
	var lost notify.LostClaims
	for i, c := range claims {
		if !held[i] {
			lost = append(lost, c)
		}
	}
	if len(lost) > 0 {
		return fmt.Errorf("%s: %w", what, lost)
	}
	return nil
}

func (s *Store) holdCall(c notify.Claim, until string, raw []byte) call {
	return call{[]string{s.key("outbox"), s.key("notice", c.ID)}, []any{c.ID, c.Attempt, until, raw}}
}

// Settle implements notify.Outbox.
func (s *Store) Settle(ctx context.Context, now time.Time, results []notify.Result) error {
	calls := make([]call, len(results))
	for i, r := range results {
		calls[i] = call{
			[]string{s.key("outbox"), s.key("notice", r.ID), s.key("undelivered"), s.key("counts"), s.key("parked")},
			[]any{r.ID, r.Attempt, string(r.Fate), millis(now), millis(r.At), r.Detail, s.retention.Milliseconds()},
		}
	}
	return failpoint.Do("settle", func() error {
		_, err := s.settleAll(ctx, "settle notices", settleScript, calls)
		return err
	})
}

// settleAll runs calls about claims, and says of each whether the claim is
// still held; if not, nothing was done: it is somebody else's by now.
func (s *Store) settleAll(ctx context.Context, what string, script *redis.Script, calls []call) ([]bool, error) {
	if len(calls) == 0 {
		return nil, nil
	}
	cmds, err := s.runAll(ctx, script, calls)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	held := make([]bool, len(cmds))
	for i, cmd := range cmds {
		if held[i], err = cmd.Bool(); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
	}
	return held, nil
}
