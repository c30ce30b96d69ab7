package inbox_test

import (
	"bytes"
	"context"
	"net"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"escalationd/internal/inbox"
)

// TestGoServerIsServed uses the server that the demonstration runs on. It does
// not announce what arrives between a search and IDLE, and reports each moved
// mail as expunged twice.
func TestGoServerIsServed(t *testing.T) {
	t.Parallel()
	user := imapmemserver.NewUser("desk@example.com", "secret")
	for _, name := range []string{"INBOX", "Processed", "Quarantine"} {
		if err := user.Create(name, nil); err != nil {
			t.Fatal(err)
		}
	}
	mem := imapmemserver.New()
	mem.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}}, InsecureAuth: true,
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(l)
	}()
	t.Cleanup(func() {
		server.Close()
		<-served
	})
	deliver := func(n int) {
		raw := testMail(n)
		if _, err := user.Append("INBOX", literal{bytes.NewReader(raw)}, &imap.AppendOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	count := func(folder string) uint32 {
		data, err := user.Status(folder, &imap.StatusOptions{NumMessages: true})
		if err != nil {
			t.Fatal(err)
		}
		return *data.NumMessages
	}
	for n := 1; n <= 60; n++ {
		deliver(n)
	}
	d := &desk{}
	run(t, inbox.Options{Name: "desk", Addr: l.Addr().String(), Security: inbox.Plain, Processed: "Processed", Quarantine: "Quarantine",
		Auth: func(context.Context) (inbox.Credentials, error) {
			return inbox.Credentials{Username: "desk@example.com", Password: "secret"}, nil
		},
		Poll: time.Second, FileAfter: 100 * time.Millisecond}, d)
	eventually(t, "60 mails are filed", func() bool { return count("Processed") == 60 })
	for n := 61; n <= 80; n++ {
		deliver(n)
	}
	eventually(t, "80 mails are filed", func() bool { return count("Processed") == 80 && count("INBOX") == 0 })
	exactlyOnce(t, d, 80)
}

type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }
