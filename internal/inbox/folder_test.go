package inbox_test

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"escalationd/internal/inbox"
	"escalationd/internal/mailserver"
	"escalationd/internal/realserver"
)

// stocked is a server whose folders a test fills and counts.
type stocked struct {
	options inbox.Options
	deliver func(folder string, raw []byte)
	count   func(folder string) int
}

func stockedDovecot(t *testing.T) stocked {
	s := realserver.Dovecot(t)
	return stocked{dovecotOptions(s), s.Deliver, s.Count}
}

func stockedMailserver(t *testing.T) stocked {
	t.Helper()
	s, err := mailserver.Start(mailserver.Options{Users: []mailserver.User{
		{Address: "desk@example.com", Password: "secret", Folders: []string{"Processed", "Quarantine"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	o := newFake().options()
	o.Addr, o.Dial = s.IMAPAddr(), nil
	deliver := func(folder string, raw []byte) {
		if err := s.Deposit("desk@example.com", folder, raw); err != nil {
			t.Fatal(err)
		}
	}
	return stocked{o, deliver, func(folder string) int { return len(s.Mails("desk@example.com", folder)) }}
}

// Operators look into a folder and move mails back, on either server.
func TestFolderIsReadAndMailsAreMovedBack(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) stocked{"mailserver": stockedMailserver, "dovecot": stockedDovecot} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			o, deliver, count := s.options, s.deliver, s.count
			o.MaxMessage, o.Batch = 500, 3
			for n := range 7 {
				deliver("Quarantine", testMail(n))
			}
			deliver("Quarantine", append(testMail(8), bytes.Repeat([]byte("x"), 1000)...))
			box, err := inbox.New(o)
			if err != nil {
				t.Fatal(err)
			}
			f, err := box.OpenFolder(t.Context(), "Quarantine")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close(context.Background())
			uids, err := f.List(t.Context())
			if err != nil || len(uids) != 8 {
				t.Fatalf("list: %v, %v", uids, err)
			}
			var mails []inbox.Mail
			err = f.Fetch(t.Context(), append(uids, 999), func(batch []inbox.Mail) error {
				mails = append(mails, batch...)
				return nil
			})
			if err != nil || len(mails) != 8 {
				t.Fatalf("fetch: %d mails, %v", len(mails), err)
			}
			if !bytes.Contains(mails[3].Raw, []byte("body of 3")) || mails[3].UID != uids[3] || mails[3].UIDValidity != f.UIDValidity() {
				t.Errorf("the fourth mail is %+v", mails[3])
			}
			if last := mails[7]; last.Raw != nil || last.Unfetched != inbox.TooLarge {
				t.Errorf("the large mail is %+v", last)
			}
			if err := f.Move(t.Context(), uids[2], "INBOX"); err != nil {
				t.Fatal(err)
			}
			if count("INBOX") != 1 || count("Quarantine") != 7 {
				t.Errorf("%d mails in INBOX and %d in Quarantine, want 1 and 7", count("INBOX"), count("Quarantine"))
			}
			if left, err := f.List(t.Context()); err != nil || slices.Contains(left, uids[2]) {
				t.Errorf("left: %v, %v", left, err)
			}
			if err := f.Move(t.Context(), uids[1], "Nowhere"); err == nil || count("Quarantine") != 7 {
				t.Errorf("a move to a folder that is not there: %v", err)
			}
		})
	}
}
