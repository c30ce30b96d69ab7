package redisstore

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
)

//go:embed decide.lua
var decideLua string

//go:embed writeoff.lua
var writeOffLua string

var (
	decideScript   = timed(decideLua)
	writeOffScript = redis.NewScript(writeOffLua)
)

// Verbs of DecideLetter.
const (
	RetryLetter   = "retry"
	DiscardLetter = "discard"
)

// DecideLetter does what an operator says of a letter: RetryLetter sends a
// parked one once more, DiscardLetter ends one that is parked or waits. It
// answers "done", or the state of the letter that forbids it: "unknown",
// "blank" (its words are gone), or one of Posted.State.
func (s *Store) DecideLetter(ctx context.Context, verb string, letter Posted, by string, now time.Time) (string, error) {
	id := letter.Notice.ID
	keys := []string{s.key("outbox"), s.key("notice", id), s.key("parked"), s.key("journal"), s.key("commits"), s.key("counts")}
	answer, err := decideScript.Run(ctx, s.rdb, keys,
		verb, id, rand.Text(), s.retention.Milliseconds(), now.UTC().Format(time.RFC3339Nano), letter.Notice.Case, by).Text()
	if err != nil {
		return "", fmt.Errorf("%s letter %s (EVALSHA): %w", verb, id, err)
	}
	return answer, nil
}

// Queue lists the IDs of the letters that wait, the next first, and of those
// that are parked, oldest first.
func (s *Store) Queue(ctx context.Context) (waiting, parked []string, err error) {
	var w, p *redis.StringSliceCmd
	_, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		w = pipe.ZRange(ctx, s.key("outbox"), 0, -1)
		p = pipe.ZRange(ctx, s.key("parked"), 0, -1)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read the outbox (ZRANGE): %w", err)
	}
	return w.Val(), p.Val(), nil
}

// Release is an operator's word that a quarantined mail is to be judged again.
type Release struct {
	Digest    [32]byte // mailparse.Message.Digest
	MessageID string
	Events    []string // that the ledger forgets, so that the mail is no duplicate
	AsProven  bool     // its sender counts as proven from now on
	By        string
	Reason    string
	At        time.Time
}

// Release forgets that a mail was decided. Move the mail afterwards: should
// that not happen, the mail may be released again.
func (s *Store) Release(ctx context.Context, r Release) error {
	digest := hex.EncodeToString(r.Digest[:])
	_, err := s.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for _, event := range r.Events {
			p.Del(ctx, s.hidden("event", event))
		}
		if r.AsProven {
			p.HSet(ctx, s.key("vouched"), digest, r.At.UTC().Format(time.RFC3339))
		}
		p.HIncrBy(ctx, s.key("counts"), "released", 1)
		s.note(ctx, p, Line{At: r.At, Event: "release:" + digest, Reason: r.Reason, MessageID: r.MessageID, By: r.By})
		return nil
	})
	if err != nil {
		return fmt.Errorf("release a mail (MULTI): %w", err)
	}
	return nil
}

// Vouched answers the digests, in hexadecimal, of the mails whose sender an
// operator has declared proven.
func (s *Store) Vouched(ctx context.Context) (map[string]bool, error) {
	digests, err := s.rdb.HKeys(ctx, s.key("vouched")).Result()
	if err != nil {
		return nil, fmt.Errorf("read whom operators vouch for (HKEYS): %w", err)
	}
	vouched := make(map[string]bool, len(digests))
	for _, d := range digests {
		vouched[d] = true
	}
	return vouched, nil
}

// Reject records that an operator has put a quarantined mail away for good.
func (s *Store) Reject(ctx context.Context, digest [32]byte, messageID, by string, now time.Time) error {
	return s.act(ctx, "rejected", Line{
		At: now, Event: "reject:" + hex.EncodeToString(digest[:]), MessageID: messageID, By: by,
		Reason: "put away from Quarantine unanswered",
	})
}

// Noted records an operator's act that changes nothing by itself.
func (s *Store) Noted(ctx context.Context, l Line) error { return s.act(ctx, "", l) }

func (s *Store) act(ctx context.Context, count string, l Line) error {
	_, err := s.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		if count != "" {
			p.HIncrBy(ctx, s.key("counts"), count, 1)
		}
		s.note(ctx, p, l)
		return nil
	})
	if err != nil {
		return fmt.Errorf("note %s in the journal (MULTI): %w", l.Event, err)
	}
	return nil
}

// WriteOff records that mails which were seen, and never decided, are no
// longer in the inbox. Those decided meanwhile are left alone; it answers how
// many were written off.
func (s *Store) WriteOff(ctx context.Context, locations []string, by string, now time.Time) (int, error) {
	return s.writeOff(ctx, "gone", locations, by, now)
}

// Uncount takes mails off the list of undecided ones that had been decided and
// moved before they were seen once more.
func (s *Store) Uncount(ctx context.Context, locations []string, now time.Time) (int, error) {
	return s.writeOff(ctx, "again", locations, "", now)
}

func (s *Store) writeOff(ctx context.Context, why string, locations []string, by string, now time.Time) (int, error) {
	args := []any{why, now.UTC().Format(time.RFC3339Nano), by}
	for _, l := range locations {
		args = append(args, l)
	}
	n, err := writeOffScript.Run(ctx, s.rdb, []string{s.key("tries"), s.key("counts"), s.key("journal"), s.key("commits")}, args...).Int()
	if err != nil {
		return 0, fmt.Errorf("write off mails (EVALSHA): %w", err)
	}
	return n, nil
}

// Escalations reads cases with their escalations, by number; all that go on
// where none are named.
func (s *Store) Escalations(ctx context.Context, numbers ...string) ([]escalation.CaseFile, error) {
	if len(numbers) == 0 {
		var err error
		if numbers, err = s.rdb.SMembers(ctx, s.key("active")).Result(); err != nil {
			return nil, fmt.Errorf("list escalations (SMEMBERS): %w", err)
		}
	}
	return s.files(ctx, numbers)
}
