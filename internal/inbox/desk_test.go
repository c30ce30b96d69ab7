package inbox_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"escalationd/internal/inbox"
)

// desk is a Handler that remembers what it was given.
type desk struct {
	mu      sync.Mutex
	mails   []inbox.Mail // as decided
	batches []int
	verdict func(inbox.Mail) inbox.Verdict // nil: all are processed
	err     error
	calls   []time.Time
}

func (d *desk) Handle(_ context.Context, mails []inbox.Mail) ([]inbox.Verdict, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, time.Now())
	if d.err != nil {
		return nil, d.err
	}
	d.batches = append(d.batches, len(mails))
	d.mails = append(d.mails, mails...)
	verdicts := make([]inbox.Verdict, len(mails))
	for i, m := range mails {
		verdicts[i] = inbox.Processed
		if d.verdict != nil {
			verdicts[i] = d.verdict(m)
		}
	}
	return verdicts, nil
}

func (d *desk) got() []inbox.Mail {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.mails)
}

func (d *desk) change(f func(*desk)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(d)
}

// times says how often each UID was handed over.
func (d *desk) times() map[uint32]int {
	n := map[uint32]int{}
	for _, m := range d.got() {
		n[m.UID]++
	}
	return n
}

// run starts an Inbox; stop ends it and returns what Run said.
func run(t *testing.T, o inbox.Options, h inbox.Handler) (b *inbox.Inbox, stop func() error) {
	t.Helper()
	b, err := inbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	end := make(chan error, 1)
	go func() { end <- b.Run(ctx, h) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-end
	})
	t.Cleanup(func() { _ = stop() })
	return b, stop
}

// pass lets d go by on the clock of the bubble.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
