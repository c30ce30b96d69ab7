package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a time zone is known or not, whatever the machine has installed
)

// setter returns what parses a scalar of YAML into target, a pointer; nil
// when target is no scalar. The errors are ends of sentences about a key.
func setter(target any) func(text string) error {
	switch t := target.(type) {
	case *string:
		return into(t, func(s string) (string, error) { return s, nil })
	case *int:
		return into(t, parseInt)
	case *bool:
		return into(t, parseBool)
	case *time.Duration:
		return into(t, parseDuration)
	case *Size:
		return into(t, parseSize)
	case *TimeOfDay:
		return into(t, parseTimeOfDay)
	case *Days:
		return into(t, parseDays)
	case *Date:
		return into(t, parseDate)
	case *mail.Address:
		return into(t, parseAddress)
	case **time.Location:
		return into(t, parseZone)
	case **regexp.Regexp:
		return into(t, parsePattern)
	case **url.URL:
		return into(t, parseTokenURL)
	case *InboxURL:
		return into(t, parseInboxURL)
	case *RelayURL:
		return into(t, parseRelayURL)
	case *RedisURL:
		return into(t, parseRedisURL)
	default:
		return enumSetter(target)
	}
}

// enumSetter is setter for the types with a few known words.
func enumSetter(target any) func(text string) error {
	switch t := target.(type) {
	case *Early:
		return oneOf(t, EarlyAccept, EarlyPark, EarlyRefuse)
	case *Clock:
		return oneOf(t, ClockAlways, ClockRegion)
	case *HolidayCalendar:
		return oneOf(t, CalendarUS, CalendarGB, CalendarNone)
	case *LogFormat:
		return oneOf(t, LogAuto, LogText, LogJSON)
	case *slog.Level:
		return func(text string) error {
			var word string
			if err := oneOf(&word, "debug", "info", "warn", "error")(text); err != nil {
				return err
			}
			return t.UnmarshalText([]byte(word))
		}
	default:
		return nil
	}
}

// into parses text and stores it in t unless that fails.
func into[T any](t *T, parse func(string) (T, error)) func(string) error {
	return func(text string) error {
		v, err := parse(text)
		if err == nil {
			*t = v
		}
		return err
	}
}

// oneOf takes the known words of an enumeration.
func oneOf[T ~string](t *T, known ...T) func(string) error {
	return func(text string) error {
		names := make([]string, len(known))
		for i, k := range known {
			if names[i] = string(k); names[i] == text {
				*t = k
				return nil
			}
		}
		return fmt.Errorf("%s is not one of %s", quote(text), strings.Join(names, ", "))
	}
}

// Early says what becomes of a mail that comes before policy.owner_silence is over.
type Early string

// What becomes of an early mail.
const (
	EarlyAccept Early = "accept" // escalate, and show the silence to the leader
	EarlyPark   Early = "park"   // the escalation opens by itself when the rule allows it
	EarlyRefuse Early = "refuse"
)

// Clock says when the time of a target runs.
type Clock string

// The clocks of a severity.
const (
	ClockAlways Clock = "always"
	ClockRegion Clock = "region" // in the region's hours only
)

// HolidayCalendar is a public calendar.
type HolidayCalendar string

// The calendars that holidays are taken from.
const (
	CalendarUS   HolidayCalendar = "us"
	CalendarGB   HolidayCalendar = "gb" // England and Wales
	CalendarNone HolidayCalendar = "none"
)

// LogFormat is how log lines look.
type LogFormat string

// The formats of the log.
const (
	LogAuto LogFormat = "auto" // text on a terminal, JSON elsewhere
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// Size is a number of bytes.
type Size int64

// Days are days of the week, indexed by time.Weekday.
type Days [7]bool

// Has reports whether d is one of the days.
func (days Days) Has(d time.Weekday) bool { return days[d] }

// TimeOfDay is a time on the clock in minutes after midnight, 0 to 1440.
type TimeOfDay int

// Hour is 0 to 24.
func (t TimeOfDay) Hour() int { return int(t) / 60 }

// Minute is 0 to 59.
func (t TimeOfDay) Minute() int { return int(t) % 60 }

// String is "15:04".
func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", t.Hour(), t.Minute()) }

// Date is a day of the calendar, in no particular time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// String is "2006-01-02".
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

func parseInt(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%s is not a whole number", quote(text))
	}
	return n, nil
}

func parseBool(text string) (bool, error) {
	isTrue := strings.EqualFold(text, "true")
	if !isTrue && !strings.EqualFold(text, "false") {
		return false, fmt.Errorf("%s is neither true nor false", quote(text))
	}
	return isTrue, nil
}

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if _, bare := strconv.ParseFloat(text, 64); err != nil && bare == nil {
		return 0, fmt.Errorf("%s has no unit; write it like 30s, 15m or 24h", quote(text))
	}
	if err != nil {
		return 0, fmt.Errorf("%s is not a duration; write it like 30s, 15m or 24h", quote(text))
	}
	if d < 0 {
		return 0, fmt.Errorf("%s is negative", quote(text))
	}
	return d, nil
}

var sizeSyntax = regexp.MustCompile(`^(?i)([0-9]{1,12}) ?(|B|kB|MB|GB|KiB|MiB|GiB)$`)

func parseSize(text string) (Size, error) {
	m := sizeSyntax.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%s is not a size; write it like 500kB, 25MB or 1GiB", quote(text))
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is not a size; write it like 500kB, 25MB or 1GiB", quote(text))
	}
	unit := map[string]int64{
		"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
	}[strings.ToLower(m[2])]
	if n > 1<<40/unit {
		return 0, fmt.Errorf("%s is too large", quote(text))
	}
	return Size(n * unit), nil
}

func parseTimeOfDay(text string) (TimeOfDay, error) {
	hours, minutes, ok := strings.Cut(text, ":")
	h, err1 := strconv.ParseUint(hours, 10, 8)
	m, err2 := strconv.ParseUint(minutes, 10, 8)
	t := TimeOfDay(h*60 + m)
	if !ok || err1 != nil || err2 != nil || len(minutes) != 2 || m > 59 || t > 24*60 {
		return 0, fmt.Errorf(`%s is not a time of day; write it like "06:00" or "24:00"`, quote(text))
	}
	return t, nil
}

// parseDays takes "Mon-Fri", "Sun-Thu", "Fri-Mon" and lists of them.
func parseDays(text string) (Days, error) {
	var days Days
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "–", "-"), ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, ok1 := parseWeekday(from)
		last, ok2 := parseWeekday(to)
		if !ok1 || !ok2 {
			return Days{}, fmt.Errorf(`%s are not days; write them like "Mon-Fri" or "Mon,Wed,Fri"`, quote(text))
		}
		for d := first; ; d = (d + 1) % 7 {
			days[d] = true
			if d == last {
				break
			}
		}
	}
	return days, nil
}

func parseWeekday(text string) (time.Weekday, bool) {
	text = strings.TrimSpace(text)
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(text, d.String()) || strings.EqualFold(text, d.String()[:3]) {
			return d, true
		}
	}
	return 0, false
}

func parseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("%s is not a date; write it like 2026-12-24", quote(text))
	}
	return Date{t.Year(), t.Month(), t.Day()}, nil
}

func parseAddress(text string) (mail.Address, error) {
	a, err := mail.ParseAddress(text)
	if err != nil {
		return mail.Address{}, fmt.Errorf("%s is not a mail address", quote(text))
	}
	return *a, nil
}

func parseZone(text string) (*time.Location, error) {
	loc, err := time.LoadLocation(text)
	if err != nil || text == "" || text == "Local" {
		return nil, fmt.Errorf("%s is not a time zone; use a name of the IANA database such as Europe/London", quote(text))
	}
	return loc, nil
}

func mustZone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the database is compiled in
	}
	return loc
}

// anchored makes a pattern one for the whole text, without regard to case.
func anchored(pattern string) string { return "^(?i:" + pattern + ")$" }

func parsePattern(text string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(text); err != nil { // by itself first: ")(" is no way out of the anchors
		return nil, fmt.Errorf("%s is not a regular expression: %s", quote(text), strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	re, err := regexp.Compile(anchored(text))
	if err != nil {
		return nil, fmt.Errorf("%s is not a regular expression", quote(text))
	}
	if re.MatchString("") {
		return nil, errors.New("would take an empty text for a case number")
	}
	return re, nil
}

// quote shows a value of the file, shortened.
func quote(text string) string {
	if r := []rune(text); len(r) > 60 {
		text = string(r[:59]) + "…"
	}
	return strconv.Quote(text)
}
