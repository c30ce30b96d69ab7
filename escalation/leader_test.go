package escalation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/mailparse"
)

func TestAckStopsTheLadderAndTellsEverybodyOnce(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.escalated("01230001", ukLead)
		s.forward(31 * time.Minute)
		s.expect(escalation.KindMissed, rep)
		n := s.expect(escalation.KindEscalation, front)
		s.ends(s.from(front, command(mailparse.Ack, "", 0), answering(n)), escalation.Commanded)
		s.expect(escalation.KindConfirmed, front)
		s.expect(escalation.KindTakenOver, ukLead)
		if taken := s.expect(escalation.KindTaken, rep); taken.Letter.TakenBy != "Frontline senior manager" || !taken.Letter.Missed {
			s.Errorf("the customer hears %+v", taken.Letter)
		}
		s.expectNothing()
		s.with(escalation.Case{Number: "01230001", Severity: 1, OwnerRespondedAt: s.now.Add(10 * time.Minute)})
		s.forward(3 * 24 * time.Hour)
		s.is("01230001", escalation.Acknowledged)
	})
}

func TestASecondAckChangesNothing(t *testing.T) {
	play(t, nil, func(s *scene) {
		n := s.escalated("01230002", ukLead)
		for i := range 4 {
			s.ends(s.from(ukLead, command(mailparse.Ack, "", 0), answering(n)), escalation.Commanded)
			if i == 0 {
				s.expect(escalation.KindTaken, rep)
			}
			s.expect(escalation.KindConfirmed, ukLead)
			s.expectNothing()
		}
		s.ends(s.from(ukLead, command(mailparse.Ack, "", 0), answering(n)), escalation.Commanded)
		s.expectNothing() // the first answer, and three more where nothing new was said
	})
}

func TestAnAcknowledgementExpiresWithoutTheOwnersAnswer(t *testing.T) {
	play(t, nil, func(s *scene) {
		n := s.escalated("01230001", ukLead)
		s.forward(10 * time.Minute)
		s.ends(s.from(ukLead, command(mailparse.Ack, "", 0), answering(n)), escalation.Commanded)
		s.expect(escalation.KindTaken, rep)
		s.at("the end of the acknowledgement", s.expect(escalation.KindConfirmed, ukLead).Letter.Until, at(9, 40))
		s.forward(29 * time.Minute)
		s.expectNothing()
		s.forward(time.Minute)
		s.expect(escalation.KindEscalation, front) // and no letter that the promise was missed: it was kept
		s.forward(30 * time.Minute)
		s.expect(escalation.KindEscalation, director)
	})
}

func TestPassTellsTheNextLevelAtOnceAndTheScheduleAboveStays(t *testing.T) {
	play(t, nil, func(s *scene) {
		n := s.escalated("01230001", ukLead)
		s.forward(5 * time.Minute)
		s.ends(s.from(ukLead, command(mailparse.Pass, "", 0), answering(n)), escalation.Commanded)
		s.expect(escalation.KindConfirmed, ukLead)
		s.at("the third level's hour", s.expect(escalation.KindEscalation, front).Letter.NextAt, at(10, 0))
		s.ends(s.from(ukLead, command(mailparse.Pass, "", 0), answering(n)), escalation.Commanded)
		s.expect(escalation.KindConfirmed, ukLead) // has been told already
		s.forward(54 * time.Minute)
		s.expect(escalation.KindMissed, rep)
		s.expectNothing()
		s.forward(time.Minute)
		s.expect(escalation.KindEscalation, director)
	})
}

func TestOnlyTheHolderPassesAnEscalationThatIsTaken(t *testing.T) {
	two := func(p *escalation.Policy) { p.Ladder[0].Contacts["uk"] = []string{ukLead, usLead} }
	play(t, two, func(s *scene) {
		s.ends(s.from(rep, form("01230002")), escalation.Accepted)
		s.expect(escalation.KindAccepted, rep)
		mine, other := s.expect(escalation.KindEscalation, ukLead), s.expect(escalation.KindEscalation, usLead)
		s.from(ukLead, command(mailparse.Ack, "", 0), answering(mine))
		s.expect(escalation.KindConfirmed, ukLead)
		s.expect(escalation.KindTaken, rep)
		s.expect(escalation.KindTakenOver, usLead)
		s.from(usLead, command(mailparse.Pass, "", 0), answering(other))
		s.expect(escalation.KindConfirmed, usLead)
		s.is("01230002", escalation.Acknowledged)
		s.from(ukLead, command(mailparse.Pass, "", 0), answering(mine))
		s.expect(escalation.KindConfirmed, ukLead)
		s.expect(escalation.KindEscalation, front)
		s.is("01230002", escalation.Open)
	})
}

func TestPassAtTheLastLevelCallsOps(t *testing.T) {
	one := func(p *escalation.Policy) { p.Ladder = p.Ladder[:1] }
	play(t, one, func(s *scene) {
		n := s.escalated("01230001", ukLead)
		s.from(ukLead, command(mailparse.Pass, "", 0), answering(n))
		s.expect(escalation.KindConfirmed, ukLead)
		s.forward(time.Minute)
		s.expect(escalation.KindAlarm, ops)
		s.is("01230001", escalation.Open)
	})
}

func TestSnoozeRemindsButNeverMovesTheLadder(t *testing.T) {
	play(t, nil, func(s *scene) {
		n := s.escalated("01230001", ukLead)
		s.from(ukLead, command(mailparse.Snooze, "", 20*time.Minute), answering(n))
		s.at("the reminder", s.expect(escalation.KindConfirmed, ukLead).Letter.Until, at(9, 20))
		s.forward(20 * time.Minute)
		s.expect(escalation.KindEscalation, ukLead)
		s.expectNothing()
		s.from(ukLead, command(mailparse.Snooze, "", 2*time.Hour), answering(n))
		s.at("the bound", s.expect(escalation.KindConfirmed, ukLead).Letter.Until, at(9, 30))
		s.forward(10 * time.Minute)
		s.expect(escalation.KindEscalation, front)
		s.expect(escalation.KindMissed, rep)
		s.forward(20 * time.Minute)
		s.expectNothing()
	})
}

func TestOnlyWhoSnoozedIsReminded(t *testing.T) {
	two := func(p *escalation.Policy) { p.Ladder[0].Contacts["uk"] = []string{ukLead, usLead} }
	play(t, two, func(s *scene) {
		s.from(rep, form("01230002"))
		s.expect(escalation.KindAccepted, rep)
		s.expect(escalation.KindEscalation, ukLead)
		n := s.expect(escalation.KindEscalation, usLead)
		s.from(usLead, command(mailparse.Snooze, "", 0), answering(n))
		s.expect(escalation.KindConfirmed, usLead)
		s.forward(time.Hour)
		s.expect(escalation.KindEscalation, usLead)
	})
}

func TestResolveTellsEachWhoIsConcernedOnce(t *testing.T) {
	play(t, nil, func(s *scene) {
		n := s.climbed("01230001")
		s.from(front, command(mailparse.Resolve, "The fix is installed.", 0), answering(n))
		s.expect(escalation.KindConfirmed, front)
		if told := s.expect(escalation.KindEnded, rep); told.Letter.Text != "The fix is installed." || told.Letter.TakenBy != "Frontline senior manager" {
			s.Errorf("the customer hears %+v", told.Letter)
		}
		s.expect(escalation.KindEnded, ukLead)
		s.is("01230001", escalation.Resolved)
		s.forward(24 * time.Hour)
		s.from(front, command(mailparse.Ack, "", 0), answering(n))
		s.expect(escalation.KindConfirmed, front)
		s.is("01230001", escalation.Resolved)
	})
}

func TestANoteChangesNothingButTheTimeline(t *testing.T) {
	play(t, nil, func(s *scene) {
		n := s.escalated("01230002", ukLead)
		before := s.state("01230002")
		s.ends(s.from(ukLead, text("I am calling them now."), answering(n)), escalation.Commanded)
		s.expect(escalation.KindConfirmed, ukLead)
		after := s.state("01230002")
		if last := after.Timeline[len(after.Timeline)-1]; last.What != "note" || last.Text != "I am calling them now." {
			s.Errorf("the timeline ends with %+v", last)
		}
		s.at("the next step", after.Due, before.Due)
	})
}

func TestAnOutOfOfficeReplyOrBounceTellsTheNextLevelAtOnce(t *testing.T) {
	for name, kind := range map[string]mailparse.Automatic{"out of office": mailparse.AutoReply, "bounce": mailparse.Bounce} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				n := s.escalated("01230002", ukLead)
				for range 2 { // the second changes nothing more
					s.ends(s.from(ukLead, automatic(kind), answering(n)), escalation.Bounced)
				}
				raised := s.expect(escalation.KindEscalation, front)
				s.expectNothing()
				if raised.Letter.Why == "" {
					s.Error("the letter does not say why")
				}
				s.at("the third level's hour", raised.Letter.NextAt, at(13, 0))
			})
		})
	}
}

func TestADelayedDeliveryReportMovesNothing(t *testing.T) {
	play(t, nil, func(s *scene) {
		n := s.escalated("01230002", ukLead)
		delayed := func(m *escalation.Mail) { m.Delivery = &mailparse.Delivery{Action: "delayed"} }
		s.ends(s.from("mailer-daemon@example.com", automatic(mailparse.Bounce), answering(n), delayed), escalation.Ignored)
	})
}

func TestAWrongSenderOrTokenChangesNothingAndOpsHear(t *testing.T) {
	play(t, nil, func(s *scene) {
		n := s.escalated("01230002", ukLead)
		s.ends(s.from("colleague@example.com", command(mailparse.Ack, "", 0), answering(n)), escalation.Quarantined)
		forged := n
		forged.ID = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
		s.ends(s.from(ukLead, command(mailparse.Ack, "", 0), answering(forged)), escalation.Quarantined)
		s.ends(s.from(ukLead, command(mailparse.Ack, "", 0), answering(n), unproven), escalation.Quarantined)
		s.is("01230002", escalation.Open)
		s.forward(time.Minute)
		if a := s.expect(escalation.KindAlarm, ops); raised(a) != 3 {
			s.Errorf("ops hear of %d mails", raised(a))
		}
	})
}

func TestAnAnswerToAnEarlierEscalationDoesNotTouchTheNextOne(t *testing.T) {
	play(t, nil, func(s *scene) {
		old := s.escalated("01230002", ukLead)
		s.from(ukLead, command(mailparse.Resolve, "done", 0), answering(old))
		s.expect(escalation.KindConfirmed, ukLead)
		s.expect(escalation.KindEnded, rep)
		again := s.escalated("01230002", ukLead)
		if len(again.Letter.Earlier) != 1 || again.Letter.Earlier[0].Status != escalation.Resolved {
			s.Errorf("the second letter shows %+v before it", again.Letter.Earlier)
		}
		s.ends(s.from(ukLead, command(mailparse.Ack, "", 0), answering(old)), escalation.Commanded)
		s.expect(escalation.KindConfirmed, ukLead)
		s.is("01230002", escalation.Open)
		s.ends(s.from(ukLead, automatic(mailparse.AutoReply), answering(old)), escalation.Bounced)
		s.expectNothing()
		s.forward(2 * time.Hour)
		s.expect(escalation.KindEscalation, front)
		s.expect(escalation.KindMissed, rep)
	})
}

// A proven sub-address (RFC 5233, user+detail) of the address that a letter
// went to is the same mailbox.
func TestALeaderMayAnswerFromASubAddress(t *testing.T) {
	tagged := func(addr, tag string) string { return strings.Replace(addr, "@", "+"+tag+"@", 1) }
	ack := command(mailparse.Ack, "", 0)
	for name, c := range map[string]struct{ leader, from string }{
		"of the address on the ladder":         {ukLead, tagged(ukLead, "phone")},
		"where the ladder names a sub-address": {tagged(ukLead, "desk"), ukLead},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(p *escalation.Policy) { p.Ladder[0].Contacts["uk"] = []string{c.leader} }, func(s *scene) {
				n := s.escalated("01230002", c.leader)
				for _, mallory := range []string{"mallory+" + ukLead, tagged("uk@example.com", "lead"), strings.Replace(c.from, "example.com", "elsewhere.example", 1)} {
					s.ends(s.from(mallory, ack, answering(n)), escalation.Quarantined)
				}
				s.ends(s.from(c.from, ack, answering(n), unproven), escalation.Quarantined)
				s.ends(s.from(c.from, ack), escalation.Quarantined) // names no letter
				s.is("01230002", escalation.Open)
				s.ends(s.from(c.from, ack, answering(n)), escalation.Commanded)
				confirmed := s.expect(escalation.KindConfirmed, c.from)
				s.expect(escalation.KindTaken, rep)
				s.ends(s.from(c.from, command(mailparse.Resolve, "Mended.", 0), answering(confirmed)), escalation.Commanded)
				s.expect(escalation.KindConfirmed, c.from)
				s.expect(escalation.KindEnded, rep)
				if e := s.state("01230002"); e.TakenBy != c.leader || e.EndedBy != c.leader {
					s.Errorf("taken by %s, ended by %s, want %s", e.TakenBy, e.EndedBy, c.leader)
				}
				s.forward(time.Minute)
				if a := s.expect(escalation.KindAlarm, ops); raised(a) != 5 {
					s.Errorf("ops hear of %d mails", raised(a))
				}
			})
		})
	}
}

// A machine that answers from ever new sub-addresses ends the conversation, as
// any other does.
func TestSubAddressesShareTheBudgetOfAnAddress(t *testing.T) {
	play(t, nil, func(s *scene) {
		n := s.escalated("01230002", ukLead)
		for i := range 6 {
			from := fmt.Sprintf("uk-lead+%d@example.com", i)
			s.ends(s.from(from, text("Received."), answering(n)), escalation.Commanded)
			if i < 3 {
				n = s.expect(escalation.KindConfirmed, from)
			}
		}
	})
}
