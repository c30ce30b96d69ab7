// Package redisstore keeps the desk's state in Redis: one server, Sentinel or
// Cluster. All keys the desk writes share one hash tag, so one Lua script can
// apply a Change whole; a single Redis applies some ten thousand of them a
// second, far more than mail arrives.
package redisstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// Store implements escalation.Store and notify.Outbox. It is safe for
// concurrent use, also by several daemons on one Redis.
type Store struct {
	rdb       redis.UniversalClient
	prefix    string
	retention time.Duration
	owner     string // tells this store's own repeated scripts from another daemon's
	daemon    string
	directory directory
	fences    fences

	generation atomic.Pointer[string] // of the ledger that Apply insists on
}

// Options are the settings of a Store.
type Options struct {
	Prefix    string        // before every key, as "escalationd:"
	Retention time.Duration // how long ended matters are remembered; 0 means 9600 hours
	// Daemon names the daemon through all its runs, of which one goes on at a
	// time: the next takes over the leads of the last. Empty: each run is a
	// daemon of its own.
	Daemon string
}

// New makes a Store that uses rdb; the caller closes rdb.
func New(rdb redis.UniversalClient, o Options) *Store {
	if o.Retention == 0 {
		o.Retention = 9600 * time.Hour
	}
	s := &Store{rdb: rdb, prefix: o.Prefix, retention: o.Retention, owner: rand.Text(), daemon: o.Daemon}
	if s.daemon == "" {
		s.daemon = s.owner
	}
	return s
}

// key names one of the desk's own keys; the hash tag puts all of them on one
// node of a cluster.
func (s *Store) key(parts ...string) string {
	return s.prefix + "{desk}:" + strings.Join(parts, ":")
}

// hidden names a key after something that must not be readable in it, as a
// person's address.
func (s *Store) hidden(kind, name string) string {
	return s.key(kind, digestOf(name))
}

func digestOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16])
}

func (s *Store) caseKey(number string) string { return s.prefix + "case:" + number }
func (s *Store) accountKey(id string) string  { return s.prefix + "account:" + id }
func (s *Store) repsKey(id string) string     { return s.accountKey(id) + ":representatives" }
func (s *Store) heartbeatKey() string         { return s.prefix + "feed:heartbeat" }

//go:embed clock.lua
var clockLua string

// timed makes a script that can ask for Redis's time.
func timed(lua string) *redis.Script { return redis.NewScript(clockLua + lua) }

//go:embed apply.lua
var applyLua string

//go:embed ledger.lua
var ledgerLua string

//go:embed count.lua
var countLua string

var (
	ledgerScript = timed(ledgerLua)
	applyScript  = timed(applyLua)
	countScript  = redis.NewScript(countLua)
)

// call is one run of a script.
type call struct {
	keys []string
	args []any
}

// runAll runs one script for each call in a single pipelined round. Where the
// server has lost the script it is loaded and those calls are made again; a
// script must therefore answer the same for the same call.
func (s *Store) runAll(ctx context.Context, script *redis.Script, calls []call) ([]*redis.Cmd, error) {
	cmds, err := s.pipeline(ctx, script, calls)
	if err != nil {
		return nil, err
	}
	var again []int
	for i, cmd := range cmds {
		if redis.HasErrorPrefix(cmd.Err(), "NOSCRIPT") {
			again = append(again, i)
		}
	}
	if len(again) == 0 {
		return cmds, nil
	}
	if err := script.Load(ctx, s.rdb).Err(); err != nil {
		return nil, fmt.Errorf("load script (SCRIPT LOAD): %w", err)
	}
	repeated := make([]call, len(again))
	for j, i := range again {
		repeated[j] = calls[i]
	}
	more, err := s.pipeline(ctx, script, repeated)
	if err != nil {
		return nil, err
	}
	for j, i := range again {
		cmds[i] = more[j]
	}
	return cmds, nil
}

func (s *Store) pipeline(ctx context.Context, script *redis.Script, calls []call) ([]*redis.Cmd, error) {
	cmds := make([]*redis.Cmd, len(calls))
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, c := range calls {
			cmds[i] = p.EvalSha(ctx, script.Hash(), c.keys, c.args...)
		}
		return nil
	})
	for _, cmd := range cmds {
		if serverTrouble(cmd.Err()) {
			return nil, fmt.Errorf("EVALSHA: %w", cmd.Err())
		}
	}
	if serverTrouble(err) {
		return nil, fmt.Errorf("EVALSHA: %w", err)
	}
	return cmds, nil
}

// serverTrouble reports whether an error speaks of the whole server, so that
// the same would befall any other key: it is out of reach, loading, read-only,
// full, or refuses us.
func serverTrouble(err error) bool {
	if err == nil || errors.Is(err, redis.Nil) {
		return false
	}
	var reply redis.Error
	var network net.Error
	switch {
	case errors.As(err, &network), !errors.As(err, &reply):
		return true
	}
	for _, code := range []string{
		"LOADING", "READONLY", "OOM", "MISCONF", "NOAUTH", "NOPERM", "WRONGPASS", "BUSY", "MASTERDOWN",
		"CLUSTERDOWN", "TRYAGAIN", "MOVED", "ASK", "NOREPLICAS", "ERR max number of clients", "EXECABORT", "UNKILLABLE",
	} {
		if redis.HasErrorPrefix(err, code) {
			return true
		}
	}
	return false
}

// millis gives a time to a script: milliseconds since 1970, or nothing.
func millis(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprint(t.UnixMilli())
}
