package daemon

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync/atomic"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/authres"
	"escalationd/internal/config"
	"escalationd/internal/inbox"
	"escalationd/mailparse"
)

// reader makes of bytes a mail to judge: what it says, and whether its sender is
// proven by the mail server of the inbox it lay in.
type reader struct {
	parser  *mailparse.Parser
	inboxes map[string]config.Inbox
	log     *slog.Logger
	vouched atomic.Pointer[map[string]bool] // digests of mails whose sender operators vouch for
}

func newReader(c *config.Config, parser *mailparse.Parser, log *slog.Logger) *reader {
	r := &reader{parser: parser, inboxes: map[string]config.Inbox{}, log: log}
	for _, i := range c.Inboxes {
		r.inboxes[i.Name] = i
	}
	return r
}

// read never panics: a mail that breaks the parser is set aside like any
// other that cannot be read.
func (r *reader) read(raw []byte, inbox string) (m escalation.Mail) {
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("a mail broke the parser", "panic", p, "stack", string(debug.Stack()))
			m = escalation.Mail{Unreadable: "it broke the parser; please report it with the mail"}
		}
	}()
	message, err := r.parser.Parse(raw)
	m.Message = message
	switch {
	case err != nil && saysEnough(message, err):
		r.log.Warn("a mail is read in part only; its form is judged", "inbox", inbox, "limit", err)
		m.Defects = append(m.Defects, err.Error())
	case err != nil:
		m.Unreadable = err.Error()
		return m
	}
	m.Proof = r.prove(message, r.inboxes[inbox])
	return m
}

// saysEnough says whether a mail beyond the limits can be judged by what was read
// of it: a form, and the whole header, without which neither its author nor that
// no machine wrote it is certain.
func saysEnough(m mailparse.Message, err error) bool {
	return errors.Is(err, mailparse.ErrTooComplex) && !errors.Is(err, mailparse.ErrHeaderCut) && m.From.Addr != "" && m.FromProblem == "" &&
		slices.ContainsFunc(m.Forms, func(f mailparse.Form) bool { return f.CaseNumber != "" })
}

func (r *reader) prove(m mailparse.Message, i config.Inbox) escalation.Proof {
	p := authres.Prove(m.AuthResults, i.AuthservID, m.From.Addr)
	if vouched := r.vouched.Load(); !p.Proven && vouched != nil && (*vouched)[hex.EncodeToString(m.Digest[:])] {
		return escalation.Proof{Proven: true, Reason: "an operator vouches for the sender: " + p.Reason}
	}
	if !p.Proven && i.AcceptUnproven {
		return escalation.Proof{Proven: true, Reason: "accept_unproven is set: " + p.Reason}
	}
	return escalation.Proof{Proven: p.Proven, Reason: p.Reason}
}

// handler hands mails from an inbox to the desk.
type handler struct{ *Daemon }

// Handle implements inbox.Handler.
func (h *handler) Handle(ctx context.Context, mails []inbox.Mail) ([]inbox.Verdict, error) {
	arrivals := make([]escalation.Arrival, len(mails))
	for i, m := range mails {
		arrivals[i] = escalation.Arrival{
			Inbox: m.Inbox, Location: m.Location(), Received: m.Received, Raw: m.Raw, Unreadable: cmp.Or(m.Unfetched, h.backlog(m)),
		}
	}
	vouched, err := h.store.Vouched(ctx)
	if err != nil {
		return nil, err
	}
	h.reader.vouched.Store(&vouched)
	filings, err := h.desk.Receive(ctx, arrivals)
	if errors.Is(err, redisstore.ErrSuperseded) {
		return nil, inbox.ErrLeadLost
	}
	if filings == nil {
		return nil, err
	}
	if err != nil {
		h.log.Warn("mails stay in the inbox", "error", err)
	}
	verdicts := make([]inbox.Verdict, len(filings))
	for i, f := range filings {
		verdicts[i] = map[escalation.Filing]inbox.Verdict{
			escalation.Stay: inbox.Stay, escalation.ToProcessed: inbox.Processed, escalation.ToAside: inbox.Quarantine,
		}[f]
	}
	return verdicts, nil
}

// known answers inbox.Options.First: in a flood the mails of people whom the
// desk knows are judged before the others.
func (d *Daemon) known(ctx context.Context, heads []inbox.Mail) ([]bool, error) {
	mails := make([]escalation.Mail, len(heads))
	for i, m := range heads {
		mails[i] = d.reader.read(m.Raw, m.Inbox)
	}
	return d.desk.Known(ctx, mails)
}

// backlog says of a mail that it lay in the inbox for too long before the desk
// was first opened to be answered now; empty for any other.
func (h *handler) backlog(m inbox.Mail) string {
	made := h.opened.Load()
	if made == nil || m.Received.IsZero() || !m.Received.Before(made.Add(-h.config.Policy.Backlog)) {
		return ""
	}
	return "it arrived long before the desk was first opened (policy.backlog)"
}

// newLogin makes what an inbox is logged in with.
func newLogin(c *config.Config, i config.Inbox) *login {
	return &login{user: i.URL.User(), password: i.Password, oauth: i.OAuth2, stateDir: c.StateDir}
}

// inboxOptions says how an inbox is reached.
func inboxOptions(c config.Inbox, p config.Policy, l *login, log *slog.Logger) inbox.Options {
	return inbox.Options{
		Name: c.Name, Addr: c.URL.Address(), Insecure: c.Insecure,
		Security:  map[config.TLSMode]inbox.Security{config.TLSImplicit: inbox.ImplicitTLS, config.TLSStartTLS: inbox.StartTLS, config.TLSNone: inbox.Plain}[c.URL.TLS()],
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		Auth:      func(ctx context.Context) (inbox.Credentials, error) { return l.forInbox(ctx, c.Name) },
		Mailbox:   c.URL.Mailbox(), Processed: c.Processed, Quarantine: c.Quarantine,
		Poll: p.Poll, MaxMessage: int64(p.MaxMessage), Logger: log,
	}
}
