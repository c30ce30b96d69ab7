package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

func withTLS(s *smtp.Server) { s.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12} }

func implicitTLS(s *smtp.Server) { withTLS(s); s.LMTP = true }

func TestModesOfTLS(t *testing.T) {
	plain, start, implicit := startRelay(t), startRelay(t, withTLS), startRelay(t, implicitTLS)
	for _, tc := range []struct {
		name   string
		server *relayServer
		mode   TLSMode
		ok     bool
	}{
		{"none", plain, TLSNone, true},
		{"STARTTLS", start, TLSStart, true},
		{"implicit", implicit, TLSImplicit, true},
		{"STARTTLS that is not offered", plain, TLSStart, false},
		{"implicit, but the relay speaks in the clear", plain, TLSImplicit, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			relay := tc.server.relay(t, tc.mode)
			relay.limits = &limits{dial: time.Minute, command: time.Minute, dot: time.Minute, idle: time.Minute}
			relay.User, relay.Login = "desk", password("secret")
			err := relay.Send(t.Context(), testEnvelope(), testMail, always)
			if tc.ok != (err == nil) {
				t.Fatalf("error %v", err)
			}
			if !tc.ok && len(tc.server.logins) > 1 {
				t.Errorf("a password was sent: %q", tc.server.logins)
			}
			var failed *SendError
			if !tc.ok && (!errors.As(err, &failed) || failed.Class != Network) {
				t.Errorf("error %v, want one of class network", err)
			}
		})
	}
	untrusting := start.relay(t, TLSStart)
	untrusting.TLSConfig = nil
	untrusting.User, untrusting.Login = "desk", password("secret")
	before := len(start.logins)
	if err := untrusting.Send(t.Context(), testEnvelope(), testMail, always); err == nil || len(start.logins) > before {
		t.Errorf("an unknown certificate: error %v, logins %q", err, start.logins)
	}
}

// password logs in with one.
func password(text string) func(context.Context) (Credentials, error) {
	return func(context.Context) (Credentials, error) { return Credentials{Password: text}, nil }
}

func TestPasswordIsReadAtEachLogin(t *testing.T) {
	server := startRelay(t)
	relay := server.relay(t, TLSNone)
	relay.User, relay.Login = "desk", password("wrong")
	failed := wantSendError(t, relay.Send(t.Context(), testEnvelope(), testMail, always), StageAuth, Auth)
	if failed.Code != 535 || strings.Contains(failed.Error(), "wrong") {
		t.Errorf("refused login: %v", failed)
	}
	relay.Login = password("secret")
	if err := relay.Send(t.Context(), testEnvelope(), testMail, always); err != nil {
		t.Fatal(err)
	}
	relay.Login = func(context.Context) (Credentials, error) {
		return Credentials{}, errors.New("open /run/secrets/smtp: no such file")
	}
	relay.Close()
	wantSendError(t, relay.Send(t.Context(), testEnvelope(), testMail, always), StageAuth, Auth)
}

func TestRelayThatCannotLogInNowIsNotAWrongPassword(t *testing.T) {
	server := startRelay(t)
	server.play(func(step string, _ int) any {
		if step == "auth" {
			return refuse(454, 4, "temporary authentication failure")
		}
		return nil
	})
	relay := server.relay(t, TLSNone)
	relay.User, relay.Login = "desk", password("secret")
	wantSendError(t, relay.Send(t.Context(), testEnvelope(), testMail, always), StageAuth, Network)
}

func TestTokenLogsIn(t *testing.T) {
	for _, mechanism := range []string{"XOAUTH2", "OAUTHBEARER"} {
		t.Run(mechanism, func(t *testing.T) {
			server := startRelay(t)
			server.mechanisms = []string{"PLAIN", mechanism}
			relay := server.relay(t, TLSNone)
			token := "expired"
			relay.User, relay.Login = "desk@example.com", func(context.Context) (Credentials, error) { return Credentials{Token: token}, nil }
			failed := wantSendError(t, relay.Probe(t.Context()), StageAuth, Auth)
			if strings.Contains(failed.Error(), token) {
				t.Errorf("the error names the token: %v", failed)
			}
			token = "secret"
			if err := relay.Probe(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := server.logins[len(server.logins)-1]; got != mechanism+" desk@example.com secret" {
				t.Errorf("login %q", got)
			}
		})
	}
}

func TestTokenThatCameToItsEndIsFollowedByANewOneAtOnce(t *testing.T) {
	server := startRelay(t)
	server.mechanisms = []string{"XOAUTH2"}
	relay := server.relay(t, TLSNone)
	token := "expired"
	var refusals []error
	relay.User, relay.Login = "desk@example.com", func(context.Context) (Credentials, error) {
		return Credentials{Token: token, Outcome: func(refusal error) bool {
			refusals = append(refusals, refusal)
			token = "secret"
			return refusal != nil
		}}, nil
	}
	if err := relay.Send(t.Context(), testEnvelope(), testMail, always); err != nil {
		t.Fatal(err)
	}
	if len(refusals) != 2 || refusals[0] == nil || refusals[1] != nil {
		t.Errorf("the logins ended with %v", refusals)
	}
}
