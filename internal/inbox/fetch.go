package inbox

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Only UID, RFC822.SIZE, INTERNALDATE and BODY.PEEK[] are ever fetched, and of
// a backlog some header fields by BODY.PEEK[HEADER.FIELDS]:
// ENVELOPE and BODYSTRUCTURE are made out of what the sender wrote, and one
// that go-imap cannot read ends the connection.

// head is what is known of a mail before it is fetched.
type head struct {
	uid      imap.UID
	size     int64
	received time.Time
	sized    bool
}

// maxListed is how many mails a mailbox may hold.
const maxListed = 1 << 20

// search lists all mails that are not filed, in ascending order. On a server
// where filed mails stay behind with a mark, marked ones are left out. Unless
// since is zero, mails are left out that arrived more than two days before it:
// servers compare dates alone, in a zone of their own.
func (s *session) search(ctx context.Context, since time.Time) ([]imap.UID, error) {
	criteria := &imap.SearchCriteria{}
	if !since.IsZero() {
		criteria.Since = since.AddDate(0, 0, -1)
	}
	if s.marks() {
		criteria.NotFlag = []imap.Flag{imap.FlagDeleted}
		if s.keywords {
			criteria.NotFlag = append(criteria.NotFlag, doneKeyword)
		}
	}
	var uids []imap.UID
	err := s.do(ctx, "search the mailbox", small+16*maxListed, func() error {
		data, err := s.c.UIDSearch(criteria, nil).Wait()
		if err != nil {
			return err
		}
		set, _ := data.All.(imap.UIDSet)
		uids, err = expand(set)
		return err
	})
	return uids, err
}

// expand lists the UIDs of a set; a server must not make it endless.
func expand(set imap.UIDSet) ([]imap.UID, error) {
	var uids []imap.UID
	for _, r := range set {
		if r.Start == 0 || r.Stop < r.Start || int64(r.Stop-r.Start)+int64(len(uids)) >= maxListed {
			return nil, fmt.Errorf("a mailbox of more than %d mails cannot be served", maxListed)
		}
		for n := int64(r.Start); n <= int64(r.Stop); n++ {
			uids = append(uids, imap.UID(n))
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids), nil
}

// sizes asks for size and date of some mails; it may learn those of fewer.
func (s *session) sizes(ctx context.Context, uids []imap.UID) ([]head, error) {
	found := make(map[imap.UID]head, len(uids))
	err := s.do(ctx, "fetch sizes", small+int64(len(uids))*512, func() error {
		cmd := s.c.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			var h head
			for item := msg.Next(); item != nil; item = msg.Next() {
				switch item := item.(type) {
				case imapclient.FetchItemDataUID:
					h.uid = item.UID
				case imapclient.FetchItemDataRFC822Size:
					h.size, h.sized = item.Size, true
				case imapclient.FetchItemDataInternalDate:
					h.received = item.Time
				}
			}
			if h.sized {
				found[h.uid] = h
			}
		}
		return cmd.Close()
	})
	s.mem.fetched(uids, func(uid imap.UID) bool { return found[uid].sized && !lost(err) }, err)
	heads := make([]head, 0, len(uids))
	for _, uid := range uids {
		if h, ok := found[uid]; ok {
			heads = append(heads, h)
		}
	}
	return heads, err
}

// bodies fetches the mails of one batch whole into memory: the connection's
// reader stands still while a body is being read, so nothing is done with one
// before all are here. Mails beside an error are whole and good.
func (s *session) bodies(ctx context.Context, batch []head) ([]Mail, error) {
	var want []imap.UID
	var expected int64
	for _, h := range batch {
		if h.size <= s.o.MaxMessage {
			want, expected = append(want, h.uid), expected+h.size
		}
	}
	found := make(map[imap.UID][]byte, len(want))
	var err error
	if len(want) > 0 {
		budget := small + 2*expected + int64(len(want))*4096
		if len(want) == 1 { // sizes may lie
			budget = small + s.o.MaxMessage + s.o.MaxMessage/8
		}
		err = s.do(ctx, "fetch mails", budget, func() error { return s.readBodies(want, found) })
		s.mem.fetched(want, func(uid imap.UID) bool { return found[uid] != nil }, err)
		if err == nil {
			s.mem.batch = min(s.o.Batch, 2*s.mem.batch)
		}
	}
	mails := make([]Mail, 0, len(batch))
	for _, h := range batch {
		m := Mail{Inbox: s.o.Name, UIDValidity: s.uidValidity, UID: uint32(h.uid), Received: h.received, Size: h.size}
		raw := found[h.uid]
		if r := s.mem.records[h.uid]; r != nil && raw != nil {
			r.alone, r.misses = false, 0
		}
		switch {
		case h.size > s.o.MaxMessage, int64(len(raw)) > s.o.MaxMessage:
			m.Unfetched = TooLarge
		case raw == nil:
			continue
		default:
			m.Raw, m.Size = raw, int64(len(raw))
		}
		mails = append(mails, m)
	}
	return mails, err
}

// readBodies asks for one byte above the limit, so that the server itself
// cuts a mail whose size it told wrongly.
func (s *session) readBodies(uids []imap.UID, found map[imap.UID][]byte) error {
	section := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: s.o.MaxMessage + 1}}
	return s.readSections(uids, section, s.o.MaxMessage+1, found)
}

func (s *session) readSections(uids []imap.UID, section *imap.FetchItemBodySection, limit int64, found map[imap.UID][]byte) error {
	cmd := s.c.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		uid, raw, err := readBody(msg, limit)
		if err != nil {
			return err
		}
		if raw != nil {
			found[uid] = raw
		}
	}
	return cmd.Close()
}

// readBody reads one FETCH response. Without exactly one whole section in it there
// is none: an unasked-for FETCH with flags alone may take the place of the
// real one without any error. After an error the connection is dead, and the
// command must be left alone: draining it would race with go-imap's reader.
func readBody(msg *imapclient.FetchMessageData, limit int64) (uid imap.UID, raw []byte, err error) {
	sections := 0
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = item.UID
		case imapclient.FetchItemDataBodySection:
			sections++
			if item.Literal == nil || item.Literal.Size() > limit {
				continue
			}
			b := make([]byte, item.Literal.Size())
			if _, err := io.ReadFull(item.Literal, b); err != nil {
				return uid, nil, fmt.Errorf("read mail %d: %w", uid, err)
			}
			raw = b
		}
	}
	if sections != 1 {
		raw = nil
	}
	return uid, raw, nil
}
