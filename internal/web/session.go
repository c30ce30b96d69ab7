package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	cookieName  = "escalationd_session"
	sessionLife = 12 * time.Hour
)

// needToken refuses who has neither the token nor a session, but for health
// and readiness, which a supervisor asks for, and the login itself.
func (s *Server) needToken(next http.Handler) http.Handler {
	if s.options.Token == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz", "/readyz", "/login":
			next.ServeHTTP(w, r)
			return
		}
		token, ok := s.token(w)
		if !ok {
			return
		}
		if !authorised(r, token) && !s.sessions.holds(r, token, time.Now()) {
			s.askForLogin(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// token reads the token; where that fails nobody gets in, and that is answered.
func (s *Server) token(w http.ResponseWriter) (string, bool) {
	token, err := s.options.Token()
	if err == nil && token != "" {
		return token, true
	}
	s.options.Log.Error("web token cannot be read, so that nobody can log in", "error", err)
	http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
	return "", false
}

// askForLogin shows people the form and tells programs what they lack.
func (s *Server) askForLogin(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="escalationd"`)
	if r.Method != http.MethodGet || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	}
	s.render(w, http.StatusUnauthorized, "login.html", loginView{Next: r.URL.RequestURI()})
}

type loginView struct {
	Next  string
	Wrong bool
}

func (s *Server) loginPage(w http.ResponseWriter, _ *http.Request) {
	s.render(w, http.StatusOK, "login.html", loginView{Next: "/"})
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	token, ok := s.token(w)
	if !ok {
		return
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, "Bad Request", http.StatusBadRequest)
		return
	}
	next := r.PostForm.Get("next")
	if !localPath(next) {
		next = "/"
	}
	if !equal(strings.TrimSpace(r.PostForm.Get("token")), token) {
		s.options.Log.Warn("web login refused: wrong token")
		s.render(w, http.StatusUnauthorized, "login.html", loginView{Next: next, Wrong: true})
		return
	}
	s.sessions.begin(w, r, token, time.Now())
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, sessionCookie(r, "", -1))
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// authorised reports whether a request bears the token (RFC 6750).
func authorised(r *http.Request, token string) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && equal(strings.TrimSpace(given), token)
}

// equal takes the same time whatever is given, so that nothing can be learned
// from it, not even the length.
func equal(given, token string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// sessions signs cookies: the time a session ends, and a proof that we said
// so. They end with the process and with a change of the token.
type sessions struct{ key []byte }

func newSessions() sessions {
	key := make([]byte, sha256.Size)
	rand.Read(key) // never fails
	return sessions{key}
}

func (s sessions) begin(w http.ResponseWriter, r *http.Request, token string, now time.Time) {
	until := strconv.FormatInt(now.Add(sessionLife).Unix(), 10)
	http.SetCookie(w, sessionCookie(r, until+"."+s.proof(until, token), int(sessionLife/time.Second)))
}

func (s sessions) holds(r *http.Request, token string, now time.Time) bool {
	for _, c := range r.CookiesNamed(cookieName) {
		until, proof, _ := strings.Cut(c.Value, ".")
		end, err := strconv.ParseInt(until, 10, 64)
		if err == nil && now.Unix() < end && hmac.Equal([]byte(proof), []byte(s.proof(until, token))) {
			return true
		}
	}
	return false
}

func (s sessions) proof(until, token string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(until + "\n" + token))
	return hex.EncodeToString(mac.Sum(nil))
}

func sessionCookie(r *http.Request, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: strings.HasPrefix(r.Header.Get("Origin"), "https://"),
	}
}
