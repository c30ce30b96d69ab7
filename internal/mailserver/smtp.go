package mailserver

import (
	"errors"
	"fmt"
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// smtpSession is one SMTP connection.
type smtpSession struct {
	server *Server
	conn   *smtp.Conn
	authed bool
	from   string
	to     []string
}

var _ smtp.AuthSession = (*smtpSession)(nil)

func (s *smtpSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *smtpSession) Auth(mech string) (sasl.Server, error) {
	if mech != sasl.Plain {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return sasl.NewPlainServer(func(_, name, password string) error {
		if s.server.spool.login(name, password) == nil {
			return smtp.ErrAuthFailed
		}
		s.authed = true
		return nil
	}), nil
}

func (s *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.opts.RequireAuth && !s.authed {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	s.from = from
	return nil
}

func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.server.mailbox(to) == nil {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox"}
	}
	if refuse := s.server.opts.OnRcpt; refuse != nil {
		if err := refuse(s.from, to); err != nil {
			return s.answer(err)
		}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *smtpSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var refused error
	if refuse := s.server.opts.OnData; refuse != nil {
		if refused = refuse(s.from, s.to, raw); refused != nil && !errors.Is(refused, ErrHangUp) {
			return s.answer(refused)
		}
	}
	for _, to := range s.to {
		if err := s.server.deliver(s.conn.Hostname(), s.from, to, raw); err != nil {
			return err
		}
	}
	return s.answer(refused)
}

func (s *smtpSession) Reset() { s.from, s.to = "", nil }

func (s *smtpSession) Logout() error { return nil }

// answer passes a scripted refusal on; ErrHangUp closes the connection.
func (s *smtpSession) answer(err error) error {
	if errors.Is(err, ErrHangUp) {
		return errors.Join(err, s.conn.Close())
	}
	return err
}

// mailbox answers who gets mail to an address.
func (s *Server) mailbox(to string) *user {
	if u := s.spool.recipient(to); u != nil {
		return u
	}
	return s.spool.recipient(s.opts.Outside)
}

// deliver stamps a mail and puts it into its recipient's INBOX.
func (s *Server) deliver(helo, from, to string, raw []byte) error {
	u, now := s.mailbox(to), s.opts.Now()
	stamped := s.stamp(trace{helo: helo, from: from, to: to, at: now}, raw)
	if _, err := s.spool.deposit(u, inbox, stamped, nil, now); err != nil {
		return fmt.Errorf("deliver to %s: %w", u.address, err)
	}
	if s.opts.OnMail != nil {
		s.opts.OnMail(Delivered{At: now, From: from, To: to, User: u.address, Raw: raw})
	}
	return nil
}
