package redisstore

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
)

// tally is what lines of the journal tell, in numbers, under the names that
// the counts have.
type tally map[string]int64

func (t tally) add(l Line) {
	if l.Disposition != "" {
		t[string(l.Disposition)]++
	}
	kind, _, _ := strings.Cut(l.Event, ":")
	if !strings.HasPrefix(kind, "outbox-") { // those are about letters that were made before
		t.sum("notices", len(l.Notices))
		t.sum("suppressed", len(l.Suppressed))
	}
	if act, ok := map[string]string{"gone": "gone", "release": "released", "reject": "rejected"}[kind]; ok {
		t[act]++
	}
}

func (t tally) sum(name string, n int) {
	if n > 0 {
		t[name] += int64(n)
	}
}

// tallied are the names of what both the counts and the journal tell.
func tallied() []string {
	names := []string{"notices", "suppressed", "released", "rejected", "gone"}
	for _, d := range escalation.Dispositions() {
		names = append(names, string(d))
	}
	return names
}

// auditJournal looks whether the counts say what the journal says, each mail
// was decided once and is remembered, and each accepted one has its letters
// and its escalation.
func (s *Store) auditJournal(ctx context.Context, b *Books, now time.Time) error {
	forgotten, told, last := now.Add(-s.retention), tally{}, "-"
	err := s.entries(ctx, func(entries []redis.XMessage) error {
		var kept []Line
		for _, e := range entries {
			l := readLine(e.Values)
			told.add(l)
			b.decided(l)
			if l.At.After(forgotten) {
				kept = append(kept, l)
			}
		}
		last = "(" + entries[len(entries)-1].ID
		if err := s.auditRecords(ctx, b, kept); err != nil {
			return err
		}
		return s.auditLetters(ctx, b, kept)
	})
	if err != nil {
		return err
	}
	return s.auditCounts(ctx, b, told, last)
}

func (b *Books) decided(l Line) {
	if l.Disposition == "" || l.Location == "" {
		return
	}
	if before, twice := b.Locations[l.Location]; twice {
		b.find(l.Location, "the mail was decided twice: %s and %s", before, l.Disposition)
	}
	b.Locations[l.Location] = l.Disposition
}

// auditCounts holds the counts against what the journal told up to a line,
// what it has told since, and what it told before it was trimmed.
func (s *Store) auditCounts(ctx context.Context, b *Books, told tally, last string) error {
	var since *redis.XMessageSliceCmd
	var counts, trimmed *redis.MapStringStringCmd
	_, err := s.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		since = p.XRange(ctx, s.key("journal"), last, "+")
		counts = p.HGetAll(ctx, s.key("counts"))
		trimmed = p.HGetAll(ctx, s.key("trimmed"))
		return nil
	})
	if err != nil {
		return err
	}
	for _, e := range since.Val() {
		told.add(readLine(e.Values))
	}
	for _, name := range tallied() {
		counted, _ := strconv.ParseInt(counts.Val()[name], 10, 64)
		before, _ := strconv.ParseInt(trimmed.Val()[name], 10, 64)
		if counted != told[name]+before {
			b.find("counts of "+name, "%d are counted as %s, but the journal tells of %d", counted, name, told[name]+before)
		}
	}
	return nil
}

// auditRecords looks whether the mails that were decided are remembered, so
// that a copy is known, and whether those that were accepted have escalations.
func (s *Store) auditRecords(ctx context.Context, b *Books, lines []Line) error {
	records, escalations := make([]*redis.IntCmd, len(lines)), make([]*redis.IntCmd, len(lines))
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, l := range lines {
			if l.Disposition == "" {
				continue
			}
			records[i] = p.Exists(ctx, s.hidden("event", l.Event))
			if l.Disposition == escalation.Accepted && len(l.Cases) > 0 {
				keys := make([]string, len(l.Cases))
				for j, number := range l.Cases {
					keys[j] = s.key("escalation", number)
				}
				escalations[i] = p.Exists(ctx, keys...)
			}
		}
		return nil
	})
	if serverTrouble(err) {
		return err
	}
	for i, l := range lines {
		if records[i] != nil && records[i].Val() == 0 && l.Disposition != escalation.Quarantined { // that may have been released
			b.find(l.Location, "the mail was %s, but is not remembered: a copy of it would be answered again", l.Disposition)
		}
		if escalations[i] != nil && escalations[i].Val() == 0 {
			b.find(strings.Join(l.Cases, " "), "the mail %s was accepted, but there is no escalation", l.Location)
		}
	}
	return nil
}

// auditLetters looks whether accepted mails have letters, letters are on
// record, and queued ones in the outbox.
func (s *Store) auditLetters(ctx context.Context, b *Books, lines []Line) error {
	var ids []string
	of := map[string]Line{}
	for _, l := range lines {
		if l.Disposition == escalation.Accepted && len(l.Notices)+len(l.Suppressed) == 0 {
			b.find(strings.Join(l.Cases, " "), "the mail %s was accepted, and nobody was written to", l.Location)
		}
		for _, id := range slices.Concat(l.Notices, l.Suppressed) {
			ids, of[id] = append(ids, id), l
		}
	}
	states := make([]*redis.StringCmd, len(ids))
	queued := make([]*redis.FloatCmd, len(ids))
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			states[i] = p.HGet(ctx, s.key("notice", id), "state")
			queued[i] = p.ZScore(ctx, s.key("outbox"), id)
		}
		return nil
	})
	if serverTrouble(err) {
		return err
	}
	for i, id := range ids {
		line := of[id]
		ref := strings.Join(line.Cases, " ")
		switch state := states[i].Val(); {
		case state == "":
			b.find(ref, "the letter %s of the event %s is not on record", id, line.Event)
		case !slices.Contains([]string{"queued", "sent", "buried", "suppressed", "revoked", "discarded"}, state):
			b.find(ref, "the letter %s is in no state that there is: %q", id, state)
		case state == "queued" && queued[i].Err() != nil:
			b.find(ref, "the letter %s is to be sent, but is not in the outbox", id)
		}
	}
	return nil
}
