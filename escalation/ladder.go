package escalation

import (
	"fmt"
	"slices"
	"time"
)

// repeatAtMost is the longest pause between two letters at the ladder's end.
const repeatAtMost = 24 * time.Hour

// targetPassed is the usual reason for the ladder's next step.
const targetPassed = "Nobody has acknowledged this within the target."

// Advance judges what time, or the CRM, has done to an escalation that goes
// on: it opens, climbs, is reminded of, expires or ends. The second result is
// false when there is nothing to do.
func (p *Policy) Advance(file CaseFile, now time.Time) (Change, bool) {
	e := *file.Escalation
	c := Change{Event: fmt.Sprintf("ladder:%s@%d", e.Case, e.Revision), At: now}
	e.Revision++
	e.Told, e.Timeline = slices.Clip(e.Told), slices.Clip(e.Timeline)
	file.Escalation = &e
	due := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	switch {
	case file.Case.Status == CaseClosed:
		p.finish(&c, &e, file, Closed, "", "", now)
	case e.Status == Parked && file.Case.OwnerRespondedAt.After(e.ReceivedAt):
		p.dissolve(&c, &e, file, now)
	case e.Status == Parked && due(e.Due):
		p.open(&c, &e, file, e.Due)
		p.noticeOwner(&c, &file)
	case e.Status == Open && due(e.promised()):
		p.miss(&c, &e, file, now)
	case e.Status == Open && due(e.Due):
		p.climb(&c, &e, file, targetPassed, now)
	case e.Status == Open && due(e.RemindAt):
		p.remind(&c, &e, file, now)
	case e.Status == Acknowledged && due(e.ExpiresAt):
		p.expire(&c, &e, file, now)
	default:
		return Change{}, false
	}
	c.Escalations = []Escalation{e}
	return c, true
}

// raise tells the next level that can be reached. The levels in between that
// have nobody are skipped at once; their targets still count, so that level k
// is told no earlier than it would be without the gap.
func (p *Policy) raise(c *Change, e *Escalation, file CaseFile, why string) bool {
	level, skipped := p.reachable(e.Level, e.Region)
	if len(skipped) > 0 {
		c.Alarms = append(c.Alarms, Alarm{
			At: c.At, What: "ladder", Ref: e.Case,
			Detail: fmt.Sprintf("Nobody is named for %s in region %q; the level was skipped. Add a contact to the ladder.", list(skipped), e.Region),
		})
	}
	if level == 0 {
		return false
	}
	steps := level - e.Level
	e.Level = level
	e.Due = p.after(e.Due, steps, e.Severity, e.Region)
	e.note(c.At, "told", "", fmt.Sprintf("level %d, %s", level, p.levelName(level)))
	file.Escalation = e
	p.tell(c, e, file, level, func(l *Letter) { l.Why, l.Skipped = why, skipped })
	return true
}

// tell writes to each contact of a level.
func (p *Policy) tell(c *Change, e *Escalation, file CaseFile, level int, say func(*Letter)) {
	for _, to := range p.contacts(level, e.Region) {
		n := p.notice(c, KindEscalation, to, &file, say)
		e.Told = append(e.Told, Told{Level: level, To: to, Notice: n.Key})
	}
}

// miss marks a promise that was not kept and says so to the customer.
func (p *Policy) miss(c *Change, e *Escalation, file CaseFile, now time.Time) {
	e.Missed = true
	e.note(now, "missed", "", "nobody had taken it by the time promised")
	if due := !e.Due.IsZero() && !e.Due.After(now); due {
		p.climb(c, e, file, targetPassed, now)
	}
	p.notice(c, KindMissed, e.RequestedBy, &file, nil)
}

// climb is the ladder's step when a target has passed without an
// acknowledgement. After the last level ops are told, and the last level again
// at a pace that slows down.
func (p *Policy) climb(c *Change, e *Escalation, file CaseFile, why string, now time.Time) {
	e.RemindAt = time.Time{}
	if p.raise(c, e, file, why) {
		return
	}
	e.Round++
	pause := p.severity(e.Severity).RespondWithin << min(e.Round, 10)
	e.Due = p.after(e.Due, 1<<min(e.Round, 10), e.Severity, e.Region)
	if pause > repeatAtMost || !e.Due.After(now) {
		e.Due = now.Add(repeatAtMost)
	}
	e.note(now, "repeated", "", fmt.Sprintf("nobody above level %d", e.Level))
	file.Escalation = e
	p.tell(c, e, file, e.Level, func(l *Letter) { l.Why = why + " There is no level above yours." })
	c.Alarms = append(c.Alarms, Alarm{
		At: now, What: "ladder-end", Ref: e.Case,
		Detail: "The ladder has ended and nobody has acknowledged the escalation. Call a leader.",
	})
}

// remind writes again to those who had put the escalation off.
func (p *Policy) remind(c *Change, e *Escalation, file CaseFile, now time.Time) {
	e.RemindAt = time.Time{}
	e.note(now, "reminded", "", "")
	file.Escalation = e
	for _, to := range p.holders(e) {
		n := p.notice(c, KindEscalation, to, &file, func(l *Letter) { l.Why = "You asked to be reminded." })
		e.Told = append(e.Told, Told{Level: e.Level, To: to, Notice: n.Key})
	}
}

// expire ends an acknowledgement after which the owner has not answered: the
// ladder goes on. If the owner has, the acknowledgement stands.
func (p *Policy) expire(c *Change, e *Escalation, file CaseFile, now time.Time) {
	at := e.ExpiresAt
	e.ExpiresAt = time.Time{}
	if file.Case.OwnerRespondedAt.After(e.TakenAt) {
		e.note(now, "answered", "", "the case owner has answered")
		return
	}
	role, _ := p.role(e, e.TakenBy)
	e.Status, e.TakenBy, e.Due = Open, "", at
	e.note(now, "expired", "", "the case shows no answer since it was taken")
	p.climb(c, e, file, fmt.Sprintf("%s had taken it, but the case shows no answer since.", role), now)
}

// dissolve ends a parked escalation because the owner has answered.
func (p *Policy) dissolve(c *Change, e *Escalation, file CaseFile, now time.Time) {
	e.Status, e.EndedAt, e.Due = Dissolved, now, time.Time{}
	e.note(now, "dissolved", "", "the case owner answered before it opened")
	p.notice(c, KindDissolved, e.RequestedBy, &file, nil)
}

func (p *Policy) noticeOwner(c *Change, file *CaseFile) {
	if p.NotifyOwner && file.Case.OwnerEmail != "" {
		p.notice(c, KindOwner, file.Case.OwnerEmail, file, nil)
	}
}

// unreached moves the ladder up when a letter to a leader cannot reach that
// leader and nobody else of the level has it.
func (p *Policy) unreached(c *Change, n Notice, s State, why string, now time.Time) {
	file, ok := s.Cases[n.Case]
	if !ok || file.Escalation == nil || n.Kind != KindEscalation {
		return
	}
	e := *file.Escalation
	current := slices.ContainsFunc(e.Told, func(t Told) bool { return t.Notice == n.Key })
	if e.Status != Open || e.Level != n.Level || !current {
		return
	}
	e.Revision++
	e.note(now, "unreached", "", why)
	file.Escalation = &e
	if !p.raise(c, &e, file, "Level "+levelText(n.Level)+" cannot be reached: "+why+".") {
		c.Alarms = append(c.Alarms, Alarm{
			At: now, What: "ladder-end", Ref: e.Case,
			Detail: "The last level cannot be reached: " + why + ". Call a leader.",
		})
	}
	c.Escalations = append(c.Escalations, e)
}

func list(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	out := words[0]
	for _, w := range words[1 : len(words)-1] {
		out += ", " + w
	}
	return out + " and " + words[len(words)-1]
}
