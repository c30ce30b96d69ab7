package inbox

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff is a pause that doubles from first to longest, with jitter: each
// pause lies between a half and the whole of its step.
type backoff struct {
	first, longest time.Duration
	step           time.Duration // 0: no failure yet
}

func (b *backoff) next() time.Duration {
	b.grow()
	return b.step/2 + rand.N(b.step/2+1)
}

// nextBeat is the end of a pause without jitter, on a multiple of its step, so
// that whatever pauses for equally long goes on together.
func (b *backoff) nextBeat(now time.Time) time.Time {
	b.grow()
	return now.Truncate(b.step).Add(b.step)
}

func (b *backoff) grow() {
	if b.step == 0 {
		b.step = b.first
	} else {
		b.step = min(2*b.step, b.longest)
	}
}

// atMost lets the next pause be no longer than d.
func (b *backoff) atMost(d time.Duration) { b.step = min(b.step, d/2) }

func (b *backoff) reset() { b.step = 0 }

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
