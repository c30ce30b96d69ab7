package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/config"
	"escalationd/internal/inbox"
)

// Admin is an operator at work on a desk whose daemons may be running. What an
// operator changes goes into the journal with the operator's name.
type Admin struct {
	config *config.Config
	rdb    redis.UniversalClient
	store  *redisstore.Store
	policy *escalation.Policy
	read   *reader
	now    func() time.Time
	by     string
}

// OpenAdmin makes an Admin for an operator; close it. It contacts nobody; an
// error is a mistake in the configuration.
func OpenAdmin(c *config.Config, operator string, now func() time.Time) (*Admin, error) {
	policy, err := Policy(c)
	if err != nil {
		return nil, err
	}
	rdb := OpenRedis(c.Redis)
	return &Admin{
		config: c, rdb: rdb, policy: policy, now: now, by: operator,
		store: redisstore.New(rdb, redisstore.Options{Prefix: c.Redis.Prefix, Retention: c.Policy.Retention}),
		read:  newReader(c, Parser(c), slog.New(slog.DiscardHandler)),
	}, nil
}

// Close closes the connections.
func (a *Admin) Close() { a.rdb.Close() }

// Reach tells whether Redis is there, which everything but held mails is in.
func (a *Admin) Reach(ctx context.Context) error { return reachRedis(ctx, a.rdb, a.config.Redis) }

// inbox makes the inbox of a configured name.
func (a *Admin) inbox(name string) (*inbox.Inbox, config.Inbox, error) {
	for _, i := range a.config.Inboxes {
		if i.Name == name {
			box, err := inbox.New(inboxOptions(i, a.config.Policy, newLogin(a.config, i), nil))
			return box, i, err
		}
	}
	return nil, config.Inbox{}, fmt.Errorf("there is no inbox %q in the configuration", name)
}

// OperatorError says why something cannot be done; nothing was changed.
type OperatorError struct{ Problem string }

func (e *OperatorError) Error() string { return e.Problem }

func refuse(format string, args ...any) error { return &OperatorError{fmt.Sprintf(format, args...)} }
