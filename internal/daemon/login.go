package daemon

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"escalationd/internal/config"
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
	refused  func(error) // told of the first refusal in a row; may be nil

	mu      sync.Mutex
	token   *oauth2.Token
	since   time.Time // when the token was obtained
	refresh string    // the newest refresh token that the server gave; written nowhere
	inSpell bool      // of refusals
}

// secret answers the password; empty where none is configured.
func (l *login) secret(context.Context) (string, error) {
	if l.password.IsZero() {
		return "", nil
	}
	return l.password.Read()
}

// accessToken answers the token at hand, or a new one shortly before it ends
// and after it was refused.
func (l *login) accessToken(ctx context.Context) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.token != nil && (l.token.Expiry.IsZero() || time.Until(l.token.Expiry) > tokenMargin) {
		return l.token.AccessToken, nil
	}
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	token, err := l.newToken(ctx)
	if err != nil {
		return "", err
	}
	l.token, l.since = token, time.Now()
	return token.AccessToken, nil
}

// ended takes note of how a login ended. A token that was refused is not used
// again.
func (l *login) ended(refusal error) {
	l.mu.Lock()
	first := refusal != nil && !l.inSpell
	l.inSpell = refusal != nil
	if refusal != nil {
		l.token = nil
	}
	l.mu.Unlock()
	if first && l.refused != nil {
		l.refused(refusal)
	}
}

// age is how old the token at hand is; false without one.
func (l *login) age() (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Since(l.since), l.token != nil
}

// newToken asks for an access token (RFC 6749 sections 4.4 and 6). Servers that
// give a new refresh token with each answer get back the newest; once they
// refuse it, as after a restart, the one in the file.
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
	given, err := l.oauth.RefreshToken.Read()
	if err != nil {
		return nil, fmt.Errorf("read refresh token: %w", err)
	}
	c := oauth2.Config{
		ClientID: l.oauth.ClientID, ClientSecret: secret, Scopes: l.oauth.Scopes, Endpoint: oauth2.Endpoint{TokenURL: l.oauth.TokenURL.String()},
	}
	if l.refresh != "" {
		token, err := c.TokenSource(ctx, &oauth2.Token{RefreshToken: l.refresh}).Token()
		if err == nil {
			l.refresh = token.RefreshToken
			return token, nil
		}
	}
	token, err := c.TokenSource(ctx, &oauth2.Token{RefreshToken: given}).Token()
	if err != nil {
		return nil, explainToken(err)
	}
	l.refresh = token.RefreshToken
	return token, nil
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

// explainToken tells a refusal, for which a person is needed, from a server
// that cannot be reached.
func explainToken(err error) error {
	var answer *oauth2.RetrieveError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer) && answer.ErrorCode != "":
		return &tokenRefusal{answer.ErrorCode}
	case errors.As(err, &answer) && answer.Response.StatusCode/100 == 4:
		return &tokenRefusal{answer.Response.Status}
	case errors.As(err, &answer):
		return fmt.Errorf("get access token: the token server answers %s", answer.Response.Status)
	}
	return fmt.Errorf("get access token: %w", err)
}
