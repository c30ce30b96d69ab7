package inbox_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"escalationd/internal/inbox"
	"escalationd/internal/realserver"
)

func password(pw string) func(context.Context) (inbox.Credentials, error) {
	return func(context.Context) (inbox.Credentials, error) {
		return inbox.Credentials{Username: realserver.User, Password: pw}, nil
	}
}

func dovecotOptions(s *realserver.DovecotServer) inbox.Options {
	return inbox.Options{Name: "desk", Addr: s.Addr, Security: inbox.Plain, Auth: password(realserver.Password),
		Processed: "Processed", Quarantine: "Quarantine", Poll: 2 * time.Second,
		FileAfter: 300 * time.Millisecond, OpTimeout: 5 * time.Second}
}

func testMail(n int) []byte {
	return fmt.Appendf(nil, "From: customer@example.org\r\nMessage-ID: <%d@example.org>\r\nSubject: mail %d\r\n\r\nbody of %d\r\n", n, n, n)
}

func fill(s *realserver.DovecotServer, n int) {
	for i := 1; i <= n; i++ {
		s.Deliver("INBOX", testMail(i))
	}
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	realserver.Eventually(t, time.Minute, what, cond)
}

// filed waits until n mails are in Processed and none is left.
func filed(t *testing.T, s *realserver.DovecotServer, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d mails are filed", n), func() bool { return s.Count("Processed") == n && s.Count("INBOX") == 0 })
}

// exactlyOnce checks that each of n different mails was handed over whole once.
func exactlyOnce(t *testing.T, d *desk, n int) {
	t.Helper()
	seen := map[string]int{}
	for _, m := range d.got() {
		if len(m.Raw) == 0 {
			t.Errorf("%s was not fetched: %s", m.Location(), m.Unfetched)
		}
		seen[string(m.Raw)]++
	}
	for i := 1; i <= n; i++ {
		if seen[string(testMail(i))] != 1 {
			t.Errorf("mail %d was handed over %d times", i, seen[string(testMail(i))])
		}
	}
}

func TestDovecotFloodIsFiledByFewMoves(t *testing.T) {
	t.Parallel()
	s, d, wire := realserver.Dovecot(t), &desk{}, &tap{}
	fill(s, 300)
	o := dovecotOptions(s)
	o.Dial = wire.dial(s.Addr)
	run(t, o, d)
	filed(t, s, 300)
	exactlyOnce(t, d, 300)
	if n := wire.count("UID MOVE"); n > 4 {
		t.Errorf("300 mails took %d MOVEs", n)
	}
	if slices.Max(d.batches) > 50 {
		t.Errorf("batches were %v", d.batches)
	}
	processed := s.List("Processed")
	if len(processed) != 300 {
		t.Errorf("Processed holds %d mails", len(processed))
	}
	for _, m := range processed {
		if slices.Contains(m.Flags, `\Seen`) {
			t.Fatal("a mail was marked as seen")
		}
	}
	if bad := wire.count("EXPUNGE") + wire.count("STORE"); bad != 0 {
		t.Errorf("%d other commands touched mails", bad)
	}
}

func TestDovecotAnnouncesALoneMail(t *testing.T) {
	t.Parallel()
	s, d := realserver.Dovecot(t), &desk{}
	o := dovecotOptions(s)
	o.Poll = time.Minute
	b, _ := run(t, o, d)
	eventually(t, "it is connected", func() bool { return b.Status().Connected })
	began := time.Now()
	s.Deliver("INBOX", testMail(1))
	eventually(t, "the mail is filed", func() bool { return s.Count("Processed") == 1 })
	if took := time.Since(began); took >= o.Poll {
		t.Errorf("it took %s, no less than a poll", took)
	}
}

func TestDovecotWithoutMoveKeepsWhatOthersMarkedAsDeleted(t *testing.T) {
	t.Parallel()
	s := realserver.Dovecot(t, realserver.DovecotConfig("protocol imap {\n imap_capability = IMAP4rev1 SASL-IR IDLE UIDPLUS\n}"))
	fill(s, 20)
	s.Doveadm("flags", "add", "-u", realserver.User, `\Deleted`, "mailbox", "INBOX", "header", "subject", "mail 7")
	d := &desk{verdict: func(m inbox.Mail) inbox.Verdict {
		if strings.Contains(string(m.Raw), "Subject: mail 7\r\n") {
			return inbox.Stay
		}
		return inbox.Quarantine
	}}
	run(t, dovecotOptions(s), d)
	eventually(t, "19 mails are filed", func() bool { return s.Count("Quarantine") == 19 && s.Count("INBOX") == 1 })
	if left := s.List("INBOX"); !slices.Contains(left[0].Flags, `\Deleted`) {
		t.Errorf("left is %+v", left)
	}
}

func TestDovecotWithoutMoveAndUIDPlusKeepsMarkedMails(t *testing.T) {
	t.Parallel()
	s, d := realserver.Dovecot(t, realserver.DovecotConfig("protocol imap {\n imap_capability = IMAP4rev1 SASL-IR IDLE\n}")), &desk{}
	fill(s, 20)
	b, stop := run(t, dovecotOptions(s), d)
	eventually(t, "20 mails are filed", func() bool { return s.Count("Processed") == 20 && b.Status().Unfiled == 0 })
	_ = stop()
	again, _ := run(t, dovecotOptions(s), d)
	eventually(t, "a second daemon has looked", func() bool { return !again.Status().LastSuccess.IsZero() })
	exactlyOnce(t, d, 20)
	for _, m := range s.List("INBOX") {
		if !slices.Contains(m.Flags, `\Deleted`) || !slices.Contains(m.Flags, "$EscalationdDone") {
			t.Errorf("a filed mail has flags %v", m.Flags)
		}
	}
}

func TestDovecotWithNewUIDValidityLosesNothing(t *testing.T) {
	t.Parallel()
	s := realserver.Dovecot(t)
	d := &desk{verdict: func(inbox.Mail) inbox.Verdict { return inbox.Stay }}
	fill(s, 5)
	run(t, dovecotOptions(s), d)
	eventually(t, "the mails were seen", func() bool { return len(d.got()) >= 5 })
	d.change(func(d *desk) { d.mails, d.verdict = nil, nil })
	s.Doveadm("mailbox", "update", "-u", realserver.User, "--uid-validity", "4711", "INBOX")
	s.Kill()
	s.Restart()
	filed(t, s, 5)
	if last := d.got(); last[len(last)-1].UIDValidity != 4711 {
		t.Errorf("the last mail was %s", last[len(last)-1].Location())
	}
}

func TestDovecotKilledAgainAndAgainLosesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	s, d := realserver.Dovecot(t), &desk{}
	fill(s, 400)
	kill := make(chan int, 1)
	d.verdict = func(m inbox.Mail) inbox.Verdict {
		if m.UID%60 == 0 {
			select {
			case kill <- int(m.UID):
			default:
			}
		}
		return inbox.Processed
	}
	run(t, dovecotOptions(s), d)
	for range 5 {
		select {
		case <-kill:
			s.Kill()
			s.Restart()
		case <-time.After(20 * time.Second):
			t.Fatal("no mail comes any more")
		}
	}
	filed(t, s, 400)
	exactlyOnce(t, d, 400)
}

func TestDovecotIsNotAskedForATooLargeMail(t *testing.T) {
	t.Parallel()
	s, d, wire := realserver.Dovecot(t), &desk{}, &tap{}
	s.Deliver("INBOX", testMail(1))
	s.Deliver("INBOX", append(testMail(2), strings.Repeat("0123456789abcde\n", 1<<17)...))
	s.Deliver("INBOX", testMail(3))
	o := dovecotOptions(s)
	o.MaxMessage, o.Dial = 1<<20, wire.dial(s.Addr)
	run(t, o, d)
	filed(t, s, 3)
	got := d.got()
	if len(got) != 3 || got[1].Unfetched != inbox.TooLarge || got[1].Raw != nil || got[1].Size < 2<<20 || got[2].Raw == nil {
		t.Errorf("handed over %+v", got)
	}
	if wire.count("UID FETCH 1,3 (UID BODY.PEEK[]") != 1 {
		t.Errorf("commands were %q", wire.commands)
	}
}

func TestHalfOpenConnectionToDovecotIsReplaced(t *testing.T) {
	t.Parallel()
	s, d, wire := realserver.Dovecot(t), &desk{}, &tap{}
	o := dovecotOptions(s)
	o.Dial, o.Poll, o.OpTimeout = wire.dial(s.Addr), time.Second, time.Second
	b, _ := run(t, o, d)
	eventually(t, "it idles", func() bool { return wire.count("IDLE") > 0 && b.Status().Connected })
	wire.mu.Lock()
	wire.thaw = make(chan struct{})
	wire.mu.Unlock()
	s.Deliver("INBOX", testMail(1))
	eventually(t, "it notices", func() bool { return !b.Status().Connected })
	wire.mu.Lock()
	close(wire.thaw)
	wire.thaw = nil
	wire.mu.Unlock()
	eventually(t, "the mail is filed", func() bool { return s.Count("Processed") == 1 })
}

func TestDovecotFolderThatVanishesKeepsMailsUntilItIsBack(t *testing.T) {
	t.Parallel()
	s, d := realserver.Dovecot(t), &desk{}
	s.Doveadm("mailbox", "create", "-u", realserver.User, "Done")
	o := dovecotOptions(s)
	o.Processed = "Done"
	b, _ := run(t, o, d)
	eventually(t, "it is connected", func() bool { return b.Status().Connected })
	s.Doveadm("mailbox", "delete", "-u", realserver.User, "Done")
	fill(s, 10)
	eventually(t, "the trouble shows", func() bool { return b.Status().Err != nil && b.Status().Unfiled == 10 })
	s.Doveadm("mailbox", "create", "-u", realserver.User, "Done")
	eventually(t, "the mails are filed", func() bool { return s.Count("Done") == 10 && b.Status().Err == nil })
	exactlyOnce(t, d, 10)
}

func TestDovecotFolderThatIsReadOnlyKeepsMailsUntilItIsWritable(t *testing.T) {
	t.Parallel()
	s := realserver.Dovecot(t, realserver.DovecotConfig("mail_plugins = $mail_plugins acl\nplugin {\n acl = vfile::cache_secs=1\n}"))
	rights := func(rights ...string) {
		s.Doveadm(append([]string{"acl", "set", "-u", realserver.User, "Processed", "owner"}, rights...)...)
	}
	rights("lookup", "read")
	d := &desk{}
	fill(s, 5)
	b, _ := run(t, dovecotOptions(s), d)
	eventually(t, "filing fails", func() bool { return b.Status().Unfiled == 5 && b.Status().Err != nil })
	rights("lookup", "read", "write", "insert")
	filed(t, s, 5)
	exactlyOnce(t, d, 5)
}

func TestDovecotInboxThatIsMadeAnewIsServedOn(t *testing.T) {
	t.Parallel()
	s := realserver.Dovecot(t, realserver.DovecotConfig(""))
	s.Doveadm("mailbox", "create", "-u", realserver.User, "Desk")
	o := dovecotOptions(s)
	o.Mailbox = "Desk"
	d := &desk{}
	s.Append("Desk", testMail(1))
	run(t, o, d)
	eventually(t, "the first mail is filed", func() bool { return s.Count("Processed") == 1 })
	s.MakeAnew("Desk")
	s.Append("Desk", testMail(2))
	realserver.Eventually(t, 90*time.Second, "the mail in the new folder is filed", func() bool { return s.Count("Processed") == 2 })
	exactlyOnce(t, d, 2)
}

func TestPeopleMayReadMoveAndDeleteMeanwhile(t *testing.T) {
	t.Parallel()
	s := realserver.Dovecot(t)
	hold := make(chan struct{})
	d := &desk{verdict: func(inbox.Mail) inbox.Verdict { <-hold; return inbox.Processed }}
	fill(s, 10)
	b, _ := run(t, dovecotOptions(s), d)
	eventually(t, "the mails are fetched", func() bool { return b.Status().Waiting == 10 })
	s.Doveadm("flags", "add", "-u", realserver.User, `\Seen`, "mailbox", "INBOX", "all")
	s.Doveadm("move", "-u", realserver.User, "Quarantine", "mailbox", "INBOX", "header", "subject", "mail 3")
	s.Doveadm("expunge", "-u", realserver.User, "mailbox", "INBOX", "header", "subject", "mail 5")
	close(hold)
	filed(t, s, 8)
	if n := s.Count("Quarantine"); n != 1 {
		t.Errorf("Quarantine holds %d mails", n)
	}
	eventually(t, "nothing is left to file", func() bool { return b.Status().Unfiled == 0 && b.Status().Err == nil })
}

func TestDovecotTLS(t *testing.T) {
	t.Parallel()
	s := realserver.Dovecot(t)
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	for name, o := range map[string]inbox.Options{
		"implicit": {Addr: s.TLSAddr, Security: inbox.ImplicitTLS},
		"starttls": {Addr: s.Addr, Security: inbox.StartTLS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o.Name, o.Processed, o.Quarantine = "desk", "Processed", "Quarantine"
			asked := 0
			o.Auth = func(ctx context.Context) (inbox.Credentials, error) {
				asked++
				return password(realserver.Password)(ctx)
			}
			probe := func() (inbox.Facts, error) {
				b, err := inbox.New(o)
				if err != nil {
					t.Fatal(err)
				}
				return b.Probe(t.Context())
			}
			var setup *inbox.SetupError
			if _, err := probe(); !errors.As(err, &setup) || asked != 0 || !strings.Contains(err.Error(), "certificate") {
				t.Errorf("an unknown authority: %v; asked for the password %d times", err, asked)
			}
			o.TLSConfig = &tls.Config{RootCAs: pool}
			facts, err := probe()
			if err != nil || !slices.Contains(facts.Capabilities, "MOVE") {
				t.Errorf("Probe says %+v, %v", facts, err)
			}
			o.TLSConfig.ServerName = "imap.example.com"
			if _, err := probe(); !errors.As(err, &setup) || asked != 1 {
				t.Errorf("a wrong host: %v; asked for the password %d times", err, asked)
			}
			o.TLSConfig = &tls.Config{RootCAs: pool, Time: func() time.Time { return time.Now().Add(48 * time.Hour) }}
			if _, err := probe(); !errors.As(err, &setup) || asked != 1 || !strings.Contains(err.Error(), "expired") {
				t.Errorf("an expired certificate: %v; asked for the password %d times", err, asked)
			}
		})
	}
}

func TestDovecotRefusesAWrongPassword(t *testing.T) {
	t.Parallel()
	s := realserver.Dovecot(t)
	s.SetPassword(realserver.User, "another password")
	b, err := inbox.New(dovecotOptions(s))
	if err != nil {
		t.Fatal(err)
	}
	var setup *inbox.SetupError
	if err := b.Run(t.Context(), &desk{}); !errors.As(err, &setup) || !setup.Login || !setup.Permanent {
		t.Errorf("Run says %v", err)
	}
	s.SetPassword(realserver.User, realserver.Password)
	fill(s, 3)
	if facts, err := b.Probe(t.Context()); err != nil || facts.Mails != 3 || facts.Processed != 0 {
		t.Errorf("Probe says %+v, %v", facts, err)
	}
}
