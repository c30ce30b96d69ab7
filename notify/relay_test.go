package notify

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"
)

var testMail = []byte("Subject: x\r\n\r\n.dot\r\n..\r\n.\r\nend\r\n")

func testEnvelope() Envelope {
	return Envelope{From: "desk+esc-" + noticeID(1) + "@example.com", To: "lead@example.com"}
}

func always() error { return nil }

func wantSendError(t *testing.T, err error, stage Stage, class Class) *SendError {
	t.Helper()
	var failed *SendError
	if !errors.As(err, &failed) {
		t.Fatalf("error %v, want a SendError at %q", err, stage)
	}
	if failed.Stage != stage || failed.Class != class {
		t.Fatalf("failed to %q as %s (%v), want %q as %s", failed.Stage, failed.Class, err, stage, class)
	}
	return failed
}

func TestBytesArriveAsTheyWere(t *testing.T) {
	server := startRelay(t)
	if err := server.relay(t, TLSNone).Send(t.Context(), testEnvelope(), testMail, always); err != nil {
		t.Fatal(err)
	}
	got := server.delivered()
	if len(got) != 1 || got[0].from != testEnvelope().From || got[0].to != testEnvelope().To || string(got[0].data) != string(testMail) {
		t.Errorf("arrived: %+v", got)
	}
}

func TestReplyHasNullSender(t *testing.T) {
	server := startRelay(t)
	if err := server.relay(t, TLSNone).Send(t.Context(), Envelope{To: "jo@example.com"}, testMail, always); err != nil {
		t.Fatal(err)
	}
	if got := server.delivered(); len(got) != 1 || got[0].from != "" {
		t.Errorf("arrived: %+v", got)
	}
}

func TestEachRefusalIsClassified(t *testing.T) {
	for _, tc := range []struct {
		step  string
		fault any
		stage Stage
		class Class
	}{
		{"connect", refuse(421, 4, "try later"), StageHello, Network},
		{"connect", refuse(554, 5, "no service"), StageHello, Network},
		{"mail", refuse(421, 4, "shutting down"), StageMail, Network},
		{"mail", refuse(451, 4, "busy"), StageMail, Temporary},
		{"mail", refuse(550, 5, "no"), StageMail, Permanent},
		{"mail", refuse(530, 5, "authentication required"), StageMail, Auth},
		{"mail", hangUp, StageMail, Network},
		{"mail", silence, StageMail, Network},
		{"rcpt", refuse(421, 4, "busy"), StageRcpt, Temporary},
		{"rcpt", refuse(450, 4, "greylisted"), StageRcpt, Temporary},
		{"rcpt", refuse(550, 5, "no such user"), StageRcpt, Permanent},
		{"rcpt", hangUp, StageRcpt, Network},
		{"rcpt", silence, StageRcpt, Network},
		{"dot", refuse(421, 4, "busy"), StageDot, Temporary},
		{"dot", refuse(452, 4, "full"), StageDot, Temporary},
		{"dot", refuse(552, 5, "too big"), StageDot, Permanent},
		{"dot", hangUp, StageDot, Unsure},
		{"answer", hangUp, StageDot, Unsure},
		{"answer", silence, StageDot, Unsure},
	} {
		name := tc.step + " "
		if f, ok := tc.fault.(fault); ok {
			name += string(f)
		} else {
			name += tc.fault.(*smtp.SMTPError).Error()
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startRelay(t)
			relay := server.relay(t, TLSNone)
			within := time.Minute
			if tc.fault == silence {
				within = 2 * time.Second
			}
			relay.limits = &limits{dial: within, command: within, dot: within, idle: time.Minute}
			server.play(func(step string, n int) any {
				if step == tc.step && (n == 1 || step == "connect") {
					return tc.fault
				}
				return nil
			})
			failed := wantSendError(t, relay.Send(t.Context(), testEnvelope(), testMail, always), tc.stage, tc.class)
			if refusal, ok := tc.fault.(*smtp.SMTPError); ok && failed.Code != refusal.Code {
				t.Errorf("code %d, want %d", failed.Code, refusal.Code)
			}
			server.play(nil)
			if err := relay.Send(t.Context(), testEnvelope(), testMail, always); err != nil {
				t.Errorf("the next letter: %v", err)
			}
		})
	}
}

func TestBreakInMidTextIsNotAmbiguous(t *testing.T) {
	server := startRelay(t)
	server.play(func(s string, n int) any { return either(s == "data" && n == 1, hangUp) })
	long := bytes.Repeat(testMail, 1<<20) // more than the sockets hold, so that the break is met before the dot
	wantSendError(t, server.relay(t, TLSNone).Send(t.Context(), testEnvelope(), long, always), StageBody, Network)
}

func TestRefusedLetterKeepsTheConnection(t *testing.T) {
	server := startRelay(t)
	relay := server.relay(t, TLSNone)
	server.play(func(step string, n int) any {
		if n == 2 && (step == "mail" || step == "rcpt" || step == "dot") {
			return refuse(550, 5, "no")
		}
		return nil
	})
	refused := 0
	for range 10 {
		if relay.Send(t.Context(), testEnvelope(), testMail, always) != nil {
			refused++
		}
	}
	if refused != 3 || len(server.delivered()) != 7 || server.connections() != 1 {
		t.Errorf("%d refused, %d arrived, %d connections; want 3, 7 and 1", refused, len(server.delivered()), server.connections())
	}
}

func TestConnectionClosedWhileIdleIsReplaced(t *testing.T) {
	server := startRelay(t)
	relay := server.relay(t, TLSNone)
	for range 3 {
		if err := relay.Send(t.Context(), testEnvelope(), testMail, always); err != nil {
			t.Fatal(err)
		}
		server.hangUp()
	}
	if got := len(server.delivered()); got != 3 {
		t.Errorf("%d letters arrived, want 3", got)
	}
}

func TestAnswerOf421OnAKeptConnectionIsNotTheLettersFault(t *testing.T) {
	server := startRelay(t)
	relay := server.relay(t, TLSNone)
	server.play(func(step string, n int) any {
		if step == "mail" && n == 2 {
			return refuse(421, 4, "idle too long")
		}
		return nil
	})
	for range 2 {
		if err := relay.Send(t.Context(), testEnvelope(), testMail, always); err != nil {
			t.Fatal(err)
		}
	}
	if server.connections() != 2 {
		t.Errorf("%d connections, want 2", server.connections())
	}
}

func TestIdleConnectionIsGivenUp(t *testing.T) {
	server := startRelay(t)
	relay := server.relay(t, TLSNone)
	relay.limits = &limits{dial: time.Minute, command: time.Minute, dot: time.Minute, idle: time.Millisecond}
	gone := make(chan struct{})
	server.play(func(step string, _ int) any {
		if step == "logout" {
			close(gone)
		}
		return nil
	})
	if err := relay.Send(t.Context(), testEnvelope(), testMail, always); err != nil {
		t.Fatal(err)
	}
	select {
	case <-gone:
	case <-time.After(time.Minute):
		t.Error("the idle connection is still open")
	}
}

func TestSMTPUTF8IsAskedForOnlyWhereNeeded(t *testing.T) {
	with := startRelay(t, func(s *smtp.Server) { s.EnableSMTPUTF8 = true })
	relay := with.relay(t, TLSNone)
	for _, env := range []Envelope{{To: "jo@example.com"}, {To: "jö@example.com", UTF8: true}, {To: "jo@example.com"}} {
		if err := relay.Send(t.Context(), env, testMail, always); err != nil {
			t.Fatal(err)
		}
	}
	got := with.delivered()
	if len(got) != 3 || got[0].utf8 || !got[1].utf8 || got[2].utf8 {
		t.Errorf("arrived: %+v", got)
	}
	err := startRelay(t).relay(t, TLSNone).Send(t.Context(), Envelope{To: "jö@example.com", UTF8: true}, testMail, always)
	wantSendError(t, err, StageMail, Permanent)
}

func TestEndOfContextClosesTheConnectionAtOnce(t *testing.T) {
	for _, step := range []string{"connect", "auth", "mail", "rcpt", "answer"} {
		t.Run(step, func(t *testing.T) {
			server := startRelay(t)
			ctx, cancel := context.WithCancel(t.Context())
			server.play(func(s string, _ int) any {
				if s == step {
					cancel()
					return silence
				}
				return nil
			})
			relay := server.relay(t, TLSNone)
			relay.User, relay.Login = "desk", password("secret")
			start := time.Now()
			if err := relay.Send(ctx, testEnvelope(), testMail, always); err == nil {
				t.Error("no error")
			}
			if took := time.Since(start); took > 8*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestFailedDialsLeaveNoConnectionOpen(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var open atomic.Int32
	closed := make(chan struct{}, 20)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Add(1)
			go func() { // a relay without STARTTLS that never hangs up by itself
				_, _ = c.Write([]byte("220 relay ready\r\n"))
				buf := make([]byte, 1024)
				for {
					n, err := c.Read(buf)
					if err != nil {
						break
					}
					if strings.HasPrefix(string(buf[:n]), "EHLO") {
						_, _ = c.Write([]byte("250 relay\r\n"))
					}
				}
				_ = c.Close()
				open.Add(-1)
				closed <- struct{}{}
			}()
		}
	}()
	relay := &Relay{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: TLSStart}
	for range 10 {
		wantSendError(t, relay.Probe(t.Context()), StageHello, Network)
		<-closed
	}
	if n := open.Load(); n != 0 {
		t.Errorf("%d connections are still open", n)
	}
}

func TestEndlessReplyIsCutOff(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		line := []byte("220-" + strings.Repeat("x", 4096) + "\r\n")
		for err == nil {
			_, err = c.Write(line)
		}
		_ = c.Close()
	}()
	relay := &Relay{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: TLSNone}
	failed := wantSendError(t, relay.Probe(t.Context()), StageHello, Network)
	if !errors.Is(failed, errReplyTooLong) {
		t.Errorf("error %v, want %v", failed, errReplyTooLong)
	}
}

func TestErrorsRepeatNoAddress(t *testing.T) {
	server := startRelay(t)
	server.play(func(step string, _ int) any {
		if step == "rcpt" {
			return refuse(550, 5, "<lead@example.com>: user lead@example.com unknown, "+strings.Repeat("see help ", 100))
		}
		return nil
	})
	err := server.relay(t, TLSNone).Send(t.Context(), testEnvelope(), testMail, always)
	if text := err.Error(); strings.Contains(text, "@") || !strings.Contains(text, "unknown") || len(text) > 400 {
		t.Errorf("the error is %q", text)
	}
}
