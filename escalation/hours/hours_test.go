package hours_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones, wherever the tests run

	"escalationd/escalation/hours"
)

var (
	workweek = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	everyDay = append([]time.Weekday{time.Saturday, time.Sunday}, workweek...)
)

// zone loads an IANA zone.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// calendar builds a calendar from clock times such as "06:00-18:00".
func calendar(t testing.TB, zoneName string, days []time.Weekday, clock string, h hours.Holidays) *hours.Calendar {
	t.Helper()
	open, end, _ := strings.Cut(clock, "-")
	c, err := hours.New(hours.Options{
		Location: zone(t, zoneName), Weekdays: days, Open: minutes(t, open), Close: minutes(t, end), Holidays: h,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func minutes(t testing.TB, clock string) int {
	t.Helper()
	if clock == "24:00" {
		return 24 * 60
	}
	at, err := time.Parse("15:04", clock)
	if err != nil {
		t.Fatal(err)
	}
	return at.Hour()*60 + at.Minute()
}

// at reads an instant, RFC 3339 to the minute: 2026-03-06T17:00-08:00.
func at(t testing.TB, s string) time.Time {
	t.Helper()
	instant, err := time.Parse("2006-01-02T15:04Z07:00", s)
	if err != nil {
		t.Fatal(err)
	}
	return instant
}

func americas(t testing.TB) *hours.Calendar {
	t.Helper()
	return calendar(t, "America/Los_Angeles", workweek, "06:00-18:00", hours.Holidays{Calendar: "us"})
}

func unitedKingdom(t testing.TB) *hours.Calendar {
	t.Helper()
	return calendar(t, "Europe/London", workweek, "06:00-17:00", hours.Holidays{Calendar: "gb"})
}

func TestPromisesAreKeptInWorkingTime(t *testing.T) {
	us, uk := americas(t), unitedKingdom(t)
	night := func(zone, clock string) *hours.Calendar { return calendar(t, zone, everyDay, clock, hours.Holidays{}) }
	cases := []struct {
		name     string
		calendar *hours.Calendar
		from     string
		d        time.Duration
		want     string
	}{
		{"within a day", us, "2026-03-04T09:00-08:00", 2 * time.Hour, "2026-03-04T11:00-08:00"},
		{"ends exactly on close", us, "2026-03-04T14:00-08:00", 4 * time.Hour, "2026-03-04T18:00-08:00"},
		{"one minute past close", us, "2026-03-04T14:00-08:00", 4*time.Hour + time.Minute, "2026-03-05T06:01-08:00"},
		{"begins exactly on close", us, "2026-03-04T18:00-08:00", time.Minute, "2026-03-05T06:01-08:00"},
		{"begins exactly on opening", us, "2026-03-04T06:00-08:00", time.Minute, "2026-03-04T06:01-08:00"},
		{"begins before opening", us, "2026-03-04T03:00-08:00", time.Hour, "2026-03-04T07:00-08:00"},
		{"nothing to count", us, "2026-03-07T03:00-08:00", 0, "2026-03-07T03:00-08:00"},
		{"less than nothing", us, "2026-03-07T03:00-08:00", -time.Hour, "2026-03-07T03:00-08:00"},
		{"asked in another zone", us, "2026-03-04T17:00Z", 2 * time.Hour, "2026-03-04T11:00-08:00"},
		{"over a weekend with the clock put forward", us, "2026-03-06T17:00-08:00", 4 * time.Hour, "2026-03-09T09:00-07:00"},
		{"over a weekend with the clock put back", us, "2026-10-30T17:00-07:00", 4 * time.Hour, "2026-11-02T09:00-08:00"},
		{"begins in the weekend", uk, "2026-03-28T12:00Z", 4 * time.Hour, "2026-03-30T10:00+01:00"},
		{"over a year's end", us, "2026-12-31T17:00-08:00", 2 * time.Hour, "2027-01-04T07:00-08:00"},
		{"over a year's end kept in the old year", us, "2027-12-30T17:00-08:00", 2 * time.Hour, "2028-01-03T07:00-08:00"},
		{"over Christmas", uk, "2026-12-24T16:00Z", 2 * time.Hour, "2026-12-29T07:00Z"},
		{"over a moved Christmas", uk, "2027-12-24T16:00Z", 2 * time.Hour, "2027-12-29T07:00Z"},
		{"over Easter, Good Friday worked", uk, "2026-04-03T16:00+01:00", 2 * time.Hour, "2026-04-07T07:00+01:00"},
		{"over a Saturday's Independence Day", us, "2026-07-02T17:00-07:00", 2 * time.Hour, "2026-07-06T07:00-07:00"},
		{"over Thanksgiving and the day after", us, "2026-11-25T17:00-08:00", 2 * time.Hour, "2026-11-30T07:00-08:00"},
		{"several days", us, "2026-03-02T06:00-08:00", 60 * time.Hour, "2026-03-06T18:00-08:00"},
		{"one-day weeks", calendar(t, "Europe/London", []time.Weekday{time.Monday}, "09:00-10:00", hours.Holidays{Calendar: "gb"}),
			"2026-04-27T09:30+01:00", time.Hour, "2026-05-11T09:30+01:00"},
		{"round the clock but weekends", calendar(t, "Europe/London", workweek, "00:00-24:00", hours.Holidays{}),
			"2026-05-22T23:30+01:00", time.Hour, "2026-05-25T00:30+01:00"},
		{"midnight is the end of the day", calendar(t, "Europe/London", workweek, "22:00-24:00", hours.Holidays{}),
			"2026-05-20T23:00+01:00", time.Hour, "2026-05-21T00:00+01:00"},
		{"over midnight in hours that touch", night("Europe/London", "00:00-24:00"), "2026-05-20T23:59+01:00", 2 * time.Minute, "2026-05-21T00:01+01:00"},
		{"the skipped hour does not count", night("Europe/London", "00:00-03:00"), "2026-03-29T00:00Z", 2 * time.Hour, "2026-03-29T03:00+01:00"},
		{"the hour that comes twice counts twice", night("Europe/London", "00:00-03:00"), "2026-10-25T00:00+01:00", 4 * time.Hour, "2026-10-25T03:00Z"},
		{"opening in the skipped hour", night("America/Los_Angeles", "02:30-05:00"), "2026-03-08T00:00-08:00", time.Hour, "2026-03-08T04:00-07:00"},
		{"closing in the hour that comes twice", night("America/Los_Angeles", "00:00-01:30"), "2026-11-01T00:00-07:00", 2 * time.Hour, "2026-11-01T01:30-08:00"},
		{"open only in the skipped hour", night("America/Los_Angeles", "02:00-03:00"), "2026-03-08T00:00-08:00", 30 * time.Minute, "2026-03-09T02:30-07:00"},
		{"the clock moves by half an hour", night("Australia/Lord_Howe", "01:00-03:00"), "2026-10-04T01:00+10:30", 90 * time.Minute, "2026-10-04T03:00+11:00"},
		{"midnight is skipped", night("Africa/Cairo", "00:00-02:00"), "2026-04-23T23:00+02:00", time.Hour, "2026-04-24T02:00+03:00"},
		{"a day is skipped", night("Pacific/Apia", "09:00-17:00"), "2011-12-29T16:00-10:00", 2 * time.Hour, "2011-12-31T10:00+14:00"},
		{"the day is left and entered again", night("America/St_Johns", "23:00-24:00"), "2010-11-06T23:00-02:30", 119 * time.Minute, "2010-11-07T00:00-03:30"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			from, want := at(t, c.from), at(t, c.want)
			got := c.calendar.Add(from, c.d)
			if !got.Equal(want) || got.Format(time.RFC3339) != want.Format(time.RFC3339) {
				t.Errorf("Add(%s, %s) = %s, want %s", c.from, c.d, got.Format(time.RFC3339), want.Format(time.RFC3339))
			}
			if worked := c.calendar.Between(from, got); worked != max(c.d, 0) {
				t.Errorf("Between(%s, %s) = %s, want %s", c.from, got, worked, c.d)
			}
		})
	}
}

func TestDeskIsOpenInHalfOpenHours(t *testing.T) {
	us := americas(t)
	cases := []struct {
		at   string
		open bool
		next string
	}{
		{"2026-03-04T05:59-08:00", false, "2026-03-04T06:00-08:00"},
		{"2026-03-04T06:00-08:00", true, "2026-03-04T06:00-08:00"},
		{"2026-03-04T17:59-08:00", true, "2026-03-04T17:59-08:00"},
		{"2026-03-04T18:00-08:00", false, "2026-03-05T06:00-08:00"},
		{"2026-03-06T18:00-08:00", false, "2026-03-09T06:00-07:00"},
		{"2026-07-03T12:00-07:00", false, "2026-07-06T06:00-07:00"},
		{"2027-12-31T12:00-08:00", false, "2028-01-03T06:00-08:00"},
	}
	for _, c := range cases {
		if got := us.Open(at(t, c.at)); got != c.open {
			t.Errorf("Open(%s) = %v", c.at, got)
		}
		if got := us.Next(at(t, c.at)); !got.Equal(at(t, c.next)) {
			t.Errorf("Next(%s) = %s, want %s", c.at, got, c.next)
		}
	}
}

func TestBetweenCountsOnlyForward(t *testing.T) {
	us := americas(t)
	a, b := at(t, "2026-03-06T17:00-08:00"), at(t, "2026-03-09T07:30-07:00")
	if got := us.Between(a, b); got != 150*time.Minute {
		t.Errorf("Between = %s, want 2h30m", got)
	}
	if got := us.Between(b, a); got != 0 {
		t.Errorf("Between backwards = %s, want 0", got)
	}
}

func TestMonotonicClockDoesNotMatter(t *testing.T) {
	now := time.Now()
	us := americas(t)
	if a, b := us.Add(now, time.Hour), us.Add(now.Round(0), time.Hour); !a.Equal(b) || strings.Contains(a.String(), "m=") {
		t.Errorf("with a monotonic reading %s, without %s", a, b)
	}
}

func TestAlwaysNeverCloses(t *testing.T) {
	c := hours.Always(zone(t, "Europe/London"))
	from := at(t, "2026-03-28T23:30Z")
	if got := c.Add(from, 2*time.Hour); got.Format(time.RFC3339) != "2026-03-29T02:30:00+01:00" {
		t.Errorf("Add = %s", got)
	}
	if got := c.Between(from, from.Add(48*time.Hour)); got != 48*time.Hour {
		t.Errorf("Between = %s", got)
	}
	if !c.Open(from) || !c.Next(from).Equal(from) {
		t.Error("it is closed")
	}
	if _, ends := c.CoveredUntil(); ends {
		t.Error("its holidays end")
	}
	steps := c.Explain(from, time.Hour)
	if len(steps) != 1 || steps[0].Kind != hours.Counted || steps[0].Length() != time.Hour {
		t.Errorf("Explain = %v", steps)
	}
}

func TestExplainNamesWhatWasCountedAndSkipped(t *testing.T) {
	uk := unitedKingdom(t)
	got := explain(uk.Explain(at(t, "2026-03-27T16:30Z"), 67*time.Hour))
	want := []string{
		"counted 2026-03-27 16:30 GMT to 17:00",
		"clock +1h0m0s 2026-03-29 02:00 BST",
		"counted 2026-03-30 06:00 BST to 17:00",
		"counted 2026-03-31 06:00 BST to 17:00",
		"counted 2026-04-01 06:00 BST to 17:00",
		"counted 2026-04-02 06:00 BST to 17:00",
		"counted 2026-04-03 06:00 BST to 17:00",
		"holiday Easter Monday 2026-04-06 06:00 BST to 17:00",
		"counted 2026-04-07 06:00 BST to 17:00",
		"counted 2026-04-08 06:00 BST to 06:30",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	night := calendar(t, "America/Los_Angeles", everyDay, "00:00-24:00", hours.Holidays{})
	got = explain(night.Explain(at(t, "2026-11-01T00:00-07:00"), 3*time.Hour))
	want = []string{
		"counted 2026-11-01 00:00 PDT to 01:00",
		"clock -1h0m0s 2026-11-01 01:00 PST",
		"counted 2026-11-01 01:00 PST to 02:00",
	}
	// The first interval ends at 02:00 PDT, which the new clock shows as 01:00 PST.
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if steps := uk.Explain(at(t, "2026-03-27T16:30Z"), 0); steps != nil {
		t.Errorf("nothing to count is explained by %v", steps)
	}
}

// explain words steps as a person would print them.
func explain(steps []hours.Step) []string {
	var lines []string
	for _, s := range steps {
		from, to := s.From.Format("2006-01-02 15:04 MST"), s.To.Format("15:04")
		switch s.Kind {
		case hours.Counted:
			lines = append(lines, "counted "+from+" to "+to)
		case hours.Holiday:
			lines = append(lines, "holiday "+s.Name+" "+from+" to "+to)
		case hours.ClockChange:
			lines = append(lines, "clock "+forward(s.Shift)+" "+from)
		}
	}
	return lines
}

func forward(d time.Duration) string {
	if d > 0 {
		return "+" + d.String()
	}
	return d.String()
}

func TestImpossibleCalendarsAreRefused(t *testing.T) {
	ok := hours.Options{Location: time.UTC, Weekdays: workweek, Open: 0, Close: 24 * 60}
	mondays := func(days int) []string {
		var dates []string
		for i := range days {
			dates = append(dates, time.Date(2026, time.January, 5+7*i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
		}
		return dates
	}
	cases := []struct {
		name   string
		change func(*hours.Options)
		want   string
	}{
		{"possible", func(*hours.Options) {}, ""},
		{"no zone", func(o *hours.Options) { o.Location = nil }, "no time zone"},
		{"no day", func(o *hours.Options) { o.Weekdays = nil }, "no working day"},
		{"no such day", func(o *hours.Options) { o.Weekdays = []time.Weekday{7} }, "no weekday 7"},
		{"opens before the day", func(o *hours.Options) { o.Open = -1 }, "opening"},
		{"opens after the day", func(o *hours.Options) { o.Open = 24 * 60 }, "opening"},
		{"closes on opening", func(o *hours.Options) { o.Open, o.Close = 60, 60 }, "closing"},
		{"closes before opening", func(o *hours.Options) { o.Open, o.Close = 60, 30 }, "closing"},
		{"closes after the day", func(o *hours.Options) { o.Close = 24*60 + 1 }, "closing"},
		{"half a year of holidays", func(o *hours.Options) {
			o.Weekdays, o.Holidays.Dates = []time.Weekday{time.Monday}, mondays(26)
		}, ""},
		{"a year of holidays", func(o *hours.Options) {
			o.Weekdays, o.Holidays.Dates = []time.Weekday{time.Monday}, mondays(53)
		}, "no working day within the year before 2026-12-30"},
		{"closed every day of every year", func(o *hours.Options) {
			o.Holidays.ICS = ics("DTSTART;VALUE=DATE:20240101\r\nDTEND;VALUE=DATE:20250101\r\nRRULE:FREQ=YEARLY")
		}, "no working day within the year"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := ok
			c.change(&o)
			_, err := hours.New(o)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
}

func BenchmarkAdd(b *testing.B) {
	us := americas(b)
	cases := map[string]struct {
		from string
		d    time.Duration
	}{
		"SameDay":   {"2026-03-04T09:00-08:00", 2 * time.Hour},
		"Weekend":   {"2026-03-06T17:00-08:00", 4 * time.Hour},
		"Christmas": {"2026-12-24T17:00-08:00", 40 * time.Hour},
	}
	for name, c := range cases {
		b.Run(name, func(b *testing.B) {
			from := at(b, c.from)
			for b.Loop() {
				us.Add(from, c.d)
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		americas(b)
	}
}
