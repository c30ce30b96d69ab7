package hours

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/us"
)

// Holidays names the days that are not worked. Only the day on which a holiday is observed counts: in the US a Saturday's
// is kept on Friday and a Sunday's on Monday, in the UK both get a substitute day after the weekend.
//
// Named holidays are rules and known for ever. An iCalendar file is a list that ends with the year of its last day, and so
// are Dates where they are all there is; beside named holidays or a file they are taken as single additions.
type Holidays struct {
	Calendar string   // whose holidays Names are: us, gb or none (also empty)
	Names    []string // without regard to case and apostrophes; none: the support desk's usual ones of that calendar
	Dates    []string // days of one's own, such as 2026-12-24
	ICS      []byte   // the content of an iCalendar file (RFC 5545) of all-day events; nil: none
}

// holidays answers whether a day is one, and which.
type holidays struct {
	rules    []rule
	dates    map[date]string
	yearly   []event
	lastYear int // of the lists; 0 where they do not end
}

// rule is a named holiday.
type rule struct {
	name  string
	cal   *cal.Holiday
	moved map[int]date // years in which it was kept on another day by proclamation
}

// country is a set of named holidays.
type country struct {
	rules   []rule
	usual   []string          // what no names at all mean
	aliases map[string]string // other names, folded, to names
}

// countries returns the known sets. The rules are those of rickar/cal, except where its observed days differ from the
// published ones: in the UK Christmas Day and Boxing Day on a weekend (the substitute for a Sunday 25 December is the
// 27th, as the 26th is Boxing Day itself), and bank holidays that were moved for one year.
func countries() map[string]country {
	substitute := []cal.AltDay{{Day: time.Saturday, Offset: 2}, {Day: time.Sunday, Offset: 2}}
	return map[string]country{
		"us": {
			rules: []rule{
				{name: "New Year's Day", cal: us.NewYear},
				{name: "Martin Luther King Jr. Day", cal: us.MlkDay},
				{name: "Presidents' Day", cal: us.PresidentsDay},
				{name: "Memorial Day", cal: us.MemorialDay},
				{name: "Juneteenth", cal: us.Juneteenth},
				{name: "Independence Day", cal: us.IndependenceDay},
				{name: "Labor Day", cal: us.LaborDay},
				{name: "Columbus Day", cal: us.ColumbusDay},
				{name: "Veterans Day", cal: us.VeteransDay},
				{name: "Thanksgiving Day", cal: us.ThanksgivingDay},
				{name: "Day after Thanksgiving Day", cal: us.DayAfterThanksgivingDay},
				{name: "Christmas Day", cal: us.ChristmasDay},
			},
			usual: []string{"New Year's Day", "Independence Day", "Thanksgiving Day", "Day after Thanksgiving Day", "Christmas Day"},
			aliases: map[string]string{
				"martin luther king":               "Martin Luther King Jr. Day",
				"mlk":                              "Martin Luther King Jr. Day",
				"washingtons birthday":             "Presidents' Day",
				"juneteenth national independence": "Juneteenth",
				"fourth of july":                   "Independence Day",
				"4th of july":                      "Independence Day",
				"labour":                           "Labor Day",
				"indigenous peoples":               "Columbus Day",
				"friday after thanksgiving":        "Day after Thanksgiving Day",
				"the day after":                    "Day after Thanksgiving Day",
				"day after":                        "Day after Thanksgiving Day",
			},
		},
		"gb": {
			rules: []rule{
				{name: "New Year's Day", cal: gb.NewYear},
				{name: "Good Friday", cal: gb.GoodFriday},
				{name: "Easter Monday", cal: gb.EasterMonday},
				{name: "May Day", cal: gb.EarlyMay, moved: map[int]date{
					1995: {1995, time.May, 8},
					2020: {2020, time.May, 8},
				}},
				{name: "Spring Bank Holiday", cal: gb.SpringHoliday, moved: map[int]date{
					2002: {2002, time.June, 4},
					2012: {2012, time.June, 4},
					2022: {2022, time.June, 2},
				}},
				{name: "Summer Bank Holiday", cal: gb.SummerHoliday},
				{name: "Christmas Day", cal: gb.ChristmasDay.Clone(&cal.Holiday{Observed: substitute})},
				{name: "Boxing Day", cal: gb.BoxingDay.Clone(&cal.Holiday{Observed: substitute})},
			},
			usual: []string{"New Year's Day", "Easter Monday", "May Day", "Spring Bank Holiday", "Summer Bank Holiday", "Christmas Day", "Boxing Day"},
			aliases: map[string]string{
				"early may":          "May Day",
				"late may":           "Spring Bank Holiday",
				"spring":             "Spring Bank Holiday",
				"august":             "Summer Bank Holiday",
				"late summer":        "Summer Bank Holiday",
				"st stephens":        "Boxing Day",
				"saint stephens":     "Boxing Day",
				"st stephens/boxing": "Boxing Day",
				"boxing/st stephens": "Boxing Day",
			},
		},
	}
}

func newHolidays(o Holidays) (holidays, error) {
	h := holidays{dates: map[date]string{}}
	var err error
	if h.rules, err = selectRules(o.Calendar, o.Names); err != nil {
		return holidays{}, err
	}
	for _, s := range o.Dates {
		d, err := parseDate(time.DateOnly, s)
		if err == nil {
			err = d.check()
		}
		if err != nil {
			return holidays{}, fmt.Errorf("holiday date: %w", err)
		}
		h.dates[d] = "closed on " + d.String()
		if len(h.rules) == 0 && o.ICS == nil {
			h.lastYear = max(h.lastYear, d.year)
		}
	}
	if o.ICS == nil {
		return h, nil
	}
	events, err := parseICS(o.ICS)
	if err != nil {
		return holidays{}, fmt.Errorf("iCalendar file: %w", err)
	}
	for _, e := range events {
		h.addEvent(e)
	}
	return h, nil
}

// selectRules returns the rules of the calendar that names choose.
func selectRules(calendar string, names []string) ([]rule, error) {
	key := strings.ToLower(strings.TrimSpace(calendar))
	if key == "uk" {
		key = "gb"
	}
	if key == "" || key == "none" {
		if len(names) > 0 {
			return nil, fmt.Errorf("holiday %q needs a calendar: us or gb", names[0])
		}
		return nil, nil
	}
	set, ok := countries()[key]
	if !ok {
		return nil, fmt.Errorf("unknown holiday calendar %q: known are us, gb and none", calendar)
	}
	if len(names) == 0 {
		names = set.usual
	}
	var rules []rule
	for _, name := range names {
		r, ok := set.find(name)
		if !ok {
			return nil, fmt.Errorf("unknown holiday %q: the %s calendar knows %s", name, key, set.known())
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func (c country) find(name string) (rule, bool) {
	key := fold(name)
	if known, ok := c.aliases[key]; ok {
		key = fold(known)
	}
	for _, r := range c.rules {
		if fold(r.name) == key {
			return r, true
		}
	}
	return rule{}, false
}

// known lists the holidays for an error message.
func (c country) known() string {
	var names []string
	for _, r := range c.rules {
		names = append(names, r.name)
	}
	return strings.Join(names, ", ")
}

// fold makes the spellings of a holiday's name alike: "New Years day", "NEW YEAR’S DAY".
func fold(name string) string {
	name = strings.NewReplacer("'", "", "’", "", ".", "", " / ", "/").Replace(strings.ToLower(name))
	name = strings.Join(strings.Fields(name), " ")
	for _, suffix := range []string{" holiday", " bank", " day"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return strings.ReplaceAll(name, " day/", "/")
}

// addEvent takes over an event of the iCalendar file.
func (h *holidays) addEvent(e event) {
	if e.yearly {
		h.yearly = append(h.yearly, e)
		return
	}
	for d := e.first; d.before(e.end); d = d.next() {
		h.dates[d] = e.name
	}
	h.lastYear = max(h.lastYear, e.end.add(-1).year)
}

// on returns the name of the holiday observed on d.
func (h *holidays) on(d date) (string, bool) {
	for _, r := range h.rules {
		if r.observed(d.year) == d {
			return r.name, true
		}
		// A Saturday's New Year's Day is kept on 31 December of the year before.
		if d.month == time.December && r.observed(d.year+1) == d {
			return r.name, true
		}
	}
	if name, ok := h.dates[d]; ok {
		return name, true
	}
	for _, y := range h.yearly {
		if y.on(d) {
			return y.name, true
		}
	}
	return "", false
}

// observed is the day on which the holiday of that year is kept; the zero date where it is not.
func (r rule) observed(year int) date {
	if d, ok := r.moved[year]; ok {
		return d
	}
	_, t := r.cal.Calc(year)
	if t.IsZero() {
		return date{}
	}
	// The library answers with a midnight of the host's zone. Noon is the same day even where that midnight was skipped.
	return dateOf(t.Add(12 * time.Hour))
}

// span returns the days between which the lists could close a calendar for a year.
func (h *holidays) span() (first, last date) {
	days := slices.Collect(maps.Keys(h.dates))
	for _, y := range h.yearly {
		days = append(days, y.first, y.first.add(800))
	}
	if len(days) == 0 {
		return date{2024, time.January, 1}, date{2025, time.December, 31}
	}
	compare := func(a, b date) int { return a.utc().Compare(b.utc()) }
	return slices.MinFunc(days, compare).add(-400), slices.MaxFunc(days, compare).add(400)
}
