package daemon

import (
	"crypto/tls"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"escalationd/internal/config"
	"escalationd/internal/inbox"
)

func TestNothingIsToldToServersThatSpeakNoTLSFrom12On(t *testing.T) {
	old := httptest.NewUnstartedServer(nil)
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	t.Cleanup(old.Close)
	addr := old.Listener.Addr().String()
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	path := filepath.Join(dir, "escalationd.yaml")
	text := fmt.Sprintf(`
inboxes:
  - {name: password, url: "imaps://desk@%[1]s/INBOX", password_file: %[2]s}
  - name: token
    url: "imaps://other@%[1]s/INBOX"
    oauth2: {token_url: "https://%[1]s/token", client_id: desk, client_secret_file: %[2]s}
smtp: {url: "smtps://desk@%[1]s", password_file: %[2]s, from: desk@example.com}
redis: {url: "rediss://%[1]s/0"}
ladder: [{level: 1, name: Leader, contacts: {"*": [lead@example.com]}}]
`, addr, secret)
	for name, content := range map[string]string{secret: "canary\n", path: text} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	rdb := OpenRedis(c.Redis)
	defer rdb.Close()
	relay := newRelay(c.SMTP, newRelayLogin(c))
	defer relay.Close()
	box, err := inbox.New(inboxOptions(c.Inboxes[0], c.Policy, newLogin(c, c.Inboxes[0]), nil))
	if err != nil {
		t.Fatal(err)
	}
	_, boxErr := box.Probe(t.Context())
	_, tokenErr := newLogin(c, c.Inboxes[1]).accessToken(t.Context())
	for what, err := range map[string]error{
		"the inbox": boxErr, "the token server": tokenErr, "the relay": relay.Probe(t.Context()), "Redis": rdb.Ping(t.Context()).Err(),
	} {
		if err == nil || !strings.Contains(err.Error(), "protocol version") {
			t.Errorf("%s with TLS 1.1 is answered: %v", what, err)
		}
	}
}
