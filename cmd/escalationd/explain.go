package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"escalationd/escalation"
	"escalationd/escalation/hours"
	"escalationd/internal/config"
	"escalationd/internal/daemon"
)

// moment is a time on the command line (RFC 3339); zero means now.
type moment struct{ time.Time }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *moment) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("%q is no time like 2026-11-23T09:30:00Z", text)
	}
	m.Time = t
	return nil
}

func (m moment) orNow() time.Time { return cmp.Or(m.Time, time.Now()) }

type explainCmd struct {
	configFlag
	At       moment `placeholder:"TIME" help:"As if it arrived then (RFC 3339); now if not given."`
	Inbox    string `placeholder:"NAME" help:"As if it lay in this inbox; the first one if not given."`
	AsProven bool   `help:"As if the mail server had proven its sender."`
	JSON     bool   `help:"Print JSON."`
	File     string `arg:"" name:"mail" help:"A mail, or -."`
}

func (c *explainCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	c.Inbox = cmp.Or(c.Inbox, cfg.Inboxes[0].Name)
	var inboxes []string
	for _, i := range cfg.Inboxes {
		inboxes = append(inboxes, i.Name)
	}
	if !slices.Contains(inboxes, c.Inbox) {
		return usageError{fmt.Errorf("there is no inbox %q in the configuration; there are: %s", c.Inbox, strings.Join(inboxes, ", "))}
	}
	raw, err := readFile(c.File, s.in)
	if err != nil {
		return err
	}
	x, err := daemon.ExplainMail(ctx, cfg, raw, daemon.Supposed{Inbox: c.Inbox, At: c.At.orNow(), Proven: c.AsProven})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(x.Checks, func(c escalation.Check) bool { return c.Name == "sender" && !c.OK }) {
		fmt.Fprintln(s.err, "note: the file bears no proof of its sender; with --as-proven it is explained as if it did")
	}
	if c.JSON {
		e := json.NewEncoder(s.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(x)
	}
	return printExplanation(s.out, x)
}

func printExplanation(w io.Writer, x escalation.Explanation) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n", cmp.Or(string(x.Disposition), "waits"), x.Reason)
	for _, c := range x.Checks {
		mark := "ok"
		if !c.OK {
			mark = "NO"
		}
		fmt.Fprintf(&b, "  %s  %-12s %s\n", mark, c.Name, c.Detail)
	}
	if x.RespondBy != nil {
		fmt.Fprintf(&b, "\nfirst response due %s\n", when(*x.RespondBy))
	}
	printPlan(&b, x.Ladder)
	for _, n := range x.Notices {
		fmt.Fprintf(&b, "\n--- %s to %s\nSubject: %s\n\n%s", n.Kind, n.To, n.Subject, n.Text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func printPlan(b *strings.Builder, plan []escalation.Rung) {
	for i, r := range plan {
		to := strings.Join(r.To, ", ")
		above := plan[i+1:]
		switch {
		case r.Skipped && slices.ContainsFunc(above, func(r escalation.Rung) bool { return !r.Skipped }):
			to = "nobody: skipped, the next level is told in its place"
		case r.Skipped:
			to = "nobody: skipped, and nobody above"
		}
		fmt.Fprintf(b, "  level %d  %s  %s: %s\n", r.Level, when(r.At), r.Name, to)
	}
}

func when(t time.Time) string { return t.Format("Mon 2 Jan 2006 15:04 MST") }

type ladderCmd struct {
	Check   ladderCheckCmd   `cmd:"" help:"List the gaps: no contact, holidays that are no longer known."`
	Explain ladderExplainCmd `cmd:"" help:"Each interval that counts, and who would be told when."`
}

type ladderCheckCmd struct {
	configFlag
	Days int `default:"30" help:"How many days to look ahead (${default})."`
}

func (c *ladderCheckCmd) Run(s *streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	gaps, err := daemon.LadderGaps(cfg, time.Now(), c.Days)
	if err != nil {
		return usageError{err}
	}
	for _, g := range gaps {
		fmt.Fprintf(s.out, "%s  %s\n", g.From.Format(time.DateOnly), g.What)
	}
	if len(gaps) > 0 {
		return silentError{}
	}
	fmt.Fprintf(s.out, "no gaps in the next %d days\n", c.Days)
	return nil
}

type ladderExplainCmd struct {
	configFlag
	Severity int    `default:"1" help:"The case's severity (${default})."`
	Region   string `required:"" placeholder:"NAME" help:"A region of the configuration."`
	From     moment `placeholder:"TIME" help:"When the escalation opens (RFC 3339); now if not given."`
}

func (c *ladderExplainCmd) Run(s *streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	c.Region = strings.ToLower(c.Region)
	if !slices.Contains(daemon.RegionNames(cfg), c.Region) {
		return usageError{fmt.Errorf("there is no region %q; there are: %s", c.Region, strings.Join(daemon.RegionNames(cfg), ", "))}
	}
	if _, ok := cfg.Severities[c.Severity]; !ok {
		return usageError{fmt.Errorf("there is no severity %d; there are: %s", c.Severity, strings.Join(severities(cfg), ", "))}
	}
	policy, err := daemon.Policy(cfg)
	if err != nil {
		return usageError{err}
	}
	x := policy.LadderExplain(c.Severity, c.Region, c.From.orNow().Truncate(time.Minute))
	var b strings.Builder
	fmt.Fprintf(&b, "severity %d in %s, opened %s: first response due %s\n\n", x.Severity, x.Region, when(x.Opened), when(x.Target))
	for _, step := range x.Steps {
		b.WriteString("  " + stepText(step) + "\n")
	}
	b.WriteString("\n")
	printPlan(&b, x.Plan)
	_, err = io.WriteString(s.out, b.String())
	return err
}

func severities(cfg *config.Config) []string {
	var names []string
	for _, n := range slices.Sorted(maps.Keys(cfg.Severities)) {
		names = append(names, strconv.Itoa(n))
	}
	return names
}

func stepText(s hours.Step) string {
	switch s.Kind {
	case hours.Holiday:
		return fmt.Sprintf("holiday  %s: %s does not count", s.From.Format("Mon 2 Jan 2006"), s.Name)
	case hours.ClockChange:
		return fmt.Sprintf("clock    %s: goes %s by %s", when(s.From), forwardOrBack(s.Shift), config.Brief(s.Shift.Abs()))
	}
	return fmt.Sprintf("counts   %s to %s: %s", when(s.From), s.To.Format("15:04 MST"), config.Brief(s.Length()))
}

func forwardOrBack(shift time.Duration) string {
	if shift < 0 {
		return "back"
	}
	return "forward"
}
