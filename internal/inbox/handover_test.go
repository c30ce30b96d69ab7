package inbox_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"escalationd/internal/inbox"
)

func TestMailsAreHandedOverOldestFirstInOneBatchAndFiledByOneMove(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		b, stop := run(t, s.options(), d)
		pass(4 * time.Second)
		for i, m := range d.got() {
			if m.UID != uint32(i+1) || string(m.Raw) != tenMails()[i] || m.Received.IsZero() || m.Location() != fmt.Sprintf("desk|1|%d", i+1) {
				t.Errorf("mail %d is %+v", i, m)
			}
		}
		if !slices.Equal(d.batches, []int{10}) || s.left() != 0 || s.count("UID MOVE") != 1 {
			t.Errorf("batches %v, %d mails left, %d MOVEs", d.batches, s.left(), s.count("UID MOVE"))
		}
		if st := b.Status(); !st.Connected || st.Err != nil || st.Waiting != 0 || st.Unfiled != 0 {
			t.Errorf("status is %+v", st)
		}
		if err := stop(); err != nil || b.Status().Connected {
			t.Errorf("stopped with %v, status %+v", err, b.Status())
		}
	})
}

func TestAnnouncedMailIsHandedOverAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(), &desk{}
		run(t, s.options(), d)
		pass(time.Minute)
		s.deliver(7, "Subject: new\r\n\r\n")
		pass(100 * time.Millisecond)
		if len(d.got()) != 1 {
			t.Errorf("handed over %d mails", len(d.got()))
		}
	})
}

func TestUnannouncedMailIsFoundByThePoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(), &desk{}
		run(t, s.options(), d)
		pass(time.Minute)
		s.change(func(s *fakeServer) { s.mails[7] = "Subject: new\r\n\r\n" })
		pass(16 * time.Second)
		if len(d.got()) != 1 {
			t.Errorf("handed over %d mails", len(d.got()))
		}
	})
}

func TestServerWithoutIdleIsPolled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(), &desk{}
		s.caps = "IMAP4rev1 MOVE AUTH=PLAIN"
		run(t, s.options(), d)
		pass(time.Minute)
		s.change(func(s *fakeServer) { s.mails[7] = "Subject: new\r\n\r\n" })
		pass(16 * time.Second)
		if len(d.got()) != 1 || s.count("IDLE") != 0 || s.count("NOOP") == 0 {
			t.Errorf("handed over %d mails, %d IDLE, %d NOOP", len(d.got()), s.count("IDLE"), s.count("NOOP"))
		}
	})
}

func TestTooLargeMailIsNotFetched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake("small", strings.Repeat("x", 2000), "small"), &desk{}
		s.odd = func(_ *fakeServer, cmd string) string {
			if bodyOf(2)(cmd) {
				t.Errorf("asked for the large mail: %s", cmd)
			}
			return ""
		}
		o := s.options()
		o.MaxMessage = 1000
		run(t, o, d)
		pass(5 * time.Second)
		got := d.got()
		if len(got) != 3 || got[1].Raw != nil || got[1].Unfetched != inbox.TooLarge || got[1].Size != 2000 {
			t.Errorf("handed over %+v", got)
		}
	})
}

func TestMailLargerThanTheServerSaidIsTooLarge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(strings.Repeat("x", 1001)), &desk{}
		s.answers(-1, func(cmd string) bool { return about("UID FETCH", 1, cmd) && !strings.Contains(cmd, "BODY") },
			"* 1 FETCH (UID 1 RFC822.SIZE 10 INTERNALDATE \"05-Nov-2026 10:00:00 +0000\")\r\nOK done")
		o := s.options()
		o.MaxMessage = 1000
		run(t, o, d)
		pass(5 * time.Second)
		if got := d.got(); len(got) != 1 || got[0].Raw != nil || got[0].Unfetched != inbox.TooLarge {
			t.Errorf("handed over %+v", got)
		}
		if s.count("UID FETCH 1 (UID BODY.PEEK[]<0.1001>)") != 1 {
			t.Errorf("commands were %q", s.commands)
		}
	})
}

func TestBatchIsBoundedByBytes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		big := strings.Repeat("x", 600)
		s, d := newFake(big, big, big, strings.Repeat("y", 1500), "z"), &desk{}
		o := s.options()
		o.BatchBytes = 1300
		run(t, o, d)
		pass(5 * time.Second)
		if !slices.Equal(d.batches, []int{2, 1, 1, 1}) {
			t.Errorf("batches were %v", d.batches)
		}
	})
}

func TestUndecidedMailsComeAgainLaterAndLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{verdict: func(m inbox.Mail) inbox.Verdict {
			if m.UID == 3 {
				return inbox.Stay
			}
			return inbox.Processed
		}}
		b, _ := run(t, s.options(), d)
		pass(10 * time.Minute)
		n := d.times()
		if n[3] < 10 || n[3] > 40 || n[2] != 1 || s.left() != 1 || b.Status().Waiting != 1 {
			t.Errorf("handed over %v times, %d left, status %+v", n, s.left(), b.Status())
		}
		d.change(func(d *desk) { d.verdict = nil })
		pass(45 * time.Second)
		if s.left() != 0 {
			t.Error("the mail is still there")
		}
	})
}

func TestHandlerThatFailsGetsTheMailsAgainAfterAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{err: errors.New("redis is down")}
		run(t, s.options(), d)
		pass(10 * time.Minute)
		if n := len(d.calls); n < 12 || n > 40 {
			t.Errorf("called %d times in ten minutes", n)
		}
		if gap := d.calls[1].Sub(d.calls[0]); gap > 3*time.Second {
			t.Errorf("first pause is %s", gap)
		}
		if s.in("Processed") != 0 {
			t.Error("mails were filed without a verdict")
		}
		d.change(func(d *desk) { d.err = nil })
		pass(45 * time.Second)
		if len(d.got()) != 10 || s.left() != 0 {
			t.Errorf("handed over %d mails, %d left", len(d.got()), s.left())
		}
	})
}

// A mail dragged back has a new UID: it is a new mail to the inbox, and the
// Handler knows that it is none.
func TestMailDraggedBackIsHandedOverAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake("Subject: a\r\n\r\n"), &desk{}
		run(t, s.options(), d)
		pass(5 * time.Second)
		s.deliver(2, "Subject: a\r\n\r\n")
		pass(5 * time.Second)
		if got := d.got(); len(got) != 2 || got[0].Location() == got[1].Location() || s.left() != 0 {
			t.Errorf("handed over %+v, %d mails left", got, s.left())
		}
	})
}

func TestNoMailWaitsForUndecidedOnes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(), &desk{verdict: func(m inbox.Mail) inbox.Verdict {
			if m.UID <= 6000 {
				return inbox.Stay
			}
			return inbox.Processed
		}}
		for uid := range uint32(6010) {
			s.mails[uid+1] = "Subject: x\r\n\r\n"
		}
		run(t, s.options(), d)
		pass(5 * time.Second)
		if s.left() != 6000 {
			t.Errorf("%d mails are left", s.left())
		}
	})
}
