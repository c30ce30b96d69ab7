package inbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"escalationd/internal/inbox"
)

func TestNewUIDValidityMeansNewMails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stay := func(inbox.Mail) inbox.Verdict { return inbox.Stay }
		s, d := newFake("Subject: old\r\n\r\n"), &desk{verdict: stay}
		run(t, s.options(), d)
		pass(time.Minute)
		d.change(func(d *desk) { d.verdict, d.mails = nil, nil })
		s.change(func(s *fakeServer) { // made anew behind the back of the session
			s.validity, s.mails[1] = 2, "Subject: new\r\n\r\n"
		})
		pass(80 * time.Second)
		got := d.got()
		if len(got) == 0 || got[len(got)-1].UIDValidity != 2 || s.left() != 0 {
			t.Errorf("handed over %+v, %d left", got, s.left())
		}
	})
}

func TestServerThatCannotBeReachedIsTriedForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		s.down = true
		b, _ := run(t, s.options(), d)
		pass(10 * time.Minute)
		if first := s.dials[1].Sub(s.dials[0]); first > time.Second {
			t.Errorf("first retry after %s", first)
		}
		for i := 1; i < len(s.dials); i++ {
			if gap := s.dials[i].Sub(s.dials[i-1]); gap > 31*time.Second {
				t.Errorf("retry after %s", gap)
			}
		}
		if n := len(s.dials); n > 60 || b.Status().Err == nil {
			t.Errorf("%d tries, status %+v", n, b.Status())
		}
		s.change(func(s *fakeServer) { s.down = false })
		pass(35 * time.Second)
		if s.left() != 0 {
			t.Errorf("%d left", s.left())
		}
	})
}

func TestSilentServerIsLeftAfterTheTimeout(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"CAPABILITY", "AUTHENTICATE", "SELECT", "STATUS", "UID SEARCH", "UID FETCH", "UID MOVE", "IDLE"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, d := newFake(tenMails()...), &desk{}
				silences := s.answers(1, begins(command), silence)
				run(t, s.options(), d)
				pass(time.Minute)
				if *silences != 0 || s.left() != 0 || len(d.got()) != 10 {
					t.Errorf("%d left, handed over %d", s.left(), len(d.got()))
				}
			})
		})
	}
}

// A connection that dies without a word while it idles is found dead at the
// next poll.
func TestHalfOpenConnectionDelaysAMailByLessThanAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(), &desk{}
		run(t, s.options(), d)
		pass(time.Second)
		s.mu.Lock()
		s.frozen = true
		s.mails[1] = tenMails()[0]
		s.mu.Unlock()
		pass(20 * time.Second)
		if n := s.left(); n != 1 {
			t.Errorf("%d mails are left; the connection is not half-open", n)
		}
		pass(40 * time.Second)
		if n := s.left(); n != 0 || len(d.got()) != 1 {
			t.Errorf("%d mails are left after a minute, %d were handed over", n, len(d.got()))
		}
	})
}

func TestByeAndDisconnectAtEachCommandCostOnlyTheSession(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"CAPABILITY", "AUTHENTICATE", "SELECT", "STATUS", "UID SEARCH", "UID FETCH", "UID MOVE", "IDLE"} {
		for _, answer := range []string{hangUp, "* BYE going down\r\n" + hangUp, "* BYE going down\r\n* 1 EXPUNGE\r\nNO gone", "* VANISHED 1:3\r\nOK done"} {
			synctest.Test(t, func(t *testing.T) {
				s, d := newFake(tenMails()...), &desk{}
				s.answers(2, begins(command), answer)
				b, err := inbox.New(s.options())
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				var setup *inbox.SetupError
				if err := b.Run(ctx, d); errors.As(err, &setup) {
					if !strings.HasSuffix(answer, "NO gone") { // at start a NO is final
						t.Errorf("%s answered by %q: %v", command, answer, err)
					}
					return
				}
				if s.left() != 0 || len(d.got()) != 10 {
					t.Errorf("%s answered by %q: %d left, handed over %d", command, answer, s.left(), len(d.got()))
				}
			})
		}
	}
}

func TestStopEndsEvenWithASilentServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFake(tenMails()...)
		s.answers(-1, begins("UID FETCH"), silence)
		_, stop := run(t, s.options(), &desk{})
		pass(time.Second)
		began := time.Now()
		if err := stop(); err != nil || time.Since(began) > 2*time.Second {
			t.Errorf("stopped after %s with %v", time.Since(began), err)
		}
	})
}

func TestSlowLinkIsSlowButCorrect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(), &desk{}
		for uid := range uint32(5) {
			s.mails[uid+1] = strings.Repeat("x", 20_000)
		}
		s.perByte = time.Millisecond
		run(t, s.options(), d)
		pass(3 * time.Minute)
		if got := d.got(); len(got) != 5 || len(got[4].Raw) != 20_000 || s.left() != 0 || len(s.dials) != 1 {
			t.Errorf("handed over %d mails, %d left, %d connections", len(got), s.left(), len(s.dials))
		}
	})
}
