package escalation_test

import (
	"strings"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/mailparse"
)

// underWay is a case whose escalation two leaders of level 1 know of.
func underWay(status escalation.Status) escalation.CaseFile {
	e := &escalation.Escalation{
		Case: "01234567", Revision: 3, Ordinal: 1, Status: status, Severity: 1, Region: "uk", RequestedBy: rep,
		OpenedAt: monday, RespondBy: monday.Add(30 * time.Minute), Level: 1, Due: monday.Add(30 * time.Minute),
		Told:    []escalation.Told{{Level: 1, To: ukLead}, {Level: 1, To: usLead}},
		Letters: []escalation.Sent{{Kind: escalation.KindEscalation, Notice: "first"}},
	}
	return escalation.CaseFile{Case: escalation.Case{Number: "01234567", Status: escalation.CaseOpen, Severity: 1, Region: "uk"}, Escalation: e}
}

func recipients(c escalation.Change) string {
	var to []string
	for _, n := range c.Notices {
		to = append(to, string(n.Kind)+" "+n.To)
	}
	return strings.Join(to, ", ")
}

func TestOperatorTakesAnEscalationForALeader(t *testing.T) {
	o := escalation.Operation{Case: "01234567", Verb: mailparse.Ack, Leader: ukLead, Operator: "op"}
	c, why := newPolicy().Operate(o, underWay(escalation.Open), monday.Add(time.Minute))
	if why != "" {
		t.Fatal(why)
	}
	e := c.Escalations[0]
	if e.Status != escalation.Acknowledged || e.TakenBy != ukLead || e.Revision != 4 || !e.Due.IsZero() {
		t.Errorf("the escalation is %+v", e)
	}
	if got, want := recipients(c), "taken "+rep+", taken-over "+usLead; got != want {
		t.Errorf("letters: %s, want %s", got, want)
	}
	if len(c.Revoked) != 1 || c.Event != "operator:ack:01234567@4" || !strings.Contains(c.Reason, "operator op") {
		t.Errorf("the change is %+v", c)
	}
	if last := e.Timeline[len(e.Timeline)-1]; last.What != "operator" || !strings.Contains(last.Text, "op did this by hand") {
		t.Errorf("the timeline ends with %+v", last)
	}
}

func TestOperatorResolvesAndEverybodyHears(t *testing.T) {
	o := escalation.Operation{Case: "01234567", Verb: mailparse.Resolve, Operator: "op", Text: "A new part is on its way."}
	c, why := newPolicy().Operate(o, underWay(escalation.Acknowledged), monday.Add(time.Minute))
	if why != "" {
		t.Fatal(why)
	}
	if e := c.Escalations[0]; e.Status != escalation.Resolved || !e.Wake().IsZero() || e.EndedAt.IsZero() {
		t.Errorf("the escalation is %+v", e)
	}
	if got, want := recipients(c), "ended "+rep+", ended "+ukLead+", ended "+usLead; got != want {
		t.Errorf("letters: %s, want %s", got, want)
	}
	if c.Notices[0].Letter.Text != o.Text {
		t.Errorf("the customer reads %q", c.Notices[0].Letter.Text)
	}
}

func TestOperatorIsRefusedWithASentence(t *testing.T) {
	for want, o := range map[string]escalation.Operation{
		"not escalated":           {Case: "09999999", Verb: mailparse.Ack, Leader: ukLead},
		"say which leader":        {Case: "01234567", Verb: mailparse.Ack},
		"has not been told":       {Case: "01234567", Verb: mailparse.Ack, Leader: director},
		"can only ack or resolve": {Case: "01234567", Verb: mailparse.Pass, Leader: ukLead},
	} {
		file := underWay(escalation.Open)
		if o.Case != file.Case.Number {
			file = escalation.CaseFile{}
		}
		if c, why := newPolicy().Operate(o, file, monday); !strings.Contains(why, want) || len(c.Escalations) > 0 {
			t.Errorf("answer %q, want %q", why, want)
		}
	}
	o := escalation.Operation{Case: "01234567", Verb: mailparse.Ack, Leader: ukLead}
	for status, want := range map[escalation.Status]string{
		escalation.Resolved: "over already", escalation.Parked: "parked", escalation.Acknowledged: "taken already",
	} {
		if _, why := newPolicy().Operate(o, underWay(status), monday); !strings.Contains(why, want) {
			t.Errorf("%s: answer %q, want %q", status, why, want)
		}
	}
}

func TestNobodyIsWrittenToInThePlaceOfAForgottenPerson(t *testing.T) {
	file := underWay(escalation.Open)
	file.Escalation.RequestedBy = ""
	c, why := newPolicy().Operate(escalation.Operation{Case: "01234567", Verb: mailparse.Resolve, Operator: "op"}, file, monday)
	if got, want := recipients(c), "ended "+ukLead+", ended "+usLead; why != "" || got != want {
		t.Errorf("letters: %s (%s), want %s", got, why, want)
	}
}
