package mailserver

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

const delimiter = '/'

// imapSession is one IMAP connection. The view is of the folder selected.
type imapSession struct {
	spool *spool
	user  *user
	*view
}

var _ imapserver.SessionIMAP4rev2 = (*imapSession)(nil)

func (s *imapSession) Close() error { return nil }

func (s *imapSession) Login(name, password string) error {
	if s.user = s.spool.login(name, password); s.user == nil {
		return imapserver.ErrAuthFailed
	}
	return nil
}

func (s *imapSession) Select(name string, _ *imap.SelectOptions) (*imap.SelectData, error) {
	s.spool.mu.Lock()
	defer s.spool.mu.Unlock()
	f, err := s.user.folder(name)
	if err != nil {
		return nil, err
	}
	s.view = &view{spool: s.spool, folder: f, version: f.version, messages: slices.Clone(f.messages)}
	flags := []imap.Flag{imap.FlagSeen, imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted, imap.FlagDraft}
	return &imap.SelectData{
		Flags:             flags,
		PermanentFlags:    append(slices.Clone(flags), imap.FlagWildcard),
		NumMessages:       uint32(len(f.messages)),
		FirstUnseenSeqNum: s.firstUnseen(),
		UIDNext:           f.next,
		UIDValidity:       f.validity,
	}, nil
}

func (s *imapSession) Unselect() error {
	s.view = nil
	return nil
}

func (s *imapSession) Create(name string, _ *imap.CreateOptions) error {
	s.spool.mu.Lock()
	defer s.spool.mu.Unlock()
	name = strings.TrimRight(name, string(delimiter))
	if f, _ := s.user.folder(name); f != nil {
		return &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeAlreadyExists, Text: "Mailbox exists"}
	}
	s.spool.add(s.user, name)
	return nil
}

func (s *imapSession) Delete(name string) error {
	s.spool.mu.Lock()
	defer s.spool.mu.Unlock()
	f, err := s.user.folder(name)
	if err != nil {
		return err
	}
	delete(s.user.folders, f.name)
	return nil
}

func (s *imapSession) Rename(from, to string, _ *imap.RenameOptions) error {
	s.spool.mu.Lock()
	defer s.spool.mu.Unlock()
	f, err := s.user.folder(from)
	if err != nil {
		return err
	}
	if other, _ := s.user.folder(to); other != nil {
		return &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeAlreadyExists, Text: "Mailbox exists"}
	}
	delete(s.user.folders, f.name)
	f.name = to
	s.user.folders[to] = f
	return nil
}

func (s *imapSession) Subscribe(name string) error   { return s.subscribe(name, true) }
func (s *imapSession) Unsubscribe(name string) error { return s.subscribe(name, false) }

func (s *imapSession) subscribe(name string, on bool) error {
	s.spool.mu.Lock()
	defer s.spool.mu.Unlock()
	f, err := s.user.folder(name)
	if err != nil {
		return err
	}
	f.subscribed = on
	return nil
}

func (s *imapSession) List(w *imapserver.ListWriter, ref string, patterns []string, opts *imap.ListOptions) error {
	if len(patterns) == 0 {
		return w.WriteList(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: delimiter})
	}
	for _, data := range s.list(ref, patterns, opts) {
		if err := w.WriteList(&data); err != nil {
			return fmt.Errorf("list mailboxes: %w", err)
		}
	}
	return nil
}

func (s *imapSession) list(ref string, patterns []string, opts *imap.ListOptions) []imap.ListData {
	s.spool.mu.Lock()
	defer s.spool.mu.Unlock()
	var found []imap.ListData
	for _, f := range slices.SortedFunc(maps.Values(s.user.folders), byName) {
		matches := func(pattern string) bool { return imapserver.MatchList(f.name, delimiter, ref, pattern) }
		if opts.SelectSpecialUse || opts.SelectSubscribed && !f.subscribed || !slices.ContainsFunc(patterns, matches) {
			continue
		}
		data := imap.ListData{Mailbox: f.name, Delim: delimiter}
		if f.subscribed {
			data.Attrs = append(data.Attrs, imap.MailboxAttrSubscribed)
		}
		if opts.ReturnStatus != nil {
			data.Status = f.status(opts.ReturnStatus)
		}
		found = append(found, data)
	}
	return found
}

func (s *imapSession) Status(name string, opts *imap.StatusOptions) (*imap.StatusData, error) {
	s.spool.mu.Lock()
	defer s.spool.mu.Unlock()
	f, err := s.user.folder(name)
	if err != nil {
		return nil, err
	}
	return f.status(opts), nil
}

func (s *imapSession) Append(name string, r imap.LiteralReader, opts *imap.AppendOptions) (*imap.AppendData, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read appended mail: %w", err)
	}
	return s.spool.deposit(s.user, name, raw, opts.Flags, opts.Time)
}

func (s *imapSession) Copy(set imap.NumSet, dest string) (*imap.CopyData, error) {
	s.spool.mu.Lock()
	defer s.spool.mu.Unlock()
	return s.spool.copy(s.user, s.present(set), dest)
}

func (s *imapSession) Move(w *imapserver.MoveWriter, set imap.NumSet, dest string) error {
	data, err := s.move(set, dest)
	if err != nil {
		return err
	}
	if data == nil {
		return nil
	}
	// The EXPUNGE responses follow with the Poll that ends the command.
	return w.WriteCopyData(data)
}

func (s *imapSession) move(set imap.NumSet, dest string) (*imap.CopyData, error) {
	s.spool.mu.Lock()
	defer s.spool.mu.Unlock()
	moved := s.present(set)
	data, err := s.spool.copy(s.user, moved, dest)
	if err != nil {
		return nil, err
	}
	drop := make(map[*message]bool, len(moved))
	for _, m := range moved {
		drop[m] = true
	}
	s.spool.expunge(s.folder, func(m *message) bool { return drop[m] })
	return data, nil
}

func (s *imapSession) Poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	if s.view == nil {
		return nil
	}
	return s.poll(w, allowExpunge)
}

func (s *imapSession) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	for {
		changed := s.spool.wake() // before the poll, so that no change falls between
		if err := s.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-stop:
			return nil
		}
	}
}

func (s *imapSession) Namespace() (*imap.NamespaceData, error) {
	return &imap.NamespaceData{Personal: []imap.NamespaceDescriptor{{Delim: delimiter}}}, nil
}

func (f *folder) status(opts *imap.StatusOptions) *imap.StatusData {
	data := &imap.StatusData{Mailbox: f.name}
	if opts.NumMessages {
		data.NumMessages = f.count(func(*message) bool { return true })
	}
	if opts.NumRecent {
		data.NumRecent = new(uint32)
	}
	if opts.NumUnseen {
		data.NumUnseen = f.count(func(m *message) bool { return !m.has(imap.FlagSeen) })
	}
	if opts.NumDeleted {
		data.NumDeleted = f.count(func(m *message) bool { return m.has(imap.FlagDeleted) })
	}
	if opts.Size {
		data.Size = new(int64)
		for _, m := range f.messages {
			*data.Size += int64(len(m.raw))
		}
	}
	if opts.UIDNext {
		data.UIDNext = f.next
	}
	if opts.UIDValidity {
		data.UIDValidity = f.validity
	}
	return data
}

func byName(a, b *folder) int { return cmp.Compare(a.name, b.name) }
