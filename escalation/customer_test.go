package escalation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/mailparse"
)

func TestASecondMailDoesNotRestartTheLadder(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.escalated("01230001", ukLead)
		s.forward(20 * time.Minute)
		s.ends(s.from(rep, form("01230001", commenting("The second node is down."))), escalation.Updated)
		s.expect(escalation.KindUpdated, rep)
		if n := s.expect(escalation.KindAddition, ukLead); n.Letter.Text != "Additional Comments: The second node is down." {
			s.Errorf("the leader reads %q", n.Letter.Text)
		}
		s.forward(10 * time.Minute)
		s.expect(escalation.KindMissed, rep)
		if n := s.expect(escalation.KindEscalation, front); !strings.Contains(n.Letter.Form.Comments, "second node") {
			s.Errorf("the next level reads %q", n.Letter.Form.Comments)
		}
	})
}

func TestTheSameFormAgainIsConfirmedButTroublesNobody(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.escalated("01230003", ukLead)
		for range 2 {
			s.ends(s.from(rep, form("01230003")), escalation.Updated)
			s.expect(escalation.KindUpdated, rep)
			s.expectNothing()
		}
		for range 5 { // the first answer and two more
			s.ends(s.from(rep, form("01230003")), escalation.Updated)
			s.expectNothing()
		}
	})
}

func TestTwoMachinesThatTalkFallSilent(t *testing.T) {
	play(t, nil, func(s *scene) {
		n := s.escalated("01230003", ukLead)
		s.ends(s.from(ukLead, text("I am away. Your ticket is #1."), answering(n)), escalation.Commanded)
		answers := 0
		for i := range 50 {
			s.now = s.now.Add(time.Second)
			s.store.clock(s.now)
			s.from(ukLead, text(fmt.Sprintf("I am away. Your ticket is #%d.", i)), answering(n))
			s.from(rep, text(fmt.Sprintf("We have got your mail %d.", i)), answering(escalation.Notice{ID: s.firstReply(), Case: "01230003"}))
			for len(s.unseen) > 0 {
				answers++
				s.unseen = s.unseen[1:]
			}
		}
		if answers > 7 {
			s.Errorf("two machines got %d letters", answers)
		}
	})
}

func TestAMachineThatNamesANewNumberInEachAnswerFallsSilent(t *testing.T) {
	for name, begins := range map[string]written{
		"refused": form("09999999"), "returned": form("", but(func(f *mailparse.Form) { f.CaseNumber = "" })),
		"invalid": form("", but(func(f *mailparse.Form) { f.CaseNumber = "no number" })),
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.from(rep, begins)
				letters := 0
				for i := 0; len(s.unseen) > 0 && i < 30; i++ {
					n := s.unseen[0]
					s.unseen = s.unseen[1:]
					letters++
					s.now = s.now.Add(time.Second)
					s.store.clock(s.now)
					s.from(rep, text(fmt.Sprintf("Your ticket is %08d, or RQ-%d.", 55500000+i, i)), answering(n))
				}
				if letters < 1 || letters > 3 {
					s.Errorf("the machine got %d letters", letters)
				}
			})
		})
	}
}

// firstReply is the ID of any letter to the representative.
func (s *scene) firstReply() string {
	for _, m := range s.mails {
		for _, id := range m.InReplyTo {
			return strings.TrimSuffix(strings.TrimPrefix(id, "esc."), "@example.com")
		}
	}
	return ""
}

func TestAReplyInTheThreadAdds(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.ends(s.from(rep, form("01230002")), escalation.Accepted)
		accepted := s.expect(escalation.KindAccepted, rep)
		s.expect(escalation.KindEscalation, ukLead)
		s.ends(s.from("colleague@customer.example", text("Please call the night shift."), answering(accepted)), escalation.Updated)
		s.expect(escalation.KindUpdated, "colleague@customer.example")
		s.expect(escalation.KindAddition, ukLead)
		s.ends(s.from(stranger, text("And me."), answering(accepted)), escalation.Refused)
		s.expect(escalation.KindRefused, stranger)
		// A new contact needs no case number and no other line of the template.
		contact := func(m *escalation.Mail) {
			m.Forms = []mailparse.Form{{POCContact: "night@customer.example", Contacts: []mailparse.Contact{{Kind: mailparse.Email, Value: "night@customer.example"}}}}
		}
		s.ends(s.from(rep, contact, answering(accepted)), escalation.Updated)
		if n := s.expect(escalation.KindUpdated, rep); n.Letter.Contact != "night@customer.example" {
			s.Errorf("the new contact is %q", n.Letter.Contact)
		}
		if got := s.state("01230002").Form; got.POCContact != "night@customer.example" || got.POC != "Avery" {
			s.Errorf("the form is %+v", got)
		}
		s.expectNothing() // a quarter of an hour between two additions
		s.forward(16 * time.Minute)
		s.ends(s.from(rep, text("One more."), answering(accepted)), escalation.Updated)
		s.expect(escalation.KindUpdated, rep)
		s.expect(escalation.KindAddition, ukLead)
	})
}

func TestAnAdditionGoesToWhoHasIt(t *testing.T) {
	play(t, nil, func(s *scene) {
		n := s.climbed("01230001")
		s.from(front, command(mailparse.Ack, "", 0), answering(n))
		s.unseen = nil
		s.ends(s.from(rep, form("01230001", commenting("More."))), escalation.Updated)
		s.expect(escalation.KindUpdated, rep)
		s.expect(escalation.KindAddition, front)
	})
}

func TestWithdraw(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.from(rep, form("01230002"))
		accepted := s.expect(escalation.KindAccepted, rep)
		s.expect(escalation.KindEscalation, ukLead)
		s.ends(s.from(stranger, command(mailparse.Withdraw, "01230002", 0)), escalation.Refused)
		s.expect(escalation.KindRefused, stranger)
		s.ends(s.from("kim@customer.example", command(mailparse.Withdraw, "we are fine since 2026-11-23, thanks", 0), answering(accepted)), escalation.Commanded)
		s.expect(escalation.KindWithdrawn, "kim@customer.example")
		s.expect(escalation.KindEnded, rep)
		s.expect(escalation.KindEnded, ukLead)
		s.is("01230002", escalation.Withdrawn)
		s.ends(s.from(rep, command(mailparse.Withdraw, "01230002", 0)), escalation.Commanded)
		s.expect(escalation.KindWithdrawn, rep)
		s.ends(s.from(rep, command(mailparse.Withdraw, "", 0)), escalation.Returned)
		if n := s.expect(escalation.KindReturned, rep); n.Letter.Verb != mailparse.Withdraw {
			t.Errorf("who withdraws nothing in particular is asked for a form: %+v", n.Letter)
		}
	})
}

func TestALeaderMayBeARepresentative(t *testing.T) {
	both := func(p *escalation.Policy) { p.Ladder[0].Contacts["uk"] = []string{rep} }
	play(t, both, func(s *scene) {
		s.ends(s.from(rep, form("01230002")), escalation.Accepted)
		s.expect(escalation.KindAccepted, rep)
		n := s.expect(escalation.KindEscalation, rep)
		s.ends(s.from(rep, form("01230003"), answering(n)), escalation.Accepted)
		s.expect(escalation.KindAccepted, rep)
		s.expect(escalation.KindEscalation, rep)
		s.ends(s.from(rep, command(mailparse.Ack, "", 0), answering(n)), escalation.Commanded)
		s.expect(escalation.KindConfirmed, rep)
		s.ends(s.from(rep, command(mailparse.Withdraw, "01230002", 0)), escalation.Commanded)
		s.expect(escalation.KindWithdrawn, rep)
	})
}

func TestTheSecondEscalationClimbsLikeTheFirst(t *testing.T) {
	play(t, nil, func(s *scene) {
		for i := range 3 {
			opened := s.now
			n := s.escalated("01230001", ukLead)
			if len(n.Letter.Earlier) != i {
				s.Errorf("escalation %d shows %d before it", i+1, len(n.Letter.Earlier))
			}
			s.forward(30 * time.Minute)
			s.at("level 3's hour", s.expect(escalation.KindEscalation, front).Letter.NextAt, opened.Add(time.Hour))
			s.expect(escalation.KindMissed, rep)
			s.from(ukLead, command(mailparse.Resolve, "done", 0), answering(n))
			s.expect(escalation.KindConfirmed, ukLead)
			s.expect(escalation.KindEnded, rep)
			s.expect(escalation.KindEnded, front)
			if e := s.state("01230001"); e.Ordinal != i+1 {
				s.Errorf("the ordinal is %d", e.Ordinal)
			}
		}
	})
}

func TestAnAnswerToAnAlarmOrDigest(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.ends(s.from(rep, form("01230002"), unproven), escalation.Quarantined)
		s.forward(time.Minute)
		n := s.expect(escalation.KindAlarm, ops)
		s.ends(s.from(ops, text("We look at it."), answering(n)), escalation.Ignored)
	})
}

func TestAFloodOfAdditionsDoesNotGrowWithoutBound(t *testing.T) {
	s := newScene(t, newMemStore(), nil)
	s.escalated("01230003", ukLead)
	for i := range 400 {
		s.ends(s.from(rep, form("01230003", commenting(strings.Repeat(fmt.Sprint("more ", i, " "), 1000)))), escalation.Updated)
	}
	e := s.state("01230003")
	size := 0
	for _, line := range e.Timeline {
		size += len(line.Text)
	}
	if len(e.Timeline) > 300 || e.Timeline[0].What != "received" || size > 300*4100 {
		t.Errorf("the timeline has %d lines of %d bytes, the first is %q", len(e.Timeline), size, e.Timeline[0].What)
	}
	if len(e.Form.Comments) > 21000 || len(e.Letters) > 100 || len(e.Told) != 1 {
		t.Errorf("%d bytes of comments, %d letters, %d told", len(e.Form.Comments), len(e.Letters), len(e.Told))
	}
}

func TestTheNumberToCallIsOneThatIsAnsweredAtThatHour(t *testing.T) {
	const uk, us = "+44 20 7946 0100", "+1 555 0100"
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		hour int
		want string
		why  string
	}{
		{10, uk, "the case's own region works"},
		{15, uk, "both work, and the case's own comes first"},
		{20, us, "the case's region has closed, the other works"},
		{4, uk, "nobody works"},
	} {
		s := newScene(t, newMemStore(), nil)
		s.now = time.Date(monday.Year(), monday.Month(), monday.Day(), c.hour, 0, 0, 0, london)
		s.ends(s.from(rep, form("01230002")), escalation.Accepted)
		if got := s.expect(escalation.KindAccepted, rep).Letter.Phone; got != c.want {
			t.Errorf("at %d:00 the customer is told to call %s, want %s: %s", c.hour, got, c.want, c.why)
		}
	}
}
