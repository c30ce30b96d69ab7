package escalation

import (
	"fmt"
	"time"
)

// Alarm is one thing operators must know. Many become one letter: those of one
// kind and cause are put together and counted until they are told.
type Alarm struct {
	At     time.Time `json:"at"`             // of the first
	What   string    `json:"what"`           // a kind, as "quarantined" or "undelivered"
	Detail string    `json:"detail"`         // a sentence with cause and remedy
	Ref    string    `json:"ref,omitempty"`  // case number, Message-ID or mail location
	Count  int       `json:"count,omitzero"` // how many were put together; 0 as 1
	Last   time.Time `json:"last,omitzero"`  // of the last of them
	Refs   []string  `json:"refs,omitempty"` // of the first few of them
}

// Times is how often the alarm was raised.
func (a Alarm) Times() int { return max(a.Count, 1) }

// latest is when it was last raised.
func (a Alarm) latest() time.Time {
	if a.Last.After(a.At) {
		return a.Last
	}
	return a.At
}

// AlarmMark is how far ops have been told of one kind of alarm.
type AlarmMark struct {
	What  string        `json:"what"`
	Told  time.Time     `json:"told"`  // the latest letter
	Last  time.Time     `json:"last"`  // the newest alarm it told of
	Count int           `json:"count"` // told since the last calm
	Pause time.Duration `json:"pause"` // before the next letter
}

const (
	// alarmWait is how long alarms gather before they become one letter: long
	// enough for a burst to be one letter, short enough that ops hear of the
	// first within a minute.
	alarmWait = 20 * time.Second
	// Alarms of one kind are a flood when there are so many without a calm
	// between them. Ops then hear of them at growing pauses, and of the rest
	// when it is over.
	alarmFlood   = 20
	alarmCalm    = time.Minute
	alarmSlower  = 3
	longestPause = time.Hour
)

// due is when ops are to be told of the alarms of one kind, of which the first
// and the last since the mark are given.
func (m AlarmMark) due(first, last time.Time) time.Time {
	due := first.Add(alarmWait)
	if m.calm(first) {
		return due
	}
	paused, over := m.Told.Add(m.Pause), last.Add(alarmCalm)
	if over.Before(paused) {
		paused = over
	}
	if paused.After(due) {
		return paused
	}
	return due
}

// calm reports whether an alarm is the first of its kind for a while.
func (m AlarmMark) calm(first time.Time) bool { return first.Sub(m.Last) >= alarmCalm }

// tell moves the mark over alarms that are told now.
func (m AlarmMark) tell(first, last time.Time, count int, now time.Time) AlarmMark {
	if m.calm(first) {
		m.Count, m.Pause = 0, alarmWait
	}
	m.Told, m.Last, m.Count = now, last, m.Count+count
	if m.Count >= alarmFlood {
		m.Pause = min(alarmSlower*m.Pause, longestPause)
	}
	return m
}

// kindOfAlarm is what waits to be told of one kind.
type kindOfAlarm struct {
	mark        AlarmMark
	first, last time.Time
	count       int
}

// kindsOf sums up alarms by kind.
func kindsOf(alarms []Alarm, marks map[string]AlarmMark) []*kindOfAlarm {
	var kinds []*kindOfAlarm
	index := map[string]*kindOfAlarm{}
	for _, a := range alarms {
		k := index[a.What]
		if k == nil {
			k = &kindOfAlarm{mark: marks[a.What], first: a.At}
			k.mark.What = a.What
			index[a.What], kinds = k, append(kinds, k)
		}
		if a.At.Before(k.first) {
			k.first = a.At
		}
		if a.latest().After(k.last) {
			k.last = a.latest()
		}
		k.count += a.Times()
	}
	return kinds
}

// Alarmed makes one letter to ops of all alarms that have gathered, when those
// of some kind are due.
func (p *Policy) Alarmed(alarms []Alarm, marks map[string]AlarmMark, now time.Time) (Change, bool) {
	due := false
	kinds := kindsOf(alarms, marks)
	for _, k := range kinds {
		due = due || !now.Before(k.mark.due(k.first, k.last))
	}
	if !due {
		return Change{}, false
	}
	first := alarms[0]
	c := Change{
		Event: fmt.Sprintf("alarm:%d:%s:%s", first.At.UnixNano(), first.What, first.Ref), At: now, AlarmsTold: alarms,
	}
	for _, k := range kinds {
		c.AlarmMarks = append(c.AlarmMarks, k.mark.tell(k.first, k.last, k.count, now))
	}
	for _, to := range p.Ops {
		c.Notices = append(c.Notices, Notice{
			Key: key(&c, KindAlarm, "", to), Kind: KindAlarm, To: to, CreatedAt: now, Letter: Letter{Alarms: alarms},
		})
	}
	return c, true
}
