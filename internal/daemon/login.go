package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"escalationd/internal/config"
	"escalationd/internal/inbox"
	"escalationd/notify"
)

const (
	tokenMargin  = time.Minute // a token with less life left is not used any more
	tokenTimeout = 30 * time.Second
)

// login is what one account logs in with, read anew each time: a password, or
// an access token. It is safe for concurrent use.
type login struct {
	user     string
	password config.Secret
	oauth    *config.OAuth2
	stateDir string      // where the newest refresh token is kept
	refused  func(error) // told of the first refusal in a row; may be nil
	unkept   func(error) // told when the newest refresh token could not be kept; may be nil

	asking sync.Mutex // held while the token server is asked
	newest string     // refresh token that this login was given

	mu      sync.Mutex // never held for long
	token   *oauth2.Token
	since   time.Time // when the token was obtained
	good    bool      // the token has let us in
	inSpell bool      // of refusals
}

// forInbox answers what to log in to an inbox with. What the token server
// refuses needs a person.
func (l *login) forInbox(ctx context.Context, name string) (inbox.Credentials, error) {
	given := inbox.Credentials{Username: l.user}
	var err error
	if l.oauth != nil {
		given.Token, err = l.accessToken(ctx)
	} else if given.Password, err = l.secret(); err != nil {
		err = &inbox.SetupError{Inbox: name, Problem: "there is no password to log in with", Permanent: true,
			Remedy: "put it there; it is read at each login", Err: err}
	}
	given.Outcome = func(refusal error) bool { return l.ended(given.Token, refusal) }
	var no *tokenRefusal
	if errors.As(err, &no) {
		l.ended("", err)
		err = &inbox.SetupError{Inbox: name, Problem: no.Error(), Login: true, Permanent: true,
			Remedy: "check client_id, the client secret, the refresh token and the scopes"}
	}
	return given, err
}

// forRelay answers what to log in to the relay with.
func (l *login) forRelay(ctx context.Context) (notify.Credentials, error) {
	var given notify.Credentials
	var err error
	if l.oauth == nil {
		if given.Password, err = l.secret(); err != nil {
			err = fmt.Errorf("read the password: %w", err)
		}
	} else {
		given.Token, err = l.accessToken(ctx)
	}
	var later *tokenDelay
	if errors.As(err, &later) {
		err = &notify.SendError{Stage: notify.StageAuth, Class: notify.Network, Err: err}
	}
	given.Outcome = func(refusal error) bool { return l.ended(given.Token, refusal) }
	return given, err
}

// secret answers the password; empty where none is configured.
func (l *login) secret() (string, error) {
	if l.password.IsZero() {
		return "", nil
	}
	return l.password.Read()
}

// accessToken answers the token at hand, or a new one shortly before it ends
// and after it was refused.
func (l *login) accessToken(ctx context.Context) (string, error) {
	l.asking.Lock()
	defer l.asking.Unlock()
	if token := l.atHand(); token != "" {
		return token, nil
	}
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	token, err := l.newToken(ctx)
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.token, l.since, l.good = token, time.Now(), false
	return token.AccessToken, nil
}

// atHand answers the token that can still be used; empty without one.
func (l *login) atHand() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.token == nil || !l.token.Expiry.IsZero() && time.Until(l.token.Expiry) <= tokenMargin {
		return ""
	}
	return l.token.AccessToken
}

// ended takes note of how a login ended; token is what it was made with, empty
// for a password. A token that was refused is not used again. Where it had let
// us in before, or is not the one at hand any more, it has only come to its
// end: ended answers true, and nobody need hear of it.
func (l *login) ended(token string, refusal error) (again bool) {
	l.mu.Lock()
	atHand := token != "" && l.token != nil && l.token.AccessToken == token
	again = refusal != nil && token != "" && (!atHand || l.good)
	first := refusal != nil && !again && !l.inSpell
	if atHand {
		l.good = refusal == nil
		if refusal != nil {
			l.token = nil
		}
	}
	if !again {
		l.inSpell = refusal != nil
	}
	l.mu.Unlock()
	if first && l.refused != nil {
		l.refused(refusal)
	}
	return again
}

// age is how old the token at hand is; false without one.
func (l *login) age() (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Since(l.since), l.token != nil
}

// newToken asks for an access token (RFC 6749 sections 4.4 and 6).
func (l *login) newToken(ctx context.Context) (*oauth2.Token, error) {
	secret, err := readUnlessZero(l.oauth.ClientSecret)
	if err != nil {
		return nil, fmt.Errorf("read client secret: %w", err)
	}
	if l.oauth.RefreshToken.IsZero() {
		c := clientcredentials.Config{ClientID: l.oauth.ClientID, ClientSecret: secret, TokenURL: l.oauth.TokenURL.String(), Scopes: l.oauth.Scopes}
		token, err := c.Token(ctx)
		return token, explainToken(err)
	}
	c := oauth2.Config{
		ClientID: l.oauth.ClientID, ClientSecret: secret, Scopes: l.oauth.Scopes, Endpoint: oauth2.Endpoint{TokenURL: l.oauth.TokenURL.String()},
	}
	if secret == "" { // a public client does not authenticate, it only names itself
		c.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return l.refresh(ctx, c)
}

// refresh asks with a refresh token. Many servers give a new one with each
// answer, and some then end the old one. So the newest is kept in the state
// folder, where each login that began with the same one finds it, in this and
// in any later run. The configured one comes first where it was replaced, and
// last where the server refuses the newest.
func (l *login) refresh(ctx context.Context, c oauth2.Config) (*oauth2.Token, error) {
	given, err := l.oauth.RefreshToken.Read()
	if err != nil {
		return nil, fmt.Errorf("read refresh token: %w", err)
	}
	kept, err := openKept(ctx, l.keptAt(), given)
	if err != nil {
		return nil, fmt.Errorf("open the newest refresh token (state_dir): %w", err)
	}
	defer kept.close()
	for _, refresh := range slices.Compact([]string{cmp.Or(kept.Newest, given), cmp.Or(l.newest, given), given}) {
		var token *oauth2.Token
		if token, err = c.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh}).Token(); err == nil {
			l.newest = token.RefreshToken
			if err := kept.keep(token.RefreshToken); err != nil && l.unkept != nil {
				l.unkept(err)
			}
			return token, nil
		}
		err = explainToken(err)
		var no *tokenRefusal
		if !errors.As(err, &no) {
			break
		}
	}
	return nil, err
}

// keptAt is the file for the newest refresh token.
func (l *login) keptAt() string {
	name := digestOf(l.oauth.TokenURL.String(), l.oauth.ClientID, l.oauth.RefreshToken.Source())
	return filepath.Join(l.stateDir, "refresh-"+name[:16])
}

func readUnlessZero(s config.Secret) (string, error) {
	if s.IsZero() {
		return "", nil
	}
	return s.Read()
}

// tokenRefusal is a token server's no. The rest of its answer is left out:
// nobody knows what stands in it.
type tokenRefusal struct{ code string }

func (e *tokenRefusal) Error() string {
	return "the token server refuses the client or its refresh token (" + e.code + ")"
}

// tokenDelay says that no token can be had just now.
type tokenDelay struct{ error }

// Unwrap is the cause.
func (e *tokenDelay) Unwrap() error { return e.error }

// errorCode is what an error code of RFC 6749 section 5.2 looks like.
var errorCode = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// explainToken tells a refusal, for which a person is needed, from a server
// that cannot be reached or has no token just now.
func explainToken(err error) error {
	var answer *oauth2.RetrieveError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &answer):
		return &tokenDelay{fmt.Errorf("get access token: %w", err)}
	}
	status, code := answer.Response.StatusCode, answer.ErrorCode
	if !errorCode.MatchString(code) {
		code = answer.Response.Status
	}
	later := []string{"temporarily_unavailable", "server_error", "slow_down"}
	if status/100 == 5 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || slices.Contains(later, code) {
		return &tokenDelay{fmt.Errorf("get access token: the token server answers %s", code)}
	}
	return &tokenRefusal{code}
}
