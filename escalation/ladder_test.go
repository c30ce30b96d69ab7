package escalation_test

import (
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/mailparse"
)

func at(hour, minute int) time.Time {
	return monday.Add(time.Duration(hour-9)*time.Hour + time.Duration(minute)*time.Minute)
}

func TestEachTargetWithoutAcknowledgementTellsTheNextLevel(t *testing.T) {
	play(t, nil, func(s *scene) {
		first := s.escalated("01230001", ukLead)
		s.at("the promise", first.Letter.RespondBy, at(9, 30))
		s.at("the next level's hour", first.Letter.NextAt, at(9, 30))
		s.forward(29 * time.Minute)
		s.expectNothing()
		s.forward(time.Minute)
		second := s.expect(escalation.KindEscalation, front)
		s.at("the third level's hour", second.Letter.NextAt, at(10, 0))
		if second.Level != 2 || second.Letter.NextLevel != "Director" {
			s.Errorf("level %d, next %q", second.Level, second.Letter.NextLevel)
		}
		if missed := s.expect(escalation.KindMissed, rep); missed.Letter.LevelName != "Frontline senior manager" {
			s.Errorf("the customer hears of %q", missed.Letter.LevelName)
		}
		s.expectNothing()
		s.forward(30 * time.Minute)
		s.expect(escalation.KindEscalation, director)
		s.forward(30 * time.Minute)
		last := s.expect(escalation.KindEscalation, senior)
		s.expectNothing()
		if last.Letter.NextLevel != "" {
			s.Errorf("above the last level stands %q", last.Letter.NextLevel)
		}
	})
}

func TestAfterTheLastLevelOpsAreToldAndItRepeatsEverMoreSlowly(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.escalated("01230001", ukLead)
		s.forward(90 * time.Minute)
		s.unseen = nil
		var repeats []time.Time
		for range 4 * 24 * 6 {
			s.outage(10 * time.Minute)
			for len(s.unseen) > 0 && s.unseen[0].Kind == escalation.KindEscalation {
				s.expect(escalation.KindEscalation, senior)
				repeats = append(repeats, s.now)
			}
			for len(s.unseen) > 0 {
				s.expect(escalation.KindAlarm, ops)
			}
		}
		// Level 4 hears at 10:30, and its own target ends at 11:00.
		want := []time.Duration{0, 60, 180, 420, 900, 1860, 3300, 4740}
		if len(repeats) != len(want) {
			s.Fatalf("the last level was told again %d times: %v", len(repeats), repeats)
		}
		for i, minutes := range want {
			s.at("a repeat", repeats[i], at(11, 0).Add(minutes*time.Minute))
		}
	})
}

func TestALevelWithoutContactsIsSkippedAtItsOwnTime(t *testing.T) {
	for name, c := range map[string]struct {
		without int
		leader  string
		next    string
		at      time.Duration
	}{
		"the first":  {1, front, director, 60 * time.Minute},
		"the second": {2, ukLead, director, 30 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			gap := func(p *escalation.Policy) { p.Ladder[c.without-1].Contacts = map[string][]string{"us": {usLead}} }
			play(t, gap, func(s *scene) {
				s.ends(s.from(rep, form("01230001")), escalation.Accepted)
				s.expect(escalation.KindAccepted, rep)
				s.expect(escalation.KindEscalation, c.leader)
				s.forward(c.at - time.Minute)
				for len(s.unseen) > 0 && s.unseen[0].Kind != escalation.KindEscalation {
					s.unseen = s.unseen[1:] // the customer and ops hear too
				}
				s.expectNothing()
				s.forward(time.Minute)
				n := s.expect(escalation.KindEscalation, c.next)
				if c.without == 2 && len(n.Letter.Skipped) != 1 {
					s.Errorf("the letter names %v as skipped", n.Letter.Skipped)
				}
				s.unseen = nil
			})
		})
	}
}

func TestALadderWithNobodyOnItAlarmsOpsAndFindsALevelThatIsAddedLater(t *testing.T) {
	empty := func(p *escalation.Policy) { p.Ladder = p.Ladder[:1] }
	play(t, empty, func(s *scene) {
		s.with(escalation.Case{Number: "01230004", Severity: 1, Region: "nowhere"})
		s.ends(s.from(rep, form("01230004")), escalation.Accepted)
		s.expect(escalation.KindAccepted, rep)
		s.forward(time.Minute)
		s.expect(escalation.KindAlarm, ops)
		s.forward(30 * time.Minute)
		s.expect(escalation.KindMissed, rep)
		s.expect(escalation.KindAlarm, ops)
		s.policy.Ladder[0].Contacts["nowhere"] = []string{front}
		s.forward(time.Hour)
		s.expect(escalation.KindEscalation, front)
	})
}

func TestALetterThatTheRelayRefusesTellsTheNextLevel(t *testing.T) {
	store := newMemStore()
	s := newScene(t, store, nil)
	n := s.escalated("01230001", ukLead)
	store.bury(n.ID, s.now)
	s.tick()
	s.expect(escalation.KindEscalation, front)
	s.forward(time.Minute)
	s.expect(escalation.KindAlarm, ops)
	store.bury(n.ID, s.now) // retried by ops, refused again: ops hear again
	s.forward(2 * time.Minute)
	s.expect(escalation.KindAlarm, ops)
	s.expectNothing()
	if len(store.undelivered) > 0 {
		s.Error("the failure stays on the agenda")
	}
}

func TestAfterADaysOutageEachLevelHearsOnceWithTimesToCome(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.escalated("01230001", ukLead)
		s.outage(24 * time.Hour)
		for _, to := range []string{front, director, senior} {
			n := s.expect(escalation.KindEscalation, to)
			if !n.Letter.NextAt.After(s.now) {
				s.Errorf("the letter to %s names %s, which is past", to, n.Letter.NextAt)
			}
		}
		s.expect(escalation.KindMissed, rep)
		s.expectNothing()
		s.forward(time.Minute)
		s.expect(escalation.KindAlarm, ops)
	})
}

func TestWhoStandsOnTwoLevelsHearsOnceOfEach(t *testing.T) {
	twice := func(p *escalation.Policy) { p.Ladder[1].Contacts["*"] = []string{ukLead} }
	play(t, twice, func(s *scene) {
		s.escalated("01230001", ukLead)
		s.forward(30 * time.Minute)
		n := s.expect(escalation.KindEscalation, ukLead)
		s.expect(escalation.KindMissed, rep)
		s.from(ukLead, command(mailparse.Ack, "", 0), answering(n))
		if taken := s.expect(escalation.KindTaken, rep); taken.Letter.TakenBy != "Frontline senior manager" {
			s.Errorf("taken by %q", taken.Letter.TakenBy)
		}
		s.expect(escalation.KindConfirmed, ukLead)
	})
}

func TestTheCaseOwnerGetsOneCopyAndLeavesNotes(t *testing.T) {
	notify := func(p *escalation.Policy) { p.NotifyOwner = true }
	play(t, notify, func(s *scene) {
		s.with(escalation.Case{Number: "01230002", Severity: 2, OwnerEmail: owner})
		s.with(escalation.Case{Number: "01230003", Severity: 3, OwnerEmail: ukLead})
		s.ends(s.from(rep, form("01230002")), escalation.Accepted)
		s.expect(escalation.KindAccepted, rep)
		s.expect(escalation.KindEscalation, ukLead)
		n := s.expect(escalation.KindOwner, owner)
		s.ends(s.from(owner, command(mailparse.Ack, "", 0), answering(n)), escalation.Commanded)
		confirmed := s.expect(escalation.KindConfirmed, owner)
		s.ends(s.from(owner, command(mailparse.Resolve, "done", 0), answering(confirmed)), escalation.Commanded)
		s.expect(escalation.KindConfirmed, owner)
		s.is("01230002", escalation.Open)
		s.escalated("01230003", ukLead) // who owns the case too, and is told once
	})
}

func TestACaseClosedInTheCRMEndsItsEscalation(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.escalated("01230002", ukLead)
		s.with(escalation.Case{Number: "01230002", Severity: 2, Status: escalation.CaseClosed})
		s.forward(time.Minute)
		s.expect(escalation.KindEnded, rep)
		s.expect(escalation.KindEnded, ukLead)
		s.is("01230002", escalation.Closed)
		s.forward(5 * time.Hour)
	})
}

func TestACaseThatTheCRMDropsKeepsItsLadder(t *testing.T) {
	store := newMemStore()
	s := newScene(t, store, nil)
	n := s.escalated("01230001", ukLead)
	delete(store.cases, "01230001")
	s.forward(30 * time.Minute)
	s.expect(escalation.KindEscalation, front)
	s.expect(escalation.KindMissed, rep)
	s.ends(s.from(ukLead, command(mailparse.Resolve, "done", 0), answering(n)), escalation.Commanded)
	s.expect(escalation.KindConfirmed, ukLead)
	s.expect(escalation.KindEnded, rep)
	s.expect(escalation.KindEnded, front)
	s.ends(s.from(rep, form("01230001")), escalation.Refused)
	s.expect(escalation.KindRefused, rep)
	s.expectNothing()
}

func TestTheOwnersAnswerInTimeKeepsThePromise(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.escalated("01230001", ukLead)
		s.with(escalation.Case{Number: "01230001", Severity: 1, OwnerRespondedAt: at(9, 20)})
		s.forward(30 * time.Minute)
		s.expect(escalation.KindEscalation, front)
		if s.state("01230001").Missed {
			s.Error("the promise counts as missed")
		}
	})
}

func TestLettersThatHaveLostTheirPointAreWithdrawn(t *testing.T) {
	store := newMemStore()
	s := newScene(t, store, nil)
	n := s.escalated("01230001", ukLead)
	s.now = at(9, 30)
	if _, err := s.desk.Tick(t.Context()); err != nil {
		s.Fatal(err)
	}
	if len(store.queue) != 2 {
		s.Fatalf("%d letters wait, want the next level's and the customer's", len(store.queue))
	}
	s.ends(s.from(ukLead, command(mailparse.Ack, "", 0), answering(n)), escalation.Commanded)
	s.expect(escalation.KindConfirmed, ukLead)
	s.expect(escalation.KindTakenOver, front)
	s.expect(escalation.KindTaken, rep)
	s.expect(escalation.KindMissed, rep) // is true all the same
	s.expectNothing()
}

func TestLeadersHaveAnHourlyLimit(t *testing.T) {
	limited := func(p *escalation.Policy) { p.LeaderLimit.PerHour = 2 }
	play(t, limited, func(s *scene) {
		s.escalated("01230001", ukLead)
		s.escalated("01230002", ukLead)
		s.ends(s.from(rep, form("01230003")), escalation.Accepted)
		s.expect(escalation.KindAccepted, rep)
	})
}

func TestWhoStandsOnTwoLevelsThatAreToldAtOnceHearsOfTheHighest(t *testing.T) {
	twice := func(p *escalation.Policy) { p.Ladder[1].Contacts["*"] = []string{senior} }
	play(t, twice, func(s *scene) {
		s.escalated("01230001", ukLead)
		s.outage(2 * time.Hour)
		s.expect(escalation.KindEscalation, director)
		if n := s.expect(escalation.KindEscalation, senior); n.Level != 4 {
			s.Errorf("the letter is to level %d", n.Level)
		}
		s.expect(escalation.KindMissed, rep)
		s.expectNothing()
		s.forward(time.Minute)
		s.expect(escalation.KindAlarm, ops)
	})
}
