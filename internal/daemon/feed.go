package daemon

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/config"
)

// feedBlock is how many rows are written in one round.
const feedBlock = 500

// Feed writes case data into the configured Redis, as the CRM side does.
type Feed struct {
	rdb   redis.UniversalClient
	store *redisstore.Store
}

// OpenFeed makes a Feed; close it.
func OpenFeed(c *config.Config) *Feed {
	rdb := OpenRedis(c.Redis)
	return &Feed{rdb, redisstore.New(rdb, redisstore.Options{Prefix: c.Redis.Prefix, Retention: c.Policy.Retention})}
}

// Close closes the connection.
func (f *Feed) Close() { f.rdb.Close() }

// PutCases writes cases.
func (f *Feed) PutCases(ctx context.Context, cases []escalation.Case) error {
	for block := range slices.Chunk(cases, feedBlock) {
		if err := f.store.PutCases(ctx, block, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// PutAccounts writes accounts.
func (f *Feed) PutAccounts(ctx context.Context, accounts []escalation.Account) error {
	for block := range slices.Chunk(accounts, feedBlock) {
		if err := f.store.PutAccounts(ctx, block, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

func domainOf(addr string) string {
	return addr[strings.LastIndexByte(addr, '@')+1:]
}
