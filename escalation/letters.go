package escalation

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"escalationd/mailparse"
)

// reply adds an answer to the mail's proven author, and nobody else.
func (j *judgement) reply(kind Kind, file *CaseFile, f mailparse.Form, say func(*Letter), quotas ...Quota) *Notice {
	p, to := j.policy, j.mail.From.Addr
	number := f.CaseNumber
	if file != nil {
		number = file.Case.Number
	}
	n := Notice{
		Key: key(&j.change, kind, number, to), Kind: kind, To: to, CreatedAt: j.now, Thread: j.mail.thread(),
		Letter: Letter{Form: f, RequestedBy: to},
		Quotas: append(quotas, p.replyQuotas(to)...),
	}
	if file != nil {
		n.Case = number
		n.Letter = p.letter(*file, j.now)
		n.Letter.Form = f
		n.Level = n.Letter.Level
	}
	if say != nil {
		say(&n.Letter)
	}
	j.change.Notices = append(j.change.Notices, n)
	return &j.change.Notices[len(j.change.Notices)-1]
}

// notice adds a letter that nobody asked for just now, about a case.
func (p *Policy) notice(c *Change, kind Kind, to string, file *CaseFile, say func(*Letter)) Notice {
	n := Notice{
		Key: key(c, kind, file.Case.Number, to), Kind: kind, To: to, Case: file.Case.Number, CreatedAt: c.At,
		Letter: p.letter(*file, c.At),
	}
	e := file.Escalation
	n.Level = n.Letter.Level
	switch kind {
	case KindTaken, KindMissed, KindDissolved:
		n.Thread = e.Thread
	case KindEnded:
		if SameAddress(to, e.RequestedBy) {
			n.Thread = e.Thread
		}
	case KindEscalation, KindAddition:
		n.Letter.Answerable = true
		if p.LeaderLimit.PerHour > 0 && kind == KindAddition {
			n.Quotas = append(n.Quotas, Quota{"leader|" + strings.ToLower(to), p.LeaderLimit.PerHour, time.Hour})
		}
	}
	if say != nil {
		say(&n.Letter)
	}
	c.Notices = append(c.Notices, n)
	return n
}

// key names a letter after what made it, so that the same event cannot make
// it twice.
func key(c *Change, kind Kind, number, to string) string {
	return strings.Join([]string{c.Event, string(kind), number, strings.ToLower(to)}, "|")
}

// letter gathers what a letter about a case can say.
func (p *Policy) letter(file CaseFile, now time.Time) Letter {
	region := regionOf(file)
	l := Letter{Case: file.Case, Account: file.Account.Name}
	severity := file.Case.Severity
	e := file.Escalation
	if e != nil {
		region, severity = e.Region, e.Severity
		l.Form, l.RequestedBy, l.Earlier, l.Status = e.Form, e.RequestedBy, e.Earlier, e.Status
		l.OpenedAt, l.RespondBy = e.OpenedAt, e.RespondBy
		l.Level, l.LevelName = e.Level, p.levelName(e.Level)
		l.NextAt = e.Due
		if next, _ := p.reachable(e.Level, region); next > 0 {
			l.NextLevel = p.levelName(next)
		}
		if e.Status == Acknowledged {
			l.TakenBy, _ = p.role(e, e.TakenBy)
			l.Until = e.ExpiresAt
		}
	}
	l.Severity = p.severity(severity).Name
	r := p.Regions[region]
	l.Region, l.Zone, l.Phone = r.Name, r.Zone, r.Phone
	if since := file.Case.SilentSince(); !since.IsZero() {
		l.Silence = now.Sub(since)
	}
	return l
}

// Quotas of replies. A letter that finds one used up is put on record as
// suppressed.
const day = 24 * time.Hour

// replyQuotas bound the replies to one sender and to everybody.
func (p *Policy) replyQuotas(to string) []Quota {
	var q []Quota
	if l := p.ReplyLimit; l.PerSender > 0 {
		q = append(q, Quota{"sender|" + strings.ToLower(to), l.PerSender, l.Per})
	}
	if n := p.ReplyLimit.GlobalPerMinute; n > 0 {
		q = append(q, Quota{"everybody", n, time.Minute})
	}
	return q
}

// refusalQuotas allow one identical refusal a day to a sender on a case.
func (j *judgement) refusalQuotas(number string) []Quota {
	return []Quota{{fmt.Sprintf("refusal|%s|%s", strings.ToLower(j.mail.From.Addr), number), 1, day}}
}

// loopQuota ends a conversation of two machines: the first answer and two more
// a day, where nothing new is said.
func (j *judgement) loopQuota(number string) Quota {
	return Quota{fmt.Sprintf("loop|%s|%s", strings.ToLower(j.mail.From.Addr), number), 3, day}
}

// Rung is one level in the plan of an escalation.
type Rung struct {
	Level   int       `json:"level"`
	Name    string    `json:"name"`
	At      time.Time `json:"at"`
	To      []string  `json:"to"`
	Skipped bool      `json:"skipped"`
}

// Plan answers who is told when, if nobody ever acknowledges an escalation
// that opens at a time. A level without contacts is skipped: the next one is
// told in its place.
func (p *Policy) Plan(severity int, region string, opened time.Time) []Rung {
	rungs := make([]Rung, len(p.Ladder))
	at := opened
	for i := range p.Ladder {
		to := p.contacts(i+1, region)
		if to == nil {
			to = []string{}
		}
		rungs[i] = Rung{Level: i + 1, Name: p.levelName(i + 1), At: at, To: to, Skipped: len(to) == 0}
		if len(to) > 0 {
			at = p.after(opened, i+1, severity, region)
		}
	}
	return rungs
}

// Target answers by when the first response to an escalation is due that
// opens at a time, in the region's zone.
func (p *Policy) Target(severity int, region string, opened time.Time) time.Time {
	return p.in(region, p.after(opened, 1, severity, region))
}

// in puts a time into a region's zone.
func (p *Policy) in(region string, t time.Time) time.Time {
	if loc, err := time.LoadLocation(cmp.Or(p.Regions[region].Zone, "UTC")); err == nil {
		return t.In(loc)
	}
	return t
}
