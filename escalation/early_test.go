package escalation_test

import (
	"strings"
	"testing"
	"time"

	"escalationd/escalation"
)

func TestTooEarly(t *testing.T) {
	rule := func(e escalation.Early) func(*escalation.Policy) { return func(p *escalation.Policy) { p.Early = e } }
	early := func(s *scene) {
		s.with(escalation.Case{Number: "01230002", Severity: 2, CustomerWroteAt: at(7, 0).Add(-20 * time.Hour)})
	}
	opens := at(11, 0)
	t.Run("is accepted by default", func(t *testing.T) {
		play(t, rule(escalation.EarlyAccept), func(s *scene) {
			early(s)
			if n := s.escalated("01230002", ukLead); n.Letter.Silence != 22*time.Hour {
				s.Errorf("the leader reads of a silence of %s", n.Letter.Silence)
			}
		})
	})
	t.Run("opens by itself at the right minute", func(t *testing.T) {
		play(t, rule(escalation.EarlyPark), func(s *scene) {
			early(s)
			s.ends(s.from(rep, form("01230002")), escalation.ParkedEarly)
			n := s.expect(escalation.KindParked, rep)
			s.at("the opening", n.Letter.Until, opens)
			if n.Letter.Status != escalation.Parked || !strings.Contains(n.Letter.Why, "24 hours") {
				s.Errorf("the status is %q, because %q", n.Letter.Status, n.Letter.Why)
			}
			s.ends(s.from(rep, text("It grows worse."), answering(n)), escalation.Updated)
			s.at("the opening", s.expect(escalation.KindUpdated, rep).Letter.Until, opens)
			s.forward(opens.Sub(s.now) - time.Minute)
			s.expectNothing()
			s.forward(time.Minute)
			s.expect(escalation.KindEscalation, ukLead)
			s.at("the promise", s.expect(escalation.KindAccepted, rep).Letter.RespondBy, opens.Add(2*time.Hour))
		})
	})
	t.Run("dissolves when the owner answers", func(t *testing.T) {
		play(t, rule(escalation.EarlyPark), func(s *scene) {
			early(s)
			s.ends(s.from(rep, form("01230002")), escalation.ParkedEarly)
			s.expect(escalation.KindParked, rep)
			s.with(escalation.Case{Number: "01230002", Severity: 2, OwnerRespondedAt: at(9, 1)})
			s.forward(2 * time.Minute)
			s.expect(escalation.KindDissolved, rep)
			s.is("01230002", escalation.Dissolved)
			s.forward(24 * time.Hour)
		})
	})
	t.Run("dissolves when the answer was given before and fed after", func(t *testing.T) {
		play(t, rule(escalation.EarlyPark), func(s *scene) {
			early(s)
			s.ends(s.from(rep, form("01230002")), escalation.ParkedEarly)
			s.expect(escalation.KindParked, rep)
			s.with(escalation.Case{Number: "01230002", Severity: 2, OwnerRespondedAt: s.now.Add(-time.Minute)})
			s.forward(2 * time.Minute)
			s.expect(escalation.KindDissolved, rep)
		})
	})
	t.Run("is refused, and not as parked", func(t *testing.T) {
		play(t, rule(escalation.EarlyRefuse), func(s *scene) {
			early(s)
			s.ends(s.from(rep, form("01230002")), escalation.Refused)
			n := s.expect(escalation.KindParked, rep)
			s.at("the rule allows it", n.Letter.Until, opens)
			if n.Letter.Status != "" {
				s.Errorf("the status is %q", n.Letter.Status)
			}
			s.forward(3 * time.Hour)
			s.escalated("01230002", ukLead)
		})
	})
}

func TestOwnerSilenceCountsFromTheOwnersLastResponse(t *testing.T) {
	ago := func(hours int) time.Time { return at(9, 0).Add(-time.Duration(hours) * time.Hour) }
	for _, c := range []struct {
		name                     string
		opened, wrote, responded time.Time
		wait                     time.Duration
	}{
		{"never responded", ago(30), time.Time{}, time.Time{}, 0},
		{"never responded, and the customer asks again", ago(30), ago(2), time.Time{}, 0},
		{"responded long ago, the customer wrote just now", ago(90), ago(2), ago(30), 0},
		{"responded long ago, the customer has not written since", ago(90), ago(40), ago(30), 0},
		{"responded just now, the customer wrote after", ago(90), ago(1), ago(2), 22 * time.Hour},
		{"responded just now to what the customer wrote", ago(90), ago(40), ago(2), 22 * time.Hour},
		{"opened just now", ago(2), time.Time{}, time.Time{}, 22 * time.Hour},
		{"opened anew after the last response", ago(3), time.Time{}, ago(90), 21 * time.Hour},
		{"a feed that knows only the customer's last word", time.Time{}, ago(2), time.Time{}, 22 * time.Hour},
		{"responded to the minute", time.Time{}, time.Time{}, ago(24), 0},
		{"a case without times", time.Time{}, time.Time{}, time.Time{}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, func(p *escalation.Policy) { p.Early = escalation.EarlyRefuse }, func(s *scene) {
				s.with(escalation.Case{Number: "01230002", Severity: 2, OpenedAt: c.opened, CustomerWroteAt: c.wrote, OwnerRespondedAt: c.responded})
				if c.wait == 0 {
					s.escalated("01230002", ukLead)
					return
				}
				s.ends(s.from(rep, form("01230002")), escalation.Refused)
				s.at("the rule allows it", s.expect(escalation.KindParked, rep).Letter.Until, s.now.Add(c.wait))
			})
		})
	}
}
