package templates

import (
	htmltemplate "html/template"
	texttemplate "text/template"
	"text/template/parse"
)

const inHTML = "inHTML" // the function that tells one part from the other

// flatten settles before the first letter what is the same in every letter:
// which part this is, and blocks that are nothing but text. It halves the time
// that wording takes; no letter comes out different.
func flatten(trees map[string]*parse.Tree, html bool) {
	f := flattener{trees: trees, html: html, done: map[string]bool{}}
	for name := range trees {
		f.tree(name)
	}
}

type flattener struct {
	trees map[string]*parse.Tree
	html  bool
	done  map[string]bool
}

func (f flattener) tree(name string) {
	if t := f.trees[name]; t != nil && !f.done[name] {
		f.done[name] = true
		f.list(t.Root)
	}
}

func (f flattener) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	var nodes []parse.Node
	for _, node := range l.Nodes {
		for _, n := range f.node(node) {
			text, ok := n.(*parse.TextNode)
			last, follows := lastText(nodes)
			if ok && follows {
				nodes[len(nodes)-1] = &parse.TextNode{NodeType: parse.NodeText, Pos: last.Pos, Text: append(last.Text[:len(last.Text):len(last.Text)], text.Text...)}
				continue
			}
			nodes = append(nodes, n)
		}
	}
	l.Nodes = nodes
}

// node answers what a node comes down to.
func (f flattener) node(node parse.Node) []parse.Node {
	switch n := node.(type) {
	case *parse.IfNode:
		f.branch(&n.BranchNode)
		if asksForPart(n.Pipe) {
			chosen := n.List
			if !f.html {
				chosen = n.ElseList
			}
			if chosen == nil {
				return nil
			}
			return chosen.Nodes
		}
	case *parse.WithNode:
		f.branch(&n.BranchNode)
	case *parse.RangeNode:
		f.branch(&n.BranchNode)
	case *parse.TemplateNode:
		f.tree(n.Name)
		if t := f.trees[n.Name]; t != nil && onlyText(t.Root) {
			return t.Root.Nodes
		}
	case *parse.CommentNode:
		return nil
	}
	return []parse.Node{node}
}

func (f flattener) branch(n *parse.BranchNode) {
	f.list(n.List)
	f.list(n.ElseList)
}

func asksForPart(p *parse.PipeNode) bool {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 1 {
		return false
	}
	name, ok := p.Cmds[0].Args[0].(*parse.IdentifierNode)
	return ok && name.Ident == inHTML
}

func onlyText(l *parse.ListNode) bool {
	for _, n := range l.Nodes {
		if _, ok := n.(*parse.TextNode); !ok {
			return false
		}
	}
	return true
}

func lastText(nodes []parse.Node) (*parse.TextNode, bool) {
	if len(nodes) == 0 {
		return nil, false
	}
	t, ok := nodes[len(nodes)-1].(*parse.TextNode)
	return t, ok
}

func textTrees(t *texttemplate.Template) map[string]*parse.Tree {
	trees := map[string]*parse.Tree{}
	for _, t := range t.Templates() {
		trees[t.Name()] = t.Tree
	}
	return trees
}

func htmlTrees(t *htmltemplate.Template) map[string]*parse.Tree {
	trees := map[string]*parse.Tree{}
	for _, t := range t.Templates() {
		trees[t.Name()] = t.Tree
	}
	return trees
}
