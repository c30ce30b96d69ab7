package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"escalationd/internal/failpoint"
)

// session is one connection to the relay. One goroutine uses it at a time.
type session struct {
	client *smtp.Client
	conn   *boundedConn // closing it is the only way to interrupt the client
	expiry *time.Timer  // of an idle session
	broken bool         // not to be used again
	limits limits
}

// dial opens a session; where the access token has come to its end, a second
// one with a new token.
func (r *Relay) dial(ctx context.Context) (*session, error) {
	s, again, err := r.open(ctx)
	if again {
		s, _, err = r.open(ctx)
	}
	return s, err
}

// open opens a session: connection, TLS, EHLO, login. It says whether a login
// that was refused is to be tried again.
func (r *Relay) open(ctx context.Context) (_ *session, again bool, _ error) {
	ctx, cancel := context.WithTimeout(ctx, r.limit().dial+r.limit().command)
	defer cancel()
	var conn *boundedConn
	stop := func() bool { return true }
	client, err := gomail.NewClient(r.Host,
		gomail.WithPort(r.Port),
		gomail.WithHELO(orLocalhost(r.Hello)),
		gomail.WithTimeout(r.limit().dial),
		gomail.WithTLSConfig(r.tlsConfig()),
		gomail.WithTLSPolicy(r.policy()),
		gomail.WithoutSMTPUTF8(),
		gomail.WithDialContextFunc(func(dialing context.Context, network, addr string) (net.Conn, error) {
			spoken, captured, err := r.connect(dialing, network, addr)
			if err != nil {
				return nil, err
			}
			conn = captured
			stop = context.AfterFunc(ctx, func() { _ = captured.Close() })
			return spoken, nil
		}))
	if err != nil {
		return nil, false, sendError(StageDial, err)
	}
	sc, err := client.DialToSMTPClientWithContext(ctx)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		if conn == nil {
			return nil, false, sendError(StageDial, err)
		}
		_ = conn.Close() // go-mail leaves it open
		return nil, false, sendError(StageHello, err)
	}
	s := &session{client: sc, conn: conn, limits: r.limit()}
	if r.User == "" {
		return s, false, nil
	}
	if again, err = r.login(ctx, s); err != nil {
		s.close()
		return nil, again, err
	}
	return s, false, nil
}

func (r *Relay) policy() gomail.TLSPolicy {
	if r.TLS == TLSStart {
		return gomail.TLSMandatory
	}
	return gomail.NoTLS // TLSImplicit encrypts in connect
}

func (r *Relay) login(ctx context.Context, s *session) (again bool, _ error) {
	defer s.closeWith(ctx)()
	if r.Login == nil {
		return false, &SendError{Stage: StageAuth, Class: Auth, Err: errors.New("no password is configured")}
	}
	given, err := r.Login(ctx)
	if err != nil {
		failed := &SendError{Stage: StageAuth, Class: Auth, Err: err}
		errors.As(err, &failed) // it may be one already, of another class
		return false, failed
	}
	outcome := given.Outcome
	if outcome == nil {
		outcome = func(error) bool { return false }
	}
	s.step(s.limits.command)
	auth, err := r.auth(s, given)
	if err != nil {
		return false, &SendError{Stage: StageAuth, Class: Auth, Err: err}
	}
	if err = s.client.Auth(auth); err == nil {
		outcome(nil)
		return false, nil
	}
	failed := sendError(StageAuth, err)
	return failed.Class == Auth && outcome(failed), failed
}

// auth chooses the mechanism: what a token or a password can, and the relay
// offers. Without TLS those that do not send the password come first.
func (r *Relay) auth(s *session, given Credentials) (smtp.Auth, error) {
	_, offered := s.client.Extension("AUTH")
	offers := strings.Fields(strings.ToUpper(offered))
	if given.Token != "" {
		if slices.Contains(offers, "XOAUTH2") || !slices.Contains(offers, "OAUTHBEARER") {
			return smtp.XOAuth2Auth(r.User, given.Token), nil
		}
		return bearerAuth{r.User, given.Token, r.Host, r.Port}, nil
	}
	_, encrypted := s.client.TLSConnectionState()
	mechanisms := []string{"PLAIN", "LOGIN", "SCRAM-SHA-256", "CRAM-MD5"}
	if !encrypted {
		slices.Reverse(mechanisms)
	}
	for _, mechanism := range mechanisms {
		if !slices.Contains(offers, mechanism) {
			continue
		}
		switch mechanism {
		case "PLAIN":
			return smtp.PlainAuth("", r.User, given.Password, r.Host, true), nil
		case "LOGIN":
			return smtp.LoginAuth(r.User, given.Password, r.Host, true), nil
		case "SCRAM-SHA-256":
			return smtp.ScramSHA256Auth(r.User, given.Password), nil
		case "CRAM-MD5":
			return smtp.CRAMMD5Auth(r.User, given.Password), nil
		}
	}
	return nil, fmt.Errorf("the relay offers no way to log in that is known here (AUTH %s)", offered)
}

// bearerAuth is the SASL mechanism OAUTHBEARER (RFC 7628).
type bearerAuth struct {
	user, token, host string
	port              int
}

// Start implements smtp.Auth.
func (b bearerAuth) Start(*smtp.ServerInfo) (string, []byte, error) {
	return "OAUTHBEARER", fmt.Appendf(nil, "n,a=%s,\x01host=%s\x01port=%d\x01auth=Bearer %s\x01\x01",
		strings.NewReplacer("=", "=3D", ",", "=2C").Replace(b.user), b.host, b.port, b.token), nil
}

// Next implements smtp.Auth; a challenge holds the reason of a refusal.
func (b bearerAuth) Next(_ []byte, more bool) ([]byte, error) {
	if more {
		return []byte{1}, nil
	}
	return nil, nil
}

// send runs one transaction. Whatever leaves the session in doubt marks it
// broken.
func (s *session) send(ctx context.Context, env Envelope, raw []byte, permit func() error) error {
	defer s.closeWith(ctx)()
	s.broken = true
	if offered, _ := s.client.Extension("SMTPUTF8"); env.UTF8 && !offered {
		s.broken = false
		return &SendError{Stage: StageMail, Class: Permanent, Err: errors.New("the relay cannot take an address in UTF-8 (no SMTPUTF8)")}
	}
	s.client.SkipSMTPUTF8(!env.UTF8)
	s.step(s.limits.command)
	if err := s.client.Mail("<" + env.From + ">"); err != nil {
		return s.refused(StageMail, err)
	}
	s.step(s.limits.command)
	if err := s.client.Rcpt("<" + env.To + ">"); err != nil {
		return s.refused(StageRcpt, err)
	}
	s.step(s.limits.command)
	w, err := s.client.Data()
	if err != nil {
		return s.refused(StageData, err)
	}
	s.step(s.limits.command)
	if err := failpoint.Do("body", func() error { return s.body(w, raw) }); err != nil {
		return sendError(StageBody, err)
	}
	if err := permit(); err != nil {
		return &SendError{Stage: StageDot, Class: Withdrawn, Err: err}
	}
	s.step(s.limits.dot)
	if err := failpoint.Do("dot", w.Close); err != nil && !accepted(err) {
		failed := sendError(StageDot, err)
		s.broken = failed.Code == 0 || failed.Code == 421 || failed.Class == Unsure
		return failed
	}
	s.broken = false
	return nil
}

// body sends all but the final dot, to the wire: until the dot is on its way
// the relay cannot have taken the mail.
func (s *session) body(w io.Writer, raw []byte) error {
	if _, err := w.Write(raw); err != nil {
		return err
	}
	return s.client.Text.W.Flush()
}

// refused clears the transaction that the relay has refused at a stage.
func (s *session) refused(stage Stage, err error) error {
	failed := sendError(stage, err)
	if failed.Code/100 < 4 || failed.Code == 421 || failed.Class == Auth {
		return failed
	}
	s.step(s.limits.command)
	s.broken = s.client.Reset() != nil
	return failed
}

// accepted reports a reply to the final dot that is not 250 but takes the
// mail all the same.
func accepted(err error) bool {
	var reply *textproto.Error
	return errors.As(err, &reply) && reply.Code/100 == 2
}

// step allows the next command its time and its reply's length.
func (s *session) step(timeout time.Duration) {
	s.conn.left = maxReply
	_ = s.conn.SetDeadline(time.Now().Add(timeout)) // a closed connection says so at the command
}

// closeWith closes the connection when ctx ends before the answered function
// is called.
func (s *session) closeWith(ctx context.Context) func() {
	stop := context.AfterFunc(ctx, func() { _ = s.conn.Close() })
	return func() {
		if !stop() {
			s.broken = true
		}
	}
}

func (s *session) close() { _ = s.conn.Close() }

// quit takes leave, for a second at most.
func (s *session) quit() {
	s.step(time.Second)
	_ = s.client.Quit()
	_ = s.conn.Close()
}

func orLocalhost(name string) string {
	if name == "" {
		return "localhost"
	}
	return name
}
