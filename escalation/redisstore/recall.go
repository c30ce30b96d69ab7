package redisstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Recalled answers for which generation of the ledger the mails of an inbox
// have been looked through last; empty if never.
func (s *Store) Recalled(ctx context.Context, inbox string) (generation string, err error) {
	generation, err = s.rdb.HGet(ctx, s.key("ledger"), "recalled:"+inbox).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("read what was recalled (HGET): %w", err)
	}
	return generation, nil
}

// SetRecalled notes that the mails of an inbox have been looked through for a
// generation of the ledger.
func (s *Store) SetRecalled(ctx context.Context, inbox, generation string) error {
	if err := s.rdb.HSet(ctx, s.key("ledger"), "recalled:"+inbox, generation).Err(); err != nil {
		return fmt.Errorf("note what was recalled (HSET): %w", err)
	}
	return nil
}
