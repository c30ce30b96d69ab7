package realserver_test

import (
	"bufio"
	"bytes"
	"net"
	"net/smtp"
	"slices"
	"strings"
	"testing"
	"time"

	"escalationd/internal/realserver"
)

const mail = "From: customer@example.org\r\nTo: desk@example.com\r\nSubject: hello\r\n\r\n.body\r\n\r\nend\r\n"

func TestDovecotKeepsItsMailsOverAKill(t *testing.T) {
	s := realserver.Dovecot(t)
	s.Append("INBOX", []byte(mail))
	s.Deliver("INBOX", []byte(mail))
	s.Deliver("Quarantine", []byte(mail))
	s.Kill()
	s.Restart()
	got := s.List("INBOX")
	if len(got) != 2 || !bytes.Equal(got[0].Raw, []byte(mail)) || !bytes.Equal(got[1].Raw, []byte(mail)) {
		t.Errorf("INBOX holds %+v", got)
	}
	if n := s.Count("Quarantine"); n != 1 {
		t.Errorf("Quarantine holds %d mails, want 1", n)
	}
	if out := s.Doveadm("mailbox", "list", "-u", realserver.User); !strings.Contains(out, "Processed") {
		t.Errorf("doveadm lists %q", out)
	}
}

func TestRedisKeepsItsDataOverARestart(t *testing.T) {
	s := realserver.Redis(t, "appendfsync always")
	command := func(cmd string) string {
		c, err := net.Dial("tcp", s.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Write([]byte(cmd + "\r\n"))
		line, _ := bufio.NewReader(c).ReadString('\n')
		return strings.TrimSpace(line)
	}
	if got := command("SETNX kept 1"); got != ":1" {
		t.Fatalf("SETNX answers %q", got)
	}
	s.Kill()
	s.Restart()
	if got := command("EXISTS kept"); got != ":1" {
		t.Errorf("EXISTS answers %q after a kill", got)
	}
}

func TestAnAddressIsGivenToOneTestAtATime(t *testing.T) {
	given := map[string]bool{}
	for range 500 {
		addr := realserver.FreeAddr(t)
		if given[addr] {
			t.Fatalf("%s is given twice", addr)
		}
		given[addr] = true
	}
}

func TestSMTPSinkShowsWhatItReceived(t *testing.T) {
	s := realserver.SMTPSink(t)
	for _, to := range []string{"one@example.org", "two@example.org"} {
		if err := smtp.SendMail(s.Addr, nil, "bounce@example.com", []string{to, "copy@example.org"}, []byte(mail)); err != nil {
			t.Fatal(err)
		}
	}
	realserver.Eventually(t, time.Minute, "two mails are dumped", func() bool { return len(s.Mails()) == 2 })
	mails := s.Mails()
	m := mails[slices.IndexFunc(mails, func(m realserver.SinkMail) bool { return slices.Contains(m.To, "one@example.org") })]
	if !strings.HasPrefix(m.From, "<bounce@example.com>") || strings.Join(m.To, " ") != "one@example.org copy@example.org" {
		t.Errorf("envelope is %q to %q", m.From, m.To)
	}
	if want := strings.ReplaceAll(mail, "\r\n", "\n"); string(m.Raw) != want {
		t.Errorf("mail is %q, want %q", m.Raw, want)
	}
}

func TestSMTPSinkRefusesAsTold(t *testing.T) {
	s := realserver.SMTPSink(t, "-f", "RCPT")
	if err := smtp.SendMail(s.Addr, nil, "a@example.com", []string{"b@example.org"}, []byte(mail)); err == nil {
		t.Error("a sink that refuses recipients took a mail")
	}
	if got := s.Mails(); len(got) != 0 {
		t.Errorf("a refused mail is listed: %+v", got)
	}
}
