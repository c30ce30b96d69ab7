package realserver

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// SMTPSinkServer is a running smtp-sink of Postfix, which takes every mail.
// After Kill, Restart brings it back on the same port; its mails remain.
type SMTPSinkServer struct {
	Addr string

	t       testing.TB
	program string
	dir     string
	args    []string
	starts  int
	process *process
}

// SinkMail is a mail that smtp-sink received.
type SinkMail struct {
	From string   // the envelope sender with its ESMTP parameters: "<> SIZE=300"
	To   []string // the envelope recipients without angle brackets
	Raw  []byte   // header and body, lines ended by \n
}

// SMTPSink starts an smtp-sink that ends with the test. Each of args is one of
// its own options: "-r", "RCPT" refuses recipients for now, "-f", "DATA" for
// good, "-q", "." hangs up after the final dot, "-w", "2" waits before DATA is
// answered, "-a" announces no AUTH.
func SMTPSink(t testing.TB, args ...string) *SMTPSinkServer {
	t.Helper()
	s := &SMTPSinkServer{t: t, program: program(t, "smtp-sink", "postfix"), Addr: FreeAddr(t), dir: shortDir(t), args: args}
	t.Cleanup(s.Kill)
	s.Restart()
	return s
}

// Restart starts smtp-sink, ending it first where it runs. Other args replace
// those it had.
func (s *SMTPSinkServer) Restart(args ...string) {
	s.t.Helper()
	s.Kill()
	if len(args) > 0 {
		s.args = args
	}
	// The rest of a file's name is random, from the second and the process's
	// number: where both agree after a restart the names would come again, and
	// smtp-sink gives up when it meets too many that exist.
	s.starts++
	argv := []string{s.program, "-d", filepath.Join(s.dir, fmt.Sprintf("mail.%d.", s.starts))}
	if os.Getuid() == 0 { // it refuses to run as root unless told so
		me, err := user.Current()
		if err != nil {
			s.t.Fatal(err)
		}
		argv = append(argv, "-u", me.Username)
	}
	s.process = start(s.t, s.Addr, append(append(argv, s.args...), s.Addr, "100")...)
}

// Kill ends it at once.
func (s *SMTPSinkServer) Kill() { s.process.end(syscall.SIGKILL) }

// Mails returns the mails received completely, in the order of their arrival as
// far as the file system's clock tells them apart.
func (s *SMTPSinkServer) Mails() []SinkMail {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, "mail.*"))
	if err != nil {
		s.t.Fatal(err)
	}
	var mails []SinkMail
	for _, f := range byTime(files) {
		raw, err := os.ReadFile(f)
		if err != nil {
			continue // a transaction that was broken off
		}
		if m, ok := readSinkMail(raw); ok {
			mails = append(mails, m)
		}
	}
	return mails
}

// readSinkMail reads a dump file: the envelope, a Received field, the mail, and
// an empty line which shows that it is complete.
func readSinkMail(raw []byte) (m SinkMail, ok bool) {
	for {
		line, rest, more := bytes.Cut(raw, []byte("\n"))
		if !more {
			return m, false
		}
		name, value, _ := strings.Cut(string(line), ": ")
		switch {
		case name == "X-Mail-Args":
			m.From = value
		case name == "X-Rcpt-Args":
			addr, _, _ := strings.Cut(value, ">")
			m.To = append(m.To, strings.TrimPrefix(addr, "<"))
		case name == "Received":
			parts := bytes.SplitN(rest, []byte("\n"), 3) // two more lines of it
			if len(parts) < 3 || !bytes.HasSuffix(parts[2], []byte("\n\n")) {
				return m, false
			}
			m.Raw = bytes.TrimSuffix(parts[2], []byte("\n"))
			return m, true
		}
		raw = rest
	}
}

func byTime(files []string) []string {
	at := make(map[string]int64, len(files))
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			at[f] = info.ModTime().UnixNano()
		}
	}
	slices.SortFunc(files, func(a, b string) int { return cmp.Or(cmp.Compare(at[a], at[b]), cmp.Compare(a, b)) })
	return files
}
