package mailparse

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html/atom"
)

// tagAttrs are the attributes of one tag that matter. They live until the next
// token.
type tagAttrs struct {
	style, class, id, kind, value, rowspan []byte
	hidden, selected                       bool
	blank                                  bool // value=""
}

func (a *tagAttrs) set(name, value []byte) {
	switch string(name) {
	case "style":
		a.style = value
	case "class":
		a.class = value
	case "id":
		a.id = value
	case "type":
		a.kind = value
	case "value":
		a.value, a.blank = value, len(value) == 0
	case "rowspan":
		a.rowspan = value
	case "hidden":
		a.hidden = true
	case "selected":
		a.selected = true
	}
}

// style is the little of CSS that decides what a person sees and where lines
// end.
type style struct {
	hidden, block, inline, pre, cell bool
}

// styleRules maps a class, an id or an element name to its style.
type styleRules map[string]style

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/|<!--|-->`)
	fontZero   = regexp.MustCompile(`font-size:0(?:\.0+)?(?:px|pt|em|rem|%)?(?:;|$|!)`)
	heightZero = regexp.MustCompile(`(?:^|;)(?:max-)?height:0(?:px|pt)?(?:;|$|!)`)
)

// readStyles reads rules on single classes, ids and elements that hide text or
// make lines. Rules within @media are left out: they are for small screens.
func readStyles(text string) styleRules {
	rules := styleRules{}
	for _, css := range styleElements(text[:min(len(text), 256<<10)]) {
		css = cssComment.ReplaceAllString(css, "")
		for css != "" && len(rules) < 1000 {
			selectors, rest, ok := strings.Cut(css, "{")
			if !ok {
				break
			}
			if strings.Contains(selectors, "@") && !strings.Contains(selectors, "@font-face") && !strings.Contains(selectors, "@page") {
				css = skipBlock(rest)
				continue
			}
			body, after, _ := strings.Cut(rest, "}")
			css = after
			st := parseStyle(body)
			if st == (style{}) {
				continue
			}
			for sel := range strings.SplitSeq(selectors, ",") {
				rules.add(strings.ToLower(strings.TrimSpace(sel)), st)
			}
		}
	}
	return rules
}

// styleElements returns what the first ten style elements hold.
func styleElements(text string) (found []string) {
	for pos := 0; len(found) < 10; {
		i := indexFold(text[pos:], "<style")
		if i < 0 {
			break
		}
		start := strings.IndexByte(text[pos+i:], '>')
		if start < 0 {
			break
		}
		start += pos + i + 1
		end := indexFold(text[start:], "</style")
		if end < 0 {
			break
		}
		found = append(found, text[start:start+end])
		pos = start + end
	}
	return found
}

// indexFold finds a tag, which begins with '<', whatever its case.
func indexFold(s, tag string) int {
	for pos := 0; ; {
		i := strings.IndexByte(s[pos:], '<')
		if i < 0 || pos+i+len(tag) > len(s) {
			return -1
		}
		pos += i
		if strings.EqualFold(s[pos:pos+len(tag)], tag) {
			return pos
		}
		pos++
	}
}

func (r styleRules) add(selector string, st style) {
	if strings.ContainsAny(selector, " >+~:[*") || selector == "" {
		return
	}
	// p.MsoNormal and .MsoNormal count alike; that is close enough here.
	if i := strings.IndexAny(selector, ".#"); i > 0 {
		selector = selector[i:]
	}
	r[selector] = st
}

// skipBlock jumps over a nested block such as @media's.
func skipBlock(css string) string {
	depth := 1
	for i := 0; i < len(css); i++ {
		switch css[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return css[i+1:]
			}
		}
	}
	return ""
}

func (r styleRules) of(tag atom.Atom, attrs tagAttrs) style {
	var st style
	if len(r) > 0 {
		st = st.or(r[tag.String()])
		for i, class := range strings.Fields(strings.ToLower(string(attrs.class))) {
			if i > 20 {
				break
			}
			st = st.or(r["."+class])
		}
		if len(attrs.id) > 0 {
			st = st.or(r["#"+strings.ToLower(string(attrs.id))])
		}
	}
	if mayMatter(attrs.style) {
		inline := parseStyle(string(attrs.style))
		if inline.block || inline.inline {
			st.hidden = false
		}
		st = st.or(inline)
	}
	return st
}

func (st style) or(o style) style {
	return style{st.hidden || o.hidden, st.block || o.block, st.inline || o.inline, st.pre || o.pre, st.cell || o.cell}
}

// mayMatter spares the styles that only dress up, nearly all of them.
func mayMatter(s []byte) bool {
	for i := 0; i+3 < len(s); i++ {
		switch s[i] | 0x20 {
		case 'l': // line-through
			if s[i+1]|0x20 == 'i' && i+5 < len(s) && s[i+5]|0x20 == 't' {
				return true
			}
		case 'd': // display
			if s[i+1]|0x20 == 'i' && s[i+2]|0x20 == 's' {
				return true
			}
		case 'v': // visibility
			if s[i+1]|0x20 == 'i' && s[i+2]|0x20 == 's' {
				return true
			}
		case 'm': // mso-hide
			if s[i+1]|0x20 == 's' && s[i+2]|0x20 == 'o' {
				return true
			}
		case 'o': // opacity, overflow
			if s[i+1]|0x20 == 'p' || s[i+1]|0x20 == 'v' {
				return true
			}
		case 'w': // white-space
			if s[i+1]|0x20 == 'h' {
				return true
			}
		case ':' | 0x20: // font-size:0, with any blanks before it
			if t := bytes.TrimLeft(s[i+1:min(i+8, len(s))], " \t\r\n"); len(t) == 0 || t[0] == '0' {
				return true
			}
		}
	}
	return false
}

func parseStyle(s string) style {
	s = strings.ToLower(s[:min(len(s), 4096)])
	s = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, s)
	has := func(decl string) bool { return strings.Contains(s, decl) }
	var st style
	st.hidden = has("line-through") || has("mso-element:comment") || has("display:none") || has("visibility:hidden") || has("mso-hide:all") || has("font-size:0") && fontZero.MatchString(s) ||
		(has("height:0") && has("overflow:hidden") && heightZero.MatchString(s)) || has("opacity:0;") || strings.HasSuffix(s, "opacity:0")
	st.cell = has("display:table-cell")
	st.block = has("display:block") || has("display:flex") || has("display:grid") || has("display:list-item") || has("display:table;") || has("display:table-row")
	st.inline = has("display:inline;") || strings.HasSuffix(s, "display:inline") || has("display:inline!")
	st.pre = has("white-space:pre") || has("white-space:break-spaces")
	return st
}

func neverShown(tag atom.Atom) bool {
	switch tag {
	case atom.Style, atom.Script, atom.Title, atom.Template, atom.Iframe, atom.Noframes, atom.Svg, atom.Audio, atom.Video, atom.Map, atom.Canvas, atom.Datalist:
		return true
	}
	return false
}

func isBlock(tag atom.Atom) bool {
	switch tag {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Center, atom.Dd, atom.Details, atom.Dialog,
		atom.Dir, atom.Div, atom.Dl, atom.Dt, atom.Fieldset, atom.Figcaption, atom.Figure, atom.Footer, atom.Form,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Header, atom.Html, atom.Li, atom.Main, atom.Menu,
		atom.Nav, atom.Ol, atom.P, atom.Pre, atom.Section, atom.Summary, atom.Table, atom.Tbody, atom.Td, atom.Tfoot,
		atom.Th, atom.Thead, atom.Tr, atom.Ul, atom.Caption, atom.Legend, atom.Textarea, atom.Xmp,
		atom.Plaintext, atom.Listing:
		return true
	}
	return false
}

func isTablePart(tag atom.Atom) bool {
	switch tag {
	case atom.Table, atom.Tbody, atom.Thead, atom.Tfoot, atom.Tr, atom.Td, atom.Th:
		return true
	}
	return false
}

// smallType says whether a style sets letters of 10 pixels or 8 points at most:
// what firms print below their mails.
func smallType(style []byte) bool {
	i := bytes.Index(style, []byte("font-size:"))
	if i < 0 {
		return false
	}
	n, seen := 0.0, false
	rest := bytes.TrimLeft(style[i+len("font-size:"):], " ")
	unit := bytes.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if unit > 0 {
		v, err := strconv.ParseFloat(string(rest[:unit]), 64)
		n, seen = v, err == nil
	}
	if !seen || n == 0 {
		return false
	}
	return bytes.HasPrefix(rest[unit:], []byte("px")) && n <= 10 || bytes.HasPrefix(rest[unit:], []byte("pt")) && n <= 8
}

// isFormatting names the elements that HTML calls so: they may overlap blocks.
func isFormatting(tag atom.Atom) bool {
	switch tag {
	case atom.A, atom.B, atom.Big, atom.Code, atom.Em, atom.Font, atom.I, atom.Nobr, atom.S, atom.Small, atom.Strike, atom.Strong, atom.Tt, atom.U:
		return true
	}
	return false
}

// isQuote tells a quoting blockquote from one that only indents.
func isQuote(attrs tagAttrs) bool {
	return strings.EqualFold(string(attrs.kind), "cite") || holdsFold(attrs.class, "quote") || holdsFold(attrs.class, "cite")
}

// isTyped says whether an input element shows its value as text.
func isTyped(attrs tagAttrs) bool {
	switch strings.ToLower(string(attrs.kind)) {
	case "", "text", "email", "tel", "number", "url", "search", "date", "time", "datetime-local":
		return len(attrs.value) > 0
	}
	return false
}

// isSignature knows the elements in which mail programs keep the signature:
// gmail_signature, moz-signature, Signature, AppleMailSignature and the like.
func isSignature(attrs tagAttrs) bool {
	return holdsFold(attrs.id, "signature") || holdsFold(attrs.class, "signature")
}

// holdsFold says whether b holds a word of lower case, in whatever case.
func holdsFold(b []byte, word string) bool {
	for i := 0; i+len(word) <= len(b); i++ {
		if b[i]|0x20 == word[0] && strings.EqualFold(string(b[i:i+len(word)]), word) {
			return true
		}
	}
	return false
}
