package escalation

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"escalationd/mailparse"
)

const day = 24 * time.Hour

// reply adds an answer to the mail's proven author, and nobody else.
func (j *judgement) reply(kind Kind, file *CaseFile, f mailparse.Form, say func(*Letter), quotas ...Quota) *Notice {
	p, to := j.policy, j.mail.From.Addr
	if !slices.ContainsFunc(quotas, func(q Quota) bool { return q.Key == j.loopKey("") }) {
		quotas = append(quotas, j.begun())
	}
	n := Notice{
		Kind: kind, To: to, CreatedAt: j.now, Thread: j.mail.thread(),
		Letter: Letter{Form: f, RequestedBy: to},
		Quotas: append(quotas, j.replyQuotas(to, file != nil || len(j.state.Represents) > 0)...),
	}
	number := f.CaseNumber
	if file != nil {
		number = file.Case.Number
		n.Letter = p.letter(*file, j.now)
		n.Letter.Form = f
		n.about(*file)
	}
	n.Key = key(&j.change, kind, number, to)
	for i := 2; j.change.writes(n.Key); i++ { // forms of one mail that name no case
		n.Key = key(&j.change, kind, number+"#"+strconv.Itoa(i), to)
	}
	if say != nil {
		say(&n.Letter)
	}
	j.change.Notices = append(j.change.Notices, n)
	return &j.change.Notices[len(j.change.Notices)-1]
}

// notice adds a letter that nobody asked for just now. One event writes to one
// address once about one thing.
func (s *step) notice(kind Kind, to string, say func(*Letter)) {
	e := s.e
	n := Notice{
		Key: key(s.change, kind, e.Case, to), Kind: kind, To: to, CreatedAt: s.change.At, Letter: s.letter(s.file, s.now),
	}
	if to == "" || s.change.writes(n.Key) { // nobody, where a person was forgotten
		return
	}
	n.about(s.file)
	if forCustomer(n) {
		n.Thread = e.Thread
	}
	n.Letter.Answerable = kind == KindEscalation || kind == KindAddition
	if say != nil {
		say(&n.Letter)
	}
	if n.forLeader() {
		n.Level = n.Letter.Level
		n.Quotas = s.leaderQuotas(&n)
	}
	s.change.Notices = append(s.change.Notices, n)
	e.Letters = append(e.Letters, Sent{kind, n.Key})
	if extra := len(e.Letters) - maxLetters; extra > 0 {
		e.Letters = slices.Clone(e.Letters[extra:])
	}
}

// about says which escalation a notice belongs to.
func (n *Notice) about(file CaseFile) {
	n.Case = file.Case.Number
	if e := file.Escalation; e != nil {
		n.Ordinal = e.Ordinal
	}
}

// forLeader reports whether a notice goes to a leader, because of the ladder.
func (n *Notice) forLeader() bool {
	switch n.Kind {
	case KindEscalation, KindAddition, KindTakenOver:
		return true
	case KindEnded:
		return !forCustomer(*n)
	}
	return false
}

// forCustomer reports whether a notice belongs into the customer's thread.
func forCustomer(n Notice) bool {
	switch n.Kind {
	case KindAccepted, KindTaken, KindMissed, KindDissolved:
		return true
	case KindEnded:
		return SameAddress(n.To, n.Letter.RequestedBy)
	}
	return false
}

// writes reports whether the change has a letter under this key already.
func (c *Change) writes(key string) bool {
	return slices.ContainsFunc(c.Notices, func(n Notice) bool { return n.Key == key })
}

// key names a letter after what made it, so that the same event cannot make
// it twice.
func key(c *Change, kind Kind, number, to string) string {
	return strings.Join([]string{c.Event, string(kind), number, strings.ToLower(to)}, "|")
}

// letter gathers what a letter about a case can say.
func (p *Policy) letter(file CaseFile, now time.Time) Letter {
	region, severity := regionOf(file), file.Case.Severity
	l := Letter{Case: file.Case, Account: file.Account.Name}
	if e := file.Escalation; e != nil {
		region, severity = e.Region, e.Severity
		p.describe(&l, e)
	}
	l.Severity = p.severity(severity).Name
	r := p.Regions[region]
	l.Region, l.Zone, l.Phone = r.Name, r.Zone, p.phone(region, now)
	if home, ok := p.Regions[file.Account.Region]; ok && home.Zone != l.Zone {
		l.CustomerZone = home.Zone
	}
	if since := file.Case.SilentSince(); !since.IsZero() && since.Before(now) {
		l.Silence = now.Sub(since)
	}
	return l
}

// describe says how an escalation stands.
func (p *Policy) describe(l *Letter, e *Escalation) {
	l.Form, l.RequestedBy, l.Earlier, l.Status = e.Form, e.RequestedBy, e.Earlier, e.Status
	l.OpenedAt, l.RespondBy, l.Missed = e.OpenedAt, e.RespondBy, e.Missed
	l.Level, l.LevelName = e.Level, p.levelName(e.Level)
	switch e.Status {
	case Parked:
		l.Until, l.Why = e.Due, p.whyNotNow()
	case Open:
		l.NextAt = e.Due
		if next, _ := p.reachable(e.Level, e.Region); next > 0 {
			l.NextLevel = p.levelName(next)
		}
	case Acknowledged:
		l.TakenBy, _ = p.role(e, e.TakenBy)
		l.Until = e.ExpiresAt
	default:
		l.TakenBy, _ = p.role(e, e.EndedBy)
	}
}

// replyQuotas bound the replies to one sender and to everybody. A letter that
// finds a budget used up is put on record as suppressed. The budget for
// everybody is the breaker of floods and of loops that nothing else ends: ops
// hear when it opens, and strangers leave a tenth of it to representatives.
func (j *judgement) replyQuotas(to string, known bool) []Quota {
	var q []Quota
	l := j.policy.ReplyLimit
	if l.PerSender > 0 {
		q = append(q, Quota{Key: "sender|" + strings.ToLower(to), Limit: l.PerSender, Window: l.Per})
	}
	if n := l.GlobalPerMinute; n > 0 {
		full := Alarm{At: j.now, What: "reply-limit", Detail: fmt.Sprintf(
			"More replies were due than policy.reply_limit.global_per_minute (%d) allows. Those above it are on record and will not be sent; "+
				"leaders are told all the same. Look for a flood or a mail loop in the inbox.", n)}
		if !known {
			n -= n / 10
		}
		q = append(q, Quota{Key: "everybody", Limit: n, Window: time.Minute, Alarm: &full})
	}
	return q
}

// leaderQuotas bound the letters to a leader, and the additions on one case.
func (p *Policy) leaderQuotas(n *Notice) []Quota {
	var q []Quota
	to := strings.ToLower(n.To)
	if l := p.LeaderLimit; l.PerHour > 0 {
		q = append(q, Quota{Key: "leader|" + to, Limit: l.PerHour, Window: time.Hour})
	}
	if l := p.LeaderLimit; l.PerCase > 0 && n.Kind == KindAddition {
		q = append(q, Quota{Key: "addition|" + n.Case + "|" + to, Limit: 1, Window: l.PerCase})
	}
	return q
}

// refusalQuota allows one identical refusal a day to a sender on a case.
func (j *judgement) refusalQuota(kind Kind, number string) Quota {
	key := fmt.Sprintf("refusal|%s|%s|%s", kind, strings.ToLower(j.mail.From.Addr), number)
	return Quota{Key: key, Limit: 1, Window: day}
}

// loopAnswers is how many answers a day one address gets on one case where
// nothing new is said, the first and two more; newAnswers where each mail says
// something new, as a machine may that makes up words.
const (
	loopAnswers = 3
	newAnswers  = 10
)

// loopQuota ends a conversation of two machines. A mail without a case goes on
// with whatever the desk has written to its sender that day: a machine that
// strips and changes all that would name a letter gets no answers of its own.
func (j *judgement) loopQuota(number string) Quota {
	return Quota{Key: j.loopKey(number), Limit: loopAnswers, Window: day}
}

// newQuota counts against the loop quota, but has more room: something new was
// said.
func (j *judgement) newQuota(number string) Quota {
	return Quota{Key: j.loopKey(number), Limit: newAnswers, Window: day}
}

// firstAnswer counts against the loop quota, and always has room.
func (j *judgement) firstAnswer(number string) Quota {
	return Quota{Key: j.loopKey(number), Window: day}
}

// begun counts any letter as the first of the answers without a case.
func (j *judgement) begun() Quota {
	return Quota{Key: j.loopKey(""), Window: day, Once: true}
}

func (j *judgement) loopKey(number string) string {
	return "loop|" + strings.ToLower(cmp.Or(j.author, j.mail.From.Addr)) + "|" + number
}
