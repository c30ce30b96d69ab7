package mailserver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const (
	desk    = "desk@example.com"
	outside = "outside@example.net"
	servid  = "mx.example.com"
	plain   = "From: Ann <ann@customer.test>\r\nTo: desk@example.com\r\nSubject: Help\r\n\r\nCase Number: C-1\r\n"
)

func start(t *testing.T, change func(*Options)) *Server {
	t.Helper()
	opts := Options{
		AuthservID: servid,
		Outside:    outside,
		Users: []User{
			{Address: desk, Password: "secret", Folders: []string{"Processed", "Quarantine"}},
			{Address: outside, Password: "open"},
		},
	}
	if change != nil {
		change(&opts)
	}
	s, err := Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func send(s *Server, from, to, raw string) error {
	c, err := smtp.Dial(s.SMTPAddr())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return c.SendMail(from, []string{to}, strings.NewReader(raw))
}

func mustSend(t *testing.T, s *Server, from, to, raw string) {
	t.Helper()
	if err := send(s, from, to, raw); err != nil {
		t.Fatalf("send from %s to %s: %v", from, to, err)
	}
}

func TestLaterStartHasOtherUIDValidity(t *testing.T) {
	at := time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)
	validity := func() uint32 {
		s := start(t, func(o *Options) { o.Now = func() time.Time { return at } })
		c, _ := dial(t, s, desk, "secret")
		data, err := c.Status("INBOX", &imap.StatusOptions{UIDValidity: true}).Wait()
		if err != nil {
			t.Fatal(err)
		}
		return data.UIDValidity
	}
	first := validity()
	at = at.Add(time.Second)
	if second := validity(); second == first {
		t.Errorf("both starts have UIDVALIDITY %d", first)
	}
}

func TestMailsArriveByTheGivenClock(t *testing.T) {
	noon := time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)
	s := start(t, func(o *Options) { o.Now = func() time.Time { return noon } })
	mustSend(t, s, "ann@customer.test", desk, plain)
	c, _ := dial(t, s, desk, "secret")
	appended := c.Append("INBOX", int64(len(plain)), nil)
	if _, err := appended.Write([]byte(plain)); err != nil {
		t.Fatal(err)
	}
	if err := appended.Close(); err != nil {
		t.Fatal(err)
	}
	if data, err := appended.Wait(); err != nil || data.UID != 2 {
		t.Fatalf("append: %+v, %v", data, err)
	}
	got, err := c.Fetch(imap.UIDSetNum(1, 2), &imap.FetchOptions{InternalDate: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range got {
		if !m.InternalDate.Equal(noon) {
			t.Errorf("INTERNALDATE of UID %d is %s, want %s", m.UID, m.InternalDate, noon)
		}
	}
}

func TestLoginsNeedTheRightPassword(t *testing.T) {
	s := start(t, func(o *Options) { o.RequireAuth = true })
	c, err := imapclient.DialInsecure(s.IMAPAddr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	var no *imap.Error
	if err := c.Login(desk, "wrong").Wait(); !errors.As(err, &no) || no.Code != imap.ResponseCodeAuthenticationFailed {
		t.Errorf("IMAP: got %v", err)
	}
	if err := send(s, desk, desk, plain); err == nil {
		t.Error("SMTP took a mail without a login")
	}
	auth := func(password string) error {
		client, err := smtp.Dial(s.SMTPAddr())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = client.Close() }()
		return client.Auth(sasl.NewPlainClient("", desk, password))
	}
	if err := auth("wrong"); err == nil {
		t.Error("SMTP took a wrong password")
	}
	if err := auth("secret"); err != nil {
		t.Errorf("SMTP refused the right password: %v", err)
	}
}

func TestWaitEndsWithTheMailOrTheContext(t *testing.T) {
	s := start(t, nil)
	waited := make(chan error, 1)
	go func() {
		waited <- s.Wait(t.Context(), func() bool { return len(s.Mails(desk, "INBOX")) == 2 })
	}()
	mustSend(t, s, "ann@customer.test", desk, plain)
	mustSend(t, s, "ann@customer.test", desk, plain)
	if err := <-waited; err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(io.EOF)
	if err := s.Wait(ctx, func() bool { return false }); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the cause", err)
	}
}

func TestCloseRightAfterStartReturns(t *testing.T) {
	for range 100 {
		s, err := Start(Options{})
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
	}
}

func TestManyClientsAtOnce(t *testing.T) {
	s := start(t, nil)
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for range 10 {
				if err := send(s, "ann@customer.test", desk, plain); err != nil {
					t.Error(err)
				}
			}
		})
	}
	c, _ := dial(t, s, desk, "secret")
	for moved := 0; moved < 80 && !t.Failed(); {
		uids := search(t, c, &imap.SearchCriteria{})
		if len(uids) == 0 {
			if err := c.Noop().Wait(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got := body(t, c, uids[0], nil); !bytes.HasSuffix(got, []byte(plain)) {
			t.Fatalf("got %q", got)
		}
		if _, err := c.Move(imap.UIDSetNum(uids...), "Processed").Wait(); err != nil {
			t.Fatal(err)
		}
		moved += len(uids)
	}
	senders.Wait()
	if n := len(s.Mails(desk, "Processed")); n != 80 {
		t.Errorf("Processed holds %d, want 80", n)
	}
}
