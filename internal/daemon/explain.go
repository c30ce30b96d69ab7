package daemon

import (
	"context"
	"crypto/rand"
	"log/slog"
	"maps"
	"net/mail"
	"slices"
	"time"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/config"
	"escalationd/templates"
)

// ExplainMail says what a mail would do that arrived in an inbox at a time. It
// reads Redis and changes nothing anywhere; no other server is contacted.
func ExplainMail(ctx context.Context, c *config.Config, raw []byte, inbox string, at time.Time) (escalation.Explanation, error) {
	policy, err := Policy(c)
	if err != nil {
		return escalation.Explanation{}, err
	}
	set, _, err := templates.Load(c.Templates)
	if err != nil {
		return escalation.Explanation{}, err
	}
	log := slog.New(slog.DiscardHandler)
	rdb := OpenRedis(c.Redis)
	defer rdb.Close()
	if err := reachRedis(ctx, rdb, c.Redis); err != nil {
		return escalation.Explanation{}, err
	}
	d := &escalation.Desk{
		Policy: policy, Store: redisstore.New(rdb, redisstore.Options{Prefix: c.Redis.Prefix}),
		Secret: []byte(rand.Text()), Now: func() time.Time { return at }, Log: log,
	}
	m := newReader(c, Parser(c), log).read(raw, inbox)
	m.Location, m.Received = "explain", at
	state, err := d.Look(ctx, m)
	if err != nil {
		return escalation.Explanation{}, err
	}
	return d.Explain(m, state, at, wording(set, c.SMTP.From))
}

func wording(set *templates.Set, from mail.Address) escalation.Wording {
	return func(n escalation.Notice) (string, string, error) {
		words, err := set.Render(n, from)
		return words.Subject, words.Text, err
	}
}

// LadderGaps lists what is missing in the ladder from now on, for a number of
// days. It needs no server.
func LadderGaps(c *config.Config, now time.Time, days int) ([]escalation.Gap, error) {
	policy, err := Policy(c)
	if err != nil {
		return nil, err
	}
	return policy.Gaps(now, days), nil
}

// RegionNames lists the regions of a configuration.
func RegionNames(c *config.Config) []string { return slices.Sorted(maps.Keys(c.Regions)) }
