package daemon

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/config"
)

// feedBlock is how many rows are written in one round.
const feedBlock = 500

// Feed writes case data into the configured Redis, as the CRM side does.
type Feed struct {
	config config.Redis
	rdb    redis.UniversalClient
	store  *redisstore.Store
}

// OpenFeed makes a Feed; close it.
func OpenFeed(c *config.Config) *Feed {
	rdb := OpenRedis(c.Redis)
	return &Feed{c.Redis, rdb, redisstore.New(rdb, redisstore.Options{Prefix: c.Redis.Prefix, Retention: c.Policy.Retention})}
}

// Close closes the connection.
func (f *Feed) Close() { f.rdb.Close() }

// PutCases writes cases.
func (f *Feed) PutCases(ctx context.Context, cases []escalation.Case) error {
	if err := reachRedis(ctx, f.rdb, f.config); err != nil {
		return err
	}
	for block := range slices.Chunk(cases, feedBlock) {
		if err := f.store.PutCases(ctx, block, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// PutAccounts writes accounts.
func (f *Feed) PutAccounts(ctx context.Context, accounts []escalation.Account) error {
	if err := reachRedis(ctx, f.rdb, f.config); err != nil {
		return err
	}
	for block := range slices.Chunk(accounts, feedBlock) {
		if err := f.store.PutAccounts(ctx, block, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// CaseNotes says in sentences what the configuration does not fit about good
// cases: they are imported all the same, since the configuration may follow.
func CaseNotes(c *config.Config, cases []escalation.Case) ([]string, error) {
	policy, err := Policy(c)
	if err != nil {
		return nil, err
	}
	regions := make([]string, len(cases))
	var odd []string
	for i, one := range cases {
		regions[i] = one.Region
		if _, ok := policy.CaseKey(one.Number); !ok {
			odd = append(odd, one.Number)
		}
	}
	notes := unknownRegions(policy, regions, "case")
	if len(odd) > 0 {
		notes = append(notes, oddNumbers(odd))
	}
	return notes, nil
}

// AccountNotes does the same for accounts.
func AccountNotes(c *config.Config, accounts []escalation.Account) ([]string, error) {
	policy, err := Policy(c)
	if err != nil {
		return nil, err
	}
	regions := make([]string, len(accounts))
	for i, one := range accounts {
		regions[i] = one.Region
	}
	return unknownRegions(policy, regions, "account"), nil
}

// unknownRegions has a sentence for each region that the policy does not know.
func unknownRegions(p *escalation.Policy, regions []string, noun string) []string {
	rows := map[string]int{}
	for _, region := range regions {
		if region = strings.ToLower(strings.TrimSpace(region)); region != "" {
			rows[region]++
		}
	}
	var notes []string
	for _, region := range slices.Sorted(maps.Keys(rows)) {
		if _, ok := p.Regions[region]; ok {
			continue
		}
		have := "have"
		if rows[region] == 1 {
			have = "has"
		}
		notes = append(notes, fmt.Sprintf(`%s %s the region %q, which the configuration does not name: clocks there never stop, and only contacts for "*" are told. `+
			"Add the region, or correct the data", plural(rows[region], noun), have, region))
	}
	return notes
}

// oddNumbers is a sentence about cases that nobody can escalate.
func oddNumbers(numbers []string) string {
	const shown = 3
	text := "the number " + numbers[0] + " does"
	if len(numbers) > 1 {
		text = "the numbers " + strings.Join(numbers[:min(len(numbers), shown)], ", ")
		if more := len(numbers) - shown; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		text += " do"
	}
	return text + " not match policy.case_number, so a mail about it is returned. Correct the pattern, or the data"
}

func domainOf(addr string) string {
	return addr[strings.LastIndexByte(addr, '@')+1:]
}
