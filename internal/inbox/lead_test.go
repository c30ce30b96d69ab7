package inbox_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"escalationd/internal/inbox"
	"escalationd/internal/realserver"
)

// leads is a Gate that a test opens and shuts.
func leads(o *inbox.Options) chan<- context.Context {
	given := make(chan context.Context)
	o.Gate = func(ctx context.Context) (context.Context, func(), error) {
		select {
		case lead := <-given:
			return lead, func() {}, nil
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	return given
}

func TestGateDecidesWhoServes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(), &desk{}
		leads := make(chan context.Context)
		released := 0
		o := s.options()
		o.Gate = func(ctx context.Context) (context.Context, func(), error) {
			select {
			case lead := <-leads:
				return lead, func() { released++ }, nil
			case <-ctx.Done():
				return nil, nil, ctx.Err()
			}
		}
		_, stop := run(t, o, d)
		s.deliver(1, "Subject: a\r\n\r\n")
		pass(time.Minute)
		if len(s.dials) != 0 {
			t.Error("connected without the lead")
		}
		lead, lose := context.WithCancel(t.Context())
		leads <- lead
		pass(5 * time.Second)
		lose()
		pass(time.Second)
		s.deliver(2, "Subject: b\r\n\r\n")
		pass(time.Minute)
		if len(d.got()) != 1 || released != 1 {
			t.Errorf("handed over %d mails, released %d times", len(d.got()), released)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestWhoeverLosesTheLeadFilesNothingMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		o := s.options()
		o.FileAfter = time.Minute
		given := leads(&o)
		run(t, o, d)
		lead, lose := context.WithCancelCause(t.Context())
		given <- lead
		pass(5 * time.Second)
		lose(inbox.ErrLeadLost)
		pass(time.Minute)
		if len(d.got()) != 10 || s.count("UID MOVE") != 0 || s.left() != 10 {
			t.Fatalf("%d mails decided, %d MOVEs, %d mails left", len(d.got()), s.count("UID MOVE"), s.left())
		}
		given <- t.Context()
		pass(2 * time.Minute)
		if len(d.got()) != 10 || s.left() != 0 {
			t.Errorf("with the lead again: %d mails decided, %d left", len(d.got()), s.left())
		}
	})
}

func TestHandlerThatLostTheLeadEndsTheSessionAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{err: fmt.Errorf("decide on mails: %w", inbox.ErrLeadLost)}
		o := s.options()
		given := leads(&o)
		run(t, o, d)
		given <- t.Context()
		pass(time.Minute)
		if len(d.calls) != 1 || s.count("UID MOVE") != 0 {
			t.Errorf("the handler was called %d times, %d MOVEs", len(d.calls), s.count("UID MOVE"))
		}
		d.change(func(d *desk) { d.err = nil })
		given <- t.Context()
		pass(5 * time.Second)
		if len(d.got()) != 10 || s.left() != 0 {
			t.Errorf("with the lead again: %d mails decided, %d left", len(d.got()), s.left())
		}
	})
}

// odd wants the mails of odd numbers back, and remembers what it was asked.
func odd(asked *[]string) func(context.Context, []inbox.Mail) ([]bool, error) {
	return func(_ context.Context, mails []inbox.Mail) ([]bool, error) {
		want := make([]bool, len(mails))
		for i, m := range mails {
			*asked = append(*asked, string(m.Raw))
			for n := 1; n < 200; n += 2 {
				want[i] = want[i] || string(m.Raw) == string(testMail(n))
			}
		}
		return want, nil
	}
}

func TestRecallMovesTheChosenMailsBackOnce(t *testing.T) {
	t.Parallel()
	for name, capability := range map[string]string{
		"MOVE": "", "UIDPLUS": "imap_capability = IMAP4rev1 IDLE UIDPLUS", "neither": "imap_capability = IMAP4rev1 IDLE",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := realserver.Dovecot(t, realserver.DovecotConfig("protocol imap {\n"+capability+"\n}"))
			for n := 1; n <= 120; n++ {
				s.Deliver("Processed", testMail(n))
			}
			b, err := inbox.New(dovecotOptions(s))
			if err != nil {
				t.Fatal(err)
			}
			var asked []string
			if n, err := b.Recall(t.Context(), time.Now().Add(-time.Hour), odd(&asked)); n != 60 || err != nil || len(asked) != 120 {
				t.Fatalf("Recall = %d, %v, after %d questions", n, err, len(asked))
			}
			if n, err := b.Recall(t.Context(), time.Now().Add(-time.Hour), odd(&asked)); n != 0 || err != nil {
				t.Errorf("a second Recall = %d, %v", n, err)
			}
			var back []string
			for _, m := range s.List("INBOX") {
				back = append(back, string(m.Raw))
			}
			slices.Sort(back)
			if back = slices.Compact(back); len(back) != 60 || s.Count("INBOX") != 60 {
				t.Errorf("%d different mails of %d are back", len(back), s.Count("INBOX"))
			}
		})
	}
}

func TestRecallLeavesOldMailsAlone(t *testing.T) {
	t.Parallel()
	s := realserver.Dovecot(t)
	s.Deliver("Processed", testMail(1))
	b, err := inbox.New(dovecotOptions(s))
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	if n, err := b.Recall(t.Context(), time.Now().Add(time.Hour), odd(&asked)); n != 0 || err != nil || len(asked) != 0 {
		t.Errorf("Recall = %d, %v, asked for %q", n, err, asked)
	}
}
