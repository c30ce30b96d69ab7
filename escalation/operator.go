package escalation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"escalationd/mailparse"
)

// Operation is what an operator does to an escalation by hand, where a leader
// or the customer has said so in another way than by mail.
type Operation struct {
	Case     string
	Verb     mailparse.Verb // Ack or Resolve
	Leader   string         // on whose behalf: a leader who has been told; with Resolve it may be empty
	Operator string         // a name for the record
	Text     string         // RESOLVE: the outcome, which the customer reads
}

// Operate judges an operation. The second result says why nothing is done;
// it is empty where the Change is to be applied.
func (p *Policy) Operate(o Operation, file CaseFile, now time.Time) (Change, string) {
	if file.Escalation == nil {
		return Change{}, "the case is not escalated"
	}
	e := file.Escalation.next()
	c := Change{Event: fmt.Sprintf("operator:%s:%s@%d", o.Verb, e.Case, e.Revision), At: now}
	a := &leaderAnswer{step: p.step(&c, file, &e, now), leader: o.Leader}
	a.role, a.level = p.role(&e, o.Leader)
	switch {
	case !e.Status.Active():
		return Change{}, "the escalation is over already: " + string(e.Status)
	case o.Leader != "" && a.level == 0:
		return Change{}, o.Leader + " has not been told of this escalation; these have: " + strings.Join(e.told(), ", ")
	case o.Verb == mailparse.Ack && o.Leader == "":
		return Change{}, "say which leader has it"
	case o.Verb == mailparse.Ack && e.Status == Parked:
		return Change{}, "the escalation is parked, so there is nothing to take yet"
	case o.Verb == mailparse.Ack && e.Status == Acknowledged:
		return Change{}, "taken already, by " + e.TakenBy
	case o.Verb == mailparse.Ack:
		c.Reason = a.ack()
	case o.Verb == mailparse.Resolve:
		c.Reason = a.resolve(o.Text)
	default:
		return Change{}, "an operator can only ack or resolve"
	}
	if !a.changed {
		return Change{}, c.Reason
	}
	e.note(now, "operator", "", o.Operator+" did this by hand")
	c.Reason = fmt.Sprintf("%s by hand, by operator %s", o.Verb, o.Operator)
	a.write()
	return c, ""
}

// Operate does what an operator says. It answers why nothing was done, or the
// empty string.
func (d *Desk) Operate(ctx context.Context, o Operation) (string, error) {
	for range staleRounds {
		states, err := d.Store.Load(ctx, []Query{{Cases: []string{o.Case}}})
		if err != nil {
			return "", err
		}
		if states[0].Err != nil {
			return "", states[0].Err
		}
		c, why := d.Policy.Operate(o, states[0].Cases[o.Case], d.Now())
		if why != "" {
			return why, nil
		}
		d.identify(&c)
		applied, err := d.Store.Apply(ctx, []Change{c})
		if err != nil {
			return "", err
		}
		switch applied[0].Verdict {
		case Done:
			return "", nil
		case Failed:
			return "", applied[0].Err
		case Known, Stale: // the escalation has moved on: judge again
		}
	}
	return "the escalation changes all the time; try again", nil
}
