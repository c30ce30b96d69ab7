package inbox_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"escalationd/internal/inbox"
)

func TestMailThatKillsTheConnectionIsHandedOverUnfetchedAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"connection cut in the mail": "* 7 FETCH (UID 7 BODY[]<0> {100}\r\nhalf" + hangUp,
		"response that is no IMAP":   "* 7 FETCH (UID 7 X-GARBAGE {{{ ))\r\nOK done",
		"refused":                    "NO [SERVERBUG] Internal error",
		"nothing at all":             "OK done",
		"no body":                    "* 7 FETCH (UID 7 BODY[]<0> NIL)\r\nOK done",
		"silence":                    silence,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, d := newFake(tenMails()...), &desk{verdict: func(m inbox.Mail) inbox.Verdict {
					if m.Raw == nil {
						return inbox.Quarantine
					}
					return inbox.Processed
				}}
				s.odd = func(s *fakeServer, cmd string) string {
					if !bodyOf(7)(cmd) {
						return ""
					}
					before := slices.DeleteFunc(uids(strings.Fields(cmd)[2]), func(uid uint32) bool { return uid >= 7 })
					whole := strings.TrimSuffix(s.fetch(before, true), "OK done")
					if answer == silence {
						return silence
					}
					return whole + answer
				}
				run(t, s.options(), d)
				// A silent server costs the timeout of 30 s at each of seven tries.
				pass(5 * time.Minute)
				if s.in("Processed") != 9 || s.in("Quarantine") != 1 || s.left() != 0 {
					t.Fatalf("%d processed, %d quarantined, %d left", s.in("Processed"), s.in("Quarantine"), s.left())
				}
				for _, m := range d.got() {
					if (m.UID == 7) != (m.Raw == nil) || m.UID == 7 && !strings.HasPrefix(m.Unfetched, "fetch failed ") {
						t.Errorf("UID %d has %d bytes, unfetched %q", m.UID, len(m.Raw), m.Unfetched)
					}
				}
				for uid, n := range d.times() {
					if n != 1 {
						t.Errorf("UID %d was handed over %d times", uid, n)
					}
				}
			})
		})
	}
}

func TestMailWhoseSizeKillsTheConnectionDoesNotHoldUpTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		s.answers(-1, func(cmd string) bool { return about("UID FETCH", 7, cmd) }, "* 7 FETCH (UID 7 RFC822.SIZE 9 INTERNALDATE \"never\")\r\nOK done")
		run(t, s.options(), d)
		pass(2 * time.Minute)
		if len(d.got()) != 10 || s.left() != 0 {
			t.Errorf("handed over %d mails, %d left", len(d.got()), s.left())
		}
	})
}

func TestFlagsThatArriveFirstDoNotPassForTheMail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake("Subject: a\r\n\r\n", "Subject: b\r\n\r\n"), &desk{}
		times := 0
		s.odd = func(s *fakeServer, cmd string) string {
			if bodyOf(2)(cmd) && times < 2 {
				times++
				return "* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n" + s.fetch(uids(strings.Fields(cmd)[2]), true)
			}
			return ""
		}
		run(t, s.options(), d)
		pass(20 * time.Second)
		if got := d.got(); len(got) != 2 || string(got[1].Raw) != "Subject: b\r\n\r\n" {
			t.Errorf("handed over %+v", got)
		}
	})
}

func TestServerThatDiesAndStaysAwayIsNotTheMailsFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake("Subject: lone\r\n\r\n"), &desk{}
		deaths := 6
		s.odd = func(s *fakeServer, cmd string) string {
			if bodyOf(1)(cmd) && deaths > 0 {
				deaths--
				s.down = true
				return hangUp
			}
			return ""
		}
		run(t, s.options(), d)
		for range 6 {
			pass(time.Minute)
			s.change(func(s *fakeServer) { s.down = false })
		}
		pass(time.Minute)
		if got := d.got(); len(got) != 1 || got[0].Raw == nil {
			t.Errorf("handed over %+v", got)
		}
	})
}

func TestServerThatFallsOverAndIsBackAtOnceIsNotTheMailsFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake("Subject: lone\r\n\r\n"), &desk{}
		deaths := s.answers(4, bodyOf(1), "* 1 FETCH (UID 1 BODY[]<0> {100}\r\nhalf"+hangUp)
		run(t, s.options(), d)
		pass(3 * time.Minute)
		if got := d.got(); *deaths != 0 || len(got) != 1 || got[0].Raw == nil {
			t.Errorf("handed over %+v", got)
		}
	})
}

func TestLiteralsThatClaimTooMuchAreCutOff(t *testing.T) {
	t.Parallel()
	for _, size := range []string{"99999999999", "4294967295", "-1", "90000000"} {
		synctest.Test(t, func(t *testing.T) {
			s, d := newFake(tenMails()...), &desk{}
			lies := s.answers(3, bodyOf(3), "* 3 FETCH (UID 3 BODY[]<0> {"+size+"}\r\nabc)\r\nOK done")
			run(t, s.options(), d)
			pass(4 * time.Minute)
			if *lies != 0 || len(d.got()) != 10 || s.left() != 0 {
				t.Errorf("{%s}: handed over %d mails, %d left", size, len(d.got()), s.left())
			}
		})
	}
}

func TestEndlessAnswerIsCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		floods := s.answers(3, begins("UID FETCH"), "* OK "+strings.Repeat("x", 80<<20)+"\r\nOK done")
		run(t, s.options(), d)
		pass(time.Minute)
		if *floods != 0 || len(d.got()) != 10 {
			t.Errorf("handed over %d mails", len(d.got()))
		}
	})
}

func TestSearchResultWithoutEndIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		s.answers(-1, begins("UID SEARCH"), "* ESEARCH (TAG \"T9\") UID ALL 1:4294967295\r\n* ESEARCH UID ALL 1:4294967295\r\nOK done")
		b, _ := run(t, s.options(), &desk{})
		pass(time.Minute)
		if b.Status().Err == nil {
			t.Errorf("status is %+v", b.Status())
		}
	})
}
