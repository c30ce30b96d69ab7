package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/term"

	"escalationd/escalation"
	"escalationd/internal/config"
	"escalationd/internal/daemon"
	"escalationd/internal/demo"
	"escalationd/internal/feed"
	"escalationd/mailparse"
)

// cli is the command line, for kong.
type cli struct {
	Demo    demoCmd    `cmd:"" help:"Everything in one process, to look at: mail servers, Redis, sample mails. With --once it ends after them."`
	Run     runCmd     `cmd:"" help:"Run the daemon."`
	Check   checkCmd   `cmd:"" help:"Try the configuration, each server, the templates and the ladder."`
	Config  configCmd  `cmd:"" help:"Print a commented, complete configuration."`
	Parse   parseCmd   `cmd:"" help:"Show what is read in a mail."`
	Explain explainCmd `cmd:"" help:"What a mail would do: each check, and the letters it would send."`
	Import  importCmd  `cmd:"" help:"Import cases or accounts from a CSV or NDJSON file."`
	Ledger  ledgerCmd  `cmd:"" help:"What to do after Redis has lost its data."`

	Why         whyCmd         `cmd:"" help:"The story of a case or a mail, and why."`
	Verify      verifyCmd      `cmd:"" help:"Whether the books add up."`
	Escalations escalationsCmd `cmd:"" help:"Look at escalations; take or resolve one by hand."`
	Outbox      outboxCmd      `cmd:"" help:"Letters that wait or are parked."`
	Quarantine  quarantineCmd  `cmd:"" help:"Mails that are held."`
	Forget      forgetCmd      `cmd:"" help:"Remove a person's address, name and words."`
	Templates   templatesCmd   `cmd:"" help:"The letters, and how to change them."`
	Ladder      ladderCmd      `cmd:"" help:"Whether the ladder has gaps, and how its targets are counted."`

	Version versionCmd `cmd:"" help:"Print the version."`
}

// configFlag is the flag of all commands that need the configuration.
type configFlag struct {
	Path string `name:"config" required:"" placeholder:"FILE" help:"The configuration file."`
}

// load reads the configuration; whatever is wrong with it ends with exit 2.
func (f configFlag) load() (*config.Config, error) {
	c, err := config.Load(f.Path)
	var mistake *config.Mistake
	switch {
	case errors.As(err, &mistake):
		return nil, usageError{fmt.Errorf("the configuration is wrong:\n%w", err)}
	case errors.Is(err, fs.ErrNotExist):
		return nil, usageError{fmt.Errorf("%w; escalationd config example prints one to start from", err)}
	case err != nil:
		return nil, usageError{err}
	}
	return c, nil
}

type demoCmd struct {
	Show       demoShowCmd `cmd:"" default:"withargs" help:"Play the samples and stay up; what demo does by itself."`
	Mailserver demoMailCmd `cmd:"" help:"Only an IMAP and SMTP server for trying things out."`
}

type demoShowCmd struct {
	Once bool `help:"End after the samples; exit 0 only if each ended as expected."`
}

func (c *demoShowCmd) Run(ctx context.Context, s *streams) error {
	return demo.Run(ctx, demo.Options{Once: c.Once, Out: s.out})
}

type demoMailCmd struct {
	IMAP string `default:"127.0.0.1:1143" placeholder:"ADDR" help:"Where IMAP listens (${default})."`
	SMTP string `default:"127.0.0.1:1025" placeholder:"ADDR" help:"Where SMTP listens (${default})."`
}

func (c *demoMailCmd) Run(ctx context.Context, s *streams) error {
	return demo.ServeMail(ctx, demo.MailOptions{IMAP: c.IMAP, SMTP: c.SMTP, Out: s.out})
}

type runCmd struct{ configFlag }

func (c *runCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	log := newLogger(cfg.Log, s.err)
	d, err := daemon.New(cfg, daemon.Options{Log: log})
	if err != nil {
		return usageError{err}
	}
	defer d.Close()
	err = d.Run(ctx)
	var setup *daemon.SetupError
	if errors.As(err, &setup) {
		return usageError{err}
	}
	return err
}

// newLogger logs text to a terminal and JSON elsewhere, unless told otherwise.
func newLogger(c config.Log, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.Level}
	f, isFile := w.(*os.File)
	terminal := isFile && term.IsTerminal(int(f.Fd()))
	if c.Format == config.LogJSON || c.Format == config.LogAuto && !terminal {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

type checkCmd struct{ configFlag }

func (c *checkCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if !daemon.Check(ctx, cfg, s.out) {
		return silentError{}
	}
	return nil
}

type configCmd struct {
	Example struct{} `cmd:"" help:"A configuration that check accepts, with each key explained."`
}

func (c *configCmd) Run(s *streams) error {
	_, err := s.out.Write(config.Example())
	return err
}

type parseCmd struct {
	Path  string   `name:"config" placeholder:"FILE" help:"Read as this configuration asks: its labels, case numbers and own address."`
	JSON  bool     `help:"Print one JSON object a mail, each on a line."`
	Files []string `arg:"" optional:"" name:"file" help:"Mails; - or none is standard input."`
}

func (c *parseCmd) Run(s *streams) error {
	if len(c.Files) == 0 {
		c.Files = []string{"-"}
	}
	parse := mailparse.Parse
	if c.Path != "" {
		cfg, err := configFlag{c.Path}.load()
		if err != nil {
			return err
		}
		parse = daemon.Parser(cfg).Parse
	}
	var unread []error
	for _, name := range c.Files {
		raw, err := readFile(name, s.in)
		if err != nil {
			unread = append(unread, err)
			continue
		}
		if err := c.print(s, name, raw, parse); err != nil {
			return err
		}
	}
	return errors.Join(unread...)
}

// readFile reads a file that the command line names, or standard input.
func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, usageError{err}
	}
	return raw, nil
}

func (c *parseCmd) print(s *streams, name string, raw []byte, parse func([]byte) (mailparse.Message, error)) error {
	m, unread := parse(raw)
	if !c.JSON {
		return printMessage(s.out, name, m, unread)
	}
	out := struct {
		File string `json:"file,omitempty"`
		mailparse.Summary
		Error string `json:"error,omitempty"`
	}{Summary: m.Summary()}
	if len(c.Files) > 1 {
		out.File = name
	}
	if unread != nil {
		out.Error = unread.Error()
	}
	e := json.NewEncoder(s.out)
	e.SetEscapeHTML(false)
	return e.Encode(out)
}

type importCmd struct {
	Cases    importCasesCmd    `cmd:"" help:"Import support cases."`
	Accounts importAccountsCmd `cmd:"" help:"Import customer accounts with their representatives."`
}

type importCasesCmd struct {
	configFlag
	File string `arg:"" help:"A .csv or .ndjson file, or -."`
}

func (c *importCasesCmd) Run(ctx context.Context, s *streams) error {
	return table[escalation.Case]{"cases", feed.Cases, daemon.CaseNotes, (*daemon.Feed).PutCases}.load(ctx, s, c.configFlag, c.File)
}

type importAccountsCmd struct {
	configFlag
	File string `arg:"" help:"A .csv or .ndjson file, or -."`
}

func (c *importAccountsCmd) Run(ctx context.Context, s *streams) error {
	return table[escalation.Account]{"accounts", feed.Accounts, daemon.AccountNotes, (*daemon.Feed).PutAccounts}.load(ctx, s, c.configFlag, c.File)
}

// table is one kind of case data.
type table[T any] struct {
	name  string
	read  func(io.Reader, string) ([]T, error)
	notes func(*config.Config, []T) ([]string, error) // what in good rows the configuration does not fit
	put   func(*daemon.Feed, context.Context, []T) error
}

// load imports a file. All rows are read before the first is written: a file
// with a bad row changes nothing.
func (t table[T]) load(ctx context.Context, s *streams, f configFlag, name string) error {
	cfg, err := f.load()
	if err != nil {
		return err
	}
	in := s.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return usageError{err}
		}
		defer file.Close()
		in = file
	}
	rows, err := t.read(in, filepath.Base(name))
	if err != nil {
		return fmt.Errorf("nothing was imported:\n%w", err)
	}
	notes, err := t.notes(cfg, rows)
	if err != nil {
		return usageError{err}
	}
	to := daemon.OpenFeed(cfg)
	defer to.Close()
	if err := t.put(to, ctx, rows); err != nil {
		return err
	}
	what := t.name
	if len(rows) == 1 {
		what = strings.TrimSuffix(what, "s")
	}
	fmt.Fprintf(s.out, "%d %s imported\n", len(rows), what)
	for _, note := range notes {
		fmt.Fprintln(s.err, "note:", note)
	}
	return nil
}

type ledgerCmd struct {
	Accept ledgerAcceptCmd `cmd:"" help:"Go on with what Redis holds now; the daemon may be running."`
}

type ledgerAcceptCmd struct{ configFlag }

func (c *ledgerAcceptCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if err := daemon.AcceptLedger(ctx, cfg); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "accepted: the desk goes on with what Redis holds now")
	return nil
}

type versionCmd struct{}

func (versionCmd) Run(s *streams) error {
	_, err := fmt.Fprintln(s.out, "escalationd", daemon.Version(), runtime.Version())
	return err
}

// printMessage shows a mail to a person.
func printMessage(w io.Writer, name string, m mailparse.Message, unread error) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", name)
	line := func(label, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %-32s %s\n", label, strings.ReplaceAll(value, "\n", "\n"+strings.Repeat(" ", 35)))
		}
	}
	line("From", m.From.Addr)
	line("Subject", m.Subject)
	if !m.Date.IsZero() {
		line("Date", m.Date.Format(time.RFC1123Z))
	}
	if m.Automatic != "" {
		line("Automatic", string(m.Automatic)+" ("+m.AutomaticReason+")")
	}
	if m.Command != nil {
		line("Command", strings.ToUpper(string(m.Command.Verb)))
	}
	for i, f := range m.Forms {
		fmt.Fprintf(&b, "  Form %d\n", i+1)
		line("  Case Number", f.CaseNumber)
		line("  Expected Next Step", f.NextStep)
		line("  Point of Contact", f.POC)
		line("  Phone Number or Email for POC", f.POCContact)
		for _, c := range f.Contacts {
			line("    "+string(c.Kind), c.Value)
		}
		line("  Additional Comments", f.Comments)
	}
	for _, p := range m.Problems {
		line("Problem", fmt.Sprintf("form %d: %s is %s", p.Form+1, escalation.Label(p.Field), p.Reason))
	}
	if len(m.Forms) == 0 {
		line("Form", "none")
	}
	for _, d := range m.Defects {
		line("Damage", d)
	}
	if unread != nil {
		line("Not read", unread.Error())
	}
	_, err := io.WriteString(w, b.String())
	return err
}
