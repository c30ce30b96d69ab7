package redisstore

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
)

// Counts are the numbers of the ledger and the outbox.
type Counts struct {
	Mails   map[escalation.Disposition]int64 // decided, by disposition
	Notices map[string]int64                 // notices made, and by what became of them
	Waiting int64                            // notices in the outbox
	Active  int64                            // escalations that go on
}

// Counts reads them.
func (s *Store) Counts(ctx context.Context) (Counts, error) {
	var fields *redis.MapStringStringCmd
	var waiting, active *redis.IntCmd
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		fields = p.HGetAll(ctx, s.key("counts"))
		waiting = p.ZCard(ctx, s.key("outbox"))
		active = p.SCard(ctx, s.key("active"))
		return nil
	})
	if err != nil {
		return Counts{}, fmt.Errorf("read counts: %w", err)
	}
	c := Counts{
		Mails: map[escalation.Disposition]int64{}, Notices: map[string]int64{},
		Waiting: waiting.Val(), Active: active.Val(),
	}
	for name, value := range fields.Val() {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return c, fmt.Errorf("read count %s: %w", name, err)
		}
		if d := escalation.Disposition(name); slices.Contains(escalation.Dispositions(), d) {
			c.Mails[d] = n
		} else {
			c.Notices[name] = n
		}
	}
	return c, nil
}
