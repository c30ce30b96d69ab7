package notify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// relayServer is a real SMTP server in the process, with a script of faults.
type relayServer struct {
	addr  string
	roots *x509.CertPool

	mu       sync.Mutex
	script   func(step string, n int) any // n counts the step from 1; see act
	steps    map[string]int
	mails    []delivery
	conns    []net.Conn
	logins   []string
	password string

	mechanisms []string
}

type delivery struct {
	from, to string
	utf8     bool
	data     []byte
}

// What a script may answer beside nil and an *smtp.SMTPError.
type fault string

const (
	hangUp  fault = "hang up"
	silence fault = "silence"
)

func startRelay(t testing.TB, options ...func(*smtp.Server)) *relayServer {
	t.Helper()
	r := &relayServer{steps: map[string]int{}, password: "secret", mechanisms: []string{"PLAIN"}}
	server := smtp.NewServer(r)
	server.Domain = "relay.example.test"
	server.AllowInsecureAuth = true
	cert, roots := certificate(t)
	r.roots = roots
	for _, o := range options {
		o(server)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.addr = l.Addr().String()
	if server.TLSConfig != nil {
		server.TLSConfig.Certificates = []tls.Certificate{cert}
		if server.LMTP { // stands for implicit TLS here
			server.LMTP = false
			l = tls.NewListener(l, server.TLSConfig)
		}
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); r.hangUp(); <-done })
	return r
}

func (r *relayServer) relay(t testing.TB, mode TLSMode) *Relay {
	t.Helper()
	host, port, err := net.SplitHostPort(r.addr)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	relay := &Relay{Host: host, Port: number, TLS: mode, TLSConfig: &tls.Config{RootCAs: r.roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(relay.Close)
	return relay
}

// play sets the script.
func (r *relayServer) play(script func(step string, n int) any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.script, r.steps = script, map[string]int{}
}

func (r *relayServer) delivered() []delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.mails)
}

func (r *relayServer) connections() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.conns)
}

// hangUp closes all connections from the server's side.
func (r *relayServer) hangUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		_ = c.Close()
	}
}

func (r *relayServer) NewSession(c *smtp.Conn) (smtp.Session, error) {
	r.mu.Lock()
	r.conns = append(r.conns, c.Conn())
	r.mu.Unlock()
	s := &relaySession{server: r, conn: c}
	return s, s.act("connect")
}

type relaySession struct {
	server *relayServer
	conn   *smtp.Conn
	mail   delivery
}

func (s *relaySession) act(step string) error {
	s.server.mu.Lock()
	script := s.server.script
	s.server.steps[step]++
	n := s.server.steps[step]
	s.server.mu.Unlock()
	if script == nil {
		return nil
	}
	switch answer := script(step, n).(type) {
	case *smtp.SMTPError:
		return answer
	case fault:
		if answer == hangUp {
			_ = s.conn.Conn().Close()
			return errors.New("hung up")
		}
		_, _ = io.Copy(io.Discard, s.conn.Conn()) // until the other side gives up
		return errors.New("was silent")
	}
	return nil
}

func (s *relaySession) AuthMechanisms() []string { return s.server.mechanisms }

func (s *relaySession) Auth(mechanism string) (sasl.Server, error) {
	login := func(user, secret string) error {
		s.server.mu.Lock()
		s.server.logins = append(s.server.logins, mechanism+" "+user+" "+secret)
		wrong := secret != s.server.password
		s.server.mu.Unlock()
		if wrong {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "Authentication credentials invalid"}
		}
		return s.act("auth")
	}
	if mechanism == sasl.Plain {
		return sasl.NewPlainServer(func(_, user, password string) error { return login(user, password) }), nil
	}
	return &tokenServer{login: login}, nil
}

func (s *relaySession) Mail(from string, o *smtp.MailOptions) error {
	s.mail = delivery{from: from, utf8: o.UTF8}
	return s.act("mail")
}

func (s *relaySession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.to = to
	return s.act("rcpt")
}

func (s *relaySession) Data(r io.Reader) error {
	if err := s.act("data"); err != nil {
		return err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.data = data
	if err := s.act("dot"); err != nil {
		return err
	}
	s.server.mu.Lock()
	s.server.mails = append(s.server.mails, s.mail)
	s.server.mu.Unlock()
	return s.act("answer")
}

func (s *relaySession) Reset()        {}
func (s *relaySession) Logout() error { return s.act("logout") }

// tokenServer is the other end of XOAUTH2 and OAUTHBEARER.
type tokenServer struct {
	login  func(user, token string) error
	failed error
}

var bearer = regexp.MustCompile(`^(?:n,a=|user=)([^,\x01]*),?\x01(?:.*\x01)?auth=Bearer ([^\x01]*)\x01\x01$`)

func (x *tokenServer) Next(response []byte) ([]byte, bool, error) {
	if x.failed != nil {
		return nil, true, x.failed
	}
	m := bearer.FindStringSubmatch(string(response))
	if m == nil {
		return nil, true, refuse(501, 5, "malformed")
	}
	if x.failed = x.login(m[1], m[2]); x.failed != nil {
		return []byte(`{"status":"401"}`), false, nil
	}
	return nil, true, nil
}

func refuse(code int, class int, text string) *smtp.SMTPError {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, 1, 1}, Message: text}
}

func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "relay.example.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
