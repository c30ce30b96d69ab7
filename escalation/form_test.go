package escalation_test

import (
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/mailparse"
)

func TestAllProblemsAreNamedAtOnceAndAReplyCompletesTheForm(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(f *mailparse.Form)
		reply []written
	}{
		"the missing line":  {func(f *mailparse.Form) { f.NextStep = "" }, []written{text("A developer calls us.")}},
		"the case number":   {func(f *mailparse.Form) { f.CaseNumber = "" }, []written{text("It is 01230002, thank you.")}},
		"a labelled answer": {func(f *mailparse.Form) { f.POC, f.NextStep = "", "" }, []written{func(m *escalation.Mail) { m.Forms = []mailparse.Form{{POC: "Kim", NextStep: "A call."}} }}},
		"a full form":       {func(f *mailparse.Form) { f.POC, f.NextStep = "", "" }, []written{form("01230002")}},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.ends(s.from(rep, form("01230002", but(c.spoil))), escalation.Returned)
				n := s.expect(escalation.KindReturned, rep)
				s.expectNothing()
				s.ends(s.from(rep, append(c.reply, answering(n))...), escalation.Accepted)
				s.expect(escalation.KindAccepted, rep)
				leader := s.expect(escalation.KindEscalation, ukLead)
				f := leader.Letter.Form
				if f.CaseNumber != "01230002" || f.NextStep == "" || f.POC == "" || f.POCContact == "" || len(f.Contacts) != 1 {
					s.Errorf("the form is %+v", f)
				}
				if n.Case == "" {
					return
				}
				s.ends(s.from(rep, text("Thank you."), answering(n)), escalation.Updated)
				s.expect(escalation.KindUpdated, rep)
				s.expect(escalation.KindAddition, ukLead)
				if got := s.state("01230002").Form.POC; got != f.POC {
					s.Errorf("a word of thanks became the point of contact: %q", got)
				}
			})
		})
	}
}

func TestADraftIsKeptSevenDaysAndForItsSender(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.ends(s.from(rep, form("01230002", noPOC)), escalation.Returned)
		n := s.expect(escalation.KindReturned, rep)
		s.ends(s.from("kim@customer.example", text("Kim"), answering(n)), escalation.Returned)
		s.expect(escalation.KindReturned, "kim@customer.example")
		s.outage(7*24*time.Hour + time.Minute)
		s.ends(s.from(rep, text("Avery"), answering(n)), escalation.Returned)
		s.expect(escalation.KindReturned, rep)
	})
}

func TestAReplyWithAFormOnAnotherCaseIsAFormOfItsOwn(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.ends(s.from(rep, form("01230002", noPOC)), escalation.Returned)
		n := s.expect(escalation.KindReturned, rep)
		s.ends(s.from(rep, form("01230003", noPOC), answering(n)), escalation.Returned)
		if again := s.expect(escalation.KindReturned, rep); again.Case != "01230003" {
			s.Errorf("the letter is about case %s", again.Case)
		}
	})
}

func TestTwoFormsInOneMail(t *testing.T) {
	t.Run("on two cases get two answers", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.ends(s.from(rep, form("01230002"), form("01230003")), escalation.Accepted)
			for range 2 {
				s.expect(escalation.KindAccepted, rep)
				s.expect(escalation.KindEscalation, ukLead)
			}
		})
	})
	t.Run("on one case are one", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.ends(s.from(rep,
				form("01230002", but(func(f *mailparse.Form) { f.Comments, f.POC = "First.", "" })),
				form("0123 0002", commenting("Second."))), escalation.Accepted)
			s.expect(escalation.KindAccepted, rep)
			if n := s.expect(escalation.KindEscalation, ukLead); n.Letter.Form.Comments != "First.\n\nSecond." {
				s.Errorf("the comments are %q", n.Letter.Form.Comments)
			}
		})
	})
	t.Run("one good, one unknown", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.ends(s.from(rep, form("77777777"), form("01230003")), escalation.Accepted)
			s.expect(escalation.KindRefused, rep)
			s.expect(escalation.KindAccepted, rep)
			s.expect(escalation.KindEscalation, ukLead)
		})
	})
	t.Run("without numbers are returned each", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.ends(s.from(rep, form(""), form("")), escalation.Returned)
			a, b := s.expect(escalation.KindReturned, rep), s.expect(escalation.KindReturned, rep)
			if a.ID == b.ID {
				s.Error("two letters are one")
			}
		})
	})
}

func TestARefusedFormNeedsOnlyTheRightNumber(t *testing.T) {
	for name, reply := range map[string]written{
		"as a line of the form": func(m *escalation.Mail) {
			m.Forms = []mailparse.Form{{CaseNumber: "01230001"}}
			m.Problems = []mailparse.Problem{{Field: mailparse.NextStep, Reason: mailparse.Missing}}
		},
		"as a word": text("Sorry, it is 01230001."),
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.ends(s.from(rep, form("01230010")), escalation.Refused)
				n := s.expect(escalation.KindRefused, rep)
				s.ends(s.from(rep, reply, answering(n)), escalation.Accepted)
				s.expect(escalation.KindAccepted, rep)
				if l := s.expect(escalation.KindEscalation, ukLead).Letter; l.Form.NextStep == "" || l.Form.CaseNumber != "01230001" {
					t.Errorf("the leader reads %+v", l.Form)
				}
			})
		})
	}
}

func TestARefusedFormIsKeptForItsSenderAlone(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.ends(s.from(stranger, form("01230010")), escalation.Refused)
		n := s.expect(escalation.KindRefused, stranger)
		s.ends(s.from(rep, text("It is 01230001."), answering(n)), escalation.Returned)
		if l := s.expect(escalation.KindReturned, rep).Letter; l.Form.NextStep != "" {
			t.Errorf("another reads %+v", l.Form)
		}
	})
}

func TestTheSameCommentIsKeptOnce(t *testing.T) {
	s := newScene(t, newMemStore(), nil)
	s.escalated("01230003", ukLead)
	for range 3 {
		s.from(rep, form("01230003", commenting("The  second node is down.")))
	}
	if got := s.state("01230003").Form.Comments; got != "The  second node is down." {
		t.Errorf("the comments are %q", got)
	}
}

func TestADraftFillsNoFormOnAnotherCase(t *testing.T) {
	s := newScene(t, newMemStore(), nil)
	s.ends(s.from(rep, form("01230002", noPOC)), escalation.Returned)
	n := s.expect(escalation.KindReturned, rep)
	lacks := but(func(f *mailparse.Form) { f.NextStep = "" })
	s.ends(s.from(rep, form("01230003", lacks), answering(n)), escalation.Returned)
}

func TestAReplyReplacesWhatWasInvalid(t *testing.T) {
	s := newScene(t, newMemStore(), nil)
	ambiguous := func(m *escalation.Mail) {
		m.Problems = []mailparse.Problem{{Field: mailparse.POCContact, Reason: mailparse.Ambiguous}}
	}
	s.ends(s.from(rep, form("01230002"), ambiguous), escalation.Returned)
	n := s.expect(escalation.KindReturned, rep)
	s.ends(s.from(rep, text("extension 12"), answering(n)), escalation.Accepted)
	if f := s.state("01230002").Form; f.POCContact != "extension 12" || len(f.Contacts) != 0 {
		t.Errorf("the form is %+v", f)
	}
}
