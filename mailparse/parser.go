package mailparse

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-message/mail"
)

// Options say how mails are to be read. The zero value is usable.
type Options struct {
	// CaseNumber is the operator's pattern of a valid case number, matched
	// without regard to case after tidying; default ^[A-Z0-9][A-Z0-9-]{3,31}$.
	CaseNumber *regexp.Regexp
	// Region is the ISO 3166 code of the country whose national phone numbers
	// are certain; empty: only numbers with a country code become E.164.
	Region string
	// Labels are further labels by field, beside the built-in table.
	Labels map[Field][]string
	Own    OwnMail
	Limits Limits
}

// Parser reads mails. It is immutable and safe for concurrent use.
type Parser struct {
	casePattern *regexp.Regexp
	region      string
	labels      *labelSet
	own         OwnMail
	limits      Limits
}

var defaultCase = regexp.MustCompile(`(?i)^[A-Z0-9][A-Z0-9-]{3,31}$`)

// NewParser prepares a parser. It takes about a millisecond; make one and
// keep it.
func NewParser(o Options) *Parser {
	p := &Parser{casePattern: o.CaseNumber, region: strings.ToUpper(o.Region), labels: newLabelSet(o.Labels), own: o.Own, limits: o.Limits.withDefaults()}
	if p.casePattern == nil {
		p.casePattern = defaultCase
	}
	return p
}

// Parse reads one mail with default options.
func Parse(raw []byte) (Message, error) { return defaultParser().Parse(raw) }

var defaultParser = sync.OnceValue(func() *Parser { return NewParser(Options{}) })

// Parse reads one mail. It fails only for bytes that are no mail at all
// (ErrNotMail) and for mails beyond the limits (ErrTooComplex); even then the
// Message holds what was read. raw is not kept.
func (p *Parser) Parse(raw []byte) (Message, error) {
	var msg Message
	var err error
	if len(raw) > p.limits.Size {
		raw, err = raw[:p.limits.Size], tooComplex("larger than %d bytes", p.limits.Size)
	}
	raw = mendLineEnds(raw)
	w := &walker{lim: p.limits}
	root := w.walk(raw, 0, "text/plain")
	if err == nil || errors.Is(w.err, ErrHeaderCut) {
		err = w.err
	}
	msg.Defects = w.defects
	if len(root.header) == 0 && len(bytes.TrimSpace(root.body)) == 0 {
		return msg, ErrNotMail
	}
	p.envelope(root.header, &msg)
	p.body(root, &msg)
	if msg.Automatic == Bounce {
		msg.Delivery = delivery(root, root.header, &msg)
	}
	msg.Digest = digest(&msg)
	return msg, err
}

// mendLineEnds makes structure visible where line ends are damaged: bare CR
// throughout.
func mendLineEnds(raw []byte) []byte {
	if bytes.IndexByte(raw, '\n') >= 0 || bytes.IndexByte(raw, '\r') < 0 {
		return raw
	}
	return bytes.ReplaceAll(raw, []byte("\r"), []byte("\n"))
}

func (p *Parser) envelope(h header, msg *Message) {
	if found := ids(h.get("message-id")); len(found) > 0 {
		msg.MessageID = found[0]
	}
	msg.InReplyTo = ids(h.get("in-reply-to"))
	msg.References = ids(h.get("references"))
	msg.From, msg.FromProblem = author(h)
	msg.Recipients = recipients(h, p.limits.Addresses)
	msg.Subject = oneLine(h.get("subject"))
	msg.ReturnPath = returnPath(h)
	msg.AuthResults = h.all("authentication-results")
	msg.Date = date(h)
}

// date is the zero time where the Date field is missing or cannot be read.
func date(h header) time.Time {
	var mh mail.Header
	mh.Set("Date", h.get("date"))
	t, err := mh.Date()
	if err != nil {
		return time.Time{}
	}
	return t
}

// digest hashes what a mail keeps on any route: white space and the case of
// the domain do not count.
func digest(msg *Message) [32]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%d\n", msg.From.Addr, msg.MessageID, unix(msg.Date))
	buf := make([]byte, 0, 1<<10)
	for word := range strings.FieldsSeq(msg.Text) {
		if len(buf)+len(word) >= cap(buf) {
			h.Write(buf)
			buf = buf[:0]
		}
		buf = append(append(buf, word...), ' ')
	}
	h.Write(buf)
	return [32]byte(h.Sum(nil))
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
