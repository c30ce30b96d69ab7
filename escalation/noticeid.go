package escalation

import (
	"regexp"
	"slices"
	"strings"

	"escalationd/mailparse"
)

// A notice's ID travels in four places, so that an answer or a bounce finds
// its notice whatever a mail program keeps: the Message-ID <esc.ID@domain>,
// the return path local+esc-ID@domain, the subject of one-tap answers and the
// foot of letters to leaders, both as [ref:ID]. An ID is 26 characters of
// lower-case base32 (RFC 4648), 128 bits; programs that change the case of
// addresses or subjects do no harm.

const maxNoticeIDs = 16

var (
	noticeMessageID = regexp.MustCompile(`(?i)^esc\.([a-z2-7]{26})@`)
	noticeVERP      = regexp.MustCompile(`(?i)\+esc-([a-z2-7]{26})@`)
	noticeRef       = regexp.MustCompile(`(?i)\[ref:([a-z2-7]{26})\]`)
)

// NoticeMessageID is the Message-ID of the notice's letter, without angle
// brackets.
func NoticeMessageID(id, domain string) string {
	return "esc." + id + "@" + domain
}

// NoticeReturnPath is the envelope sender of a letter whose bounce is wanted:
// the desk's address with the notice's ID as its detail. A local part that
// would grow beyond 64 octets (RFC 5321 section 4.5.3.1.1) stays as it is.
func NoticeReturnPath(desk, id string) string {
	at := strings.LastIndexByte(desk, '@')
	if at < 0 || at+len("+esc-")+len(id) > 64 {
		return desk
	}
	return desk[:at] + "+esc-" + id + desk[at:]
}

// NoticeRef is the mark by which a mail's text names a notice.
func NoticeRef(id string) string {
	return "[ref:" + id + "]"
}

// NoticeIDs lists the notices a mail may answer or report about, the surest
// first: the address it came back to, the mail a bounce is about, the mark in
// the subject, the mail it replies to, the thread from its newest, the marks
// in its text.
func NoticeIDs(m mailparse.Message) []string {
	var ids []string
	add := func(pattern *regexp.Regexp, s string) {
		for _, found := range pattern.FindAllStringSubmatch(s, maxNoticeIDs) {
			id := strings.ToLower(found[1])
			if len(ids) < maxNoticeIDs && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	for _, r := range m.Recipients {
		add(noticeVERP, r)
	}
	if m.Delivery != nil {
		add(noticeMessageID, m.Delivery.MessageID)
	}
	add(noticeRef, m.Subject)
	for _, id := range m.InReplyTo {
		add(noticeMessageID, id)
	}
	for _, id := range slices.Backward(m.References) {
		add(noticeMessageID, id)
	}
	add(noticeRef, m.Text)
	return ids
}
