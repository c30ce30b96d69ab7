package daemon

import (
	"strings"
	"testing"
)

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
