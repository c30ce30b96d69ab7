package redisstore

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/internal/failpoint"
)

// Apply implements escalation.Store: one script per change, all in one
// pipelined round.
func (s *Store) Apply(ctx context.Context, changes []escalation.Change) ([]escalation.Applied, error) {
	calls := make([]call, len(changes))
	for i := range changes {
		c, err := s.applyCall(&changes[i])
		if err != nil {
			return nil, err
		}
		calls[i] = c
	}
	cmds, err := failpoint.Get("apply", func() ([]*redis.Cmd, error) { return s.runAll(ctx, applyScript, calls) })
	if err != nil {
		return nil, fmt.Errorf("apply %d changes: %w", len(changes), err)
	}
	applied := make([]escalation.Applied, len(changes))
	for i, cmd := range cmds {
		applied[i] = readApplied(changes[i].Event, cmd)
		for _, whole := range []error{ErrLedgerLost, ErrSuperseded, errSpoilt} {
			if errors.Is(applied[i].Err, whole) {
				return nil, applied[i].Err
			}
		}
	}
	return applied, nil
}

func readApplied(event string, cmd *redis.Cmd) escalation.Applied {
	failed := func(err error) escalation.Applied {
		return escalation.Applied{Verdict: escalation.Failed, Err: fmt.Errorf("apply change (EVALSHA): %w", err)}
	}
	answer, err := cmd.StringSlice()
	if err != nil {
		return failed(err)
	}
	switch {
	case answer[0] == "done":
		return escalation.Applied{Verdict: escalation.Done}
	case answer[0] == "lost":
		return escalation.Applied{Verdict: escalation.Failed, Err: ErrLedgerLost}
	case answer[0] == "superseded":
		return escalation.Applied{Verdict: escalation.Failed, Err: ErrSuperseded}
	case answer[0] == "stale":
		return escalation.Applied{Verdict: escalation.Stale}
	case answer[0] == "known" && len(answer) == 6:
		return escalation.Applied{Verdict: escalation.Known, Record: readRecord(event, answer[1:])}
	}
	key := answer[len(answer)-1]
	if answer[0] == "spoilt" {
		return failed(fmt.Errorf("%w: %s", errSpoilt, key))
	}
	return failed(fmt.Errorf("WRONGTYPE: the key %s holds another type than the desk's", key))
}

// errSpoilt says that no change can be applied until a person has put a key
// right.
var errSpoilt = errors.New("WRONGTYPE: a key that all changes need holds another type")

// readRecord reads at, location, disposition, reason and cases.
func readRecord(event string, f []string) escalation.Record {
	return escalation.Record{
		Event: event, At: readTime(f[0]), Location: f[1],
		Disposition: escalation.Disposition(f[2]), Reason: f[3], Cases: strings.Fields(f[4]),
	}
}

// applyCall lays out a change as the keys and arguments that apply.lua reads.
func (s *Store) applyCall(c *escalation.Change) (call, error) {
	lead, epoch := s.fence(c.Location)
	l := layout{
		keys: []string{
			s.hidden("event", c.Event), s.key("outbox"), s.key("due"), s.key("active"), s.key("journal"),
			s.key("counts"), s.key("commits"), s.key("alarms-raised"), s.key("alarms-told"), s.key("undelivered"), s.key("tries"), s.key("ledger"),
			s.key("ended"), s.key("digests"), s.key("held"), lead,
		},
		args: []any{
			s.bound(), epoch, s.token(c), millis(c.At), s.retention.Milliseconds(),
			c.At.UTC().Format(time.RFC3339Nano), c.Location, string(c.Disposition), c.Reason,
			strings.Join(caseNumbers(c), " "), c.MessageID, c.Event, c.Undelivered,
		},
	}
	if c.Digest != nil {
		l.add(c.Digest.Who, l.json(c.Digest))
	} else {
		l.add("", "")
	}
	l.add(len(c.Escalations))
	for i := range c.Escalations {
		e := &c.Escalations[i]
		l.keys = append(l.keys, s.key("escalation", e.Case))
		active := "0"
		if e.Status.Active() {
			active = "1"
		}
		l.add(e.Case, e.Revision, l.json(e), millis(e.Wake()), active)
	}
	s.addNotices(&l, c)
	l.addAlarms(c)
	if l.err != nil {
		return call{}, fmt.Errorf("encode change %s: %w", c.Event, l.err)
	}
	return call{keys: l.keys, args: l.args}, nil
}

func (s *Store) addNotices(l *layout, c *escalation.Change) {
	l.add(len(c.Notices))
	for i := range c.Notices {
		n := &c.Notices[i]
		l.keys = append(l.keys, s.key("notice", n.ID))
		l.add(n.ID, l.json(n), l.json(&n.Letter), heldFor(n), len(n.Quotas))
		for _, q := range n.Quotas {
			l.keys = append(l.keys, s.hidden("quota", q.Key))
			once := ""
			if q.Once {
				once = "1"
			}
			l.add(q.Limit, q.Window.Milliseconds(), once, l.alarm(q.Alarm))
		}
	}
	l.add(len(c.Revoked))
	for _, id := range c.Revoked {
		l.keys = append(l.keys, s.key("notice", id))
		l.add(id)
	}
}

func (l *layout) addAlarms(c *escalation.Change) {
	l.add(len(c.Alarms))
	for i := range c.Alarms {
		l.add(l.alarm(&c.Alarms[i]))
	}
	l.add(len(c.AlarmsTold))
	for _, a := range c.AlarmsTold {
		l.add(a.What, a.Detail, a.Times())
	}
	l.add(len(c.AlarmMarks))
	for i := range c.AlarmMarks {
		l.add(c.AlarmMarks[i].What, l.json(&c.AlarmMarks[i]))
	}
}

// alarm is empty where there is none.
func (l *layout) alarm(a *escalation.Alarm) string {
	if a == nil {
		return ""
	}
	one := *a
	one.Detail = strings.ToValidUTF8(one.Detail, "?") // as JSON has it
	return l.json(&one)
}

// heldFor names whose digest tells of this letter when a budget holds it back;
// replies have no such reader.
func heldFor(n *escalation.Notice) string {
	if n.Kind.Reply() {
		return ""
	}
	return hash(n.To)
}

// token tells a repeat of the same call from the same event applied from
// elsewhere: a driver repeats a script whose reply got lost.
func (s *Store) token(c *escalation.Change) string {
	return s.owner + "|" + c.Location
}

// caseNumbers are the cases a change is about, each once.
func caseNumbers(c *escalation.Change) []string {
	var numbers []string
	seen := map[string]bool{"": true}
	add := func(n string) {
		if !seen[n] {
			seen[n] = true
			numbers = append(numbers, n)
		}
	}
	for i := range c.Escalations {
		add(c.Escalations[i].Case)
	}
	for i := range c.Notices {
		add(c.Notices[i].Case)
	}
	for _, n := range c.Cases {
		add(n)
	}
	return numbers
}

// layout gathers a script's keys and arguments; it remembers the first error.
type layout struct {
	keys []string
	args []any
	err  error
}

func (l *layout) add(args ...any) { l.args = append(l.args, args...) }

func (l *layout) json(v any) string {
	data, err := json.Marshal(v)
	if err != nil && l.err == nil {
		l.err = err
	}
	return string(data)
}

func readTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Count implements escalation.Store. A location is counted as seen when it
// is named for the first time, and waits to be decided from then on. All
// locations are of one inbox.
func (s *Store) Count(ctx context.Context, locations []string, delta int) ([]int, error) {
	if len(locations) == 0 {
		return nil, nil
	}
	lead, epoch := s.fence(locations[0])
	args := []any{epoch, rand.Text(), delta}
	for _, l := range locations {
		args = append(args, l)
	}
	counting := []call{{[]string{s.key("tries"), s.key("counts"), lead}, args}}
	cmds, err := failpoint.Get("count", func() ([]*redis.Cmd, error) { return s.runAll(ctx, countScript, counting) })
	if err != nil {
		return nil, fmt.Errorf("count tries: %w", err)
	}
	answer, err := cmds[0].Int64Slice()
	if err == nil && len(answer) == 0 {
		err = ErrSuperseded
	}
	if err != nil {
		return nil, fmt.Errorf("count tries (EVALSHA): %w", err)
	}
	sums := make([]int, len(answer))
	for i, n := range answer {
		sums[i] = int(n)
	}
	return sums, nil
}
