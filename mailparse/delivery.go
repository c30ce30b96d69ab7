package mailparse

import (
	"regexp"
	"slices"
	"strings"
)

var (
	enhancedStatus = regexp.MustCompile(`\b([245]\.\d{1,3}\.\d{1,3})\b`)
	returnedID     = regexp.MustCompile(`(?im)^[>\s]*message-id:\s*<([^<>\s]+)>`)
)

// delivery reads what a delivery status notification says: the fields of RFC
// 3464 where it has them, else what its text shows.
func delivery(root *part, h header, msg *Message) *Delivery {
	d := &Delivery{}
	each(root, func(p *part) {
		switch p.mediaType {
		case "message/delivery-status", "message/global-delivery-status":
			d.readStatus(string(decodeTransfer(p.body, p.header.get("content-transfer-encoding"), 64<<10)))
		case "text/rfc822-headers", "message/rfc822-headers", "message/global-headers":
			original, _, _ := readHeader(decodeTransfer(p.body, p.header.get("content-transfer-encoding"), 64<<10), Limits{}.withDefaults())
			d.setID(original.get("message-id"))
		case "message/rfc822", "message/global":
			if len(p.children) > 0 {
				d.setID(p.children[0].header.get("message-id"))
			}
		}
	})
	if d.Recipient == "" {
		if a := addrSpec.FindString(h.get("x-failed-recipients")); a != "" {
			d.Recipient = strings.ToLower(normalAddress(a))
		}
	}
	text := clipRunes(msg.Text, 64<<10)
	if d.MessageID == "" {
		if m := returnedID.FindStringSubmatch(text); m != nil {
			d.MessageID = m[1]
		} else if len(msg.InReplyTo) > 0 {
			d.MessageID = msg.InReplyTo[0]
		} else if n := len(msg.References); n > 0 {
			d.MessageID = msg.References[n-1]
		}
	}
	d.guess(text, msg)
	return d
}

func (d *Delivery) setID(value string) {
	if found := ids(value); d.MessageID == "" && len(found) > 0 {
		d.MessageID = found[0]
	}
}

// readStatus keeps the first recipient, or the first that failed.
func (d *Delivery) readStatus(text string) {
	for block := range strings.SplitSeq(newlines(text), "\n\n") {
		h, _, _ := readHeader([]byte(strings.TrimLeft(block, "\n")+"\n\n"), Limits{}.withDefaults())
		recipient := typed(h.get("final-recipient"))
		if recipient == "" {
			recipient = typed(h.get("original-recipient"))
		}
		if recipient == "" {
			continue
		}
		action := keyword(h.get("action"))
		if d.Recipient != "" && (d.Action == "failed" || action != "failed") {
			continue
		}
		d.Recipient, d.Action, d.Status = recipient, action, keyword(h.get("status"))
	}
}

// typed reads "rfc822; ana@example.com".
func typed(v string) string {
	_, a, ok := strings.Cut(v, ";")
	if !ok {
		a = v
	}
	return strings.ToLower(normalAddress(strings.Trim(strings.TrimSpace(a), "<>")))
}

func (d *Delivery) guess(text string, msg *Message) {
	if d.Status == "" {
		if m := enhancedStatus.FindString(text); m != "" {
			d.Status = m
		}
	}
	if d.Action == "" {
		d.Action = "failed"
		if strings.HasPrefix(d.Status, "4.") || strings.Contains(strings.ToLower(msg.Subject), "delay") {
			d.Action = "delayed"
		}
	}
	if d.Recipient == "" {
		for _, a := range addrSpec.FindAllString(text, 20) {
			if a = strings.ToLower(normalAddress(a)); a != "" && a != strings.ToLower(msg.From.Addr) && !slices.Contains(msg.Recipients, a) {
				d.Recipient = a
				return
			}
		}
	}
}

// each visits a part and all below it.
func each(p *part, visit func(*part)) {
	visit(p)
	for _, c := range p.children {
		each(c, visit)
	}
}
