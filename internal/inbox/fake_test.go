package inbox_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"escalationd/internal/inbox"
)

// fakeServer is an IMAP server that misbehaves on demand. It speaks over
// net.Pipe, so that a test may run in a bubble with a clock of its own.
type fakeServer struct {
	mu       sync.Mutex
	caps     string
	greeting string
	password string
	down     bool
	validity uint32
	mails    map[uint32]string
	filed    map[string][]uint32
	keywords map[uint32]string // flags of mails that were marked
	commands []string          // as received, without tags
	dials    []time.Time
	perByte  time.Duration
	idling   []net.Conn
	frozen   bool // connections that idle now hear and say nothing any more

	// odd answers a command instead of the server: "" leaves it to the server,
	// hangUp ends the connection, silence never answers.
	odd func(s *fakeServer, cmd string) string
}

const (
	hangUp  = "\x00hang up"
	silence = "\x00silence"
)

func tenMails() []string {
	var mails []string
	for i := 1; i <= 10; i++ {
		mails = append(mails, fmt.Sprintf("Subject: mail %d\r\n\r\nText.\r\n", i))
	}
	return mails
}

func newFake(mails ...string) *fakeServer {
	s := &fakeServer{caps: "IMAP4rev1 IDLE MOVE UIDPLUS AUTH=PLAIN SASL-IR", greeting: "* OK ready", password: "secret", validity: 1,
		mails: map[uint32]string{}, filed: map[string][]uint32{}, keywords: map[uint32]string{}}
	for i, m := range mails {
		s.mails[uint32(i+1)] = m
	}
	return s
}

func (s *fakeServer) options() inbox.Options {
	return inbox.Options{Name: "desk", Addr: "127.0.0.1:143", Security: inbox.Plain, Dial: s.dial,
		Auth: func(context.Context) (inbox.Credentials, error) {
			return inbox.Credentials{Username: "desk@example.com", Password: "secret"}, nil
		},
		Processed: "Processed", Quarantine: "Quarantine"}
}

func (s *fakeServer) dial(context.Context) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dials = append(s.dials, time.Now())
	if s.down {
		return nil, errors.New("connection refused")
	}
	client, server := net.Pipe()
	go s.serve(server)
	return client, nil
}

func (s *fakeServer) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	fmt.Fprintf(c, "%s\r\n", s.greeting)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		tag, cmd, _ := strings.Cut(strings.TrimSpace(line), " ")
		answer := s.answer(cmd)
		switch {
		case answer == hangUp:
			return
		case strings.HasSuffix(answer, hangUp):
			fmt.Fprint(c, strings.TrimSuffix(answer, hangUp))
			return
		case answer == silence:
			_, _ = in.ReadString('\n') // until the client gives up
			return
		case cmd == "IDLE":
			s.idle(c, in)
			answer = "OK idled"
		}
		if err := s.write(c, tagged(answer, tag)); err != nil {
			return
		}
	}
}

// write sends mails byte by byte when the link is slow.
func (s *fakeServer) write(c net.Conn, text string) error {
	if s.perByte == 0 || len(text) < 1000 {
		_, err := fmt.Fprint(c, text)
		return err
	}
	for i := range len(text) {
		<-time.After(s.perByte)
		if _, err := c.Write([]byte{text[i]}); err != nil {
			return err
		}
	}
	return nil
}

// tagged puts the tag before the last line of an answer.
func tagged(answer, tag string) string {
	i := strings.LastIndex(answer, "\r\n")
	if i < 0 {
		return tag + " " + answer + "\r\n"
	}
	return answer[:i+2] + tag + " " + answer[i+2:] + "\r\n"
}

func (s *fakeServer) idle(c net.Conn, in *bufio.Reader) {
	fmt.Fprint(c, "+ idling\r\n")
	s.mu.Lock()
	s.idling = append(s.idling, c)
	s.mu.Unlock()
	_, err := in.ReadString('\n')
	s.mu.Lock()
	s.idling = slices.DeleteFunc(s.idling, func(i net.Conn) bool { return i == c })
	frozen := s.frozen
	s.frozen = false
	s.mu.Unlock()
	if frozen && err == nil {
		_, _ = in.ReadString('\n') // until the client gives up
	}
}

// answers has the next so many commands that are so answered like that instead
// of by the server; -1 is all. How many are still to come stands in left.
func (s *fakeServer) answers(times int, is func(cmd string) bool, answer string) (left *int) {
	s.odd = func(_ *fakeServer, cmd string) string {
		if times == 0 || !is(cmd) {
			return ""
		}
		times--
		return answer
	}
	return &times
}

// begins tells the commands that begin with these words.
func begins(words string) func(cmd string) bool {
	return func(cmd string) bool { return strings.HasPrefix(cmd, words) }
}

// bodyOf tells the commands that ask for the body of a mail.
func bodyOf(uid uint32) func(cmd string) bool {
	return func(cmd string) bool { return about("UID FETCH", uid, cmd) && strings.Contains(cmd, "BODY") }
}

// about says whether cmd begins with these two words and names a mail.
func about(words string, uid uint32, cmd string) bool {
	set, found := strings.CutPrefix(cmd, words+" ")
	return found && slices.Contains(uids(strings.Fields(set)[0]), uid)
}

// deliver adds a mail and announces it to whoever idles.
func (s *fakeServer) deliver(uid uint32, raw string) {
	s.mu.Lock()
	s.mails[uid] = raw
	idling, n := slices.Clone(s.idling), len(s.mails)
	s.mu.Unlock()
	for _, c := range idling {
		fmt.Fprintf(c, "* %d EXISTS\r\n", n)
	}
}

func (s *fakeServer) answer(cmd string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	cmd = strings.ReplaceAll(cmd, `"`, "") // around the names of folders
	s.commands = append(s.commands, cmd)
	if s.odd != nil {
		if a := s.odd(s, cmd); a != "" {
			return a
		}
	}
	return s.usual(cmd)
}

func (s *fakeServer) usual(cmd string) string {
	words := strings.Fields(strings.TrimPrefix(cmd, "UID "))
	switch words[0] {
	case "CAPABILITY":
		return "* CAPABILITY " + s.caps + "\r\nOK done"
	case "AUTHENTICATE", "LOGIN":
		if s.password != "secret" {
			return "NO [AUTHENTICATIONFAILED] Authentication failed."
		}
		return "OK logged in"
	case "SELECT":
		return fmt.Sprintf("* %d EXISTS\r\n* OK [PERMANENTFLAGS (\\Deleted \\*)] ok\r\n* OK [UIDVALIDITY %d] ok\r\nOK done", len(s.mails), s.validity)
	case "STATUS":
		return fmt.Sprintf("* STATUS %s (MESSAGES %d)\r\nOK done", words[1], len(s.filed[words[1]]))
	case "SEARCH":
		list := "* SEARCH"
		for _, uid := range s.listed() {
			if s.keywords[uid] == "" || !strings.Contains(cmd, "UNDELETED") {
				list += fmt.Sprint(" ", uid)
			}
		}
		return list + "\r\nOK done"
	case "FETCH":
		if strings.Contains(cmd, "HEADER.FIELDS") {
			return s.fetchFields(uids(words[1]))
		}
		return s.fetch(uids(words[1]), strings.Contains(cmd, "BODY"))
	case "MOVE", "COPY":
		for _, uid := range uids(words[1]) {
			s.filed[words[2]] = append(s.filed[words[2]], uid)
			if words[0] == "MOVE" {
				delete(s.mails, uid)
			}
		}
	case "STORE":
		for _, uid := range uids(words[1]) {
			s.keywords[uid] = cmd
		}
	case "EXPUNGE":
		for _, uid := range uids(words[1]) {
			delete(s.mails, uid)
		}
	}
	return "OK done"
}

func (s *fakeServer) fetch(uids []uint32, bodies bool) string {
	var b strings.Builder
	for n, uid := range uids {
		raw, ok := s.mails[uid]
		switch {
		case !ok:
		case bodies:
			fmt.Fprintf(&b, "* %d FETCH (UID %d BODY[]<0> {%d}\r\n%s)\r\n", n+1, uid, len(raw), raw)
		default:
			fmt.Fprintf(&b, "* %d FETCH (UID %d RFC822.SIZE %d INTERNALDATE \"05-Nov-2026 10:00:00 +0000\")\r\n", n+1, uid, len(raw))
		}
	}
	return b.String() + "OK done"
}

// fetchFields answers with all header fields.
func (s *fakeServer) fetchFields(uids []uint32) string {
	var b strings.Builder
	for n, uid := range uids {
		if raw, ok := s.mails[uid]; ok {
			head, _, _ := strings.Cut(raw, "\r\n\r\n")
			fmt.Fprintf(&b, "* %d FETCH (UID %d BODY[HEADER.FIELDS (From)]<0> {%d}\r\n%s)\r\n", n+1, uid, len(head), head)
		}
	}
	return b.String() + "OK done"
}

func (s *fakeServer) listed() []uint32 {
	var uids []uint32
	for uid := range s.mails {
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	return uids
}

// count says how many commands began like that.
func (s *fakeServer) count(prefix string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.commands {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}

func (s *fakeServer) in(folder string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.filed[folder])
}

func (s *fakeServer) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.mails)
}

func (s *fakeServer) change(f func(*fakeServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

// uids reads a UID set.
func uids(text string) (uids []uint32) {
	for _, part := range strings.Split(text, ",") {
		from, to, isRange := strings.Cut(part, ":")
		a, _ := strconv.ParseUint(from, 10, 32)
		b := a
		if isRange {
			b, _ = strconv.ParseUint(to, 10, 32)
		}
		for n := a; n <= b; n++ {
			uids = append(uids, uint32(n))
		}
	}
	return uids
}
