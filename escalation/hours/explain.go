package hours

import (
	"slices"
	"time"
)

// StepKind tells what a Step of an explanation is.
type StepKind int

// The kinds of steps.
const (
	Counted     StepKind = iota // working time that counts
	Holiday                     // hours that would count if the day were no holiday
	ClockChange                 // the local clock is put forward or back
)

// Step is one thing that happens while working time is counted.
type Step struct {
	Kind     StepKind
	From, To time.Time     // half-open, in the calendar's zone; a ClockChange is an instant, From equals To
	Name     string        // the holiday's name, or the abbreviation of the zone after a ClockChange (BST, -03)
	Shift    time.Duration // how far a ClockChange puts the clock forward, negative for back
}

// Length is the real time that the step takes.
func (s Step) Length() time.Duration { return s.To.Sub(s.From) }

// Explain returns what Add counts: each interval of working time from t until d has passed, in order, with the holidays
// and clock changes met on the way. The lengths of the counted intervals add up to d and the last of them ends at
// Add(t, d). If d is not positive there is nothing to count.
func (c *Calendar) Explain(t time.Time, d time.Duration) []Step {
	if d <= 0 {
		return nil
	}
	t = c.local(t)
	if c.always {
		return []Step{{Kind: Counted, From: t, To: t.Add(d)}}
	}
	var steps []Step
	for s := range c.walk(t) {
		if s.Kind == Counted {
			if s.Length() >= d {
				s.To = s.From.Add(d)
			}
			d -= s.Length()
		}
		steps = append(steps, s)
		if d == 0 {
			break
		}
	}
	return slices.Clip(steps)
}
