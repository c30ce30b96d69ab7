package mailparse

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// expectation is what testdata/NN-name.json says of NN-name.eml.
type expectation struct {
	Why       string     `json:"why"`
	Automatic *Automatic `json:"automatic"`
	Forms     []Form     `json:"forms"`
	Problems  *[]Problem `json:"problems"`
	Command   *Verb      `json:"command"`
}

func TestCorpusIsReadAsWritten(t *testing.T) {
	parser := NewParser(Options{})
	for _, pattern := range []string{"testdata/*.eml", "testdata/private/*.eml"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			t.Run(filepath.Base(name), func(t *testing.T) { checkMail(t, parser, name) })
		}
	}
}

func checkMail(t *testing.T, parser *Parser, name string) {
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(strings.TrimSuffix(name, ".eml") + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var want expectation
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	msg, err := parser.Parse(raw)
	if err != nil {
		t.Errorf("parse: %v", err)
	}
	got := msg.Summary()
	if !reflect.DeepEqual(got.Automatic, want.Automatic) {
		t.Errorf("automatic: got %q (%s), want %q", msg.Automatic, msg.AutomaticReason, value(want.Automatic))
	}
	if !reflect.DeepEqual(got.Command, want.Command) {
		t.Errorf("command: got %q, want %q", value(got.Command), value(want.Command))
	}
	if len(got.Forms) != len(want.Forms) {
		t.Fatalf("forms: got %d, want %d\n%+v\n%s", len(got.Forms), len(want.Forms), got.Forms, want.Why)
	}
	for i := range want.Forms {
		compareForms(t, got.Forms[i], want.Forms[i])
	}
	if want.Problems != nil && !sameProblems(got.Problems, *want.Problems) {
		t.Errorf("problems: got %v, want %v", got.Problems, *want.Problems)
	}
	if t.Failed() {
		t.Log(want.Why)
	}
}

func compareForms(t *testing.T, got, want Form) {
	t.Helper()
	for _, f := range fields {
		g, w := strings.Join(strings.Fields(*got.value(f)), " "), strings.Join(strings.Fields(*want.value(f)), " ")
		if g != w {
			t.Errorf("%s:\n got  %q\n want %q", f, g, w)
		}
	}
	if want.Contacts != nil && !sameContacts(got.Contacts, want.Contacts) {
		t.Errorf("contacts: got %v, want %v", got.Contacts, want.Contacts)
	}
}

func sameProblems(got, want []Problem) bool {
	return len(got) == len(want) && !slices.ContainsFunc(want, func(p Problem) bool { return !slices.Contains(got, p) })
}

func value[T ~string](p *T) T {
	if p == nil {
		return ""
	}
	return *p
}

// sameContacts compares without regard to order, which means nothing.
func sameContacts(got, want []Contact) bool {
	return len(got) == len(want) && !slices.ContainsFunc(want, func(c Contact) bool {
		return !slices.ContainsFunc(got, func(g Contact) bool { return g.Kind == c.Kind && strings.EqualFold(g.Value, c.Value) })
	})
}
