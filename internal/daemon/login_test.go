package daemon

import (
	"context"
	"errors"
	"fmt"
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
	return &login{user: realserver.User, oauth: o}
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
			l.ended(errors.New("refused"))
			second := wantToken(t, l)
			third := wantToken(t, l)
			if second == first || third == second || s.Asked(grant) != 3 {
				t.Errorf("a refused token, and one about to end, were used again; asked %d times", s.Asked(grant))
			}
		})
	}
}

func TestNewestRefreshTokenIsKeptInMemoryAlone(t *testing.T) {
	s := oauthtest.Start(t, realserver.User)
	s.Life(30)
	s.Rotate()
	l := tokenLogin(t, s, true)
	for range 3 {
		wantToken(t, l)
	}
	restarted := tokenLogin(t, s, true)
	var no *tokenRefusal
	if _, err := restarted.accessToken(t.Context()); !errors.As(err, &no) {
		t.Errorf("a server that ends old refresh tokens gives a token for the one in the file: %v", err)
	}
}

func TestRefusalAlarmsOnceInARow(t *testing.T) {
	told := 0
	l := &login{refused: func(error) { told++ }}
	for _, outcome := range []error{nil, errors.New("no"), errors.New("no"), nil, errors.New("no")} {
		l.ended(outcome)
	}
	if told != 2 {
		t.Errorf("told %d times of two rows of refusals", told)
	}
}

func TestTokenServerThatRefusesNeedsAPersonAndOneThatIsAwayDoesNot(t *testing.T) {
	s := oauthtest.Start(t, realserver.User)
	l := tokenLogin(t, s, false)
	s.Refuse("invalid_client")
	var setup *inbox.SetupError
	_, err := inboxCredentials(t.Context(), "desk", l)
	if !errors.As(err, &setup) || !setup.Login || !setup.Permanent || !strings.Contains(err.Error(), "invalid_client") {
		t.Errorf("a refusal is %v", err)
	}
	l.oauth.TokenURL = &url.URL{Scheme: "http", Host: "127.0.0.1:1", Path: "/token"}
	if _, err := inboxCredentials(t.Context(), "desk", l); err == nil || errors.As(err, &setup) {
		t.Errorf("a token server out of reach is %v", err)
	}
}

// dovecotOAuth starts a Dovecot that asks the token server about tokens.
func dovecotOAuth(t *testing.T, s *oauthtest.Server, mechanism string) *realserver.DovecotServer {
	t.Helper()
	args := filepath.Join(t.TempDir(), "oauth2.conf")
	text := fmt.Sprintf("introspection_url = %s/introspect?token=\nintrospection_mode = get\nusername_attribute = email\nactive_attribute = active\nactive_value = true\n", s.URL)
	if err := os.WriteFile(args, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return realserver.Dovecot(t, realserver.DovecotConfig(
		"auth_mechanisms = plain "+mechanism+"\npassdb {\n driver = oauth2\n mechanisms = xoauth2 oauthbearer\n args = "+args+"\n}"))
}

func TestInboxIsOpenedWithATokenThatDovecotBelieves(t *testing.T) {
	for _, mechanism := range []string{"xoauth2", "oauthbearer"} {
		t.Run(mechanism, func(t *testing.T) {
			s := oauthtest.Start(t, realserver.User)
			server := dovecotOAuth(t, s, mechanism)
			l := tokenLogin(t, s, true)
			box, err := inbox.New(inbox.Options{
				Name: "desk", Addr: server.Addr, Security: inbox.Plain, Processed: "Processed", Quarantine: "Quarantine",
				Auth: func(ctx context.Context) (inbox.Credentials, error) { return inboxCredentials(ctx, "desk", l) },
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := box.Probe(t.Context()); err != nil {
				t.Fatalf("log in with a good token: %v", err)
			}
			token := wantToken(t, l)
			s.Revoke()
			var setup *inbox.SetupError
			if _, err := box.Probe(t.Context()); !errors.As(err, &setup) || !setup.Token || strings.Contains(err.Error(), token) {
				t.Fatalf("log in with a revoked token: %v", err)
			}
			if _, err := box.Probe(t.Context()); err != nil || s.Asked("refresh_token") != 2 {
				t.Errorf("log in after the refusal: %v; the token server was asked %d times", err, s.Asked("refresh_token"))
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
		Token: l.accessToken, Outcome: l.ended,
	}
	t.Cleanup(relay.Close)
	if err := relay.Probe(t.Context()); err != nil {
		t.Fatalf("log in with a good token: %v", err)
	}
	s.Revoke()
	var failed *notify.SendError
	if err := relay.Probe(t.Context()); !errors.As(err, &failed) || failed.Class != notify.Auth {
		t.Fatalf("log in with a revoked token: %v", err)
	}
	if err := relay.Probe(t.Context()); err != nil || s.Asked("client_credentials") != 2 {
		t.Errorf("log in after the refusal: %v; the token server was asked %d times", err, s.Asked("client_credentials"))
	}
	l.oauth.TokenURL = &url.URL{Scheme: "http", Host: "127.0.0.1:1", Path: "/token"}
	l.ended(errors.New("refused"))
	if err := relay.Probe(t.Context()); !errors.As(err, &failed) || failed.Class != notify.Network {
		t.Errorf("a token server out of reach is %v", err)
	}
}
