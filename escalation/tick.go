package escalation

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// agendaLimit bounds what one Tick takes up; the next one takes the rest.
const agendaLimit = 200

// Tick does what time has made due: ladder steps, openings, reminders,
// expiries, cases closed in the CRM, letters that could not be delivered,
// digests, and alarms to ops. It answers how many changes were applied.
func (d *Desk) Tick(ctx context.Context) (int, error) {
	now := d.Now()
	agenda, err := d.Store.Agenda(ctx, now, agendaLimit)
	if err != nil {
		return 0, err
	}
	changes, err := d.advance(ctx, agenda, now)
	if err != nil {
		return 0, err
	}
	failed, err := d.undelivered(ctx, agenda.Undelivered, now)
	if err != nil {
		return 0, err
	}
	changes = append(changes, failed...)
	digests, err := d.digests(ctx, agenda, now)
	if err != nil {
		return 0, err
	}
	changes = append(changes, digests...)
	if c, ok := d.Policy.Alarmed(agenda.Alarms, agenda.AlarmMarks, now); ok {
		changes = append(changes, c)
	}
	return d.take(ctx, changes)
}

// take applies steps and answers how many were done.
func (d *Desk) take(ctx context.Context, changes []Change) (int, error) {
	if len(changes) == 0 {
		return 0, nil
	}
	for i := range changes {
		d.identify(&changes[i])
	}
	applied, err := d.Store.Apply(ctx, changes)
	if err != nil {
		return 0, err
	}
	done := 0
	for i, a := range applied {
		switch a.Verdict {
		case Done:
			done++
			d.Log.Info("step taken", "event", changes[i].Event, "case", caseOf(changes[i]), "notices", len(changes[i].Notices))
		case Failed:
			d.Log.Error("step not taken", "event", changes[i].Event, "error", a.Err)
		case Known, Stale: // another daemon was first, or a mail was; the next tick sees
		}
	}
	return done, nil
}

// advance judges every escalation that has a step due, or whose case may have
// been closed or answered in the CRM.
func (d *Desk) advance(ctx context.Context, a Agenda, now time.Time) ([]Change, error) {
	numbers := slices.Concat(a.Due, a.Active)
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	if len(numbers) == 0 {
		return nil, nil
	}
	queries := make([]Query, len(numbers))
	for i, n := range numbers {
		queries[i] = Query{Cases: []string{n}}
	}
	states, err := d.Store.Load(ctx, queries)
	if err != nil {
		return nil, err
	}
	var changes []Change
	for i, s := range states {
		file, ok := s.Cases[numbers[i]]
		if !ok || file.Escalation == nil || !file.Escalation.Status.Active() {
			continue
		}
		if c, due := d.Policy.Advance(file, now); due {
			changes = append(changes, c)
		}
	}
	return changes, nil
}

// undelivered judges letters that the relay refuses for good.
func (d *Desk) undelivered(ctx context.Context, failures []Failure, now time.Time) ([]Change, error) {
	if len(failures) == 0 {
		return nil, nil
	}
	queries := make([]Query, len(failures))
	for i, f := range failures {
		queries[i] = Query{Notices: []string{f.Notice}}
	}
	states, err := d.Store.Load(ctx, queries)
	if err != nil {
		return nil, err
	}
	changes := make([]Change, len(failures))
	for i, f := range failures {
		changes[i] = d.Policy.Undelivered(f, states[i], now)
	}
	return changes, nil
}

// digests makes the digests whose hour has come.
func (d *Desk) digests(ctx context.Context, a Agenda, now time.Time) ([]Change, error) {
	due := d.Policy.digestsDue(a.Digests, now)
	if len(due) == 0 {
		return nil, nil
	}
	since := now.Add(-8 * day)
	var recipients []string
	for _, one := range due {
		recipients = append(recipients, one.to)
		if one.mark.Since.Before(since) {
			since = one.mark.Since
		}
	}
	history, err := d.Store.History(ctx, since, recipients)
	if err != nil {
		return nil, err
	}
	changes := make([]Change, len(due))
	for i, one := range due {
		changes[i] = d.Policy.summarize(one, history, now)
	}
	return changes, nil
}

// Undelivered judges a letter that could not be delivered: ops are told, and
// where it was to tell a leader, the next level is told at once.
func (p *Policy) Undelivered(f Failure, s State, now time.Time) Change {
	c := Change{Event: fmt.Sprintf("undelivered:%s:%d", f.Notice, f.At.UnixMilli()), At: now, Undelivered: f.Notice}
	if s.Notice == nil {
		return c
	}
	n := *s.Notice
	if n.Kind != KindAlarm {
		c.Alarms = append(c.Alarms, Alarm{
			At: now, What: "undelivered", Ref: n.Case,
			Detail: fmt.Sprintf("The letter %q on this case could not be delivered and is parked (notice %s). Look at the relay's answer, then retry or discard it.", n.Kind, f.Notice),
		})
	}
	p.unreached(&c, n, s, "the mail could not be delivered", now)
	return c
}
