package escalation

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"
)

// maxTries is how often a mail may fail before it is put aside.
const maxTries = 3

// staleRounds is how often a mail is judged anew because its escalation has
// moved on meanwhile; then it waits for the next poll.
const staleRounds = 50

// Desk feeds events to the Policy and has the Store apply what comes of them.
// It is safe for concurrent use.
type Desk struct {
	Policy  *Policy
	Store   Store
	Read    func(raw []byte, inbox string) Mail // bytes to a mail with its proof; Location and Received are the desk's
	Secret  []byte                              // makes notice IDs that cannot be guessed
	Now     func() time.Time
	Log     *slog.Logger
	Observe func(Mail, Change) // told of each mail that was decided; may be nil
}

// Arrival is a mail as the inbox hands it in.
type Arrival struct {
	Inbox      string
	Location   string // inbox|UIDVALIDITY|UID
	Received   time.Time
	Raw        []byte
	Unreadable string // why Raw is nil
}

// Filing says where a mail goes.
type Filing int

// The filings.
const (
	Stay        Filing = iota // not decided; hand it in again
	ToProcessed               // its Change is in the store
	ToAside                   // quarantined; its Change is in the store
)

// Receive decides a batch of mails and answers where each goes. A mail that
// could not be decided stays, and the others go on; an error means that
// nothing could be decided at all.
//
// Each try is counted before the mail is read, so that a mail that brings the
// process down is found out. Mails that were tried before are taken one by
// one: only the culprit counts up.
func (d *Desk) Receive(ctx context.Context, arrivals []Arrival) ([]Filing, error) {
	filings := make([]Filing, len(arrivals))
	tries, err := d.count(ctx, arrivals, 0)
	if err != nil {
		return nil, err
	}
	var fresh []int
	for i := range arrivals {
		if tries[i] == 0 {
			fresh = append(fresh, i)
		}
	}
	if err := d.receive(ctx, arrivals, fresh, filings); err != nil {
		return filings, err
	}
	for i := range arrivals {
		if tries[i] > 0 {
			if err := d.receive(ctx, arrivals, []int{i}, filings); err != nil {
				return filings, err
			}
		}
	}
	return filings, nil
}

// receive decides the mails at some indexes of a batch.
func (d *Desk) receive(ctx context.Context, arrivals []Arrival, indexes []int, filings []Filing) error {
	if len(indexes) == 0 {
		return nil
	}
	batch := make([]Arrival, len(indexes))
	for i, at := range indexes {
		batch[i] = arrivals[at]
	}
	tries, err := d.count(ctx, batch, 1)
	if err != nil {
		return err
	}
	cases := make([]*pendingMail, len(batch))
	for i, a := range batch {
		cases[i] = d.read(a, tries[i])
	}
	err = d.settle(ctx, cases)
	// A mail that merely waits, for the server or for newer case data, gets no
	// mark against it.
	var waiting []Arrival
	for i, c := range cases {
		filings[indexes[i]] = c.filing
		if !c.done || c.held {
			waiting = append(waiting, batch[i])
		}
	}
	if len(waiting) == 0 {
		return err
	}
	if _, uncounted := d.count(context.WithoutCancel(ctx), waiting, -1); uncounted != nil {
		d.Log.Debug("tries stay counted", "error", uncounted)
	}
	return err
}

func (d *Desk) count(ctx context.Context, batch []Arrival, delta int) ([]int, error) {
	locations := make([]string, len(batch))
	for i, a := range batch {
		locations[i] = a.Location
	}
	return d.Store.Count(ctx, locations, delta)
}

// Known reports of each mail whether a person wrote it who is proven and known:
// a representative of some account, or a leader. The header is enough.
func (d *Desk) Known(ctx context.Context, mails []Mail) ([]bool, error) {
	queries := make([]Query, len(mails))
	for i, m := range mails {
		if m.Unreadable == "" && m.Automatic == "" && m.FromProblem == "" && m.Proof.Proven {
			queries[i].Sender = m.From.Addr
		}
	}
	states, err := d.Store.Load(ctx, queries)
	if err != nil {
		return nil, err
	}
	known := make([]bool, len(mails))
	for i, s := range states {
		sender := queries[i].Sender
		known[i] = sender != "" && (len(s.Represents) > 0 || d.Policy.leads(sender))
	}
	return known, nil
}

// pendingMail is a mail on its way to a filing.
type pendingMail struct {
	mail   Mail
	state  State
	filing Filing
	done   bool
	held   bool // waits for newer case data
}

func (d *Desk) read(a Arrival, tries int) *pendingMail {
	m := Mail{Unreadable: a.Unreadable}
	switch {
	case tries > maxTries:
		m.Unreadable = fmt.Sprintf("it could not be handled in %d tries", maxTries)
		m.MessageID = messageID(a.Raw)
	case m.Unreadable == "":
		m = d.Read(a.Raw, a.Inbox)
	}
	m.Location, m.Received = a.Location, a.Received
	return &pendingMail{mail: m}
}

var messageIDField = regexp.MustCompile(`(?im)^message-id:[ \t]*(?:\r?\n[ \t]+)?<([!-;=?-~]{1,900})>`)

// messageID finds the Message-ID of a mail that is not to be parsed once more.
func messageID(raw []byte) string {
	head := raw[:min(len(raw), 64<<10)]
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		head, _, _ = bytes.Cut(head, []byte(end))
	}
	if found := messageIDField.FindSubmatch(head); found != nil {
		return string(found[1])
	}
	return ""
}

// settle decides mails in rounds: load, judge, apply. A mail whose escalation
// has moved on is judged again.
func (d *Desk) settle(ctx context.Context, mails []*pendingMail) error {
	for range staleRounds {
		round := undecided(mails)
		if len(round) == 0 {
			return nil
		}
		if err := d.load(ctx, round); err != nil {
			return err
		}
		if err := d.hold(ctx, round); err != nil {
			return err
		}
		if err := d.apply(ctx, undecided(round)); err != nil {
			return err
		}
	}
	return nil
}

func undecided(mails []*pendingMail) []*pendingMail {
	var out []*pendingMail
	for _, m := range mails {
		if !m.done {
			out = append(out, m)
		}
	}
	return out
}

// load reads the state of each mail, and more where that does not suffice.
func (d *Desk) load(ctx context.Context, mails []*pendingMail) error {
	queries := make([]Query, len(mails))
	for i, m := range mails {
		queries[i] = d.Policy.Query(&m.mail)
	}
	states, err := d.Store.Load(ctx, queries)
	if err != nil {
		return err
	}
	var wider []Query
	var whose []int
	for i, m := range mails {
		m.state = states[i]
		if q, more := d.Policy.Wider(&m.mail, queries[i], states[i]); more && states[i].Known == nil {
			wider, whose = append(wider, q), append(whose, i)
		}
	}
	if len(wider) == 0 {
		return nil
	}
	if states, err = d.Store.Load(ctx, wider); err != nil {
		return err
	}
	for j, i := range whose {
		mails[i].state = states[j]
	}
	return nil
}

// apply judges mails and applies what comes of it.
func (d *Desk) apply(ctx context.Context, mails []*pendingMail) error {
	var changes []Change
	var whose []*pendingMail
	for _, m := range mails {
		if m.state.Err != nil {
			d.trouble(m, m.state.Err)
			continue
		}
		c := d.decide(m, d.Now())
		d.identify(&c)
		changes, whose = append(changes, c), append(whose, m)
	}
	if len(changes) == 0 {
		return nil
	}
	applied, err := d.Store.Apply(ctx, changes)
	if err != nil {
		return err
	}
	for i, a := range applied {
		d.finish(whose[i], changes[i], a)
	}
	return nil
}

// decide answers what a mail does. Of one that was decided before and has not
// left yet, the record stands, whatever has changed since. One that now lies
// elsewhere is a duplicate; that is an event of its own.
func (d *Desk) decide(m *pendingMail, now time.Time) Change {
	known := m.state.Known
	if known == nil {
		return d.Policy.Receive(&m.mail, m.state, now)
	}
	c := Change{At: now, Location: m.mail.Location, MessageID: m.mail.MessageID}
	if known.Location == m.mail.Location {
		c.Event, c.Disposition, c.Reason, c.Cases = known.Event, known.Disposition, known.Reason, known.Cases
		return c
	}
	c.Event, c.Disposition = "duplicate:"+m.mail.Location, Duplicate
	c.Reason = "the same mail was " + string(known.Disposition) + " before"
	c.Checks = []Check{{Name: "duplicate", OK: false, Detail: "the same mail was decided before"}}
	return c
}

// finish notes how Apply ended for one mail.
func (d *Desk) finish(m *pendingMail, c Change, a Applied) {
	switch a.Verdict {
	case Done:
		m.done, m.filing = true, filing(c.Disposition)
		d.Log.Info("mail decided", "mail", m.mail.Location, "disposition", c.Disposition, "reason", c.Reason,
			"case", caseOf(c), "notices", len(c.Notices))
		if d.Observe != nil {
			d.Observe(m.mail, c)
		}
	case Known:
		if a.Record.Location == m.mail.Location {
			m.done, m.filing = true, filing(a.Record.Disposition)
		} // else the next round finds it known, and makes it a duplicate
	case Failed:
		d.trouble(m, a.Err)
	case Stale:
	}
}

// trouble leaves a mail where it is; the count of its tries stands.
func (d *Desk) trouble(m *pendingMail, err error) {
	m.done, m.filing = true, Stay
	d.Log.Warn("mail stays in the inbox", "mail", m.mail.Location, "error", err)
}

func filing(disposition Disposition) Filing {
	if disposition == Quarantined {
		return ToAside
	}
	return ToProcessed
}

func caseOf(c Change) string {
	for _, e := range c.Escalations {
		return e.Case
	}
	for _, n := range c.Notices {
		return n.Case
	}
	return ""
}

// identify gives each notice its ID, and names revoked notices by theirs.
func (d *Desk) identify(c *Change) {
	for i := range c.Notices {
		c.Notices[i].ID = d.noticeID(c.Notices[i].Key)
	}
	for i, k := range c.Revoked {
		c.Revoked[i] = d.noticeID(k)
	}
}

// noticeID is 128 bits of HMAC-SHA256 over a notice's key, in lower-case
// base32.
func (d *Desk) noticeID(key string) string {
	mac := hmac.New(sha256.New, d.Secret)
	mac.Write([]byte(key))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:16]))
}
