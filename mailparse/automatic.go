package mailparse

import (
	"regexp"
	"strings"
)

// OwnMail tells escalationd's own mails from all others.
type OwnMail struct {
	Domain  string // of our Message-IDs, which look like <esc.…@Domain>; empty: only the header field counts
	Header  string // of our own header field; default X-Escalationd
	Address string // that we write from; a mail from there is never answered
}

var (
	bounceSubject = regexp.MustCompile(`(?i)^(?:undeliver(?:able|ed)|delivery (?:status notification|failure|has failed|delayed|report|notification)|mail (?:delivery (?:failed|failure|subsystem|system|error|status)|system error)|returned mail|failure notice|non[- ]?delivery|message (?:undeliverable|not delivered|delayed)|warning: (?:message|could not)|unzustellbar|unzustellbarkeit|nicht zustellbar|échec de (?:la )?remise|non remis|message non distribué|no se puede entregar|no entregable|não entregue|não é possível|falha na entrega|impossibile recapitare|mancato recapito|onbestelbaar|配信不能|配達不能|未配信|undelivered mail|postmaster notify)`)
	daemon        = regexp.MustCompile(`(?i)^(?:mailer-?daemon|postmaster|mail-?daemon|mail\.delivery\.system|microsoftexchange[0-9a-f]*)@`)
)

// automatic says what kind of machine wrote a mail, and what showed it. Only
// header fields decide against a mail that holds a filled-in form: its author
// may well write about vacations and bounces.
func (p *Parser) automatic(h header, root *part, msg *Message) (Automatic, string) {
	if reason := p.own.wrote(h, msg.MessageID); reason != "" {
		return Own, reason
	}
	if kind, reason := reportKind(root); kind != "" {
		return kind, reason
	}
	if kind, reason := byFields(h); kind != "" {
		if h.has("x-failed-recipients") || bounceSubject.MatchString(msg.Subject) && daemon.MatchString(msg.From.Addr) {
			return Bounce, "From a mail system"
		}
		return kind, reason
	}
	if p.own.Address != "" && strings.EqualFold(msg.From.Addr, p.own.Address) {
		return Own, "our own address"
	}
	filled := false
	for _, f := range msg.Forms {
		filled = filled || f.NextStep != "" || f.POC != "" || f.POCContact != ""
	}
	if msg.ReturnPath == "<>" {
		if bounceSubject.MatchString(msg.Subject) || daemon.MatchString(msg.From.Addr) {
			return Bounce, "null return path"
		}
		return AutoReply, "null return path"
	}
	if daemon.MatchString(msg.From.Addr) && !filled && (bounceSubject.MatchString(msg.Subject) || h.has("x-failed-recipients") || strings.HasPrefix(strings.ToLower(msg.From.Addr), "mailer-daemon")) {
		return Bounce, "From a mail system"
	}
	if filled || msg.Command != nil {
		return "", ""
	}
	return byText(msg)
}

func (o OwnMail) wrote(h header, id string) string {
	name := strings.ToLower(o.Header)
	if name == "" {
		name = "x-escalationd"
	}
	if h.has(name) {
		return "own header field"
	}
	if local, domain, ok := cutLast(id, "@"); ok && o.Domain != "" && strings.EqualFold(domain, o.Domain) && strings.HasPrefix(strings.ToLower(local), "esc.") {
		return "own Message-ID"
	}
	return ""
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// reportKind knows reports by their structure (RFC 6522, RFC 3464, RFC 8098).
func reportKind(root *part) (Automatic, string) {
	if root.mediaType == "multipart/report" {
		switch t := strings.ToLower(root.params["report-type"]); {
		case strings.Contains(t, "disposition"):
			return AutoReply, "a read receipt"
		case strings.Contains(t, "feedback"):
			return AutoReply, "a complaint report"
		case strings.Contains(t, "delivery"):
			return Bounce, "a delivery report"
		}
	}
	for _, c := range root.children {
		switch c.mediaType {
		case "message/delivery-status", "message/global-delivery-status":
			return Bounce, "a delivery report"
		case "message/disposition-notification":
			return AutoReply, "a read receipt"
		}
	}
	if root.mediaType == "multipart/report" {
		return Bounce, "a report"
	}
	return "", ""
}

// byFields knows machines by their header fields (RFC 3834, RFC 2369, RFC 2919
// and what older programs use).
func byFields(h header) (Automatic, string) {
	for _, v := range h.all("auto-submitted") {
		if word := keyword(v); word != "" && word != "no" {
			return AutoReply, "Auto-Submitted: " + word
		}
	}
	for _, f := range h {
		switch f.name {
		case "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-autoreply-from", "x-mail-autoreply", "x-vacation", "x-ms-exchange-inbox-rules-autoreply":
			if v := keyword(f.value); v != "" && v != "no" && v != "false" && v != "0" {
				return AutoReply, f.name
			}
		case "x-failed-recipients":
			return Bounce, f.name
		}
	}
	precedence := keyword(h.get("precedence"))
	if precedence == "auto_reply" || precedence == "auto-reply" {
		return AutoReply, "Precedence: " + precedence
	}
	for _, f := range h {
		switch f.name {
		case "list-id", "list-post", "list-help", "list-unsubscribe", "list-subscribe", "list-owner", "list-archive", "mailing-list", "x-mailing-list", "x-mailman-version":
			return subjectOr(h, List, f.name)
		}
	}
	switch precedence {
	case "bulk", "junk", "list":
		return subjectOr(h, List, "Precedence: "+precedence)
	}
	return "", ""
}

// subjectOr lets a vacation subject tell an auto-reply from other bulk mail.
func subjectOr(h header, kind Automatic, reason string) (Automatic, string) {
	if subjectSays(oneLine(h.get("subject"))) != silent {
		return AutoReply, reason + " and the subject"
	}
	return kind, reason
}

// keyword is a field's first word without comments, in lower case.
func keyword(v string) string {
	v, _, _ = strings.Cut(withoutComments(v), ";")
	if f := strings.Fields(strings.ToLower(v)); len(f) > 0 {
		return strings.Trim(f[0], `",.`)
	}
	return ""
}

// withoutComments removes comments (RFC 5322 section 3.2.2), which nest and hold
// quoted pairs. What opens a comment that nothing ends stays.
func withoutComments(s string) string {
	var sb strings.Builder
	depth, from := 0, 0 // from: where the text or the comment at hand begins
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && depth > 0:
			i++
		case c == '(':
			if depth++; depth == 1 {
				sb.WriteString(s[from:i])
				from = i
			}
		case c == ')' && depth > 0:
			if depth--; depth == 0 {
				sb.WriteByte(' ')
				from = i + 1
			}
		}
	}
	sb.WriteString(s[from:])
	return sb.String()
}
