package realserver

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// The account that a DovecotServer has unless told otherwise.
const (
	User     = "desk@example.com"
	Password = "correct horse"
)

// DovecotServer is a running Dovecot with maildirs. Each account has INBOX,
// Processed and Quarantine. After Kill, Restart brings it back on the same
// ports with the same mails.
type DovecotServer struct {
	Addr    string // without TLS, STARTTLS offered
	TLSAddr string // TLS from the first byte
	CAFile  string // PEM; signs for localhost and 127.0.0.1

	t         testing.TB
	dir       string
	accounts  map[string]string
	extra     []string
	program   string
	owner     *user.User
	process   *process
	delivered int
}

// DovecotOption changes the configuration of a DovecotServer.
type DovecotOption func(*DovecotServer)

// DovecotConfig adds lines to dovecot.conf, such as
// "protocol imap {\n imap_capability = IMAP4rev1 IDLE\n}".
func DovecotConfig(lines string) DovecotOption {
	return func(s *DovecotServer) { s.extra = append(s.extra, lines) }
}

// DovecotAccount adds an account.
func DovecotAccount(user, password string) DovecotOption {
	return func(s *DovecotServer) { s.accounts[user] = password }
}

// Dovecot starts a Dovecot 2.3 that ends with the test.
func Dovecot(t testing.TB, opts ...DovecotOption) *DovecotServer {
	t.Helper()
	s := &DovecotServer{t: t, program: program(t, "dovecot", "dovecot-imapd"), dir: shortDir(t),
		owner: mailOwner(t), Addr: FreeAddr(t), TLSAddr: FreeAddr(t), accounts: map[string]string{User: Password}}
	for _, o := range opts {
		o(s)
	}
	s.CAFile = filepath.Join(s.dir, "cert.pem")
	writeCertificate(t, s.CAFile, filepath.Join(s.dir, "key.pem"))
	s.writeAccounts()
	write(t, s.conf(), s.config())
	for _, sub := range []string{"mail", "home"} {
		s.mkdir(filepath.Join(s.dir, sub))
	}
	t.Cleanup(func() {
		s.process.end(syscall.SIGTERM)
		if log, err := os.ReadFile(filepath.Join(s.dir, "dovecot.log")); err == nil && t.Failed() {
			t.Logf("dovecot: %s", log)
		}
	})
	s.Restart()
	return s
}

// Restart starts Dovecot, ending it first where it runs.
func (s *DovecotServer) Restart() {
	s.t.Helper()
	s.process.end(syscall.SIGTERM)
	s.process = start(s.t, s.Addr, s.program, "-F", "-c", s.conf())
}

// Kill ends Dovecot and all its processes at once, as a power cut does.
func (s *DovecotServer) Kill() { s.process.end(syscall.SIGKILL) }

// SetPassword changes the password of an account at once.
func (s *DovecotServer) SetPassword(user, password string) {
	s.t.Helper()
	s.accounts[user] = password
	s.writeAccounts()
}

// Deliver puts a mail into a folder of the default account as a local delivery
// agent does, whether Dovecot runs or not.
func (s *DovecotServer) Deliver(mailbox string, raw []byte) {
	s.t.Helper()
	s.DeliverTo(User, mailbox, raw)
}

// DeliverTo is Deliver for any account.
func (s *DovecotServer) DeliverTo(user, mailbox string, raw []byte) {
	s.t.Helper()
	dir := filepath.Join(s.dir, "mail", user)
	s.mkdir(dir)
	if mailbox != "INBOX" {
		dir = filepath.Join(dir, "."+mailbox)
		s.mkdir(dir)
	}
	for _, sub := range []string{"tmp", "new", "cur"} {
		s.mkdir(filepath.Join(dir, sub))
	}
	s.delivered++
	now := time.Now()
	// S is the size, W that with CRLF; without them Dovecot reads the mail to tell RFC822.SIZE.
	crlf := len(raw) + bytes.Count(raw, []byte("\n")) - bytes.Count(raw, []byte("\r\n"))
	name := fmt.Sprintf("%d.M%06dP1Q%06d.example,S=%d,W=%d", now.Unix(), now.Nanosecond()/1000, s.delivered, len(raw), crlf)
	tmp := filepath.Join(dir, "tmp", name)
	write(s.t, tmp, string(raw))
	s.give(tmp)
	if err := os.Rename(tmp, filepath.Join(dir, "new", name)); err != nil {
		s.t.Fatal(err)
	}
}

// Append puts a mail into a folder of the default account by IMAP.
func (s *DovecotServer) Append(mailbox string, raw []byte) {
	s.t.Helper()
	s.client(User, func(c *imapclient.Client) error {
		cmd := c.Append(mailbox, int64(len(raw)), nil)
		if _, err := cmd.Write(raw); err != nil {
			return err
		}
		if err := cmd.Close(); err != nil {
			return err
		}
		_, err := cmd.Wait()
		return err
	})
}

// StoredMail is a mail as it lies in a folder.
type StoredMail struct {
	UID   uint32
	Flags []string
	Raw   []byte
}

// List returns the mails in a folder of the default account, in UID order.
func (s *DovecotServer) List(mailbox string) []StoredMail {
	s.t.Helper()
	return s.ListOf(User, mailbox)
}

// ListOf is List for any account.
func (s *DovecotServer) ListOf(user, mailbox string) (mails []StoredMail) {
	s.t.Helper()
	s.client(user, func(c *imapclient.Client) error {
		data, err := c.Select(mailbox, &imap.SelectOptions{ReadOnly: true}).Wait()
		if err != nil || data.NumMessages == 0 {
			return err
		}
		msgs, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, Flags: true,
			BodySection: []*imap.FetchItemBodySection{{Peek: true}}}).Collect()
		for _, m := range msgs {
			mail := StoredMail{UID: uint32(m.UID), Raw: m.BodySection[0].Bytes}
			for _, f := range m.Flags {
				mail.Flags = append(mail.Flags, string(f))
			}
			mails = append(mails, mail)
		}
		return err
	})
	slices.SortFunc(mails, func(a, b StoredMail) int { return int(a.UID) - int(b.UID) })
	return mails
}

// Count returns how many mails a folder of the default account holds.
func (s *DovecotServer) Count(mailbox string) (n int) {
	s.t.Helper()
	s.client(User, func(c *imapclient.Client) error {
		data, err := c.Status(mailbox, &imap.StatusOptions{NumMessages: true}).Wait()
		if err == nil {
			n = int(*data.NumMessages)
		}
		return err
	})
	return n
}

// Doveadm runs doveadm on this server and returns its output.
func (s *DovecotServer) Doveadm(args ...string) string {
	s.t.Helper()
	out, err := s.doveadm(args...)
	if err != nil {
		s.t.Fatalf("doveadm %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return out
}

func (s *DovecotServer) doveadm(args ...string) (string, error) {
	s.t.Helper()
	out, err := exec.Command(program(s.t, "doveadm", "dovecot-imapd"), append([]string{"-c", s.conf()}, args...)...).CombinedOutput()
	return string(out), err
}

// MakeAnew deletes a mailbox of User's and creates it again. A session that has
// it open may bring it back in between; then it is deleted once more.
func (s *DovecotServer) MakeAnew(mailbox string) {
	s.t.Helper()
	s.Doveadm("mailbox", "delete", "-u", User, mailbox)
	Eventually(s.t, time.Minute, mailbox+" is made anew", func() bool {
		_, err := s.doveadm("mailbox", "create", "-u", User, mailbox)
		if err != nil {
			_, _ = s.doveadm("mailbox", "delete", "-u", User, mailbox) // or the next create tells
		}
		return err == nil
	})
}

func (s *DovecotServer) client(user string, f func(*imapclient.Client) error) {
	s.t.Helper()
	conn, err := net.DialTimeout("tcp", s.Addr, 10*time.Second)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	c := imapclient.New(conn, nil)
	defer c.Close()
	if err := c.Login(user, s.accounts[user]).Wait(); err != nil {
		s.t.Fatal(err)
	}
	if err := f(c); err != nil {
		s.t.Fatal(err)
	}
}

// mailOwner is who owns the mails: Dovecot serves none of root's.
func mailOwner(t testing.TB) *user.User {
	t.Helper()
	u, err := user.Current()
	if err == nil && u.Uid == "0" {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (s *DovecotServer) mkdir(dir string) {
	s.t.Helper()
	switch err := os.Mkdir(dir, 0o700); {
	case err == nil:
		s.give(dir)
	case !errors.Is(err, fs.ErrExist):
		s.t.Fatal(err)
	}
}

// give hands a file or folder to the owner of the mails.
func (s *DovecotServer) give(path string) {
	s.t.Helper()
	if os.Getuid() != 0 {
		return
	}
	uid, _ := strconv.Atoi(s.owner.Uid)
	gid, _ := strconv.Atoi(s.owner.Gid)
	if err := os.Chown(path, uid, gid); err != nil {
		s.t.Fatal(err)
	}
}

func (s *DovecotServer) conf() string { return filepath.Join(s.dir, "dovecot.conf") }

func (s *DovecotServer) writeAccounts() {
	s.t.Helper()
	var b strings.Builder
	for user, password := range s.accounts {
		fmt.Fprintf(&b, "%s:{PLAIN}%s\n", user, password)
	}
	tmp := filepath.Join(s.dir, "users.new")
	write(s.t, tmp, b.String())
	if err := os.Rename(tmp, filepath.Join(s.dir, "users")); err != nil {
		s.t.Fatal(err)
	}
}

func (s *DovecotServer) config() string {
	me, err := user.Current()
	if err != nil {
		s.t.Fatal(err)
	}
	group, err := user.LookupGroupId(me.Gid)
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.NewReplacer("DIR", s.dir, "USER", me.Username, "GROUP", group.Name,
		"LOGIN", s.owner.Username, "UID", s.owner.Uid, "GID", s.owner.Gid,
		"TLSPORT", port(s.TLSAddr), "PORT", port(s.Addr)).Replace(dovecotConf) + strings.Join(s.extra, "\n") + "\n"
}

const dovecotConf = `
base_dir = DIR/run
state_dir = DIR/state
log_path = DIR/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = USER
default_login_user = LOGIN
default_internal_group = GROUP
first_valid_uid = 0
first_valid_gid = 0
auth_verbose = yes
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
ssl = yes
ssl_cert = <DIR/cert.pem
ssl_key = <DIR/key.pem
mail_location = maildir:DIR/mail/%u
mail_max_userip_connections = 1000
mail_fsync = never
service imap-login {
  chroot =
  inet_listener imap {
    port = PORT
  }
  inet_listener imaps {
    port = TLSPORT
    ssl = yes
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
service anvil {
  chroot =
}
passdb {
  driver = passwd-file
  args = username_format=%u DIR/users
}
userdb {
  driver = static
  args = uid=UID gid=GID home=DIR/home/%u
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Processed {
    auto = create
  }
  mailbox Quarantine {
    auto = create
  }
}
`
