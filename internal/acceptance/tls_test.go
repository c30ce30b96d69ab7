package acceptance

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// falseServer is what answers in the place of a server: it comes as far as
// TLS, and keeps what it is told behind that, and what it was told before.
type falseServer struct {
	addr string
	tls  *tls.Config

	mu        sync.Mutex
	clear     []string // lines
	secret    int      // bytes
	handshake int      // those that began
}

// upgrade says how a protocol gets to TLS: what the server says first, and how
// it answers the commands until then. $TAG is the command's tag.
type upgrade struct {
	greeting string
	answers  map[string]string
}

func upgrades() map[string]upgrade {
	return map[string]upgrade{
		"imap+starttls": {"* OK ready\r\n", map[string]string{
			"CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n$TAG OK done\r\n", "STARTTLS": "$TAG OK go ahead\r\n"}},
		"smtp+starttls": {"220 relay.example.com ESMTP\r\n", map[string]string{
			"EHLO": "250-relay.example.com\r\n250 STARTTLS\r\n", "STARTTLS": "220 2.0.0 go ahead\r\n"}},
	}
}

func startFalseServer(t testing.TB, config *tls.Config, before upgrade) *falseServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &falseServer{addr: l.Addr().String(), tls: config}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { s.serve(c, before) })
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return s
}

func (s *falseServer) serve(c net.Conn, before upgrade) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	if before.greeting != "" && !s.talk(c, before) {
		return
	}
	s.mu.Lock()
	s.handshake++
	s.mu.Unlock()
	encrypted := tls.Server(c, s.tls)
	n, _ := io.Copy(io.Discard, encrypted) // until the client goes
	s.mu.Lock()
	s.secret += int(n)
	s.mu.Unlock()
}

// talk goes on in the clear until TLS begins.
func (s *falseServer) talk(c net.Conn, before upgrade) bool {
	if _, err := io.WriteString(c, before.greeting); err != nil {
		return false
	}
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return false
		}
		s.mu.Lock()
		s.clear = append(s.clear, strings.TrimSpace(line))
		s.mu.Unlock()
		tag, _, _ := strings.Cut(line, " ")
		answer := "$TAG BAD unknown\r\n"
		for command, a := range before.answers {
			if strings.Contains(line, command) {
				answer = a
			}
		}
		if _, err := io.WriteString(c, strings.ReplaceAll(answer, "$TAG", tag)); err != nil {
			return false
		}
		if strings.Contains(line, "STARTTLS") {
			return true
		}
	}
}

// heard is how often TLS began, and what came in the clear and behind TLS.
func (s *falseServer) heard() (handshakes int, clear []string, secret int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.handshake, s.clear, s.secret
}

// certificate makes one that is its own authority, and writes it to a file.
func (w *world) certificate(host net.IP, ends time.Time) (c tls.Certificate, file string) {
	w.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(ends.UnixNano()), Subject: pkix.Name{CommonName: "false server"}, IPAddresses: []net.IP{host},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: ends, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		w.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, w.write(fmt.Sprintf("authority-%d.pem", ends.UnixNano()), string(text))
}

// deskOf is a desk that has a false server in the place of the one that the
// scheme of a URL is about.
func (w *world) deskOf(s *falseServer, scheme string) *desk {
	w.Helper()
	if strings.HasPrefix(scheme, "smtp") {
		w.imapURL, w.smtpURL = "imap://desk%40example.com@"+w.imap.Addr, scheme+"://desk@"+s.addr
	} else {
		w.imapURL = scheme + "://desk%40example.com@" + s.addr
	}
	return w.desk()
}

// heardNoSecret expects that the server was told no password and no mail, and
// that the daemon goes on without it.
func (s *falseServer) heardNoSecret(d *desk) {
	d.w.Helper()
	if !d.running() || d.ready() {
		d.w.Error("the daemon has ended or says that it is ready")
	}
	_, clear, secret := s.heard()
	if secret > 0 {
		d.w.Errorf("%d bytes were sent behind TLS", secret)
	}
	told := strings.Join(clear, "\n")
	for _, command := range []string{"AUTH", "LOGIN", "MAIL", "SELECT"} {
		if strings.Contains(told, command) {
			d.w.Errorf("in the clear was sent:\n%s", told)
		}
	}
}

// Nobody who cannot show who they are is told a password, or anything else.
func TestNoPasswordForAServerWithoutAValidCertificate(t *testing.T) {
	t.Parallel()
	here, later := net.IPv4(127, 0, 0, 1), time.Now().Add(24*time.Hour)
	for _, c := range []struct {
		name    string
		host    net.IP
		ends    time.Time
		trusted bool
		highest uint16
	}{
		{"expired", here, time.Now().Add(-time.Hour), true, 0},
		{"of another host", net.IPv4(192, 0, 2, 1), later, true, 0},
		{"of an unknown authority", here, later, false, 0},
		{"with TLS 1.1", here, later, true, tls.VersionTLS11},
	} {
		for _, scheme := range []string{"imaps", "imap+starttls", "smtps", "smtp+starttls"} {
			t.Run(scheme+" "+c.name, func(t *testing.T) {
				if !long() && c.name != "expired" {
					t.Skip("only with ESCALATIOND_CHAOS=1")
				}
				t.Parallel()
				w := newWorld(t)
				cert, authority := w.certificate(c.host, c.ends)
				if !c.trusted {
					_, authority = w.certificate(here, later.Add(time.Hour))
				}
				s := startFalseServer(t, &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: c.highest, MinVersion: tls.VersionTLS10}, upgrades()[scheme])
				d := w.deskOf(s, scheme)
				d.startProgram(os.Getenv(binaryEnv), "SSL_CERT_FILE="+authority)
				w.eventually("TLS was tried more than once", func() bool { n, _, _ := s.heard(); return n > 1 })
				if c.highest == 0 {
					d.says("certificate")
				}
				s.heardNoSecret(d)
			})
		}
	}
}

// Where somebody on the way takes STARTTLS out, nothing is said in the clear.
func TestNoPasswordWhereStartTLSIsStripped(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]upgrade{
		"imap refused":   {"* OK ready\r\n", map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n$TAG OK done\r\n", "STARTTLS": "$TAG BAD unknown\r\n"}},
		"imap logged in": {"* PREAUTH welcome\r\n", map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n$TAG OK done\r\n"}},
		"imap injected":  {"* OK ready\r\n", map[string]string{"STARTTLS": "$TAG OK go ahead\r\n* OK and more\r\n* BYE\r\n"}},
		"smtp gone":      {"220 relay.example.com ESMTP\r\n", map[string]string{"EHLO": "250-relay.example.com\r\n250 AUTH PLAIN LOGIN\r\n"}},
		"smtp refused":   {"220 relay.example.com ESMTP\r\n", map[string]string{"EHLO": "250-relay.example.com\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n", "STARTTLS": "454 4.7.0 not now\r\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := startFalseServer(t, &tls.Config{}, before)
			d := w.deskOf(s, name[:len("imap")]+"+starttls")
			d.start()
			w.eventually("it was tried more than once", func() bool { _, clear, _ := s.heard(); return len(clear) > 1 })
			s.heardNoSecret(d)
		})
	}
}
