package redisstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
)

// Books is what an audit of the ledger found.
type Books struct {
	Counts
	Undecided []string                          // locations of mails that were seen and not decided
	Locations map[string]escalation.Disposition // of the decided mails that the journal still names
	Findings  []Finding                         // what does not add up
}

// Finding is one thing that does not add up.
type Finding struct {
	Ref    string `json:"ref"`    // case number, letter or mail location
	Detail string `json:"detail"` // a sentence
}

// Audit compares the books with each other: the counts with the mails, the
// journal with the letters, the outbox with its letters, and the lists of due
// and active escalations with the escalations. It changes nothing. On a desk
// at work a single finding may be the change of a moment: believe what a
// second audit finds again.
func (s *Store) Audit(ctx context.Context, now time.Time) (Books, error) {
	b := Books{Locations: map[string]escalation.Disposition{}}
	var err error
	if b.Counts, err = s.Counts(ctx); err != nil {
		return b, err
	}
	if b.Undecided, err = s.Undecided(ctx); err != nil {
		return b, err
	}
	if gap := b.Gap(); gap != 0 {
		b.find("counts", "%d mails were seen, but %d were decided, %d are undecided and %d written off: %+d", b.Seen, b.Decided(), b.Pending, b.Acts["gone"], gap)
	}
	for _, audit := range []func(context.Context, *Books, time.Time) error{s.auditJournal, s.auditOutbox, s.auditEscalations} {
		if err := audit(ctx, &b, now); err != nil {
			return b, fmt.Errorf("audit: %w", err)
		}
	}
	return b, nil
}

func (b *Books) find(ref, format string, args ...any) {
	b.Findings = append(b.Findings, Finding{ref, fmt.Sprintf(format, args...)})
}

// Undecided lists where mails lie that were seen and are not decided.
func (s *Store) Undecided(ctx context.Context) ([]string, error) {
	locations, err := s.rdb.HKeys(ctx, s.key("tries")).Result()
	if err != nil {
		return nil, fmt.Errorf("list undecided mails (HKEYS): %w", err)
	}
	slices.Sort(locations)
	return locations, nil
}

// auditJournal looks whether each mail was decided once, each accepted one has
// its letters, and each letter is on record.
func (s *Store) auditJournal(ctx context.Context, b *Books, now time.Time) error {
	forgotten := now.Add(-s.retention)
	return s.Journal(ctx, func(lines []Line) error {
		var made []string
		of := map[string]Line{}
		for _, l := range lines {
			if l.Disposition != "" && l.Location != "" {
				if before, twice := b.Locations[l.Location]; twice {
					b.find(l.Location, "the mail was decided twice: %s and %s", before, l.Disposition)
				}
				b.Locations[l.Location] = l.Disposition
			}
			if !l.At.After(forgotten) {
				continue
			}
			if l.Disposition == escalation.Accepted && len(l.Notices)+len(l.Suppressed) == 0 {
				b.find(strings.Join(l.Cases, " "), "the mail %s was accepted, and nobody was written to", l.Location)
			}
			for _, id := range slices.Concat(l.Notices, l.Suppressed) {
				made, of[id] = append(made, id), l
			}
		}
		return s.auditLetters(ctx, b, made, of)
	})
}

// auditLetters looks whether letters are on record, and queued ones in the
// outbox.
func (s *Store) auditLetters(ctx context.Context, b *Books, ids []string, of map[string]Line) error {
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
		case state == "queued" && queued[i].Err() != nil:
			b.find(ref, "the letter %s is to be sent, but is not in the outbox", id)
		}
	}
	return nil
}

// auditOutbox looks whether the outbox holds queued letters alone, and the
// list of parked ones those that are parked.
func (s *Store) auditOutbox(ctx context.Context, b *Books, _ time.Time) error {
	waiting, parked, err := s.Queue(ctx)
	if err != nil {
		return err
	}
	for _, list := range []struct {
		ids         []string
		state, name string
	}{{waiting, "queued", "in the outbox"}, {parked, "buried", "listed as parked"}} {
		letters, err := s.Letters(ctx, list.ids)
		if err != nil {
			return err
		}
		states := map[string]string{}
		for _, l := range letters {
			states[l.Notice.ID] = l.State
		}
		for _, id := range list.ids {
			if state := states[id]; state != list.state {
				b.find(id, "the letter is %s, but its state is %q", list.name, state)
			}
		}
	}
	return nil
}

// auditEscalations looks whether each escalation is listed as active, and as
// due, when and only when it is.
func (s *Store) auditEscalations(ctx context.Context, b *Books, _ time.Time) error {
	active, err := s.rdb.SMembers(ctx, s.key("active")).Result()
	if err != nil {
		return err
	}
	dues, err := s.rdb.ZRangeWithScores(ctx, s.key("due"), 0, -1).Result()
	if err != nil {
		return err
	}
	keys, err := s.scan(ctx, s.key("escalation", "*"))
	if err != nil {
		return err
	}
	due := make(map[string]string, len(dues))
	for _, z := range dues {
		due[fmt.Sprint(z.Member)] = fmt.Sprint(int64(z.Score))
	}
	listed := make(map[string]bool, len(active))
	for _, number := range active {
		listed[number] = true
	}
	for chunk := range slices.Chunk(keys, historyChunk) {
		escalations, damaged, err := s.escalations(ctx, chunk)
		if err != nil {
			return err
		}
		for i, e := range escalations {
			number := strings.TrimPrefix(chunk[i], s.key("escalation", ""))
			if damaged[i] != nil {
				b.find(number, "the escalation cannot be read: %v", damaged[i])
			} else {
				b.escalation(number, e, listed[number], due[number])
			}
			delete(listed, number)
			delete(due, number)
		}
	}
	for number := range listed {
		b.find(number, "the case is listed as escalated, but there is no escalation")
	}
	for number := range due {
		b.find(number, "a step is due, but there is no escalation")
	}
	return nil
}

func (b *Books) escalation(number string, e *escalation.Escalation, listed bool, due string) {
	switch {
	case e == nil: // its time was over meanwhile
		if listed || due != "" {
			b.find(number, "the escalation that is listed is gone")
		}
	case e.Status.Active() != listed:
		b.find(number, "the escalation is %s, but listed as active: %t", e.Status, listed)
	case due != millis(e.Wake()):
		b.find(number, "the escalation wakes at %q, but is listed for %q (milliseconds since 1970)", millis(e.Wake()), due)
	}
}

// escalations reads the escalations at some keys: nil where there is none,
// with an error where one is damaged.
func (s *Store) escalations(ctx context.Context, keys []string) (found []*escalation.Escalation, damaged []error, err error) {
	cmds := make([]*redis.StringCmd, len(keys))
	_, err = s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, k := range keys {
			cmds[i] = p.HGet(ctx, k, "data")
		}
		return nil
	})
	if serverTrouble(err) {
		return nil, nil, err
	}
	found, damaged = make([]*escalation.Escalation, len(keys)), make([]error, len(keys))
	for i, cmd := range cmds {
		found[i], damaged[i] = readEscalation(cmd)
	}
	return found, damaged, nil
}
