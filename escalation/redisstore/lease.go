package redisstore

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// ErrSuperseded says that another daemon has led the inbox since this one took
// the lead. Nothing was decided by the call that answers it.
var ErrSuperseded = errors.New("another daemon leads this inbox")

// fences are the epochs in which this store leads inboxes, or last led them. A
// change that a mail brings about is applied in that epoch alone, so that a
// daemon that stood still while another took over changes nothing any more
// (a fencing token).
type fences struct {
	mu     sync.Mutex
	epochs map[string]string // by inbox
}

//go:embed lease.lua
var leaseLua string

var leaseScript = timed(leaseLua)

// TakeLead takes the lead of an inbox for ttl: true if this store leads now,
// false while somebody else does. The time is Redis's own. It fails with
// ErrLedgerLost as Apply does.
func (s *Store) TakeLead(ctx context.Context, inbox string, ttl time.Duration) (bool, error) {
	epoch, err := s.lease(ctx, inbox, ttl, "take")
	if err != nil || epoch == "" {
		return false, err
	}
	s.fences.mu.Lock()
	defer s.fences.mu.Unlock()
	if s.fences.epochs == nil {
		s.fences.epochs = map[string]string{}
	}
	s.fences.epochs[inbox] = epoch
	return true, nil
}

// KeepLead lengthens the lead of an inbox to ttl from now. It fails with
// ErrSuperseded where another daemon has led since TakeLead; a lease that ran
// out and was taken by nobody goes on.
func (s *Store) KeepLead(ctx context.Context, inbox string, ttl time.Duration) error {
	epoch, err := s.lease(ctx, inbox, ttl, "keep")
	if err == nil && epoch == "" {
		err = ErrSuperseded
	}
	return err
}

// LeaveLead gives up the lead of an inbox, so that another daemon can take it
// at once. Where somebody else leads it does nothing.
func (s *Store) LeaveLead(ctx context.Context, inbox string) error {
	_, err := s.lease(ctx, inbox, 0, "keep")
	return err
}

func (s *Store) lease(ctx context.Context, inbox string, ttl time.Duration, how string) (epoch string, err error) {
	epoch, err = leaseScript.Run(ctx, s.rdb, []string{s.key("lead", inbox), s.key("ledger")},
		s.bound(), s.owner, s.daemon, ttl.Milliseconds(), how).Text()
	if err == nil && epoch == "lost" {
		err = ErrLedgerLost
	}
	if err != nil {
		return "", fmt.Errorf("%s the lead of inbox %s (EVALSHA): %w", how, inbox, err)
	}
	return epoch, nil
}

// fence answers the key and the epoch that a change of a mail at a location
// is checked against. The epoch is empty, and nothing checked, where this
// store never led the inbox: in the commands beside the daemon.
func (s *Store) fence(location string) (key, epoch string) {
	inbox, _, _ := strings.Cut(location, "|")
	s.fences.mu.Lock()
	defer s.fences.mu.Unlock()
	return s.key("lead", inbox), s.fences.epochs[inbox]
}
