package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/config"
	"escalationd/internal/inbox"
	"escalationd/notify"
	"escalationd/templates"
)

// checkPatience bounds each thing Check tries.
const checkPatience = 20 * time.Second

// gapDays is how far ahead gaps in the ladder are looked for.
const gapDays = 30

// checker prints a line for each thing it tries.
type checker struct {
	out    io.Writer
	failed bool

	regions []string // that cases have
}

func (c *checker) ok(what, format string, args ...any) {
	c.line("ok  ", what, fmt.Sprintf(format, args...), "")
}

// warn is for what works, but surely not as it is meant.
func (c *checker) warn(what, problem, remedy string) { c.line("warn", what, problem, remedy) }

func (c *checker) fail(what, problem, remedy string) {
	c.failed = true
	c.line("FAIL", what, problem, remedy)
}

func (c *checker) line(verdict, what, detail, remedy string) {
	fmt.Fprintf(c.out, "%s  %-22s %s\n", verdict, what, strings.ReplaceAll(detail, "\n", "; "))
	if remedy != "" {
		fmt.Fprintf(c.out, "      %-22s → %s\n", "", remedy)
	}
}

// Check tries everything a configuration names and prints what it found, a
// line each, with what to do about each failure. It reports whether all is
// well. Nothing is changed anywhere, but that a new refresh token is kept.
func Check(ctx context.Context, cfg *config.Config, out io.Writer) bool {
	c := &checker{out: out}
	c.ok("configuration", "inboxes: %d, regions: %d, levels: %d", len(cfg.Inboxes), len(cfg.Regions), len(cfg.Ladder))
	for _, i := range cfg.Inboxes {
		c.inbox(ctx, cfg, i)
	}
	c.relay(ctx, cfg)
	c.redis(ctx, cfg)
	c.templates(cfg)
	c.ladder(cfg)
	return !c.failed
}

func (c *checker) inbox(ctx context.Context, cfg *config.Config, i config.Inbox) {
	what := "IMAP " + i.Name
	box, err := inbox.New(inboxOptions(i, cfg.Policy, newLogin(cfg, i), nil))
	if err != nil {
		c.fail(what, err.Error(), "correct the inbox's keys in the configuration")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	facts, err := box.Probe(ctx)
	var setup *inbox.SetupError
	switch {
	case errors.As(err, &setup):
		problem := setup.Problem
		if setup.Err != nil {
			problem += fmt.Sprintf(" (%v)", setup.Err)
		}
		c.fail(what, problem, setup.Remedy)
		return
	case err != nil:
		c.fail(what, fmt.Sprintf("%s is not reached: %v", i.URL.Address(), err), "check the host, the port and the certificate")
		return
	}
	c.ok(what, "logged in; %s in %s, %d in %s, %d in %s", plural(facts.Mails, "mail"), i.URL.Mailbox(),
		facts.Processed, i.Processed, facts.Quarantined, i.Quarantine)
	switch {
	case i.AcceptUnproven:
		c.warn(what, "accept_unproven is set: anybody can write in a customer's name", "set authserv_id and remove accept_unproven")
	case i.AuthservID == "":
		c.warn(what, "no authserv_id: every sender is unproven and every mail goes to "+i.Quarantine,
			"set authserv_id to the name in your mail server's Authentication-Results fields")
	}
}

func (c *checker) relay(ctx context.Context, cfg *config.Config) {
	what := "SMTP relay"
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	relay := newRelay(cfg.SMTP, newRelayLogin(cfg))
	defer relay.Close()
	err := relay.Probe(ctx)
	var send *notify.SendError
	switch {
	case err == nil && cfg.SMTP.URL.User() == "":
		c.ok(what, "%s greets us; no login is configured", cfg.SMTP.URL.Address())
	case err == nil:
		c.ok(what, "logged in at %s", cfg.SMTP.URL.Address())
	case errors.As(err, &send) && send.Class == notify.Auth:
		c.fail(what, "the login is refused: "+err.Error(), "check the user in smtp.url and the password")
	default:
		c.fail(what, fmt.Sprintf("%s cannot be used: %v", cfg.SMTP.URL.Address(), err), "check host, port, TLS and certificate in smtp.url")
	}
}

func (c *checker) redis(ctx context.Context, cfg *config.Config) {
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	rdb := OpenRedis(cfg.Redis)
	defer rdb.Close()
	facts, err := ProbeRedis(ctx, rdb)
	if err != nil {
		c.fail("Redis", fmt.Sprintf("%s: %v", strings.Join(cfg.Redis.URL.Addresses(), ", "), err), "check redis.url and the password, and whether it runs")
		return
	}
	trouble := facts.Trouble()
	switch {
	case trouble == nil:
		c.ok("Redis", "version %s, appendonly is on, nothing is evicted", facts.Version)
	case cfg.Redis.AllowVolatile:
		c.warn("Redis", trouble.Problem, trouble.Remedy)
	default:
		c.fail("Redis", trouble.Problem, trouble.Remedy)
	}
	store := redisstore.New(rdb, redisstore.Options{Prefix: cfg.Redis.Prefix})
	if c.regions, err = store.CaseRegions(ctx); err != nil {
		c.fail("cases", err.Error(), "look at the Redis log")
	}
	accounts, representatives, err := store.Representatives(ctx)
	switch {
	case err != nil:
		c.fail("representatives", err.Error(), "look at the Redis log")
	case representatives == 0:
		c.warn("representatives", "no account has any: every customer would be refused", "run: escalationd import accounts --config FILE DATA.csv")
	default:
		c.ok("representatives", "%d in %s", representatives, plural(accounts, "account"))
	}
}

func (c *checker) templates(cfg *config.Config) {
	set, warnings, err := templates.Load(cfg.Templates)
	if err != nil {
		c.fail("templates", err.Error(), "check the folder in `templates`")
		return
	}
	for _, w := range warnings {
		c.fail("templates", w.String(), "correct the file; until then the built-in letter is used")
	}
	if len(warnings) == 0 {
		c.ok("templates", "%s", WordedText(set))
	}
}

// WordedText says that all letters can be worded, and whose files do it.
func WordedText(set *templates.Set) string {
	switch n := len(set.Overridden()); n {
	case 0:
		return "all letters can be worded, each as built in"
	case len(escalation.Kinds()):
		return "all letters can be worded, each with your files"
	default:
		return fmt.Sprintf("all letters can be worded, %d of %d with your files", n, len(escalation.Kinds()))
	}
}

// ladder lists the gaps of the next weeks.
func (c *checker) ladder(cfg *config.Config) {
	policy, err := Policy(cfg)
	if err != nil {
		c.fail("regions", err.Error(), "correct the region's keys in the configuration")
		return
	}
	if len(cfg.Ops) == 0 {
		c.warn("ops", "nobody is named who hears of quarantined mail and other trouble", "name an address in `ops`")
	}
	gaps := policy.Gaps(time.Now(), gapDays, c.regions...)
	for _, g := range gaps {
		if g.Nobody {
			c.fail("ladder", g.What, "")
		} else {
			c.warn("ladder", g.What, "")
		}
	}
	if len(gaps) == 0 {
		c.ok("ladder", "%s, each with somebody for %s", plural(len(cfg.Ladder), "level"), plural(len(cfg.Regions), "region"))
	}
}
