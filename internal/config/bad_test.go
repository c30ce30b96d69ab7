package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEveryMistakeIsASentence reads testdata/bad/*.yaml: beside each lies an
// .error file with all that is said about it, line by line.
func TestEveryMistakeIsASentence(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 45 {
		t.Fatalf("%d broken configurations, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".yaml")
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(name + ".error")
			if err != nil {
				t.Fatal(err)
			}
			c, err := Parse("desk.yaml", data)
			if c != nil || err == nil {
				t.Fatal("accepted")
			}
			if diff := cmp.Diff(strings.TrimSpace(string(want)), err.Error()); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(err.Error(), "sesame") {
				t.Errorf("a secret is shown: %v", err)
			}
		})
	}
}
