package escalation_test

import (
	"context"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/mailparse"
)

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
		"entitlement before the form":   {stranger, []written{form("01230002", noPOC)}, escalation.Refused},
		"a stranger's mail without any": {stranger, []written{text("Hello.")}, escalation.Refused},
		"closed before the form":        {rep, []written{form("01230000", noPOC)}, escalation.Refused},
		"the form":                      {rep, []written{form("01230002", noPOC)}, escalation.Returned},
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

func TestADuplicateNeedsNoCaseData(t *testing.T) {
	s := newScene(t, newMemStore(), func(p *escalation.Policy) { p.StaleAfter = time.Hour; p.AckExpires = false })
	s.escalated("01230003", ukLead)
	s.outage(2 * time.Hour)
	s.ends(s.arrives(1), escalation.Duplicate)
}
