package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse: whatever the file holds, Parse answers with a configuration or
// with mistakes that have a file, a line within it and a sentence.
func FuzzParse(f *testing.F) {
	f.Add(Example())
	seeds, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range seeds {
		data, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("desk.yaml", data)
		if (c == nil) == (err == nil) {
			t.Fatalf("configuration %v and error %v", c, err)
		}
		if err == nil {
			return
		}
		var m *Mistake
		if !errors.As(err, &m) {
			t.Fatalf("%T is no mistake: %v", err, err)
		}
		if m.File != "desk.yaml" || m.Line < 1 || m.Message == "" {
			t.Fatalf("incomplete mistake %+v", m)
		}
	})
}
