package daemon

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"escalationd/internal/config"
	"escalationd/internal/inbox"
	"escalationd/internal/oauthtest"
	"escalationd/internal/realserver"
	"escalationd/notify"
)

func secretFile(t *testing.T, text string) config.Secret {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.SecretFile(path)
}

// tokenLogin logs in with tokens of a server: by the client-credentials grant,
// or by the refresh-token grant.
func tokenLogin(t *testing.T, s *oauthtest.Server, refresh bool) *login {
	t.Helper()
	address, err := url.Parse(s.URL + "/token")
	if err != nil {
		t.Fatal(err)
	}
	o := &config.OAuth2{TokenURL: address, ClientID: oauthtest.ClientID, ClientSecret: secretFile(t, oauthtest.ClientSecret), Scopes: []string{"mail"}}
	if refresh {
		o.RefreshToken = secretFile(t, oauthtest.RefreshToken)
	}
	return &login{user: realserver.User, oauth: o, stateDir: t.TempDir()}
}

func wantToken(t *testing.T, l *login) string {
	t.Helper()
	token, err := l.accessToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTokenIsKeptUntilShortlyBeforeItEnds(t *testing.T) {
	for grant, refresh := range map[string]bool{"client_credentials": false, "refresh_token": true} {
		t.Run(grant, func(t *testing.T) {
			s := oauthtest.Start(t, realserver.User)
			l := tokenLogin(t, s, refresh)
			if _, ok := l.age(); ok {
				t.Error("a token has an age before there is one")
			}
			first := wantToken(t, l)
			if again := wantToken(t, l); again != first || s.Asked(grant) != 1 {
				t.Errorf("the token server was asked %d times", s.Asked(grant))
			}
			if _, ok := l.age(); !ok {
				t.Error("the token has no age")
			}
			s.Life(30) // less than the margin
			l.ended(first, errors.New("refused"))
			second := wantToken(t, l)
			third := wantToken(t, l)
			if second == first || third == second || s.Asked(grant) != 3 {
				t.Errorf("a refused token, and one about to end, were used again; asked %d times", s.Asked(grant))
			}
		})
	}
}

func TestNewestRefreshTokenIsKeptOverARestart(t *testing.T) {
	s := oauthtest.Start(t, realserver.User)
	s.Life(30)
	s.Rotate()
	first := tokenLogin(t, s, true)
	relay := &login{user: first.user, oauth: first.oauth, stateDir: first.stateDir} // which began with the same token
	for range 3 {
		wantToken(t, first)
		wantToken(t, relay)
	}
	restarted := &login{user: first.user, oauth: first.oauth, stateDir: first.stateDir}
	wantToken(t, restarted)
	info, err := os.Stat(first.keptAt())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the newest refresh token lies open: %v, %v", info, err)
	}
	elsewhere := &login{user: first.user, oauth: first.oauth, stateDir: t.TempDir()}
	var no *tokenRefusal
	if _, err := elsewhere.accessToken(t.Context()); !errors.As(err, &no) {
		t.Errorf("a server that ends old refresh tokens gives a token for the one in the file: %v", err)
	}
}

func TestRefreshTokenThatAPersonReplacedCountsBeforeTheOneThatIsKept(t *testing.T) {
	s := oauthtest.Start(t, realserver.User)
	s.Life(30)
	s.Rotate()
	l := tokenLogin(t, s, true)
	wantToken(t, l)
	s.Consent("a new refresh token")
	if err := os.WriteFile(l.oauth.RefreshToken.Source(), []byte("a new refresh token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	restarted := &login{user: l.user, oauth: l.oauth, stateDir: l.stateDir}
	wantToken(t, restarted)
	wantToken(t, restarted)
	if n := s.Asked("refresh_token"); n != 3 {
		t.Errorf("the token server was asked %d times, want 3: none in vain", n)
	}
	if err := os.WriteFile(l.keptAt(), []byte(`{"newest": "cut o`), 0o600); err != nil {
		t.Fatal(err)
	}
	wantToken(t, restarted) // it knows the newest by itself
}

func TestTokenThatCannotBeKeptIsUsedAllTheSame(t *testing.T) {
	s := oauthtest.Start(t, realserver.User)
	s.Life(30)
	s.Rotate()
	l := tokenLogin(t, s, true)
	told := 0
	l.unkept = func(error) { told++ }
	if err := os.Symlink("/dev/full", l.keptAt()); err != nil {
		t.Skip(err)
	}
	wantToken(t, l)
	wantToken(t, l)
	if told != 2 {
		t.Errorf("told %d times that a token is not kept, want 2", told)
	}
}

func TestRefusalAlarmsOnceInARow(t *testing.T) {
	told := 0
	l := &login{refused: func(error) { told++ }}
	for _, outcome := range []error{nil, errors.New("no"), errors.New("no"), nil, errors.New("no")} {
		if l.ended("", outcome) {
			t.Error("a refused password is to be tried again at once")
		}
	}
	if told != 2 {
		t.Errorf("told %d times of two rows of refusals", told)
	}
}

func TestTokenThatHadLetUsInEndsWithoutAnAlarm(t *testing.T) {
	s := oauthtest.Start(t, realserver.User)
	s.Life(0) // nobody knows how long tokens last
	l := tokenLogin(t, s, false)
	told := 0
	l.refused = func(error) { told++ }
	first := wantToken(t, l)
	l.ended(first, nil)
	if !l.ended(first, errors.New("expired")) || !l.ended(first, errors.New("expired, says another connection")) || told != 0 {
		t.Errorf("a token that had been good has ended; told %d times", told)
	}
	second := wantToken(t, l)
	if l.ended(first, errors.New("expired, says a third")); wantToken(t, l) != second || told != 0 {
		t.Errorf("the refusal of an old token ended the new one; told %d times", told)
	}
	if l.ended(second, errors.New("no")) || told != 1 {
		t.Errorf("a new token is refused: told %d times, want once", told)
	}
}

func TestTokenServerThatRefusesNeedsAPersonAndOneThatIsAwayDoesNot(t *testing.T) {
	s := oauthtest.Start(t, realserver.User)
	l := tokenLogin(t, s, false)
	s.Refuse("invalid_client")
	var setup *inbox.SetupError
	_, err := l.forInbox(t.Context(), "desk")
	if !errors.As(err, &setup) || !setup.Login || !setup.Permanent || !strings.Contains(err.Error(), "invalid_client") {
		t.Errorf("a refusal is %v", err)
	}
	for _, busy := range []string{"temporarily_unavailable", "server_error"} {
		s.Refuse(busy)
		if _, err := l.forInbox(t.Context(), "desk"); err == nil || errors.As(err, &setup) {
			t.Errorf("a busy token server is %v", err)
		}
	}
	s.Refuse("what a <server> should not say: " + oauthtest.ClientSecret)
	if _, err := l.forInbox(t.Context(), "desk"); err == nil || strings.Contains(err.Error(), oauthtest.ClientSecret) {
		t.Errorf("an odd answer is shown: %v", err)
	}
	l.oauth.TokenURL = &url.URL{Scheme: "http", Host: "127.0.0.1:1", Path: "/token"}
	if _, err := l.forInbox(t.Context(), "desk"); err == nil || errors.As(err, &setup) {
		t.Errorf("a token server out of reach is %v", err)
	}
}

func TestSilentTokenServerHoldsUpNoMetrics(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // it accepts, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	l := tokenLogin(t, oauthtest.Start(t, realserver.User), false)
	l.oauth.TokenURL = &url.URL{Scheme: "http", Host: silent.Addr().String(), Path: "/token"}
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan error)
	go func() { _, err := l.accessToken(ctx); asked <- err }()
	conn, err := silent.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, ok := l.age(); ok {
		t.Error("there is no token, and it has an age")
	}
	cancel()
	if err := <-asked; err == nil {
		t.Error("a silent server gave a token")
	}
}

func TestInboxIsOpenedWithATokenThatDovecotBelieves(t *testing.T) {
	for _, mechanism := range []string{"xoauth2", "oauthbearer"} {
		t.Run(mechanism, func(t *testing.T) {
			s := oauthtest.Start(t, realserver.User)
			server := s.Dovecot(t, mechanism)
			l := tokenLogin(t, s, true)
			box, err := inbox.New(inbox.Options{
				Name: "desk", Addr: server.Addr, Security: inbox.Plain, Processed: "Processed", Quarantine: "Quarantine",
				Auth: func(ctx context.Context) (inbox.Credentials, error) { return l.forInbox(ctx, "desk") },
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := box.Probe(t.Context()); err != nil {
				t.Fatalf("log in with a good token: %v", err)
			}
			token := wantToken(t, l)
			s.Revoke()
			if _, err := box.Probe(t.Context()); err != nil || s.Asked("refresh_token") != 2 {
				t.Fatalf("log in with a revoked token: %v; the token server was asked %d times", err, s.Asked("refresh_token"))
			}
			s.Spoil()
			s.Revoke()
			var setup *inbox.SetupError
			if _, err := box.Probe(t.Context()); !errors.As(err, &setup) || !setup.Login || strings.Contains(err.Error(), token) {
				t.Fatalf("log in with tokens that are never good: %v", err)
			}
		})
	}
}

// tokenRelay is an SMTP server that takes tokens by XOAUTH2.
type tokenRelay struct {
	smtp.Session
	tokens *oauthtest.Server
}

func (*tokenRelay) AuthMechanisms() []string { return []string{"XOAUTH2"} }

func (r *tokenRelay) Auth(string) (sasl.Server, error) { return &xoauth2Server{tokens: r.tokens}, nil }

func (*tokenRelay) Reset()        {}
func (*tokenRelay) Logout() error { return nil }

type xoauth2Server struct {
	tokens *oauthtest.Server
	failed bool
}

// Next implements sasl.Server: a refusal is a challenge with its reason, which
// the client answers with nothing.
func (x *xoauth2Server) Next(response []byte) (challenge []byte, done bool, err error) {
	if response == nil {
		return nil, false, nil
	}
	_, rest, _ := strings.Cut(string(response), "auth=Bearer ")
	token, _, _ := strings.Cut(rest, "\x01")
	switch {
	case x.failed:
		return nil, true, smtp.ErrAuthFailed
	case !x.tokens.Good(token):
		x.failed = true
		return []byte(`{"status":"401"}`), false, nil
	}
	return nil, true, nil
}

func TestRelayIsLoggedInToWithATokenAndWithANewOneAfterARefusal(t *testing.T) {
	s := oauthtest.Start(t, realserver.User)
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &tokenRelay{tokens: s}, nil }))
	server.AllowInsecureAuth, server.Domain = true, "relay.example.com"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }() // until Close
	t.Cleanup(func() { server.Close() })
	l := tokenLogin(t, s, false)
	relay := &notify.Relay{
		Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, TLS: notify.TLSNone, User: realserver.User,
		Login: l.forRelay,
	}
	t.Cleanup(relay.Close)
	if err := relay.Probe(t.Context()); err != nil {
		t.Fatalf("log in with a good token: %v", err)
	}
	s.Revoke()
	if err := relay.Probe(t.Context()); err != nil || s.Asked("client_credentials") != 2 {
		t.Errorf("log in with a revoked token: %v; the token server was asked %d times", err, s.Asked("client_credentials"))
	}
	s.Spoil()
	s.Revoke()
	var failed *notify.SendError
	if err := relay.Probe(t.Context()); !errors.As(err, &failed) || failed.Class != notify.Auth {
		t.Fatalf("log in with tokens that are never good: %v", err)
	}
	l.oauth.TokenURL = &url.URL{Scheme: "http", Host: "127.0.0.1:1", Path: "/token"}
	if err := relay.Probe(t.Context()); !errors.As(err, &failed) || failed.Class != notify.Network {
		t.Errorf("a token server out of reach is %v", err)
	}
}
