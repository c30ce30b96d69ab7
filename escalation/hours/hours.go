// Package hours counts working time: the calendar of a region with its zone, working days, opening hours and holidays.
//
// A Calendar is an immutable value without I/O, safe for concurrent use. An instant is working time when the local clock
// shows a time of day within [open, close) on a working day that is not a holiday. That one rule, read off the local clock,
// also decides the nights in which the clock jumps: an hour that is skipped never counts, an hour that comes twice counts
// twice, and open hours that span a jump count the time that really passes.
package hours

import (
	"errors"
	"fmt"
	"iter"
	"time"
)

// minutesPerDay is the latest close: 24:00.
const minutesPerDay = 24 * 60

// Calendar answers when a region works. Use New or Always; the zero value is of no use.
type Calendar struct {
	always      bool
	loc         *time.Location
	weekdays    [7]bool
	open, close time.Duration // since 00:00 on the local clock, half-open
	holidays    holidays
}

// Options describes a calendar.
type Options struct {
	Location *time.Location // the IANA zone whose clock counts; required
	Weekdays []time.Weekday // at least one
	Open     int            // first working minute of the day, 0 to 1439
	Close    int            // first minute that is no longer worked, Open+1 to 1440 (24:00)
	Holidays Holidays
}

// New builds a calendar. Its errors are sentences for the person who wrote the configuration: hours out of range, an
// unknown holiday or date, a broken iCalendar file (with its line), or a calendar that has no working day within a year.
func New(o Options) (*Calendar, error) {
	switch {
	case o.Location == nil:
		return nil, errors.New("the calendar has no time zone")
	case len(o.Weekdays) == 0:
		return nil, errors.New("the calendar has no working day")
	case o.Open < 0 || o.Open >= minutesPerDay:
		return nil, errors.New("opening must be between 00:00 and 23:59")
	case o.Close <= o.Open || o.Close > minutesPerDay:
		return nil, errors.New("closing must be after opening and at most 24:00")
	}
	c := &Calendar{
		loc:   o.Location,
		open:  time.Duration(o.Open) * time.Minute,
		close: time.Duration(o.Close) * time.Minute,
	}
	for _, w := range o.Weekdays {
		if w < time.Sunday || w > time.Saturday {
			return nil, fmt.Errorf("there is no weekday %d", int(w))
		}
		c.weekdays[w] = true
	}
	var err error
	if c.holidays, err = newHolidays(o.Holidays); err != nil {
		return nil, err
	}
	if err := c.checkWorkingDays(); err != nil {
		return nil, err
	}
	return c, nil
}

// Always returns the calendar that never closes, around the clock on every day. Its answers are given in loc.
func Always(loc *time.Location) *Calendar {
	return &Calendar{always: true, loc: loc}
}

// Location is the zone in which the calendar counts and answers.
func (c *Calendar) Location() *time.Location { return c.loc }

// Add returns the earliest instant at which d of working time has passed since t, in the calendar's zone. A duration that
// is used up exactly at closing is answered with the instant of closing, not with the next opening. If d is not positive
// the answer is t itself.
func (c *Calendar) Add(t time.Time, d time.Duration) time.Time {
	t = c.local(t)
	if c.always && d > 0 {
		return t.Add(d)
	}
	if d <= 0 {
		return t
	}
	for s := range c.walk(t) {
		if s.Kind != Counted {
			continue
		}
		if length := s.Length(); length < d {
			d -= length
			continue
		}
		return s.From.Add(d)
	}
	return t // unreachable: walk ends only when the loop does
}

// Between returns the working time within [a, b), 0 if b is not after a.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	a, b = c.local(a), c.local(b)
	if !b.After(a) {
		return 0
	}
	if c.always {
		return b.Sub(a)
	}
	var sum time.Duration
	for s := range c.walk(a) {
		if !s.From.Before(b) {
			break
		}
		if s.Kind == Counted {
			sum += min(s.Length(), b.Sub(s.From))
		}
	}
	return sum
}

// Open reports whether t is working time.
func (c *Calendar) Open(t time.Time) bool {
	if c.always {
		return true
	}
	t = c.local(t)
	h, m, s := t.Clock()
	clock := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
	return clock >= c.open && clock < c.close && c.works(dateOf(t))
}

// Next returns the earliest instant of working time that is not before t: t itself while it is open, else the next opening.
func (c *Calendar) Next(t time.Time) time.Time {
	t = c.local(t)
	if c.always {
		return t
	}
	for s := range c.walk(t) {
		if s.Kind == Counted {
			return s.From
		}
	}
	return t // unreachable: walk ends only when the loop does
}

// CoveredUntil returns the midnight from which on the holidays are no longer known, because the lists they come from have
// ended. It reports false for a calendar whose holidays are rules, or which has none. See Holidays for what ends a list.
func (c *Calendar) CoveredUntil() (time.Time, bool) {
	if c.holidays.lastYear == 0 {
		return time.Time{}, false
	}
	return time.Date(c.holidays.lastYear+1, time.January, 1, 0, 0, 0, 0, c.loc), true
}

// works reports whether d is one of the weekdays and no holiday.
func (c *Calendar) works(d date) bool {
	if !c.weekdays[d.weekday()] {
		return false
	}
	_, holiday := c.holidays.on(d)
	return !holiday
}

// walk yields, in order and without end, what happens to the clock from t on. Each period of constant offset from UTC is
// walked by itself, because within it local and real time run alike; days are never multiplied out to hours.
func (c *Calendar) walk(t time.Time) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		for {
			_, end := t.ZoneBounds()
			if !c.walkPeriod(t, end, yield) || end.IsZero() {
				return
			}
			_, before := t.Zone()
			t = end.In(c.loc)
			name, after := t.Zone()
			shift := time.Duration(after-before) * time.Second
			if shift != 0 && !yield(Step{Kind: ClockChange, From: t, To: t, Name: name, Shift: shift}) {
				return
			}
		}
	}
}

// walkPeriod yields the steps within [t, end), where the offset from UTC does not change; a zero end is never reached.
// It reports false when the consumer has seen enough.
func (c *Calendar) walkPeriod(t, end time.Time, yield func(Step) bool) bool {
	_, seconds := t.Zone()
	offset := time.Duration(seconds) * time.Second
	for day := dateOf(t); ; day = day.next() {
		midnight := day.utc().Add(-offset)
		if !end.IsZero() && !midnight.Before(end) {
			return true
		}
		if !c.weekdays[day.weekday()] {
			continue
		}
		from, to := midnight.Add(c.open), midnight.Add(c.close)
		if from.Before(t) {
			from = t
		}
		if !end.IsZero() && to.After(end) {
			to = end
		}
		if !from.Before(to) {
			continue
		}
		s := Step{Kind: Counted, From: from.In(c.loc), To: to.In(c.loc)}
		if name, ok := c.holidays.on(day); ok {
			s.Kind, s.Name = Holiday, name
		}
		if !yield(s) {
			return false
		}
	}
}

// local returns t on the calendar's clock, without the monotonic reading, which knows nothing of calendars.
func (c *Calendar) local(t time.Time) time.Time { return t.Round(0).In(c.loc) }

// checkWorkingDays refuses a calendar that is closed for a year on end, so that every search for working time ends.
func (c *Calendar) checkWorkingDays() error {
	first, last := c.holidays.span()
	closed := 0
	for day := first; !last.before(day); day = day.next() {
		if c.works(day) {
			closed = 0
			continue
		}
		if closed++; closed > 365 {
			return fmt.Errorf("the calendar has no working day within the year before %s", day)
		}
	}
	return nil
}
