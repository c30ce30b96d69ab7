package redisstore

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/internal/failpoint"
	"escalationd/notify"
)

//go:embed reclaim.lua
var reclaimLua string

//go:embed due.lua
var dueLua string

//go:embed claim.lua
var claimLua string

//go:embed hold.lua
var holdLua string

//go:embed settle.lua
var settleLua string

var (
	reclaimScript = timed(reclaimLua)
	dueScript     = timed(dueLua)
	claimScript   = timed(claimLua)
	holdScript    = timed(holdLua)
	settleScript  = timed(settleLua)
)

// Reclaim implements notify.Outbox. Earlier couriers are those of the same
// daemon, of which one run goes on at a time.
func (s *Store) Reclaim(ctx context.Context) error {
	ids, err := s.rdb.ZRange(ctx, s.key("outbox"), 0, -1).Result()
	if err != nil {
		return fmt.Errorf("list waiting notices (ZRANGE): %w", err)
	}
	for some := range slices.Chunk(ids, reclaimBatch) {
		calls := make([]call, len(some))
		for i, id := range some {
			calls[i] = call{[]string{s.key("outbox"), s.key("notice", id)}, []any{id, s.daemon}}
		}
		if _, err := s.runAll(ctx, reclaimScript, calls); err != nil {
			return fmt.Errorf("reclaim notices: %w", err)
		}
	}
	return nil
}

// reclaimBatch is how many notices are looked at in one round.
const reclaimBatch = 1000

// Claim implements notify.Outbox: one round lists what is due, one claims it.
func (s *Store) Claim(ctx context.Context, lease time.Duration, n int) ([]notify.Pending, error) {
	ids, err := dueScript.Run(ctx, s.rdb, []string{s.key("outbox")}, n).StringSlice()
	if err != nil {
		return nil, fmt.Errorf("list due notices (EVALSHA): %w", err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	calls, token := make([]call, len(ids)), rand.Text()
	for i, id := range ids {
		calls[i] = call{[]string{s.key("outbox"), s.key("notice", id)}, []any{id, lease.Milliseconds(), s.daemon, token}}
	}
	cmds, err := failpoint.Get("claim", func() ([]*redis.Cmd, error) { return s.runAll(ctx, claimScript, calls) })
	if err != nil {
		return nil, fmt.Errorf("claim notices: %w", err)
	}
	var claimed []notify.Pending
	var spoilt error
	for i, cmd := range cmds {
		switch p, ok, err := readPending(ids[i], cmd); {
		case err != nil:
			spoilt = errors.Join(spoilt, fmt.Errorf("claim notice %s (EVALSHA): %w", ids[i], err))
		case ok:
			claimed = append(claimed, p)
		}
	}
	return claimed, spoilt
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

// Hold implements notify.Outbox.
func (s *Store) Hold(ctx context.Context, holds []notify.Hold) error {
	calls := make([]call, len(holds))
	for i, h := range holds {
		calls[i] = call{[]string{s.key("outbox"), s.key("notice", h.ID)}, []any{h.ID, h.Attempt, h.Lease.Milliseconds(), h.Raw, h.Dot}}
	}
	held, err := s.settleAll(ctx, "hold notices", holdScript, calls)
	if err != nil {
		return err
	}
	var lost notify.LostClaims
	for i, h := range holds {
		if !held[i] {
			lost = append(lost, h.Claim)
		}
	}
	if len(lost) > 0 {
		return fmt.Errorf("hold notices: %w", lost)
	}
	return nil
}

// Settle implements notify.Outbox.
func (s *Store) Settle(ctx context.Context, results []notify.Result) error {
	calls := make([]call, len(results))
	for i, r := range results {
		calls[i] = call{
			[]string{s.key("outbox"), s.key("notice", r.ID), s.key("undelivered"), s.key("counts"), s.key("parked")},
			[]any{r.ID, r.Attempt, string(r.Fate), r.Pause.Milliseconds(), r.Detail, s.retention.Milliseconds()},
		}
	}
	return failpoint.Do("settle", func() error {
		_, err := s.settleAll(ctx, "settle notices", settleScript, calls)
		return err
	})
}

// settleAll runs calls about claims, and says of each whether the claim is
// still held; if not, nothing was done: it is somebody else's by now, or its
// key holds no letter any more.
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
			return nil, fmt.Errorf("%s (EVALSHA): %w", what, err)
		}
	}
	return held, nil
}
