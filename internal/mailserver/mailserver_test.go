package mailserver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
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

// dial logs in and selects INBOX; each EXISTS arrives in the channel.
func dial(t *testing.T, s *Server, addr, password string) (*imapclient.Client, <-chan uint32) {
	t.Helper()
	exists := make(chan uint32, 100)
	c, err := imapclient.DialInsecure(s.IMAPAddr(), &imapclient.Options{
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{
			Mailbox: func(d *imapclient.UnilateralDataMailbox) {
				if d.NumMessages != nil {
					exists <- *d.NumMessages
				}
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login(addr, password).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	return c, exists
}

func body(t *testing.T, c *imapclient.Client, uid imap.UID, partial *imap.SectionPartial) []byte {
	t.Helper()
	got, err := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{
		UID: true, RFC822Size: true, InternalDate: true,
		BodySection: []*imap.FetchItemBodySection{{Peek: true, Partial: partial}},
	}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || len(got[0].BodySection) != 1 {
		t.Fatalf("fetch UID %d: got %d messages", uid, len(got))
	}
	return got[0].BodySection[0].Bytes
}

func search(t *testing.T, c *imapclient.Client, criteria *imap.SearchCriteria) []imap.UID {
	t.Helper()
	data, err := c.UIDSearch(criteria, nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	return data.AllUIDs()
}

func TestMailToDetailReachesBaseUserAndStrangersGoOutside(t *testing.T) {
	var mu sync.Mutex
	var got []string
	s := start(t, func(o *Options) {
		o.OnMail = func(d Delivered) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, d.From+" "+d.To+" "+d.User)
			if string(d.Raw) != plain {
				t.Errorf("submitted bytes changed: %q", d.Raw)
			}
		}
	})
	mustSend(t, s, "ann@customer.test", "Desk+esc-1@Example.com", plain)
	mustSend(t, s, desk, "lead@example.org", plain)
	want := []string{"ann@customer.test Desk+esc-1@Example.com " + desk, desk + " lead@example.org " + outside}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := len(s.Mails(desk, "INBOX")); n != 1 {
		t.Errorf("the desk has %d mails, want 1", n)
	}
	if n := len(s.Mails(outside, "inbox")); n != 1 {
		t.Errorf("outside has %d mails, want 1", n)
	}
}

func TestWithoutOutsideStrangersAreRefused(t *testing.T) {
	s := start(t, func(o *Options) { o.Outside = "" })
	var refused *smtp.SMTPError
	if err := send(s, "ann@customer.test", "nobody@example.org", plain); !errors.As(err, &refused) || refused.Code != 550 {
		t.Errorf("got %v, want 550", err)
	}
}

func TestStampSaysWhetherFromIsProved(t *testing.T) {
	for name, tc := range map[string]struct{ envelope, mail, want string }{
		"own domain":   {"bounces@customer.test", plain, "dmarc=pass header.from=customer.test; spf=pass smtp.mailfrom=bounces@customer.test"},
		"other domain": {"mallory@evil.test", plain, "dmarc=fail header.from=customer.test; spf=pass smtp.mailfrom=mallory@evil.test"},
		"null sender":  {"", plain, "dmarc=pass header.from=customer.test; spf=none"},
		"no From":      {"ann@customer.test", "Subject: x\r\n\r\nHi\r\n", "dmarc=none; spf=pass smtp.mailfrom=ann@customer.test"},
		"two From":     {"ann@customer.test", "From: boss@example.com\r\n" + plain, "dmarc=none; spf=pass smtp.mailfrom=ann@customer.test"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, nil)
			mustSend(t, s, tc.envelope, desk, tc.mail)
			header, _ := fields(s.Mails(desk, "INBOX")[0])
			if got := value(header, "Authentication-Results"); got != servid+"; "+tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestForgedResultsWithOurIDAreTakenOff(t *testing.T) {
	s := start(t, nil)
	forged := "authentication-results: (fun) \"MX.example.com\" 1;\r\n dmarc=pass header.from=customer.test\r\n"
	other := "Authentication-Results: mx.example.org; dmarc=pass\r\n"
	mustSend(t, s, "mallory@evil.test", desk, forged+other+plain)
	raw := s.Mails(desk, "INBOX")[0]
	if bytes.Contains(raw, []byte("(fun)")) {
		t.Errorf("the forged field is still there:\n%s", raw)
	}
	if !bytes.HasSuffix(raw, []byte(other+plain)) {
		t.Errorf("other bytes changed:\n%s", raw)
	}
}

func TestMalformedMailIsServedAsItCame(t *testing.T) {
	raw := "From someone Mon Jan  5 10:00:00 2026\r\n bad start\r\nno colon here\nFrom: a@b\x00\xff\r\n\r\nbare\nline\r\n"
	s := start(t, nil)
	if err := s.Deposit(desk, "INBOX", []byte(raw)); err != nil {
		t.Fatal(err)
	}
	c, _ := dial(t, s, desk, "secret")
	if diff := cmp.Diff(raw, string(body(t, c, 1, nil))); diff != "" {
		t.Error(diff)
	}
	if got := string(body(t, c, 1, &imap.SectionPartial{Offset: 5, Size: 7})); got != raw[5:12] {
		t.Errorf("partial: got %q, want %q", got, raw[5:12])
	}
	if got := body(t, c, 1, &imap.SectionPartial{Offset: 5000, Size: 7}); len(got) != 0 {
		t.Errorf("beyond the end: got %q", got)
	}
}

func TestMailIsAnnouncedWhetherItComesBeforeOrDuringIdle(t *testing.T) {
	s := start(t, nil)
	c, exists := dial(t, s, desk, "secret")
	if got := search(t, c, &imap.SearchCriteria{}); len(got) != 0 {
		t.Fatalf("search: got %v", got)
	}
	mustSend(t, s, "ann@customer.test", desk, plain) // after the search, before IDLE
	idle, err := c.Idle()
	if err != nil {
		t.Fatal(err)
	}
	for want := uint32(1); want <= 2; want++ {
		select {
		case n := <-exists:
			if n != want {
				t.Errorf("EXISTS %d, want %d", n, want)
			}
		case <-t.Context().Done():
			t.Fatal("no EXISTS")
		}
		if want == 1 {
			mustSend(t, s, "ann@customer.test", desk, plain)
		}
	}
	if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
		t.Fatal(err)
	}
}

func TestMoveTakesMailAwayOnceForEverybody(t *testing.T) {
	s := start(t, nil)
	for range 4 {
		mustSend(t, s, "ann@customer.test", desk, plain)
	}
	a, _ := dial(t, s, desk, "secret")
	b, _ := dial(t, s, desk, "secret")
	data, err := a.Move(imap.UIDSetNum(1, 3), "Processed").Wait()
	if err != nil {
		t.Fatal(err)
	}
	if got := data.DestUIDs.(imap.UIDSet).String(); got != "1:2" {
		t.Errorf("COPYUID: got %s, want 1:2", got)
	}
	if n := a.Mailbox().NumMessages; n != 2 {
		t.Errorf("the mover's client counts %d messages, want 2", n)
	}
	if got := search(t, b, &imap.SearchCriteria{}); !cmp.Equal(got, []imap.UID{2, 4}) {
		t.Errorf("the other client finds %v, want 2 and 4", got)
	}
	if again, err := b.Move(imap.UIDSetNum(1), "Processed").Wait(); err != nil || again.DestUIDs != nil {
		t.Errorf("moving a mail that is gone: %+v, %v; want nothing moved", again, err)
	}
	if _, err := b.Copy(imap.UIDSetNum(1), "Processed").Wait(); err != nil {
		t.Errorf("copying a mail that is gone: %v", err)
	}
	if n := len(s.Mails(desk, "Processed")); n != 2 {
		t.Errorf("Processed holds %d, want 2", n)
	}
	if _, err := a.Move(imap.UIDSetNum(2), "Nowhere").Wait(); err == nil {
		t.Error("a move into a missing folder succeeded")
	}
	if n := len(s.Mails(desk, "INBOX")); n != 2 {
		t.Errorf("INBOX holds %d after a refused move, want 2", n)
	}
}

func TestFlagsKeywordsAndUIDExpunge(t *testing.T) {
	s := start(t, nil)
	for range 3 {
		mustSend(t, s, "ann@customer.test", desk, plain)
	}
	c, _ := dial(t, s, desk, "secret")
	mark := func(uid imap.UID, flags ...imap.Flag) {
		t.Helper()
		if err := c.Store(imap.UIDSetNum(uid), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: flags}, nil).Close(); err != nil {
			t.Fatal(err)
		}
	}
	mark(1, imap.FlagDeleted)
	mark(2, imap.FlagDeleted, "$EscalationdDone")
	for name, tc := range map[string]struct {
		criteria imap.SearchCriteria
		want     []imap.UID
	}{
		"keyword":     {imap.SearchCriteria{Flag: []imap.Flag{"$escalationddone"}}, []imap.UID{2}},
		"unkeyword":   {imap.SearchCriteria{NotFlag: []imap.Flag{"$EscalationdDone"}}, []imap.UID{1, 3}},
		"above last":  {imap.SearchCriteria{UID: []imap.UIDSet{{{Start: 100}}}}, []imap.UID{3}},
		"seq":         {imap.SearchCriteria{SeqNum: []imap.SeqSet{{{Start: 2}}}}, []imap.UID{2, 3}},
		"header":      {imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "subject", Value: "HELP"}}, Smaller: 5000}, []imap.UID{1, 2, 3}},
		"other body":  {imap.SearchCriteria{Body: []string{"C-2"}}, nil},
		"not":         {imap.SearchCriteria{Not: []imap.SearchCriteria{{UID: []imap.UIDSet{imap.UIDSetNum(2)}}}}, []imap.UID{1, 3}},
		"or":          {imap.SearchCriteria{Or: [][2]imap.SearchCriteria{{{Flag: []imap.Flag{"$EscalationdDone"}}, {UID: []imap.UIDSet{imap.UIDSetNum(3)}}}}}, []imap.UID{2, 3}},
		"from future": {imap.SearchCriteria{Since: time.Now().AddDate(0, 0, 2)}, nil},
	} {
		if diff := cmp.Diff(tc.want, search(t, c, &tc.criteria)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if err := c.UIDExpunge(imap.UIDSetNum(2, 3)).Close(); err != nil {
		t.Fatal(err)
	}
	if got := search(t, c, &imap.SearchCriteria{}); !cmp.Equal(got, []imap.UID{1, 3}) {
		t.Errorf("after UID EXPUNGE 2:3: %v, want 1 and 3", got)
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

func TestMailClientCanListAndReadParts(t *testing.T) {
	s := start(t, nil)
	mustSend(t, s, "ann@customer.test", desk, plain)
	c, _ := dial(t, s, desk, "secret")
	boxes, err := c.List("", "*", &imap.ListOptions{ReturnStatus: &imap.StatusOptions{NumMessages: true}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, b := range boxes {
		names = append(names, b.Mailbox)
	}
	if diff := cmp.Diff([]string{"INBOX", "Processed", "Quarantine"}, names); diff != "" {
		t.Error(diff)
	}
	got, err := c.Fetch(imap.SeqSetNum(1), &imap.FetchOptions{
		Envelope: true, Flags: true, BodyStructure: &imap.FetchItemBodyStructure{},
		BodySection: []*imap.FetchItemBodySection{{Specifier: imap.PartSpecifierText}},
	}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Envelope.Subject != "Help" || string(got[0].BodySection[0].Bytes) != "Case Number: C-1\r\n" {
		t.Errorf("got %+v and %q", got[0].Envelope, got[0].BodySection[0].Bytes)
	}
	if !cmp.Equal(got[0].Flags, []imap.Flag{imap.FlagSeen}) {
		t.Errorf("flags after reading: %v, want \\Seen", got[0].Flags)
	}
}

func TestScriptedRefusalsReachTheSender(t *testing.T) {
	busy := &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Try later"}
	s := start(t, func(o *Options) {
		o.OnRcpt = func(_, to string) error {
			if strings.HasPrefix(to, "gone@") {
				return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such user"}
			}
			return nil
		}
		o.OnData = func(_ string, to []string, _ []byte) error {
			switch {
			case strings.HasPrefix(to[0], "busy@"):
				return busy
			case strings.HasPrefix(to[0], "silent@"):
				return ErrHangUp
			}
			return nil
		}
	})
	code := func(to string) int {
		var answer *smtp.SMTPError
		if err := send(s, desk, to, plain); !errors.As(err, &answer) {
			t.Fatalf("%s: got %v, want an SMTP answer", to, err)
		}
		return answer.Code
	}
	if got := code("gone@example.org"); got != 550 {
		t.Errorf("got %d, want 550", got)
	}
	if got := code("busy@example.org"); got != 451 {
		t.Errorf("got %d, want 451", got)
	}
	if n := len(s.Mails(outside, "INBOX")); n != 0 {
		t.Errorf("%d refused mails were delivered", n)
	}
	var protocol textproto.ProtocolError
	if err := send(s, desk, "silent@example.org", plain); err == nil || errors.As(err, &protocol) {
		t.Errorf("got %v, want a lost connection", err)
	}
	if n := len(s.Mails(outside, "INBOX")); n != 1 {
		t.Errorf("a mail with a lost answer was delivered %d times, want 1", n)
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
