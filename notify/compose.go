package notify

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"escalationd/escalation"
	"escalationd/templates"
)

// Envelope is what the relay is told of a mail (RFC 5321 section 3.3).
type Envelope struct {
	From string // empty for the null sender
	To   string
	UTF8 bool // the recipient can only be written with SMTPUTF8 (RFC 6531)
}

// EnvelopeOf is the envelope of a notice's letter from the desk at from. A
// reply has the null sender, so that no machine can answer it; any other
// letter's bounce comes back to an address of its own. The error means that
// the recipient's address cannot be written.
func EnvelopeOf(n escalation.Notice, from mail.Address) (Envelope, error) {
	to, err := parseAddress(n.To)
	if err != nil {
		return Envelope{}, err
	}
	env := Envelope{To: to.String(), UTF8: to.utf8()}
	if !n.Kind.Reply() {
		desk, err := parseAddress(from.Address)
		if err != nil {
			return Envelope{}, fmt.Errorf("write the desk's address: %w", err)
		}
		env.From = escalation.NoticeReturnPath(desk.String(), n.ID)
	}
	return env, nil
}

// Compose is a worded notice as a whole mail (RFC 5322 with CRLF line ends)
// from the desk at from. Nothing in the words or the notice can add a field
// or a recipient; an address that cannot be written safely is an error.
func Compose(words templates.Words, n escalation.Notice, from mail.Address, date time.Time) ([]byte, error) {
	desk, err := parseAddress(from.Address)
	if err != nil {
		return nil, fmt.Errorf("write the desk's address: %w", err)
	}
	to, err := parseAddress(n.To)
	if err != nil {
		return nil, fmt.Errorf("write the recipient: %w", err)
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := m.FromFormat(from.Name, desk.String()); err != nil {
		return nil, fmt.Errorf("write From: %w", err)
	}
	if err := m.To(to.String()); err != nil {
		return nil, fmt.Errorf("write To: %w", errAddress)
	}
	m.SetDateWithValue(date)
	m.Subject(oneLine(words.Subject))
	m.SetMessageIDWithValue(escalation.NoticeMessageID(n.ID, desk.domain))
	setThread(m, n, desk.domain)
	setAutomatic(m, n.Kind)
	m.SetBodyString(gomail.TypeTextPlain, words.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, words.HTML)

	var raw bytes.Buffer
	raw.Grow(len(words.Text) + len(words.HTML)*5/4 + 2048)
	if _, err := m.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("write the mail: %w", err)
	}
	if !bytes.HasSuffix(raw.Bytes(), []byte("\r\n")) {
		raw.WriteString("\r\n")
	}
	return raw.Bytes(), nil
}

// setAutomatic tells machines that a machine wrote this (RFC 3834, and
// Microsoft's X-Auto-Response-Suppress). A letter that a leader may answer
// lets an out-of-office note pass: it moves the ladder up. No Precedence
// field: "bulk" costs the inbox, and Auto-Submitted says it already.
func setAutomatic(m *gomail.Msg, kind escalation.Kind) {
	submitted, suppress := "auto-generated", "All"
	if kind.Reply() {
		submitted = "auto-replied"
	}
	if kind.Answerable() && !kind.Reply() {
		suppress = "DR, RN, NRN"
	}
	m.SetGenHeader("Auto-Submitted", submitted)
	m.SetGenHeader("X-Auto-Response-Suppress", suppress)
	m.SetGenHeader("X-Escalationd", string(kind))
}

const maxReferences = 20

var msgID = regexp.MustCompile(`^[!-;=?-~]{3,200}$`)

// setThread puts the letter where mail programs look for it: under the mail
// it answers, and letters to leaders under one anchor per case.
func setThread(m *gomail.Msg, n escalation.Notice, domain string) {
	var ids []string
	if n.Case != "" && templates.ForLeader(n) {
		ids = append(ids, threadAnchor(n.Case, domain))
	}
	answered := msgID.MatchString(n.Thread.MessageID)
	for _, id := range n.Thread.References {
		if msgID.MatchString(id) && id != n.Thread.MessageID && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if answered {
		ids = append(ids, n.Thread.MessageID)
		m.SetGenHeader("In-Reply-To", "<"+n.Thread.MessageID+">")
	}
	if len(ids) > maxReferences { // the first names the thread, the last its end
		ids = append(ids[:1:1], ids[len(ids)-maxReferences+1:]...)
	}
	if len(ids) > 0 {
		m.SetGenHeader("References", "<"+strings.Join(ids, "> <")+">")
	}
}

// threadAnchor is a Message-ID that no mail has: all letters to leaders on a
// case refer to it, so that their programs show them as one thread. It holds
// nothing secret.
func threadAnchor(number, domain string) string {
	sum := sha256.Sum256([]byte("thread:" + number))
	return "esc-case." + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16])) + "@" + domain
}

func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
}
