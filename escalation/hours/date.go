package hours

import (
	"fmt"
	"time"
)

// date is a day of the calendar, in no zone.
type date struct {
	year  int
	month time.Month
	day   int
}

// The years in which a holiday can be listed; others are slips of the pen.
const (
	firstKnownYear = 1900
	lastKnownYear  = 2199
)

// dateOf is the day that the clock of t's location shows.
func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{y, m, d}
}

// parseDate reads a day in layout. A day that is not in the calendar, such as 30 February, is an error.
func parseDate(layout, s string) (date, error) {
	t, err := time.Parse(layout, s)
	if err != nil {
		return date{}, fmt.Errorf("%q is not a date such as %s", s, time.Date(2026, time.December, 24, 0, 0, 0, 0, time.UTC).Format(layout))
	}
	return dateOf(t), nil
}

// check refuses a day that no list of holidays can mean.
func (d date) check() error {
	if d.year < firstKnownYear || d.year > lastKnownYear {
		return fmt.Errorf("%s is not within the years %d to %d", d, firstKnownYear, lastKnownYear)
	}
	return nil
}

// utc is the day's midnight as if its clock ran on UTC; UTC has every midnight, a zone may skip one.
func (d date) utc() time.Time { return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC) }

func (d date) add(days int) date { return dateOf(d.utc().AddDate(0, 0, days)) }

func (d date) next() date { return d.add(1) }

func (d date) weekday() time.Weekday { return d.utc().Weekday() }

func (d date) before(e date) bool { return d.utc().Before(e.utc()) }

func (d date) String() string { return d.utc().Format(time.DateOnly) }
