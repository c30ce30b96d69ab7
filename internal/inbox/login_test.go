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

func TestRefusedPasswordInMidRunIsTriedOnceAMinute(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	for name, c := range map[string]struct {
		command, answer string
		login           bool
		says            string
	}{
		"password":         {"AUTHENTICATE", "NO [AUTHENTICATIONFAILED] Authentication failed.", true, "password"},
		"mailbox":          {"SELECT", "NO [NONEXISTENT] Mailbox doesn't exist", false, `"INBOX"`},
		"processed folder": {"STATUS Processed", "NO [NONEXISTENT] no", false, `"Processed"`},
		"quarantine":       {"STATUS Quarantine", "NO no such folder", false, `"Quarantine"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFake(tenMails()...)
				s.answers(-1, begins(c.command), c.answer)
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

func TestRefusedTokenIsFollowedByANewOneAtOnceThenOnceAMinute(t *testing.T) {
	t.Parallel()
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
			s.answers(-1, begins("AUTHENTICATE"), "NO [AUTHENTICATIONFAILED] expired")
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

func TestPasswordIsNotSentInClearText(t *testing.T) {
	t.Parallel()
	s := newFake()
	o := s.options()
	o.Addr = "imap.example.com:143"
	if _, err := inbox.New(o); err == nil {
		t.Error("a plain connection beyond loopback was taken")
	}
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		s.answers(-1, begins("STARTTLS"), "BAD unknown command")
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
	t.Parallel()
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
			s.answers(-1, begins("AUTHENTICATE"), "+ "+challenge+"\r\n"+hangUp)
			var setup *inbox.SetupError
			if _, err := b.Probe(t.Context()); !errors.As(err, &setup) || !setup.Login || strings.Contains(err.Error(), "t0ken") {
				t.Errorf("Probe says %v", err)
			}
		})
	}
}
