package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"escalationd/internal/harness"
)

// words are what a program printed, with single blanks.
func words(printed string) string { return strings.Join(strings.Fields(printed), " ") }

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAWrongCommandLineEndsWithTwoAndSaysWhatItTakes(t *testing.T) {
	config := write(t, "desk.yaml", minimal)
	for _, line := range []struct {
		want string
		args []string
	}{
		{"unexpected argument prase, did you mean \"parse\"? Usage: escalationd <command>", []string{"prase"}},
		{"unknown flag --jsn, did you mean \"--json\"? Usage: escalationd parse [<file> ...]", []string{"parse", "--jsn"}},
		{"missing flags: --config=FILE Usage: escalationd run --config=FILE", []string{"run"}},
		{"expected \"<kind>\" Usage: escalationd templates preview <kind>", []string{"templates", "preview"}},
		{"expected one of \"list\", \"retry\", \"discard\" Usage: escalationd outbox <command>", []string{"outbox"}},
		{"open no-such.eml: no such file", []string{"parse", "no-such.eml"}},
		{"open no-such.eml: no such file", []string{"explain", "--config", config, "no-such.eml"}},
		{"open no-such.csv: no such file", []string{"import", "cases", "--config", config, "no-such.csv"}},
		{"read configuration: open no-such.yaml: no such file or directory; escalationd config example prints one to start from", []string{"check", "--config", "no-such.yaml"}},
		{"there is no letter \"nonsense\"; escalationd templates list names them", []string{"templates", "export", "nonsense"}},
		{"there is no severity 7; there are: 1, 2, 3", []string{"ladder", "explain", "--config", config, "--region", "us", "--severity", "7"}},
		{"there is no inbox \"nonsense\" in the configuration; there are: desk", []string{"explain", "--config", config, "--inbox", "nonsense", "no-such.eml"}},
		{"unknown flag --by", []string{"outbox", "list", "--config", config, "--by", "op"}},
	} {
		if got := words(play(t, exitUsage, line.args...)); !strings.Contains(got, line.want) {
			t.Errorf("%q says, without %q:\n%s", line.args, line.want, got)
		}
	}
	if got := play(t, exitUsage, "check", "--config", "no-such.yaml"); strings.Contains(got, "is wrong") {
		t.Errorf("a configuration that is not there is called wrong:\n%s", got)
	}
}

const minimal = `
inboxes: [{name: desk, url: "imap://desk@127.0.0.1:1/INBOX", password_env: NONE, authserv_id: mx.example.com}]
smtp: {url: "smtp://127.0.0.1:1", from: "desk@example.com"}
redis: {url: "redis://127.0.0.1:1/0"}
ladder: [{level: 1, name: Regional leader, contacts: {"*": ["lead@example.com"]}}]
`

func TestParseShowsTheMailsItCanRead(t *testing.T) {
	mail := write(t, "mail.eml", "From: ana@acme.example\r\n\r\n"+harness.Form("01234567"))
	if got := words(play(t, exitUsage, "parse", "no-such.eml", mail)); !strings.Contains(got, "01234567") || !strings.Contains(got, "no-such.eml") {
		t.Errorf("parse of a missing and a good mail says:\n%s", got)
	}
}

func TestParseReadsWithTheLabelsOfAConfiguration(t *testing.T) {
	config := write(t, "desk.yaml", minimal+"labels: {next_step: [Was nun]}\n")
	mail := write(t, "mail.eml", "From: ana@acme.example\r\n\r\n"+strings.Replace(harness.Form("01234567"), "Expected Next Step", "Was nun", 1))
	if got := play(t, exitDone, "parse", "--json", mail); !strings.Contains(got, `"next_step":""`) {
		t.Errorf("without the configuration: %s", got)
	}
	if got := play(t, exitDone, "parse", "--json", "--config", config, mail); strings.Contains(got, `"next_step":""`) {
		t.Errorf("with it: %s", got)
	}
	play(t, exitUsage, "parse", "--config", "no-such.yaml", mail)
}

func TestARedisThatIsAwayIsNamedWithTheRemedy(t *testing.T) {
	config := write(t, "desk.yaml", minimal)
	mail := write(t, "mail.eml", "From: ana@acme.example\r\n\r\n"+harness.Form("01234567"))
	cases := write(t, "cases.csv", "number,account,status,severity\nCS-1001,acme,open,1\n")
	for _, args := range [][]string{{"why", "CS-1001"}, {"verify"}, {"explain", mail}, {"import", "cases", cases}, {"ledger", "accept"}} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			got := words(play(t, exitFailed, append(args, "--config", config)...))
			if !strings.Contains(got, "reach Redis at 127.0.0.1:1: ") || !strings.Contains(got, "check redis.url") {
				t.Errorf("%q says:\n%s", args, got)
			}
		})
	}
}

func TestExplainTakesASenderAsProvenWhereTheFileBearsNoProof(t *testing.T) {
	h := harness.New(t)
	mail := write(t, "mail.eml", "From: ana@acme.example\r\nSubject: Escalate\r\n\r\n"+harness.Form("01234567"))
	for _, step := range []struct {
		args []string
		want string
	}{
		{nil, "quarantined: the sender is not proven"},
		{nil, "note: the file bears no proof of its sender; with --as-proven it is explained as if it did"},
		{[]string{"--as-proven"}, "accepted: escalated to level 1"},
		{[]string{"--as-proven"}, "taken as proven"},
	} {
		args := append([]string{"explain", "--config", h.ConfigFile(), mail}, step.args...)
		if got := words(play(t, exitDone, args...)); !strings.Contains(got, step.want) {
			t.Errorf("%q says, without %q:\n%s", args, step.want, got)
		}
	}
}

func TestLadderExplainCountsInWholeMinutes(t *testing.T) {
	config := write(t, "desk.yaml", minimal)
	for _, args := range [][]string{{}, {"--from", "2026-11-23T09:30:12Z"}} {
		got := play(t, exitDone, append([]string{"ladder", "explain", "--config", config, "--region", "UK", "--severity", "3"}, args...)...)
		if regexp.MustCompile(`\d(\.\d+)?s\b`).MatchString(got) {
			t.Errorf("ladder explain counts seconds:\n%s", got)
		}
	}
}

func TestImportSaysWhichRowsTheConfigurationDoesNotFit(t *testing.T) {
	h := harness.New(t)
	cases := write(t, "cases.csv", "number,account,status,severity,region\nCS-1001,acme,open,1,Mars\nCS-1002,acme,open,1,mars\nCS-1003,acme,open,1,UK\nC-1,acme,open,1,\n")
	got := words(play(t, exitDone, "import", "cases", "--config", h.ConfigFile(), cases))
	for _, want := range []string{
		"4 cases imported",
		`note: 2 cases have the region "mars", which the configuration does not name`,
		"note: the number C-1 does not match policy.case_number",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("import says, without %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "uk") || strings.Contains(got, "UK") {
		t.Errorf("import complains of a region that there is:\n%s", got)
	}
	accounts := write(t, "accounts.csv", "id,name,region,representatives\nblue,Blue,venus,ana@blue.example\n")
	if got := words(play(t, exitDone, "import", "accounts", "--config", h.ConfigFile(), accounts)); !strings.Contains(got, `1 account has the region "venus"`) {
		t.Errorf("import of an account says:\n%s", got)
	}
}

func TestPreviewSaysThatAFileIsNotUsed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "templates.d")
	config := write(t, "desk.yaml", minimal+"templates: "+dir+"\n")
	play(t, exitDone, "templates", "export", "taken", dir) // makes the folder
	change := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	change("taken.tmpl", `{{define "subject"}}Mine {{.Number}}{{end}}`)
	change("owner.tmpl", `{{define "subject"}}Mine {{.Numbr}}{{end}}`)
	if got := play(t, exitDone, "templates", "preview", "taken", "--config", config); !strings.Contains(got, "Subject: Mine 01234567") || strings.Contains(got, "not used") {
		t.Errorf("preview of a good file says:\n%s", got)
	}
	got := words(play(t, exitFailed, "templates", "preview", "owner", "--config", config))
	for _, want := range []string{"Subject: Case 01234567 is escalated", "owner.tmpl is not used", "Numbr"} {
		if !strings.Contains(got, want) {
			t.Errorf("preview of a broken file says, without %q:\n%s", want, got)
		}
	}
	list := words(play(t, exitDone, "templates", "list", "--config", config))
	for _, want := range []string{"taken yours", "owner built in; owner.tmpl is not used, templates lint says why", "digest built in"} {
		if !strings.Contains(list, want) {
			t.Errorf("list says, without %q:\n%s", want, list)
		}
	}
}
