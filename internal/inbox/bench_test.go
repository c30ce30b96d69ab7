package inbox_test

import (
	"context"
	"testing"
	"time"

	"escalationd/internal/inbox"
	"escalationd/internal/realserver"
)

type counter struct {
	left int
	done chan struct{}
}

func (c *counter) Handle(_ context.Context, mails []inbox.Mail) ([]inbox.Verdict, error) {
	verdicts := make([]inbox.Verdict, len(mails))
	for i := range verdicts {
		verdicts[i] = inbox.Processed
	}
	if c.left -= len(mails); c.left == 0 {
		close(c.done)
	}
	return verdicts, nil
}

// BenchmarkDovecot fetches and files b.N mails of 5 kB; one operation is a mail.
func BenchmarkDovecot(b *testing.B) {
	s := realserver.Dovecot(b)
	body := make([]byte, 5000)
	for i := range body {
		body[i] = "abcdefghi\n"[i%10]
	}
	for n := range b.N {
		s.Deliver("INBOX", append(testMail(n), body...))
	}
	s.Doveadm("mailbox", "status", "-u", realserver.User, "messages", "INBOX")
	o := dovecotOptions(s)
	o.FileAfter = 2 * time.Second
	c := &counter{left: b.N, done: make(chan struct{})}
	box, err := inbox.New(o)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	end := make(chan error)
	b.ResetTimer()
	go func() { end <- box.Run(ctx, c) }()
	<-c.done
	cancel() // it files the rest before it ends
	if err := <-end; err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	if n := s.Count("Processed"); n != b.N {
		b.Fatalf("%d of %d mails are filed", n, b.N)
	}
}
