package escalation

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Gap is a hole in the ladder: who escalates there and then is not helped as
// promised.
type Gap struct {
	Region   string
	Severity int       // 0: all of them
	Level    int       // 0: all of them
	From     time.Time // from when on; the time of asking where it is so already
	What     string    // a sentence with the remedy
	Nobody   bool      // escalations in the region reach nobody at all
}

// Gaps walks region, severity, level and the next days, and lists what is
// missing: contacts, holidays that are no longer known, working hours, regions
// that cases have and the configuration does not.
func (p *Policy) Gaps(now time.Time, days int, regionsOfCases ...string) []Gap {
	var gaps []Gap
	end := now.AddDate(0, 0, days)
	for _, region := range slices.Sorted(maps.Keys(p.Regions)) {
		gaps = append(gaps, p.gapsOfLadder(region, now)...)
		gaps = append(gaps, p.gapsOfCalendar(region, now, end)...)
	}
	used := slices.Compact(slices.Sorted(slices.Values(regionsOfCases)))
	for _, region := range used {
		if _, ok := p.Regions[region]; !ok {
			gaps = append(gaps, Gap{Region: region, From: now, What: fmt.Sprintf(
				"Cases have the region %q, which the configuration does not name: their clocks never stop, and only contacts for \"*\" are told. Add the region.", region)})
		}
	}
	return gaps
}

func (p *Policy) gapsOfLadder(region string, now time.Time) []Gap {
	if level, _ := p.reachable(0, region); level == 0 {
		return []Gap{{Region: region, From: now, Nobody: true, What: fmt.Sprintf("Nobody on the ladder has region %q: escalations there reach nobody. Add contacts.", region)}}
	}
	var gaps []Gap
	for l := range p.Ladder {
		if len(p.contacts(l+1, region)) == 0 {
			gaps = append(gaps, Gap{Region: region, Level: l + 1, From: now, What: fmt.Sprintf(
				"Level %d (%s) has no contact for region %q: it is skipped. Add one, or one for \"*\".", l+1, p.levelName(l+1), region)})
		}
	}
	return gaps
}

// slowTarget is how long, in real time, a target may take before its hour is
// worth a warning: a week holds every weekend and the longest usual holidays.
const slowTarget = 7 * 24 * time.Hour

func (p *Policy) gapsOfCalendar(region string, now, end time.Time) []Gap {
	calendar := p.Regions[region].Calendar
	if calendar == nil {
		return nil
	}
	var gaps []Gap
	if until, ends := calendar.CoveredUntil(); ends && until.Before(end) {
		gaps = append(gaps, Gap{Region: region, From: later(until, now), What: fmt.Sprintf(
			"The holidays of region %q are known until %s only; after that every working day counts. Renew the list.", region, until.Format(time.DateOnly))})
	}
	for _, severity := range slices.Sorted(maps.Keys(p.Severities)) {
		s := p.Severities[severity]
		if s.Always {
			continue
		}
		for t := now; t.Before(end); t = t.Add(time.Hour) {
			if due := p.Target(severity, region, t); due.Sub(t) > slowTarget {
				gaps = append(gaps, Gap{Region: region, Severity: severity, From: t, What: fmt.Sprintf(
					"An escalation of severity %d in region %q at %s is answered no earlier than %s: more than a week. Look at the hours and holidays.",
					severity, region, p.in(region, t).Format("Mon 2006-01-02 15:04 MST"), due.Format("Mon 2006-01-02 15:04 MST"))})
				break
			}
		}
	}
	return gaps
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
