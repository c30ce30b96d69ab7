package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"slices"

	"escalationd/escalation"
	"escalationd/templates"
)

type templatesCmd struct {
	List    templatesListCmd    `cmd:"" help:"Each letter, and whose wording it has."`
	Lint    templatesLintCmd    `cmd:"" help:"Word samples with your files; exit 1 if one is wrong."`
	Preview templatesPreviewCmd `cmd:"" help:"Show a letter worded with sample data."`
	Export  templatesExportCmd  `cmd:"" help:"Write a built-in letter for you to change."`
}

type templatesListCmd struct{ configFlag }

func (c *templatesListCmd) Run(s *streams) error {
	set, _, err := c.templates()
	if err != nil {
		return err
	}
	for _, kind := range escalation.Kinds() {
		whose := "built in"
		if slices.Contains(set.Overridden(), kind) {
			whose = "yours"
		}
		fmt.Fprintf(s.out, "%-12s %s\n", kind, whose)
	}
	return nil
}

// templates loads the letters that a configuration words.
func (f configFlag) templates() (*templates.Set, []templates.Warning, error) {
	cfg, err := f.load()
	if err != nil {
		return nil, nil, err
	}
	set, warnings, err := templates.Load(cfg.Templates)
	if err != nil {
		return nil, nil, usageError{err}
	}
	return set, warnings, nil
}

type templatesLintCmd struct{ configFlag }

func (c *templatesLintCmd) Run(s *streams) error {
	set, warnings, err := c.templates()
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Fprintln(s.out, w.String())
	}
	if len(warnings) > 0 {
		return silentError{}
	}
	fmt.Fprintf(s.out, "all letters can be worded; %d of them by your files\n", len(set.Overridden()))
	return nil
}

type templatesPreviewCmd struct {
	configFlag
	HTML bool   `name:"html" help:"Print the HTML part."`
	Kind string `arg:"" help:"A letter; templates list names them."`
}

func (c *templatesPreviewCmd) Run(s *streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	set, _, err := templates.Load(cfg.Templates)
	if err != nil {
		return usageError{err}
	}
	for _, n := range templates.Samples() {
		if string(n.Kind) == c.Kind {
			return c.print(s, set, n, cfg.SMTP.From)
		}
	}
	return usageError{fmt.Errorf("there is no letter %q", c.Kind)}
}

func (c *templatesPreviewCmd) print(s *streams, set *templates.Set, n escalation.Notice, from mail.Address) error {
	words, err := set.Render(n, from)
	if err != nil {
		return err
	}
	if c.HTML {
		_, err = fmt.Fprint(s.out, words.HTML)
		return err
	}
	_, err = fmt.Fprintf(s.out, "Subject: %s\n\n%s", words.Subject, words.Text)
	return err
}

type templatesExportCmd struct {
	Name string `arg:"" help:"A letter or layout.tmpl."`
	Dir  string `arg:"" optional:"" type:"existingdir" help:"Where to; standard output if not given."`
}

func (c *templatesExportCmd) Run(s *streams) error {
	name := c.Name
	if filepath.Ext(name) == "" {
		name += ".tmpl"
	}
	text, err := templates.Source(name)
	if err != nil {
		return usageError{err}
	}
	if c.Dir == "" {
		_, err = s.out.Write(text)
		return err
	}
	path := filepath.Join(c.Dir, name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; it was left as it is", path)
	}
	if err != nil {
		return err
	}
	if _, err = f.Write(text); err == nil {
		fmt.Fprintln(s.out, path)
	}
	return errors.Join(err, f.Close())
}
