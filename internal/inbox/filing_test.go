package inbox_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFullFolderKeepsVerdictsUntilItHasRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		s.answers(-1, begins("UID MOVE"), "NO [OVERQUOTA] Quota exceeded")
		b, _ := run(t, s.options(), d)
		pass(10 * time.Minute)
		if st := b.Status(); !st.Connected || st.Err == nil || !strings.Contains(st.Err.Error(), "Processed") || st.Unfiled != 10 {
			t.Errorf("status is %+v", st)
		}
		if n := s.count("UID MOVE"); n > 40 {
			t.Errorf("tried %d MOVEs in ten minutes", n)
		}
		s.change(func(s *fakeServer) { s.odd = nil })
		pass(90 * time.Second)
		if s.left() != 0 || len(d.got()) != 10 || b.Status().Err != nil {
			t.Errorf("%d left, handed over %d, status %+v", s.left(), len(d.got()), b.Status())
		}
	})
}

func TestMoveThatMovedNothingIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		s.answers(3, begins("UID MOVE"), "OK done")
		run(t, s.options(), d)
		pass(3 * time.Minute)
		if s.left() != 0 || len(d.got()) != 10 || s.count("UID MOVE") != 4 {
			t.Errorf("%d left, handed over %d, %d MOVEs", s.left(), len(d.got()), s.count("UID MOVE"))
		}
	})
}

func TestOneMailThatCannotBeMovedDoesNotHoldUpTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		s.answers(-1, func(cmd string) bool { return about("UID MOVE", 4, cmd) }, "NO [SERVERBUG] Internal error")
		run(t, s.options(), d)
		pass(5 * time.Minute)
		if s.left() != 1 || len(d.got()) != 10 {
			t.Errorf("%d left, handed over %d", s.left(), len(d.got()))
		}
	})
}

func TestInterruptedCopyIsNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		s.caps = "IMAP4rev1 IDLE UIDPLUS AUTH=PLAIN"
		s.answers(2, begins("UID STORE"), hangUp)
		run(t, s.options(), d)
		pass(time.Minute)
		if s.left() != 0 || s.in("Processed") != 10 || len(d.got()) != 10 {
			t.Errorf("%d left, %d copies, handed over %d", s.left(), s.in("Processed"), len(d.got()))
		}
	})
}

func TestServerThatCannotRemoveSingleMailsIsNeverToldToExpunge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		s.caps = "IMAP4rev1 IDLE AUTH=PLAIN"
		_, stop := run(t, s.options(), d)
		pass(time.Minute)
		_ = stop()
		run(t, s.options(), d) // another daemon sees the marks
		pass(time.Minute)
		if s.left() != 10 || s.in("Processed") != 10 || len(d.got()) != 10 || s.count("EXPUNGE")+s.count("UID EXPUNGE") != 0 {
			t.Errorf("%d left, %d copies, handed over %d", s.left(), s.in("Processed"), len(d.got()))
		}
		for uid, store := range s.keywords {
			if !strings.Contains(store, `\Deleted $EscalationdDone`) {
				t.Errorf("UID %d was marked by %q", uid, store)
			}
		}
	})
}

func TestWhatIsDecidedIsFiledBeforeTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		_, stop := run(t, s.options(), d)
		pass(time.Second) // less than FileAfter
		if s.left() != 10 || len(d.got()) != 10 {
			t.Fatalf("%d left, handed over %d", s.left(), len(d.got()))
		}
		began := time.Now()
		if err := stop(); err != nil || s.left() != 0 || time.Since(began) > time.Second {
			t.Errorf("%d left after %s: %v", s.left(), time.Since(began), err)
		}
	})
}
