package inbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// conn is one connection, logged in and with the mailbox selected. Commands go
// through do, one at a time: two FETCHes at once, or a FETCH whose reader is
// held up by another command, hang in go-imap for good.
type conn struct {
	o    *Options
	raw  *wire
	c    *imapclient.Client
	caps imap.CapSet
	wake chan struct{} // the server announced mail; capacity 1

	uidValidity uint32
	mails       uint32 // at the time of SELECT
	keywords    bool   // the mailbox keeps new keywords
	selectedAt  time.Time
}

// grace is what a command gets to end in order when ctx ends: on a connection
// cut off in mid-command nothing more could be filed.
const grace = time.Second

const small = 1 << 20 // bytes: more than any answer without mail in it needs

// connect opens a connection; where the access token has come to its end, a
// second one with a new token.
func (b *Inbox) connect(ctx context.Context) (*conn, error) {
	c, err := b.dial(ctx)
	var setup *SetupError
	if errors.As(err, &setup) && setup.again {
		return b.dial(ctx)
	}
	return c, err
}

func (b *Inbox) dial(ctx context.Context) (*conn, error) {
	dctx, cancel := context.WithTimeout(ctx, b.o.OpTimeout)
	defer cancel()
	raw, err := b.o.Dial(dctx)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", b.o.Addr, err)
	}
	c := &conn{o: &b.o, raw: newWire(raw), wake: make(chan struct{}, 1)}
	for _, step := range []func(context.Context) error{c.open, c.login, c.selectMailbox} {
		if err := step(ctx); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

// do runs one command under the deadlines of the wire. Once it returned an
// error that is no answer of the server (*imap.Error), the connection is dead.
func (c *conn) do(ctx context.Context, what string, budget int64, f func() error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", what, context.Cause(ctx))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 20*c.o.OpTimeout, errors.New("it took far too long"))
	defer cancel()
	c.raw.watch(c.o.OpTimeout, budget)
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { c.raw.killAfter(grace, done, context.Cause(ctx)) })
	err := f()
	close(done)
	stop()
	fate := c.raw.rest()
	switch {
	case fate != nil:
		return fmt.Errorf("%s: %w", what, fate)
	case err != nil:
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// open brings up TLS and waits for the greeting.
func (c *conn) open(ctx context.Context) error {
	opts := &imapclient.Options{
		TLSConfig: c.o.TLSConfig,
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{
			Mailbox: func(d *imapclient.UnilateralDataMailbox) {
				if d.NumMessages == nil {
					return
				}
				select {
				case c.wake <- struct{}{}:
				default:
				}
			},
		},
	}
	err := c.do(ctx, "open the connection to "+c.o.Addr, small, func() (err error) {
		switch c.o.Security {
		case ImplicitTLS:
			t := tls.Client(c.raw, c.o.TLSConfig)
			if err := t.HandshakeContext(ctx); err != nil {
				return err
			}
			c.c = imapclient.New(t, opts)
		case StartTLS:
			if c.c, err = imapclient.NewStartTLS(c.raw, opts); err != nil {
				return err
			}
		case Plain:
			c.c = imapclient.New(c.raw, opts)
		}
		return c.c.WaitGreeting()
	})
	return c.explainOpen(err)
}

// explainOpen turns the two ways in which TLS fails into sentences. They are
// not permanent: an attacker on the way must not be able to stop the daemon.
func (c *conn) explainOpen(err error) error {
	var cert *tls.CertificateVerificationError
	var said *imap.Error
	switch {
	case errors.As(err, &cert):
		return &SetupError{Inbox: c.o.Name, Err: cert.Err,
			Problem: "the certificate of " + c.o.Addr + " is not valid, no password was sent",
			Remedy:  "renew it, or add its authority with SSL_CERT_FILE"}
	case c.o.Security == StartTLS && errors.As(err, &said) && said.Type != imap.StatusResponseTypeBye:
		return &SetupError{Inbox: c.o.Name, Err: said,
			Problem: "the server at " + c.o.Addr + " refuses STARTTLS, no password was sent",
			Remedy:  "use imaps:// with port 993, or enable TLS on the server"}
	}
	return err
}

func (c *conn) login(ctx context.Context) error {
	if c.c.State() != imap.ConnStateNotAuthenticated { // PREAUTH
		return c.capabilities(ctx)
	}
	creds, err := c.o.Auth(ctx)
	var setup *SetupError
	switch {
	case errors.As(err, &setup):
		return setup
	case err != nil:
		return fmt.Errorf("get the credentials of inbox %s: %w", c.o.Name, err)
	}
	if err := c.capabilities(ctx); err != nil {
		return err
	}
	err = c.do(ctx, "log in to "+c.o.Addr, small, func() error { return c.authenticate(creds) })
	if err != nil {
		err = c.explainLogin(err)
		if errors.As(err, &setup) && creds.Outcome != nil {
			setup.again = creds.Outcome(setup)
		}
		return err
	}
	if creds.Outcome != nil {
		creds.Outcome(nil)
	}
	// Servers tell more after the login. Just after it Client.Caps may still give
	// what was told before, without MOVE and UIDPLUS; one command later it asks.
	err = c.do(ctx, "log in to "+c.o.Addr, small, func() error { return c.c.Noop().Wait() })
	if err != nil {
		return err
	}
	return c.capabilities(ctx)
}

func (c *conn) authenticate(creds Credentials) error {
	switch {
	case creds.Token != "" && c.caps.Has(imap.AuthCap(sasl.OAuthBearer)):
		host, p, _ := net.SplitHostPort(c.o.Addr)
		port, _ := strconv.Atoi(p)
		return c.c.Authenticate(sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{
			Username: creds.Username, Token: creds.Token, Host: host, Port: port}))
	case creds.Token != "":
		return c.c.Authenticate(xoauth2{creds.Username, creds.Token})
	case c.caps.Has(imap.AuthCap(sasl.Plain)):
		return c.c.Authenticate(sasl.NewPlainClient("", creds.Username, creds.Password))
	case c.caps.Has(imap.CapLoginDisabled):
		return errors.New("the server takes no password here (LOGINDISABLED)")
	default:
		return c.c.Login(creds.Username, creds.Password).Wait()
	}
}

func (c *conn) explainLogin(err error) error {
	var said *imap.Error
	var bearer *sasl.OAuthBearerError
	var xo *xoauth2Error
	token := errors.As(err, &bearer) || errors.As(err, &xo)
	if !token && (temporary(err) || !errors.As(err, &said) || said.Type != imap.StatusResponseTypeNo) {
		return err
	}
	e := &SetupError{Inbox: c.o.Name, Login: true, Err: errors.Unwrap(err),
		Problem: "the server at " + c.o.Addr + " refuses the user name or password",
		Remedy:  "check the user in the url, and the password"}
	if token {
		e.Problem = "the server at " + c.o.Addr + " refuses the access token"
		e.Remedy = "check that the OAuth client may read this mailbox, and its scopes"
	}
	// Gmail says [ALERT] for too many connections, too.
	e.Permanent = token || said.Code != imap.ResponseCodeAlert
	return e
}

func (c *conn) capabilities(ctx context.Context) error {
	return c.do(ctx, "ask for the capabilities", small, func() error {
		if c.caps = c.c.Caps(); c.caps == nil {
			return errors.New("the server did not tell them")
		}
		return nil
	})
}

// selectMailbox selects the mailbox, for the first time or again: only SELECT
// tells that it was made anew.
func (c *conn) selectMailbox(ctx context.Context) error {
	var data *imap.SelectData
	err := c.do(ctx, "select the folder "+c.o.Mailbox, small, func() (err error) {
		data, err = c.c.Select(c.o.Mailbox, nil).Wait()
		return err
	})
	if err != nil {
		return c.explainFolder(err, c.o.Mailbox)
	}
	c.uidValidity, c.mails, c.selectedAt, c.keywords = data.UIDValidity, data.NumMessages, time.Now(), false
	for _, f := range data.PermanentFlags {
		c.keywords = c.keywords || f == imap.FlagWildcard
	}
	return nil
}

// explainFolder turns a refusal into a sentence that names the folder.
func (c *conn) explainFolder(err error, folder string) error {
	var said *imap.Error
	if !errors.As(err, &said) || said.Type != imap.StatusResponseTypeNo || temporary(err) {
		return err
	}
	return &SetupError{Inbox: c.o.Name, Permanent: true, Err: said,
		Problem: fmt.Sprintf("the folder %q cannot be opened", folder),
		Remedy:  "create it, or name another one in the configuration"}
}

// close ends the connection at once. The transport goes first: with a mail
// half read, Client.Close would wait for its reader for ever.
func (c *conn) close() {
	c.raw.Close()
	if c.c != nil {
		c.c.Close()
	}
}

// temporary says that the server refused for a reason that passes (RFC 5530).
func temporary(err error) bool {
	var said *imap.Error
	if !errors.As(err, &said) {
		return true
	}
	switch said.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit,
		imap.ResponseCodeServerBug, imap.ResponseCodeCorruption:
		return true
	}
	return false
}

// lost says that err ended the connection, rather than being an answer.
func lost(err error) bool {
	var said *imap.Error
	return err != nil && !errors.As(err, &said)
}
