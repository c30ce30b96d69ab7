package config

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// parse makes a tree of the YAML in data; nil when that is not possible, with
// the reason reported. The parser's own words on an error are used, but never
// the lines it would show around it: they may hold anything.
func (r *report) parse(data []byte) ast.Node {
	switch {
	case len(data) > maxFile:
		r.addLine(1, "the file is larger than %d bytes", maxFile)
		return nil
	case !utf8.Valid(data):
		n := 1
		for l := range bytes.Lines(data) {
			if !utf8.Valid(l) {
				break
			}
			n++
		}
		r.addLine(n, "this line is not UTF-8 text")
		return nil
	case isDeep(data):
		r.addLine(1, "the file is nested deeper than any configuration")
		return nil
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	file, err := parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.addSyntax(err)
		return nil
	}
	var docs []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil && d.Body.Type() != ast.NullType {
			docs = append(docs, d.Body)
		}
	}
	switch len(docs) {
	case 0:
		r.addLine(1, "the file is empty; escalationd config example prints one to start from")
		return nil
	case 1:
		return docs[0]
	default:
		r.addLine(line(docs[1]), "a second document begins here; a configuration is one")
		return nil
	}
}

var deepBlock = regexp.MustCompile(`(?m)^ *(?:[-?:] +){50}`)

// isDeep finds nesting on which the parser would spend minutes: more than a
// hundred brackets or fifty list items inside each other.
func isDeep(data []byte) bool {
	depth := 0
	for _, c := range data {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		}
		if depth > 100 {
			return true
		}
	}
	return deepBlock.Match(data)
}

func (r *report) addSyntax(err error) {
	var e yaml.Error
	if !errors.As(err, &e) || e.GetToken() == nil || e.GetToken().Position == nil {
		r.addLine(1, "this is not YAML")
		return
	}
	r.addLine(e.GetToken().Position.Line, "this is not YAML: %s", strings.ReplaceAll(e.GetMessage(), "\t", `\t`))
}

// binder puts the values of a YAML tree into the fields of a Config by their
// yaml tags.
type binder struct {
	*report
	dir     string
	anchors map[string]ast.Node
	visited int
}

// maxNodes bounds what aliases can blow up.
const maxNodes = 100_000

func (b *binder) bindRoot(root ast.Node, c *Config) {
	b.anchors = map[string]ast.Node{}
	ast.Walk(anchorFinder(b.anchors), root)
	b.bind("", root, reflect.ValueOf(c).Elem(), option{})
}

// anchorFinder notes the anchors of a tree.
type anchorFinder map[string]ast.Node

// Visit implements ast.Visitor.
func (f anchorFinder) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok {
		f[a.Name.GetToken().Value] = a.Value
	}
	return f
}

// bind puts node into v. Nothing at all (null) leaves the default.
func (b *binder) bind(path string, node ast.Node, v reflect.Value, o option) {
	if b.visited++; b.visited > maxNodes {
		b.settled[path] = true
		if b.visited == maxNodes+1 {
			b.addLine(line(node), "the file is too large once its aliases are followed")
		}
		return
	}
	node = b.resolve(path, node)
	if node == nil || node.Type() == ast.NullType {
		return
	}
	if set := setter(v.Addr().Interface()); set != nil {
		b.bindScalar(path, node, set, v, o)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		b.bind(path, node, v.Elem(), o)
	case reflect.Struct:
		b.bindStruct(path, node, v)
	case reflect.Map:
		b.bindMap(path, node, v, o)
	case reflect.Slice:
		b.bindSlice(path, node, v)
	default:
		panic("config: no way to read a " + v.Type().String())
	}
}

// resolve follows aliases and anchors to what they stand for.
func (b *binder) resolve(path string, node ast.Node) ast.Node {
	for range 10 {
		switch n := node.(type) {
		case *ast.AnchorNode:
			node = n.Value
		case *ast.AliasNode:
			node = b.anchors[n.Value.GetToken().Value]
			if node == nil {
				b.add(path, "%s: there is no anchor of that name", path)
			}
		default:
			return node
		}
	}
	b.add(path, "%s: this alias leads to itself", path)
	return nil
}

func (b *binder) bindScalar(path string, node ast.Node, set func(string) error, v reflect.Value, o option) {
	text, ok := scalarText(node)
	if !ok {
		b.add(path, "%s takes a single value, not %s", path, kindOf(node))
		return
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		b.add(path, "%s holds a line break or control character", path)
		return
	}
	if err := set(text); err != nil {
		b.add(path, "%s", sentence(path, err))
		return
	}
	if o.path && text != "" && !filepath.IsAbs(text) {
		v.SetString(filepath.Join(b.dir, text))
	}
}

// sentence makes one of a path and what setter has against its value, which
// begins either with the value in quotes or with a verb.
func sentence(path string, err error) string {
	if strings.HasPrefix(err.Error(), `"`) {
		return path + ": " + err.Error()
	}
	return path + " " + err.Error()
}

func (b *binder) bindStruct(path string, node ast.Node, v reflect.Value) {
	entries, ok := b.entries(path, node)
	if !ok {
		return
	}
	known := fieldsOf(v.Type())
	for _, e := range entries {
		f, ok := known[e.key]
		if !ok {
			b.unknownKey(path, e, entries, known)
			continue
		}
		child := join(path, e.key)
		b.lines[child] = e.line
		if f.secret == "" {
			b.bind(child, e.value, v.Field(f.index), f.option)
			continue
		}
		b.bindSecret(child, e.value, v.Field(f.index).Addr().Interface().(*Secret), f)
	}
}

// bindSecret reads where a secret is kept. Neither message shows the value:
// somebody may have put the secret itself there.
func (b *binder) bindSecret(path string, node ast.Node, s *Secret, f field) {
	var text string
	b.bind(path, node, reflect.ValueOf(&text).Elem(), option{path: f.secret == fromFile})
	switch {
	case text == "":
	case !s.IsZero():
		b.add(path, "%[1]s_file and %[1]s_env exclude each other; keep one", strings.TrimSuffix(path, f.secret))
	case f.secret == fromFile:
		*s = SecretFile(text)
	case envName.MatchString(text):
		*s = SecretEnv(text)
	default:
		b.add(path, "%s takes the name of an environment variable, such as DESK_PASSWORD", path)
	}
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (b *binder) bindMap(path string, node ast.Node, v reflect.Value, o option) {
	entries, ok := b.entries(path, node)
	if !ok {
		return
	}
	if !o.merge || v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for _, e := range entries {
		child := join(path, e.key)
		b.lines[child] = e.line
		key := reflect.New(v.Type().Key()).Elem()
		if err := setter(key.Addr().Interface())(e.key); err != nil {
			b.add(child, "%s: key %v", path, err)
			continue
		}
		elem := newElement(v.Type().Elem())
		if old := v.MapIndex(key); old.IsValid() {
			elem.Set(old)
		}
		b.bind(child, e.value, elem, option{})
		v.SetMapIndex(key, elem)
	}
}

func (b *binder) bindSlice(path string, node ast.Node, v reflect.Value) {
	seq, ok := node.(*ast.SequenceNode)
	if !ok {
		b.add(path, "%s takes a list like [a, b], not %s", path, kindOf(node))
		return
	}
	list := reflect.MakeSlice(v.Type(), 0, len(seq.Values))
	for i, item := range seq.Values {
		child := fmt.Sprintf("%s[%d]", path, i)
		b.lines[child] = line(item)
		elem := newElement(v.Type().Elem())
		b.bind(child, item, elem, option{})
		list = reflect.Append(list, elem)
	}
	v.Set(list)
}

// newElement makes an element of a list or map with its defaults.
func newElement(t reflect.Type) reflect.Value {
	p := reflect.New(t)
	if d, ok := p.Interface().(interface{ setDefaults() }); ok {
		d.setDefaults()
	}
	return p.Elem()
}

// entry is one line of a mapping.
type entry struct {
	key   string
	value ast.Node
	line  int
}

// entries lists a mapping; keys given twice are reported and left out.
func (b *binder) entries(path string, node ast.Node) ([]entry, bool) {
	m, ok := node.(ast.MapNode)
	if !ok {
		what := path
		if path == "" {
			what = "a configuration"
		}
		b.add(path, "%s takes keys with values, not %s", what, kindOf(node))
		return nil, false
	}
	var list []entry
	first := map[string]int{}
	for it := m.MapRange(); it.Next(); {
		e := entry{value: it.Value(), line: line(it.Key())}
		e.key, ok = scalarText(it.Key())
		switch {
		case it.Key().Type() == ast.MergeKeyType:
			b.addLine(e.line, "merge keys (<<) are not known here; write the values out")
		case !ok:
			b.addLine(e.line, "this key is not plain text")
		case first[e.key] > 0:
			b.addLine(e.line, "key %s is given twice; the first is on line %d", quote(e.key), first[e.key])
		default:
			first[e.key] = e.line
			list = append(list, e)
		}
	}
	return list, true
}

// scalarText is the text of a single value as it stands in the file, without
// quotes.
func scalarText(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimRight(n.Value.Value, "\n"), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	default:
		return "", false
	}
}

// kindOf names what stands where something else was wanted.
func kindOf(node ast.Node) string {
	switch node.(type) {
	case ast.MapNode:
		return "keys with values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.TagNode:
		return "a YAML tag"
	default:
		return "a single value"
	}
}

// line is the line that a node begins on.
func line(node ast.Node) int {
	switch n := node.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return line(n.Values[0])
		}
	case *ast.MappingValueNode:
		return line(n.Key)
	}
	if node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return 1
	}
	return node.GetToken().Position.Line
}
