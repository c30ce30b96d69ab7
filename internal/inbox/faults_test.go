package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"escalationd/internal/inbox"
)

func tenMails() []string {
	var mails []string
	for i := 1; i <= 10; i++ {
		mails = append(mails, fmt.Sprintf("Subject: mail %d\r\n\r\nText.\r\n", i))
	}
	return mails
}

// asksFor says whether cmd is a FETCH of the body of uid.
func asksFor(cmd string, uid uint32) bool {
	return strings.HasPrefix(cmd, "UID FETCH ") && strings.Contains(cmd, "BODY") && slices.Contains(set(strings.Fields(cmd)[2]), uid)
}

func TestMailsAreHandedOverOldestFirstInOneBatchAndFiledByOneMove(t *testing.T) {
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

func TestMailThatKillsTheConnectionIsHandedOverUnfetchedAndTheRestGoesOn(t *testing.T) {
	for name, answer := range map[string]string{
		"connection cut in the mail": "* 7 FETCH (UID 7 BODY[]<0> {100}\r\nhalf" + hangUp,
		"response that is no IMAP":   "* 7 FETCH (UID 7 X-GARBAGE {{{ ))\r\nOK done",
		"refused":                    "NO [SERVERBUG] Internal error",
		"nothing at all":             "OK done",
		"no body":                    "* 7 FETCH (UID 7 BODY[]<0> NIL)\r\nOK done",
		"silence":                    silence,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, d := newFake(tenMails()...), &desk{verdict: func(m inbox.Mail) inbox.Verdict {
					if m.Raw == nil {
						return inbox.Quarantine
					}
					return inbox.Processed
				}}
				s.odd = func(s *fakeServer, cmd string) string {
					if !asksFor(cmd, 7) {
						return ""
					}
					before := slices.DeleteFunc(set(strings.Fields(cmd)[2]), func(uid uint32) bool { return uid >= 7 })
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
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		s.odd = func(_ *fakeServer, cmd string) string {
			if strings.HasPrefix(cmd, "UID FETCH") && slices.Contains(set(strings.Fields(cmd)[2]), 7) {
				return "* 7 FETCH (UID 7 RFC822.SIZE 9 INTERNALDATE \"never\")\r\nOK done"
			}
			return ""
		}
		run(t, s.options(), d)
		pass(2 * time.Minute)
		if len(d.got()) != 10 || s.left() != 0 {
			t.Errorf("handed over %d mails, %d left", len(d.got()), s.left())
		}
	})
}

func TestFlagsThatArriveFirstDoNotPassForTheMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake("Subject: a\r\n\r\n", "Subject: b\r\n\r\n"), &desk{}
		times := 0
		s.odd = func(s *fakeServer, cmd string) string {
			if asksFor(cmd, 2) && times < 2 {
				times++
				return "* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n" + s.fetch(set(strings.Fields(cmd)[2]), true)
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

func TestTooLargeMailIsNotFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake("small", strings.Repeat("x", 2000), "small"), &desk{}
		s.odd = func(_ *fakeServer, cmd string) string {
			if asksFor(cmd, 2) {
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
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(strings.Repeat("x", 1001)), &desk{}
		s.odd = func(_ *fakeServer, cmd string) string {
			if strings.HasPrefix(cmd, "UID FETCH") && !strings.Contains(cmd, "BODY") {
				return "* 1 FETCH (UID 1 RFC822.SIZE 10 INTERNALDATE \"05-Nov-2026 10:00:00 +0000\")\r\nOK done"
			}
			return ""
		}
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

func TestFullFolderKeepsVerdictsUntilItHasRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		full := true
		s.odd = func(_ *fakeServer, cmd string) string {
			if full && strings.HasPrefix(cmd, "UID MOVE") {
				return "NO [OVERQUOTA] Quota exceeded"
			}
			return ""
		}
		b, _ := run(t, s.options(), d)
		pass(10 * time.Minute)
		if st := b.Status(); !st.Connected || st.Err == nil || !strings.Contains(st.Err.Error(), "Processed") || st.Unfiled != 10 {
			t.Errorf("status is %+v", st)
		}
		if n := s.count("UID MOVE"); n > 40 {
			t.Errorf("tried %d MOVEs in ten minutes", n)
		}
		s.change(func(*fakeServer) { full = false })
		pass(90 * time.Second)
		if s.left() != 0 || len(d.got()) != 10 || b.Status().Err != nil {
			t.Errorf("%d left, handed over %d, status %+v", s.left(), len(d.got()), b.Status())
		}
	})
}

func TestMoveThatMovedNothingIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		lies := 3
		s.odd = func(_ *fakeServer, cmd string) string {
			if strings.HasPrefix(cmd, "UID MOVE") && lies > 0 {
				lies--
				return "OK done"
			}
			return ""
		}
		run(t, s.options(), d)
		pass(3 * time.Minute)
		if s.left() != 0 || len(d.got()) != 10 || s.count("UID MOVE") != 4 {
			t.Errorf("%d left, handed over %d, %d MOVEs", s.left(), len(d.got()), s.count("UID MOVE"))
		}
	})
}

func TestOneMailThatCannotBeMovedDoesNotHoldUpTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		s.odd = func(_ *fakeServer, cmd string) string {
			if strings.HasPrefix(cmd, "UID MOVE") && slices.Contains(set(strings.Fields(cmd)[2]), 4) {
				return "NO [SERVERBUG] Internal error"
			}
			return ""
		}
		run(t, s.options(), d)
		pass(5 * time.Minute)
		if s.left() != 1 || len(d.got()) != 10 {
			t.Errorf("%d left, handed over %d", s.left(), len(d.got()))
		}
	})
}

func TestInterruptedCopyIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		s.caps = "IMAP4rev1 IDLE UIDPLUS AUTH=PLAIN"
		cuts := 2
		s.odd = func(_ *fakeServer, cmd string) string {
			if strings.HasPrefix(cmd, "UID STORE") && cuts > 0 {
				cuts--
				return hangUp
			}
			return ""
		}
		run(t, s.options(), d)
		pass(time.Minute)
		if s.left() != 0 || s.in("Processed") != 10 || len(d.got()) != 10 {
			t.Errorf("%d left, %d copies, handed over %d", s.left(), s.in("Processed"), len(d.got()))
		}
	})
}

func TestServerThatCannotRemoveSingleMailsIsNeverToldToExpunge(t *testing.T) {
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

func TestNewUIDValidityMeansNewMails(t *testing.T) {
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

func TestRefusedPasswordInMidRunIsTriedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(), &desk{}
		b, _ := run(t, s.options(), d)
		pass(time.Minute)
		s.change(func(s *fakeServer) {
			s.password = "changed"
			for _, c := range s.idling {
				c.Close()
			}
		})
		pass(10 * time.Minute)
		if n := s.count("AUTHENTICATE"); n < 8 || n > 12 {
			t.Errorf("logged in %d times", n)
		}
		var setup *inbox.SetupError
		if st := b.Status(); st.Connected || !errors.As(st.Err, &setup) || !setup.Login {
			t.Errorf("status is %+v", st)
		}
		s.change(func(s *fakeServer) { s.password = "secret" })
		pass(80 * time.Second)
		if !b.Status().Connected {
			t.Errorf("status is %+v", b.Status())
		}
	})
}

func TestRefusalsAtStartEndTheRun(t *testing.T) {
	for name, c := range map[string]struct {
		odd   func(*fakeServer, string) string
		login bool
		says  string
	}{
		"password":         {func(s *fakeServer, _ string) string { s.password = "other"; return "" }, true, "password"},
		"mailbox":          {refuse("SELECT", "NO [NONEXISTENT] Mailbox doesn't exist"), false, `"INBOX"`},
		"processed folder": {refuse("STATUS Processed", "NO [NONEXISTENT] no"), false, `"Processed"`},
		"quarantine":       {refuse("STATUS Quarantine", "NO no such folder"), false, `"Quarantine"`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newFake(tenMails()...)
				s.odd = c.odd
				b, err := inbox.New(s.options())
				if err != nil {
					t.Fatal(err)
				}
				var setup *inbox.SetupError
				if _, err := b.Probe(t.Context()); !errors.As(err, &setup) || !setup.Permanent {
					t.Errorf("Probe says %v", err)
				}
				err = b.Run(t.Context(), &desk{})
				if !errors.As(err, &setup) || setup.Login != c.login || !strings.Contains(err.Error(), c.says) {
					t.Errorf("Run says %v", err)
				}
				if s.left() != 10 {
					t.Error("mails were touched")
				}
			})
		})
	}
}

func refuse(prefix, answer string) func(*fakeServer, string) string {
	return func(_ *fakeServer, cmd string) string {
		if strings.HasPrefix(cmd, prefix) {
			return answer
		}
		return ""
	}
}

func TestServerThatCannotBeReachedIsTriedForEver(t *testing.T) {
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

func TestServerThatDiesAndStaysAwayIsNotTheMailsFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake("Subject: lone\r\n\r\n"), &desk{}
		deaths := 6
		s.odd = func(s *fakeServer, cmd string) string {
			if asksFor(cmd, 1) && deaths > 0 {
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
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake("Subject: lone\r\n\r\n"), &desk{}
		deaths := 4
		s.odd = func(_ *fakeServer, cmd string) string {
			if asksFor(cmd, 1) && deaths > 0 {
				deaths--
				return "* 1 FETCH (UID 1 BODY[]<0> {100}\r\nhalf" + hangUp
			}
			return ""
		}
		run(t, s.options(), d)
		pass(3 * time.Minute)
		if got := d.got(); deaths != 0 || len(got) != 1 || got[0].Raw == nil {
			t.Errorf("handed over %+v", got)
		}
	})
}

// A mail dragged back has a new UID: it is a new mail to the inbox, and the
// Handler knows that it is none.
func TestMailDraggedBackIsHandedOverAgain(t *testing.T) {
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

func TestLiteralsThatClaimTooMuchAreCutOff(t *testing.T) {
	for _, size := range []string{"99999999999", "4294967295", "-1", "90000000"} {
		synctest.Test(t, func(t *testing.T) {
			s, d := newFake(tenMails()...), &desk{}
			lies := 3
			s.odd = func(_ *fakeServer, cmd string) string {
				if lies > 0 && asksFor(cmd, 3) {
					lies--
					return "* 3 FETCH (UID 3 BODY[]<0> {" + size + "}\r\nabc)\r\nOK done"
				}
				return ""
			}
			run(t, s.options(), d)
			pass(4 * time.Minute)
			if lies != 0 || len(d.got()) != 10 || s.left() != 0 {
				t.Errorf("{%s}: handed over %d mails, %d left", size, len(d.got()), s.left())
			}
		})
	}
}

func TestRefusedTokenIsFollowedByANewOneAtOnceThenOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(), &desk{}
		s.caps = "IMAP4rev1 IDLE MOVE UIDPLUS SASL-IR AUTH=OAUTHBEARER"
		var outcomes []error
		o := s.options()
		o.Auth = func(context.Context) (inbox.Credentials, error) {
			return inbox.Credentials{Username: "desk@example.com", Token: "t0ken", Outcome: func(err error) bool {
				outcomes = append(outcomes, err)
				return len(outcomes) == 2
			}}, nil
		}
		run(t, o, d)
		pass(time.Minute)
		s.change(func(s *fakeServer) {
			s.odd = refuse("AUTHENTICATE", "NO [AUTHENTICATIONFAILED] expired")
			for _, c := range s.idling {
				c.Close()
			}
		})
		pass(10 * time.Second)
		if n := s.count("AUTHENTICATE"); n != 3 {
			t.Errorf("logged in %d times, want the first, one refused and one more", n)
		}
		pass(5 * time.Minute)
		if n := s.count("AUTHENTICATE"); n < 6 || n > 8 {
			t.Errorf("logged in %d times in five minutes of refusals", n)
		}
		if outcomes[0] != nil || outcomes[1] == nil {
			t.Errorf("the outcomes are %v", outcomes)
		}
	})
}

func TestSilentServerIsLeftAfterTheTimeout(t *testing.T) {
	for _, command := range []string{"CAPABILITY", "AUTHENTICATE", "SELECT", "STATUS", "UID SEARCH", "UID FETCH", "UID MOVE", "IDLE"} {
		t.Run(command, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, d := newFake(tenMails()...), &desk{}
				once := true
				s.odd = func(_ *fakeServer, cmd string) string {
					if once && strings.HasPrefix(cmd, command) {
						once = false
						return silence
					}
					return ""
				}
				run(t, s.options(), d)
				pass(time.Minute)
				if once || s.left() != 0 || len(d.got()) != 10 {
					t.Errorf("%d left, handed over %d", s.left(), len(d.got()))
				}
			})
		})
	}
}

// A connection that dies without a word while it idles is found dead at the
// next poll.
func TestHalfOpenConnectionDelaysAMailByLessThanAMinute(t *testing.T) {
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
	for _, command := range []string{"CAPABILITY", "AUTHENTICATE", "SELECT", "STATUS", "UID SEARCH", "UID FETCH", "UID MOVE", "IDLE"} {
		for _, answer := range []string{hangUp, "* BYE going down\r\n" + hangUp, "* BYE going down\r\n* 1 EXPUNGE\r\nNO gone", "* VANISHED 1:3\r\nOK done"} {
			synctest.Test(t, func(t *testing.T) {
				s, d := newFake(tenMails()...), &desk{}
				times := 2
				s.odd = func(_ *fakeServer, cmd string) string {
					if times > 0 && strings.HasPrefix(cmd, command) {
						times--
						return answer
					}
					return ""
				}
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

func TestEndlessAnswerIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(tenMails()...), &desk{}
		floods := 3
		s.odd = func(_ *fakeServer, cmd string) string {
			if floods > 0 && strings.HasPrefix(cmd, "UID FETCH") {
				floods--
				return "* OK " + strings.Repeat("x", 80<<20) + "\r\nOK done"
			}
			return ""
		}
		run(t, s.options(), d)
		pass(time.Minute)
		if floods != 0 || len(d.got()) != 10 {
			t.Errorf("handed over %d mails", len(d.got()))
		}
	})
}

func TestSearchResultWithoutEndIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		s.odd = func(_ *fakeServer, cmd string) string {
			if strings.HasPrefix(cmd, "UID SEARCH") {
				return "* ESEARCH (TAG \"T9\") UID ALL 1:4294967295\r\n* ESEARCH UID ALL 1:4294967295\r\nOK done"
			}
			return ""
		}
		b, _ := run(t, s.options(), &desk{})
		pass(time.Minute)
		if b.Status().Err == nil {
			t.Errorf("status is %+v", b.Status())
		}
	})
}

func TestWhatIsDecidedIsFiledBeforeTheEnd(t *testing.T) {
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

func TestStopEndsEvenWithASilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake(tenMails()...)
		s.odd = func(_ *fakeServer, cmd string) string {
			if strings.HasPrefix(cmd, "UID FETCH") {
				return silence
			}
			return ""
		}
		_, stop := run(t, s.options(), &desk{})
		pass(time.Second)
		began := time.Now()
		if err := stop(); err != nil || time.Since(began) > 2*time.Second {
			t.Errorf("stopped after %s with %v", time.Since(began), err)
		}
	})
}

func TestGateDecidesWhoServes(t *testing.T) {
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

func TestPasswordIsNotSentInClearText(t *testing.T) {
	s := newFake()
	o := s.options()
	o.Addr = "imap.example.com:143"
	if _, err := inbox.New(o); err == nil {
		t.Error("a plain connection beyond loopback was taken")
	}
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		s.odd = refuse("STARTTLS", "BAD unknown command")
		o := s.options()
		o.Addr, o.Security = "imap.example.com:143", inbox.StartTLS
		b, err := inbox.New(o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.Probe(t.Context())
		var setup *inbox.SetupError
		if !errors.As(err, &setup) || setup.Permanent || s.count("AUTH")+s.count("LOGIN") != 0 {
			t.Errorf("STARTTLS was stripped: %v; commands %q", err, s.commands)
		}
	})
}

func TestTokenIsSentByTheMechanismOfTheServer(t *testing.T) {
	for mechanism, challenge := range map[string]string{"XOAUTH2": "eyJzdGF0dXMiOiI0MDEifQ==", "OAUTHBEARER": "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0="} {
		synctest.Test(t, func(t *testing.T) {
			s := newFake()
			s.caps = "IMAP4rev1 SASL-IR AUTH=" + mechanism
			o := s.options()
			o.Auth = func(context.Context) (inbox.Credentials, error) {
				return inbox.Credentials{Username: "desk@example.com", Token: "t0ken"}, nil
			}
			b, err := inbox.New(o)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.Probe(t.Context()); err != nil || s.count("AUTHENTICATE "+mechanism) != 1 {
				t.Errorf("Probe says %v; commands %q", err, s.commands)
			}
			s.odd = refuse("AUTHENTICATE", "+ "+challenge+"\r\n"+hangUp)
			var setup *inbox.SetupError
			if _, err := b.Probe(t.Context()); !errors.As(err, &setup) || !setup.Login || strings.Contains(err.Error(), "t0ken") {
				t.Errorf("Probe says %v", err)
			}
		})
	}
}

func TestSlowLinkIsSlowButCorrect(t *testing.T) {
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

func TestNoMailWaitsForUndecidedOnes(t *testing.T) {
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
