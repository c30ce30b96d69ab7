// Package config reads the configuration of escalationd: one strict YAML
// file. Every mistake in it is a sentence with file and line, and all of them
// are reported together. Secrets are never in the file and never read here:
// a Secret only knows where to read one, at each login.
package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// maxFile is more than any configuration needs; a larger file is the wrong one.
const maxFile = 256 << 10

// Config is a checked configuration. Relative paths in the file have become
// absolute ones. It is a plain value that nobody changes after Load.
type Config struct {
	Inboxes    []Inbox             `yaml:"inboxes"`
	SMTP       SMTP                `yaml:"smtp"`
	Redis      Redis               `yaml:"redis"`
	Web        Web                 `yaml:"web"`
	Templates  string              `yaml:"templates,path"` // directory of overrides; empty: none
	Ops        []mail.Address      `yaml:"ops"`
	Policy     Policy              `yaml:"policy"`
	Severities map[int]Severity    `yaml:"severities,merge"` // always 1, 2 and 3
	Regions    map[string]Region   `yaml:"regions"`
	Ladder     []Level             `yaml:"ladder"` // level n is element n-1
	Digests    []Digest            `yaml:"digests"`
	Labels     map[string][]string `yaml:"labels"` // field of the template → further labels
	Log        Log                 `yaml:"log"`
	StateDir   string              `yaml:"state_dir,path"`
	SecretFile string              `yaml:"secret_file,path"` // empty: the daemon keeps its own in StateDir
}

// Inbox is one IMAP mailbox that is read.
type Inbox struct {
	Name           string   `yaml:"name"`
	URL            InboxURL `yaml:"url"`
	Insecure       bool     `yaml:"insecure"`
	Password       Secret   `yaml:"password"`
	OAuth2         *OAuth2  `yaml:"oauth2"` // nil: log in with Password
	Processed      string   `yaml:"processed"`
	Quarantine     string   `yaml:"quarantine"`
	AuthservID     string   `yaml:"authserv_id"` // empty: every sender is unproven
	AcceptUnproven bool     `yaml:"accept_unproven"`
}

// SMTP is the relay that all mail leaves by.
type SMTP struct {
	URL         RelayURL     `yaml:"url"`
	Insecure    bool         `yaml:"insecure"`
	Password    Secret       `yaml:"password"` // zero without a user in URL or with OAuth2
	OAuth2      *OAuth2      `yaml:"oauth2"`
	From        mail.Address `yaml:"from"`
	Connections int          `yaml:"connections"` // 1 to 64
}

// OAuth2 says where access tokens come from: by the refresh-token grant where
// RefreshToken is set, by the client-credentials grant otherwise (RFC 6749
// sections 6 and 4.4).
type OAuth2 struct {
	TokenURL     *url.URL `yaml:"token_url"`
	ClientID     string   `yaml:"client_id"`
	ClientSecret Secret   `yaml:"client_secret"` // may be zero with a RefreshToken
	RefreshToken Secret   `yaml:"refresh_token"`
	Scopes       []string `yaml:"scopes"`
}

// Redis is where the ledger is kept.
type Redis struct {
	URL           RedisURL `yaml:"url"`
	Password      Secret   `yaml:"password"`
	Prefix        string   `yaml:"prefix"`
	AllowVolatile bool     `yaml:"allow_volatile"`
}

// Web is the board, /readyz and /metrics.
type Web struct {
	Listen string   `yaml:"listen"` // host:port; empty: no web at all
	Hosts  []string `yaml:"hosts"`  // Host names that are answered, in lower case
	Token  Secret   `yaml:"token"`  // never zero where Listen is not loopback
}

// Policy holds the rules that are not per region or severity.
type Policy struct {
	Poll         time.Duration  `yaml:"poll"`
	MaxMessage   Size           `yaml:"max_message"`
	CaseNumber   *regexp.Regexp `yaml:"case_number"` // anchored, without regard to case
	OwnerSilence time.Duration  `yaml:"owner_silence"`
	Early        Early          `yaml:"early"`
	NotifyOwner  bool           `yaml:"notify_owner"`
	AckExpires   bool           `yaml:"ack_expires"`
	StaleAfter   time.Duration  `yaml:"stale_after"` // 0: never
	Backlog      time.Duration  `yaml:"backlog"`
	ReplyLimit   ReplyLimit     `yaml:"reply_limit"`
	LeaderLimit  LeaderLimit    `yaml:"leader_limit"`
	Retention    time.Duration  `yaml:"retention"`
}

// ReplyLimit bounds the replies to customers; 0 is no limit.
type ReplyLimit struct {
	PerSender       int           `yaml:"per_sender"` // replies to one sender within Per
	Per             time.Duration `yaml:"per"`
	GlobalPerMinute int           `yaml:"global_per_minute"`
}

// LeaderLimit bounds the letters to one leader; 0 is no limit.
type LeaderLimit struct {
	PerHour int           `yaml:"per_hour"`
	PerCase time.Duration `yaml:"per_case"` // shortest pause between two "updated" letters on one case
}

// Severity is the service level target of one severity.
type Severity struct {
	Name          string        `yaml:"name"`
	RespondWithin time.Duration `yaml:"respond_within"`
	Clock         Clock         `yaml:"clock"`
}

// Region is a region's business hours: half-open from Open to Close in its
// own time zone, on Days that are no holiday.
type Region struct {
	Name     string         `yaml:"name"`
	Timezone *time.Location `yaml:"timezone"`
	Days     Days           `yaml:"days"`
	Open     TimeOfDay      `yaml:"open"`
	Close    TimeOfDay      `yaml:"close"` // after Open; 24:00 is the end of the day
	Phone    string         `yaml:"phone"`
	Holidays Holidays       `yaml:"holidays"`
}

// Holidays are the days on which a region is closed.
type Holidays struct {
	Calendar HolidayCalendar `yaml:"calendar"`
	Names    []string        `yaml:"names"` // of Calendar, spelt as HolidayNames has them
	Dates    []Date          `yaml:"dates"`
	ICS      string          `yaml:"ics,path"` // an iCalendar file (RFC 5545)
}

// Level is one level of management.
type Level struct {
	Level    int                       `yaml:"level"`
	Name     string                    `yaml:"name"`
	Contacts map[string][]mail.Address `yaml:"contacts"` // by region; "*" for regions not named
}

// Digest is one summary mail a day to each of To.
type Digest struct {
	To       []mail.Address `yaml:"to"`
	At       TimeOfDay      `yaml:"at"`
	Timezone *time.Location `yaml:"timezone"`
	Days     Days           `yaml:"days"`
	Regions  []string       `yaml:"regions"` // "*" is all
	Empty    bool           `yaml:"empty"`   // send one when there is nothing to say
}

// Log says what is logged and how.
type Log struct {
	Level  slog.Level `yaml:"level"`
	Format LogFormat  `yaml:"format"`
}

// Load reads and checks the configuration file at path. Its error joins one
// *Mistake for each thing that is wrong in the file. No secret is read and no
// server is contacted.
func Load(path string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return parse(path, data, os.ReadFile)
}

// Parse checks data as the configuration file called name: mistakes are
// reported under that name, and relative paths start at its folder. It reads
// no other file, as Load does.
func Parse(name string, data []byte) (*Config, error) {
	return parse(name, data, nil)
}

// parse checks files that data names too, if it is told how to read them.
func parse(name string, data []byte, read func(path string) ([]byte, error)) (*Config, error) {
	dir, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return nil, fmt.Errorf("find folder of %s: %w", name, err)
	}
	r := newReport(name)
	c := defaults(dir)
	if root := r.parse(data); root != nil {
		b := &binder{report: r, dir: dir}
		b.bindRoot(root, c)
		c.complete()
		(&checker{report: r, config: c, read: read}).check()
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return c, nil
}
