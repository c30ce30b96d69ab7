package escalation

import (
	"cmp"
	"time"

	"escalationd/escalation/hours"
)

// Rung is one level in the plan of an escalation.
type Rung struct {
	Level   int       `json:"level"`
	Name    string    `json:"name"`
	At      time.Time `json:"at"` // of a level that is skipped: when the next one is told in its place
	To      []string  `json:"to"`
	Skipped bool      `json:"skipped"`
}

// Plan answers who is told when, if nobody ever acknowledges an escalation
// that opens at a time, in the region's zone. A level without contacts is
// skipped: the next one is told in its place.
func (p *Policy) Plan(severity int, region string, opened time.Time) []Rung {
	rungs := make([]Rung, len(p.Ladder))
	at := opened
	for i := range p.Ladder {
		to := append([]string{}, p.contacts(i+1, region)...)
		rungs[i] = Rung{Level: i + 1, Name: p.levelName(i + 1), At: p.in(region, at), To: to, Skipped: len(to) == 0}
		if len(to) > 0 {
			at = p.after(opened, i+1, severity, region)
		}
	}
	return rungs
}

// planFrom is the plan of an escalation on its way: what was told early was
// told by now, and the levels above follow its next step.
func (p *Policy) planFrom(e *Escalation, now time.Time) []Rung {
	rungs := p.Plan(e.Severity, e.Region, e.OpenedAt)
	at := e.Due
	for i := range rungs {
		r := &rungs[i]
		switch {
		case r.Level > e.Level:
			r.At = p.in(e.Region, at)
			if !r.Skipped {
				at = p.after(e.Due, r.Level-e.Level, e.Severity, e.Region)
			}
		case r.At.After(now):
			r.At = p.in(e.Region, now)
		}
	}
	return rungs
}

// Target answers by when the first response to an escalation is due that
// opens at a time, in the region's zone.
func (p *Policy) Target(severity int, region string, opened time.Time) time.Time {
	return p.in(region, p.after(opened, 1, severity, region))
}

// in puts a time into a region's zone.
func (p *Policy) in(region string, t time.Time) time.Time {
	if loc, err := time.LoadLocation(cmp.Or(p.Regions[region].Zone, "UTC")); err == nil {
		return t.In(loc)
	}
	return t
}

// LadderExplanation shows how the targets of an escalation are counted, and
// who is told when.
type LadderExplanation struct {
	Severity int
	Region   string
	Opened   time.Time // in the region's zone, like all times here
	Target   time.Time // by when the first response is due
	Steps    []hours.Step
	Plan     []Rung
}

// LadderExplain explains the ladder of an escalation that opens at a time: the
// intervals that count until the last level is told, with the holidays and
// clock changes among them.
func (p *Policy) LadderExplain(severity int, region string, opened time.Time) LadderExplanation {
	opened = p.in(region, opened)
	s, r := p.severity(severity), p.Regions[region]
	calendar := r.Calendar
	if s.Always || calendar == nil {
		calendar = roundTheClock(opened.Location())
	}
	targets := max(1, len(p.Ladder)-1)
	return LadderExplanation{
		Severity: severity, Region: region, Opened: opened, Target: p.Target(severity, region, opened),
		Steps: calendar.Explain(opened, time.Duration(targets)*s.RespondWithin),
		Plan:  p.Plan(severity, region, opened),
	}
}

// roundTheClock is a calendar that never closes, and whose explanations show
// the nights in which the clock jumps.
func roundTheClock(loc *time.Location) *hours.Calendar {
	o := hours.Options{Location: loc, Close: 24 * 60}
	for d := time.Sunday; d <= time.Saturday; d++ {
		o.Weekdays = append(o.Weekdays, d)
	}
	if c, err := hours.New(o); err == nil {
		return c
	}
	return hours.Always(loc)
}
