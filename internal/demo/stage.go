package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"

	"escalationd/escalation"
	"escalationd/internal/config"
	"escalationd/internal/daemon"
	"escalationd/internal/feed"
	"escalationd/internal/mailserver"
)

const (
	deskAddress    = "escalations@example.com"
	opsAddress     = "support-ops@example.com"
	outsideAddress = "outside@example.net" // whose mailbox gets every letter to anybody
	password       = "trial"               // of both; it protects nothing
	authserv       = "mx.example.com"
)

// stage is everything that runs in the demo. Its ctx ends with the daemon.
type stage struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	dir    string // configuration, log and letters
	web    string
	mail   *mailserver.Server
	redis  *miniredis.Miniredis
	events chan event
	log    *os.File
	joined sync.WaitGroup
	count  int // of letters in files
	mu     sync.Mutex
}

// open starts all servers and the daemon. With usual ports set it takes the
// ports people know, where they are free.
func open(ctx context.Context, usual bool) (_ *stage, err error) {
	s := &stage{events: make(chan event, 1000)}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "escalationd-demo-"); err != nil {
		return nil, err
	}
	if err = os.Mkdir(filepath.Join(s.dir, "letters"), 0o700); err != nil {
		return nil, err
	}
	s.mail, err = mailserver.Start(mailserver.Options{
		IMAPAddr: choose(usual, "127.0.0.1:1143"), SMTPAddr: choose(usual, "127.0.0.1:1025"),
		AuthservID: authserv, Users: users(), Outside: outsideAddress, OnMail: s.delivered,
	})
	if err != nil {
		return nil, err
	}
	if s.redis, err = miniredis.Run(); err != nil {
		return nil, err
	}
	s.web = choose(usual, "127.0.0.1:8080")
	c, err := s.configure()
	if err != nil {
		return nil, err
	}
	if err = s.feed(c); err != nil {
		return nil, err
	}
	return s, s.start(c)
}

// configure writes a configuration that other commands can use too.
func (s *stage) configure() (*config.Config, error) {
	text, err := files.ReadFile("samples/desk.yaml")
	if err != nil {
		return nil, err
	}
	text, err = fill(text, struct{ IMAP, SMTP, Redis, Web string }{s.mail.IMAPAddr(), s.mail.SMTPAddr(), s.redis.Addr(), s.web})
	if err != nil {
		return nil, err
	}
	own, err := files.ReadFile("samples/own.eml")
	if err != nil {
		return nil, err
	}
	stamp := "Authentication-Results: " + authserv + "; dmarc=pass header.from=meadow.test\r\n" // as the mail server would
	for name, content := range map[string][]byte{
		"desk.yaml": text, "own.eml": crlf(own), "received.eml": append([]byte(stamp), crlf(own)...), "password": []byte(password + "\n"),
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), content, 0o600); err != nil {
			return nil, err
		}
	}
	return config.Load(filepath.Join(s.dir, "desk.yaml"))
}

// feed puts the sample accounts and cases where the CRM would.
func (s *stage) feed(c *config.Config) error {
	f := daemon.OpenFeed(c)
	defer f.Close()
	text, err := files.ReadFile("samples/accounts.ndjson")
	if err != nil {
		return err
	}
	accounts, err := feed.Accounts(bytes.NewReader(text), "accounts.ndjson")
	if err != nil {
		return err
	}
	if err := f.PutAccounts(s.ctx, accounts); err != nil {
		return err
	}
	if text, err = files.ReadFile("samples/cases.ndjson"); err != nil {
		return err
	}
	if text, err = fill(text, time.Now()); err != nil {
		return err
	}
	cases, err := feed.Cases(bytes.NewReader(text), "cases.ndjson")
	if err != nil {
		return err
	}
	return f.PutCases(s.ctx, cases)
}

// start runs the daemon, and the clock of the Redis, which has none of its own.
func (s *stage) start(c *config.Config) error {
	var err error
	if s.log, err = os.Create(filepath.Join(s.dir, "desk.log")); err != nil {
		return err
	}
	d, err := daemon.New(c, daemon.Options{Log: slog.New(slog.NewTextHandler(s.log, nil)), Observe: s.decided})
	if err != nil {
		return err
	}
	s.joined.Go(func() {
		defer d.Close()
		s.cancel(d.Run(s.ctx))
	})
	s.joined.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.redis.FastForward(time.Second)
			case <-s.ctx.Done():
				return
			}
		}
	})
	return nil
}

// close ends what runs, the daemon first, and takes the folder away.
func (s *stage) close() error {
	s.cancel(nil)
	s.joined.Wait()
	var errs []error
	if s.mail != nil {
		errs = append(errs, s.mail.Close())
	}
	if s.redis != nil {
		s.redis.Close()
	}
	if s.log != nil {
		errs = append(errs, s.log.Close())
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

func (s *stage) decided(m escalation.Mail, c escalation.Change) {
	s.tell(event{decided: &decision{m, c}})
}

// delivered keeps each letter to the outside as a file and tells of it.
func (s *stage) delivered(d mailserver.Delivered) {
	if d.User != outsideAddress {
		return
	}
	s.mu.Lock()
	s.count++
	name := fmt.Sprintf("%03d-%s.eml", s.count, fileName(d.To))
	s.mu.Unlock()
	_ = os.WriteFile(filepath.Join(s.dir, "letters", name), d.Raw, 0o600) // the mailbox has it as well
	l := readLetter(d)
	s.tell(event{letter: &l})
}

func (s *stage) tell(e event) {
	select {
	case s.events <- e:
	case <-s.ctx.Done():
	}
}

// users are the mailboxes of the demo's mail server.
func users() []mailserver.User {
	return []mailserver.User{
		{Address: deskAddress, Password: password, Folders: []string{"Processed", "Quarantine"}},
		{Address: outsideAddress, Password: password},
	}
}

// choose answers the usual address if it is wanted and free, or a free one.
func choose(usual bool, addr string) string {
	try := []string{"127.0.0.1:0"}
	if usual {
		try = append([]string{addr}, try...)
	}
	for _, addr := range try {
		if l, err := net.Listen("tcp", addr); err == nil {
			_ = l.Close()
			return l.Addr().String()
		}
	}
	return addr
}

// fileName keeps what is harmless in the name of a file.
func fileName(addr string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@.-", r) {
			return r
		}
		return '_'
	}, addr)
}
