// Package mailserver is a whole mail system in memory: an SMTP server that
// delivers into mailboxes, and an IMAP server that shows them. The demo, the
// trial with containers and the tests run the desk against it.
//
// Mails are kept and served as the bytes that arrived, however malformed. It
// stamps what it delivers with Authentication-Results as a real exchange would,
// keeps nothing on disk and holds everything until it is expunged: it is made
// for trying things out, not for mail that matters.
package mailserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-smtp"
)

// ErrHangUp from Options.OnRcpt or OnData makes the server close the
// connection without an answer. A mail refused so in OnData is delivered all
// the same: the sender cannot know (RFC 5321 section 4.5.3.2.6).
var ErrHangUp = errors.New("connection closed without an answer")

// Options say who has a mailbox and how the servers behave. Only Users is
// needed.
type Options struct {
	IMAPAddr, SMTPAddr string // host:port; empty: a free port on 127.0.0.1
	Hostname           string // in greetings and Received; empty: mail.example.com
	AuthservID         string // of Authentication-Results; empty: none is stamped

	Users []User
	// Outside is the address of the user who gets every mail to an address
	// that is nobody's here; empty: such recipients are refused.
	Outside string

	// Verify says whether a mail proves its From; nil: the envelope sender's
	// domain must be From's, as for SPF with DMARC. Both are addresses.
	Verify func(envelope, from string) bool

	RequireAuth bool        // SMTP wants a login before MAIL
	TLS         *tls.Config // non-nil: both servers offer STARTTLS
	IMAPCaps    imap.CapSet // nil: IMAP4rev1 with MOVE and UIDPLUS, and IMAP4rev2
	MaxMessage  int64       // bytes that SMTP takes; 0: no limit

	// OnRcpt and OnData, where set, may refuse a recipient or a mail: an
	// *smtp.SMTPError is answered as it is. Each connection calls them from a
	// goroutine of its own.
	OnRcpt func(from, to string) error
	OnData func(from string, to []string, raw []byte) error
	// OnMail, where set, is called once for each recipient of a mail, after
	// delivery and before the sender is told. Each connection calls it from a
	// goroutine of its own.
	OnMail func(Delivered)

	Now func() time.Time // when mails arrive; nil: time.Now
	Log io.Writer        // protocol errors of clients; nil: they are dropped
}

// User is somebody with a mailbox.
type User struct {
	Address  string // also the login; mail to a +detail of it arrives here too
	Password string
	Folders  []string // beside INBOX
}

// Delivered is a mail to one recipient, as it was submitted.
type Delivered struct {
	At   time.Time
	From string // envelope sender; empty for the null sender
	To   string // envelope recipient
	User string // whose INBOX it lies in
	Raw  []byte
}

// Server is a running mail system. Its methods may be called at any time from
// any goroutine.
type Server struct {
	opts    Options
	spool   *spool
	imap    *imapserver.Server
	smtp    *smtp.Server
	onIMAP  net.Listener
	onSMTP  net.Listener
	serving sync.WaitGroup
}

// Start listens and serves until Close.
func Start(opts Options) (*Server, error) {
	if opts.Hostname == "" {
		opts.Hostname = "mail.example.com"
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = io.Discard
	}
	s := &Server{opts: opts, spool: newSpool(opts.Users, opts.Now)}
	if opts.Outside != "" && s.spool.recipient(opts.Outside) == nil {
		return nil, fmt.Errorf("start mail server: the outside mailbox %s is nobody's", opts.Outside)
	}
	s.imap, s.smtp = s.newIMAP(), s.newSMTP()
	var err error
	if s.onIMAP, err = listen(opts.IMAPAddr); err != nil {
		return nil, fmt.Errorf("listen for IMAP: %w", err)
	}
	if s.onSMTP, err = listen(opts.SMTPAddr); err != nil {
		return nil, errors.Join(fmt.Errorf("listen for SMTP: %w", err), s.onIMAP.Close())
	}
	s.serve("IMAP", func() error { return s.imap.Serve(s.onIMAP) })
	s.serve("SMTP", func() error { return s.smtp.Serve(s.onSMTP) })
	return s, nil
}

// IMAPAddr is where IMAP is served, as host:port.
func (s *Server) IMAPAddr() string { return s.onIMAP.Addr().String() }

// SMTPAddr is where SMTP is served, as host:port.
func (s *Server) SMTPAddr() string { return s.onSMTP.Addr().String() }

// Deposit puts a mail into a folder as it is, without a stamp.
func (s *Server) Deposit(user, folder string, raw []byte) error {
	u := s.spool.recipient(user)
	if u == nil {
		return fmt.Errorf("deposit mail for %s: no such user", user)
	}
	if _, err := s.spool.deposit(u, folder, raw, nil, time.Time{}); err != nil {
		return fmt.Errorf("deposit mail for %s in %s: %w", user, folder, err)
	}
	return nil
}

// Mails answers what lies in a folder, oldest first; nothing where there is
// no such user or folder.
func (s *Server) Mails(user, folder string) [][]byte {
	return s.spool.mails(user, folder)
}

// Wait returns once done reports true. It asks at once and then after every
// change in any mailbox, until ctx ends.
func (s *Server) Wait(ctx context.Context, done func() bool) error {
	for {
		changed := s.spool.wake()
		if done() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for the mailboxes: %w", context.Cause(ctx))
		}
	}
}

// Close ends both servers and all their connections.
func (s *Server) Close() error {
	err := errors.Join(s.imap.Close(), s.smtp.Close())
	// A server that had not come to Serve yet knows no listener to close.
	_, _ = s.onIMAP.Close(), s.onSMTP.Close()
	s.serving.Wait()
	return err
}

func (s *Server) newIMAP() *imapserver.Server {
	caps := s.opts.IMAPCaps
	if caps == nil {
		caps = imap.CapSet{
			imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}, imap.CapNamespace: {}, imap.CapUIDPlus: {},
			imap.CapMove: {}, imap.CapESearch: {}, imap.CapListExtended: {}, imap.CapListStatus: {},
		}
	}
	return imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &imapSession{spool: s.spool}, nil, nil
		},
		Caps:         caps,
		Logger:       log.New(s.opts.Log, "imap ", log.LstdFlags),
		TLSConfig:    s.opts.TLS,
		InsecureAuth: true,
	})
}

func (s *Server) newSMTP() *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &smtpSession{server: s, conn: c}, nil
	}))
	server.Domain = s.opts.Hostname
	server.TLSConfig = s.opts.TLS
	server.AllowInsecureAuth = true
	server.MaxMessageBytes = s.opts.MaxMessage
	server.MaxLineLength = 0 // hostile mails have lines of any length
	server.EnableSMTPUTF8 = true
	server.EnableDSN = true
	server.ErrorLog = log.New(s.opts.Log, "smtp ", log.LstdFlags)
	return server
}

func (s *Server) serve(what string, serve func() error) {
	s.serving.Go(func() {
		if err := serve(); err != nil && !errors.Is(err, net.ErrClosed) {
			fmt.Fprintf(s.opts.Log, "serve %s: %v\n", what, err)
		}
	})
}

func listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	return net.Listen("tcp", addr)
}

// base is an address without its +detail (RFC 5233), in lower case.
func base(addr string) string {
	local, domain := split(strings.ToLower(addr))
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}

func split(addr string) (local, domain string) {
	at := strings.LastIndexByte(addr, '@')
	if at < 0 {
		return addr, ""
	}
	return addr[:at], addr[at+1:]
}
