package escalation

import (
	"context"
	"fmt"
	"time"
)

// Explanation says what a mail would do, and why; its JSON is a contract.
type Explanation struct {
	Disposition Disposition       `json:"disposition"`
	Reason      string            `json:"reason"`
	Checks      []Check           `json:"checks"`
	RespondBy   *time.Time        `json:"respond_by"` // in the region's offset; nil where nothing is promised
	Ladder      []Rung            `json:"ladder"`     // if nobody acknowledges from here on; of the mail's first case
	Notices     []ExplainedNotice `json:"notices"`
	Case        string            `json:"case,omitempty"` // whose promise and ladder these are
	Status      Status            `json:"status,omitempty"`
}

// ExplainedNotice is a letter the mail would send.
type ExplainedNotice struct {
	Kind    Kind   `json:"kind"`
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// Wording puts a notice into words.
type Wording func(Notice) (subject, text string, err error)

// Look reads the state by which a mail would be judged. It writes nothing.
func (d *Desk) Look(ctx context.Context, m Mail) (State, error) {
	p := &pendingMail{mail: m}
	if err := d.load(ctx, []*pendingMail{p}); err != nil {
		return State{}, err
	}
	return p.state, p.state.Err
}

// Explain judges a mail as the desk would, and has the letters worded. It
// applies nothing; what budgets would hold back is shown all the same.
func (d *Desk) Explain(m Mail, s State, now time.Time, word Wording) (Explanation, error) {
	p := d.Policy
	if gap := p.dataGap(s, now); gap != "" && p.byCaseData(&m, s) {
		return Explanation{
			Reason: "the mail would wait in the inbox for newer case data",
			Checks: []Check{{Name: "case data", Detail: gap}},
			Ladder: []Rung{}, Notices: []ExplainedNotice{},
		}, nil
	}
	c := d.decide(&pendingMail{mail: m, state: s}, now)
	d.identify(&c)
	x := Explanation{
		Disposition: c.Disposition, Reason: c.Reason, Checks: c.Checks, Ladder: []Rung{}, Notices: []ExplainedNotice{},
	}
	if len(c.Escalations) > 0 {
		p.explainPromise(&x, &c.Escalations[0], now)
	}
	for _, n := range c.Notices {
		subject, text, err := word(n)
		if err != nil {
			return x, fmt.Errorf("word the letter %q: %w", n.Kind, err)
		}
		x.Notices = append(x.Notices, ExplainedNotice{n.Kind, n.To, subject, text})
	}
	return x, nil
}

// explainPromise says what an escalation promises and who is told when. While
// somebody has it, the ladder stands still.
func (p *Policy) explainPromise(x *Explanation, e *Escalation, now time.Time) {
	x.Case, x.Status = e.Case, e.Status
	if !e.Status.Active() {
		return
	}
	opened := e.OpenedAt
	if e.Status == Parked {
		opened = e.Due
	}
	by := p.Target(e.Severity, e.Region, opened)
	x.RespondBy = &by
	switch {
	case e.Status == Acknowledged:
	case e.Level > 0:
		x.Ladder = p.planFrom(e, now)
	default:
		x.Ladder = p.Plan(e.Severity, e.Region, opened)
	}
}
