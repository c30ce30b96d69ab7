package mailserver

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// view is a folder as one client knows it: which messages it has been told
// of, in the order of their sequence numbers, and up to which version.
type view struct {
	spool    *spool
	folder   *folder
	version  uint64
	messages []*message
	found    imap.UIDSet // by the last SEARCH that saved its result
}

// update is one line to the client: an EXPUNGE, a FETCH with flags, or EXISTS.
type update struct {
	num      uint32 // sequence number; for EXISTS the number of messages
	expunged bool
	uid      imap.UID
	flags    []imap.Flag
}

// poll tells the client what has changed in the folder.
func (v *view) poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	for _, u := range v.catchUp(allowExpunge) {
		var err error
		switch {
		case u.expunged:
			err = w.WriteExpunge(u.num)
		case u.uid != 0:
			err = w.WriteMessageFlags(u.num, u.uid, u.flags)
		default:
			err = w.WriteNumMessages(u.num)
		}
		if err != nil {
			return fmt.Errorf("write mailbox update: %w", err)
		}
	}
	return nil
}

// catchUp brings the view up to the folder and answers what to tell.
func (v *view) catchUp(allowExpunge bool) (updates []update) {
	v.spool.mu.Lock()
	defer v.spool.mu.Unlock()
	if v.version == v.folder.version {
		return nil
	}
	var last imap.UID
	held := false                               // an EXPUNGE that may not be told yet
	for i := len(v.messages) - 1; i >= 0; i-- { // backwards: the numbers below stay as they are
		m := v.messages[i]
		last = max(last, m.uid)
		switch {
		case m.gone && allowExpunge:
			updates = append(updates, update{num: seq(i), expunged: true})
			v.messages = slices.Delete(v.messages, i, i+1)
		case m.gone:
			held = true
		case m.flagged > v.version && m.by != v:
			updates = append(updates, update{num: seq(i), uid: m.uid, flags: m.flagList()})
		}
	}
	known := len(v.messages)
	for _, m := range v.folder.messages {
		if m.uid > last {
			v.messages = append(v.messages, m)
		}
	}
	if len(v.messages) > known {
		updates = append(updates, update{num: seq(len(v.messages) - 1)})
	}
	if !held {
		v.version = v.folder.version
	}
	return updates
}

func (v *view) Fetch(w *imapserver.FetchWriter, set imap.NumSet, opts *imap.FetchOptions) error {
	items := v.snapshot(set, opts)
	for _, item := range items {
		if err := item.write(w.CreateMessage(item.num), opts); err != nil {
			return fmt.Errorf("write FETCH response: %w", err)
		}
	}
	return nil
}

// fetched is a message and what may change of it, as they were at one moment.
type fetched struct {
	*message
	num   uint32
	flags []imap.Flag
}

// snapshot picks the messages of set and marks them \Seen when opts say so.
func (v *view) snapshot(set imap.NumSet, opts *imap.FetchOptions) []fetched {
	v.spool.mu.Lock()
	defer v.spool.mu.Unlock()
	reads := slices.ContainsFunc(opts.BodySection, func(s *imap.FetchItemBodySection) bool { return !s.Peek }) ||
		slices.ContainsFunc(opts.BinarySection, func(s *imap.FetchItemBinarySection) bool { return !s.Peek })
	var items []fetched
	for i, m := range v.in(set) {
		if reads && !m.has(imap.FlagSeen) {
			v.flag(m, func() { m.set([]imap.Flag{imap.FlagSeen}) })
		}
		items = append(items, fetched{message: m, num: seq(i), flags: m.flagList()})
	}
	return items
}

func (m *fetched) write(w *imapserver.FetchResponseWriter, opts *imap.FetchOptions) error {
	w.WriteUID(m.uid)
	if opts.Flags {
		w.WriteFlags(m.flags)
	}
	if opts.InternalDate {
		w.WriteInternalDate(m.at)
	}
	if opts.RFC822Size {
		w.WriteRFC822Size(int64(len(m.raw)))
	}
	if opts.Envelope {
		w.WriteEnvelope(envelope(m.raw))
	}
	if opts.BodyStructure != nil {
		w.WriteBodyStructure(imapserver.ExtractBodyStructure(bytes.NewReader(m.raw)))
	}
	for _, s := range opts.BodySection {
		content := section(m.raw, s)
		if err := literal(w.WriteBodySection(s, int64(len(content))), content); err != nil {
			return err
		}
	}
	for _, s := range opts.BinarySection {
		content := imapserver.ExtractBinarySection(bytes.NewReader(m.raw), s)
		if err := literal(w.WriteBinarySection(s, int64(len(content))), content); err != nil {
			return err
		}
	}
	for _, s := range opts.BinarySectionSize {
		w.WriteBinarySectionSize(s, imapserver.ExtractBinarySectionSize(bytes.NewReader(m.raw), s))
	}
	return w.Close()
}

func (v *view) Store(w *imapserver.FetchWriter, set imap.NumSet, flags *imap.StoreFlags, _ *imap.StoreOptions) error {
	v.store(set, flags)
	if flags.Silent {
		return nil
	}
	return v.Fetch(w, set, &imap.FetchOptions{Flags: true})
}

func (v *view) store(set imap.NumSet, flags *imap.StoreFlags) {
	v.spool.mu.Lock()
	defer v.spool.mu.Unlock()
	for _, m := range v.in(set) {
		v.flag(m, func() {
			switch flags.Op {
			case imap.StoreFlagsSet:
				clear(m.flags)
				m.set(flags.Flags)
			case imap.StoreFlagsAdd:
				m.set(flags.Flags)
			case imap.StoreFlagsDel:
				m.clear(flags.Flags)
			}
		})
	}
}

// flag changes the flags of m; the lock is held.
func (v *view) flag(m *message, change func()) {
	change()
	v.spool.touch(v.folder)
	m.flagged, m.by = v.folder.version, v
}

func (v *view) Expunge(_ *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	v.spool.mu.Lock()
	defer v.spool.mu.Unlock()
	v.spool.expunge(v.folder, func(m *message) bool {
		return m.has(imap.FlagDeleted) && (uids == nil || uids.Contains(m.uid))
	})
	return nil // the Poll that ends the command tells
}

// present are the messages of set that nobody has expunged; the lock is held.
func (v *view) present(set imap.NumSet) []*message {
	var ms []*message
	for _, m := range v.in(set) {
		if !m.gone {
			ms = append(ms, m)
		}
	}
	return ms
}

// in walks the view's messages that are in set; the lock is held.
func (v *view) in(set imap.NumSet) func(func(int, *message) bool) {
	contains := v.resolve(set)
	return func(yield func(int, *message) bool) {
		for i, m := range v.messages {
			if contains(seq(i), m.uid) && !yield(i, m) {
				return
			}
		}
	}
}

// resolve gives "*" its present value (RFC 9051 section 9, seq-number): the
// highest number in the view. A range may be written backwards.
func (v *view) resolve(set imap.NumSet) func(num uint32, uid imap.UID) bool {
	if imap.IsSearchRes(set) {
		return func(_ uint32, uid imap.UID) bool { return v.found.Contains(uid) }
	}
	switch set := set.(type) {
	case imap.SeqSet:
		highest := uint32(len(v.messages))
		fixed := slices.Clone(set)
		for i, r := range fixed {
			fixed[i].Start, fixed[i].Stop = order(r.Start, r.Stop, highest)
		}
		return func(num uint32, _ imap.UID) bool { return fixed.Contains(num) }
	case imap.UIDSet:
		var highest imap.UID
		if n := len(v.messages); n > 0 {
			highest = v.messages[n-1].uid
		}
		fixed := slices.Clone(set)
		for i, r := range fixed {
			fixed[i].Start, fixed[i].Stop = order(r.Start, r.Stop, highest)
		}
		return func(_ uint32, uid imap.UID) bool { return fixed.Contains(uid) }
	}
	return func(uint32, imap.UID) bool { return false }
}

func order[N uint32 | imap.UID](start, stop, highest N) (N, N) {
	if start == 0 {
		start = highest
	}
	if stop == 0 {
		stop = highest
	}
	return min(start, stop), max(start, stop)
}

func (v *view) firstUnseen() uint32 {
	for i, m := range v.messages {
		if !m.has(imap.FlagSeen) {
			return seq(i)
		}
	}
	return 0
}

func (m *message) flagList() []imap.Flag { return slices.Sorted(maps.Values(m.flags)) }

// seq is the sequence number at an index of a view.
func seq(i int) uint32 { return uint32(i) + 1 }
