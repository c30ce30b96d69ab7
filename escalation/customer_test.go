package escalation_test

import (
	"context"
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
		s.ends(s.from(rep, form("01230001", but(func(f *mailparse.Form) { f.Comments = "The second node is down." }))), escalation.Updated)
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
		s.escalated("01230001", ukLead)
		s.forward(30 * time.Minute)
		s.expect(escalation.KindMissed, rep)
		n := s.expect(escalation.KindEscalation, front)
		s.from(front, command(mailparse.Ack, "", 0), answering(n))
		s.unseen = nil
		s.ends(s.from(rep, form("01230001", but(func(f *mailparse.Form) { f.Comments = "More." }))), escalation.Updated)
		s.expect(escalation.KindUpdated, rep)
		s.expect(escalation.KindAddition, front)
	})
}

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
		s.ends(s.from(rep, form("01230002", but(func(f *mailparse.Form) { f.POC = "" }))), escalation.Returned)
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
		s.ends(s.from(rep, form("01230002", but(func(f *mailparse.Form) { f.POC = "" }))), escalation.Returned)
		n := s.expect(escalation.KindReturned, rep)
		s.ends(s.from(rep, form("01230003", but(func(f *mailparse.Form) { f.POC = "" })), answering(n)), escalation.Returned)
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
				form("0123 0002", but(func(f *mailparse.Form) { f.Comments = "Second." }))), escalation.Accepted)
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

func TestNoLetterAnswersAMachine(t *testing.T) {
	play(t, nil, func(s *scene) {
		for _, kind := range []mailparse.Automatic{mailparse.AutoReply, mailparse.Bounce, mailparse.List, mailparse.Own} {
			s.ends(s.from(rep, automatic(kind)), escalation.Ignored)
		}
		s.ends(s.from(rep, form("01230002"), automatic(mailparse.AutoReply)), escalation.Ignored)
		s.forward(time.Minute)
		s.expect(escalation.KindAlarm, ops) // a form filled in by a machine
	})
}

func TestOrderOfJudgement(t *testing.T) {
	noFrom := func(m *escalation.Mail) { m.From, m.FromProblem = mailparse.Address{}, "no From field" }
	unreadable := func(m *escalation.Mail) { m.Unreadable = "it is too large" }
	for name, c := range map[string]struct {
		sender string
		parts  []written
		want   escalation.Disposition
	}{
		"unreadable before all":         {rep, []written{unreadable, automatic(mailparse.List)}, escalation.Quarantined},
		"automatic before proof":        {stranger, []written{automatic(mailparse.List), noFrom}, escalation.Ignored},
		"no single author":              {"", []written{form("01230002"), noFrom}, escalation.Quarantined},
		"proof before entitlement":      {stranger, []written{form("01230002"), unproven}, escalation.Quarantined},
		"entitlement before the form":   {stranger, []written{form("01230002", but(func(f *mailparse.Form) { f.POC = "" }))}, escalation.Refused},
		"a stranger's mail without any": {stranger, []written{text("Hello.")}, escalation.Refused},
		"closed before the form":        {rep, []written{form("01230000", but(func(f *mailparse.Form) { f.POC = "" }))}, escalation.Refused},
		"the form":                      {rep, []written{form("01230002", but(func(f *mailparse.Form) { f.POC = "" }))}, escalation.Returned},
		"a representative without any":  {rep, []written{text("Hello.")}, escalation.Returned},
		"a number that can be none":     {rep, []written{form("#1!")}, escalation.Returned},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, newMemStore(), nil)
			s.ends(s.from(c.sender, c.parts...), c.want)
		})
	}
}

func TestTheSameMailAgainIsADuplicate(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.escalated("01230002", ukLead)
		s.now = s.now.Add(time.Second)
		s.ends(s.arrives(1), escalation.Duplicate)
	})
}

func TestAForgedCopyDoesNotSuppressTheGenuineMail(t *testing.T) {
	play(t, nil, func(s *scene) {
		same := func(m *escalation.Mail) { m.Digest = [32]byte{7} }
		s.ends(s.from(rep, form("01230002"), unproven, same), escalation.Quarantined)
		s.ends(s.from(rep, form("01230002"), same), escalation.Accepted)
		s.expect(escalation.KindAccepted, rep)
		s.expect(escalation.KindEscalation, ukLead)
	})
}

func TestOldCaseDataHoldTheMailsAndOpsHearOnce(t *testing.T) {
	stale := func(p *escalation.Policy) { p.StaleAfter = time.Hour }
	play(t, stale, func(s *scene) {
		n := s.escalated("01230002", ukLead)
		s.forward(61 * time.Minute)
		a := escalation.Arrival{Inbox: "desk", Location: "desk|1|99", Raw: []byte("held")}
		held := escalation.Mail{Proof: escalation.Proof{Proven: true}}
		held.From.Addr, held.Digest = rep, [32]byte{9}
		form("01230003")(&held)
		s.mails["held"] = held
		for range 5 {
			filings, err := s.desk.Receive(context.Background(), []escalation.Arrival{a})
			if err != nil || filings[0] != escalation.Stay {
				s.Fatalf("the mail is filed as %v, %v", filings, err)
			}
			s.forward(time.Minute)
		}
		s.expect(escalation.KindAlarm, ops)
		s.expectNothing()
		if tries, _ := s.store.Count(context.Background(), []string{a.Location}, 0); tries[0] != 0 {
			s.Errorf("waiting counts as %d tries", tries[0])
		}
		s.ends(s.from(ukLead, command(mailparse.Ack, "", 0), answering(n)), escalation.Commanded) // leaders are heard
		s.expect(escalation.KindConfirmed, ukLead)
		s.expect(escalation.KindTaken, rep)
		s.account(escalation.Account{ID: "a1", Name: "Customer Company", Region: "uk", Representatives: []string{"@customer.example"}})
		s.with(escalation.Case{Number: "01230003", Severity: 3})
		filings, err := s.desk.Receive(context.Background(), []escalation.Arrival{a})
		if err != nil || filings[0] != escalation.ToProcessed {
			s.Fatalf("the mail is filed as %v, %v", filings, err)
		}
		s.collect()
		s.expect(escalation.KindAccepted, rep)
		s.expect(escalation.KindEscalation, ukLead)
	})
}

func TestTroubleWithTheServerIsNoMarkAgainstAMail(t *testing.T) {
	store := newMemStore()
	s := newScene(t, store, nil)
	s.mails["1"] = escalation.Mail{}
	a := []escalation.Arrival{{Inbox: "desk", Location: "desk|1|1", Raw: []byte("1")}}
	store.broken = context.DeadlineExceeded
	for range 5 {
		if _, err := s.desk.Receive(t.Context(), a); err == nil {
			t.Fatal("no error of a broken server")
		}
	}
	if store.tries["desk|1|1"] != 0 {
		t.Errorf("%d tries are counted", store.tries["desk|1|1"])
	}
}

// Once a mail is decided, what has changed since does not count: neither where
// it is filed nor what is told of it.
func TestADecisionWhoseAnswerGotLostStands(t *testing.T) {
	play(t, nil, func(s *scene) {
		lost := &lostAnswers{Store: s.store, times: 1}
		s.desk.Store = lost
		m := escalation.Mail{Proof: escalation.Proof{Proven: true}}
		m.From.Addr, m.Digest[0] = rep, 1
		form("01230001")(&m)
		s.mails["mail"] = m
		a := []escalation.Arrival{{Inbox: "desk", Location: "desk|1|1", Received: s.now, Raw: []byte("mail")}}
		if _, err := s.desk.Receive(context.Background(), a); err == nil {
			s.Fatal("no error of a lost answer")
		}
		s.with(escalation.Case{Number: "01230001", Severity: 1, Status: escalation.CaseClosed})
		s.last = escalation.Change{Disposition: escalation.Accepted} // where nothing more is told
		filings, err := s.desk.Receive(context.Background(), a)
		if err != nil || filings[0] != escalation.ToProcessed || s.last.Disposition != escalation.Accepted {
			s.Errorf("filed as %v, %v, and told as %q (%s)", filings, err, s.last.Disposition, s.last.Reason)
		}
		s.collect()
		s.expect(escalation.KindAccepted, rep)
		s.expect(escalation.KindEscalation, ukLead)
	})
}

// lostAnswers is a store of which some answers to Apply get lost.
type lostAnswers struct {
	escalation.Store
	times int
}

func (s *lostAnswers) Apply(ctx context.Context, changes []escalation.Change) ([]escalation.Applied, error) {
	applied, err := s.Store.Apply(ctx, changes)
	if s.times > 0 {
		s.times--
		return nil, context.DeadlineExceeded
	}
	return applied, err
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
		s.ends(s.from(rep, form("01230003", but(func(f *mailparse.Form) { f.Comments = strings.Repeat(fmt.Sprint("more ", i, " "), 1000) }))), escalation.Updated)
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

func TestTheSameCommentIsKeptOnce(t *testing.T) {
	s := newScene(t, newMemStore(), nil)
	s.escalated("01230003", ukLead)
	for range 3 {
		s.from(rep, form("01230003", but(func(f *mailparse.Form) { f.Comments = "The  second node is down." })))
	}
	if got := s.state("01230003").Form.Comments; got != "The  second node is down." {
		t.Errorf("the comments are %q", got)
	}
}

func TestADraftFillsNoFormOnAnotherCase(t *testing.T) {
	s := newScene(t, newMemStore(), nil)
	s.ends(s.from(rep, form("01230002", but(func(f *mailparse.Form) { f.POC = "" }))), escalation.Returned)
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

func TestADuplicateNeedsNoCaseData(t *testing.T) {
	s := newScene(t, newMemStore(), func(p *escalation.Policy) { p.StaleAfter = time.Hour; p.AckExpires = false })
	s.escalated("01230003", ukLead)
	s.outage(2 * time.Hour)
	s.ends(s.arrives(1), escalation.Duplicate)
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
