package hours_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"escalationd/escalation/hours"
)

// list is a file as calendar programs export it.
const list = "\ufeffBEGIN:VCALENDAR\r\n" +
	"VERSION:2.0\r\n" +
	"PRODID:-//Example//Holidays//EN\r\n" +
	"X-WR-CALNAME;X-A=\"b:c;d\":Days off\r\n" +
	"BEGIN:VTIMEZONE\r\nTZID:Europe/London\r\nBEGIN:STANDARD\r\nDTSTART:19701025T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n" +
	"TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n" +
	"BEGIN:VEVENT\r\nDTEND;VALUE=DATE:20260304\r\nDTSTART;VALUE=DATE:20260302\r\nSUMMARY;LANGUAGE=en:Office move\\, both\r\n  days\\; all\r\n" +
	"BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nDTSTART:20260101T000000\r\nEND:VALARM\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n" +
	"begin:vevent\r\ndtstart:20260501\r\nsummary:Short day\r\nend:vevent\r\n" +
	"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20200701\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYMONTH=7;BYMONTHDAY=1;WKST=MO\r\nSUMMARY:Founders\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20240229\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Leap day\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20251231\r\nDURATION:P3D\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Turn of the year\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20240801\r\nRRULE:FREQ=YEARLY;UNTIL=20260801\r\nSUMMARY:Until August\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20240802\r\nRRULE:FREQ=YEARLY;UNTIL=20260801T235959Z\r\nSUMMARY:Until before\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20250901\r\nRRULE:FREQ=YEARLY;COUNT=2\r\nSUMMARY:Twice\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20200902\r\nRRULE:FREQ=YEARLY\r\nEXDATE;VALUE=DATE:20250902,20260902\r\nSUMMARY:Not this year\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261001\r\nSTATUS:CANCELLED\r\nSUMMARY:Called off\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261101\r\nDURATION:P1W\r\nEND:VEVENT\r\n" +
	"\r\nEND:VCALENDAR\r\n"

func TestCalendarFilesGiveTheirAllDayEvents(t *testing.T) {
	want := map[int][]string{
		2026: {
			"01-01 Turn of the year", "01-02 Turn of the year", "03-02 Office move, both days; all", "03-03 Office move, both days; all",
			"05-01 Short day", "07-01 Founders", "08-01 Until August", "09-01 Twice",
			"11-01 holiday", "11-02 holiday", "11-03 holiday", "11-04 holiday", "11-05 holiday", "11-06 holiday", "11-07 holiday",
			"12-31 Turn of the year",
		},
		2019: nil,
		2024: {"02-29 Leap day", "07-01 Founders", "08-01 Until August", "08-02 Until before", "09-02 Not this year"},
		2028: {"01-01 Turn of the year", "01-02 Turn of the year", "02-29 Leap day", "07-01 Founders", "09-02 Not this year", "12-31 Turn of the year"},
	}
	for _, file := range []string{list, strings.ReplaceAll(list, "\r\n", "\n")} {
		for year, days := range want {
			if got := observed(t, hours.Holidays{ICS: []byte(file)}, year); !slices.Equal(got, days) {
				t.Errorf("%d: got %q\nwant %q", year, got, days)
			}
		}
	}
}

func TestBadCalendarFilesNameTheLine(t *testing.T) {
	event := func(properties string) string { return string(ics(properties)) }
	cases := []struct{ name, file, want string }{
		{"not a calendar", "date,name\n2026-12-24,Eve\n", `line 1: "date,name" is not NAME:VALUE`},
		{"a web page", "<!DOCTYPE html>\n<a href=\"http://example.com\">", `line 1: "<!DOCTYPE html>" is not NAME:VALUE`},
		{"no calendar around", "BEGIN:VEVENT\nEND:VEVENT\n", "line 1: BEGIN:VEVENT outside of VCALENDAR"},
		{"property outside", "VERSION:2.0\n", "line 1: VERSION outside of VCALENDAR"},
		{"END outside", "END:VCALENDAR\n", "line 1: END outside of VCALENDAR"},
		{"only blank", "\n\n", "line 3: the file ends without an all-day event"},
		{"no event", "BEGIN:VCALENDAR\nEND:VCALENDAR\n", "line 3: the file ends without an all-day event"},
		{"cut off", strings.TrimSuffix(event("DTSTART:20260101"), "END:VCALENDAR\r\n"), "line 6: the file ends before END:VCALENDAR"},
		{"cut off in an event", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101", "line 3: the file ends before END:VEVENT"},
		{"ends crossed", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT\n", "line 3: END:VCALENDAR where END:VEVENT is due"},
		{"no start", event("SUMMARY:x"), "line 5: the VEVENT that ends here has no DTSTART"},
		{"two starts", event("DTSTART:20260101\r\nDTSTART:20260102"), "line 5: DTSTART: stands twice in one VEVENT"},
		{"a time", event("DTSTART:20260101T090000Z"), `line 4: DTSTART: "20260101T090000Z" is a time; only whole days (VALUE=DATE) can be holidays`},
		{"a time by its parameter", event("DTSTART;VALUE=DATE-TIME:20260101"), `line 4: DTSTART: "20260101" is a time; only whole days (VALUE=DATE) can be holidays`},
		{"no such day", event("SUMMARY:folded\r\n  over two\r\nDTSTART:20260230"), `line 6: DTSTART: "20260230" is not a date such as 20261224`},
		{"no such year", event("DTSTART:00010101"), "line 4: DTSTART: 0001-01-01 is not within the years 1900 to 2199"},
		{"ends before it starts", event("DTSTART:20260105\r\nDTEND:20260101"), "line 5: DTEND: the event lasts -4 days; 1 to 366 are possible"},
		{"lasts for years", event("DTSTART:20260101\r\nDTEND:20280101"), "line 5: DTEND: the event lasts 730 days; 1 to 366 are possible"},
		{"two ends", event("DTSTART:20260101\r\nDTEND:20260102\r\nDURATION:P1D"), "line 6: DURATION: the event has an end already"},
		{"hours", event("DTSTART:20260101\r\nDURATION:PT8H"), `line 5: DURATION: "PT8H" is not a number of days or weeks such as P1D`},
		{"backwards", event("DTSTART:20260101\r\nDURATION:-P1D"), `line 5: DURATION: "-P1D" is not a number of days or weeks such as P1D`},
		{"monthly", event("DTSTART:20260101\r\nRRULE:FREQ=MONTHLY"), "line 5: RRULE: FREQ=MONTHLY is not supported: only FREQ=YEARLY on the day of DTSTART, with COUNT or UNTIL"},
		{"by weekday", event("DTSTART:20260525\r\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO"), "line 5: RRULE: BYDAY=-1MO is not supported: only FREQ=YEARLY on the day of DTSTART, with COUNT or UNTIL"},
		{"another month", event("DTSTART:20260525\r\nRRULE:FREQ=YEARLY;BYMONTH=6"), "line 5: RRULE: BYMONTH=6 is not supported: only FREQ=YEARLY on the day of DTSTART, with COUNT or UNTIL"},
		{"every second year", event("DTSTART:20260525\r\nRRULE:FREQ=YEARLY;INTERVAL=2"), "line 5: RRULE: INTERVAL=2 is not supported: only FREQ=YEARLY on the day of DTSTART, with COUNT or UNTIL"},
		{"no times", event("DTSTART:20260525\r\nRRULE:FREQ=YEARLY;COUNT=0"), "line 5: RRULE: COUNT=0 is not supported: only FREQ=YEARLY on the day of DTSTART, with COUNT or UNTIL"},
		{"until never", event("DTSTART:20260525\r\nRRULE:FREQ=YEARLY;UNTIL=soon"), "line 5: RRULE: UNTIL=soon is not supported: only FREQ=YEARLY on the day of DTSTART, with COUNT or UNTIL"},
		{"no frequency", event("DTSTART:20260525\r\nRRULE:COUNT=2"), "line 5: RRULE: FREQ=YEARLY is missing"},
		{"two rules", event("DTSTART:20260525\r\nRRULE:FREQ=YEARLY\r\nRRULE:FREQ=YEARLY"), "line 6: RRULE: stands twice in one VEVENT"},
		{"more dates", event("DTSTART:20260525\r\nRDATE:20260601"), "line 5: RDATE: is not supported in a holiday list"},
		{"exception as a time", event("DTSTART:20260525\r\nEXDATE:20260525T000000"), `line 5: EXDATE: "20260525T000000" is a time; only whole days (VALUE=DATE) can be holidays`},
		{"other bytes", event("DTSTART:20260525\r\nSUMMARY:caf\xe9"), "line 5: the text is not UTF-8"},
		{"no name", event(":20260525"), `line 4: "" is not a property such as DTSTART`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := hours.New(hours.Options{Location: time.UTC, Weekdays: workweek, Close: 60, Holidays: hours.Holidays{ICS: []byte(c.file)}})
			if want := "iCalendar file: " + c.want; err == nil || err.Error() != want {
				t.Errorf("error %v\nwant  %s", err, want)
			}
		})
	}
}

func TestNoCalendarFileBreaksTheReader(t *testing.T) {
	lines := strings.SplitAfter(list, "\r\n")
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOf(rapid.OneOf(rapid.SampledFrom(lines), rapid.String(), rapid.StringMatching(`(BEGIN|END|RRULE|EXDATE|DTEND):[A-Z0-9=;,-]*\n`))).Draw(t, "pieces")
		file := []byte(strings.Join(pieces, ""))
		_, err := hours.New(hours.Options{Location: time.UTC, Weekdays: workweek, Close: 60, Holidays: hours.Holidays{ICS: file}})
		if err != nil && !strings.Contains(err.Error(), "line ") && !strings.Contains(err.Error(), "no working day") {
			t.Fatalf("the error names no line: %v", err)
		}
	})
}
