package escalation

import (
	"slices"
	"strings"
	"time"

	"escalationd/mailparse"
)

// snoozeUsual is how long a SNOOZE without a time lasts.
const snoozeUsual = 30 * time.Minute

// answer judges a leader's reply to a notice. The notice's token and the
// proven sender have been found to belong together.
func (j *judgement) answer() {
	n := j.state.Notice
	j.check("token", true, "answers a notice that went to this leader")
	file, ok := j.state.Cases[n.Case]
	if !ok || file.Escalation == nil {
		j.quarantine("case", "the case of the notice is no longer known")
		return
	}
	e := *file.Escalation
	e.Told, e.Timeline = slices.Clip(e.Told), slices.Clip(e.Timeline)
	a := &leaderAnswer{judgement: j, file: file, e: &e, leader: n.To}
	a.role, a.level = j.policy.role(&e, n.To)
	a.file.Escalation = &e
	j.end(Commanded, a.act())
	if a.changed {
		e.Revision++
		j.change.Escalations = append(j.change.Escalations, e)
	}
	j.reply(KindConfirmed, &a.file, mailparse.Form{CaseNumber: e.Case}, a.confirmation)
}

// leaderAnswer is a leader's reply on its way to become a change.
type leaderAnswer struct {
	*judgement
	file    CaseFile
	e       *Escalation
	leader  string
	role    string
	level   int
	changed bool
	said    string    // what the confirmation says came of it
	until   time.Time // SNOOZE: until when; ACK: how long it holds
}

func (a *leaderAnswer) confirmation(l *Letter) {
	l.Verb, l.Why, l.Until, l.TakenBy = "", a.said, a.until, ""
	if a.mail.Command != nil {
		l.Verb = a.mail.Command.Verb
	}
	if a.e.Status == Acknowledged {
		l.TakenBy, _ = a.policy.role(a.e, a.e.TakenBy)
	}
}

// act does what the leader says, and answers it in words for the record.
func (a *leaderAnswer) act() string {
	command := a.mail.Command
	switch {
	case !a.e.Status.Active():
		a.said = "This escalation is over already: " + string(a.e.Status) + "."
		return "nothing to do: the escalation is " + string(a.e.Status)
	case command == nil:
		return a.remark(strings.TrimSpace(a.mail.Fresh))
	}
	switch command.Verb {
	case mailparse.Ack:
		return a.ack()
	case mailparse.Pass:
		return a.pass()
	case mailparse.Snooze:
		return a.snooze(command.For)
	case mailparse.Resolve:
		return a.resolve(command.Text)
	}
	return a.remark(strings.TrimSpace(a.mail.Fresh))
}

// remark keeps any other words on the timeline.
func (a *leaderAnswer) remark(text string) string {
	if text == "" {
		a.said = "There was no text in your mail. Answer ACK, PASS, SNOOZE 30m or RESOLVE with a word on the outcome."
		return "an answer without text"
	}
	a.changed = true
	a.e.note(a.now, "note", a.leader, text)
	a.said = "Your note is on the timeline. The clock goes on until somebody answers ACK."
	if a.e.Status == Acknowledged {
		a.said = "Your note is on the timeline."
	}
	return "a note on the timeline"
}

// ack takes the escalation: the ladder stops, the others who know and the
// customer are told who has it.
func (a *leaderAnswer) ack() string {
	e, p := a.e, a.policy
	if e.Status == Acknowledged {
		holder, _ := p.role(e, e.TakenBy)
		a.said = "It is with " + holder + " already."
		if SameAddress(e.TakenBy, a.leader) {
			a.said = "You have it already."
		}
		return "taken already"
	}
	a.changed = true
	p.revoke(&a.change, e)
	e.Status, e.TakenBy, e.TakenAt = Acknowledged, a.leader, a.now
	e.Due, e.RemindAt = time.Time{}, time.Time{}
	if p.AckExpires {
		e.ExpiresAt = p.after(a.now, 1, e.Severity, e.Region)
		a.until = e.ExpiresAt
	}
	e.note(a.now, "taken", a.leader, a.role)
	say := func(l *Letter) { l.TakenBy = a.role }
	for _, to := range e.told() {
		if !SameAddress(to, a.leader) {
			p.notice(&a.change, KindTakenOver, to, &a.file, say)
		}
	}
	p.notice(&a.change, KindTaken, e.RequestedBy, &a.file, say)
	a.said = "You have it. The ladder has stopped, and the customer knows."
	return "taken by level " + levelText(a.level)
}

// pass hands the escalation to the next level at once.
func (a *leaderAnswer) pass() string {
	e, p := a.e, a.policy
	if a.level < e.Level {
		a.said = p.levelName(e.Level) + " has been told already."
		return "passed, but a higher level has it already"
	}
	if next, _ := p.reachable(e.Level, e.Region); next == 0 {
		a.said = "There is no level above yours. Please take it (ACK), or call somebody who can."
		a.change.Alarms = append(a.change.Alarms, Alarm{
			At: a.now, What: "ladder-end", Ref: e.Case,
			Detail: "The last level has passed the escalation on, and there is nobody above. Call a leader.",
		})
		return "passed, but there is no level above"
	}
	a.changed = true
	if e.Status == Acknowledged {
		e.Status, e.TakenBy, e.Due, e.ExpiresAt = Open, "", a.now, time.Time{}
	}
	e.note(a.now, "passed", a.leader, a.role)
	p.raise(&a.change, e, a.file, a.role+" has passed it on.")
	a.said = "Passed on to " + p.levelName(e.Level) + ", who has been told now."
	return "passed to level " + levelText(e.Level)
}

// snooze has the leader reminded later, but never later than the next level
// is told: the promise to the customer does not move.
func (a *leaderAnswer) snooze(d time.Duration) string {
	e := a.e
	if e.Status != Open {
		a.said = "Somebody has it already, so there is nothing to put off."
		return "snoozed, but it is taken already"
	}
	if d <= 0 {
		d = snoozeUsual
	}
	until := a.now.Add(d)
	a.changed = true
	a.said = "You will be reminded."
	if !e.Due.IsZero() && !until.Before(e.Due) {
		until = e.Due
		a.said = "It can wait no longer than the next target: then " + a.next() + " is told."
	}
	if until.Before(e.Due) || e.Due.IsZero() {
		e.RemindAt = until
	}
	a.until = until
	e.note(a.now, "snoozed", a.leader, "until "+until.UTC().Format(time.RFC3339))
	return "snoozed"
}

func (a *leaderAnswer) next() string {
	if level, _ := a.policy.reachable(a.e.Level, a.e.Region); level > 0 {
		return a.policy.levelName(level)
	}
	return "your level again, and operations,"
}

// resolve ends the escalation with the leader's words.
func (a *leaderAnswer) resolve(text string) string {
	a.changed = true
	a.policy.finish(&a.change, a.e, a.file, Resolved, a.leader, strings.TrimSpace(text), a.now)
	a.said = "The escalation is resolved. The customer and those who knew of it are told."
	return "resolved by level " + levelText(a.level)
}
