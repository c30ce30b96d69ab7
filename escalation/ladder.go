package escalation

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// repeatAtMost is the longest pause between two letters at the ladder's end.
const repeatAtMost = 24 * time.Hour

// targetPassed is the usual reason for the ladder's next step.
const targetPassed = "Nobody has acknowledged this within the target."

// Advance judges what time, or the CRM, has done to an escalation that goes
// on: it opens, climbs, is reminded of, expires or ends. Everything that has
// become due by now is done in one Change, so that after an outage nobody gets
// a letter that is out of date already. The second result is false when there
// is nothing to do.
func (p *Policy) Advance(file CaseFile, now time.Time) (Change, bool) {
	c := Change{Event: fmt.Sprintf("ladder:%s@%d", file.Escalation.Case, file.Escalation.Revision), At: now}
	e := file.Escalation.next()
	s := p.step(&c, file, &e, now)
	due := false
	for s.next() {
		due = true
	}
	if !due {
		return Change{}, false
	}
	s.write()
	return c, true
}

// step is what one event does to one escalation: first the state changes, at
// the end the letters are written, so that they speak of how things stand.
type step struct {
	*Policy
	change *Change
	file   CaseFile // its Escalation is e
	e      *Escalation
	now    time.Time
	rises  []rise // levels that this event tells
	opened bool   // the clock has started
	parked bool   // before that the escalation had been parked
	missed bool   // the promise was missed
	remind bool
}

// rise is a level that is told, and why.
type rise struct {
	level   int
	why     string
	skipped []string
}

func (p *Policy) step(c *Change, file CaseFile, e *Escalation, now time.Time) *step {
	file.Escalation = e
	return &step{Policy: p, change: c, file: file, e: e, now: now}
}

// next does the first thing that has become due, and reports whether there
// was any.
func (s *step) next() bool {
	e := s.e
	due := func(t time.Time) bool { return !t.IsZero() && !t.After(s.now) }
	switch {
	case !e.Status.Active():
		return false
	case s.file.Case.Status == CaseClosed:
		s.finish(Closed, "", "")
	case e.Status == Parked && s.file.Case.OwnerRespondedAt.After(e.Due.Add(-s.OwnerSilence)):
		s.dissolve()
	case e.Status == Parked && due(e.Due):
		s.parked = true
		s.open(e.Due)
	case e.Status == Open && due(e.promised()):
		s.settle()
	case e.Status == Open && due(e.Due):
		s.climb(targetPassed)
	case e.Status == Open && due(e.RemindAt):
		e.RemindAt, s.remind = time.Time{}, true
		e.note(s.now, "reminded", "", "")
	case e.Status == Acknowledged && due(e.ExpiresAt):
		s.expire()
	default:
		return false
	}
	return true
}

// open starts an escalation's clock and tells the first level that can be
// reached, whatever the hour.
func (s *step) open(at time.Time) {
	e := s.e
	s.opened = true
	e.Status, e.OpenedAt, e.Due = Open, at, at
	e.RespondBy = s.after(at, 1, e.Severity, e.Region)
	e.note(at, "opened", "", "")
	if s.raise("") {
		return
	}
	e.Due = e.RespondBy
	s.alarm("ladder", fmt.Sprintf("Nobody on the ladder can be reached for region %q, so nobody has been told of this escalation. Add a contact to the ladder, and call a leader.", e.Region))
}

// raise has the next level told that can be reached. The levels in between
// that have nobody are skipped at once; their targets still count, so that
// the levels above are told no earlier than they would be without the gap.
func (s *step) raise(why string) bool {
	e := s.e
	level, skipped := s.reachable(e.Level, e.Region)
	if level == 0 {
		return false
	}
	if len(skipped) > 0 {
		s.alarm("ladder", fmt.Sprintf("Nobody is named for %s in region %q; the level was skipped. Add a contact to the ladder.", list(skipped), e.Region))
	}
	e.Due = s.after(e.Due, level-e.Level, e.Severity, e.Region)
	e.Level, e.RemindAt, e.RemindTo = level, time.Time{}, ""
	e.note(s.now, "told", "", fmt.Sprintf("level %d, %s", level, s.levelName(level)))
	s.rises = append(s.rises, rise{level, why, skipped})
	for _, to := range s.contacts(level, e.Region) {
		e.knows(level, to)
	}
	return true
}

// climb is the ladder's step when a target has passed without an
// acknowledgement. After the last level ops are told, and the last level again
// at a pace that slows down.
func (s *step) climb(why string) {
	e := s.e
	if s.raise(why) {
		return
	}
	e.RemindAt, e.RemindTo = time.Time{}, ""
	e.Round++
	e.Due = s.again()
	e.note(s.now, "repeated", "", fmt.Sprintf("nobody above level %d", e.Level))
	s.rises = append(s.rises, rise{e.Level, why + " There is no level above yours.", nil})
	s.alarm("ladder-end", "The ladder has ended and nobody has acknowledged the escalation. Call a leader.")
}

// again is when the ladder's end repeats: after two targets, then four, then
// eight, but never more than a day apart.
func (s *step) again() time.Time {
	e := s.e
	latest := s.now.Add(repeatAtMost)
	n := 1 << min(e.Round, 10)
	if s.severity(e.Severity).RespondWithin > repeatAtMost/time.Duration(n) {
		return latest
	}
	at := s.after(e.Due, n, e.Severity, e.Region)
	if !at.After(s.now) {
		at = s.after(s.now, n, e.Severity, e.Region)
	}
	if at.After(latest) {
		return latest
	}
	return at
}

// settle finds at the hour of the promise whether it was kept: somebody would
// have taken the escalation, or the case owner has answered since.
func (s *step) settle() {
	e := s.e
	e.SettledAt = s.now
	if answered := s.file.Case.OwnerRespondedAt; answered.After(e.OpenedAt) && !answered.After(e.RespondBy) {
		e.note(s.now, "answered", "", "the case owner answered within the target")
		return
	}
	e.Missed, s.missed = true, true
	e.note(s.now, "missed", "", "nobody had taken it by the time promised")
}

// expire ends an acknowledgement after which the owner has not answered: the
// ladder goes on. If the owner has, the acknowledgement stands.
func (s *step) expire() {
	e := s.e
	at := e.ExpiresAt
	e.ExpiresAt = time.Time{}
	if s.file.Case.OwnerRespondedAt.After(e.TakenAt) {
		e.note(s.now, "answered", "", "the case owner has answered")
		return
	}
	role, _ := s.role(e, e.TakenBy)
	s.reopen(at)
	e.note(s.now, "expired", "", "the case shows no answer since it was taken")
	s.climb(Sentence(the(role)) + " had taken it, but the case shows no answer since.")
}

// reopen takes the escalation from who had it; the ladder goes on from a time.
func (s *step) reopen(at time.Time) {
	e := s.e
	e.Status, e.TakenBy, e.ExpiresAt, e.Due = Open, "", time.Time{}, at
	s.revoke(KindTaken, KindTakenOver)
}

// dissolve ends a parked escalation because the owner has answered.
func (s *step) dissolve() {
	e := s.e
	s.over(Dissolved, "")
	e.note(s.now, "dissolved", "", "the case owner answered before it opened")
	s.notice(KindDissolved, e.RequestedBy, nil)
}

// over stops every clock of an escalation and withdraws what is still queued.
func (s *step) over(status Status, by string) {
	e := s.e
	if e.SettledAt.IsZero() && !e.OpenedAt.IsZero() {
		e.SettledAt, e.Missed = s.now, s.now.After(e.RespondBy)
	}
	e.Status, e.EndedAt, e.EndedBy = status, s.now, by
	e.Due, e.RemindAt, e.ExpiresAt = time.Time{}, time.Time{}, time.Time{}
	s.revoke()
	s.rises, s.opened, s.parked, s.missed, s.remind = nil, false, false, false, false
}

// finish ends an escalation: each who is concerned hears of it once. The one
// who ended it gets a confirmation instead.
func (s *step) finish(status Status, by, text string) {
	e := s.e
	s.over(status, by)
	e.note(s.now, string(status), by, text)
	for _, to := range append([]string{e.RequestedBy}, e.told()...) {
		if !SameAddress(to, by) {
			s.notice(KindEnded, to, func(l *Letter) { l.Text = text })
		}
	}
}

// write makes the letters of a step and hands the new state over.
func (s *step) write() {
	e := s.e
	s.tell()
	if s.remind && len(s.rises) == 0 {
		s.notice(KindEscalation, e.RemindTo, func(l *Letter) { l.Why = "You asked to be reminded." })
		e.RemindTo = ""
	}
	if s.opened {
		s.tellOwner()
	}
	if s.parked {
		s.notice(KindAccepted, e.RequestedBy, func(l *Letter) { l.Why = "The case owner has not answered in the meantime." })
	}
	if s.missed {
		s.notice(KindMissed, e.RequestedBy, nil)
	}
	s.change.Escalations = append(s.change.Escalations, *e)
}

// tell writes to each contact of the levels that have risen, the highest
// first: who stands on several of them hears of that one alone.
func (s *step) tell() {
	for _, r := range slices.Backward(s.rises) {
		for _, to := range s.contacts(r.level, s.e.Region) {
			s.notice(KindEscalation, to, func(l *Letter) {
				l.Level, l.LevelName, l.Why, l.Skipped = r.level, s.levelName(r.level), r.why, r.skipped
			})
		}
	}
}

// tellOwner sends the case owner a copy of the first notification, unless the
// owner is one of the leaders and has been told already.
func (s *step) tellOwner() {
	owner := s.file.Case.OwnerEmail
	if s.NotifyOwner && strings.Contains(owner, "@") && !containsAddress(s.e.told(), owner) {
		s.notice(KindOwner, owner, nil)
	}
}

// revoke takes back letters that may still wait in the outbox; all of them
// where no kinds are named.
func (s *step) revoke(kinds ...Kind) {
	var kept []Sent
	for _, l := range s.e.Letters {
		if len(kinds) > 0 && !slices.Contains(kinds, l.Kind) {
			kept = append(kept, l)
			continue
		}
		s.change.Revoked = append(s.change.Revoked, l.Notice)
	}
	s.e.Letters = kept
}

func (s *step) alarm(what, detail string) {
	s.change.Alarms = append(s.change.Alarms, Alarm{At: s.now, What: what, Ref: s.e.Case, Detail: detail})
}

// unreached moves the ladder up when a letter to a leader of the highest level
// told cannot reach that leader.
func (p *Policy) unreached(c *Change, n Notice, s State, why string, now time.Time) {
	file, ok := s.Cases[n.Case]
	if !ok || file.Escalation == nil || n.Kind != KindEscalation {
		return
	}
	if e := file.Escalation; e.Status != Open || e.Level != n.Level || e.Ordinal != n.Ordinal {
		return
	}
	e := file.Escalation.next()
	st := p.step(c, file, &e, now)
	e.note(now, "unreached", "", why)
	if !st.raise("Level " + levelText(n.Level) + " cannot be reached: " + why + ".") {
		st.alarm("ladder-end", "The last level cannot be reached: "+why+". Call a leader.")
	}
	st.write()
}

func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
