package escalation_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"escalationd/escalation"
)

// memStore keeps a desk's state in memory, as redisstore keeps it in Redis.
// It checks what every Change must keep to, and complains where one does not.
type memStore struct {
	cases       map[string]escalation.Case
	accounts    map[string]escalation.Account
	fedAt       time.Time
	escalations map[string]escalation.Escalation
	events      map[string]escalation.Record
	notices     map[string]*memNotice
	queue       []string // IDs, oldest first
	quotas      map[string]memQuota
	tries       map[string]int
	alarms      []escalation.Alarm // put together by kind and cause
	marks       map[string]escalation.AlarmMark
	told        []escalation.Alarm // all that were ever raised
	undelivered []escalation.Failure
	digests     map[string]escalation.DigestMark
	mails       map[escalation.Disposition]int
	held        map[string]int
	changes     []escalation.Change // all that were applied, where keep is set
	keep        bool
	broken      error // answered by every call while set
}

type memNotice struct {
	escalation.Notice
	state string // queued, sent, revoked, suppressed, buried
}

type memQuota struct {
	count int
	ends  time.Time
}

func newMemStore() *memStore {
	return &memStore{
		cases: map[string]escalation.Case{}, accounts: map[string]escalation.Account{},
		escalations: map[string]escalation.Escalation{}, events: map[string]escalation.Record{},
		notices: map[string]*memNotice{}, quotas: map[string]memQuota{}, tries: map[string]int{}, marks: map[string]escalation.AlarmMark{},
		digests: map[string]escalation.DigestMark{}, mails: map[escalation.Disposition]int{}, held: map[string]int{},
	}
}

func (s *memStore) Load(_ context.Context, queries []escalation.Query) ([]escalation.State, error) {
	states := make([]escalation.State, len(queries))
	for i, q := range queries {
		states[i] = s.load(q)
	}
	return states, s.broken
}

func (s *memStore) load(q escalation.Query) escalation.State {
	state := escalation.State{Cases: map[string]escalation.CaseFile{}, FedAt: s.fedAt}
	if r, ok := s.events[q.Event]; ok {
		state.Known = &r
	}
	numbers := q.Cases
	for _, id := range q.Notices {
		if n, ok := s.notices[id]; ok {
			found := n.Notice
			found.Letter = escalation.Letter{} // a store need not keep it
			state.Notice, numbers = &found, append(slices.Clone(numbers), n.Case)
			break
		}
	}
	for _, n := range numbers {
		if f, ok := s.file(n); ok {
			state.Cases[n] = f
		}
	}
	if q.Sender == "" {
		return state
	}
	for id, a := range s.accounts {
		if a.Entitles(q.Sender) {
			state.Represents = append(state.Represents, id)
		}
	}
	for n, c := range s.cases {
		if len(n) == len(q.Similar) && n != q.Similar && differences(n, q.Similar) == 1 && slices.Contains(state.Represents, c.Account) {
			state.Similar = append(state.Similar, n)
		}
	}
	return state
}

func differences(a, b string) int {
	n := 0
	for i := range len(a) {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

func (s *memStore) file(number string) (escalation.CaseFile, bool) {
	c, known := s.cases[number]
	f := escalation.CaseFile{Case: c, Missing: !known}
	if e, ok := s.escalations[number]; ok {
		e = cloned(e)
		f.Escalation = &e
		if !known {
			f.Case = escalation.Case{Number: number, Account: e.Account, Region: e.Region, Severity: e.Severity}
		}
	}
	f.Account = s.accounts[f.Case.Account]
	return f, known || f.Escalation != nil
}

func cloned(e escalation.Escalation) escalation.Escalation {
	e.Told, e.Timeline, e.Letters, e.Earlier = slices.Clone(e.Told), slices.Clone(e.Timeline), slices.Clone(e.Letters), slices.Clone(e.Earlier)
	return e
}

func (s *memStore) Apply(_ context.Context, changes []escalation.Change) ([]escalation.Applied, error) {
	applied := make([]escalation.Applied, len(changes))
	for i, c := range changes {
		if s.broken == nil {
			applied[i] = s.apply(c)
		}
	}
	return applied, s.broken
}

func (s *memStore) apply(c escalation.Change) escalation.Applied {
	if r, ok := s.events[c.Event]; ok {
		return escalation.Applied{Verdict: escalation.Known, Record: r}
	}
	for _, e := range c.Escalations {
		if s.escalations[e.Case].Revision != e.Revision-1 {
			return escalation.Applied{Verdict: escalation.Stale}
		}
	}
	if s.keep {
		s.changes = append(s.changes, c)
	}
	s.events[c.Event] = escalation.Record{Event: c.Event, At: c.At, Location: c.Location, Disposition: c.Disposition, Reason: c.Reason}
	for _, e := range c.Escalations {
		s.escalations[e.Case] = cloned(e)
	}
	for _, n := range c.Notices {
		s.add(n, c.At)
	}
	for _, id := range c.Revoked {
		if n, ok := s.notices[id]; ok && n.state == "queued" {
			n.state = "revoked"
			s.queue = slices.DeleteFunc(s.queue, func(q string) bool { return q == id })
		}
	}
	for _, told := range c.AlarmsTold {
		s.alarms = slices.DeleteFunc(s.alarms, func(a escalation.Alarm) bool { return a.What == told.What && a.Detail == told.Detail })
	}
	for _, m := range c.AlarmMarks {
		s.marks[m.What] = m
	}
	for _, a := range c.Alarms {
		s.raise(a)
	}
	s.undelivered = slices.DeleteFunc(s.undelivered, func(f escalation.Failure) bool { return f.Notice == c.Undelivered })
	if c.Digest != nil {
		s.digests[c.Digest.Who] = *c.Digest
	}
	if c.Disposition != "" {
		s.mails[c.Disposition]++
	}
	delete(s.tries, c.Location)
	return escalation.Applied{Verdict: escalation.Done}
}

func (s *memStore) raise(a escalation.Alarm) {
	s.told = append(s.told, a)
	i := slices.IndexFunc(s.alarms, func(have escalation.Alarm) bool { return have.What == a.What && have.Detail == a.Detail })
	if i < 0 {
		i, s.alarms = len(s.alarms), append(s.alarms, a)
	}
	s.alarms[i].Count, s.alarms[i].Last = s.alarms[i].Count+1, a.At
}

func (s *memStore) add(n escalation.Notice, now time.Time) {
	room := true
	for _, q := range n.Quotas {
		if have := s.quotas[q.Key]; q.Limit > 0 && now.Before(have.ends) && have.count >= q.Limit {
			room = false
			if q.Alarm != nil {
				s.raise(*q.Alarm)
			}
		}
	}
	s.notices[n.ID] = &memNotice{n, "suppressed"}
	if !room {
		s.held[n.To]++
		return
	}
	for _, q := range n.Quotas {
		have := s.quotas[q.Key]
		if !now.Before(have.ends) {
			have = memQuota{ends: now.Add(q.Window)}
		}
		if !q.Once || have.count == 0 {
			have.count++
		}
		s.quotas[q.Key] = have
	}
	s.notices[n.ID].state = "queued"
	s.queue = append(s.queue, n.ID)
}

func (s *memStore) Count(_ context.Context, locations []string, delta int) ([]int, error) {
	sums := make([]int, len(locations))
	for i, l := range locations {
		if _, tried := s.tries[l]; s.broken == nil && (tried || delta >= 0) {
			s.tries[l] += delta
		}
		sums[i] = s.tries[l]
	}
	return sums, s.broken
}

func (s *memStore) Agenda(context.Context, time.Time, int) (escalation.Agenda, error) {
	a := escalation.Agenda{Alarms: slices.Clone(s.alarms), AlarmMarks: s.marks, Undelivered: slices.Clone(s.undelivered), Digests: s.digests}
	for n, e := range s.escalations {
		if e.Status.Active() {
			a.Active = append(a.Active, n)
		}
	}
	return a, s.broken
}

func (s *memStore) History(_ context.Context, since time.Time, recipients []string) (escalation.History, error) {
	h := escalation.History{Mails: map[escalation.Disposition]int{}, Held: map[string]int{}}
	for d, n := range s.mails {
		h.Mails[d] = n
	}
	for _, to := range recipients {
		h.Held[to] = s.held[to]
	}
	for n, e := range s.escalations {
		if f, ok := s.file(n); ok && (e.Status.Active() || !e.EndedAt.Before(since)) {
			h.Files = append(h.Files, f)
		}
	}
	return h, s.broken
}

// deliver takes all letters out of the outbox.
func (s *memStore) deliver() ([]escalation.Notice, error) {
	var sent []escalation.Notice
	for _, id := range s.queue {
		n := s.notices[id]
		if n.state != "queued" {
			return nil, fmt.Errorf("a %s letter is in the outbox", n.state)
		}
		n.state = "sent"
		sent = append(sent, n.Notice)
	}
	s.queue = nil
	return sent, nil
}

// bury makes a letter undeliverable.
func (s *memStore) bury(id string, now time.Time) {
	s.notices[id].state = "buried"
	s.queue = slices.DeleteFunc(s.queue, func(q string) bool { return q == id })
	s.undelivered = append(s.undelivered, escalation.Failure{Notice: id, At: now})
}

func (s *memStore) putCase(c escalation.Case, _ time.Time) error {
	s.cases[c.Number] = c
	return nil
}

func (s *memStore) putAccount(a escalation.Account, now time.Time) error {
	s.accounts[a.ID], s.fedAt = a, now
	return nil
}

func (s *memStore) clock(time.Time) {}
