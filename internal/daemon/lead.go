package daemon

import (
	"context"
	"errors"
	"sync"
	"time"

	"escalationd/escalation/redisstore"
	"escalationd/internal/inbox"
)

// Of several daemons one serves an inbox at a time. What it decides is fenced
// in Redis; the lease only keeps the others from doing the same work.
const (
	leadFor     = 9 * time.Second // a crashed daemon's inbox is free after that
	leadRenewed = 3 * time.Second
	leadAsked   = time.Second // by a daemon that waits for it
)

// gate lets an inbox be served while this daemon leads it. It answers
// inbox.Options.Gate; i is the inbox's index.
func (d *Daemon) gate(i int) func(context.Context) (context.Context, func(), error) {
	name := d.config.Inboxes[i].Name
	log := d.log.With("inbox", name)
	return func(ctx context.Context) (context.Context, func(), error) {
		said := ""
		once := func(state string, say func()) {
			if state != said && ctx.Err() == nil {
				said = state
				say()
			}
		}
		defer d.standby[i].Store(false)
		for ctx.Err() == nil {
			l, err := takeLead(ctx, d.store, name)
			d.standby[i].Store(err == nil && l == nil)
			switch {
			case err != nil:
				once("waits", func() { log.Warn("inbox waits for Redis", "error", err) })
			case l == nil:
				once("stands by", func() { log.Warn("inbox is served by another daemon; standing by") })
			default:
				err := d.recall(l, i)
				if err == nil {
					return l, l.release, nil
				}
				l.release()
				once("waits", func() { log.Warn("inbox waits for Redis", "error", err) })
			}
			pause(ctx, leadAsked)
		}
		return nil, nil, ctx.Err()
	}
}

// lead is a context that lasts while this daemon leads an inbox. It ends with
// inbox.ErrLeadLost when another one may, by this daemon's own clock: also in
// the very moment in which a process that stood still goes on.
type lead struct {
	context.Context
	store    *redisstore.Store
	inbox    string
	cancel   context.CancelCauseFunc
	released chan struct{}
	keeper   sync.WaitGroup

	mu    sync.Mutex
	until time.Time
}

// takeLead answers nil while another daemon leads.
func takeLead(ctx context.Context, store *redisstore.Store, name string) (*lead, error) {
	asked := time.Now()
	ok, err := store.TakeLead(ctx, name, leadFor)
	if err != nil || !ok {
		return nil, err
	}
	l := &lead{store: store, inbox: name, released: make(chan struct{}), until: asked.Add(leadFor)}
	l.Context, l.cancel = context.WithCancelCause(ctx)
	l.keeper.Go(l.keep)
	return l, nil
}

// Err implements context.Context.
func (l *lead) Err() error {
	l.mu.Lock()
	over := !time.Now().Before(l.until)
	l.mu.Unlock()
	if over {
		l.cancel(inbox.ErrLeadLost)
	}
	return l.Context.Err()
}

// keep renews the lease until it is lost or released. It outlives the context:
// what is decided is still filed when the daemon stops.
func (l *lead) keep() {
	tick := time.NewTicker(leadRenewed)
	defer tick.Stop()
	for !errors.Is(context.Cause(l.Context), inbox.ErrLeadLost) {
		select {
		case <-l.released:
			return
		case <-tick.C:
		}
		if err := l.renew(); errors.Is(err, redisstore.ErrSuperseded) || errors.Is(err, redisstore.ErrLedgerLost) {
			l.cancel(inbox.ErrLeadLost)
		}
		_ = l.Err() // ends the context once the lease has run out
	}
}

func (l *lead) renew() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.Context), leadRenewed)
	defer cancel()
	asked := time.Now()
	err := l.store.KeepLead(ctx, l.inbox, leadFor)
	if err == nil {
		l.mu.Lock()
		l.until = asked.Add(leadFor)
		l.mu.Unlock()
	}
	return err
}

// release gives the lead up, so that another daemon can take it at once.
func (l *lead) release() {
	close(l.released)
	l.keeper.Wait()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.Context), leadRenewed)
	defer cancel()
	_ = l.store.LeaveLead(ctx, l.inbox) // where Redis is away, the lease runs out
	l.cancel(nil)
}
