package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/emersion/go-smtp"

	"escalationd/internal/mailserver"
)

// MailOptions say where ServeMail listens.
type MailOptions struct {
	IMAP, SMTP string // host:port
	Out        io.Writer
}

// ServeMail runs only the mail servers, for a desk that runs elsewhere, until
// ctx ends. It tells each mail that is delivered.
func ServeMail(ctx context.Context, o MailOptions) error {
	out := newScreen(o.Out)
	var mu sync.Mutex
	s, err := mailserver.Start(mailserver.Options{
		IMAPAddr: o.IMAP, SMTPAddr: o.SMTP, AuthservID: authserv, Users: users(), Outside: outsideAddress,
		OnMail: func(d mailserver.Delivered) {
			mu.Lock()
			defer mu.Unlock()
			out.delivered(d)
		},
	})
	if err != nil {
		return fmt.Errorf("serve mail: %w; name other addresses with --imap and --smtp", err)
	}
	out.line("A mail server for trials. It keeps all mail in memory; Ctrl-C ends it.")
	out.line("")
	out.mailboxes(s.IMAPAddr(), s.SMTPAddr())
	out.line("Each mail that is delivered stands below.")
	<-ctx.Done()
	return s.Close()
}

// send hands a mail to the SMTP server at addr.
func send(addr, from, to string, raw []byte) error {
	c, err := smtp.Dial(addr)
	if err != nil {
		return fmt.Errorf("connect to the mail server: %w", err)
	}
	if err := c.SendMail(from, []string{to}, bytes.NewReader(raw)); err != nil {
		return errors.Join(fmt.Errorf("send mail: %w", err), c.Close())
	}
	return c.Quit()
}
