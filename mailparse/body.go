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
	c := &collector{parser: p, from: newSender(msg.From, msg.Recipients), answers: len(msg.InReplyTo)+len(msg.References) > 0 || anyReply.MatchString(msg.Subject), budget: 4 * p.limits.Text}
	chosen := c.read(root)
	msg.Defects = append(msg.Defects, c.defects...)
	forms, source := chosen.forms, chosen
	if len(forms) == 0 {
		forms, source = c.attached(root, chosen)
	}
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
	cut   bool        // the page ends within its text
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

// collector turns parts into readings within a budget of text.
type collector struct {
	parser  *Parser
	from    sender
	answers bool // the mail answers another
	budget  int
	defects []string
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
	r.cut = doc.cut
	if doc.escaped != "" {
		if again := c.evaluate(readHTML(doc.escaped).lines); again.yield() > r.yield() || again.yield() == r.yield() && r.holdTags() {
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

// mixed joins the text parts of a body, as they stand around pictures.
func (c *collector) mixed(p *part) reading {
	var readings []reading
	var lines []line
	for _, child := range p.children {
		r := c.read(child)
		if len(r.lines) == 0 {
			continue
		}
		readings = append(readings, r)
		if len(lines) > 0 {
			lines = append(lines, line{})
		}
		lines = append(lines, shiftRows(plainLines(r.lines), len(lines))...)
	}
	switch len(readings) {
	case 0:
		return reading{}
	case 1:
		return readings[0]
	}
	joined := c.evaluate(lines)
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

// evaluate finds the forms in lines.
func (c *collector) evaluate(lines []line) reading {
	if limit := c.parser.limits.Lines; len(lines) > limit {
		lines = slices.Concat(lines[:limit-limit/4], lines[len(lines)-limit/4:])
		c.defects = append(c.defects, "the middle of a very long text left out")
	}
	markNoise(lines)
	lines = c.parser.labels.arrange(lines)
	markQuotes(lines, c.evidence)
	rd := &reader{parser: c.parser, lines: lines, from: c.from, answers: c.answers}
	return reading{lines: lines, forms: newest(rd.forms()), by: rd}
}

var htmlAsText = regexp.MustCompile(`(?is)^\s*(?:<!doctype html|<html\b|<head\b|<body\b|<meta\b|<div\b|<p\b|<table\b|<span\b|<font\b)`)

// enrichedParam holds what no reader shows (RFC 1896, section 3).
var enrichedParam = regexp.MustCompile(`(?is)<param>.*?</param>`)

// document decodes one text part into lines.
func (c *collector) document(p *part) document {
	limit := min(c.parser.limits.Text, c.budget)
	if limit <= 0 {
		return document{}
	}
	raw := decodeTransfer(p.body, p.header.get("content-transfer-encoding"), limit)
	if len(raw) >= limit {
		raw = raw[:limit]
		c.defects = append(c.defects, "text cut at the limit")
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
		return readHTML(text)
	}
	flowed := strings.EqualFold(strings.TrimSpace(p.params["format"]), "flowed")
	return readPlain(text, plainOptions{label: c.parser.labels.begins, lines: c.parser.limits.Lines, flowed: flowed, delSp: strings.EqualFold(strings.TrimSpace(p.params["delsp"]), "yes")})
}

// attached looks for a form where the body has none: in attached mails, then
// in text attachments, then in a preamble. Reports are left out: what they
// return is not written by their sender.
func (c *collector) attached(root *part, body reading) ([]foundForm, reading) {
	if kind, _ := reportKind(root); kind != "" || root.mediaType == "multipart/digest" {
		return nil, body
	}
	var mails, texts []*part
	each(root, func(p *part) {
		switch {
		case p.mediaType == "message/rfc822" || p.mediaType == "message/global":
			mails = append(mails, p.children...)
		case p.isTextual() && !p.isText():
			texts = append(texts, p)
		}
	})
	if forms, r := c.inMails(mails[:min(len(mails), 20)]); len(forms) > 0 {
		return forms, r
	}
	for _, t := range texts[:min(len(texts), 20)] {
		if r := c.evaluate(c.document(t).lines); filledForms(r.forms) {
			return r.forms, r
		}
	}
	if len(body.lines) == 0 && len(root.preamble) > 0 {
		r := c.evaluate(readPlain(decodeText(clip(root.preamble, 64<<10), "", false), plainOptions{}).lines)
		return r.forms, r
	}
	return nil, body
}

// inMails reads the forms of attached mails, one for each case, the newest mail's
// first.
func (c *collector) inMails(mails []*part) (forms []foundForm, source reading) {
	slices.SortStableFunc(mails, func(a, b *part) int { return date(b.header).Compare(date(a.header)) })
	for _, m := range mails {
		r := c.read(m)
		if !filledForms(r.forms) {
			continue
		}
		if len(forms) == 0 {
			source = r
		}
		for _, f := range r.forms {
			f.age = 0
			forms = append(forms, f)
		}
	}
	return atAge(forms, 0), source
}

func filledForms(forms []foundForm) bool {
	for _, f := range forms {
		if f.filled >= 2 && f.labels >= 3 {
			return true
		}
	}
	return false
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
