package escalation_test

import (
	"fmt"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/mailparse"
)

func TestAnUnknownCaseAndNoEntitlementLookTheSame(t *testing.T) {
	play(t, nil, func(s *scene) {
		for _, c := range []struct{ sender, number string }{
			{rep, "77777777"}, {rep, "01239999"}, {stranger, "01230002"}, {stranger, "77777777"},
		} {
			s.ends(s.from(c.sender, form(c.number)), escalation.Refused)
			n := s.expect(escalation.KindRefused, c.sender)
			want := escalation.Letter{Form: mailparse.Form{CaseNumber: c.number}, RequestedBy: c.sender}
			if got := fmt.Sprint(n.Letter); got != fmt.Sprint(want) || n.Case != "" {
				s.Errorf("%s on %s reads %+v", c.sender, c.number, n.Letter)
			}
		}
		// "Did you mean" speaks of the sender's own cases, whoever owns the one asked for.
		for _, number := range []string{"01230009", "01230008"} {
			if number == "01230008" {
				s.with(escalation.Case{Number: number, Account: "a2"})
			}
			s.ends(s.from("boss@other.example", form("01239998")), escalation.Refused)
			if len(s.unseen) > 0 {
				if n := s.expect(escalation.KindRefused, "boss@other.example"); n.Letter.Suggestion != "01239999" {
					s.Errorf("the suggestion is %q", n.Letter.Suggestion)
				}
			}
		}
	})
}

func TestASuggestionDoesNotTellAForeignCaseFromNone(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.with(escalation.Case{Number: "55550001"})
		s.with(escalation.Case{Number: "55550002", Account: "a2"})
		for _, number := range []string{"55550002", "55550003"} { // another account's, nobody's
			s.ends(s.from(rep, form(number)), escalation.Refused)
			if n := s.expect(escalation.KindRefused, rep); n.Letter.Suggestion != "55550001" {
				s.Errorf("on %s the suggestion is %q", number, n.Letter.Suggestion)
			}
		}
	})
}

func TestARefusalIsSaidOnceADay(t *testing.T) {
	play(t, nil, func(s *scene) {
		for i := range 3 {
			s.ends(s.from(stranger, form("01230002")), escalation.Refused)
			if i == 0 {
				s.expect(escalation.KindRefused, stranger)
			}
			s.expectNothing()
			s.ends(s.from(rep, form("01230000")), escalation.Refused)
			if i == 0 {
				s.expect(escalation.KindClosed, rep)
			}
			s.expectNothing()
		}
		s.outage(24 * time.Hour)
		s.ends(s.from(stranger, form("01230002")), escalation.Refused)
		s.expect(escalation.KindRefused, stranger)
	})
}

func TestRepliesToOneSenderAreBounded(t *testing.T) {
	few := func(p *escalation.Policy) { p.ReplyLimit.PerSender = 3 }
	play(t, few, func(s *scene) {
		for i := range 6 {
			s.ends(s.from(stranger, form(fmt.Sprintf("7777%04d", i))), escalation.Refused)
			if i < 3 {
				s.expect(escalation.KindRefused, stranger)
			}
			s.expectNothing()
		}
	})
}
