package inbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"
)

// Security says how the connection is protected.
type Security int

// The ways of RFC 8314 and RFC 9051 section 11.1.
const (
	ImplicitTLS Security = iota // imaps: TLS from the first byte
	StartTLS                    // imap+starttls: refused when the server does not offer it
	Plain                       // imap: to loopback only, unless Options.Insecure
)

// Credentials are what one login needs. With a Token the login is OAUTHBEARER
// (RFC 7628) or XOAUTH2, whichever the server offers; otherwise PLAIN or LOGIN.
type Credentials struct {
	Username string
	Password string
	Token    string // an OAuth 2.0 access token
	// Outcome, if set, is told how the login ended: nil, or the refusal. A
	// trouble with the connection is neither. It answers whether the refusal
	// means no more than that a token has come to its end, and Auth has another
	// one: then that is tried at once.
	Outcome func(refusal error) (again bool)
}

// Options describes one mailbox. Name, Addr, Auth, Processed and Quarantine are
// required.
type Options struct {
	Name      string // the inbox's own name in logs and locations
	Addr      string // host:port
	Security  Security
	Insecure  bool        // lets Plain carry a password beyond loopback
	TLSConfig *tls.Config // optional; at least TLS 1.2 whatever it says, ServerName defaults to Addr's host
	// Dial opens the transport, below any TLS; nil for TCP to Addr.
	Dial func(ctx context.Context) (net.Conn, error)
	// Auth is asked at every login, so that a changed password or a renewed
	// token is used without a restart. Its error may wrap a *SetupError.
	Auth func(ctx context.Context) (Credentials, error)

	Mailbox    string // INBOX when empty
	Processed  string // where decided mails go; must exist
	Quarantine string // where quarantined mails go; must exist

	Poll       time.Duration // longest time between two searches; 15 s when 0
	FileAfter  time.Duration // how long a decided mail may wait for company before it is moved; 2 s when 0
	OpTimeout  time.Duration // for one command; 30 s when 0
	MaxMessage int64         // bytes; larger mails are not fetched; 25 MiB when 0
	Batch      int           // mails handed over at once; 50 when 0
	BatchBytes int64         // bytes handed over at once unless a single mail is larger; 32 MiB when 0

	// First, if set, chooses the mails of a backlog that are handed over before
	// the others. It is asked once about each, with those header fields in Raw
	// that show who or what sent it, and answers one bool for each.
	First func(ctx context.Context, heads []Mail) ([]bool, error)

	// Gate, if set, is passed before anything is served and again whenever the
	// context it returned has ended: a lease on the mailbox, for one. It may
	// block; release is called when serving has stopped. Where the context ends
	// because of ErrLeadLost nothing more is done, and decided mails are not
	// filed; where ctx itself ends they still are.
	Gate func(ctx context.Context) (lead context.Context, release func(), err error)

	Logger *slog.Logger // nil: nothing is logged
}

func (o Options) complete() (Options, error) {
	host, _, err := net.SplitHostPort(o.Addr)
	switch {
	case o.Name == "":
		return o, errors.New("an inbox needs a name")
	case err != nil:
		return o, fmt.Errorf("inbox %s: read address: %w", o.Name, err)
	case o.Auth == nil:
		return o, fmt.Errorf("inbox %s: no credentials are set", o.Name)
	case o.Processed == "" || o.Quarantine == "":
		return o, fmt.Errorf("inbox %s: folders for processed and quarantined mail are required", o.Name)
	case o.Security == Plain && !o.Insecure && !loopback(host):
		return o, fmt.Errorf("inbox %s: a connection to %s without TLS would send the password in clear text", o.Name, host)
	}
	if o.TLSConfig == nil {
		o.TLSConfig = &tls.Config{}
	}
	o.TLSConfig = o.TLSConfig.Clone()
	o.TLSConfig.ServerName = cmp.Or(o.TLSConfig.ServerName, host)
	o.TLSConfig.MinVersion = max(o.TLSConfig.MinVersion, tls.VersionTLS12)
	if o.Dial == nil {
		o.Dial = func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", o.Addr)
		}
	}
	if o.Gate == nil {
		o.Gate = func(ctx context.Context) (context.Context, func(), error) { return ctx, func() {}, nil }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Mailbox = cmp.Or(o.Mailbox, "INBOX")
	o.Poll = cmp.Or(o.Poll, 15*time.Second)
	o.FileAfter = cmp.Or(o.FileAfter, 2*time.Second)
	o.OpTimeout = cmp.Or(o.OpTimeout, 30*time.Second)
	o.MaxMessage = cmp.Or(o.MaxMessage, 25<<20)
	o.Batch = cmp.Or(o.Batch, 50)
	o.BatchBytes = cmp.Or(o.BatchBytes, 32<<20)
	return o, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
