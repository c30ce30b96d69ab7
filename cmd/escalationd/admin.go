package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"

	"escalationd/internal/daemon"
	"escalationd/mailparse"
)

// adminFlags are the flags of all commands for operators.
type adminFlags struct {
	configFlag
	JSON bool `help:"Print JSON."`
}

// actFlags are those of commands that change something.
type actFlags struct {
	adminFlags
	By string `placeholder:"NAME" help:"Who does this, for the journal; your login name if not given."`
}

// with opens what operators work with, and closes it after use.
func (f adminFlags) with(ctx context.Context, use func(*daemon.Admin) error) error {
	return f.open(ctx, "", use)
}

func (f actFlags) with(ctx context.Context, use func(*daemon.Admin) error) error {
	return f.open(ctx, f.operator(), use)
}

func (f adminFlags) open(ctx context.Context, operator string, use func(*daemon.Admin) error) error {
	cfg, err := f.load()
	if err != nil {
		return err
	}
	a, err := daemon.OpenAdmin(cfg, operator, time.Now)
	if err != nil {
		return usageError{err}
	}
	defer a.Close()
	if err := a.Reach(ctx); err != nil {
		return err
	}
	return use(a)
}

func (f actFlags) operator() string {
	if f.By != "" {
		return f.By
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return fmt.Sprint("uid ", os.Getuid())
}

// print writes JSON, or else the text.
func (f adminFlags) print(s *streams, v any, text string) error {
	if !f.JSON {
		_, err := fmt.Fprint(s.out, text)
		return err
	}
	e := json.NewEncoder(s.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

type whyCmd struct {
	adminFlags
	About string `arg:"" name:"case|message-id" help:"A case number, or a Message-ID."`
}

func (c *whyCmd) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, func(a *daemon.Admin) error {
		story, err := a.Why(ctx, c.About)
		if err != nil {
			return err
		}
		return c.print(s, story, story.String())
	})
}

type verifyCmd struct {
	actFlags
	WriteOff bool `help:"Take mails off the books that somebody removed from an inbox before they were decided."`
}

func (c *verifyCmd) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, func(a *daemon.Admin) error {
		v, err := a.Verify(ctx)
		if err == nil && c.WriteOff && len(v.Gone)+len(v.Again) > 0 {
			if _, err = a.WriteOff(ctx, v); err == nil {
				v, err = a.Verify(ctx)
			}
		}
		if err != nil {
			return err
		}
		if err := c.print(s, v, v.String()); err != nil {
			return err
		}
		if !v.OK() {
			return silentError{}
		}
		return nil
	})
}

type quarantineCmd struct {
	List   quarantineListCmd   `cmd:"" help:"Each held mail, why, and what to do."`
	Show   quarantineShowCmd   `cmd:"" help:"One mail with its text."`
	Retry  quarantineRetryCmd  `cmd:"" help:"Back to the inbox, to be judged again."`
	Reject quarantineRejectCmd `cmd:"" help:"Away to Processed, unanswered."`
}

type quarantineListCmd struct{ adminFlags }

func (c *quarantineListCmd) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, func(a *daemon.Admin) error {
		held, err := a.Quarantined(ctx)
		if err != nil {
			return err
		}
		return c.print(s, notNil(held), daemon.HeldList(held))
	})
}

type quarantineShowCmd struct {
	adminFlags
	Mail string `arg:"" help:"As list names it, INBOX:NUMBER."`
}

func (c *quarantineShowCmd) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, func(a *daemon.Admin) error {
		h, err := a.ShowQuarantined(ctx, c.Mail)
		if err != nil {
			return err
		}
		return c.print(s, h, h.String())
	})
}

type quarantineRetryCmd struct {
	actFlags
	AsProven bool     `help:"Its sender counts as proven: you know by other means who wrote it."`
	Mails    []string `arg:"" name:"mail" help:"As list names them, INBOX:NUMBER."`
}

func (c *quarantineRetryCmd) Run(ctx context.Context, s *streams) error {
	return c.each(ctx, s, c.Mails, "back in the inbox, to be judged again", func(a *daemon.Admin, ref string) (*daemon.Held, error) {
		return a.RetryQuarantined(ctx, ref, c.AsProven)
	})
}

type quarantineRejectCmd struct {
	actFlags
	Mails []string `arg:"" name:"mail" help:"As list names them, INBOX:NUMBER."`
}

func (c *quarantineRejectCmd) Run(ctx context.Context, s *streams) error {
	return c.each(ctx, s, c.Mails, "put away", func(a *daemon.Admin, ref string) (*daemon.Held, error) {
		return a.RejectQuarantined(ctx, ref)
	})
}

// each does something to mails; one that it cannot be done to does not keep
// the others from it.
func (f actFlags) each(ctx context.Context, s *streams, refs []string, said string, do func(*daemon.Admin, string) (*daemon.Held, error)) error {
	return f.with(ctx, func(a *daemon.Admin) error {
		var wrong []error
		done := []*daemon.Held{}
		for _, ref := range refs {
			h, err := do(a, ref)
			if err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %w", ref, err))
				continue
			}
			done = append(done, h)
			if !f.JSON {
				fmt.Fprintf(s.out, "%s: %s\n", ref, said)
			}
		}
		if f.JSON {
			wrong = append(wrong, f.print(s, done, ""))
		}
		return errors.Join(wrong...)
	})
}

type outboxCmd struct {
	List    outboxListCmd    `cmd:"" help:"What waits, what is parked, and why."`
	Retry   outboxRetryCmd   `cmd:"" help:"Send parked letters again."`
	Discard outboxDiscardCmd `cmd:"" help:"End letters that are parked or wait."`
}

type outboxListCmd struct{ adminFlags }

func (c *outboxListCmd) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, func(a *daemon.Admin) error {
		letters, err := a.Outbox(ctx)
		if err != nil {
			return err
		}
		return c.print(s, notNil(letters), daemon.OutboxList(letters))
	})
}

type outboxRetryCmd struct {
	actFlags
	Letters []string `arg:"" name:"letter" help:"As list names them; the word parked is all that are parked."`
}

func (c *outboxRetryCmd) Run(ctx context.Context, s *streams) error {
	return c.decide(ctx, s, "retry", "to be sent again", c.Letters)
}

type outboxDiscardCmd struct {
	actFlags
	Letters []string `arg:"" name:"letter" help:"As list names them; the word parked is all that are parked."`
}

func (c *outboxDiscardCmd) Run(ctx context.Context, s *streams) error {
	return c.decide(ctx, s, "discard", "discarded", c.Letters)
}

func (f actFlags) decide(ctx context.Context, s *streams, verb, said string, ids []string) error {
	return f.with(ctx, func(a *daemon.Admin) error {
		n, err := a.DecideLetters(ctx, verb, ids)
		if printed := f.print(s, map[string]int{"letters": n}, fmt.Sprintf("letters %s: %d\n", said, n)); printed != nil {
			return printed
		}
		return err
	})
}

type escalationsCmd struct {
	List    escalationsListCmd    `cmd:"" help:"All that go on, the next due first."`
	Show    whyCmd                `cmd:"" help:"The story of one, as why tells it."`
	Ack     escalationsAckCmd     `cmd:"" help:"A leader has taken it, and said so in another way than by mail."`
	Resolve escalationsResolveCmd `cmd:"" help:"It is done; customer and leaders are told."`
}

type escalationsListCmd struct{ adminFlags }

func (c *escalationsListCmd) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, func(a *daemon.Admin) error {
		files, err := a.Escalations(ctx)
		if err != nil {
			return err
		}
		return c.print(s, notNil(files), a.EscalationList(files))
	})
}

type escalationsAckCmd struct {
	actFlags
	Case string `arg:"" help:"The case number."`
	For  string `placeholder:"ADDRESS" help:"The leader who has it; not needed where only one has been told."`
}

func (c *escalationsAckCmd) Run(ctx context.Context, s *streams) error {
	return c.operate(ctx, s, mailparse.Ack, c.Case, c.For, "", "taken: the ladder has stopped, and the customer is told")
}

type escalationsResolveCmd struct {
	actFlags
	Case string `arg:"" help:"The case number."`
	For  string `placeholder:"ADDRESS" help:"The leader who says so; nobody if not given."`
	Text string `placeholder:"WORDS" help:"The outcome; customer and leaders read it."`
}

func (c *escalationsResolveCmd) Run(ctx context.Context, s *streams) error {
	return c.operate(ctx, s, mailparse.Resolve, c.Case, c.For, c.Text, "resolved: customer and leaders are told")
}

func (f actFlags) operate(ctx context.Context, s *streams, verb mailparse.Verb, number, leader, text, said string) error {
	return f.with(ctx, func(a *daemon.Admin) error {
		if err := a.Operate(ctx, verb, number, leader, text); err != nil {
			return err
		}
		return f.print(s, map[string]string{"case": number, "done": string(verb)}, number+" is "+said+"\n")
	})
}

type forgetCmd struct {
	actFlags
	Force   bool   `help:"Even where an escalation goes on; it does so without the person's words."`
	Address string `arg:"" help:"The person's mail address."`
}

func (c *forgetCmd) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, func(a *daemon.Admin) error {
		done, err := a.Forget(ctx, c.Address, c.Force)
		if err != nil {
			return err
		}
		return c.print(s, done, daemon.ForgottenText(done))
	})
}

// notNil makes an empty list print as [], not as null.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
