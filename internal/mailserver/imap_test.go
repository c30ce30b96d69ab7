package mailserver

import (
	"errors"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/google/go-cmp/cmp"
)

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
