package escalation

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// DigestPlan is a summary for each of To, at an hour of local time.
type DigestPlan struct {
	To       []string
	At       int // minutes after local midnight, 0 to 1439
	Location *time.Location
	Weekdays []time.Weekday
	Regions  []string // "*" is all
	Empty    bool     // one is sent even if there is nothing to say
}

// DigestMark is how far the digests of one recipient have come.
type DigestMark struct {
	Who   string              `json:"who"`
	At    time.Time           `json:"at"`    // the last hour that was dealt with
	Since time.Time           `json:"since"` // where the next digest begins
	Mails map[Disposition]int `json:"mails"` // mails decided before Since
	Held  int                 `json:"held"`  // letters to the recipient held back before Since
}

// History is what digests are made of.
type History struct {
	Files []CaseFile          // with an escalation that goes on, or that ended lately
	Mails map[Disposition]int // mails decided so far, ever
	Held  map[string]int      // letters held back so far, ever, by recipient
}

// digestDue is one recipient's digest whose hour has come.
type digestDue struct {
	plan DigestPlan
	to   string
	mark DigestMark
	at   time.Time // zero for a recipient who is new: the first period begins
}

// digestsDue lists the digests whose hour has come since the last one.
func (p *Policy) digestsDue(marks map[string]DigestMark, now time.Time) []digestDue {
	var due []digestDue
	for _, plan := range p.Digests {
		at, ok := plan.last(now)
		for _, to := range plan.To {
			who := plan.who(to)
			mark, known := marks[who]
			switch {
			case !known:
				due = append(due, digestDue{plan: plan, to: to, mark: DigestMark{Who: who, At: now, Since: now}})
			case ok && at.After(mark.At):
				due = append(due, digestDue{plan: plan, to: to, mark: mark, at: at})
			}
		}
	}
	return due
}

// last answers the latest digest hour that is not after now: one a local day,
// also in nights in which the clock jumps.
func (d DigestPlan) last(now time.Time) (time.Time, bool) {
	local := now.In(d.Location)
	for back := range 8 {
		at := time.Date(local.Year(), local.Month(), local.Day()-back, d.At/60, d.At%60, 0, 0, d.Location)
		date := time.Date(local.Year(), local.Month(), local.Day()-back, 12, 0, 0, 0, time.UTC)
		if slices.Contains(d.Weekdays, date.Weekday()) && !at.After(now) {
			return at, true
		}
	}
	return time.Time{}, false
}

// who names a recipient's share of a plan; it shows no address.
func (d DigestPlan) who(to string) string {
	regions := slices.Sorted(slices.Values(d.Regions))
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%d|%s|%s", strings.ToLower(to), d.At, d.Location, strings.Join(regions, ",")))
	return hex.EncodeToString(sum[:8])
}

func (d DigestPlan) covers(region string) bool {
	return slices.Contains(d.Regions, "*") || slices.Contains(d.Regions, region)
}

// summarize makes a recipient's digest, or begins the first period. An empty
// digest is not sent, where the plan wants it so; its period goes into the
// next one, so that the counts add up.
func (p *Policy) summarize(due digestDue, h History, now time.Time) Change {
	mark := due.mark
	if due.at.IsZero() {
		mark.Mails, mark.Held = h.Mails, h.Held[due.to]
		return Change{Event: "digest-begins:" + mark.Who, At: now, Digest: &mark}
	}
	c := Change{Event: "digest:" + mark.Who + ":" + due.at.In(due.plan.Location).Format(time.DateOnly), At: now, Digest: &mark}
	d := p.digest(due, h)
	mark.At = due.at
	if d.empty() && !due.plan.Empty {
		return c
	}
	mark.Since, mark.Mails, mark.Held = due.at, h.Mails, h.Held[due.to]
	c.Notices = append(c.Notices, Notice{
		Key: key(&c, KindDigest, "", due.to), Kind: KindDigest, To: due.to, CreatedAt: now,
		Letter: Letter{Zone: due.plan.Location.String(), Digest: d},
	})
	return c
}

// empty reports whether nothing is worth a letter.
func (d *Digest) empty() bool {
	return len(d.Waiting)+len(d.New)+len(d.Taken)+len(d.Overdue)+len(d.Ended)+len(d.Promises)+d.Held == 0
}

// digest gathers what happened from the end of the last digest to this hour,
// and how things stand.
func (p *Policy) digest(due digestDue, h History) *Digest {
	d := &Digest{Since: due.mark.Since, Until: due.at, Held: h.Held[due.to] - due.mark.Held, Week: week(due.plan.Location, due.at)}
	scores := map[DigestScore]DigestScore{}
	for _, f := range h.Files {
		if f.Escalation == nil || !due.plan.covers(f.Escalation.Region) {
			continue
		}
		for _, e := range f.Escalation.lives() {
			p.summarizeOne(d, due, f.Account.Name, &e, scores)
		}
	}
	for _, lines := range [][]DigestLine{d.Waiting, d.New, d.Taken, d.Overdue, d.Ended} {
		slices.SortFunc(lines, func(a, b DigestLine) int {
			return cmp.Or(cmp.Compare(a.Severity, b.Severity), a.At.Compare(b.At), cmp.Compare(a.Case, b.Case))
		})
	}
	for _, s := range scores {
		d.Promises = append(d.Promises, s)
	}
	slices.SortFunc(d.Promises, func(a, b DigestScore) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Severity, b.Severity))
	})
	for _, disposition := range Dispositions() {
		if n := h.Mails[disposition] - due.mark.Mails[disposition]; n > 0 {
			d.Mails = append(d.Mails, DigestCount{disposition, n})
		}
	}
	return d
}

// maxDigestStep is how many runes a digest shows of what was asked for: it is
// read on phones, and the letter on the case has all of it.
const maxDigestStep = 100

// summarizeOne puts one escalation into the lists it belongs in.
func (p *Policy) summarizeOne(d *Digest, due digestDue, account string, e *Escalation, scores map[DigestScore]DigestScore) {
	lately := func(t time.Time) bool { return t.After(d.Since) && !t.After(d.Until) }
	line := func(at time.Time, who string) DigestLine {
		return DigestLine{
			Case: e.Case, Account: cmp.Or(account, e.Account), Severity: e.Severity, Region: p.regionName(e.Region), Level: e.Level,
			At: at, Who: who, NextStep: shorten(e.Form.NextStep, maxDigestStep),
		}
	}
	open := e.Status == Open
	if open && containsAddress(e.told(), due.to) {
		d.Waiting = append(d.Waiting, line(e.Due, ""))
	}
	if open && e.Missed {
		d.Overdue = append(d.Overdue, line(e.RespondBy, ""))
	}
	if lately(e.ReceivedAt) {
		d.New = append(d.New, line(cmp.Or(e.OpenedAt, e.ReceivedAt), ""))
	}
	if lately(e.TakenAt) && !open {
		role, _ := p.role(e, e.TakenBy)
		d.Taken = append(d.Taken, line(e.TakenAt, role))
	}
	if lately(e.EndedAt) {
		d.Ended = append(d.Ended, line(e.EndedAt, p.ender(e)))
	}
	if lately(e.SettledAt) && (e.Status != Withdrawn || e.Missed || !e.TakenAt.IsZero()) {
		k := DigestScore{Region: p.regionName(e.Region), Severity: e.Severity}
		s := cmp.Or(scores[k], k)
		if e.Missed {
			s.Missed++
		} else {
			s.Kept++
		}
		scores[k] = s
	}
	d.count(due.plan.Location, e)
}

// ender says who ended an escalation.
func (p *Policy) ender(e *Escalation) string {
	role, _ := p.role(e, e.EndedBy)
	switch {
	case e.Status == Withdrawn:
		return "the customer"
	case e.Status == Dissolved:
		return "the case owner's answer"
	case e.Status == Closed:
		return "the closing of the case"
	}
	return role
}

// lives are the escalation and, as far as they are remembered, those before
// it on the same case.
func (e *Escalation) lives() []Escalation {
	var lives []Escalation
	for _, o := range e.Earlier {
		lives = append(lives, Escalation{
			Case: e.Case, Account: e.Account, Region: e.Region, Severity: o.Severity, Status: o.Status, Level: o.Level, Told: e.Told,
			ReceivedAt: o.ReceivedAt, OpenedAt: o.OpenedAt, TakenAt: o.TakenAt, EndedAt: o.EndedAt, EndedBy: o.EndedBy,
			SettledAt: o.SettledAt, Missed: o.Missed,
		})
	}
	return append(lives, *e)
}

// week is the last seven local days, oldest first.
func week(loc *time.Location, until time.Time) []DigestDay {
	local := until.In(loc)
	days := make([]DigestDay, 7)
	for i := range days {
		days[i].Day = time.Date(local.Year(), local.Month(), local.Day()-6+i, 12, 0, 0, 0, loc).Format("Mon")
	}
	return days
}

// count puts an escalation into the week's picture.
func (d *Digest) count(loc *time.Location, e *Escalation) {
	dayOf := func(t time.Time) int {
		if t.IsZero() || t.After(d.Until) {
			return -1
		}
		a, b := t.In(loc), d.Until.In(loc)
		from := time.Date(a.Year(), a.Month(), a.Day(), 0, 0, 0, 0, time.UTC)
		to := time.Date(b.Year(), b.Month(), b.Day(), 0, 0, 0, 0, time.UTC)
		return 6 - int(to.Sub(from)/day)
	}
	if i := dayOf(e.ReceivedAt); i >= 0 {
		d.Week[i].New++
	}
	if i := dayOf(e.EndedAt); i >= 0 {
		d.Week[i].Ended++
	}
}
