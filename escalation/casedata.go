package escalation

import (
	"context"
	"fmt"
	"time"
)

// hold keeps back the mails that would be judged by case data that are too old
// or missing, and tells ops once in each such time.
func (d *Desk) hold(ctx context.Context, mails []*pendingMail) error {
	now := d.Now()
	var held []*pendingMail
	for _, m := range mails {
		if d.Policy.dataGap(m.state, now) != "" && d.Policy.byCaseData(&m.mail, m.state) {
			m.done, m.held, m.filing = true, true, Stay
			held = append(held, m)
		}
	}
	if len(held) == 0 {
		return nil
	}
	d.Log.Warn("mails wait for newer case data", "mails", len(held), "fed_at", held[0].state.FedAt)
	_, err := d.Store.Apply(ctx, []Change{d.Policy.dataAlarm(held[0].state, now)})
	return err
}

// dataGap says why nobody may be told anything by these case data; empty if
// they will do.
func (p *Policy) dataGap(s State, now time.Time) string {
	switch {
	case s.Unfed:
		return "There are no cases, or no account has any representatives"
	case p.StaleAfter > 0 && now.Sub(s.FedAt) > p.StaleAfter:
		return fmt.Sprintf("The last feed is longer ago than policy.stale_after (%s)", roughly(p.StaleAfter))
	}
	return ""
}

// byCaseData reports whether case data decide what becomes of a mail: not of
// mail by machines or unproven senders, nor of a leader's answer.
func (p *Policy) byCaseData(m *Mail, s State) bool {
	if s.Known != nil || m.Unreadable != "" || m.Automatic != "" || m.FromProblem != "" || !m.Proof.Proven {
		return false
	}
	return s.Notice == nil || !s.Notice.Kind.Answerable() || len(m.Forms) > 0
}

// dataAlarm tells ops, once for each feed, that mails wait for the next.
func (p *Policy) dataAlarm(s State, now time.Time) Change {
	event, last := "stale:never", "never"
	if !s.FedAt.IsZero() {
		event, last = fmt.Sprintf("stale:%d", s.FedAt.Unix()), "last at "+s.FedAt.UTC().Format(time.RFC3339)
	}
	return Change{Event: event, At: now, Alarms: []Alarm{{
		At: now, What: "stale",
		Detail: fmt.Sprintf("Case data were fed %s. %s. Mails wait in the inbox, unanswered, until the feed runs again.", last, p.dataGap(s, now)),
	}}}
}
