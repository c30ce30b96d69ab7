package mailparse

import (
	"regexp"
	"slices"
	"strings"
)

// body reads the text a person sees and the forms in it.
func (p *Parser) body(root *part, msg *Message) {
	p.readBody(root, msg)
	msg.Automatic, msg.AutomaticReason = p.automatic(root.header, root, msg)
	if len(msg.Forms) > 0 || msg.Command != nil || msg.Automatic != "" {
		return
	}
	p.add(p.subjectForm(msg.Subject), nil, msg)
}

func (p *Parser) readBody(root *part, msg *Message) {
	c := &collector{parser: p, from: newSender(msg.From, msg.Recipients), answers: len(msg.InReplyTo)+len(msg.References) > 0 || anyReply.MatchString(msg.Subject), budget: 4 * p.limits.Text, lines: p.limits.Lines}
	chosen := c.read(root)
	forms, source := chosen.forms, chosen
	if len(forms) == 0 {
		forms, source = c.attached(root, chosen)
	}
	msg.Defects = append(msg.Defects, c.defects...)
	msg.Text = joinLines(chosen.lines)
	msg.Fresh = chosen.reader(c).fresh()
	if len(forms) == 0 || forms[0].age > 0 {
		if msg.Command = command(msg.Fresh); msg.Command != nil {
			forms = nil
		}
	}
	if len(forms) == 0 {
		msg.own = unquotedText(chosen.lines)
	}
	p.add(forms, source.rival, msg)
}

// add finishes forms and names their problems.
func (p *Parser) add(forms []foundForm, rivals []foundForm, msg *Message) {
	for i, f := range forms {
		form, problems := p.finish(i, f, msg.Subject, len(forms) == 1, rivals)
		form.Quoted = f.age > 0
		msg.Forms = append(msg.Forms, form)
		msg.Problems = append(msg.Problems, problems...)
	}
}

// reading is one way to read a body, with the forms found.
type reading struct {
	lines []line
	forms []foundForm
	rival []foundForm // the forms of the other alternative
	by    *reader     // what read them
	cut   bool        // the page ends within its text, or was not read to its end
}

func (r reading) yield() int {
	n := 0
	for _, f := range r.forms {
		n += 100*f.filled + 10*f.labels - f.split
	}
	return n
}

// holdTags says whether tags stand as text in two values at least.
func (r reading) holdTags() bool {
	n := 0
	for _, f := range r.forms {
		for _, field := range fields {
			if v := *f.value(field); strings.Contains(v, "<br") || strings.Contains(v, "&nbsp;") {
				n++
			}
		}
	}
	return n >= 2
}

// collector turns parts into readings within a budget of text and one of lines
// to search, whatever the mail is made of.
type collector struct {
	parser  *Parser
	from    sender
	answers bool // the mail answers another
	budget  int  // bytes of text that may still be decoded
	lines   int  // lines that may still be searched for forms
	defects []string
}

// defect notes what is wrong with the mail's texts, once.
func (c *collector) defect(what string) {
	if !slices.Contains(c.defects, what) {
		c.defects = append(c.defects, what)
	}
}

// read reads a part and those below it as one body.
func (c *collector) read(p *part) reading {
	switch {
	case p.mediaType == "multipart/alternative":
		return c.alternative(p)
	case strings.HasPrefix(p.mediaType, "multipart/"):
		return c.mixed(p)
	case p.isText():
		return c.text(p)
	}
	return reading{}
}

// text reads a part that is text. A page that was escaped twice is read as the
// one it was, where that shows more.
func (c *collector) text(p *part) reading {
	doc := c.document(p)
	r := c.evaluate(doc.lines)
	r.cut = r.cut || doc.cut
	if doc.escaped != "" && c.lines > 0 {
		if again := c.evaluate(readHTML(doc.escaped, c.lines, c.parser.labels.begins).lines); again.yield() > r.yield() || again.yield() == r.yield() && r.holdTags() {
			return again
		}
	}
	return r
}

// isText says whether a part is text that belongs to the mail's body.
func (p *part) isText() bool {
	if p.disposition == "attachment" && p.fileName != "" {
		return false
	}
	return p.isTextual() && (p.disposition != "attachment")
}

func (p *part) isTextual() bool {
	switch p.mediaType {
	case "text/plain", "text/html", "text", "text/enriched", "text/richtext", "", "html", "text/x-html", "application/xhtml+xml", "text/markdown", "text/x-markdown", "plain", "text/text", "text/x-plain", "text/unknown":
		return true
	}
	return !strings.Contains(p.mediaType, "/")
}

// alternative reads all alternatives and takes the one that yields most; the
// later one when they yield the same, as RFC 2046 section 5.1.4 says.
func (c *collector) alternative(p *part) reading {
	var best reading
	var others []foundForm
	for _, child := range p.children {
		r := c.read(child)
		if len(r.lines) == 0 {
			continue
		}
		if best.lines == nil || r.yield() > best.yield() || (r.yield() == best.yield() && !(r.cut && len(best.forms) > 0) && (len(r.forms) > 0 || hasText(r.lines))) {
			if best.forms != nil {
				others = best.forms
			}
			best = r
		} else if len(r.forms) > 0 {
			others = r.forms
		}
	}
	best.rival = append(best.rival, others...)
	return best
}

func hasText(lines []line) bool { return nextText(lines, 0) >= 0 }

// mixed joins the text parts of a body, as they stand around pictures. A text
// that was searched by itself is searched once more within the joined one,
// however deep it stands.
func (c *collector) mixed(p *part) reading {
	readings := c.around(p, nil)
	switch len(readings) {
	case 0:
		return reading{}
	case 1:
		return readings[0]
	}
	joined := c.join(readings)
	for _, r := range readings {
		joined.rival = append(joined.rival, r.rival...)
	}
	for _, r := range readings { // parts that only harm each other when joined
		if r.yield() > joined.yield() {
			joined.forms = r.forms
		}
	}
	return joined
}

// around appends the readings of the texts in a multipart and in those within.
func (c *collector) around(p *part, readings []reading) []reading {
	for _, child := range p.children {
		if strings.HasPrefix(child.mediaType, "multipart/") && child.mediaType != "multipart/alternative" {
			readings = c.around(child, readings)
		} else if r := c.read(child); len(r.lines) > 0 {
			readings = append(readings, r)
		}
	}
	return readings
}

// join reads the texts of several readings as one. Where they have used up the
// lines of the mail it leaves each as it was read.
func (c *collector) join(readings []reading) reading {
	var lines, read []line
	for _, r := range readings {
		if len(lines) > 0 {
			lines, read = append(lines, line{}), append(read, line{})
		}
		lines = append(lines, shiftRows(plainLines(r.lines), len(lines))...)
		read = append(read, r.lines...)
	}
	if len(lines) > c.lines {
		return reading{lines: read, cut: true}
	}
	return c.evaluate(lines)
}

// plainLines takes back what evaluate marked, for the joined text.
func plainLines(lines []line) []line {
	out := make([]line, len(lines))
	for i, l := range lines {
		if l.kind == quoteHead {
			l.kind = ordinary
		}
		l.zone = 0
		out[i] = l
	}
	return out
}

// shiftRows keeps rows of two parts apart.
func shiftRows(lines []line, by int) []line {
	for i := range lines {
		if lines[i].row > 0 {
			lines[i].row += by + 1<<20
		}
	}
	return lines
}

// evaluate finds the forms in lines, in as many as the mail has left.
func (c *collector) evaluate(lines []line) reading {
	cut := len(lines) > c.lines
	lines = c.within(lines, c.lines)
	c.lines -= len(lines)
	markNoise(lines)
	lines = c.parser.labels.arrange(lines)
	markQuotes(lines, c.evidence)
	rd := &reader{parser: c.parser, lines: lines, from: c.from, answers: c.answers}
	return reading{lines: lines, forms: newest(rd.forms()), by: rd, cut: cut}
}

// within leaves out the middle of more than n lines.
func (c *collector) within(lines []line, n int) []line {
	if len(lines) <= n {
		return lines
	}
	c.defect("the middle of a very long text left out")
	return headAndTail(lines, n)
}

// headAndTail keeps the first three quarters of n lines and the last, as
// withoutMiddle does.
func headAndTail(lines []line, n int) []line {
	return slices.Concat(lines[:n-n/4], lines[len(lines)-n/4:])
}

var htmlAsText = regexp.MustCompile(`(?is)^\s*(?:<!doctype html|<html\b|<head\b|<body\b|<meta\b|<div\b|<p\b|<table\b|<span\b|<font\b)`)

// enrichedParam holds what no reader shows (RFC 1896, section 3).
var enrichedParam = regexp.MustCompile(`(?is)<param>.*?</param>`)

// document decodes one text part into lines.
func (c *collector) document(p *part) document {
	limit := min(c.parser.limits.Text, c.budget)
	if limit <= 0 || c.lines <= 0 {
		c.defect("text cut at the limit")
		return document{}
	}
	raw := decodeTransfer(p.body, p.header.get("content-transfer-encoding"), limit)
	if len(raw) >= limit {
		raw = raw[:limit]
		c.defect("text cut at the limit")
	}
	c.budget -= len(raw)
	isHTML := strings.Contains(p.mediaType, "html")
	text := decodeText(raw, p.params["charset"], isHTML)
	if !isHTML && htmlAsText.MatchString(clipRunes(text, 500)) && strings.Contains(text, "</") {
		isHTML = true
	}
	if p.mediaType == "text/enriched" {
		text = enrichedParam.ReplaceAllString(strings.ReplaceAll(text, "<<", "&lt;"), "") // RFC 1896
	}
	if isHTML || p.mediaType == "text/enriched" || p.mediaType == "text/richtext" {
		return readHTML(text, c.lines, c.parser.labels.begins)
	}
	flowed := strings.EqualFold(strings.TrimSpace(p.params["format"]), "flowed")
	return readPlain(text, plainOptions{label: c.parser.labels.begins, lines: c.lines, flowed: flowed, delSp: strings.EqualFold(strings.TrimSpace(p.params["delsp"]), "yes")})
}

// reader gives the reader of this reading's lines.
func (r reading) reader(c *collector) *reader {
	if r.by != nil && len(r.by.lines) == len(r.lines) {
		return r.by
	}
	return &reader{parser: c.parser, lines: r.lines, from: c.from}
}

// fresh is the text written in this mail: no quotes, no signature.
func (rd *reader) fresh() string {
	var out []line
	for i, l := range rd.lines {
		if l.zone > 0 {
			break
		}
		if l.kind != ordinary || l.depth > 0 || l.signed {
			continue
		}
		if isDelimiter(l.text) || rd.isTail(i) || (rd.isClosing(i) && len(out) > 0 && !rd.proseFollows(i+1, len(rd.lines))) {
			break
		}
		out = append(out, l)
	}
	return joinLines(out)
}

// unquotedText is all that stands above and between quotes.
func unquotedText(lines []line) string {
	var out []line
	for _, l := range lines {
		if l.zone > 0 {
			break
		}
		if l.kind == ordinary && l.depth == 0 {
			out = append(out, l)
		}
	}
	return joinLines(out)
}
