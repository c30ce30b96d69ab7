package daemon

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"escalationd/escalation"
)

// holdAlarm tells ops that the desk holds: whichever daemons find it out, one
// tells, until the relay takes it, and once more each day. It goes past the
// outbox, because the ledger that the outbox is part of cannot be used.
type holdAlarm struct {
	daemon *Daemon
	untold []string // addresses
	told   bool
	logged string
}

const (
	tellWithin = time.Minute // then another daemon does
	tellAgain  = 24 * time.Hour
)

func (d *Daemon) holdKey() string { return "holds:" + d.witness.Generation }

func (a *holdAlarm) tell(ctx context.Context, hold *HoldError) {
	store, key := a.daemon.store, a.daemon.holdKey()
	ctx, cancel := context.WithTimeout(ctx, tellWithin/2)
	defer cancel()
	if len(a.untold) == 0 {
		first, err := store.FirstToSay(ctx, key, tellWithin)
		if err == nil && !first || err != nil && a.told {
			return
		}
		a.untold = slices.Clone(a.daemon.desk.Policy.Ops)
	}
	a.untold = slices.DeleteFunc(a.untold, func(to string) bool { return a.send(ctx, to, hold) })
	a.told = len(a.untold) == 0
	again := tellWithin
	if a.told {
		again = tellAgain
	}
	if err := store.Said(ctx, key, again); err != nil {
		a.daemon.log.Debug("ops may be told again", "error", err)
	}
}

func (a *holdAlarm) send(ctx context.Context, to string, hold *HoldError) bool {
	now := a.daemon.now()
	err := a.daemon.sendNow(ctx, escalation.Notice{
		ID: strings.ToLower(rand.Text()), Kind: escalation.KindAlarm, To: to, CreatedAt: now,
		Letter: escalation.Letter{Alarms: []escalation.Alarm{{At: now, What: "ledger", Detail: hold.Error()}}},
	})
	if err != nil && err.Error() != a.logged {
		a.logged = err.Error()
		a.daemon.log.Error("ops do not know yet that the desk holds; trying on", "error", err)
	}
	return err == nil
}
