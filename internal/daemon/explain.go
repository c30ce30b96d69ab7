package daemon

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/mail"
	"slices"
	"strings"
	"time"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/config"
	"escalationd/templates"
)

// Supposed is how a mail to be explained is taken to have come.
type Supposed struct {
	Inbox  string
	At     time.Time
	Proven bool // its sender, whatever the mail says
}

// ExplainMail says what a mail would do. It reads Redis and changes nothing
// anywhere; no other server is contacted.
func ExplainMail(ctx context.Context, c *config.Config, raw []byte, as Supposed) (escalation.Explanation, error) {
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
		Secret: []byte(rand.Text()), Now: func() time.Time { return as.At }, Log: log,
	}
	m := newReader(c, Parser(c), log).read(raw, as.Inbox)
	m.Location, m.Received = "explain", as.At
	if as.Proven {
		m.Proof = escalation.Proof{Proven: true, Reason: "taken as proven, as you say"}
	}
	state, err := d.Look(ctx, m)
	if err != nil {
		return escalation.Explanation{}, err
	}
	return d.Explain(m, state, as.At, wording(set, c.SMTP.From))
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

// RegionNames lists the regions of a configuration, in lower case as case
// data are compared.
func RegionNames(c *config.Config) []string {
	var names []string
	for name := range c.Regions {
		names = append(names, strings.ToLower(name))
	}
	slices.Sort(names)
	return names
}
