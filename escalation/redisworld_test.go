package escalation_test

import (
	"context"
	"time"

	"github.com/alicebob/miniredis/v2"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/notify"
)

// store is a Store whose outbox a scene empties.
type store interface {
	escalation.Store
	deliver() ([]escalation.Notice, error)
	putCase(c escalation.Case, now time.Time) error
	putAccount(a escalation.Account, now time.Time) error
	clock(now time.Time)
}

// redisWorld is redisstore on a miniredis whose clock the scene moves.
type redisWorld struct {
	*redisstore.Store
	server *miniredis.Miniredis
	now    time.Time
}

func (w *redisWorld) deliver() ([]escalation.Notice, error) {
	var sent []escalation.Notice
	for {
		claimed, err := w.Claim(context.Background(), 10*time.Second, 50)
		if err != nil || len(claimed) == 0 {
			return sent, err
		}
		for _, p := range claimed {
			sent = append(sent, p.Notice)
			if err := w.Settle(context.Background(), []notify.Result{{Claim: p.Claim, Fate: notify.Sent}}); err != nil {
				return sent, err
			}
		}
	}
}

func (w *redisWorld) putCase(c escalation.Case, now time.Time) error {
	return w.PutCases(context.Background(), []escalation.Case{c}, now)
}

func (w *redisWorld) putAccount(a escalation.Account, now time.Time) error {
	return w.PutAccounts(context.Background(), []escalation.Account{a}, now)
}

func (w *redisWorld) clock(now time.Time) {
	w.server.SetTime(now)
	if !w.now.IsZero() {
		w.server.FastForward(now.Sub(w.now))
	}
	w.now = now
}
