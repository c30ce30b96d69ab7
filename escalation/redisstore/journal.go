package redisstore

import (
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

// Line is one line of the journal: a change that was applied, or an act of an
// operator.
type Line struct {
	At          time.Time              `json:"at"`
	Event       string                 `json:"event"`
	Disposition escalation.Disposition `json:"disposition,omitempty"` // of a mail
	Reason      string                 `json:"reason,omitempty"`
	Cases       []string               `json:"cases,omitempty"`
	MessageID   string                 `json:"message_id,omitempty"`
	Location    string                 `json:"location,omitempty"`
	Notices     []string               `json:"notices,omitempty"`    // IDs of the letters it made or is about
	Suppressed  []string               `json:"suppressed,omitempty"` // IDs of letters that a budget held back
	Revoked     []string               `json:"revoked,omitempty"`    // IDs of letters it took back
	By          string                 `json:"by,omitempty"`         // the operator
}

// journalChunk is how many lines are read in one round.
const journalChunk = 1000

// Journal shows the lines that are kept to visit, block by block, oldest first.
func (s *Store) Journal(ctx context.Context, visit func([]Line) error) error {
	return s.entries(ctx, func(entries []redis.XMessage) error {
		lines := make([]Line, len(entries))
		for i, e := range entries {
			lines[i] = readLine(e.Values)
		}
		return visit(lines)
	})
}

func (s *Store) entries(ctx context.Context, visit func([]redis.XMessage) error) error {
	from := "-"
	for {
		entries, err := s.rdb.XRangeN(ctx, s.key("journal"), from, "+", journalChunk).Result()
		if err != nil {
			return fmt.Errorf("read the journal (XRANGE): %w", err)
		}
		if len(entries) == 0 {
			return nil
		}
		if err := visit(entries); err != nil {
			return err
		}
		from = "(" + entries[len(entries)-1].ID
	}
}

func readLine(values map[string]any) Line {
	text := func(name string) string { v, _ := values[name].(string); return v }
	return Line{
		At: readTime(text("at")), Event: text("event"), Disposition: escalation.Disposition(text("disposition")),
		Reason: text("reason"), Cases: strings.Fields(text("cases")), MessageID: text("messageid"), Location: text("location"),
		Notices: strings.Fields(text("notices")), Suppressed: strings.Fields(text("suppressed")),
		Revoked: strings.Fields(text("revoked")), By: text("by"),
	}
}

// note puts an operator's act into the journal, as part of a transaction.
func (s *Store) note(ctx context.Context, p redis.Pipeliner, l Line) {
	p.XAdd(ctx, &redis.XAddArgs{Stream: s.key("journal"), Values: []any{
		"event", l.Event, "at", l.At.UTC().Format(time.RFC3339Nano), "disposition", string(l.Disposition), "reason", l.Reason,
		"cases", strings.Join(l.Cases, " "), "messageid", l.MessageID, "location", l.Location,
		"notices", strings.Join(l.Notices, " "), "suppressed", strings.Join(l.Suppressed, " "),
		"revoked", strings.Join(l.Revoked, " "), "by", l.By,
	}})
	p.Incr(ctx, s.key("commits"))
}

// Posted is a letter and what became of it.
type Posted struct {
	Notice    escalation.Notice
	State     string // queued, sent, buried, suppressed, revoked or discarded
	Attempts  int
	Ambiguous int       // attempts whose end nobody knows
	Fate      string    // of the last attempt
	Detail    string    // the relay's last refusal, or the error
	SettledAt time.Time // when the last attempt ended; zero if none has
	NextAt    time.Time // of a queued letter: the next attempt
}

// Letters answers what became of letters, in the order of ids. Those of which
// Redis keeps nothing that can be read are left out.
func (s *Store) Letters(ctx context.Context, ids []string) ([]Posted, error) {
	var letters []Posted
	for chunk := range slices.Chunk(ids, historyChunk) {
		fields := make([]*redis.SliceCmd, len(chunk))
		next := make([]*redis.FloatCmd, len(chunk))
		_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, id := range chunk {
				fields[i] = p.HMGet(ctx, s.key("notice", id), "data", "state", "attempt", "ambiguous", "fate", "detail", "settled")
				next[i] = p.ZScore(ctx, s.key("outbox"), id)
			}
			return nil
		})
		if serverTrouble(err) {
			return nil, fmt.Errorf("read letters (HMGET): %w", err)
		}
		for i, id := range chunk {
			p, ok, err := readPosted(fields[i].Val(), next[i])
			if err != nil {
				return nil, fmt.Errorf("read letter %s: %w", id, err)
			}
			if ok {
				letters = append(letters, p)
			}
		}
	}
	return letters, nil
}

func readPosted(values []any, next *redis.FloatCmd) (Posted, bool, error) {
	var p Posted
	f := make([]string, 7)
	for i, v := range values {
		f[i], _ = v.(string)
	}
	if f[0] == "" {
		return p, false, nil
	}
	if err := json.Unmarshal([]byte(f[0]), &p.Notice); err != nil {
		return p, false, err
	}
	p.State, p.Fate, p.Detail = f[1], f[4], f[5]
	p.Attempts, _ = strconv.Atoi(f[2])
	p.Ambiguous, _ = strconv.Atoi(f[3])
	if ms, err := strconv.ParseInt(f[6], 10, 64); err == nil {
		p.SettledAt = time.UnixMilli(ms).UTC()
	}
	if next.Err() == nil {
		p.NextAt = time.UnixMilli(int64(next.Val())).UTC()
	}
	return p, true, nil
}
