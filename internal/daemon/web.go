package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"escalationd/internal/config"
	"escalationd/internal/web"
)

// condition is something the daemon needs, and what is wrong with it now. It
// is safe for concurrent use.
type condition struct {
	mu  sync.Mutex
	err error
}

// errNotTried is the state before the first try.
var errNotTried = errors.New("not tried yet")

// set answers the problem's text, and the one there was before.
func (c *condition) set(err error) (now, before string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before = problemText(c.err)
	c.err = err
	return problemText(err), before
}

func (c *condition) problem() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return problemText(c.err)
}

// problemText says what is wrong, without what only operators may see.
func problemText(err error) string {
	var hold *HoldError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &hold):
		return hold.Error()
	case errors.Is(err, errNotTried):
		return "not reached yet"
	case errors.Is(err, context.DeadlineExceeded):
		return "not reached: no answer in time"
	}
	return "not reached; the log says why"
}

func (d *Daemon) newWeb(c config.Web) (*web.Server, error) {
	d.redis.set(errNotTried)
	d.ledger.set(errNotTried)
	o := web.Options{
		Listen: c.Listen, Hosts: c.Hosts, Ready: d.ready, Counts: d.counts, Board: d.board, Version: Version(), Log: d.log,
	}
	if !c.Token.IsZero() {
		o.Token = c.Token.Read
	}
	server, err := web.New(o)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return server, nil
}

// ready answers whether inboxes, Redis and relay are reached. A daemon that
// stands by for another is ready too.
func (d *Daemon) ready() []web.Condition {
	conditions := make([]web.Condition, 0, len(d.inboxes)+2)
	for i, box := range d.inboxes {
		s := box.Status()
		c := web.Condition{Name: "inbox:" + d.config.Inboxes[i].Name}
		if !s.Connected && !d.standby[i].Load() {
			c.Problem = problemText(cmp.Or(s.Err, errNotTried))
		}
		conditions = append(conditions, c)
	}
	relay := web.Condition{Name: "relay"}
	if !d.courier.Status().Reached {
		relay.Problem = problemText(errNotTried)
	}
	return append(conditions, web.Condition{Name: "redis", Problem: d.redis.problem()},
		web.Condition{Name: "ledger", Problem: d.ledger.problem()}, relay)
}

// counts are the numbers of the ledger and the outbox.
func (d *Daemon) counts(ctx context.Context) (map[string]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	counts, err := d.store.Counts(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for disposition, n := range counts.Mails {
		out[web.Count("mails_total", "disposition", string(disposition))] = n
	}
	for fate, n := range counts.Notices {
		out[web.Count("notices_total", "fate", fate)] = n
	}
	for act, n := range counts.Acts {
		out[web.Count("mails_by_hand_total", "act", act)] = n
	}
	out[web.Count("mails_seen_total", "", "")] = counts.Seen
	out[web.Count("mails_undecided", "", "")] = counts.Pending
	out[web.Count("mails_unaccounted", "", "")] = counts.Gap()
	out[web.Count("letters_unaccounted", "", "")] = counts.LetterGap()
	for name, l := range d.logins {
		if age, ok := l.age(); ok {
			out[web.Count("oauth_token_age_seconds", "login", name)] = int64(age.Seconds())
		}
	}
	out[web.Count("outbox_waiting", "", "")] = counts.Waiting
	out[web.Count("outbox_parked", "", "")] = counts.Parked
	out[web.Count("escalations_active", "", "")] = counts.Active
	return out, nil
}
