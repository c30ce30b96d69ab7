package escalation_test

import (
	"context"
	"testing"

	"escalationd/escalation"
	"escalationd/mailparse"
)

func TestOnlyProvenPeopleWhomTheDeskKnowsGoFirst(t *testing.T) {
	play(t, nil, func(s *scene) {
		for _, c := range []struct {
			name, from string
			as         written
			want       bool
		}{
			{"representative", rep, nil, true},
			{"leader", ukLead, nil, true},
			{"stranger", "somebody@nowhere.example", nil, false},
			{"forged representative", rep, unproven, false},
			{"machine of a representative", rep, func(m *escalation.Mail) { m.Automatic = mailparse.List }, false},
			{"two authors", rep, func(m *escalation.Mail) { m.FromProblem = "two authors" }, false},
			{"unreadable", rep, func(m *escalation.Mail) { m.Unreadable = "too large" }, false},
		} {
			m := escalation.Mail{Proof: escalation.Proof{Proven: true}}
			m.From.Addr = c.from
			if c.as != nil {
				c.as(&m)
			}
			got, err := s.desk.Known(context.Background(), []escalation.Mail{m})
			if err != nil || got[0] != c.want {
				s.Errorf("%s: %v, %v; want %v", c.name, got, err, c.want)
			}
		}
	})
}

func TestWhichAddressesAreOneMailbox(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"ana@acme.example", "Ana+desk@ACME.example", true},
		{"ana+phone@acme.example", "ana+desk+2@acme.example", true},
		{"ana@acme.example", "ana@sub.acme.example", false},
		{"ana@acme.example", "an+a@acme.example", false},
		{"+442079460018@sms.example.com", "+442079460958@sms.example.com", false},
		{"", "+@", false},
	} {
		if got := escalation.SameMailbox(c.a, c.b); got != c.want {
			t.Errorf("%q and %q are one mailbox: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestTheRollFindsWhomEntitledFinds(t *testing.T) {
	roll := escalation.Roll{}
	accounts := map[string][]string{
		"a": {"@acme.example", "Boss@Other.example"}, "b": {"boss@other.example", "ana+desk@third.example", "@", "nonsense"}, "c": {"@bücher.example"},
	}
	for id, reps := range accounts {
		roll.Add(id, reps)
	}
	for _, addr := range []string{
		"x@acme.example", "BOSS@other.example", "boss+x@other.example", "ana@third.example", "ana+desk@third.example", "ana+desk+2@third.example",
		"x@xn--bcher-kva.example", "x@BÜCHER.example", "x@sub.acme.example", "nonsense", "", "@", "x@",
	} {
		var want int
		for _, reps := range accounts {
			if escalation.Entitled(reps, addr) {
				want++
			}
		}
		if got := roll.Represented(addr); len(got) != want {
			t.Errorf("%q represents %v, want %d accounts", addr, got, want)
		}
	}
}
