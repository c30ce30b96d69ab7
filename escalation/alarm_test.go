package escalation_test

import (
	"fmt"
	"testing"
	"time"

	"escalationd/escalation"
)

// raised is how many alarms a letter to ops tells of.
func raised(n escalation.Notice) int {
	times := 0
	for _, a := range n.Letter.Alarms {
		times += a.Times()
	}
	return times
}

// told lets time pass second by second, with a spoofed mail every so often,
// and answers after how long ops had each of their letters.
func (s *scene) told(d, every time.Duration) (at []time.Duration, alarms int) {
	s.Helper()
	began := s.now
	for s.now.Before(began.Add(d)) {
		if every > 0 && s.now.Sub(began)%every == 0 {
			s.ends(s.from("victim@customer.example", form("01230002"), unproven), escalation.Quarantined)
		}
		s.forward(time.Second)
		for len(s.unseen) > 0 {
			n := s.expect(escalation.KindAlarm, ops)
			at, alarms = append(at, s.now.Sub(began)), alarms+raised(n)
		}
	}
	return at, alarms
}

func TestOpsHearOfAFloodInEverFewerLetters(t *testing.T) {
	play(t, nil, func(s *scene) {
		during, told := s.told(20*time.Minute, time.Second)
		after, rest := s.told(5*time.Minute, 0)
		if len(during) > 5 || during[0] > time.Minute {
			s.Errorf("ops have letters after %v", during)
		}
		if len(after) != 1 || after[0] > 2*time.Minute {
			s.Errorf("when the flood is over, ops have letters after %v", after)
		}
		if told+rest != 1200 {
			s.Errorf("ops hear of %d mails, want 1200", told+rest)
		}
		again, _ := s.told(time.Minute, time.Hour)
		if len(again) != 1 {
			s.Errorf("after the calm, ops have letters after %v", again)
		}
	})
}

func TestOpsHearOfEachOfAFewMailsWithinAMinute(t *testing.T) {
	play(t, nil, func(s *scene) {
		for range 10 {
			if at, n := s.told(45*time.Second, time.Hour); len(at) != 1 || n != 1 {
				s.Fatalf("ops have letters after %v, of %d mails", at, n)
			}
		}
	})
}

func TestAFloodOfOneKindDelaysNoOtherAlarm(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.told(3*time.Minute, time.Second)
		s.ends(s.from(rep, form("01230001"), func(m *escalation.Mail) { m.Automatic, m.AutomaticReason = "list", "List-Id" }), escalation.Ignored)
		if at, _ := s.told(time.Minute, time.Second); len(at) == 0 || at[0] > 30*time.Second {
			s.Errorf("ops have letters after %v", at)
		}
	})
}

func TestRepliesToAFloodOfStrangersLeaveRoomForRepresentatives(t *testing.T) {
	limit := func(p *escalation.Policy) { p.ReplyLimit = escalation.ReplyLimit{GlobalPerMinute: 20} }
	play(t, limit, func(s *scene) {
		for i := range 100 {
			s.ends(s.from(fmt.Sprintf("stranger%d@nowhere.example", i), form("01230002")), escalation.Refused)
		}
		for i := range 18 {
			s.expect(escalation.KindRefused, fmt.Sprintf("stranger%d@nowhere.example", i))
		}
		s.expectNothing()
		s.escalated("01230002", ukLead)
		s.forward(time.Minute)
		if n := s.expect(escalation.KindAlarm, ops); raised(n) != 82 || n.Letter.Alarms[0].What != "reply-limit" {
			s.Errorf("ops hear %d times of %q", raised(n), n.Letter.Alarms[0].What)
		}
	})
}
