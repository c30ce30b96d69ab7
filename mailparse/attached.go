package mailparse

import "slices"

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
	texts = texts[:min(len(texts), 20)]
	for i, t := range texts { // one long log must not use up what the others need
		if r := c.evaluate(c.within(c.document(t).lines, c.lines/(len(texts)-i))); filledForms(r.forms) {
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
