package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"slices"

	"escalationd/escalation"
	"escalationd/internal/daemon"
	"escalationd/templates"
)

type templatesCmd struct {
	List    templatesListCmd    `cmd:"" help:"Each letter, and whose wording it has."`
	Lint    templatesLintCmd    `cmd:"" help:"Word samples with your files; exit 1 if one is wrong."`
	Preview templatesPreviewCmd `cmd:"" help:"Show a letter worded with sample data."`
	Export  templatesExportCmd  `cmd:"" help:"Write a built-in letter for you to change."`
}

// lettersFlag names the configuration whose letters are meant.
type lettersFlag struct {
	Path string `name:"config" placeholder:"FILE" help:"The configuration file; if not given, the built-in letters."`
}

// letters loads them, and says who they are from.
func (f lettersFlag) letters() (set *templates.Set, warnings []templates.Warning, from mail.Address, err error) {
	dir := ""
	from = mail.Address{Name: "Enterprise Support", Address: "escalations@example.com"}
	if f.Path != "" {
		cfg, err := configFlag(f).load()
		if err != nil {
			return nil, nil, from, err
		}
		dir, from = cfg.Templates, cfg.SMTP.From
	}
	if set, warnings, err = templates.Load(dir); err != nil {
		return nil, nil, from, usageError{err}
	}
	return set, warnings, from, nil
}

type templatesListCmd struct{ lettersFlag }

func (c *templatesListCmd) Run(s *streams) error {
	set, warnings, _, err := c.letters()
	if err != nil {
		return err
	}
	for _, kind := range escalation.Kinds() {
		whose := "built in"
		if slices.Contains(set.Overridden(), kind) {
			whose = "yours"
		}
		for _, w := range warnings {
			if w.Words(string(kind)) {
				whose += "; " + filepath.Base(w.File) + " is not used, templates lint says why"
			}
		}
		fmt.Fprintf(s.out, "%-12s %s\n", kind, whose)
	}
	return nil
}

type templatesLintCmd struct{ lettersFlag }

func (c *templatesLintCmd) Run(s *streams) error {
	set, warnings, _, err := c.letters()
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Fprintln(s.out, w.String())
	}
	if len(warnings) > 0 {
		return silentError{}
	}
	fmt.Fprintln(s.out, daemon.WordedText(set))
	return nil
}

type templatesPreviewCmd struct {
	lettersFlag
	HTML bool   `name:"html" help:"Print the HTML part."`
	Kind string `arg:"" help:"A letter; templates list names them."`
}

func (c *templatesPreviewCmd) Run(s *streams) error {
	set, warnings, from, err := c.letters()
	if err != nil {
		return err
	}
	samples := templates.Samples()
	i := slices.IndexFunc(samples, func(n escalation.Notice) bool { return string(n.Kind) == c.Kind })
	if i < 0 {
		return noLetter(c.Kind)
	}
	words, err := set.Render(samples[i], from)
	if err != nil {
		return err
	}
	if c.Path == "" {
		fmt.Fprintln(s.err, "note: this is the built-in letter; with --config FILE it is yours")
	}
	shown := words.HTML
	if !c.HTML {
		shown = fmt.Sprintf("Subject: %s\n\n%s", words.Subject, words.Text)
	}
	if _, err := io.WriteString(s.out, shown); err != nil {
		return err
	}
	return unused(warnings, c.Kind)
}

// unused says that a letter was not worded by the user's files, and why.
func unused(warnings []templates.Warning, kind string) error {
	var wrong []error
	for _, w := range warnings {
		if w.Words(kind) {
			wrong = append(wrong, errors.New(w.String()))
		}
	}
	return errors.Join(wrong...)
}

func noLetter(name string) error {
	return usageError{fmt.Errorf("there is no letter %q; escalationd templates list names them", name)}
}

type templatesExportCmd struct {
	Name string `arg:"" help:"A letter or layout.tmpl."`
	Dir  string `arg:"" optional:"" type:"path" help:"The folder to write it to, made if need be; standard output if not given."`
}

func (c *templatesExportCmd) Run(s *streams) error {
	name := c.Name
	if filepath.Ext(name) == "" {
		name += ".tmpl"
	}
	text, err := templates.Source(name)
	if err != nil {
		return noLetter(c.Name)
	}
	if c.Dir == "" {
		_, err = s.out.Write(text)
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
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
