package notify

import (
	"context"
	"math/rand/v2"
	"time"

	"escalationd/escalation"
)

// Status is how a courier fares.
type Status struct {
	Reached     bool      // the relay has answered at least once, and its last answer was no trouble
	LastSuccess time.Time // the relay last answered
	LastError   string    // of the relay or the outbox, without addresses; kept after it is over
	LastErrorAt time.Time
	Troubles    int // with the relay, in a row
	PausedUntil time.Time
	Fates       map[Fate]int64 // attempts by their end, since the start
}

// Status is safe to call at any time.
func (c *Courier) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.status
	s.Fates = make(map[Fate]int64, len(c.status.Fates))
	for fate, n := range c.status.Fates {
		s.Fates[fate] = n
	}
	return s
}

// reach asks the relay until it answers, so that a status is known before
// there is a letter.
func (c *Courier) reach(ctx context.Context) {
	for ctx.Err() == nil {
		err := c.Relay.Probe(ctx)
		if err == nil {
			c.healthy()
			return
		}
		if ctx.Err() == nil {
			c.trouble(ctx, asSendError(err))
			c.rest(ctx)
		}
	}
}

// rest waits while the courier is paused.
func (c *Courier) rest(ctx context.Context) {
	until := c.Status().PausedUntil
	wait := until.Sub(c.Now())
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// note records the end of an attempt: in the log, and in what is known of the
// relay.
func (c *Courier) note(ctx context.Context, p Pending, failed *SendError, r Result) {
	log := c.Log.With("notice", p.ID, "case", p.Notice.Case, "kind", p.Notice.Kind, "attempt", p.Attempt)
	switch r.Fate {
	case Sent:
		log.Info("letter sent")
	case Released:
		log.Debug("letter released", "reason", r.Detail)
	case Buried:
		log.Error("letter not delivered, operators decide", "reason", r.Detail)
	default:
		log.Warn("letter not sent, trying again", "fate", r.Fate, "retry_in", r.Pause.Round(time.Millisecond).String(), "reason", r.Detail)
	}
	c.mu.Lock()
	if c.status.Fates == nil {
		c.status.Fates = map[Fate]int64{}
	}
	c.status.Fates[r.Fate]++
	c.mu.Unlock()
	switch {
	case failed == nil || failed.Class == Temporary || failed.Class == Permanent || failed.Class == Withdrawn:
		c.healthy()
	case ctx.Err() == nil:
		c.trouble(ctx, failed)
	}
}

// healthy ends a pause: the relay answers.
func (c *Courier) healthy() {
	c.mu.Lock()
	troubles := c.status.Troubles
	c.status.Reached, c.status.LastSuccess = true, c.Now()
	c.status.Troubles, c.status.PausedUntil = 0, time.Time{}
	c.mu.Unlock()
	if troubles > 0 {
		c.Log.Info("the relay takes letters again")
	}
}

// trouble pauses the courier, longer each time in a row. It is logged when
// its words change.
func (c *Courier) trouble(ctx context.Context, failed *SendError) {
	detail, now := failed.Error(), c.Now()
	c.mu.Lock()
	again := c.status.Troubles > 0 && c.status.LastError == detail
	if !c.status.PausedUntil.After(now) { // letters in flight together meet one trouble
		c.status.Troubles++
		c.status.PausedUntil = now.Add(pause(c.status.Troubles, rand.Float64()))
	}
	c.status.Reached, c.status.LastError, c.status.LastErrorAt = false, detail, now
	c.mu.Unlock()
	if again {
		return
	}
	c.Log.Warn("the relay cannot be used, all letters wait", "error", detail)
	if failed.Class == Auth {
		c.alarm(ctx, "relay", "The relay refuses our login, and all letters wait: "+detail+
			". Put the right password or token in its file; it is read at each login.", "")
	}
}

// noteOutbox logs trouble with the outbox when its words change.
func (c *Courier) noteOutbox(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	detail := "outbox: " + withoutAddresses(err.Error())
	c.mu.Lock()
	again := c.status.LastError == detail
	c.status.LastError, c.status.LastErrorAt = detail, c.Now()
	c.mu.Unlock()
	if !again {
		c.Log.Warn("the outbox cannot be used, trying again", "error", detail)
	}
}

func (c *Courier) alarm(ctx context.Context, what, detail, ref string) {
	if c.Alarm != nil {
		c.Alarm(ctx, escalation.Alarm{At: c.Now(), What: what, Detail: detail, Ref: ref})
	}
}

func (c *Courier) connections() int {
	if c.Connections > 0 {
		return c.Connections
	}
	return 4
}
