package config

import (
	"fmt"
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

func TestAHolidayFileThatCannotBeReadIsNamedByItsLine(t *testing.T) {
	example, err := os.ReadFile("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{
		"":        "no such file",
		"garbage": "line 1",
		"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:2026-11-25\nEND:VEVENT\nEND:VCALENDAR\n": "line 3",
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "desk.yaml")
		text := strings.Replace(string(example), `ics: ""`, "ics: days.ics", 1)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if content != "" {
			if err := os.WriteFile(filepath.Join(dir, "days.ics"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		line := strings.Count(text[:strings.Index(text, "ics: days.ics")], "\n") + 1
		_, err := Load(path)
		if err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("%s:%d: regions.us.holidays.ics", path, line)) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", content, err)
		}
		if _, err := Parse(path, []byte(text)); err != nil {
			t.Errorf("Parse looks at other files: %v", err)
		}
	}
}
