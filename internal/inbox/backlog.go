package inbox

import (
	"context"
	"slices"

	"github.com/emersion/go-imap/v2"
)

const (
	// backlog is how many waiting mails are more than the usual: from there on
	// mails that Options.First chooses go before the others.
	backlog   = 500
	peekChunk = 500
	peekBytes = 8 << 10 // of each mail's fields; a sender is shown by less
)

// chosen puts the mails that Options.First chooses before the others; both
// stay in their order.
func (s *session) chosen(ctx context.Context, todo []imap.UID) ([]imap.UID, error) {
	if s.o.First == nil || len(todo) < backlog {
		return todo, nil
	}
	if err := s.peek(ctx, todo); err != nil {
		return nil, err
	}
	sorted := make([]imap.UID, 0, len(todo))
	for _, first := range []bool{true, false} {
		for _, uid := range todo {
			if (s.mem.first[uid] && !s.odd(uid)) == first {
				sorted = append(sorted, uid)
			}
		}
	}
	return sorted, nil
}

// peek asks Options.First about the mails that it has not been asked about.
// Whatever fails only leaves mails in their order, so no mail is peeked at
// twice: one on which the connection dies must not do so for ever.
func (s *session) peek(ctx context.Context, todo []imap.UID) error {
	var fresh []imap.UID
	for _, uid := range todo {
		if uid > s.mem.peeked {
			fresh = append(fresh, uid)
		}
	}
	for len(fresh) > 0 && ctx.Err() == nil {
		chunk := fresh[:min(peekChunk, len(fresh))]
		fresh = fresh[len(chunk):]
		s.mem.peeked = max(s.mem.peeked, slices.Max(chunk)) // odd ones stand last
		heads, err := s.fields(ctx, chunk)
		if lost(err) {
			return err
		}
		first, err := s.o.First(ctx, heads)
		if err != nil {
			s.log.Warn("nobody is chosen out of the backlog", "count", len(chunk), "error", err)
			return nil
		}
		for i, m := range heads {
			if first[i] {
				s.mem.first[imap.UID(m.UID)] = true
			}
		}
	}
	return nil
}

// fields fetches the header fields that show who sent some mails, and whether
// a machine did.
func (s *session) fields(ctx context.Context, uids []imap.UID) ([]Mail, error) {
	section := &imap.FetchItemBodySection{
		Specifier:    imap.PartSpecifierHeader,
		HeaderFields: []string{"From", "Authentication-Results", "Return-Path", "Auto-Submitted", "Precedence", "List-Id", "Subject"},
		Peek:         true, Partial: &imap.SectionPartial{Size: peekBytes},
	}
	found := make(map[imap.UID][]byte, len(uids))
	err := s.do(ctx, "fetch senders", small+int64(len(uids))*2*peekBytes, func() error {
		return s.readSections(uids, section, peekBytes, found)
	})
	mails := make([]Mail, 0, len(found))
	for _, uid := range uids {
		if raw := found[uid]; raw != nil {
			mails = append(mails, Mail{Inbox: s.o.Name, UIDValidity: s.uidValidity, UID: uint32(uid), Raw: raw})
		}
	}
	return mails, err
}
