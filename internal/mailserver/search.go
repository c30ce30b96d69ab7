package mailserver

import (
	"bufio"
	"bytes"
	"io"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-message/textproto"
)

func (v *view) Search(kind imapserver.NumKind, c *imap.SearchCriteria, opts *imap.SearchOptions) (*imap.SearchData, error) {
	v.spool.mu.Lock()
	defer v.spool.mu.Unlock()
	var (
		nums imap.SeqSet
		uids imap.UIDSet
		data imap.SearchData
	)
	matches := v.matcher(c)
	for i, m := range v.messages {
		if m.gone || !matches(seq(i), m) {
			continue
		}
		num := seq(i)
		nums.AddNum(num)
		uids.AddNum(m.uid)
		if kind == imapserver.NumKindUID {
			num = uint32(m.uid)
		}
		if data.Min == 0 {
			data.Min = num
		}
		data.Max = num
		data.Count++
	}
	data.All = nums
	if kind == imapserver.NumKindUID {
		data.All = uids
	}
	if opts.ReturnSave {
		v.found = uids
	}
	return &data, nil
}

// matcher answers the test that criteria are: all of them must hold.
func (v *view) matcher(c *imap.SearchCriteria) func(num uint32, m *message) bool {
	tests := []func(uint32, *message) bool{
		func(_ uint32, m *message) bool { return matchesMessage(c, m) },
	}
	for _, set := range c.SeqNum {
		in := v.resolve(set)
		tests = append(tests, func(num uint32, m *message) bool { return in(num, m.uid) })
	}
	for _, set := range c.UID {
		in := v.resolve(set)
		tests = append(tests, func(num uint32, m *message) bool { return in(num, m.uid) })
	}
	for i := range c.Not {
		holds := v.matcher(&c.Not[i])
		tests = append(tests, func(num uint32, m *message) bool { return !holds(num, m) })
	}
	for i := range c.Or {
		a, b := v.matcher(&c.Or[i][0]), v.matcher(&c.Or[i][1])
		tests = append(tests, func(num uint32, m *message) bool { return a(num, m) || b(num, m) })
	}
	return func(num uint32, m *message) bool {
		return !slices.ContainsFunc(tests, func(holds func(uint32, *message) bool) bool { return !holds(num, m) })
	}
}

// matchesMessage tests what one mail alone decides. Text is compared as it
// is in the raw mail, without decoding.
func matchesMessage(c *imap.SearchCriteria, m *message) bool {
	size := int64(len(m.raw))
	if c.Larger != 0 && size <= c.Larger || c.Smaller != 0 && size >= c.Smaller || !between(m.at, c.Since, c.Before) {
		return false
	}
	for _, flag := range c.Flag {
		if !m.has(flag) {
			return false
		}
	}
	for _, flag := range c.NotFlag {
		if m.has(flag) {
			return false
		}
	}
	if len(c.Header)+len(c.Body)+len(c.Text) == 0 && c.SentSince.IsZero() && c.SentBefore.IsZero() {
		return true
	}
	return matchesText(c, m.raw)
}

func matchesText(c *imap.SearchCriteria, raw []byte) bool {
	header, body := fields(raw)
	if !c.SentSince.IsZero() || !c.SentBefore.IsZero() {
		sent, err := mail.ParseDate(value(header, "Date"))
		if err != nil || !between(sent, c.SentSince, c.SentBefore) {
			return false
		}
	}
	for _, want := range c.Header {
		if !slices.ContainsFunc(header, func(f field) bool {
			return strings.EqualFold(f.name, want.Key) && contains(f.raw, want.Value)
		}) {
			return false
		}
	}
	for _, want := range c.Body {
		if !contains(body, want) {
			return false
		}
	}
	for _, want := range c.Text {
		if !contains(raw, want) {
			return false
		}
	}
	return true
}

// between compares dates alone, without regard to zones (RFC 9051 section 6.4.4).
func between(t, since, before time.Time) bool {
	t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return (since.IsZero() || !t.Before(since)) && (before.IsZero() || t.Before(before))
}

func contains(text []byte, want string) bool {
	return bytes.Contains(bytes.ToLower(text), bytes.ToLower([]byte(want)))
}

// section cuts what FETCH BODY[…] asks for. The whole mail is served as it
// came; the library re-serialises it and serves nothing for a malformed header.
func section(raw []byte, s *imap.FetchItemBodySection) []byte {
	if len(s.Part) > 0 || s.Specifier != imap.PartSpecifierNone {
		return imapserver.ExtractBodySection(bytes.NewReader(raw), s)
	}
	if s.Partial == nil {
		return raw
	}
	start := min(s.Partial.Offset, int64(len(raw)))
	return raw[start : start+min(s.Partial.Size, int64(len(raw))-start)]
}

func envelope(raw []byte) *imap.Envelope {
	header, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return &imap.Envelope{}
	}
	return imapserver.ExtractEnvelope(header)
}

func literal(w io.WriteCloser, content []byte) error {
	if _, err := w.Write(content); err != nil {
		return err
	}
	return w.Close()
}
