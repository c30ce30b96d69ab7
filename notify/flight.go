package notify

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

// flight is what one courier has claimed and not settled yet. Its keeper
// settles the ends of attempts as they come, several in one call when they
// come fast, and renews the leases of the others.
type flight struct {
	courier *Courier
	sending context.Context // outlives the courier's by the grace
	cancel  func()
	slots   chan struct{}
	workers sync.WaitGroup
	keeper  sync.WaitGroup
	landing chan struct{} // closed when the workers are done
	wake    chan struct{}

	mu      sync.Mutex
	held    map[Claim]time.Time // until when
	results []Result
	stuck   bool // the last call to the outbox failed
}

const (
	settleTimeout = 2 * time.Second
	settlePause   = 200 * time.Millisecond
)

func (c *Courier) takeOff(ctx context.Context) *flight {
	f := &flight{
		courier: c,
		slots:   make(chan struct{}, c.connections()),
		landing: make(chan struct{}),
		wake:    make(chan struct{}, 1),
		held:    map[Claim]time.Time{},
	}
	var cancel context.CancelFunc
	f.sending, cancel = context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, cancel)
		context.AfterFunc(f.sending, func() { timer.Stop() })
	})
	f.cancel = func() { stop(); cancel() }
	f.keeper.Go(f.keep)
	return f
}

// land waits until all is sent and settled, or the grace is over.
func (f *flight) land() {
	f.workers.Wait()
	close(f.landing)
	f.keeper.Wait()
	f.cancel()
}

// slot waits for a free connection; false when ctx ended before.
func (f *flight) slot(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case f.slots <- struct{}{}:
	}
	if ctx.Err() != nil {
		f.free()
		return false
	}
	return true
}

func (f *flight) free() { <-f.slots }

func (f *flight) hold(claimed []Pending, until time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range claimed {
		f.held[p.Claim] = until
	}
}

// adrift reports that leases may be running out because the outbox does not
// answer: then nothing more may be sent.
func (f *flight) adrift() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stuck
}

// holds reports whether a letter's lease still lasts.
func (f *flight) holds(claim Claim) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.courier.Now().Before(f.held[claim])
}

// lose forgets claims: they must not be renewed, and what they are for not be
// sent.
func (f *flight) lose(claims []Claim) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range claims {
		delete(f.held, c)
	}
}

func (f *flight) settle(r Result) {
	f.mu.Lock()
	f.results = append(f.results, r)
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// release gives letters back untried.
func (f *flight) release(rest []Pending, why string) {
	for _, p := range rest {
		f.settle(Result{Claim: p.Claim, Fate: Released, At: f.courier.Now(), Detail: why})
	}
}

// keep settles and renews until all is settled. An outbox that does not
// answer is asked again; what was sent must not be forgotten.
func (f *flight) keep() {
	renew := time.NewTicker(renewEvery)
	defer renew.Stop()
	landing := f.landing
	for {
		select {
		case <-f.wake:
		case <-renew.C:
			f.renew()
		case <-landing:
			landing = nil
		}
		for f.flush() != nil {
			select {
			case <-time.After(settlePause):
			case <-f.sending.Done():
				return
			}
		}
		if landing == nil {
			return
		}
	}
}

// flush settles the results at hand.
func (f *flight) flush() error {
	f.mu.Lock()
	results := f.results
	f.mu.Unlock()
	if len(results) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(f.sending), settleTimeout)
	defer cancel()
	err := f.courier.Outbox.Settle(ctx, f.courier.Now(), results)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stuck = err != nil
	if err != nil {
		f.courier.noteOutbox(f.sending, err)
		return err
	}
	f.results = f.results[len(results):]
	for _, r := range results {
		delete(f.held, r.Claim)
	}
	return nil
}

// renew lengthens the leases of all that is not settled.
func (f *flight) renew() {
	f.mu.Lock()
	claims := slices.Collect(maps.Keys(f.held))
	f.mu.Unlock()
	if len(claims) == 0 {
		return
	}
	now := f.courier.Now()
	err := f.courier.Outbox.Renew(f.sending, now, lease, claims)
	var lost LostClaims
	if errors.As(err, &lost) {
		f.lose(lost)
		err = nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stuck = err != nil
	for _, claim := range claims {
		if _, ok := f.held[claim]; ok && err == nil {
			f.held[claim] = now.Add(lease)
		}
	}
}
