// Package daemon puts the desk together out of a configuration and runs it:
// inboxes, rules, outbox, relay, clock and web. Nothing else starts goroutines
// that outlive a call.
package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/config"
	"escalationd/internal/inbox"
	"escalationd/internal/web"
	"escalationd/mailparse"
	"escalationd/notify"
	"escalationd/templates"
)

// Options are what a configuration does not say. All are optional.
type Options struct {
	Log     *slog.Logger
	Now     func() time.Time
	Observe func(escalation.Mail, escalation.Change) // told of each mail that was decided
	Tick    time.Duration                            // how often the desk looks for what is due; 1 s if zero
}

// Daemon is a desk put together. Run it once, then Close it.
type Daemon struct {
	config   *config.Config
	log      *slog.Logger
	now      func() time.Time
	rdb      redis.UniversalClient
	store    *redisstore.Store
	reader   *reader
	desk     *escalation.Desk
	inboxes  []*inbox.Inbox
	standby  []atomic.Bool // by inbox: another daemon serves it
	logins   map[string]*login
	relay    *notify.Relay
	courier  *notify.Courier
	web      *web.Server
	warnings []templates.Warning
	nudge    chan struct{}
	tick     time.Duration
	redis    condition
	ledger   condition
	witness  *witness
	identity *identity
	opened   atomic.Pointer[time.Time] // when the ledger was made
}

// SetupError is something a person must put right before the daemon can run;
// nothing was touched.
type SetupError struct{ Err error }

func (e *SetupError) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e *SetupError) Unwrap() error { return e.Err }

// New puts a daemon together. It contacts nobody; an error is a mistake in the
// configuration or in a file it names.
func New(c *config.Config, o Options) (*Daemon, error) {
	d := &Daemon{config: c, log: o.Log, now: o.Now, tick: cmp.Or(o.Tick, time.Second), nudge: make(chan struct{}, 1), logins: map[string]*login{}}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.now == nil {
		d.now = time.Now
	}
	policy, err := Policy(c)
	if err != nil {
		return nil, err
	}
	secret, err := DeskSecret(c)
	if err != nil {
		return nil, err
	}
	if d.witness, err = readWitness(c); err != nil {
		return nil, err
	}
	set, warnings, err := templates.Load(c.Templates)
	if err != nil {
		return nil, fmt.Errorf("load templates: %w", err)
	}
	d.warnings = warnings
	if d.identity, err = readIdentity(c); err != nil {
		return nil, err
	}
	d.rdb = OpenRedis(c.Redis)
	d.reader = newReader(c, Parser(c), d.log)
	d.store = redisstore.New(d.rdb, redisstore.Options{Prefix: c.Redis.Prefix, Retention: c.Policy.Retention, Daemon: d.identity.name})
	d.desk = &escalation.Desk{
		Policy: policy, Store: d.store, Read: d.reader.read,
		Secret: secret, Now: d.now, Log: d.log, Observe: d.observer(o.Observe),
	}
	relayLogin := newRelayLogin(c)
	relayLogin.unkept = d.tokenUnkept
	d.logins["relay"] = relayLogin
	d.relay = newRelay(c.SMTP, relayLogin)
	d.courier = &notify.Courier{
		Outbox: d.store, Relay: d.relay, Templates: set, From: c.SMTP.From, Now: d.now, Log: d.log,
		Connections: c.SMTP.Connections, Nudge: d.nudge, Alarm: d.raise,
	}
	d.standby = make([]atomic.Bool, len(c.Inboxes))
	for i := range c.Inboxes {
		if err := d.addInbox(i); err != nil {
			return nil, err
		}
	}
	if c.Web.Listen != "" {
		if d.web, err = d.newWeb(c.Web); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// addInbox makes the inbox with an index in the configuration.
func (d *Daemon) addInbox(i int) error {
	one := d.config.Inboxes[i]
	l := newLogin(d.config, one)
	l.refused, l.unkept = d.loginRefused(one.Name), d.tokenUnkept
	d.logins["inbox:"+one.Name] = l
	o := inboxOptions(one, d.config.Policy, l, d.log)
	o.Gate, o.First = d.gate(i), d.known
	box, err := inbox.New(o)
	if err != nil {
		return fmt.Errorf("inbox %s: %w", one.Name, err)
	}
	d.inboxes = append(d.inboxes, box)
	return nil
}

func (d *Daemon) tokenUnkept(err error) {
	d.log.Warn("the newest refresh token is not kept over a restart", "error", err)
}

// Parser reads mails the way a configuration asks for.
func Parser(c *config.Config) *mailparse.Parser {
	labels := map[mailparse.Field][]string{}
	for field, more := range c.Labels {
		labels[mailparse.Field(field)] = more
	}
	return mailparse.NewParser(mailparse.Options{
		CaseNumber: c.Policy.CaseNumber, Labels: labels,
		Own:    mailparse.OwnMail{Domain: domainOf(c.SMTP.From.Address), Address: c.SMTP.From.Address},
		Limits: mailparse.Limits{Size: int(c.Policy.MaxMessage)},
	})
}

func newRelayLogin(c *config.Config) *login {
	return &login{user: c.SMTP.URL.User(), password: c.SMTP.Password, oauth: c.SMTP.OAuth2, stateDir: c.StateDir}
}

func newRelay(c config.SMTP, l *login) *notify.Relay {
	return &notify.Relay{
		Host: c.URL.Host(), Port: c.URL.Port(), User: c.URL.User(), Login: l.forRelay, Connections: c.Connections,
		TLS: notify.TLSMode(c.URL.TLS()), Hello: domainOf(c.From.Address),
	}
}

// observer wakes the courier whenever a mail was decided, so that the answer
// leaves at once.
func (d *Daemon) observer(more func(escalation.Mail, escalation.Change)) func(escalation.Mail, escalation.Change) {
	return func(m escalation.Mail, c escalation.Change) {
		d.wakeCourier()
		if more != nil {
			more(m, c)
		}
	}
}

func (d *Daemon) wakeCourier() {
	select {
	case d.nudge <- struct{}{}:
	default:
	}
}

// Close gives back what New opened.
func (d *Daemon) Close() {
	d.relay.Close()
	if err := d.rdb.Close(); err != nil {
		d.log.Debug("close Redis", "error", err)
	}
	if err := d.identity.release(); err != nil {
		d.log.Debug("close the state folder", "error", err)
	}
}

// Run serves until ctx ends, then answers nil within fifteen seconds. What a
// person must put right before the desk can work is a *SetupError, returned
// before anything was touched.
func (d *Daemon) Run(ctx context.Context) error {
	if err := d.probe(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	if d.web != nil {
		g.Go(func() error { return d.web.Serve(ctx) })
	}
	g.Go(func() error { return d.desking(ctx) })
	return g.Wait()
}

// desking opens the desk whenever Redis and the ledger in it are fit for it.
func (d *Daemon) desking(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := d.awaitRedis(ctx); err != nil || ctx.Err() != nil {
			return err
		}
		if err := d.awaitLedger(ctx); ctx.Err() != nil {
			return nil
		} else if err != nil {
			return err
		}
		err := d.open(ctx)
		var setup *SetupError
		if errors.As(err, &setup) {
			return err
		}
		if ctx.Err() == nil {
			d.log.Error("the desk is closed", "error", err)
		}
	}
	return nil
}

// open runs the desk until ctx ends or the ledger is lost.
func (d *Daemon) open(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	d.log.Info("the desk is open", "inboxes", len(d.inboxes), "levels", len(d.desk.Policy.Ladder), "web", cmp.Or(d.config.Web.Listen, "none"))
	for _, g := range d.desk.Policy.Gaps(d.now(), gapDays) {
		d.log.Warn("the ladder has a gap", "gap", g.What)
		d.raise(ctx, escalation.Alarm{At: d.now(), What: "ladder-gap", Ref: g.Region, Detail: g.What})
	}
	for _, w := range d.warnings {
		d.log.Warn("built-in letter used", "file", w.File, "error", w.Err)
		d.raise(ctx, escalation.Alarm{At: d.now(), What: "template", Ref: w.File, Detail: w.String()})
	}
	for _, box := range d.inboxes {
		g.Go(func() error { return asSetup(box.Run(ctx, &handler{d})) })
	}
	g.Go(func() error { return d.courier.Run(ctx) })
	g.Go(func() error { return d.tickLoop(ctx) })
	g.Go(func() error { return d.watchLedger(ctx) })
	g.Go(func() error { return d.watchInboxes(ctx) })
	g.Go(func() error { return d.retain(ctx) })
	err := g.Wait()
	d.log.Info("the desk is closed")
	return err
}

// probe tries each server once. A server that cannot be reached is tried again
// later; one that refuses us needs a person.
func (d *Daemon) probe(ctx context.Context) error {
	for i, box := range d.inboxes {
		_, err := box.Probe(ctx)
		if err := asSetup(err); err != nil {
			return err
		}
		if err != nil && ctx.Err() == nil {
			d.log.Warn("inbox not reached; trying on", "inbox", d.config.Inboxes[i].Name, "error", err)
		}
	}
	err := d.relay.Probe(ctx)
	var send *notify.SendError
	if errors.As(err, &send) && send.Class == notify.Auth {
		return &SetupError{fmt.Errorf("log in to the relay %s: %w; check smtp.url and its password", d.config.SMTP.URL.Address(), err)}
	}
	if err != nil && ctx.Err() == nil {
		d.log.Warn("relay not reached; trying on", "error", err)
	}
	return nil
}

// asSetup keeps only what a person must put right.
func asSetup(err error) error {
	var setup *inbox.SetupError
	if errors.As(err, &setup) && setup.Permanent {
		return &SetupError{err}
	}
	return nil
}

// awaitRedis waits until Redis is reached and fit for a ledger.
func (d *Daemon) awaitRedis(ctx context.Context) error {
	said := ""
	for ctx.Err() == nil {
		facts, err := ProbeRedis(ctx, d.rdb)
		if err == nil {
			return d.judgeRedis(facts)
		}
		d.redis.set(err)
		if text := err.Error(); text != said && ctx.Err() == nil {
			said = text
			d.log.Warn("Redis not reached; trying on, mails wait", "error", err)
		}
		pause(ctx, d.tick)
	}
	return nil
}

func (d *Daemon) judgeRedis(facts RedisFacts) error {
	d.redis.set(nil)
	trouble := facts.Trouble()
	switch {
	case trouble == nil:
		return nil
	case d.config.Redis.AllowVolatile:
		d.log.Warn("REDIS IS VOLATILE: escalations may be lost; redis.allow_volatile is set", "problem", trouble.Problem)
		return nil
	}
	return &SetupError{trouble}
}

// tickLoop has the desk do what time has made due.
func (d *Daemon) tickLoop(ctx context.Context) error {
	said := ""
	for ctx.Err() == nil {
		n, err := d.desk.Tick(ctx)
		switch {
		case err == nil:
			said = ""
		case err.Error() != said && ctx.Err() == nil:
			said = err.Error()
			d.log.Warn("nothing can be done just now; trying on", "error", err)
		}
		if n > 0 {
			d.wakeCourier()
		}
		pause(ctx, d.tick)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
