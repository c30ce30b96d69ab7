package mailserver

import (
	"bytes"
	"errors"
	"net/textproto"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
)

func TestMailToDetailReachesBaseUserAndStrangersGoOutside(t *testing.T) {
	var mu sync.Mutex
	var got []string
	s := start(t, func(o *Options) {
		o.OnMail = func(d Delivered) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, d.From+" "+d.To+" "+d.User)
			if string(d.Raw) != plain {
				t.Errorf("submitted bytes changed: %q", d.Raw)
			}
		}
	})
	mustSend(t, s, "ann@customer.test", "Desk+esc-1@Example.com", plain)
	mustSend(t, s, desk, "lead@example.org", plain)
	want := []string{"ann@customer.test Desk+esc-1@Example.com " + desk, desk + " lead@example.org " + outside}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := len(s.Mails(desk, "INBOX")); n != 1 {
		t.Errorf("the desk has %d mails, want 1", n)
	}
	if n := len(s.Mails(outside, "inbox")); n != 1 {
		t.Errorf("outside has %d mails, want 1", n)
	}
}

func TestWithoutOutsideStrangersAreRefused(t *testing.T) {
	s := start(t, func(o *Options) { o.Outside = "" })
	var refused *smtp.SMTPError
	if err := send(s, "ann@customer.test", "nobody@example.org", plain); !errors.As(err, &refused) || refused.Code != 550 {
		t.Errorf("got %v, want 550", err)
	}
}

func TestStampSaysWhetherFromIsProved(t *testing.T) {
	for name, tc := range map[string]struct{ envelope, mail, want string }{
		"own domain":   {"bounces@customer.test", plain, "dmarc=pass header.from=customer.test; spf=pass smtp.mailfrom=bounces@customer.test"},
		"other domain": {"mallory@evil.test", plain, "dmarc=fail header.from=customer.test; spf=pass smtp.mailfrom=mallory@evil.test"},
		"null sender":  {"", plain, "dmarc=pass header.from=customer.test; spf=none"},
		"no From":      {"ann@customer.test", "Subject: x\r\n\r\nHi\r\n", "dmarc=none; spf=pass smtp.mailfrom=ann@customer.test"},
		"two From":     {"ann@customer.test", "From: boss@example.com\r\n" + plain, "dmarc=none; spf=pass smtp.mailfrom=ann@customer.test"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, nil)
			mustSend(t, s, tc.envelope, desk, tc.mail)
			header, _ := fields(s.Mails(desk, "INBOX")[0])
			if got := value(header, "Authentication-Results"); got != servid+"; "+tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestForgedResultsWithOurIDAreTakenOff(t *testing.T) {
	s := start(t, nil)
	forged := "authentication-results: (fun) \"MX.example.com\" 1;\r\n dmarc=pass header.from=customer.test\r\n"
	other := "Authentication-Results: mx.example.org; dmarc=pass\r\n"
	mustSend(t, s, "mallory@evil.test", desk, forged+other+plain)
	raw := s.Mails(desk, "INBOX")[0]
	if bytes.Contains(raw, []byte("(fun)")) {
		t.Errorf("the forged field is still there:\n%s", raw)
	}
	if !bytes.HasSuffix(raw, []byte(other+plain)) {
		t.Errorf("other bytes changed:\n%s", raw)
	}
}

func TestScriptedRefusalsReachTheSender(t *testing.T) {
	busy := &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Try later"}
	s := start(t, func(o *Options) {
		o.OnRcpt = func(_, to string) error {
			if strings.HasPrefix(to, "gone@") {
				return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such user"}
			}
			return nil
		}
		o.OnData = func(_ string, to []string, _ []byte) error {
			switch {
			case strings.HasPrefix(to[0], "busy@"):
				return busy
			case strings.HasPrefix(to[0], "silent@"):
				return ErrHangUp
			}
			return nil
		}
	})
	code := func(to string) int {
		var answer *smtp.SMTPError
		if err := send(s, desk, to, plain); !errors.As(err, &answer) {
			t.Fatalf("%s: got %v, want an SMTP answer", to, err)
		}
		return answer.Code
	}
	if got := code("gone@example.org"); got != 550 {
		t.Errorf("got %d, want 550", got)
	}
	if got := code("busy@example.org"); got != 451 {
		t.Errorf("got %d, want 451", got)
	}
	if n := len(s.Mails(outside, "INBOX")); n != 0 {
		t.Errorf("%d refused mails were delivered", n)
	}
	var protocol textproto.ProtocolError
	if err := send(s, desk, "silent@example.org", plain); err == nil || errors.As(err, &protocol) {
		t.Errorf("got %v, want a lost connection", err)
	}
	if n := len(s.Mails(outside, "INBOX")); n != 1 {
		t.Errorf("a mail with a lost answer was delivered %d times, want 1", n)
	}
}
