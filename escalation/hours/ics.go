package hours

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// icsDate is the form of an RFC 5545 DATE value.
const icsDate = "20060102"

// longestEvent bounds, in days, an event that a slip of the pen would stretch over years.
const longestEvent = 366

// event is an all-day VEVENT: the days [first, end), and if yearly the same days of each later year.
type event struct {
	name       string
	first, end date
	yearly     bool
	except     map[date]bool // starts of a yearly event that do not take place (EXDATE)
}

// on reports whether d is a day of a yearly event.
func (e event) on(d date) bool {
	length := e.days()
	for _, year := range []int{d.year, d.year - 1} {
		start := date{year, e.first.month, e.first.day}
		if start.before(e.first) || start.add(0) != start || e.except[start] {
			continue // too early, a 29 February of a common year, or taken out
		}
		if !d.before(start) && d.before(start.add(length)) {
			return true
		}
	}
	return false
}

// days is the length of the event.
func (e event) days() int { return int(e.end.utc().Sub(e.first.utc()) / (24 * time.Hour)) }

// property is one unfolded content line of an iCalendar file.
type property struct {
	line   int // of the file, where the property starts
	name   string
	params string
	value  string
}

// CheckICS says what New would find wrong with an iCalendar file.
func CheckICS(data []byte) error {
	_, err := parseICS(data)
	return err
}

// parseICS reads the all-day events of an iCalendar file (RFC 5545). What a holiday list does not need is skipped; what
// would change its days but is not understood is an error that names the line.
func parseICS(data []byte) ([]event, error) {
	properties, err := unfold(data)
	if err != nil {
		return nil, err
	}
	var (
		open   []string // the components around the line at hand
		fields []property
		events []event
	)
	for _, p := range properties {
		switch {
		case p.name == "BEGIN":
			component := strings.ToUpper(strings.TrimSpace(p.value))
			if len(open) == 0 && component != "VCALENDAR" {
				return nil, fmt.Errorf("line %d: BEGIN:%s outside of VCALENDAR", p.line, component)
			}
			open = append(open, component)
			if len(open) == 2 {
				fields = nil
			}
		case len(open) == 0:
			return nil, fmt.Errorf("line %d: %s outside of VCALENDAR", p.line, p.name)
		case p.name == "END":
			component := strings.ToUpper(strings.TrimSpace(p.value))
			if component != open[len(open)-1] {
				return nil, fmt.Errorf("line %d: END:%s where END:%s is due", p.line, component, open[len(open)-1])
			}
			if len(open) == 2 && component == "VEVENT" {
				e, err := newEvents(fields, p.line)
				if err != nil {
					return nil, err
				}
				events = append(events, e...)
			}
			open = open[:len(open)-1]
		case len(open) == 2 && open[1] == "VEVENT":
			fields = append(fields, p)
		}
	}
	last := bytes.Count(data, []byte("\n")) + 1
	if len(open) > 0 {
		return nil, fmt.Errorf("line %d: the file ends before END:%s", last, open[len(open)-1])
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("line %d: the file ends without an all-day event", last)
	}
	return events, nil
}

// unfold joins folded lines (RFC 5545 section 3.1) and splits each into name, parameters and value.
func unfold(data []byte) ([]property, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("line %d: the text is not UTF-8", invalidLine(data))
	}
	var properties []property
	var line strings.Builder
	start := 0
	flush := func() error {
		if start == 0 {
			return nil
		}
		p, err := splitProperty(line.String())
		if err != nil {
			return fmt.Errorf("line %d: %w", start, err)
		}
		p.line = start
		properties = append(properties, p)
		line.Reset()
		start = 0
		return nil
	}
	for i, text := range strings.Split(string(data), "\n") {
		text = strings.TrimSuffix(text, "\r")
		if start > 0 && (strings.HasPrefix(text, " ") || strings.HasPrefix(text, "\t")) {
			line.WriteString(text[1:])
			continue
		}
		if err := flush(); err != nil {
			return nil, err
		}
		if strings.TrimSpace(text) != "" {
			start = i + 1
			line.WriteString(text)
		}
	}
	return properties, flush()
}

// invalidLine is the number of the first line that is not UTF-8.
func invalidLine(data []byte) int {
	for i, line := range bytes.Split(data, []byte("\n")) {
		if !utf8.Valid(line) {
			return i + 1
		}
	}
	return 1
}

// splitProperty splits a content line at its first colon outside of quotes.
func splitProperty(line string) (property, error) {
	quoted := false
	for i, r := range line {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ':' && !quoted:
			name, params, _ := strings.Cut(line[:i], ";")
			if name == "" || strings.ContainsAny(name, " \t\"") {
				return property{}, fmt.Errorf("%.40q is not a property such as DTSTART", name)
			}
			return property{name: strings.ToUpper(name), params: strings.ToUpper(params), value: line[i+1:]}, nil
		}
	}
	return property{}, fmt.Errorf("%.40q is not NAME:VALUE", line)
}

// draft collects what the properties of a VEVENT say.
type draft struct {
	event
	hasEnd    bool
	cancelled bool
	until     date
	count     int
}

// newEvents makes an event of the properties of a VEVENT, or one for each occurrence where its recurrence ends.
func newEvents(fields []property, endLine int) ([]event, error) {
	d := draft{event: event{name: "holiday", except: map[date]bool{}}}
	// DTEND and DURATION are read against DTSTART, which may come later.
	for _, pass := range []func(*draft, property) error{(*draft).start, (*draft).rest} {
		for _, p := range fields {
			if err := pass(&d, p); err != nil {
				return nil, fmt.Errorf("line %d: %s: %w", p.line, p.name, err)
			}
		}
		if d.first == (date{}) {
			return nil, fmt.Errorf("line %d: the VEVENT that ends here has no DTSTART", endLine)
		}
	}
	if !d.hasEnd {
		d.end = d.first.next()
	}
	if d.cancelled {
		return nil, nil
	}
	if !d.yearly || (d.count == 0 && d.until == (date{})) {
		return []event{d.event}, nil
	}
	return d.occurrences(), nil
}

func (d *draft) start(p property) error {
	if p.name != "DTSTART" {
		return nil
	}
	if d.first != (date{}) {
		return errors.New("stands twice in one VEVENT")
	}
	var err error
	if d.first, err = p.date(); err != nil {
		return err
	}
	return d.first.check()
}

func (d *draft) rest(p property) error {
	var err error
	switch p.name {
	case "SUMMARY":
		if s := strings.TrimSpace(unescape(p.value)); s != "" {
			d.name = s
		}
	case "STATUS":
		d.cancelled = strings.EqualFold(strings.TrimSpace(p.value), "CANCELLED")
	case "DTEND":
		if d.end, err = p.date(); err != nil {
			return err
		}
		return d.checkLength()
	case "DURATION":
		days, err := parseDays(p.value)
		if err != nil {
			return err
		}
		d.end = d.first.add(days)
		return d.checkLength()
	case "RRULE":
		if d.yearly {
			return errors.New("stands twice in one VEVENT")
		}
		return d.recur(p.value)
	case "EXDATE":
		for v := range strings.SplitSeq(p.value, ",") {
			day, err := property{params: p.params, value: v}.date()
			if err != nil {
				return err
			}
			d.except[day] = true
		}
	case "RDATE", "RECURRENCE-ID", "EXRULE":
		return errors.New("is not supported in a holiday list")
	}
	return nil
}

// checkLength checks the end, which DTEND or DURATION may give, but not both.
func (d *draft) checkLength() error {
	if d.hasEnd {
		return errors.New("the event has an end already")
	}
	d.hasEnd = true
	if d.end == d.first {
		d.end = d.first.next() // some programs write the first day itself; an event of no day is not meant
	}
	if n := d.days(); n < 1 || n > longestEvent {
		return fmt.Errorf("the event lasts %d days; 1 to %d are possible", n, longestEvent)
	}
	return nil
}

// recur reads a recurrence rule: FREQ=YEARLY on the event's own day, for ever, COUNT times or UNTIL a date.
func (d *draft) recur(value string) error {
	for part := range strings.SplitSeq(strings.TrimSpace(value), ";") {
		key, v, _ := strings.Cut(strings.ToUpper(part), "=")
		var err error
		ok := true
		switch key {
		case "FREQ":
			d.yearly = v == "YEARLY"
			ok = d.yearly
		case "INTERVAL":
			ok = v == "1"
		case "BYMONTH":
			ok = v == strconv.Itoa(int(d.first.month))
		case "BYMONTHDAY":
			ok = v == strconv.Itoa(d.first.day)
		case "WKST", "":
		case "COUNT":
			d.count, err = strconv.Atoi(v)
			ok = err == nil && d.count > 0
		case "UNTIL":
			if len(v) > len(icsDate) && v[len(icsDate)] == 'T' {
				v = v[:len(icsDate)]
			}
			d.until, err = parseDate(icsDate, v)
			ok = err == nil
		default:
			ok = false
		}
		if !ok {
			return fmt.Errorf("%s is not supported: only FREQ=YEARLY on the day of DTSTART, with COUNT or UNTIL", part)
		}
	}
	if !d.yearly {
		return errors.New("FREQ=YEARLY is missing")
	}
	return nil
}

// occurrences returns the days of a recurrence that ends, each as an event of its own.
func (d *draft) occurrences() []event {
	var events []event
	length := d.days()
	for year := d.first.year; year <= lastKnownYear; year++ {
		start := date{year, d.first.month, d.first.day}
		if start.add(0) != start {
			continue // 29 February of a common year does not count (RFC 5545 section 3.3.10)
		}
		if d.until != (date{}) && d.until.before(start) {
			break
		}
		if !d.except[start] {
			events = append(events, event{name: d.name, first: start, end: start.add(length)})
		}
		if d.count--; d.count == 0 {
			break
		}
	}
	return events
}

// date reads a DATE value; a DATE-TIME is an error, because only whole days can be holidays.
func (p property) date() (date, error) {
	v := strings.TrimSpace(p.value)
	if strings.Contains(v, "T") || strings.Contains(p.params, "VALUE=DATE-TIME") {
		return date{}, fmt.Errorf("%.40q is a time; only whole days (VALUE=DATE) can be holidays", v)
	}
	return parseDate(icsDate, v)
}

// parseDays reads a DURATION of whole days or weeks.
func parseDays(s string) (int, error) {
	v := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(s)), "+")
	for unit, days := range map[string]int{"D": 1, "W": 7} {
		if n, ok := strings.CutSuffix(v, unit); ok && strings.HasPrefix(n, "P") {
			if count, err := strconv.ParseUint(n[1:], 10, 16); err == nil {
				return int(count) * days, nil
			}
		}
	}
	return 0, fmt.Errorf("%.40q is not a number of days or weeks such as P1D", s)
}

// unescape undoes the escapes of a TEXT value (RFC 5545 section 3.3.11).
func unescape(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\;`, ";", `\,`, ",", `\n`, " ", `\N`, " ").Replace(s)
}
