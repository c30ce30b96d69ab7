package hours_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"escalationd/escalation/hours"
)

// zones are those whose clocks do something unusual, and some that do not.
var zones = []string{
	"America/Los_Angeles", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia",
	"Africa/Cairo", "Africa/Casablanca", "America/Sao_Paulo", "Asia/Beirut", "Asia/Tehran", "Pacific/Chatham", "Antarctica/Troll", "UTC",
}

// plan is a calendar in the words of the slow counter.
type plan struct {
	loc         *time.Location
	days        map[time.Weekday]bool
	open, close int
	closed      map[string]bool // by date
}

// works reads the local clock, the definition of working time itself.
func (p plan) works(t time.Time) bool {
	t = t.In(p.loc)
	minute := t.Hour()*60 + t.Minute()
	return p.days[t.Weekday()] && minute >= p.open && minute < p.close && !p.closed[t.Format(time.DateOnly)]
}

// add counts minute by minute.
func (p plan) add(t time.Time, minutes int) time.Time {
	for minutes > 0 {
		if p.works(t) {
			minutes--
		}
		t = t.Add(time.Minute)
	}
	return t
}

// draw makes up a calendar and an instant near a change of its clock.
func draw(t *rapid.T) (plan, *hours.Calendar, time.Time) {
	loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	// Between 2005 and 2030 all clocks change on the full minute.
	from := time.Unix(rapid.Int64Range(1104537600, 1893456000).Draw(t, "unix")/60*60, 0).In(loc)
	if _, end := from.ZoneBounds(); !end.IsZero() && end.Year() < 2035 && rapid.Bool().Draw(t, "near a change") {
		from = end.Add(time.Duration(rapid.IntRange(-4000, 1500).Draw(t, "minutes off")) * time.Minute)
	}
	p := plan{loc: loc, days: map[time.Weekday]bool{}, closed: map[string]bool{}}
	o := hours.Options{
		Location: loc,
		Weekdays: rapid.SliceOfNDistinct(rapid.Map(rapid.IntRange(0, 6), func(i int) time.Weekday { return time.Weekday(i) }), 1, 7,
			func(d time.Weekday) time.Weekday { return d }).Draw(t, "days"),
	}
	// Hours that meet the changes at night, and any at all.
	o.Open = rapid.OneOf(rapid.SampledFrom([]int{0, 30, 60, 90, 120, 150, 180}), rapid.IntRange(0, 1439)).Draw(t, "open")
	o.Close = rapid.OneOf(rapid.Just(1440), rapid.IntRange(o.Open+1, min(o.Open+180, 1440)), rapid.IntRange(o.Open+1, 1440)).Draw(t, "close")
	for _, off := range rapid.SliceOfN(rapid.IntRange(-3, 12), 0, 4).Draw(t, "holidays") {
		d := from.AddDate(0, 0, off).Format(time.DateOnly)
		o.Holidays.Dates = append(o.Holidays.Dates, d)
		p.closed[d] = true
	}
	for _, d := range o.Weekdays {
		p.days[d] = true
	}
	p.open, p.close = o.Open, o.Close
	c, err := hours.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p, c, from
}

func TestEveryMinuteIsCountedAsTheLocalClockShowsIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c, from := draw(t)
		// A few days' worth of minutes, so that the slow counter has an end.
		n := rapid.IntRange(0, 3*(p.close-p.open)).Draw(t, "minutes")
		want := p.add(from, n)
		if got := c.Add(from, time.Duration(n)*time.Minute); !got.Equal(want) {
			t.Fatalf("Add(%s, %d minutes) = %s, want %s", from, n, got, want.In(p.loc))
		}
		to := from.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "until")) * time.Minute)
		worked := 0
		for m := from; m.Before(to); m = m.Add(time.Minute) {
			if p.works(m) {
				worked++
			}
			if c.Open(m) != p.works(m) {
				t.Fatalf("Open(%s) = %v", m, c.Open(m))
			}
		}
		if got := c.Between(from, to); got != time.Duration(worked)*time.Minute {
			t.Fatalf("Between(%s, %s) = %s, want %d minutes", from, to, got, worked)
		}
		next := from
		for !p.works(next) {
			next = next.Add(time.Minute)
		}
		if got := c.Next(from); !got.Equal(next) {
			t.Fatalf("Next(%s) = %s, want %s", from, got, next)
		}
	})
}

func TestWorkingTimeAddsUpToTheNanosecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c, from := draw(t)
		days := int64(p.close-p.open) * int64(5*time.Minute) // the working time of five days
		from = from.Add(time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "into the minute")))
		a := time.Duration(rapid.Int64Range(1, days).Draw(t, "a"))
		b := time.Duration(rapid.Int64Range(1, days).Draw(t, "b"))
		end := c.Add(from, a+b)
		if got := c.Add(c.Add(from, a), b); !got.Equal(end) {
			t.Fatalf("%s and then %s end at %s, together at %s", a, b, got, end)
		}
		if got := c.Between(from, end); got != a+b {
			t.Fatalf("Between gives %s back for %s", got, a+b)
		}
		if last := end.Add(-1); !c.Open(last) || c.Between(from, last) != a+b-1 {
			t.Fatalf("%s is not the earliest instant", end)
		}
		checkExplanation(t, c.Explain(from, a+b), from, end, a+b)
	})
}

// checkExplanation checks that steps are in order, do not overlap, and count d from one instant to the other.
func checkExplanation(t *rapid.T, steps []hours.Step, from, to time.Time, d time.Duration) {
	for _, s := range steps {
		if s.From.Before(from) || s.To.Before(s.From) {
			t.Fatalf("step %v begins before %s", s, from)
		}
		from = s.To
		if s.Kind == hours.Counted {
			d -= s.Length()
		}
		if (s.Kind == hours.ClockChange) != (s.Shift != 0) || (s.Kind == hours.Holiday) != (s.Name != "" && s.Shift == 0) {
			t.Fatalf("step %v is half one thing and half another", s)
		}
	}
	if d != 0 || !from.Equal(to) {
		t.Fatalf("the steps end at %s with %s left, want %s", from, d, to)
	}
}
