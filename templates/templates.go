// Package templates words the desk's letters. One file a letter is embedded,
// and a file of the same name in a directory of the user's replaces it. What
// is wrong with such a file is found when it is loaded, by wording samples
// with it; then, and whenever it fails later, the built-in letter is used.
package templates

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"net/mail"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	texttemplate "text/template"

	"escalationd/escalation"
)

//go:embed *.tmpl
var embedded embed.FS

// Set holds a wording for every letter. It does not change after Load and is
// safe for concurrent use.
type Set struct {
	builtIn map[escalation.Kind]*letter
	own     map[escalation.Kind]*letter // the user's, where there is one
}

// Words is a letter in words. Subject is one line; Text and HTML say the same
// and end their lines with \n.
type Words struct {
	Subject string
	Text    string
	HTML    string
	// Fallback says why the user's file could not word this letter, and the
	// built-in one did. Operators want to know it.
	Fallback error
}

// Warning is what is wrong with one file of the user's; the built-in wording
// is used in its place.
type Warning struct {
	File string
	Err  error
}

// String is the warning as a sentence for operators.
func (w Warning) String() string {
	return fmt.Sprintf("template %s is not used: %v", w.File, w.Err)
}

// Words reports whether the file was meant to word a letter: it is the
// letter's own, or the layout of all.
func (w Warning) Words(kind string) bool {
	name := filepath.Base(w.File)
	return name == kind+".tmpl" || name == layoutFile
}

// Load reads the embedded letters and, unless dir is empty, the user's *.tmpl
// files in dir. The error is about dir itself; what is wrong with a file is a
// Warning.
func Load(dir string) (*Set, []Warning, error) {
	s := &Set{builtIn: map[escalation.Kind]*letter{}, own: map[escalation.Kind]*letter{}}
	for _, kind := range escalation.Kinds() {
		ours, err := builtIn(kind)
		if err != nil {
			return nil, nil, err
		}
		if s.builtIn[kind], err = parseLetter(kind, ours); err != nil {
			return nil, nil, fmt.Errorf("parse the built-in letter %s: %w", kind, err)
		}
	}
	if dir == "" {
		return s, nil, nil
	}
	files, warnings, err := readDir(dir)
	if err != nil {
		return nil, nil, err
	}
	return s, append(warnings, s.override(files)...), nil
}

// Overridden lists the letters that a file of the user's words.
func (s *Set) Overridden() []escalation.Kind {
	var kinds []escalation.Kind
	for _, k := range escalation.Kinds() {
		if s.own[k] != nil {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// Render words a notice as a letter from the desk at from. A file of the
// user's that fails is replaced by the built-in one, and Words.Fallback says
// so; the error means that not even that could word it.
func (s *Set) Render(n escalation.Notice, from mail.Address) (Words, error) {
	data := NewData(n, from)
	var fallback error
	if own := s.own[n.Kind]; own != nil {
		words, err := own.render(data)
		if err == nil {
			return words, nil
		}
		fallback = err
	}
	l := s.builtIn[n.Kind]
	if l == nil {
		return Words{}, fmt.Errorf("word notice %s: no letter of kind %q", n.ID, n.Kind)
	}
	words, err := l.render(data)
	if err != nil {
		return Words{}, fmt.Errorf("word notice %s: %w", n.ID, err)
	}
	words.Fallback = fallback
	return words, nil
}

// Source is the text of a built-in file, "layout.tmpl" or a letter's: what
// `templates export` writes for the user to change.
func Source(name string) ([]byte, error) {
	return embedded.ReadFile(name)
}

// Files lists the names of the built-in files.
func Files() []string {
	names := []string{layoutFile}
	for _, k := range escalation.Kinds() {
		names = append(names, string(k)+".tmpl")
	}
	return names
}

const (
	layoutFile  = "layout.tmpl"
	maxFileSize = 256 << 10
	maxLetter   = 512 << 10 // octets of one part
)

var errUnknownLetter = errors.New("there is no letter of that name")

type source struct {
	name string
	text []byte
}

// readDir reads the *.tmpl files of dir, in the order of their names.
func readDir(dir string) ([]source, []Warning, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("read template directory: %w; make it, or remove `templates` from the configuration", err)
	}
	var files []source
	var warnings []Warning
	for _, e := range entries {
		if path.Ext(e.Name()) != ".tmpl" {
			continue
		}
		name := filepath.Join(dir, e.Name())
		text, err := readFile(name)
		switch {
		case !slices.Contains(Files(), e.Name()):
			warnings = append(warnings, Warning{name, errUnknownLetter})
		case err != nil:
			warnings = append(warnings, Warning{name, err})
		default:
			files = append(files, source{name, text})
		}
	}
	return files, warnings, nil
}

func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: %w", name, fs.ErrInvalid)
	}
	if info.Size() > maxFileSize {
		return nil, fmt.Errorf("%d bytes are too many, at most %d are read", info.Size(), maxFileSize)
	}
	return os.ReadFile(name)
}

// override takes the user's files in place of ours, each only if all letters
// it words can be worded with it.
func (s *Set) override(files []source) (warnings []Warning) {
	var layout []source
	if i := slices.IndexFunc(files, func(f source) bool { return filepath.Base(f.name) == layoutFile }); i >= 0 {
		layout = files[i : i+1 : i+1]
		for _, kind := range escalation.Kinds() {
			l, err := try(kind, layout)
			if err != nil {
				warnings = append(warnings, Warning{files[i].name, err})
				clear(s.own)
				layout = nil
				break
			}
			s.own[kind] = l
		}
		files = slices.Concat(files[:i], files[i+1:])
	}
	for _, f := range files {
		kind := escalation.Kind(strings.TrimSuffix(filepath.Base(f.name), ".tmpl"))
		l, err := try(kind, slices.Concat(layout, []source{f}))
		if err != nil {
			warnings = append(warnings, Warning{f.name, err})
			continue
		}
		s.own[kind] = l
	}
	return warnings
}

// try words one letter with the user's files over ours, so that a block they
// do not define is ours. It fails unless all samples can be worded.
func try(kind escalation.Kind, theirs []source) (*letter, error) {
	if err := mustDefine(theirs[len(theirs)-1]); err != nil {
		return nil, err
	}
	ours, err := builtIn(kind)
	if err != nil {
		return nil, err
	}
	l, err := parseLetter(kind, slices.Concat(ours, theirs))
	if err != nil {
		return nil, err
	}
	if last := theirs[len(theirs)-1]; filepath.Base(last.name) != layoutFile {
		if err := mustMatter(last, l.used); err != nil {
			return nil, err
		}
	}
	for _, n := range samplesOf(kind) {
		if _, err := l.render(NewData(n, sampleDesk())); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// builtIn are the embedded files that word a letter.
func builtIn(kind escalation.Kind) ([]source, error) {
	var sources []source
	for _, name := range []string{layoutFile, string(kind) + ".tmpl"} {
		text, err := embedded.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the built-in file: %w", err)
		}
		sources = append(sources, source{name, text})
	}
	return sources, nil
}

// letter is one kind's wording, parsed twice from the same text: once for the
// subject and the text part, once for the HTML part with its escaping.
type letter struct {
	kind escalation.Kind
	used map[string]bool // names of blocks
	text *texttemplate.Template
	html *htmltemplate.Template
}

func parseLetter(kind escalation.Kind, sources []source) (*letter, error) {
	z := &zones{}
	l := &letter{
		kind: kind, used: map[string]bool{},
		text: texttemplate.New(string(kind)).Funcs(functions(z, false)).Option("missingkey=error"),
		html: htmltemplate.New(string(kind)).Funcs(functions(z, true)).Option("missingkey=error"),
	}
	for _, src := range sources {
		name := filepath.Base(src.name)
		if _, err := l.text.New(name).Parse(string(src.text)); err != nil {
			return nil, err
		}
		if _, err := l.html.New(name).Parse(string(src.text)); err != nil {
			return nil, err
		}
	}
	for _, block := range []string{"subject", "text", "html"} {
		if l.text.Lookup(block) == nil {
			return nil, fmt.Errorf("block %q is not defined", block)
		}
		if err := bounded(l.text, block, l.used); err != nil {
			return nil, err
		}
	}
	flatten(textTrees(l.text), false)
	flatten(htmlTrees(l.html), true)
	return l, nil
}

func (l *letter) render(d Data) (Words, error) {
	f := d.fields()
	subject, err := execute(l.text, "subject", f)
	if err != nil {
		return Words{}, err
	}
	text, err := execute(l.text, "text", f)
	if err != nil {
		return Words{}, err
	}
	html, err := execute(l.html, "html", f)
	if err != nil {
		return Words{}, err
	}
	return Words{Subject: d.subject(subject), Text: tidy(text), HTML: strings.TrimSpace(html) + "\n"}, nil
}
