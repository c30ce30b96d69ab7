package escalation_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/escalation/hours"
	"escalationd/mailparse"
)

// explained is what a mail would do at a time.
func (s *scene) explained(sender string, at time.Time, parts ...written) escalation.Explanation {
	s.Helper()
	m := escalation.Mail{Proof: escalation.Proof{Proven: true, Reason: "dmarc=pass"}}
	m.From.Addr = sender
	for _, p := range parts {
		p(&m)
	}
	state, err := s.desk.Look(s.Context(), m)
	if err != nil {
		s.Fatal(err)
	}
	x, err := s.desk.Explain(m, state, at, func(n escalation.Notice) (string, string, error) {
		return "subject of " + string(n.Kind), "to " + n.To, nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return x
}

func TestExplainTellsThePromiseOfEverySeverityAndRegion(t *testing.T) {
	s := newScene(t, newMemStore(), nil)
	for severity := 1; severity <= 3; severity++ {
		for _, region := range []string{"uk", "us"} {
			s.with(escalation.Case{Number: "0000000" + string('0'+rune(severity)) + strings.ToUpper(region), Severity: severity, Region: region})
		}
	}
	for name, c := range map[string]struct {
		at, severity, want string
	}{
		"uk, in hours":                  {"2026-11-23T09:00:00Z", "1uk", "2026-11-23T09:30:00Z"},
		"uk, severity 2":                {"2026-11-23T09:00:00Z", "2uk", "2026-11-23T11:00:00Z"},
		"uk, severity 3 over the night": {"2026-11-23T15:00:00Z", "3uk", "2026-11-24T08:00:00Z"},
		"uk, over the weekend":          {"2026-11-27T16:00:00Z", "2uk", "2026-11-30T07:00:00Z"},
		"uk, severity 1 at the weekend": {"2026-11-28T23:45:00Z", "1uk", "2026-11-29T00:15:00Z"},
		"uk, over Christmas":            {"2026-12-24T16:00:00Z", "2uk", "2026-12-29T07:00:00Z"},
		"uk, exactly at closing":        {"2026-11-23T15:00:00Z", "2uk", "2026-11-23T17:00:00Z"},
		"uk, into summer time":          {"2026-03-27T16:00:00Z", "2uk", "2026-03-30T07:00:00+01:00"},
		"uk, severity 1 in that night":  {"2026-03-29T00:45:00Z", "1uk", "2026-03-29T02:15:00+01:00"},
		"us, at night":                  {"2026-11-23T09:00:00Z", "2us", "2026-11-23T08:00:00-08:00"},
		"us, severity 1 at night":       {"2026-11-23T09:00:00Z", "1us", "2026-11-23T01:30:00-08:00"},
		"us, over Thanksgiving":         {"2026-11-26T01:00:00Z", "3us", "2026-11-30T09:00:00-08:00"},
		"us, out of summer time":        {"2026-10-31T00:30:00Z", "2us", "2026-11-02T07:30:00-08:00"},
	} {
		t.Run(name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, c.at)
			if err != nil {
				t.Fatal(err)
			}
			x := s.explained(rep, at, form("0000000"+c.severity))
			if x.Disposition != escalation.Accepted || x.RespondBy == nil {
				t.Fatalf("%s (%s), %v", x.Disposition, x.Reason, x.Checks)
			}
			if got := x.RespondBy.Format(time.RFC3339); got != c.want {
				t.Errorf("the promise is %s, want %s", got, c.want)
			}
			if !x.Ladder[0].At.Equal(at) || !x.Ladder[1].At.Equal(*x.RespondBy) {
				t.Errorf("the ladder is %+v", x.Ladder)
			}
		})
	}
}

func TestExplainIsTheContract(t *testing.T) {
	s := newScene(t, newMemStore(), func(p *escalation.Policy) { p.Ladder[1].Contacts = nil })
	var got map[string]any
	data, err := json.Marshal(s.explained(rep, s.now, form("01230001")))
	if err == nil {
		err = json.Unmarshal(data, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got["disposition"] != "accepted" || got["reason"] == "" || got["respond_by"] != "2026-11-23T09:30:00Z" {
		t.Errorf("got %s", data)
	}
	for i, want := range []string{
		`{"at":"2026-11-23T09:00:00Z","level":1,"name":"Regional leader","skipped":false,"to":["uk-lead@example.com"]}`,
		`{"at":"2026-11-23T09:30:00Z","level":2,"name":"Frontline senior manager","skipped":true,"to":[]}`,
		`{"at":"2026-11-23T09:30:00Z","level":3,"name":"Director","skipped":false,"to":["director@example.com"]}`,
		`{"at":"2026-11-23T10:30:00Z","level":4,"name":"Senior director","skipped":false,"to":["senior@example.com"]}`,
	} {
		if rung, _ := json.Marshal(got["ladder"].([]any)[i]); string(rung) != want {
			t.Errorf("rung %d is %s, want %s", i, rung, want)
		}
	}
	first, _ := json.Marshal(got["notices"].([]any)[0])
	if string(first) != `{"kind":"escalation","subject":"subject of escalation","text":"to uk-lead@example.com","to":"uk-lead@example.com"}` {
		t.Errorf("the first letter is %s", first)
	}
	for _, check := range got["checks"].([]any) {
		if check.(map[string]any)["ok"] != true {
			t.Errorf("check %v", check)
		}
	}
	refused, err := json.Marshal(s.explained(stranger, s.now, form("01230001")))
	if err != nil || !strings.Contains(string(refused), `"respond_by":null,"ladder":[]`) {
		t.Errorf("a refusal is %s, %v", refused, err)
	}
}

func TestExplainPlansAsTheLadderClimbs(t *testing.T) {
	for _, without := range []int{0, 1, 2, 3, 4} {
		gap := func(p *escalation.Policy) {
			if without > 0 {
				p.Ladder[without-1].Contacts = nil
			}
		}
		s := newScene(t, newMemStore(), gap)
		plan := s.explained(rep, s.now, form("01230001")).Ladder
		s.from(rep, form("01230001"))
		told := map[string]time.Time{}
		for range 120 {
			for _, n := range s.unseen {
				if _, ok := told[n.To]; n.Kind == escalation.KindEscalation && !ok {
					told[n.To] = s.now
				}
			}
			s.unseen = nil
			s.forward(time.Minute)
		}
		for _, rung := range plan {
			if !rung.Skipped && !told[rung.To[0]].Equal(rung.At) {
				t.Errorf("without level %d: level %d is told at %s, the plan says %s", without, rung.Level, told[rung.To[0]], rung.At)
			}
		}
	}
}

func TestExplainPlansFromWhereTheLadderStands(t *testing.T) {
	play(t, nil, func(s *scene) {
		n := s.escalated("01230001", ukLead)
		s.forward(10 * time.Minute)
		x := s.explained(ukLead, s.now, command(mailparse.Pass, "", 0), answering(n))
		for i, want := range []time.Time{at(9, 0), at(9, 10), at(10, 0), at(10, 30)} {
			if !x.Ladder[i].At.Equal(want) {
				t.Errorf("after PASS level %d is told at %s, want %s", i+1, x.Ladder[i].At, want)
			}
		}
		x = s.explained(ukLead, s.now, command(mailparse.Ack, "", 0), answering(n))
		if len(x.Ladder) != 0 || x.RespondBy == nil || x.Status != escalation.Acknowledged {
			t.Errorf("after ACK the plan is %+v", x)
		}
	})
}

func TestExplainOfAMailThatWouldWaitOrIsParked(t *testing.T) {
	s := newScene(t, newMemStore(), func(p *escalation.Policy) { p.Early, p.StaleAfter = escalation.EarlyPark, time.Hour })
	s.with(escalation.Case{Number: "01230002", Severity: 2, CustomerWroteAt: at(-13, 0)})
	x := s.explained(rep, s.now, form("01230002"))
	if x.Disposition != escalation.ParkedEarly || !x.Ladder[0].At.Equal(at(11, 0)) || !x.RespondBy.Equal(at(13, 0)) {
		t.Errorf("parked: %+v", x)
	}
	if x := s.explained(rep, s.now.Add(2*time.Hour), form("01230002")); x.Disposition != "" || !strings.Contains(x.Reason, "wait") {
		t.Errorf("with old data: %+v", x)
	}
	s.forward(24 * time.Hour)
	s.expectNothing()
}

func TestLadderExplainListsWhatIsCounted(t *testing.T) {
	p := newPolicy()
	x := p.LadderExplain(2, "uk", time.Date(2026, 12, 24, 16, 0, 0, 0, time.UTC))
	var counted time.Duration
	holidays := 0
	for _, step := range x.Steps {
		switch step.Kind {
		case hours.Counted:
			counted += step.Length()
		case hours.Holiday:
			holidays++
		}
	}
	if counted != 6*time.Hour || holidays < 2 {
		t.Errorf("%s counted, %d holidays met: %+v", counted, holidays, x.Steps)
	}
	if !x.Steps[len(x.Steps)-1].To.Equal(x.Plan[3].At) || !x.Target.Equal(x.Plan[1].At) {
		t.Errorf("the plan is %+v", x.Plan)
	}
	night := p.LadderExplain(1, "uk", time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC))
	jumps := 0
	for _, step := range night.Steps {
		if step.Kind == hours.ClockChange {
			jumps++
		}
	}
	if jumps != 1 {
		t.Errorf("the night's clock change is shown %d times", jumps)
	}
}

func TestGaps(t *testing.T) {
	if gaps := newPolicy().Gaps(monday, 30, "uk"); len(gaps) > 0 {
		t.Errorf("a whole ladder has gaps: %+v", gaps)
	}
	p := newPolicy()
	p.Ladder[2].Contacts = map[string][]string{"uk": {director}}
	listed := region("Listed", "", "Europe/London", 6*60, 17*60, "none")
	var err error
	listed.Calendar, err = hours.New(hours.Options{
		Location: listed.Calendar.Location(), Open: 360, Close: 1020, Weekdays: []time.Weekday{time.Monday},
		Holidays: hours.Holidays{Calendar: "none", Dates: []string{"2026-12-07"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	more := map[string]escalation.Region{"listed": listed}
	for name, r := range p.Regions {
		more[name] = r
	}
	p.Regions = more
	want := []string{
		"listed 0 1", "listed 0 3", // no regional leader, no director
		"listed 0 0",               // the holidays end with the year
		"listed 2 0", "listed 3 0", // a week without a working day
		"us 0 3",
		"mars 0 0",
	}
	gaps := p.Gaps(monday, 60, "mars", "uk", "mars")
	if len(gaps) != len(want) {
		t.Errorf("%d gaps, want %d", len(gaps), len(want))
	}
	for i, g := range gaps {
		if got := g.Region + " " + string('0'+rune(g.Severity)) + " " + string('0'+rune(g.Level)); i >= len(want) || got != want[i] {
			t.Errorf("gap %d is %s: %s", i, got, g.What)
		}
	}
	p.Ladder = nil
	if gaps := p.Gaps(monday, 1); len(gaps) != 3 {
		t.Errorf("without a ladder: %+v", gaps)
	}
}

func TestAContactAloneCompletesAForm(t *testing.T) {
	find := func(p *escalation.Policy) {
		p.Contacts = func(text, _ string) []mailparse.Contact {
			if strings.Contains(text, "@") {
				return []mailparse.Contact{{Kind: mailparse.Email, Value: text}}
			}
			return nil
		}
	}
	play(t, find, func(s *scene) {
		lacks := but(func(f *mailparse.Form) { f.POCContact, f.Contacts = "", nil })
		s.ends(s.from(rep, form("01230002", lacks)), escalation.Returned)
		n := s.expect(escalation.KindReturned, rep)
		s.ends(s.from(rep, text("call me"), answering(n)), escalation.Returned)
		if again := s.expect(escalation.KindReturned, rep); again.Letter.Problems[0].Reason != mailparse.Invalid {
			s.Errorf("the problem is %+v", again.Letter.Problems)
		}
		s.ends(s.from(rep, text("kim@customer.example"), answering(n)), escalation.Accepted)
		s.expect(escalation.KindAccepted, rep)
		if f := s.expect(escalation.KindEscalation, ukLead).Letter.Form; len(f.Contacts) != 1 {
			s.Errorf("the contacts are %+v", f.Contacts)
		}
	})
}
