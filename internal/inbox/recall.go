package inbox

import (
	"context"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Recall looks through the mails in the folder of processed mails that have
// arrived since a time, and moves back to the mailbox those that wanted
// chooses: it answers one bool for each mail. It says how many were moved.
// Call it before Run or behind its Gate; once cut short it may be called again.
func (b *Inbox) Recall(ctx context.Context, since time.Time, wanted func(context.Context, []Mail) ([]bool, error)) (moved int, err error) {
	folder, err := b.OpenFolder(ctx, b.o.Processed)
	if err != nil {
		return 0, err
	}
	defer folder.Close(ctx)
	s := folder.s
	uids, err := s.search(ctx, since)
	if err != nil {
		return 0, err
	}
	for chunk := range slices.Chunk(uids, s.o.Batch) {
		heads, err := s.sizes(ctx, chunk)
		if err != nil {
			return moved, err
		}
		heads = slices.DeleteFunc(heads, func(h head) bool { return h.received.Before(since) })
		for len(heads) > 0 {
			n := s.batch(heads)
			back, err := s.choose(ctx, heads[:n], wanted)
			heads = heads[n:]
			if err == nil && len(back) > 0 {
				err = s.move(ctx, back, b.o.Mailbox)
			}
			if err != nil {
				return moved, err
			}
			moved += len(back)
		}
	}
	return moved, nil
}

// choose fetches mails and answers the UIDs of those that are wanted. One that
// cannot be fetched is not.
func (s *session) choose(ctx context.Context, heads []head, wanted func(context.Context, []Mail) ([]bool, error)) ([]imap.UID, error) {
	mails, err := s.bodies(ctx, heads)
	if err != nil {
		return nil, err
	}
	mails = slices.DeleteFunc(mails, func(m Mail) bool { return m.Raw == nil })
	want, err := wanted(ctx, mails)
	if err != nil {
		return nil, err
	}
	var uids []imap.UID
	for i, m := range mails {
		if want[i] {
			uids = append(uids, imap.UID(m.UID))
		}
	}
	return uids, nil
}
