package config

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// weekdays is Monday to Friday.
var weekdays = Days{false, true, true, true, true, true, false}

// notSet marks the hours that every region has to give.
const notSet TimeOfDay = -1

// defaults is what holds where the file says nothing; dir is its folder.
func defaults(dir string) *Config {
	return &Config{
		SMTP:  SMTP{Connections: 4},
		Redis: Redis{URL: defaultRedisURL(), Prefix: "escalationd:"},
		Web:   Web{Hosts: []string{"localhost", "127.0.0.1"}},
		Policy: Policy{
			Poll:         15 * time.Second,
			MaxMessage:   25_000_000,
			CaseNumber:   regexp.MustCompile(anchored("^[A-Z0-9][A-Z0-9-]{3,31}$")),
			OwnerSilence: 24 * time.Hour,
			Early:        EarlyAccept,
			NotifyOwner:  true,
			AckExpires:   true,
			Backlog:      24 * time.Hour,
			ReplyLimit:   ReplyLimit{PerSender: 10, Per: time.Hour, GlobalPerMinute: 600},
			LeaderLimit:  LeaderLimit{PerCase: 15 * time.Minute},
			Retention:    9600 * time.Hour,
		},
		Severities: map[int]Severity{
			1: {Name: "Production down", RespondWithin: 30 * time.Minute, Clock: ClockAlways},
			2: {Name: "Production impaired", RespondWithin: 2 * time.Hour, Clock: ClockRegion},
			3: {Name: "Minor issue", RespondWithin: 4 * time.Hour, Clock: ClockRegion},
		},
		Log:      Log{Level: slog.LevelInfo, Format: LogAuto},
		StateDir: defaultStateDir(dir),
	}
}

// defaultStateDir is the folder that systemd made (StateDirectory=), of which
// there may be several, else "state" beside the configuration.
func defaultStateDir(dir string) string {
	if dirs := filepath.SplitList(os.Getenv("STATE_DIRECTORY")); len(dirs) > 0 && filepath.IsAbs(dirs[0]) {
		return dirs[0]
	}
	return filepath.Join(dir, "state")
}

// defaultRegions are the two the desk was made for, where the file has none.
func defaultRegions() map[string]Region {
	return map[string]Region{
		"us": {
			Name: "Americas", Timezone: mustZone("America/Los_Angeles"), Days: weekdays,
			Open: 6 * 60, Close: 18 * 60, Holidays: Holidays{Calendar: CalendarUS},
		},
		"uk": {
			Name: "United Kingdom", Timezone: mustZone("Europe/London"), Days: weekdays,
			Open: 6 * 60, Close: 17 * 60, Holidays: Holidays{Calendar: CalendarGB},
		},
	}
}

// setDefaults are implemented by the elements of lists and maps: the binder
// calls them before it reads an element.
func (b *Inbox) setDefaults() { b.Processed, b.Quarantine = "Processed", "Quarantine" }

func (r *Region) setDefaults() {
	r.Days, r.Open, r.Close, r.Holidays.Calendar = weekdays, notSet, notSet, CalendarNone
}

func (d *Digest) setDefaults() {
	d.At, d.Days, d.Regions = 8*60, weekdays, []string{"*"}
}

// complete fills in what depends on other values of the file.
func (c *Config) complete() {
	if c.Regions == nil {
		c.Regions = defaultRegions()
	}
	for i, h := range c.Web.Hosts {
		c.Web.Hosts[i] = strings.ToLower(h)
	}
	for key, r := range c.Regions {
		if r.Name == "" {
			r.Name = key
		}
		if len(r.Holidays.Names) == 0 {
			r.Holidays.Names = defaultHolidays(r.Holidays.Calendar)
		}
		c.Regions[key] = r
	}
}
