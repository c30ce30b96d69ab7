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
		revisions, err := s.revisions(ctx, chunk)
		if err != nil {
			return err
		}
		for i, e := range escalations {
			number := strings.TrimPrefix(chunk[i], s.key("escalation", ""))
			if damaged[i] != nil {
				b.find(number, "the escalation cannot be read: %v", damaged[i])
			} else {
				b.escalation(number, e, listed[number], due[number], revisions[i])
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

func (b *Books) escalation(number string, e *escalation.Escalation, listed bool, due, revision string) {
	switch {
	case e == nil: // its time was over meanwhile
		if listed || due != "" {
			b.find(number, "the escalation that is listed is gone")
		}
	case e.Case != number:
		b.find(number, "the escalation stands in the place of another's, %s", e.Case)
	case fmt.Sprint(e.Revision) != revision:
		b.find(number, "the escalation is at revision %d, but its key says %q: no change could be applied to it", e.Revision, revision)
	case e.Status.Active() != listed:
		b.find(number, "the escalation is %s, but listed as active: %t", e.Status, listed)
	case due != millis(e.Wake()):
		b.find(number, "the escalation wakes at %q, but is listed for %q (milliseconds since 1970)", millis(e.Wake()), due)
	}
}

// revisions reads what the keys of escalations say of their revisions.
func (s *Store) revisions(ctx context.Context, keys []string) ([]string, error) {
	cmds := make([]*redis.StringCmd, len(keys))
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, k := range keys {
			cmds[i] = p.HGet(ctx, k, "revision")
		}
		return nil
	})
	if serverTrouble(err) {
		return nil, err
	}
	revisions := make([]string, len(keys))
	for i, cmd := range cmds {
		revisions[i] = cmd.Val()
	}
	return revisions, nil
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
