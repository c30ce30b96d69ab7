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
	Seen    int64                            // mails that were looked at, each counted once
	Pending int64                            // of these, not decided yet
	Acts    map[string]int64                 // operators' acts on mails: released, rejected, gone
	Waiting int64                            // notices in the outbox
	Parked  int64                            // notices that operators must decide on
	Active  int64                            // escalations that go on
}

// Counts reads them.
func (s *Store) Counts(ctx context.Context) (Counts, error) {
	var fields *redis.MapStringStringCmd
	var waiting, parked, pending, active *redis.IntCmd
	_, err := s.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		fields = p.HGetAll(ctx, s.key("counts"))
		waiting = p.ZCard(ctx, s.key("outbox"))
		parked = p.ZCard(ctx, s.key("parked"))
		pending = p.HLen(ctx, s.key("tries"))
		active = p.SCard(ctx, s.key("active"))
		return nil
	})
	if err != nil {
		return Counts{}, fmt.Errorf("read counts (HGETALL): %w", err)
	}
	c := Counts{
		Mails: map[escalation.Disposition]int64{}, Notices: map[string]int64{}, Acts: map[string]int64{},
		Pending: pending.Val(), Waiting: waiting.Val(), Parked: parked.Val(), Active: active.Val(),
	}
	for name, value := range fields.Val() {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return c, fmt.Errorf("read count %s: %w", name, err)
		}
		switch d := escalation.Disposition(name); {
		case slices.Contains(escalation.Dispositions(), d):
			c.Mails[d] = n
		case name == "seen":
			c.Seen = n
		case name == "released" || name == "rejected" || name == "gone":
			c.Acts[name] = n
		default:
			c.Notices[name] = n
		}
	}
	return c, nil
}

// LetterGap is by how many letters the books are off: letters that were put
// into the outbox and neither wait there, nor are parked, nor have come to an
// end. It is 0 in a sound ledger.
func (c Counts) LetterGap() int64 {
	n := c.Notices
	return n["notices"] - c.Waiting - c.Parked - n["sent"] - n["revoked"] - n["discarded"] - n["lapsed"]
}

// Decided is how many mails have a disposition.
func (c Counts) Decided() int64 {
	var sum int64
	for _, n := range c.Mails {
		sum += n
	}
	return sum
}

// Gap is by how many mails the books are off: mails that were seen and are
// neither decided, nor pending, nor written off. It is 0 in a sound ledger.
func (c Counts) Gap() int64 { return c.Seen - c.Decided() - c.Pending - c.Acts["gone"] }
