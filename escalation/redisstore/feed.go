package redisstore

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
)

// PutCases writes cases as the CRM side does, and notes the time of the feed.
func (s *Store) PutCases(ctx context.Context, cases []escalation.Case, now time.Time) error {
	return s.put(ctx, "cases", now, func(p redis.Pipeliner) {
		for _, c := range cases {
			fields := map[string]any{
				"number": c.Number, "account": c.Account, "status": string(c.Status), "severity": c.Severity, "region": c.Region,
				"subject": c.Subject, "owner_name": c.OwnerName, "owner_email": c.OwnerEmail,
				"opened_at": stamp(c.OpenedAt), "customer_wrote_at": stamp(c.CustomerWroteAt), "owner_responded_at": stamp(c.OwnerRespondedAt),
			}
			p.HSet(ctx, s.caseKey(c.Number), fields)
		}
	})
}

// PutAccounts writes accounts with their representatives, who replace those
// that were there.
func (s *Store) PutAccounts(ctx context.Context, accounts []escalation.Account, now time.Time) error {
	return s.put(ctx, "accounts", now, func(p redis.Pipeliner) {
		for _, a := range accounts {
			p.HSet(ctx, s.accountKey(a.ID), "name", a.Name, "region", a.Region, "language", a.Language)
			p.Del(ctx, s.repsKey(a.ID))
			if len(a.Representatives) > 0 {
				members := make([]any, len(a.Representatives))
				for i, r := range a.Representatives {
					members[i] = r
				}
				p.SAdd(ctx, s.repsKey(a.ID), members...)
			}
		}
	})
}

func (s *Store) put(ctx context.Context, what string, now time.Time, write func(redis.Pipeliner)) error {
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		write(p)
		p.Set(ctx, s.heartbeatKey(), now.UTC().Format(time.RFC3339), 0)
		return nil
	})
	if err != nil {
		return fmt.Errorf("write %s (HSET): %w", what, err)
	}
	return nil
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
