package notify

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"escalationd/internal/failpoint"
)

// flight is what one courier has claimed and not settled yet. Its keeper
// settles the ends of attempts as they come, several in one call when they
// come fast, then permits final dots, and renews the leases of the others. So
// no more letters than there are connections are ever in doubt.
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
	held    map[Claim]time.Time // until when, by the courier's clock
	results []Result
	asked   []dot
	stuck   bool // the last call to the outbox failed
}

// dot is a letter of which all but the final dot has been sent.
type dot struct {
	Claim
	answer chan<- error
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
	f.rouse()
}

// permit waits for the permission to send a letter's final dot. It is given
// once the outbox knows of it, and only while the claim is held: also of a
// process that has just been standing still.
func (f *flight) permit(claim Claim) error {
	answer := make(chan error, 1)
	f.mu.Lock()
	f.asked = append(f.asked, dot{claim, answer})
	f.mu.Unlock()
	f.rouse()
	select {
	case err := <-answer:
		if err != nil {
			return err
		}
	case <-f.sending.Done():
		return f.sending.Err()
	}
	if !f.holds(claim) {
		return LostClaims{claim}
	}
	return nil
}

func (f *flight) rouse() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// release gives letters back untried.
func (f *flight) release(rest []Pending, why string) {
	for _, p := range rest {
		f.settle(Result{Claim: p.Claim, Fate: Released, Detail: why})
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
		for {
			err := f.flush()
			f.dot(err)
			if err == nil {
				break
			}
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
	err := f.courier.Outbox.Settle(ctx, results)
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

// dot answers those who ask for a final dot: the trouble there is, or what the
// outbox says.
func (f *flight) dot(trouble error) {
	f.mu.Lock()
	asked := f.asked
	f.asked = nil
	f.mu.Unlock()
	if len(asked) == 0 {
		return
	}
	var lost LostClaims
	if trouble == nil {
		holds := make([]Hold, len(asked))
		for i, d := range asked {
			holds[i] = Hold{Claim: d.Claim, Lease: limbo, Dot: true}
		}
		trouble = failpoint.Do("mark", func() (err error) { lost, err = f.lengthen(holds); return err })
	}
	for _, d := range asked {
		if trouble == nil && slices.Contains(lost, d.Claim) {
			d.answer <- LostClaims{d.Claim}
		} else {
			d.answer <- trouble
		}
	}
}

// renew lengthens the leases of all that is not settled.
func (f *flight) renew() {
	f.mu.Lock()
	holds := make([]Hold, 0, len(f.held))
	for claim := range f.held {
		holds = append(holds, Hold{Claim: claim, Lease: lease})
	}
	f.mu.Unlock()
	if len(holds) > 0 {
		_, _ = f.lengthen(holds) // asked again soon; until then nothing new is sent
	}
}

// lengthen holds on to claims. Those that are lost must not be renewed, and
// what they are for not be sent.
func (f *flight) lengthen(holds []Hold) (LostClaims, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(f.sending), settleTimeout)
	defer cancel()
	asked := f.courier.Now()
	err := f.courier.Outbox.Hold(ctx, holds)
	var lost LostClaims
	if errors.As(err, &lost) {
		f.lose(lost)
		err = nil
	}
	f.courier.noteOutbox(f.sending, err)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stuck = err != nil
	for _, h := range holds {
		until := asked.Add(h.Lease)
		if before, ok := f.held[h.Claim]; ok && err == nil && before.Before(until) {
			f.held[h.Claim] = until
		}
	}
	return lost, err
}
