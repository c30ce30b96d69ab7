package daemon

import (
	"fmt"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"escalationd/internal/config"
)

func TestARedisThatAnswersIsLeftToTheCommand(t *testing.T) {
	server := miniredis.RunT(t)
	c, err := config.Parse("desk.yaml", fmt.Appendf(nil, `
inboxes: [{name: desk, url: "imap://desk@127.0.0.1:1/INBOX", password_env: NONE}]
smtp: {url: "smtp://127.0.0.1:1", from: "desk@example.com"}
redis: {url: "redis://%s/0"}
ladder: [{level: 1, name: Leader, contacts: {"*": ["lead@example.com"]}}]
`, server.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	rdb := OpenRedis(c.Redis)
	defer rdb.Close()
	for answer, want := range map[string]string{
		"": "", "MISCONF writes are refused": "", "NOAUTH Authentication required.": "check redis.url and the password",
	} {
		server.SetError(answer)
		if err := reachRedis(t.Context(), rdb, c.Redis); (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("a Redis that answers %q: %v, want %q", answer, err, want)
		}
	}
}

func TestARedisThatMayLoseEscalationsIsNamed(t *testing.T) {
	for _, c := range []struct {
		facts   RedisFacts
		problem string // empty: none
	}{
		{RedisFacts{Version: "6.2.0", Persists: true}, ""},
		{RedisFacts{Version: "7.0.15", Persists: true}, ""},
		{RedisFacts{Version: "10.1.0", Persists: true}, ""},
		{RedisFacts{Version: "6.0.20", Persists: true}, "6.0.20 is too old"},
		{RedisFacts{Version: "5.0.14", Persists: true}, "5.0.14 is too old"},
		{RedisFacts{Version: "7.2.4"}, "appendonly"},
		{RedisFacts{Version: "7.2.4", Persists: true, Evicts: "allkeys-lru"}, "allkeys-lru"},
	} {
		trouble := c.facts.Trouble()
		switch {
		case c.problem == "" && trouble != nil:
			t.Errorf("%+v: %v", c.facts, trouble)
		case c.problem != "" && (trouble == nil || !strings.Contains(trouble.Problem, c.problem)):
			t.Errorf("%+v: %v, want a word on %q", c.facts, trouble, c.problem)
		}
	}
}
