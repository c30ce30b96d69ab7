package mailserver

import (
	"crypto/subtle"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
)

const inbox = "INBOX"

// spool holds all mailboxes under one lock, which is never held while
// anything is written to a client.
type spool struct {
	mu       sync.Mutex
	users    map[string]*user // by address in lower case
	validity uint32           // of the folder made last
	changed  chan struct{}    // closed and replaced at every change
	now      func() time.Time
}

type user struct {
	address  string
	password string
	folders  map[string]*folder
}

// folder is one mailbox; version rises with every change to it.
type folder struct {
	name       string
	validity   uint32
	next       imap.UID
	version    uint64
	messages   []*message // by rising UID
	subscribed bool
}

// message is one mail. Its bytes never change.
type message struct {
	uid     imap.UID
	at      time.Time
	raw     []byte
	flags   map[imap.Flag]imap.Flag // as first spelled, by lower case
	flagged uint64                  // folder's version when the flags last changed
	by      *view                   // whose client changed them last
	gone    bool
}

func newSpool(users []User, now func() time.Time) *spool {
	s := &spool{
		users:   make(map[string]*user, len(users)),
		changed: make(chan struct{}),
		now:     now,
		// Folders of an earlier start must not be taken for these, so the
		// count of UIDVALIDITY begins at the time of start, in tenths of a second.
		validity: uint32(now().UnixMilli() / 100),
	}
	for _, def := range users {
		u := &user{address: def.Address, password: def.Password, folders: make(map[string]*folder)}
		for _, name := range append([]string{inbox}, def.Folders...) {
			s.add(u, name)
		}
		s.users[strings.ToLower(def.Address)] = u
	}
	return s
}

// add makes a folder; the lock is held, or nobody else knows the spool yet.
func (s *spool) add(u *user, name string) {
	s.validity = max(s.validity+1, 1)
	u.folders[name] = &folder{name: name, validity: s.validity, next: 1}
}

// wake answers a channel that is closed at the next change.
func (s *spool) wake() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// touch records a change to f and wakes everybody who waits; the lock is held.
func (s *spool) touch(f *folder) {
	f.version++
	close(s.changed)
	s.changed = make(chan struct{})
}

// recipient answers whose mailbox an address is, its +detail aside.
func (s *spool) recipient(addr string) *user {
	if u := s.users[strings.ToLower(addr)]; u != nil {
		return u
	}
	return s.users[base(addr)]
}

func (s *spool) login(name, password string) *user {
	u := s.users[strings.ToLower(name)]
	if u == nil || subtle.ConstantTimeCompare([]byte(u.password), []byte(password)) != 1 {
		return nil
	}
	return u
}

func (s *spool) mails(addr, name string) [][]byte {
	u := s.recipient(addr)
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := u.folder(name)
	if err != nil {
		return nil
	}
	raws := make([][]byte, len(f.messages))
	for i, m := range f.messages {
		raws[i] = m.raw
	}
	return raws
}

// deposit puts a mail into a folder; one without a time arrives now.
func (s *spool) deposit(u *user, name string, raw []byte, flags []imap.Flag, at time.Time) (*imap.AppendData, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := u.folder(name)
	if err != nil {
		return nil, err
	}
	if at.IsZero() {
		at = s.now()
	}
	m := &message{at: at, raw: raw, flags: make(map[imap.Flag]imap.Flag)}
	m.set(flags)
	f.append(m)
	s.touch(f)
	return &imap.AppendData{UID: m.uid, UIDValidity: f.validity}, nil
}

// copy puts a copy of each message into the named folder of u, and answers
// what COPYUID says of it (RFC 4315), nil if there was none; the lock is held.
func (s *spool) copy(u *user, messages []*message, name string) (*imap.CopyData, error) {
	f, err := u.folder(name)
	if err != nil {
		return nil, &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeTryCreate, Text: "No such mailbox"}
	}
	if len(messages) == 0 {
		return nil, nil
	}
	data := &imap.CopyData{UIDValidity: f.validity}
	for _, m := range messages {
		c := &message{at: m.at, raw: m.raw, flags: maps.Clone(m.flags)}
		f.append(c)
		data.SourceUIDs.AddNum(m.uid)
		data.DestUIDs.AddNum(c.uid)
	}
	s.touch(f)
	return data, nil
}

// expunge takes the messages that drop names out of f; the lock is held.
func (s *spool) expunge(f *folder, drop func(*message) bool) {
	var kept []*message
	for _, m := range f.messages {
		if m.gone = drop(m); !m.gone {
			kept = append(kept, m)
		}
	}
	f.messages = kept
	s.touch(f)
}

// folder finds a folder by name; INBOX in any case (RFC 9051 section 5.1).
// A nil user has none.
func (u *user) folder(name string) (*folder, error) {
	if strings.EqualFold(name, inbox) {
		name = inbox
	}
	if u != nil && u.folders[name] != nil {
		return u.folders[name], nil
	}
	return nil, &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeNonExistent, Text: "No such mailbox"}
}

func (f *folder) append(m *message) {
	m.uid = f.next
	f.next++
	f.messages = append(f.messages, m)
}

func (f *folder) count(has func(*message) bool) *uint32 {
	var n uint32
	for _, m := range f.messages {
		if has(m) {
			n++
		}
	}
	return &n
}

func (m *message) has(flag imap.Flag) bool {
	_, ok := m.flags[lower(flag)]
	return ok
}

func (m *message) set(flags []imap.Flag) {
	for _, flag := range flags {
		m.flags[lower(flag)] = flag
	}
}

func (m *message) clear(flags []imap.Flag) {
	for _, flag := range flags {
		delete(m.flags, lower(flag))
	}
}

func lower(flag imap.Flag) imap.Flag {
	return imap.Flag(strings.ToLower(string(flag)))
}
