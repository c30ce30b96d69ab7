package daemon

import (
	"errors"
	"fmt"
	"net/mail"
	"os"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"escalationd/escalation"
	"escalationd/escalation/hours"
	"escalationd/internal/config"
	"escalationd/mailparse"
)

// draftKept is how long a reply may complete a returned form.
const draftKept = 7 * 24 * time.Hour

// Policy makes the rules a configuration asks for. It reads the iCalendar
// files that the regions name.
func Policy(c *config.Config) (*escalation.Policy, error) {
	p := &escalation.Policy{
		CaseNumber: c.Policy.CaseNumber, OwnerSilence: c.Policy.OwnerSilence, Early: escalation.Early(c.Policy.Early),
		NotifyOwner: c.Policy.NotifyOwner, AckExpires: c.Policy.AckExpires, StaleAfter: c.Policy.StaleAfter, DraftKept: draftKept,
		ReplyLimit: escalation.ReplyLimit{
			PerSender: c.Policy.ReplyLimit.PerSender, Per: c.Policy.ReplyLimit.Per,
			GlobalPerMinute: c.Policy.ReplyLimit.GlobalPerMinute,
		},
		LeaderLimit: escalation.LeaderLimit{PerHour: c.Policy.LeaderLimit.PerHour, PerCase: c.Policy.LeaderLimit.PerCase},
		Severities:  map[int]escalation.Severity{},
		Regions:     map[string]escalation.Region{},
		Ops:         addresses(c.Ops),
	}
	for n, s := range c.Severities {
		p.Severities[n] = escalation.Severity{Name: s.Name, RespondWithin: s.RespondWithin, Always: s.Clock == config.ClockAlways}
	}
	countries := map[string]string{}
	p.Contacts = func(text, region string) []mailparse.Contact { return mailparse.Contacts(text, countries[region]) }
	var wrong []error
	for id, r := range c.Regions {
		id = strings.ToLower(id)
		calendar, err := calendar(r)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("region %s: %w", id, err))
			continue
		}
		countries[id] = countryOf(r.Phone)
		p.Regions[id] = escalation.Region{Name: r.Name, Zone: r.Timezone.String(), Phone: r.Phone, Calendar: calendar}
	}
	for _, l := range c.Ladder {
		contacts := make(map[string][]string, len(l.Contacts))
		for region, to := range l.Contacts {
			contacts[strings.ToLower(region)] = addresses(to)
		}
		p.Ladder = append(p.Ladder, escalation.Level{Name: l.Name, Contacts: contacts})
	}
	for _, g := range c.Digests {
		plan := escalation.DigestPlan{To: addresses(g.To), At: int(g.At), Location: g.Timezone, Weekdays: weekdays(g.Days), Empty: g.Empty}
		for _, region := range g.Regions {
			plan.Regions = append(plan.Regions, strings.ToLower(region))
		}
		p.Digests = append(p.Digests, plan)
	}
	return p, errors.Join(wrong...)
}

// countryOf answers in which country a region's phone number is: there people
// write numbers without a country code.
func countryOf(phone string) string {
	n, err := phonenumbers.Parse(phone, "")
	if err != nil {
		return ""
	}
	return phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode()))
}

func weekdays(days config.Days) []time.Weekday {
	var out []time.Weekday
	for d := time.Sunday; d <= time.Saturday; d++ {
		if days.Has(d) {
			out = append(out, d)
		}
	}
	return out
}

func calendar(r config.Region) (*hours.Calendar, error) {
	o := hours.Options{
		Location: r.Timezone, Weekdays: weekdays(r.Days), Open: int(r.Open), Close: int(r.Close),
		Holidays: hours.Holidays{Calendar: string(r.Holidays.Calendar), Names: r.Holidays.Names},
	}
	for _, d := range r.Holidays.Dates {
		o.Holidays.Dates = append(o.Holidays.Dates, d.String())
	}
	if r.Holidays.ICS != "" {
		data, err := os.ReadFile(r.Holidays.ICS)
		if err != nil {
			return nil, fmt.Errorf("read holidays: %w", err)
		}
		o.Holidays.ICS = data
	}
	return hours.New(o)
}

func addresses(list []mail.Address) []string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.Address
	}
	return out
}
