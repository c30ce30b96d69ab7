package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const sesame = "open sesame"

func TestSecretIsReadAnewAtEachLogin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "imap")
	s := SecretFile(path)
	for _, password := range []string{sesame, " changed with blanks "} {
		if err := os.WriteFile(path, []byte(password+"\r\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Read(); got != password || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, password)
		}
	}
	t.Setenv("DESK_PASSWORD", sesame)
	if got, err := SecretEnv("DESK_PASSWORD").Read(); got != sesame || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestUnreadableSecretNamesItsSource(t *testing.T) {
	dir := t.TempDir()
	empty, large := filepath.Join(dir, "empty"), filepath.Join(dir, "large")
	for path, text := range map[string]string{empty: "\n", large: strings.Repeat(sesame, 10_000)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("DESK_PASSWORD", "")
	for name, s := range map[string]Secret{
		filepath.Join(dir, "absent"): SecretFile(filepath.Join(dir, "absent")),
		empty:                        SecretFile(empty),
		large:                        SecretFile(large),
		"DESK_PASSWORD":              SecretEnv("DESK_PASSWORD"),
		"none is configured":         {},
	} {
		_, err := s.Read()
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), sesame) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestSecretIsNeverPrinted: neither a secret's value nor where it is kept gets
// out by any of the ways in which a configuration may be printed.
func TestSecretIsNeverPrinted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept-here")
	if err := os.WriteFile(path, []byte(sesame), 0o600); err != nil {
		t.Fatal(err)
	}
	c := Config{Inboxes: []Inbox{{Password: SecretFile(path), OAuth2: &OAuth2{ClientSecret: SecretFile(path)}}}, Web: Web{Token: SecretFile(path)}}
	var out bytes.Buffer
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		fmt.Fprintf(&out, format, c.Web)
		fmt.Fprintf(&out, format, c.Web.Token)
		fmt.Fprintf(&out, format, &c.Web.Token)
	}
	fmt.Fprintf(&out, "%v %+v %#v", c, c, c)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "config", c, "token", c.Web.Token)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "web", c.Web, "token", c.Web.Token)
	if err := json.NewEncoder(&out).Encode(c.Web); err != nil {
		t.Fatal(err)
	}
	if err := yaml.NewEncoder(&out).Encode(c.Web); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), sesame) || strings.Contains(out.String(), "kept-here") {
		t.Errorf("a secret is shown: %s", out.String())
	}
	if n := strings.Count(out.String(), hidden); n < 20 {
		t.Errorf("%q stands %d times in: %s", hidden, n, out.String())
	}
}

// TestNoLineBesideAMistakeIsShown: whatever stands around a mistake stays in
// the file.
func TestNoLineBesideAMistakeIsShown(t *testing.T) {
	for _, broken := range []string{
		"smtp:\n  client_id: opensesame\n from: x\n",
		"opensesame\npolicy: [\n",
		"a: {b: opensesame\nc: \"opensesame\n",
		"ops: [opensesame@example.com\npolicy: {}\n",
		"- opensesame\n",
		"redis: opensesame\n",
		"redis: {url: opensesame}\n",
		"redis: {url: 'redis://:opensesame#@host'}\n",
		"redis: {url: 'redis://a:opensesame/b'}\n",
		"smtp: {url: 'smtps://desk:opensesame%@smtp.example.com'}\n",
		"smtp: {url: 'desk:opensesame@smtp.example.com'}\n",
		"smtp: {password_file: [opensesame], password_env: 'opensesame!'}\n",
		"inboxes: [{oauth2: {token_url: 'https://desk:opensesame@login.example.com/', client_secret: opensesame}}]\n",
	} {
		_, err := Parse("desk.yaml", []byte(broken))
		if err == nil || strings.Contains(err.Error(), "opensesame") {
			t.Errorf("%q: got %v", broken, err)
		}
	}
}
