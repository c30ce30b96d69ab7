package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// TLSMode is how a connection to the relay is encrypted.
type TLSMode string

// The modes of TLS.
const (
	TLSImplicit TLSMode = "implicit" // from the first byte, port 465 (RFC 8314)
	TLSStart    TLSMode = "starttls" // STARTTLS or nothing: without it no mail and no password is sent
	TLSNone     TLSMode = "none"     // in the clear; for loopback
)

// Relay is the SMTP server that takes the desk's mail, with the connections
// to it that are kept for the next letter. Its fields do not change after the
// first Send; its methods are safe for concurrent use.
type Relay struct {
	Host string // name or address
	Port int
	TLS  TLSMode
	// TLSConfig is used as it stands but for the server's name; nil means
	// TLS 1.2 or later and the system's trusted certificates.
	TLSConfig *tls.Config
	Hello     string // our name in EHLO; "localhost" if empty

	// User logs in, unless it is empty, with what Login answers each time. Its
	// error means that a person is needed, unless it is a *SendError that says
	// otherwise.
	User  string
	Login func(context.Context) (Credentials, error)

	// Connections is how many idle connections are kept; 4 if zero.
	Connections int

	limits *limits // for tests

	mu   sync.Mutex
	idle []*session // the longest idle first
}

// Credentials are what one login needs: a password, or an access token.
type Credentials struct {
	Password string
	Token    string // OAuth 2 bearer token
	// Outcome, if set, is told how the login ended: nil, or the refusal. A
	// trouble with the connection is neither. It answers whether the refusal
	// means no more than that a token has come to its end, and Login has another
	// one: then that is tried at once.
	Outcome func(refusal error) (again bool)
}

// limits is how long the relay may take for each step, and for how long a
// connection is kept idle.
type limits struct {
	dial, command, dot, idle time.Duration
}

func (r *Relay) limit() limits {
	if r.limits != nil {
		return *r.limits
	}
	return limits{dial: 10 * time.Second, command: 30 * time.Second, dot: 60 * time.Second, idle: 30 * time.Second}
}

// Send hands one mail to the relay. Errors are *SendError. When ctx ends the
// connection is closed at once, wherever it stands. Before the final dot, from
// which on the relay may have the mail, permit is asked; its error withdraws
// the mail.
//
// A kept connection that turns out to be closed is replaced and the mail tried
// again: the relay had not begun to take it.
func (r *Relay) Send(ctx context.Context, env Envelope, raw []byte, permit func() error) error {
	for {
		s, kept, err := r.session(ctx)
		if err != nil {
			return err
		}
		err = s.send(ctx, env, raw, permit)
		if s.broken {
			s.close()
		} else {
			r.keep(s)
		}
		if kept && staleConnection(err) {
			r.dropIdle()
			continue
		}
		return err
	}
}

// Probe connects, encrypts, greets and logs in, and says goodbye. Errors are
// *SendError.
func (r *Relay) Probe(ctx context.Context) error {
	s, err := r.dial(ctx)
	if err != nil {
		return err
	}
	s.quit()
	return nil
}

// Close closes the kept connections.
func (r *Relay) Close() {
	r.dropIdle()
}

func (r *Relay) session(ctx context.Context) (s *session, kept bool, err error) {
	r.mu.Lock()
	if n := len(r.idle); n > 0 {
		s = r.idle[n-1]
		r.idle = r.idle[:n-1]
	}
	r.mu.Unlock()
	if s != nil && s.expiry.Stop() {
		return s, true, nil
	}
	s, err = r.dial(ctx)
	return s, false, err
}

func (r *Relay) keep(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.idle) >= r.connections() {
		go s.quit()
		return
	}
	s.expiry = time.AfterFunc(r.limit().idle, func() { r.expire(s) })
	r.idle = append(r.idle, s)
}

// expire closes a connection that nobody has taken for a while.
func (r *Relay) expire(s *session) {
	r.mu.Lock()
	for i, other := range r.idle {
		if other == s {
			r.idle = append(r.idle[:i], r.idle[i+1:]...)
			break
		}
	}
	r.mu.Unlock()
	s.quit()
}

func (r *Relay) dropIdle() {
	r.mu.Lock()
	idle := r.idle
	r.idle = nil
	r.mu.Unlock()
	for _, s := range idle {
		if s.expiry.Stop() {
			s.close()
		}
	}
}

func (r *Relay) connections() int {
	if r.Connections > 0 {
		return r.Connections
	}
	return 4
}

func (r *Relay) tlsConfig() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if r.TLSConfig != nil {
		c = r.TLSConfig.Clone()
	}
	if c.ServerName == "" {
		c.ServerName = r.Host
	}
	return c
}

// staleConnection reports that a kept connection was closed before the
// relay learned of the mail.
func staleConnection(err error) bool {
	var failed *SendError
	return errors.As(err, &failed) && failed.Stage == StageMail && failed.Class == Network
}

var errReplyTooLong = errors.New("the relay's reply is too long")

const maxReply = 64 << 10

// boundedConn ends a connection whose peer sends more than a reply may hold:
// nothing else bounds a reply's lines.
type boundedConn struct {
	net.Conn
	left int // octets; set anew at each step, by the goroutine that reads
}

func (c *boundedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errReplyTooLong
	}
	n, err := c.Conn.Read(p)
	c.left -= n
	return n, err
}

// connect opens the connection that go-mail will speak on, encrypted if TLS
// begins with the first byte.
func (r *Relay) connect(ctx context.Context, network, addr string) (net.Conn, *boundedConn, error) {
	plain, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, nil, err
	}
	bounded := &boundedConn{Conn: plain, left: maxReply}
	if r.TLS != TLSImplicit {
		return bounded, bounded, nil
	}
	encrypted := tls.Client(bounded, r.tlsConfig())
	if err := encrypted.HandshakeContext(ctx); err != nil {
		_ = plain.Close()
		return nil, nil, fmt.Errorf("TLS: %w", err)
	}
	return encrypted, bounded, nil
}
