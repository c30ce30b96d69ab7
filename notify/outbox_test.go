package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"escalationd/escalation"
)

// memoryOutbox keeps the promises of Outbox in memory.
type memoryOutbox struct {
	mu     sync.Mutex
	rows   map[string]*row
	down   error // answered by every call
	calls  map[string]int
	change chan struct{} // gets a token at each settled row
	now    func() time.Time
}

type row struct {
	Pending
	due     time.Time
	fate    Fate // empty while it waits
	detail  string
	history []Fate
	raws    map[string]bool // bytes ever sealed
	dot     bool            // the last attempt came so far, and has no end
}

func newOutbox(notices ...escalation.Notice) *memoryOutbox {
	o := &memoryOutbox{rows: map[string]*row{}, calls: map[string]int{}, change: make(chan struct{}, 10000), now: time.Now}
	o.add(notices...)
	return o
}

func (o *memoryOutbox) add(notices ...escalation.Notice) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, n := range notices {
		o.rows[n.ID] = &row{Pending: Pending{Claim: Claim{ID: n.ID}, Notice: n}, due: n.CreatedAt, raws: map[string]bool{}}
	}
}

func (o *memoryOutbox) Claim(_ context.Context, lease time.Duration, n int) ([]Pending, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls["claim"]++
	if o.down != nil {
		return nil, o.down
	}
	var due []*row
	now := o.now()
	for _, r := range o.rows {
		if (r.fate == "" || r.fate == Retry || r.fate == Released || r.fate == Unknown) && !r.due.After(now) {
			due = append(due, r)
		}
	}
	slices.SortFunc(due, func(a, b *row) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.ID, b.ID)) })
	var claimed []Pending
	for _, r := range due[:min(n, len(due))] {
		r.due = now.Add(lease)
		if r.dot {
			r.Ambiguous++
			r.dot = false
		}
		r.Attempt++
		claimed = append(claimed, r.Pending)
	}
	return claimed, nil
}

func (o *memoryOutbox) Reclaim(context.Context) error { return nil }

func (o *memoryOutbox) Hold(_ context.Context, holds []Hold) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down != nil {
		return o.down
	}
	var lost LostClaims
	for _, h := range holds {
		r := o.rows[h.ID]
		if r.Attempt != h.Attempt {
			lost = append(lost, h.Claim)
			continue
		}
		if until := o.now().Add(h.Lease); h.Lease > 0 && until.After(r.due) {
			r.due = until
		}
		if h.Raw != nil {
			r.Raw = h.Raw
			r.raws[string(h.Raw)] = true
		}
		r.dot = r.dot || h.Dot
	}
	return lost.orNil()
}

func (l LostClaims) orNil() error {
	if len(l) == 0 {
		return nil
	}
	return fmt.Errorf("call the outbox: %w", l)
}

func (o *memoryOutbox) Settle(_ context.Context, results []Result) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls["settle"]++
	if o.down != nil {
		return o.down
	}
	for _, result := range results {
		r := o.rows[result.ID]
		if r.Attempt != result.Attempt && result.Fate != Sent {
			continue
		}
		r.dot = false
		r.fate, r.detail, r.due = result.Fate, result.Detail, o.now().Add(result.Pause)
		r.history = append(r.history, result.Fate)
		switch result.Fate {
		case Released:
			r.Attempt--
		case Unknown:
			r.Ambiguous++
		}
		o.change <- struct{}{}
	}
	return nil
}

// takeOver claims all letters for another courier, as when this one stood
// still until its leases ended.
func (o *memoryOutbox) takeOver() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.rows {
		r.Attempt++
	}
}

// breakDown makes every call fail until it is mended with nil.
func (o *memoryOutbox) breakDown(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down = err
}

func (o *memoryOutbox) row(id string) row {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := *o.rows[id]
	r.history = slices.Clone(r.history)
	return r
}

// asked is how often a method was called.
func (o *memoryOutbox) asked(method string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.calls[method]
}

// fates counts the rows by their last fate.
func (o *memoryOutbox) fates() map[Fate]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	counts := map[Fate]int{}
	for _, r := range o.rows {
		counts[r.fate]++
	}
	return counts
}

var errDown = errors.New("connection refused")
