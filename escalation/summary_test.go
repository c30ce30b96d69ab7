package escalation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"escalationd/escalation"
	"escalationd/mailparse"
)

var workdays = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}

// digestAt has the director get a digest at an hour in London.
func digestAt(hour, minute int, days []time.Weekday, regions []string, more ...string) func(*escalation.Policy) {
	return func(p *escalation.Policy) {
		p.Digests = append(p.Digests, escalation.DigestPlan{
			To: append([]string{director}, more...), At: hour*60 + minute, Location: p.Regions["uk"].Calendar.Location(), Weekdays: days, Regions: regions,
		})
	}
}

func TestADigestShowsTheBeginningOfALongStep(t *testing.T) {
	play(t, digestAt(8, 0, workdays, []string{"*"}), func(s *scene) {
		s.tick()
		s.forward(time.Minute)
		s.from(rep, form("01230001", but(func(f *mailparse.Form) { f.NextStep = strings.Repeat("ü", 500) })))
		s.forward(23 * time.Hour)
		i := slices.IndexFunc(s.unseen, func(n escalation.Notice) bool { return n.Kind == escalation.KindDigest })
		if i < 0 {
			s.Fatal("no digest came")
		}
		if step := []rune(s.unseen[i].Letter.Digest.New[0].NextStep); len(step) != 100 || step[99] != '…' {
			s.Errorf("the digest shows %d characters: %s", len(step), string(step))
		}
		s.unseen = nil
	})
}

func TestADigestSaysWhatHappenedSinceTheLast(t *testing.T) {
	play(t, digestAt(8, 0, workdays, []string{"*"}), func(s *scene) {
		s.tick() // the first period begins, and nothing is said of what was before
		s.expectNothing()
		s.forward(time.Minute)
		taken := s.escalated("01230002", ukLead)
		s.from(ukLead, command(mailparse.Ack, "", 0), answering(taken))
		s.with(escalation.Case{Number: "01230002", Severity: 2, OwnerRespondedAt: at(9, 30)})
		ended := s.escalated("01230003", calm(s))
		s.from(ukLead, command(mailparse.Resolve, "done", 0), answering(ended))
		s.unseen = nil
		s.escalated("01230001", ukLead)
		s.from(stranger, form("01230001"))
		s.from(rep, automatic(mailparse.List))
		s.from(rep, automatic(mailparse.List))
		s.forward(23*time.Hour - 2*time.Minute)
		for _, n := range s.unseen {
			if n.Kind == escalation.KindDigest {
				s.Fatalf("a digest before its hour, at %s", s.now)
			}
		}
		s.unseen = nil
		s.outage(time.Minute)
		n := s.expect(escalation.KindDigest, director)
		d := n.Letter.Digest
		s.at("its beginning", d.Since, monday)
		s.at("its end", d.Until, at(8, 0).Add(24*time.Hour))
		if n.Letter.Zone != "Europe/London" {
			s.Errorf("the zone is %q", n.Letter.Zone)
		}
		got := map[string][]string{
			"waiting": casesOf(d.Waiting), "new": casesOf(d.New), "taken": casesOf(d.Taken), "overdue": casesOf(d.Overdue), "ended": casesOf(d.Ended),
		}
		want := map[string][]string{
			"waiting": {"01230001"}, "new": {"01230001", "01230002", "01230003"}, "taken": {"01230002"}, "overdue": {"01230001"}, "ended": {"01230003"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			s.Errorf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]escalation.DigestScore{
			{Region: "United Kingdom", Severity: 1, Missed: 1}, {Region: "United Kingdom", Severity: 2, Kept: 1}, {Region: "United Kingdom", Severity: 3, Kept: 1},
		}, d.Promises); diff != "" {
			s.Errorf("promises (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]escalation.DigestCount{
			{Disposition: escalation.Accepted, Count: 3}, {Disposition: escalation.Commanded, Count: 2},
			{Disposition: escalation.Refused, Count: 1}, {Disposition: escalation.Ignored, Count: 2},
		}, d.Mails); diff != "" {
			s.Errorf("mails (-want +got):\n%s", diff)
		}
		if d.Taken[0].Who != "Regional leader" || d.Ended[0].Who != "Regional leader" || d.New[0].Account != "Customer Company" {
			s.Errorf("lines are %+v, %+v, %+v", d.Taken[0], d.Ended[0], d.New[0])
		}
		if mon := d.Week[5]; mon.Day != "Mon" || mon.New != 3 || mon.Ended != 1 {
			s.Errorf("the week is %+v", d.Week)
		}
	})
}

// calm forgets the letters so far, for scenes that do not look at them.
func calm(s *scene) string {
	s.unseen = nil
	return ukLead
}

func casesOf(lines []escalation.DigestLine) []string {
	var out []string
	for _, l := range lines {
		out = append(out, l.Case)
	}
	return out
}

func TestAnEmptyDigestIsNotSentAndItsCountsAreNotLost(t *testing.T) {
	play(t, digestAt(8, 0, workdays, []string{"*"}), func(s *scene) {
		s.tick()
		s.from(rep, automatic(mailparse.List))
		s.forward(25 * time.Hour)
		s.expectNothing()
		s.escalated("01230003", ukLead)
		s.forward(24 * time.Hour)
		var digests []escalation.Notice
		for _, n := range s.unseen {
			if n.Kind == escalation.KindDigest {
				digests = append(digests, n)
			}
		}
		s.unseen = nil
		if len(digests) != 1 {
			s.Fatalf("%d digests, want one", len(digests))
		}
		d := digests[0].Letter.Digest
		s.at("its beginning", d.Since, monday)
		if diff := cmp.Diff([]escalation.DigestCount{
			{Disposition: escalation.Accepted, Count: 1}, {Disposition: escalation.Ignored, Count: 1},
		}, d.Mails); diff != "" {
			s.Errorf("mails (-want +got):\n%s", diff)
		}
	})
}

func TestAnEmptyDigestIsSentWhereItIsWanted(t *testing.T) {
	wanted := func(p *escalation.Policy) {
		digestAt(8, 0, workdays, []string{"*"}, front)(p)
		p.Digests[0].Empty = true
	}
	play(t, wanted, func(s *scene) {
		s.tick()
		s.forward(24 * time.Hour)
		s.expect(escalation.KindDigest, director)
		s.expect(escalation.KindDigest, front)
		s.forward(4 * 24 * time.Hour)
		for range 3 { // Wednesday, Thursday, Friday
			s.expect(escalation.KindDigest, director)
			s.expect(escalation.KindDigest, front)
		}
		s.expectNothing()
		s.forward(46 * time.Hour)
		s.expectNothing()
	})
}

func TestADigestShowsItsRegionsAlone(t *testing.T) {
	play(t, digestAt(8, 0, workdays, []string{"us"}), func(s *scene) {
		s.tick()
		s.forward(time.Minute)
		s.escalated("01230003", ukLead)
		s.with(escalation.Case{Number: "01230004", Severity: 3, Region: "us"})
		s.escalated("01230004", usLead)
		s.outage(23 * time.Hour)
		d := s.expect(escalation.KindDigest, director).Letter.Digest
		if got := casesOf(d.New); !slices.Equal(got, []string{"01230004"}) {
			s.Errorf("the digest shows %v", got)
		}
		s.unseen = nil
	})
}

func TestOneDigestAPeriodOverRestartsAndOutages(t *testing.T) {
	wanted := func(p *escalation.Policy) {
		digestAt(8, 0, workdays, []string{"*"})(p)
		p.Digests[0].Empty = true
	}
	play(t, wanted, func(s *scene) {
		s.tick()
		for range 5 {
			s.outage(0)
		}
		s.expectNothing()
		s.outage(3*24*time.Hour + 5*time.Hour) // Thursday afternoon
		d := s.expect(escalation.KindDigest, director).Letter.Digest
		s.at("its beginning", d.Since, monday)
		for range 5 {
			s.outage(time.Minute)
		}
		s.expectNothing()
		s.outage(18 * time.Hour)
		s.expect(escalation.KindDigest, director)
	})
}

func TestDigestsInNightsInWhichTheClockJumps(t *testing.T) {
	everyDay := []time.Weekday{0, 1, 2, 3, 4, 5, 6}
	for name, c := range map[string]struct {
		start time.Time
		at    int
	}{
		"an hour that is skipped":     {time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC), 90},
		"an hour that comes twice":    {time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC), 90},
		"midnight before a long day":  {time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC), 0},
		"midnight before a short day": {time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC), 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, newMemStore(), func(p *escalation.Policy) {
				digestAt(0, c.at, everyDay, []string{"*"})(p)
				p.Digests[0].Empty = true
			})
			s.now = c.start
			s.tick()
			var days []string
			for range 72 * 4 {
				s.outage(15 * time.Minute)
				for _, n := range s.unseen {
					days = append(days, n.CreatedAt.In(s.policy.Digests[0].Location).Format(time.DateOnly))
				}
				s.unseen = nil
			}
			want := []string{c.start.AddDate(0, 0, 1).Format(time.DateOnly), c.start.AddDate(0, 0, 2).Format(time.DateOnly), c.start.AddDate(0, 0, 3).Format(time.DateOnly)}
			if !slices.Equal(days, want) {
				t.Errorf("digests on %v, want %v", days, want)
			}
		})
	}
}

func TestLettersHeldBackAreCountedInTheDigest(t *testing.T) {
	limited := func(p *escalation.Policy) {
		digestAt(10, 0, workdays, []string{"*"}, ukLead)(p)
		p.LeaderLimit.PerHour = 1
	}
	play(t, limited, func(s *scene) {
		s.tick()
		s.forward(time.Minute)
		s.escalated("01230002", ukLead)
		s.ends(s.from(rep, form("01230003")), escalation.Accepted)
		s.expect(escalation.KindAccepted, rep)
		s.forward(time.Hour)
		if d := s.expect(escalation.KindDigest, ukLead).Letter.Digest; d.Held != 1 || len(d.Waiting) != 2 {
			s.Errorf("%d letters were held back, %d escalations wait", d.Held, len(d.Waiting))
		}
		if d := s.expect(escalation.KindDigest, director).Letter.Digest; d.Held != 0 || len(d.Waiting) != 0 {
			s.Errorf("the director hears of %d, %d", d.Held, len(d.Waiting))
		}
	})
}

func TestAnEscalationBeforeTheLastOneStaysInTheDigest(t *testing.T) {
	play(t, digestAt(8, 0, workdays, []string{"*"}), func(s *scene) {
		s.tick()
		s.forward(time.Minute)
		n := s.escalated("01230003", ukLead)
		s.from(ukLead, command(mailparse.Resolve, "done", 0), answering(n))
		s.unseen = nil
		s.escalated("01230003", ukLead)
		s.outage(23*time.Hour - time.Minute)
		d := s.expect(escalation.KindDigest, director).Letter.Digest
		if len(d.New) != 2 || len(d.Ended) != 1 || d.Ended[0].Who != "Regional leader" {
			s.Errorf("new %v, ended %+v", casesOf(d.New), d.Ended)
		}
		s.unseen = nil
	})
}

func TestADigestRepeatsNothing(t *testing.T) {
	play(t, digestAt(8, 0, workdays, []string{"*"}), func(s *scene) {
		s.tick()
		s.forward(time.Minute)
		s.escalated("01230002", ukLead)
		s.outage(23*time.Hour - time.Minute)
		first := s.expect(escalation.KindDigest, director).Letter.Digest
		s.unseen = nil
		s.forward(time.Minute)
		s.unseen = nil // of the first escalation, whose ladder has ended
		s.escalated("01230003", ukLead)
		s.outage(24*time.Hour - time.Minute)
		second := s.expect(escalation.KindDigest, director).Letter.Digest
		s.unseen = nil
		s.at("its beginning", second.Since, first.Until)
		if got := casesOf(second.New); !slices.Equal(got, []string{"01230003"}) {
			s.Errorf("the second digest shows as new %v", got)
		}
		if diff := cmp.Diff([]escalation.DigestCount{{Disposition: escalation.Accepted, Count: 1}}, second.Mails); diff != "" {
			s.Errorf("mails (-want +got):\n%s", diff)
		}
	})
}
