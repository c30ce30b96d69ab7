package demo

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"escalationd/internal/config"
	"escalationd/internal/feed"
	"escalationd/internal/mailserver"
	"escalationd/mailparse"
)

func TestEachSampleEndsAsExpected(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := Run(t.Context(), Options{Once: true, Out: &out}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if !strings.Contains(out.String(), "Each sample ended as expected.") {
		t.Error(out.String())
	}
	dir := regexp.MustCompile(`\S*escalationd-demo-\S*`).FindString(out.String())
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder %q is still there: %v", dir, err)
	}
}

// output hands on what is written, and lets a test wait for words in it.
type output struct {
	mu   chan struct{}
	text bytes.Buffer
	more chan struct{}
}

func newOutput() *output {
	return &output{mu: make(chan struct{}, 1), more: make(chan struct{}, 1)}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu <- struct{}{}
	defer func() { <-o.mu }()
	select {
	case o.more <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu <- struct{}{}
	defer func() { <-o.mu }()
	return o.text.String()
}

func (o *output) await(t *testing.T, pattern string) []string {
	t.Helper()
	timeout := time.After(2 * time.Minute)
	for {
		if found := regexp.MustCompile(pattern).FindStringSubmatch(o.String()); found != nil {
			return found
		}
		select {
		case <-o.more:
		case <-timeout:
			t.Fatalf("%q is missing in:\n%s", pattern, o.String())
		}
	}
}

func TestItStaysUpForOwnMailAndStopsCleanly(t *testing.T) {
	t.Parallel()
	out := newOutput()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, Options{Out: out}) }()

	own := out.await(t, `(?m)^  curl [^\n]*smtp://(\S+)[^\n]*\n[^\n]*\n +(\S+own.eml)$`)
	board := out.await(t, `board +(http://\S+)`)
	out.await(t, `What happens now is told below`)
	raw, err := os.ReadFile(own[2])
	if err != nil {
		t.Fatal(err)
	}
	if err := send(own[1], "it@meadow.test", deskAddress, raw); err != nil {
		t.Fatal(err)
	}
	out.await(t, `(?s)a mail came in.*it@meadow\.test.*EX-10702.*accepted.*to us-lead@example\.com`)
	response, err := http.Get(board[1] + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("/readyz answers %s", response.Status)
	}
	letters, err := filepath.Glob(filepath.Join(filepath.Dir(own[2]), "letters", "*-us-lead@example.com.eml"))
	if err != nil || len(letters) < 2 {
		t.Errorf("letters kept as files: %v, %v", letters, err)
	}

	cancel()
	if err := <-ended; err != nil {
		t.Errorf("stopped with %v", err)
	}
	if c, err := net.Dial("tcp", own[1]); err == nil {
		_ = c.Close()
		t.Error("the mail server still listens")
	}
}

func TestMailServerAloneTellsWhatItDelivers(t *testing.T) {
	t.Parallel()
	out := newOutput()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- ServeMail(ctx, MailOptions{IMAP: "127.0.0.1:0", SMTP: "127.0.0.1:0", Out: out}) }()
	addr := out.await(t, `SMTP +([0-9.:]+)`)[1]
	mail := []byte("From: a@customer.test\r\nTo: escalations@example.com\r\nSubject: One\r\n\r\nHi\r\n")
	if err := send(addr, "a@customer.test", deskAddress, mail); err != nil {
		t.Fatal(err)
	}
	out.await(t, `a@customer\.test → escalations@example\.com: One`)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestTrialWithContainersIsConsistent(t *testing.T) {
	t.Parallel()
	const dir = "../../docs/compose/"
	c, err := config.Load(dir + "escalationd.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Inboxes[0].URL.User(); got != deskAddress {
		t.Errorf("the desk logs in as %s; the mail server knows %s", got, deskAddress)
	}
	if c.Inboxes[0].AuthservID != authserv {
		t.Errorf("authserv_id is %s; the mail server stamps %s", c.Inboxes[0].AuthservID, authserv)
	}
	if secret, err := os.ReadFile(dir + "secrets/imap.txt"); err != nil || strings.TrimSpace(string(secret)) != password {
		t.Errorf("the password is %q, %v", secret, err)
	}
	read := func(name string) io.Reader {
		t.Helper()
		data, err := os.ReadFile(dir + name)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.NewReader(data)
	}
	if _, err := feed.Accounts(read("accounts.csv"), "accounts.csv"); err != nil {
		t.Error(err)
	}
	cases, err := feed.Cases(read("cases.csv"), "cases.csv")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(read("mail.eml"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := mailparse.Parse(raw)
	if err != nil || len(m.Forms) != 1 || m.Forms[0].CaseNumber != cases[0].Number || len(m.Problems) > 0 {
		t.Errorf("mail.eml reads as %+v with %v, %v", m.Forms, m.Problems, err)
	}
}

func TestBusyPortIsGivenUpForAFreeOne(t *testing.T) {
	t.Parallel()
	s, err := mailserver.Start(mailserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if got := choose(true, s.IMAPAddr()); got == s.IMAPAddr() {
		t.Errorf("%s is taken", got)
	}
}
