package escalation_test

import (
	"strings"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/mailparse"
)

func TestANameStandsWithinASentence(t *testing.T) {
	for name, want := range map[string]string{
		"Frontline senior manager": "frontline senior manager",
		"VP of support":            "VP of support",
		"Élu":                      "élu",
		"":                         "",
		"X":                        "x",
	} {
		if got := escalation.InSentence(name); got != want {
			t.Errorf("%q within a sentence is %q, want %q", name, got, want)
		}
	}
}

func TestWhatALeaderReadsNamesTheOthersInPlainSentences(t *testing.T) {
	play(t, nil, func(s *scene) {
		n := s.escalated("01230001", ukLead)
		says := func(command written, want string) {
			t.Helper()
			s.ends(s.from(ukLead, command, answering(n)), escalation.Commanded)
			if got := s.expect(escalation.KindConfirmed, ukLead).Letter.Why; !strings.Contains(got, want) {
				t.Errorf("the leader reads %q, without %q", got, want)
			}
		}
		says(command(mailparse.Snooze, "", 2*time.Hour), "Then the frontline senior manager is told.")
		says(command(mailparse.Pass, "", 0), "Passed on to the frontline senior manager, who has been told now.")
		if why := s.expect(escalation.KindEscalation, front).Letter.Why; why != "The regional leader has passed it on." {
			t.Errorf("the next level reads %q", why)
		}
		says(command(mailparse.Pass, "", 0), "The frontline senior manager has been told already.")
	})
}

func TestWhoHasItIsOfferedWhatComesNext(t *testing.T) {
	play(t, nil, func(s *scene) {
		n := s.escalated("01230001", ukLead)
		s.forward(30 * time.Minute)
		other := s.expect(escalation.KindEscalation, front)
		s.expect(escalation.KindMissed, rep)
		offered := func(from string, n escalation.Notice, want bool) {
			t.Helper()
			s.ends(s.from(from, command(mailparse.Ack, "", 0), answering(n)), escalation.Commanded)
			if l := s.expect(escalation.KindConfirmed, from).Letter; l.Answerable != want || l.Status != escalation.Acknowledged {
				t.Errorf("%s is told of status %s, answers offered: %t", from, l.Status, l.Answerable)
			}
		}
		offered(ukLead, n, true)
		s.expect(escalation.KindTaken, rep)
		s.expect(escalation.KindTakenOver, front)
		offered(front, other, false)
	})
}

func TestTheRecordNamesTheLinesOfAFormAsTheTemplateDoes(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.ends(s.from(rep, func(m *escalation.Mail) {
			m.Forms = []mailparse.Form{{CaseNumber: "01230001", POC: "Avery"}}
		}), escalation.Returned)
		s.expect(escalation.KindReturned, rep)
		if want := "Expected Next Step is missing, Phone Number or Email for POC is missing"; s.last.Reason != want {
			t.Errorf("the record says %q, want %q", s.last.Reason, want)
		}
	})
}

func TestASilenceOfOneHourIsOneHour(t *testing.T) {
	one := func(p *escalation.Policy) { p.OwnerSilence, p.Early = time.Hour, escalation.EarlyPark }
	play(t, one, func(s *scene) {
		s.with(escalation.Case{Number: "01230009", Severity: 2, OpenedAt: s.now.Add(-time.Minute)})
		s.ends(s.from(rep, form("01230009")), escalation.ParkedEarly)
		if why := s.expect(escalation.KindParked, rep).Letter.Why; !strings.HasSuffix(why, "for 1 hour.") {
			t.Errorf("the customer reads %q", why)
		}
	})
}

func TestCaseNumberIsTidiedOfWhatMailProgramsMakeOfIt(t *testing.T) {
	for typed, want := range map[string]string{
		"us-2000":           "US-2000",
		" US - 2000\t":      "US-2000",
		"US\u20132000":      "US-2000", // en dash
		"US\u22122000":      "US-2000", // minus
		"US\u20112000":      "US-2000", // hyphen that does not break
		"0123\u200b4567":    "01234567",
		"\u2060012\u00a034": "01234",
	} {
		if got := escalation.TidyCaseNumber(typed); got != want {
			t.Errorf("%+q becomes %+q, want %q", typed, got, want)
		}
	}
}
