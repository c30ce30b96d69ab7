package inbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Folder is one folder of the mailbox's account, opened for operators: to look
// at its mails and to move them. It is not safe for concurrent use.
type Folder struct{ s *session }

// OpenFolder logs in and selects a folder, over a connection of its own; close
// it. What a person must put right is a *SetupError.
func (b *Inbox) OpenFolder(ctx context.Context, name string) (*Folder, error) {
	o := b.o
	o.Mailbox = name
	own := &Inbox{o: o, log: b.log, mem: newMemory(o.Batch)}
	c, err := own.connect(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{conn: c, b: own, mem: own.mem, log: b.log}
	s.mem.selected(c.uidValidity)
	return &Folder{s}, nil
}

// UIDValidity is the folder's; Mail.Location is made of it.
func (f *Folder) UIDValidity() uint32 { return f.s.uidValidity }

// List lists the UIDs of the folder's mails, in ascending order.
func (f *Folder) List(ctx context.Context) ([]uint32, error) {
	uids, err := f.s.search(ctx, time.Time{})
	if err != nil {
		return nil, err
	}
	list := make([]uint32, len(uids))
	for i, uid := range uids {
		list[i] = uint32(uid)
	}
	return list, nil
}

// Fetch shows the mails with these UIDs to visit, a batch at a time; those
// that are gone are left out. A mail above Options.MaxMessage, or one that the
// server does not send, has no Raw.
func (f *Folder) Fetch(ctx context.Context, uids []uint32, visit func([]Mail) error) error {
	for chunk := range slices.Chunk(uids, 10*f.s.o.Batch) {
		heads, err := f.s.sizes(ctx, imapUIDs(chunk))
		if err != nil {
			return err
		}
		for len(heads) > 0 {
			n := f.s.batch(heads)
			mails, err := f.s.bodies(ctx, heads[:n])
			if err != nil {
				return err
			}
			if err := visit(withMissing(mails, heads[:n], f.s)); err != nil {
				return err
			}
			heads = heads[n:]
		}
	}
	return nil
}

// withMissing adds the mails whose bytes did not come.
func withMissing(mails []Mail, heads []head, s *session) []Mail {
	here := make(map[uint32]bool, len(mails))
	for _, m := range mails {
		here[m.UID] = true
	}
	for _, h := range heads {
		if !here[uint32(h.uid)] {
			mails = append(mails, Mail{
				Inbox: s.o.Name, UIDValidity: s.uidValidity, UID: uint32(h.uid), Received: h.received, Size: h.size,
				Unfetched: "the server sends nothing for it",
			})
		}
	}
	slices.SortFunc(mails, func(a, b Mail) int { return int(int64(a.UID) - int64(b.UID)) })
	return mails
}

// Move moves one mail to another folder, and makes sure that it has left.
func (f *Folder) Move(ctx context.Context, uid uint32, to string) error {
	one := imapUIDs([]uint32{uid})
	f.s.mem.record(one[0])
	if err := f.s.move(ctx, one, to); err != nil {
		return f.s.explainFolder(err, to)
	}
	left, err := f.List(ctx)
	if err != nil {
		return err
	}
	if slices.Contains(left, uid) {
		return fmt.Errorf("move mail %d to %s: the server says it has moved it, but it is still there", uid, to)
	}
	return nil
}

// Close logs out.
func (f *Folder) Close(ctx context.Context) {
	f.s.logout(ctx)
	f.s.close()
}

func imapUIDs(list []uint32) []imap.UID {
	uids := make([]imap.UID, len(list))
	for i, uid := range list {
		uids[i] = imap.UID(uid)
	}
	return uids
}
