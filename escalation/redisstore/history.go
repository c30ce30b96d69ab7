package redisstore

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
)

// Agenda implements escalation.Store.
func (s *Store) Agenda(ctx context.Context, now time.Time, limit int) (escalation.Agenda, error) {
	var due, active, alarms *redis.StringSliceCmd
	var undelivered *redis.ZSliceCmd
	var digests, told *redis.MapStringStringCmd
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		due = p.ZRangeByScore(ctx, s.key("due"), &redis.ZRangeBy{
			Min: "-inf", Max: strconv.FormatInt(now.UnixMilli(), 10), Count: int64(limit),
		})
		active = p.SMembers(ctx, s.key("active"))
		undelivered = p.ZRangeWithScores(ctx, s.key("undelivered"), 0, int64(limit)-1)
		alarms = p.HVals(ctx, s.key("alarms-raised"))
		told = p.HGetAll(ctx, s.key("alarms-told"))
		digests = p.HGetAll(ctx, s.key("digests"))
		return nil
	})
	if err != nil {
		return escalation.Agenda{}, fmt.Errorf("read the agenda (ZRANGEBYSCORE): %w", err)
	}
	agenda := escalation.Agenda{Due: due.Val(), Active: active.Val()}
	for _, z := range undelivered.Val() {
		id, _ := z.Member.(string)
		agenda.Undelivered = append(agenda.Undelivered, escalation.Failure{Notice: id, At: time.UnixMilli(int64(z.Score)).UTC()})
	}
	if agenda.Alarms, err = readAlarms(alarms.Val()); err != nil {
		return agenda, err
	}
	if agenda.AlarmMarks, err = readMarks[escalation.AlarmMark](told.Val()); err != nil {
		return agenda, fmt.Errorf("read how far ops have been told: %w", err)
	}
	if agenda.Digests, err = readMarks[escalation.DigestMark](digests.Val()); err != nil {
		return agenda, fmt.Errorf("read how far a digest has come: %w", err)
	}
	return agenda, nil
}

func readAlarms(values []string) ([]escalation.Alarm, error) {
	alarms := make([]escalation.Alarm, len(values))
	for i, data := range values {
		if err := json.Unmarshal([]byte(data), &alarms[i]); err != nil {
			return nil, fmt.Errorf("read an alarm: %w", err)
		}
	}
	slices.SortFunc(alarms, func(a, b escalation.Alarm) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.What, b.What), cmp.Compare(a.Detail, b.Detail))
	})
	return alarms, nil
}

func readMarks[M any](values map[string]string) (map[string]M, error) {
	marks := make(map[string]M, len(values))
	for name, data := range values {
		var m M
		if err := json.Unmarshal([]byte(data), &m); err != nil {
			return nil, err
		}
		marks[name] = m
	}
	return marks, nil
}

// historyChunk bounds how many cases are read in one round.
const historyChunk = 500

// History implements escalation.Store.
func (s *Store) History(ctx context.Context, since time.Time, recipients []string) (escalation.History, error) {
	var active, ended *redis.StringSliceCmd
	var counts, held *redis.MapStringStringCmd
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		active = p.SMembers(ctx, s.key("active"))
		ended = p.ZRangeByScore(ctx, s.key("ended"), &redis.ZRangeBy{Min: millis(since), Max: "+inf"})
		counts = p.HGetAll(ctx, s.key("counts"))
		held = p.HGetAll(ctx, s.key("held"))
		return nil
	})
	if err != nil {
		return escalation.History{}, fmt.Errorf("read the history (ZRANGEBYSCORE): %w", err)
	}
	h := escalation.History{Mails: map[escalation.Disposition]int{}, Held: map[string]int{}}
	for _, d := range escalation.Dispositions() {
		h.Mails[d], _ = strconv.Atoi(counts.Val()[string(d)])
	}
	for _, to := range recipients {
		h.Held[to], _ = strconv.Atoi(held.Val()[hash(to)])
	}
	numbers := slices.Concat(active.Val(), ended.Val())
	slices.Sort(numbers)
	for chunk := range slices.Chunk(slices.Compact(numbers), historyChunk) {
		files, err := s.files(ctx, chunk)
		if err != nil {
			return h, err
		}
		h.Files = append(h.Files, files...)
	}
	return h, nil
}

// files reads cases with their escalations; one whose keys are in trouble is
// left out.
func (s *Store) files(ctx context.Context, numbers []string) ([]escalation.CaseFile, error) {
	queries := make([]escalation.Query, len(numbers))
	for i, n := range numbers {
		queries[i].Cases = []string{n}
	}
	states, err := s.Load(ctx, queries)
	if err != nil {
		return nil, err
	}
	var files []escalation.CaseFile
	for i, state := range states {
		if f, ok := state.Cases[numbers[i]]; ok && f.Escalation != nil {
			files = append(files, f)
		}
	}
	return files, nil
}

// hash hides an address in a field's name.
func hash(addr string) string { return digestOf(strings.ToLower(addr)) }
