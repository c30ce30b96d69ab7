package escalation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/mailparse"
)

// A week of six escalations in two regions, with each letter and its minute
// (UTC). London is at UTC, Los Angeles eight hours behind; Thursday and Friday
// are holidays in the US.
func TestAWeek(t *testing.T) {
	cases := map[string]escalation.Case{
		"UK-0001": {Severity: 1}, "UK-0002": {Severity: 2}, "UK-0003": {Severity: 3},
		"US-0001": {Severity: 1, Region: "us"}, "US-0002": {Severity: 2, Region: "us"}, "US-0003": {Severity: 3, Region: "us"},
	}
	owners := func(p *escalation.Policy) { p.AckExpires = false }
	s := newScene(t, newMemStore(), owners)
	for number, c := range cases {
		c.Number = number
		s.with(c)
	}
	letters := map[string]escalation.Notice{} // the last one to each leader on each case
	leader := func(number, who string, verb mailparse.Verb, more string, d time.Duration) func() {
		return func() {
			s.ends(s.from(who, command(verb, more, d), answering(letters[number+" "+who])), escalation.Commanded)
		}
	}
	escalate := func(number string) func() {
		return func() { s.ends(s.from(rep, form(number)), escalation.Accepted) }
	}
	acts := map[string]func(){
		"Mon 09:00": escalate("UK-0001"),
		"Mon 09:10": leader("UK-0001", ukLead, mailparse.Snooze, "", 10*time.Minute),
		"Mon 09:40": leader("UK-0001", front, mailparse.Ack, "", 0),
		"Mon 12:00": leader("UK-0001", front, mailparse.Resolve, "fixed", 0),
		"Mon 16:00": escalate("UK-0002"),
		"Tue 07:30": leader("UK-0002", front, mailparse.Pass, "", 0),
		"Tue 08:00": leader("UK-0002", director, mailparse.Ack, "", 0),
		"Tue 10:00": escalate("US-0002"), // 02:00 in Los Angeles
		"Tue 15:00": leader("US-0002", usLead, mailparse.Ack, "", 0),
		"Wed 15:00": escalate("UK-0003"),
		"Wed 23:00": escalate("US-0003"), // 15:00 in Los Angeles, before Thanksgiving
		"Thu 07:00": func() {
			s.ends(s.from(rep, command(mailparse.Withdraw, "UK-0003", 0)), escalation.Commanded)
		},
		"Fri 03:00": escalate("US-0001"),
		"Fri 03:05": func() {
			s.ends(s.from(usLead, automatic(mailparse.AutoReply), answering(letters["US-0001 "+usLead])), escalation.Bounced)
		},
		"Fri 03:20": leader("US-0001", front, mailparse.Resolve, "restarted", 0),
	}
	var played []string
	for end := monday.Add(7*24*time.Hour + 9*time.Hour); s.now.Before(end); s.outage(5 * time.Minute) {
		if act, ok := acts[s.now.Format("Mon 15:04")]; ok && s.now.Before(monday.Add(6*24*time.Hour)) {
			act()
		}
		var now []string
		for _, n := range s.unseen {
			if n.Kind == escalation.KindEscalation {
				letters[n.Case+" "+n.To] = n
			}
			to, _, _ := strings.Cut(n.To, "@")
			now = append(now, strings.Join([]string{s.now.Format("Mon 15:04"), n.Case, string(n.Kind), to}, " "))
		}
		slices.Sort(now)
		played, s.unseen = append(played, now...), nil
	}
	want := strings.Split(strings.TrimSpace(theWeek), "\n")
	for i := range max(len(want), len(played)) {
		if i >= len(want) || i >= len(played) || want[i] != played[i] {
			s.Fatalf("line %d differs; the week was\n%s", i+1, strings.Join(played, "\n"))
		}
	}
}

const theWeek = `
Mon 09:00 UK-0001 accepted avery
Mon 09:00 UK-0001 escalation uk-lead
Mon 09:10 UK-0001 confirmed uk-lead
Mon 09:20 UK-0001 escalation uk-lead
Mon 09:30 UK-0001 escalation frontline
Mon 09:30 UK-0001 missed avery
Mon 09:40 UK-0001 confirmed frontline
Mon 09:40 UK-0001 taken avery
Mon 09:40 UK-0001 taken-over uk-lead
Mon 12:00 UK-0001 confirmed frontline
Mon 12:00 UK-0001 ended avery
Mon 12:00 UK-0001 ended uk-lead
Mon 16:00 UK-0002 accepted avery
Mon 16:00 UK-0002 escalation uk-lead
Tue 07:00 UK-0002 escalation frontline
Tue 07:00 UK-0002 missed avery
Tue 07:30 UK-0002 confirmed frontline
Tue 07:30 UK-0002 escalation director
Tue 08:00 UK-0002 confirmed director
Tue 08:00 UK-0002 taken avery
Tue 08:00 UK-0002 taken-over frontline
Tue 08:00 UK-0002 taken-over uk-lead
Tue 10:00 US-0002 accepted avery
Tue 10:00 US-0002 escalation us-lead
Tue 15:00 US-0002 confirmed us-lead
Tue 15:00 US-0002 taken avery
Wed 15:00 UK-0003 accepted avery
Wed 15:00 UK-0003 escalation uk-lead
Wed 23:00 US-0003 accepted avery
Wed 23:00 US-0003 escalation us-lead
Thu 07:00 UK-0003 ended uk-lead
Thu 07:00 UK-0003 withdrawn avery
Fri 03:00 US-0001 accepted avery
Fri 03:00 US-0001 escalation us-lead
Fri 03:05 US-0001 escalation frontline
Fri 03:20 US-0001 confirmed frontline
Fri 03:20 US-0001 ended avery
Fri 03:20 US-0001 ended us-lead
Mon 15:00 US-0003 escalation frontline
Mon 15:00 US-0003 missed avery
`
