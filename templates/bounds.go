package templates

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
)

// A letter must be worded in bounded time and memory, whatever the user's
// file says: templates cannot be stopped from outside. So the language is
// smaller than Go's: only the functions listed, no arguments to fields, loops
// over lists alone (not over numbers), no recursion, and a ceiling for the
// steps that the whole can take. The output is limited beside that.

const (
	maxSteps  = 200_000
	loopSteps = 64 // as how many rounds a loop counts
)

var errTooLong = fmt.Errorf("the letter is longer than %d bytes", maxLetter)

type executor interface {
	ExecuteTemplate(w io.Writer, name string, data any) error
}

// execute words one block, up to maxLetter octets.
func execute(t executor, block string, d fields) (string, error) {
	var w limited
	if err := t.ExecuteTemplate(&w, block, d); err != nil {
		return "", plainly(err)
	}
	return w.String(), nil
}

var noField = regexp.MustCompile(`^(?:html/)?template: (\S+): executing .* at <.*>: map has no entry for key "(\w+)"$`)

// plainly says the commonest mistake in a letter in the words of whoever
// made it.
func plainly(err error) error {
	if m := noField.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("%s: there is no field .%s; docs/letters.md lists those there are", m[1], m[2])
	}
	return err
}

type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxLetter {
		return 0, errTooLong
	}
	return l.Buffer.Write(p)
}

// WriteString keeps the limit for callers that look for it.
func (l *limited) WriteString(s string) (int, error) {
	return l.Write([]byte(s))
}

var definesBlock = regexp.MustCompile(`\{\{-?\s*(?:define|block)\s+(?:"([^"]*)"|` + "`([^`]*)`)")

func mustDefine(src source) error {
	if !definesBlock.Match(src.text) {
		return errors.New(`it defines no block: {{define "subject"}}, {{define "text"}}, {{define "html"}}`)
	}
	return nil
}

// mustMatter refuses a file that changes nothing in a letter, as its blocks
// have names that the letter does not use.
func mustMatter(src source, used map[string]bool) error {
	var names []string
	for _, m := range definesBlock.FindAllSubmatch(src.text, -1) {
		names = append(names, string(m[1])+string(m[2]))
	}
	if slices.ContainsFunc(names, func(name string) bool { return used[name] }) {
		return nil
	}
	slices.Sort(names)
	known := slices.Sorted(maps.Keys(used))
	known = slices.DeleteFunc(known, func(name string) bool { return strings.HasPrefix(name, "/") }) // ends of elements
	return fmt.Errorf("the letter uses none of its blocks: %s; it uses %s", strings.Join(names, ", "), strings.Join(known, ", "))
}

// bounded refuses a block that could take too many steps, and notes which
// blocks it uses.
func bounded(t *template.Template, block string, used map[string]bool) error {
	b := &bounds{set: t, steps: map[string]int{}, allowed: allowed()}
	steps, err := b.template(block)
	if err != nil {
		return err
	}
	if steps > maxSteps {
		return fmt.Errorf("block %q could take %d steps, at most %d are allowed: fewer loops within loops", block, steps, maxSteps)
	}
	for name := range b.steps {
		used[name] = true
	}
	return nil
}

type bounds struct {
	set   *template.Template
	steps map[string]int // -1 while a template is being counted
	file  *parse.Tree    // that is being counted

	allowed []string // functions
}

func (b *bounds) template(name string) (int, error) {
	if n, ok := b.steps[name]; ok {
		if n < 0 {
			return 0, fmt.Errorf("block %q calls itself", name)
		}
		return n, nil
	}
	t := b.set.Lookup(name)
	if t == nil || t.Tree == nil {
		return 0, fmt.Errorf("block %q is not defined", name)
	}
	b.steps[name] = -1
	outer := b.file
	b.file = t.Tree
	n, err := b.list(t.Root)
	b.file = outer
	if err != nil {
		return 0, err
	}
	b.steps[name] = n
	return n, nil
}

func (b *bounds) list(l *parse.ListNode) (int, error) {
	if l == nil {
		return 0, nil
	}
	sum := 0
	for _, node := range l.Nodes {
		n, err := b.node(node)
		if err != nil {
			return 0, err
		}
		if sum += n; sum > maxSteps {
			return maxSteps + 1, nil
		}
	}
	return sum, nil
}

func (b *bounds) node(node parse.Node) (int, error) {
	switch n := node.(type) {
	case *parse.ActionNode:
		return 1, b.pipe(n.Pipe)
	case *parse.IfNode:
		return b.branch(&n.BranchNode, 1)
	case *parse.WithNode:
		return b.branch(&n.BranchNode, 1)
	case *parse.RangeNode:
		if err := b.overList(n.Pipe); err != nil {
			return 0, err
		}
		return b.branch(&n.BranchNode, loopSteps)
	case *parse.TemplateNode:
		if err := b.pipe(n.Pipe); err != nil {
			return 0, err
		}
		steps, err := b.template(n.Name)
		return steps + 1, err
	}
	return 1, nil
}

func (b *bounds) branch(n *parse.BranchNode, times int) (int, error) {
	if err := b.pipe(n.Pipe); err != nil {
		return 0, err
	}
	yes, err := b.list(n.List)
	if err != nil {
		return 0, err
	}
	no, err := b.list(n.ElseList)
	return 1 + yes*times + no, err
}

// pipe allows calls of the functions we know, and fields without arguments.
func (b *bounds) pipe(p *parse.PipeNode) error {
	if p == nil {
		return nil
	}
	for i, cmd := range p.Cmds {
		for j, arg := range cmd.Args {
			switch a := arg.(type) {
			case *parse.IdentifierNode:
				if !slices.Contains(b.allowed, a.Ident) {
					return b.refuse(a, fmt.Sprintf("function %q is not allowed", a.Ident))
				}
			case *parse.PipeNode:
				if err := b.pipe(a); err != nil {
					return err
				}
			case *parse.FieldNode, *parse.ChainNode, *parse.VariableNode:
				if j == 0 && (i > 0 || len(cmd.Args) > 1) {
					return b.refuse(a, "a field takes no arguments")
				}
				if chain, ok := a.(*parse.ChainNode); ok {
					if inner, ok := chain.Node.(*parse.PipeNode); ok {
						if err := b.pipe(inner); err != nil {
							return err
						}
					}
				}
			}
		}
	}
	return nil
}

// overList allows loops over a field and over what a function of ours lists.
func (b *bounds) overList(p *parse.PipeNode) error {
	if len(p.Cmds) == 1 {
		switch first := p.Cmds[0].Args[0].(type) {
		case *parse.FieldNode:
			return nil
		case *parse.VariableNode:
			if len(first.Ident) > 1 {
				return nil
			}
		case *parse.IdentifierNode:
			if slices.Contains(listing(), first.Ident) {
				return nil
			}
		}
	}
	return b.refuse(p, "range goes over a field that is a list, nothing else")
}

func (b *bounds) refuse(n parse.Node, why string) error {
	location, _ := b.file.ErrorContext(n)
	return fmt.Errorf("%s: %s", location, why)
}
