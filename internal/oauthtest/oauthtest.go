// Package oauthtest is an OAuth 2.0 server for tests: a token endpoint with the
// grants that mail providers offer, and the introspection by which a mail
// server tells whether a token is good.
package oauthtest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"escalationd/internal/realserver"
)

// The one client and its secrets.
const (
	ClientID     = "desk-client"
	ClientSecret = "the client's secret"
	RefreshToken = "the refresh token in the file"
)

// Server is a running server. Its fields may be changed through Set.
type Server struct {
	URL string

	mu      sync.Mutex
	user    string // whom the tokens are for
	life    int    // seconds; 0: the server does not tell
	refuse  string // answered to every request for a token; empty: none is refused
	rotate  bool   // each answer brings a new refresh token, and the last one ends
	refresh string // the only refresh token that is taken
	tokens  map[string]bool
	asked   map[string]int // by grant
	spoilt  bool           // tokens are good from now on for nothing
}

// Start starts a server that ends with the test; its tokens are for user.
func Start(t testing.TB, user string) *Server {
	t.Helper()
	s := &Server{user: user, life: 3600, refresh: RefreshToken, tokens: map[string]bool{}, asked: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("/introspect", s.introspect)
	h := httptest.NewServer(mux)
	t.Cleanup(h.Close)
	s.URL = h.URL
	return s
}

// Dovecot starts a Dovecot that asks the server about tokens, and takes them by
// a mechanism: xoauth2 or oauthbearer.
func (s *Server) Dovecot(t testing.TB, mechanism string) *realserver.DovecotServer {
	t.Helper()
	args := filepath.Join(t.TempDir(), "oauth2.conf")
	text := fmt.Sprintf("introspection_url = %s/introspect?token=\nintrospection_mode = get\nusername_attribute = email\nactive_attribute = active\nactive_value = true\n", s.URL)
	if err := os.WriteFile(args, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return realserver.Dovecot(t, realserver.DovecotConfig(
		"auth_mechanisms = plain "+mechanism+"\npassdb {\n driver = oauth2\n mechanisms = xoauth2 oauthbearer\n args = "+args+"\n}"))
}

// Life sets how long tokens last from now on, in seconds; 0 tells nobody.
func (s *Server) Life(seconds int) { s.set(func() { s.life = seconds }) }

// Refuse has every request for a token refused with an error code of RFC 6749
// section 5.2; empty ends it.
func (s *Server) Refuse(code string) { s.set(func() { s.refuse = code }) }

// Rotate gives out a new refresh token with each answer from now on.
func (s *Server) Rotate() { s.set(func() { s.rotate = true }) }

// Revoke ends all access tokens given so far.
func (s *Server) Revoke() { s.set(func() { clear(s.tokens) }) }

// Consent makes a refresh token the one that is taken: a person has logged in
// to the provider again.
func (s *Server) Consent(refresh string) { s.set(func() { s.refresh = refresh }) }

// Spoil gives out tokens from now on that no mail server takes.
func (s *Server) Spoil() { s.set(func() { s.spoilt = true }) }

// Good reports whether an access token is one of this server's and not revoked.
func (s *Server) Good(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens[token]
}

// Asked is how often a grant was asked for.
func (s *Server) Asked(grant string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[grant]
}

func (s *Server) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	id, secret, ok := r.BasicAuth()
	if !ok {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	grant := r.FormValue("grant_type")
	s.asked[grant]++
	code := s.refuse
	switch {
	case code != "":
	case id != ClientID || secret != ClientSecret && secret != "the+client%27s+secret":
		code = "invalid_client"
	case grant == "refresh_token" && r.FormValue("refresh_token") != s.refresh:
		code = "invalid_grant"
	case grant != "refresh_token" && grant != "client_credentials":
		code = "unsupported_grant_type"
	}
	if code != "" {
		answer(w, http.StatusBadRequest, map[string]any{"error": code})
		return
	}
	token := rand.Text()
	s.tokens[token] = !s.spoilt
	body := map[string]any{"access_token": token, "token_type": "Bearer"}
	if s.life > 0 {
		body["expires_in"] = s.life
	}
	if grant == "refresh_token" && s.rotate {
		s.refresh = rand.Text()
		body["refresh_token"] = s.refresh
	}
	answer(w, http.StatusOK, body)
}

// introspect answers as RFC 7662 does. The token comes in the query, in the
// form or as a bearer.
func (s *Server) introspect(w http.ResponseWriter, r *http.Request) {
	token := r.FormValue("token")
	if bearer := r.Header.Get("Authorization"); token == "" && len(bearer) > len("Bearer ") {
		token = bearer[len("Bearer "):]
	}
	if !s.Good(token) {
		answer(w, http.StatusOK, map[string]any{"active": false})
		return
	}
	answer(w, http.StatusOK, map[string]any{"active": true, "email": s.user, "username": s.user, "scope": "mail"})
}

func answer(w http.ResponseWriter, code int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the client may have gone
}
