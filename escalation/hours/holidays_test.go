package hours_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"escalationd/escalation/hours"
)

// observed returns the holidays of a year as "01-02 Name", asked of a calendar that works on all other days.
func observed(t testing.TB, h hours.Holidays, year int) []string {
	t.Helper()
	c := calendar(t, "UTC", everyDay, "00:00-24:00", h)
	from := time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(1, 0, 0)
	var days []string
	// One hour more, so that a holiday on the last of December is passed.
	for _, s := range c.Explain(from, c.Between(from, to)+time.Hour) {
		if s.Kind == hours.Holiday && s.From.Year() == year {
			days = append(days, s.From.Format("01-02 ")+s.Name)
		}
	}
	return days
}

// TestHolidaysAreKeptOnTheirPublishedDays holds against the dates that the US Office of Personnel Management and GOV.UK
// publish, or would by their rules.
func TestHolidaysAreKeptOnTheirPublishedDays(t *testing.T) {
	usNames := []string{"New Year's Day", "Independence Day", "Thanksgiving Day", "Day after Thanksgiving Day", "Christmas Day"}
	us := map[int]string{ // in the order of the year
		2021: "01-01 New Year's Day, 07-05 Independence Day, 11-25 Thanksgiving Day, 11-26 Day after Thanksgiving Day, 12-24 Christmas Day, 12-31 New Year's Day",
		2022: "07-04 Independence Day, 11-24 Thanksgiving Day, 11-25 Day after Thanksgiving Day, 12-26 Christmas Day",
		2023: "01-02 New Year's Day, 07-04 Independence Day, 11-23 Thanksgiving Day, 11-24 Day after Thanksgiving Day, 12-25 Christmas Day",
		2024: "01-01 New Year's Day, 07-04 Independence Day, 11-28 Thanksgiving Day, 11-29 Day after Thanksgiving Day, 12-25 Christmas Day",
		2025: "01-01 New Year's Day, 07-04 Independence Day, 11-27 Thanksgiving Day, 11-28 Day after Thanksgiving Day, 12-25 Christmas Day",
		2026: "01-01 New Year's Day, 07-03 Independence Day, 11-26 Thanksgiving Day, 11-27 Day after Thanksgiving Day, 12-25 Christmas Day",
		2027: "01-01 New Year's Day, 07-05 Independence Day, 11-25 Thanksgiving Day, 11-26 Day after Thanksgiving Day, 12-24 Christmas Day, 12-31 New Year's Day",
		2028: "07-04 Independence Day, 11-23 Thanksgiving Day, 11-24 Day after Thanksgiving Day, 12-25 Christmas Day",
		2029: "01-01 New Year's Day, 07-04 Independence Day, 11-22 Thanksgiving Day, 11-23 Day after Thanksgiving Day, 12-25 Christmas Day",
		2030: "01-01 New Year's Day, 07-04 Independence Day, 11-28 Thanksgiving Day, 11-29 Day after Thanksgiving Day, 12-25 Christmas Day",
	}
	gbNames := []string{"New Year's Day", "Easter Monday", "May Day", "Spring Bank Holiday", "Summer Bank Holiday", "Christmas Day", "St Stephen's Day"}
	gb := map[int]string{
		2020: "01-01 New Year's Day, 04-13 Easter Monday, 05-08 May Day, 05-25 Spring Bank Holiday, 08-31 Summer Bank Holiday, 12-25 Christmas Day, 12-28 Boxing Day",
		2021: "01-01 New Year's Day, 04-05 Easter Monday, 05-03 May Day, 05-31 Spring Bank Holiday, 08-30 Summer Bank Holiday, 12-27 Christmas Day, 12-28 Boxing Day",
		2022: "01-03 New Year's Day, 04-18 Easter Monday, 05-02 May Day, 06-02 Spring Bank Holiday, 08-29 Summer Bank Holiday, 12-26 Boxing Day, 12-27 Christmas Day",
		2023: "01-02 New Year's Day, 04-10 Easter Monday, 05-01 May Day, 05-29 Spring Bank Holiday, 08-28 Summer Bank Holiday, 12-25 Christmas Day, 12-26 Boxing Day",
		2024: "01-01 New Year's Day, 04-01 Easter Monday, 05-06 May Day, 05-27 Spring Bank Holiday, 08-26 Summer Bank Holiday, 12-25 Christmas Day, 12-26 Boxing Day",
		2025: "01-01 New Year's Day, 04-21 Easter Monday, 05-05 May Day, 05-26 Spring Bank Holiday, 08-25 Summer Bank Holiday, 12-25 Christmas Day, 12-26 Boxing Day",
		2026: "01-01 New Year's Day, 04-06 Easter Monday, 05-04 May Day, 05-25 Spring Bank Holiday, 08-31 Summer Bank Holiday, 12-25 Christmas Day, 12-28 Boxing Day",
		2027: "01-01 New Year's Day, 03-29 Easter Monday, 05-03 May Day, 05-31 Spring Bank Holiday, 08-30 Summer Bank Holiday, 12-27 Christmas Day, 12-28 Boxing Day",
		2028: "01-03 New Year's Day, 04-17 Easter Monday, 05-01 May Day, 05-29 Spring Bank Holiday, 08-28 Summer Bank Holiday, 12-25 Christmas Day, 12-26 Boxing Day",
		2029: "01-01 New Year's Day, 04-02 Easter Monday, 05-07 May Day, 05-28 Spring Bank Holiday, 08-27 Summer Bank Holiday, 12-25 Christmas Day, 12-26 Boxing Day",
		2030: "01-01 New Year's Day, 04-22 Easter Monday, 05-06 May Day, 05-27 Spring Bank Holiday, 08-26 Summer Bank Holiday, 12-25 Christmas Day, 12-26 Boxing Day",
	}
	check := func(calendar string, names []string, years map[int]string) {
		for year, want := range years {
			for _, n := range [][]string{names, nil} { // no names: the usual ones, which are these
				if got := strings.Join(observed(t, hours.Holidays{Calendar: calendar, Names: n}, year), ", "); got != want {
					t.Errorf("%s %d:\n got %s\nwant %s", calendar, year, got, want)
				}
			}
		}
	}
	check("us", usNames, us)
	check("gb", gbNames, gb)
}

func TestHolidaysAreKnownByTheNamesPeopleUse(t *testing.T) {
	cases := []struct{ calendar, name, want string }{
		{"us", "new years day", "01-01 New Year's Day"},
		{"us", "NEW YEAR’S DAY", "01-01 New Year's Day"},
		{"us", "MLK Day", "01-19 Martin Luther King Jr. Day"},
		{"us", "Martin Luther King Jr. Day", "01-19 Martin Luther King Jr. Day"},
		{"us", "Washington's Birthday", "02-16 Presidents' Day"},
		{"us", "Presidents Day", "02-16 Presidents' Day"},
		{"us", "Memorial Day", "05-25 Memorial Day"},
		{"us", "Juneteenth National Independence Day", "06-19 Juneteenth"},
		{"us", "Fourth of July", "07-03 Independence Day"},
		{"us", "Labor Day", "09-07 Labor Day"},
		{"us", "Indigenous Peoples' Day", "10-12 Columbus Day"},
		{"us", "Veterans Day", "11-11 Veterans Day"},
		{"us", "Thanksgiving", "11-26 Thanksgiving Day"},
		{"us", "Day After Thanksgiving", "11-27 Day after Thanksgiving Day"},
		{"us", "the day after", "11-27 Day after Thanksgiving Day"},
		{"us", "Christmas", "12-25 Christmas Day"},
		{"gb", "Good Friday", "04-03 Good Friday"},
		{"gb", "Early May bank holiday", "05-04 May Day"},
		{"GB", "may day", "05-04 May Day"},
		{"uk", "Spring bank holiday", "05-25 Spring Bank Holiday"},
		{"gb", "August Bank Holiday", "08-31 Summer Bank Holiday"},
		{"gb", "Boxing Day", "12-28 Boxing Day"},
		{"gb", "St. Stephen's Day", "12-28 Boxing Day"},
		{"gb", "Saint Stephen’s Day", "12-28 Boxing Day"},
		{"gb", "St Stephen's/Boxing Day", "12-28 Boxing Day"},
		{"gb", "St Stephen's Day / Boxing Day", "12-28 Boxing Day"},
	}
	for _, c := range cases {
		got := observed(t, hours.Holidays{Calendar: c.calendar, Names: []string{c.name}}, 2026)
		if !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s %q is %v, want %s", c.calendar, c.name, got, c.want)
		}
	}
}

func TestUnknownHolidaysAreRefusedWithTheKnownOnes(t *testing.T) {
	cases := []struct {
		h    hours.Holidays
		want string
	}{
		{hours.Holidays{Calendar: "us", Names: []string{"Easter Monday"}},
			`unknown holiday "Easter Monday": the us calendar knows New Year's Day, Martin Luther King Jr. Day, Presidents' Day, Memorial Day, Juneteenth, Independence Day, Labor Day, Columbus Day, Veterans Day, Thanksgiving Day, Day after Thanksgiving Day, Christmas Day`},
		{hours.Holidays{Calendar: "gb", Names: []string{"Christmas Day", ""}},
			`unknown holiday "": the gb calendar knows New Year's Day, Good Friday, Easter Monday, May Day, Spring Bank Holiday, Summer Bank Holiday, Christmas Day, Boxing Day`},
		{hours.Holidays{Calendar: "fr"}, `unknown holiday calendar "fr": known are us, gb and none`},
		{hours.Holidays{Calendar: "none", Names: []string{"May Day"}}, `holiday "May Day" needs a calendar: us or gb`},
		{hours.Holidays{Dates: []string{"24.12.2026"}}, `holiday date: "24.12.2026" is not a date such as 2026-12-24`},
		{hours.Holidays{Dates: []string{"2026-02-29"}}, `holiday date: "2026-02-29" is not a date such as 2026-12-24`},
		{hours.Holidays{Dates: []string{"0026-12-24"}}, `holiday date: 0026-12-24 is not within the years 1900 to 2199`},
	}
	for _, c := range cases {
		_, err := hours.New(hours.Options{Location: time.UTC, Weekdays: workweek, Close: 60, Holidays: c.h})
		if err == nil || err.Error() != c.want {
			t.Errorf("error %v\nwant %s", err, c.want)
		}
	}
}

func TestOwnDatesStandBesideNamedHolidays(t *testing.T) {
	got := observed(t, hours.Holidays{Calendar: "us", Names: []string{"Christmas Day"}, Dates: []string{"2026-12-24", "2027-01-04"}}, 2026)
	if want := []string{"12-24 closed on 2026-12-24", "12-25 Christmas Day"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestListsOfHolidaysEndAndRulesDoNot(t *testing.T) {
	file := ics("DTSTART;VALUE=DATE:20281225")
	cases := []struct {
		name string
		h    hours.Holidays
		want string
	}{
		{"no holidays", hours.Holidays{}, ""},
		{"named holidays", hours.Holidays{Calendar: "us"}, ""},
		{"named holidays and a date", hours.Holidays{Calendar: "us", Dates: []string{"2026-12-24"}}, ""},
		{"dates alone", hours.Holidays{Dates: []string{"2027-05-01", "2026-12-24"}}, "2028-01-01T00:00:00+09:00"},
		{"a file", hours.Holidays{ICS: file}, "2029-01-01T00:00:00+09:00"},
		{"a file and a date beyond", hours.Holidays{ICS: file, Dates: []string{"2035-12-24"}}, "2029-01-01T00:00:00+09:00"},
		{"a file and named holidays", hours.Holidays{ICS: file, Calendar: "gb"}, "2029-01-01T00:00:00+09:00"},
		{"a file of yearly days", hours.Holidays{ICS: ics("DTSTART;VALUE=DATE:20200501\r\nRRULE:FREQ=YEARLY")}, ""},
		{"yearly days that end", hours.Holidays{ICS: ics("DTSTART;VALUE=DATE:20200501\r\nRRULE:FREQ=YEARLY;COUNT=10")}, "2030-01-01T00:00:00+09:00"},
		{"the last day is New Year's Eve", hours.Holidays{ICS: ics("DTSTART;VALUE=DATE:20281231\r\nDTEND;VALUE=DATE:20290101")}, "2029-01-01T00:00:00+09:00"},
	}
	for _, c := range cases {
		end, ends := calendar(t, "Asia/Tokyo", workweek, "09:00-17:00", c.h).CoveredUntil()
		got := ""
		if ends {
			got = end.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%s: covered until %q, want %q", c.name, got, c.want)
		}
	}
}

// ics wraps the properties of one event into an iCalendar file.
func ics(event string) []byte {
	return fmt.Appendf(nil, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", event)
}
