package escalation

import (
	"strings"
	"time"

	"escalationd/mailparse"
)

// snoozeUsual is how long a SNOOZE without a time lasts.
const snoozeUsual = 30 * time.Minute

// answer judges a reply to a notice of its own. The notice's token and the
// proven sender have been found to belong together. Leaders of the escalation
// command it; the case owner leaves notes.
func (j *judgement) answer() {
	n := j.state.Notice
	j.check("token", true, "answers a notice that went to this sender")
	file, ok := j.state.Cases[n.Case]
	if !ok || file.Escalation == nil {
		j.quarantine("case", "the case of the notice is no longer known")
		return
	}
	e := file.Escalation.next()
	a := &leaderAnswer{step: j.step(file, &e), judgement: j, leader: e.knownAs(n.To)}
	a.role, a.level = j.policy.role(&e, a.leader)
	j.author = a.leader
	j.end(Commanded, a.act(n.Ordinal))
	if a.changed {
		a.write()
	} else {
		a.unchanged(*file.Escalation)
	}
	var quotas []Quota
	switch {
	case !a.fresh:
		quotas = append(quotas, j.loopQuota(e.Case))
	case j.mail.Command == nil:
		quotas = append(quotas, j.newQuota(e.Case))
	}
	j.reply(KindConfirmed, &a.file, mailparse.Form{CaseNumber: e.Case}, a.confirmation, quotas...)
}

// leaderAnswer is a leader's reply on its way to become a change.
type leaderAnswer struct {
	*step
	judgement *judgement
	leader    string // by the address on the ladder
	role      string
	level     int
	changed   bool      // the escalation has changed
	fresh     bool      // the answer did something; a machine that answers us would not
	said      string    // what the confirmation says came of it
	until     time.Time // SNOOZE: until when; ACK: how long it holds
}

func (a *leaderAnswer) confirmation(l *Letter) {
	l.Verb, l.Why, l.Until = "", a.said, a.until
	if c := a.judgement.mail.Command; c != nil && a.fresh {
		l.Verb = c.Verb
	}
	l.Answerable = a.level > 0 && (a.e.Status == Open || a.e.Status == Acknowledged && SameAddress(a.e.TakenBy, a.leader))
}

// unchanged puts back the escalation as it was.
func (a *leaderAnswer) unchanged(e Escalation) { *a.e = e }

// act does what the leader says, and answers it in words for the record.
func (a *leaderAnswer) act(ordinal int) string {
	e, command := a.e, a.judgement.mail.Command
	switch {
	case ordinal != e.Ordinal:
		a.said = "The escalation that this letter was about is over. The case has been escalated again since: please answer the newer letter."
		return "nothing to do: the notice belongs to an earlier escalation of the case"
	case !e.Status.Active():
		a.said = "This escalation is over already: " + string(e.Status) + "."
		return "nothing to do: the escalation is " + string(e.Status)
	case command == nil || a.level == 0:
		return a.remark(strings.TrimSpace(a.judgement.mail.Fresh))
	}
	switch command.Verb {
	case mailparse.Ack:
		return a.ack()
	case mailparse.Pass:
		return a.pass()
	case mailparse.Snooze:
		return a.snooze(command.For)
	case mailparse.Resolve:
		return a.resolve(strings.TrimSpace(command.Text))
	}
	return a.remark(strings.TrimSpace(a.judgement.mail.Fresh))
}

// remark keeps any other words on the timeline.
func (a *leaderAnswer) remark(text string) string {
	if text == "" {
		a.said = "There was no text in your mail. Answer ACK, PASS, SNOOZE 30m or RESOLVE with a word on the outcome."
		return "an answer without text"
	}
	a.changed, a.fresh = true, !said(a.e, text)
	a.e.note(a.now, "note", a.leader, text)
	a.said = "Your note is on the timeline. The clock goes on until somebody answers ACK."
	if a.e.Status != Open || a.level == 0 {
		a.said = "Your note is on the timeline."
	}
	return "a note on the timeline"
}

// ack takes the escalation: the ladder stops, the others who know and the
// customer are told who has it.
func (a *leaderAnswer) ack() string {
	e := a.e
	if e.Status == Acknowledged {
		a.said = "You have it already."
		if !SameAddress(e.TakenBy, a.leader) {
			a.said = "It is with " + a.holder() + " already."
		}
		return "taken already"
	}
	a.changed, a.fresh = true, true
	a.revoke(KindEscalation, KindAddition)
	e.Status, e.TakenBy, e.TakenAt = Acknowledged, a.leader, a.now
	e.Due, e.RemindAt = time.Time{}, time.Time{}
	if e.SettledAt.IsZero() {
		e.SettledAt, e.Missed = a.now, a.now.After(e.RespondBy)
	}
	if a.AckExpires {
		e.ExpiresAt = a.after(a.now, 1, e.Severity, e.Region)
		a.until = e.ExpiresAt
	}
	e.note(a.now, "taken", a.leader, a.role)
	if !SameAddress(e.RequestedBy, a.leader) {
		a.notice(KindTaken, e.RequestedBy, nil)
	}
	for _, to := range e.told() {
		if !SameAddress(to, a.leader) && !SameAddress(to, e.RequestedBy) {
			a.notice(KindTakenOver, to, nil)
		}
	}
	a.said = "You have it. The ladder has stopped, and the customer knows."
	return "taken by level " + levelText(a.level)
}

// holder is the role of who has the escalation.
func (a *leaderAnswer) holder() string {
	role, _ := a.step.role(a.e, a.e.TakenBy)
	if role == "" {
		return "another leader"
	}
	return the(role)
}

// pass hands the escalation to the next level at once.
func (a *leaderAnswer) pass() string {
	e := a.e
	if e.Status == Acknowledged && !SameAddress(e.TakenBy, a.leader) {
		a.said = "It is with " + a.holder() + " already, so there is nothing to pass on."
		return "passed, but another leader has it"
	}
	if a.level < e.Level && e.Status == Open {
		a.said = Sentence(the(a.levelName(e.Level))) + " has been told already."
		return "passed, but a higher level has been told already"
	}
	if next, _ := a.reachable(e.Level, e.Region); next == 0 {
		a.said = "There is no level above yours. Please take it (ACK), or call somebody who can."
		a.alarm("ladder-end", "The last level has passed the escalation on, and there is nobody above. Call a leader.")
		return "passed, but there is no level above"
	}
	a.changed, a.fresh = true, true
	if e.Status == Acknowledged {
		a.reopen(a.now)
	}
	e.note(a.now, "passed", a.leader, a.role)
	a.raise(Sentence(the(a.role)) + " has passed it on.")
	a.said = "Passed on to " + the(a.levelName(e.Level)) + ", who has been told now."
	return "passed to level " + levelText(e.Level)
}

// snooze has the leader reminded later, but never later than the next level
// is told: the promise to the customer does not move.
func (a *leaderAnswer) snooze(d time.Duration) string {
	e := a.e
	if e.Status != Open {
		a.said = "It is with " + a.holder() + " already, so there is nothing to put off."
		return "snoozed, but it is taken already"
	}
	if d <= 0 {
		d = snoozeUsual
	}
	a.changed, a.fresh = true, true
	a.until = a.now.Add(d)
	a.said = "You will be reminded. What the customer was promised stays as it is."
	if a.until.Before(e.Due) {
		e.RemindAt, e.RemindTo = a.until, a.leader
	} else {
		a.until = e.Due
		a.said = "It can wait no longer than the next target. Then " + a.above() + " told."
	}
	e.note(a.now, "snoozed", a.leader, "until "+a.until.UTC().Format(time.RFC3339))
	return "snoozed"
}

// above says who is told at the next target.
func (a *leaderAnswer) above() string {
	if level, _ := a.reachable(a.e.Level, a.e.Region); level > 0 {
		return the(a.levelName(level)) + " is"
	}
	return "your level, again, and operations are"
}

// resolve ends the escalation with the leader's words.
func (a *leaderAnswer) resolve(text string) string {
	a.changed, a.fresh = true, true
	a.finish(Resolved, a.leader, text)
	a.said = "The escalation is resolved. The customer and the others who knew of it have been told."
	return "resolved by level " + levelText(a.level)
}
