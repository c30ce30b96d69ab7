package config

import (
	"bytes"
	"errors"
	"log/slog"
	"net/mail"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func load(t *testing.T, name string) *Config {
	t.Helper()
	t.Setenv("STATE_DIRECTORY", "")
	c, err := Load(filepath.Join("testdata/good", name))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// beside is a path in the folder of the good configurations.
func beside(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata/good", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

func TestMinimalFileHasTheDocumentedDefaults(t *testing.T) {
	c := load(t, "minimal.yaml")
	b := c.Inboxes[0]
	equal(t, "inbox", []string{b.URL.Address(), b.URL.User(), b.URL.Mailbox(), string(b.URL.TLS()), b.Processed, b.Quarantine},
		[]string{"imap.example.com:993", "desk", "INBOX", "implicit", "Processed", "Quarantine"})
	equal(t, "relay", []string{c.SMTP.URL.Address(), c.SMTP.URL.User(), string(c.SMTP.URL.TLS())}, []string{"localhost:25", "", "none"})
	equal(t, "connections", c.SMTP.Connections, 4)
	equal(t, "redis", []string{c.Redis.URL.String(), c.Redis.Prefix}, []string{"redis://127.0.0.1:6379/0", "escalationd:"})
	equal(t, "web", []string{c.Web.Listen, strings.Join(c.Web.Hosts, " ")}, []string{"", "localhost 127.0.0.1"})
	p := c.Policy
	equal(t, "pattern", p.CaseNumber.MatchString("abc-12345") && !p.CaseNumber.MatchString("abc 12345") && !p.CaseNumber.MatchString("123"), true)
	p.CaseNumber = nil
	equal(t, "policy", p, Policy{
		Poll: 15 * time.Second, MaxMessage: 25_000_000, OwnerSilence: 24 * time.Hour, Early: EarlyAccept,
		NotifyOwner: true, AckExpires: true, Backlog: 24 * time.Hour, Retention: 9600 * time.Hour,
		ReplyLimit:  ReplyLimit{PerSender: 10, Per: time.Hour, GlobalPerMinute: 600},
		LeaderLimit: LeaderLimit{PerCase: 15 * time.Minute},
	})
	equal(t, "severities", c.Severities, map[int]Severity{
		1: {"Production down", 30 * time.Minute, ClockAlways},
		2: {"Production impaired", 2 * time.Hour, ClockRegion},
		3: {"Minor issue", 4 * time.Hour, ClockRegion},
	})
	us, uk := c.Regions["us"], c.Regions["uk"]
	equal(t, "hours", []string{us.Timezone.String(), us.Open.String(), us.Close.String(), uk.Timezone.String(), uk.Open.String(), uk.Close.String()},
		[]string{"America/Los_Angeles", "06:00", "18:00", "Europe/London", "06:00", "17:00"})
	equal(t, "days", us.Days, Days{false, true, true, true, true, true, false})
	equal(t, "holidays us", us.Holidays.Names, []string{"New Year's Day", "Independence Day", "Thanksgiving Day", "Day after Thanksgiving Day", "Christmas Day"})
	equal(t, "holidays uk", uk.Holidays.Names, []string{"New Year's Day", "Easter Monday", "May Day", "Spring Bank Holiday", "Summer Bank Holiday", "Christmas Day", "Boxing Day"})
	equal(t, "log", c.Log, Log{slog.LevelInfo, LogAuto})
	equal(t, "state", c.StateDir, beside(t, "state"))
}

func TestEveryValueOfTheFileArrives(t *testing.T) {
	c := load(t, "everything.yaml")
	b := c.Inboxes[0]
	equal(t, "inbox", []string{b.URL.Address(), b.URL.Host(), b.URL.User(), b.URL.Mailbox(), string(b.URL.TLS())},
		[]string{"imap.example.com:1143", "imap.example.com", "desk@example.com", "Shared/Escalations Desk", "starttls"})
	equal(t, "port", b.URL.Port(), 1143)
	equal(t, "folders", []string{b.Processed, b.Quarantine, b.AuthservID}, []string{"Done", "Held", "mx.example.com"})
	equal(t, "unproven", b.AcceptUnproven, true)
	equal(t, "password", b.Password.IsZero(), true)
	o := b.OAuth2
	equal(t, "oauth2", []string{o.TokenURL.String(), o.ClientID, o.ClientSecret.Source(), o.RefreshToken.Source()},
		[]string{"https://login.example.com/oauth2/v2.0/token", "desk", beside(t, "secrets/client"), "/run/secrets/refresh"})
	equal(t, "scopes", o.Scopes, []string{"IMAP.AccessAsApp", "offline_access"})
	equal(t, "second", []string{c.Inboxes[1].URL.Address(), string(c.Inboxes[1].URL.TLS()), c.Inboxes[1].Password.Source()},
		[]string{"mail:143", "none", beside(t, "secrets/imap")})
	equal(t, "smtp", []string{c.SMTP.URL.Address(), c.SMTP.Password.Source()}, []string{"mail:1025", "environment variable SMTP_PASSWORD"})
	equal(t, "from", c.SMTP.From, mail.Address{Name: "Enterprise Support", Address: "escalations@example.com"})
	r := c.Redis.URL
	equal(t, "redis", r.Addresses(), []string{"a.example.com:26379", "[2001:db8::1]:26379", "c.example.com:26380"})
	equal(t, "master", []string{string(r.Mode()), r.Master(), r.User()}, []string{"sentinel", "desk-master", "desk"})
	equal(t, "database", r.Database() == 3 && r.TLS() && c.Redis.AllowVolatile, true)
	equal(t, "web", []string{c.Web.Listen, c.Web.Hosts[0], c.Web.Token.Source()}, []string{"[::]:8443", "desk.example.com", beside(t, "secrets/web")})
	equal(t, "ops", c.Ops, []mail.Address{{Address: "support-ops@example.com"}, {Name: "On call", Address: "oncall@example.com"}})
	p := c.Policy
	equal(t, "the pattern is for the whole number", p.CaseNumber.MatchString("12345678") && !p.CaseNumber.MatchString("x12345678"), true)
	p.CaseNumber = nil
	equal(t, "policy", p, Policy{
		Poll: 5 * time.Second, MaxMessage: 10 << 20, OwnerSilence: 12 * time.Hour, Early: EarlyPark,
		StaleAfter: 30 * time.Minute, Backlog: 90 * time.Minute, Retention: 2400 * time.Hour,
		ReplyLimit: ReplyLimit{PerSender: 3, Per: 30 * time.Minute}, LeaderLimit: LeaderLimit{PerHour: 20},
	})
	equal(t, "severities", c.Severities, map[int]Severity{
		1: {"Down", 15 * time.Minute, ClockAlways},
		2: {"Production impaired", 2 * time.Hour, ClockRegion},
		3: {"Minor issue", 4 * time.Hour, ClockAlways},
	})
	equal(t, "paths", []string{c.Templates, c.StateDir, c.SecretFile}, []string{beside(t, "templates.d"), "/var/lib/desk", beside(t, "secrets/desk")})
	equal(t, "log", c.Log, Log{slog.LevelDebug, LogJSON})
	equal(t, "labels", c.Labels, map[string][]string{"case_number": {"Incident", "Vorgang"}, "comments": {"Notes"}})
}

func TestRegionsLadderAndDigestsArrive(t *testing.T) {
	c := load(t, "everything.yaml")
	gulf := c.Regions["gulf"]
	equal(t, "gulf", []string{gulf.Name, gulf.Timezone.String(), gulf.Open.String(), gulf.Close.String(), gulf.Phone},
		[]string{"Gulf", "Asia/Dubai", "00:00", "24:00", "+971 4 555 0100"})
	equal(t, "days", gulf.Days, Days{true, true, true, true, true, false, false})
	equal(t, "holidays", gulf.Holidays, Holidays{CalendarNone, nil, []Date{{2026, time.December, 2}, {2027, time.January, 1}}, beside(t, "holidays/gulf.ics")})
	equal(t, "us", []string{c.Regions["us"].Name, c.Regions["us"].Open.String()}, []string{"us", "08:30"})
	equal(t, "us days", c.Regions["us"].Days, Days{false, true, false, true, false, true, true})
	equal(t, "names are spelt as the calendar has them", c.Regions["uk"].Holidays.Names, []string{"Christmas Day", "Boxing Day"})
	equal(t, "ladder", c.Ladder, []Level{
		{1, "Regional leader", map[string][]mail.Address{
			"gulf": {{Name: "Gulf lead", Address: "gulf@example.com"}}, "us": {{Address: "us@example.com"}}, "uk": {{Address: "uk@example.com"}},
		}},
		{2, "Nobody yet", map[string][]mail.Address{}},
		{3, "Director", map[string][]mail.Address{"*": {{Address: "director@example.com"}, {Address: "deputy@example.com"}}}},
	})
	d := c.Digests[0]
	equal(t, "digest", []string{d.To[0].Address, d.At.String(), d.Timezone.String(), strings.Join(d.Regions, " ")},
		[]string{"director@example.com", "07:15", "Asia/Dubai", "gulf us"})
	equal(t, "digest days", d.Days.Has(time.Sunday) && d.Days.Has(time.Monday) && d.Days.Has(time.Saturday) && !d.Days.Has(time.Friday) && d.Empty, true)
}

func TestAliasesAreFollowed(t *testing.T) {
	c := load(t, "aliases.yaml")
	equal(t, "password", c.SMTP.Password.Source(), c.Inboxes[0].Password.Source())
	equal(t, "contacts", c.Ladder[0].Contacts["uk"], []mail.Address{{Address: "lead@example.com"}})
	equal(t, "cluster", c.Redis.URL.Addresses(), []string{"a.example.com:7000", "b.example.com:6379", "c.example.com:7002"})
	equal(t, "mode", c.Redis.URL.Mode(), RedisCluster)
}

func TestAliasBombIsRefusedQuickly(t *testing.T) {
	var b strings.Builder
	b.WriteString("ops: &a [x@example.com]\nladder:\n  - level: 1\n    name: x\n    contacts:\n      us: &b [" + strings.Repeat("y@example.com, ", 10_000) + "]\n")
	for range 20 {
		b.WriteString("  - {contacts: {us: *b}}\n")
	}
	_, err := Parse("desk.yaml", []byte(b.String()))
	if err == nil || !strings.Contains(err.Error(), "too large once its aliases are followed") {
		t.Errorf("got %.200v", err)
	}
}

func TestStateDirectoryOfSystemdCounts(t *testing.T) {
	data, err := os.ReadFile("testdata/good/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("STATE_DIRECTORY", "/var/lib/escalationd:/var/lib/other")
	c, err := Parse("/etc/escalationd/desk.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "from systemd", c.StateDir, "/var/lib/escalationd")
	c, err = Parse("/etc/escalationd/desk.yaml", append(data, "state_dir: own\n"...))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "from the file", c.StateDir, "/etc/escalationd/own")
}

func TestExampleIsAcceptedAndHoldsTheDefaults(t *testing.T) {
	t.Setenv("STATE_DIRECTORY", "")
	c, err := Parse("example.yaml", Example())
	if err != nil {
		t.Fatal(err)
	}
	d := load(t, "minimal.yaml")
	equal(t, "pattern", c.Policy.CaseNumber.String(), d.Policy.CaseNumber.String())
	c.Policy.CaseNumber, d.Policy.CaseNumber = nil, nil
	equal(t, "policy", c.Policy, d.Policy)
	equal(t, "severities", c.Severities, d.Severities)
	equal(t, "log", c.Log, d.Log)
	equal(t, "connections", c.SMTP.Connections, d.SMTP.Connections)
	equal(t, "redis", c.Redis.URL.String()+c.Redis.Prefix, d.Redis.URL.String()+d.Redis.Prefix)
	for _, key := range []string{"us", "uk"} {
		equal(t, key, c.Regions[key].Holidays.Names, d.Regions[key].Holidays.Names)
		equal(t, key, c.Regions[key].Open, d.Regions[key].Open)
		equal(t, key, c.Regions[key].Close, d.Regions[key].Close)
	}
	equal(t, "levels", len(c.Ladder), 4)
	equal(t, "digests", len(c.Digests), 1)
}

// TestEveryKeyIsShown: the example and the manual name each key there is.
func TestEveryKeyIsShown(t *testing.T) {
	manual, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keysOf(reflect.TypeFor[Config]()) {
		if !regexp.MustCompile(`(?m)(^|[\s{])` + key + `:`).Match(Example()) {
			t.Errorf("example.yaml does not show %s", key)
		}
		if !bytes.Contains(manual, []byte("`"+key+"`")) {
			t.Errorf("docs/configuration.md does not explain %s", key)
		}
	}
}

func keysOf(t reflect.Type) []string {
	if setter(reflect.New(t).Interface()) != nil || t == reflect.TypeFor[Secret]() {
		return nil
	}
	var keys []string
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return keysOf(t.Elem())
	case reflect.Struct:
		for key, f := range fieldsOf(t) {
			keys = append(append(keys, key), keysOf(t.Field(f.index).Type)...)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func TestMissingFileIsNamed(t *testing.T) {
	_, err := Load("testdata/no-such.yaml")
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "no-such.yaml") {
		t.Errorf("got %v", err)
	}
}

func TestHugeFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mailbox.yaml")
	if err := os.WriteFile(path, bytes.Repeat([]byte("# filler\n"), 40_000), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(path)
	if err == nil || !strings.HasSuffix(err.Error(), "mailbox.yaml:1: the file is larger than 262144 bytes") {
		t.Errorf("got %v", err)
	}
}

// TestGoodFilesAreAccepted: the secrets they name do not exist, and need not
// before a login.
func TestGoodFilesAreAccepted(t *testing.T) {
	files, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d configurations, %v", len(files), err)
	}
	for _, file := range files {
		if _, err := Load(file); err != nil {
			t.Error(err)
		}
	}
}

func TestDeeplyNestedFileIsRefused(t *testing.T) {
	for _, text := range []string{strings.Repeat("[", 200_000), strings.Repeat("{a: ", 50_000), strings.Repeat("- ", 100_000)} {
		if _, err := Parse("desk.yaml", []byte(text)); err == nil {
			t.Error("accepted")
		}
	}
}
