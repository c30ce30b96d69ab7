package mailparse

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// readHTML lays a page out as lines the way a browser does: blocks and br make
// lines, table cells keep their row and column, hidden text is left out. It
// works on tokens, not on a tree: cost is linear and depth costs nothing. Of
// many more than limit lines the middle is left out; 0 keeps all.
func readHTML(text string, limit int, label func(string) bool) document {
	if i := strings.LastIndexByte(text, '<'); i >= 0 && len(text)-i <= 2 && strings.TrimLeft(text[i:], "</!") == "" {
		text = text[:i] // a page cut within its last tag
	}
	lay := newLayout(text, false, limit)
	lay.label = label
	lay.run()
	if !lay.sawBlock && strings.Count(strings.TrimSpace(text), "\n") > 0 {
		// Plain text sent as text/html: its own line ends are all it has.
		lay = newLayout(text, true, limit)
		lay.label = label
		lay.run()
	}
	doc := document{lines: lay.lines, html: true, cut: !strings.HasSuffix(strings.TrimSpace(text), ">")}
	if strings.Count(text, "&amp;nbsp;")+strings.Count(text, "&lt;br") >= 3 {
		doc.escaped = html.UnescapeString(text)
	}
	return doc
}

const maxOpen = 4096 // open elements remembered; deeper ones lay out as inline

// open is one open element.
type open struct {
	tag    atom.Atom
	hidden bool
	quote  bool
	block  bool
	pre    bool
	tbl    bool
	at     int  // length of the line where it began
	cell   bool // made a cell by its style
	rows   int  // how many rows a cell spans
	small  bool // in small print
	signed bool // the signature, as the mail program marks it
}

type layout struct {
	z        *html.Tokenizer
	rules    styleRules
	stack    []open
	hidden   int
	quote    int
	pre      int
	signed   int
	small    int
	label    func(string) bool // whether a text begins with a label and a colon
	begun    int               // length of the line where an inline element began last
	ended    int               // and where one ended that held all of the line
	signedIn int               // open elements plus one where a br began the signature
	rows     int               // rows begun in the document
	tables   []tablePos
	tableSeq int
	lines    []line
	limit    int // of lines; 0 for all
	cur      strings.Builder
	space    bool // a blank is due before the next word
	gap      bool // an empty line is due before the next block
	choice   *choice
	allPre   bool
	sawBlock bool
}

func newLayout(text string, allPre bool, limit int) *layout {
	lay := &layout{z: html.NewTokenizer(strings.NewReader(text)), rules: readStyles(text), allPre: allPre, limit: limit}
	lay.z.SetMaxBuf(0)
	return lay
}

func (lay *layout) run() {
	for {
		switch lay.z.Next() {
		case html.ErrorToken:
			lay.choose()
			lay.newLine()
			return
		case html.TextToken:
			lay.text(lay.z.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			lay.start()
		case html.EndTagToken:
			name, _ := lay.z.TagName()
			lay.end(atom.Lookup(name))
		}
	}
}

func (lay *layout) start() {
	name, more := lay.z.TagName()
	tag := atom.Lookup(name)
	var attrs tagAttrs
	for seen := 0; more && seen < 64; seen++ {
		var k, v []byte
		k, v, more = lay.z.TagAttr()
		attrs.set(k, v)
	}
	switch tag {
	case atom.Br:
		lay.sawBlock = true
		if lay.hidden == 0 {
			lay.br()
		}
		if lay.signed == 0 && isSignature(attrs) {
			lay.signedIn = len(lay.stack) + 1
		}
		return
	case atom.Hr:
		lay.newLine()
		lay.gap = true
		return
	case atom.Input:
		if lay.hidden == 0 && isTyped(attrs) {
			lay.space = true
			lay.text(attrs.value)
			lay.space = true
		}
		return
	case atom.Img, atom.Meta, atom.Link, atom.Base, atom.Col, atom.Area, atom.Wbr, atom.Embed, atom.Source, atom.Param, atom.Track:
		return
	}
	e := lay.element(tag, attrs)
	lay.closeImplied(tag, e.block)
	if lay.choice != nil && tag == atom.Option {
		lay.choice.option(attrs)
	}
	if len(lay.stack) >= maxOpen {
		if e.block {
			lay.newLine()
		}
		return
	}
	e.at = lay.cur.Len()
	lay.begun = e.at
	lay.push(e)
}

func (lay *layout) element(tag atom.Atom, attrs tagAttrs) open {
	e := open{tag: tag, block: isBlock(tag)}
	st := lay.rules.of(tag, attrs)
	e.hidden = st.hidden || neverShown(tag) || tag == atom.S || tag == atom.Del || tag == atom.Strike || attrs.hidden
	if st.block {
		e.block = true
	}
	if st.inline && !isTablePart(tag) {
		e.block = false
	}
	e.pre = tag == atom.Pre || tag == atom.Textarea || tag == atom.Plaintext || tag == atom.Xmp || tag == atom.Listing || st.pre
	e.cell = st.cell
	e.quote = tag == atom.Blockquote && isQuote(attrs)
	e.signed = isSignature(attrs)
	e.small = tag == atom.Small || smallType(attrs.style)
	if tag == atom.Td || tag == atom.Th {
		e.rows, _ = strconv.Atoi(string(attrs.rowspan))
	}
	return e
}

func (lay *layout) push(e open) {
	if e.hidden {
		lay.hidden++
	}
	if lay.hidden == 0 {
		lay.open(&e)
		if e.cell && !e.block && lay.cur.Len() > 0 {
			lay.cur.WriteByte('\t')
		}
	}
	if e.quote {
		lay.quote++
	}
	if e.pre {
		lay.pre++
	}
	if e.signed {
		lay.signed++
	}
	if e.small {
		lay.small++
	}
	lay.stack = append(lay.stack, e)
}

// open does what the visible start of an element does to the layout.
func (lay *layout) open(e *open) {
	if e.block {
		lay.newLine()
		lay.sawBlock = lay.sawBlock || (e.tag != atom.Html && e.tag != atom.Body && e.tag != atom.Head)
	}
	switch e.tag {
	case atom.Select:
		lay.choice = &choice{}
	case atom.Table:
		lay.gap = lay.gap || len(lay.tables) == 0
		lay.tableSeq++
		lay.tables = append(lay.tables, tablePos{outer: lay.pos().cell, id: lay.tableSeq})
		e.tbl = true
	case atom.Tr:
		if n := len(lay.tables); n > 0 {
			lay.rows++
			t := &lay.tables[n-1]
			t.row, t.col = lay.rows, -1
		}
	case atom.Td, atom.Th:
		if n := len(lay.tables); n > 0 {
			t := &lay.tables[n-1]
			if t.row == 0 {
				lay.rows++
				t.row, t.col = lay.rows, -1
			}
			t.nextCell(e.rows)
		}
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.Ul, atom.Ol, atom.Pre:
		lay.gap = true
	}
}

func (lay *layout) popTo(i int) {
	for len(lay.stack) > i {
		e := lay.stack[len(lay.stack)-1]
		lay.stack = lay.stack[:len(lay.stack)-1]
		if len(lay.stack)+1 < lay.signedIn {
			lay.signedIn = 0
		}
		if lay.hidden == 0 && e.block {
			lay.closeBlock(e)
		}
		lay.leave(e)
	}
}

// leave takes back what an open element means for the text in it.
func (lay *layout) leave(e open) {
	if e.tag == atom.Select && lay.hidden == 0 {
		lay.choose()
	}
	if e.hidden {
		lay.hidden--
	}
	if e.quote {
		lay.quote--
	}
	if e.pre {
		lay.pre--
	}
	if e.signed {
		lay.signed--
	}
	if e.small {
		lay.small--
	}
}

func (lay *layout) closeBlock(e open) {
	lay.newLine()
	switch e.tag {
	case atom.Td, atom.Th:
		// An empty cell still is one: columns must not shift.
		if t := lay.pos(); t.row > 0 && !lay.cellHasLine(t) {
			lay.add(line{row: t.row, col: t.col, cell: t.cell, depth: lay.quote})
		}
	case atom.Table:
		if e.tbl && len(lay.tables) > 0 {
			lay.tables = lay.tables[:len(lay.tables)-1]
			lay.gap = lay.gap || len(lay.tables) == 0
		}
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.Ul, atom.Ol, atom.Pre:
		lay.gap = true
	}
}

// add adds a line. It leaves out what evaluate would: all but one line more than
// the limit, from time to time.
func (lay *layout) add(l line) {
	if lay.limit > 0 && len(lay.lines) > 2*lay.limit {
		tail := lay.lines[len(lay.lines)-lay.limit/4-1:]
		lay.lines = append(lay.lines[:lay.limit-lay.limit/4], tail...)
	}
	lay.lines = append(lay.lines, l)
}

// br ends the line even if it is empty.
func (lay *layout) br() {
	if lay.cur.Len() == 0 {
		lay.add(lay.emptyLine())
		lay.gap = false
		return
	}
	lay.newLine()
}

func (lay *layout) emptyLine() line {
	t := lay.pos()
	return line{row: t.row, col: t.col, cell: t.cell, depth: lay.quote, cited: lay.quote > 0, small: lay.small > 0, signed: lay.signed > 0 || lay.signedIn > 0}
}

// newLine ends the line at hand, if there is one.
func (lay *layout) newLine() {
	lay.space = false
	if lay.cur.Len() == 0 {
		return
	}
	s := lay.cur.String()
	lay.cur.Reset()
	if n := len(lay.lines); lay.gap && n > 0 {
		empty := lay.emptyLine()
		if last := lay.lines[n-1]; last.row != empty.row || last.col != empty.col {
			empty.row, empty.col = 0, 0 // between cells, not in one
		}
		if empty.row > 0 || lay.pos().row == 0 || lay.pos().col == 0 {
			lay.add(empty)
		}
	}
	lay.gap = false
	for part := range strings.SplitSeq(cleanText(s), "\n") {
		l := lay.emptyLine()
		depth, rest := quoteDepth(part)
		l.depth += depth
		l.text = strings.TrimSpace(rest)
		if lay.pos().row == 0 && strings.Contains(l.text, "\t") {
			lay.cells(l)
			continue
		}
		lay.add(l)
	}
}
