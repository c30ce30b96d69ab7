package redisstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
)

// directoryAge is how old the list of all representatives may be before a
// sender who is not in it is looked for again. Reading it costs a scan, so a
// flood of strangers must not cause one each.
const directoryAge = 5 * time.Second

// directory is the list of all accounts' representatives. It serves only
// mails that name no known case; a case names its account.
type directory struct {
	mu       sync.Mutex
	readAt   time.Time
	accounts int             // that have representatives
	roll     escalation.Roll // these
	cases    bool            // there is a case at all
}

func (d *directory) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.readAt = time.Time{}
}

// represents answers the IDs of the accounts that addr represents.
func (s *Store) represents(ctx context.Context, addr string) ([]string, error) {
	d := &s.directory
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.readAt) > directoryAge {
		accounts, err := s.readDirectory(ctx)
		if err != nil {
			return nil, fmt.Errorf("read representatives (SCAN, SMEMBERS): %w", err)
		}
		cases, err := s.anyKey(ctx, s.caseKey("*"))
		if err != nil {
			return nil, fmt.Errorf("look for cases (SCAN): %w", err)
		}
		d.roll = escalation.Roll{}
		for id, reps := range accounts {
			d.roll.Add(id, reps)
		}
		d.accounts, d.cases, d.readAt = len(accounts), cases, time.Now()
	}
	return d.roll.Represented(addr), nil
}

// unfed reports, after represents, that the database is empty: that it knows no
// representatives or, where a case is asked for, no case.
func (s *Store) unfed(ofCase bool) bool {
	d := &s.directory
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.accounts == 0 || ofCase && !d.cases
}

func (s *Store) readDirectory(ctx context.Context) (map[string][]string, error) {
	keys, err := s.scan(ctx, s.repsKey("*"))
	if err != nil {
		return nil, err
	}
	accounts := make(map[string][]string, len(keys))
	for chunk := range slices.Chunk(keys, 500) {
		cmds := make([]*redis.StringSliceCmd, len(chunk))
		_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, k := range chunk {
				cmds[i] = p.SMembers(ctx, k)
			}
			return nil
		})
		if serverTrouble(err) {
			return nil, err
		}
		for i, k := range chunk {
			id := strings.TrimSuffix(strings.TrimPrefix(k, s.accountKey("")), ":representatives")
			accounts[id] = cmds[i].Val()
		}
	}
	return accounts, nil
}

// scan lists the keys that match a pattern, on all masters of a cluster.
func (s *Store) scan(ctx context.Context, pattern string) ([]string, error) {
	var mu sync.Mutex
	var keys []string
	err := s.onMasters(ctx, func(ctx context.Context, c *redis.Client) error {
		it := c.Scan(ctx, 0, pattern, 1000).Iterator()
		for it.Next(ctx) {
			mu.Lock()
			keys = append(keys, it.Val())
			mu.Unlock()
		}
		return it.Err()
	})
	slices.Sort(keys)
	return slices.Compact(keys), err
}

// anyKey reports whether some key matches a pattern.
func (s *Store) anyKey(ctx context.Context, pattern string) (bool, error) {
	var found atomic.Bool
	err := s.onMasters(ctx, func(ctx context.Context, c *redis.Client) error {
		it := c.Scan(ctx, 0, pattern, 1000).Iterator()
		if !found.Load() && it.Next(ctx) {
			found.Store(true)
		}
		return it.Err()
	})
	return found.Load(), err
}

func (s *Store) onMasters(ctx context.Context, one func(context.Context, *redis.Client) error) error {
	switch c := s.rdb.(type) {
	case *redis.ClusterClient:
		return c.ForEachMaster(ctx, one)
	case *redis.Client:
		return one(ctx, c)
	}
	return nil
}

// similar answers the numbers of cases that differ from number by one
// character or two neighbours swapped, and belong to one of the accounts.
func (s *Store) similar(ctx context.Context, number string, accounts []string) ([]string, error) {
	if number == "" || len(accounts) == 0 {
		return nil, nil
	}
	candidates := neighbours(number)
	cmds := make([]*redis.StringCmd, len(candidates))
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, c := range candidates {
			cmds[i] = p.HGet(ctx, s.caseKey(c), "account")
		}
		return nil
	})
	if serverTrouble(err) {
		return nil, fmt.Errorf("look for similar cases (HGET): %w", err)
	}
	var found []string
	for i, c := range candidates {
		if id := cmds[i].Val(); id != "" && slices.Contains(accounts, id) {
			found = append(found, c)
		}
	}
	return found, nil
}

// neighbours are the strings a slip of the finger away from number: a digit
// changed, dropped, added or swapped with the next, a hyphen forgotten.
func neighbours(number string) []string {
	if len(number) > 32 {
		return nil
	}
	var out []string
	for i := range len(number) {
		out = append(out, number[:i]+number[i+1:], number[:i+1]+number[i:])
		if i+1 < len(number) {
			out = append(out, number[:i]+number[i+1:i+2]+number[i:i+1]+number[i+2:])
		}
		for d := byte('0'); d <= '9'; d++ {
			out = append(out, number[:i]+string(d)+number[i+1:])
		}
	}
	for _, c := range []byte("0123456789-") {
		for i := range len(number) + 1 {
			out = append(out, number[:i]+string(c)+number[i:])
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.DeleteFunc(out, func(s string) bool { return s == number || s == "" })
}

// Representatives counts the accounts that have representatives, and those.
func (s *Store) Representatives(ctx context.Context) (accounts, representatives int, err error) {
	directory, err := s.readDirectory(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("read representatives (SCAN, SMEMBERS): %w", err)
	}
	for _, reps := range directory {
		representatives += len(reps)
	}
	return len(directory), representatives, nil
}

// CaseRegions lists the regions that cases have, in lower case.
func (s *Store) CaseRegions(ctx context.Context) ([]string, error) {
	keys, err := s.scan(ctx, s.caseKey("*"))
	if err != nil {
		return nil, fmt.Errorf("list cases (SCAN): %w", err)
	}
	var regions []string
	for chunk := range slices.Chunk(keys, 500) {
		cmds := make([]*redis.StringCmd, len(chunk))
		_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, k := range chunk {
				cmds[i] = p.HGet(ctx, k, "region")
			}
			return nil
		})
		if serverTrouble(err) {
			return nil, fmt.Errorf("read the regions of cases (HGET): %w", err)
		}
		for _, cmd := range cmds {
			if region := strings.ToLower(strings.TrimSpace(cmd.Val())); region != "" && !slices.Contains(regions, region) {
				regions = append(regions, region)
			}
		}
	}
	return regions, nil
}
