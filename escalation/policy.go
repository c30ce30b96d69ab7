package escalation

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"escalationd/escalation/hours"
	"escalationd/mailparse"
)

// Policy holds the rules. Its methods are pure: the same event, state and
// time give the same Change. A Policy is read-only once made and safe for
// concurrent use.
type Policy struct {
	CaseNumber   *regexp.Regexp // which case numbers can be, after tidying
	OwnerSilence time.Duration  // how long the owner must have been silent, where Early is a rule
	Early        Early
	NotifyOwner  bool
	AckExpires   bool          // an acknowledgement ends when the owner has not answered within the next target
	StaleAfter   time.Duration // older case data hold the mails; 0 = never
	DraftKept    time.Duration // how long a reply may complete a returned form
	ReplyLimit   ReplyLimit
	LeaderLimit  LeaderLimit
	Severities   map[int]Severity
	Regions      map[string]Region
	Ladder       []Level // by level, beginning with 1
	Digests      []DigestPlan
	Ops          []string
	// Contacts finds phones and addresses in what was typed; numbers are read as
	// people in the region write them, if one is given. nil finds none.
	Contacts func(text, region string) []mailparse.Contact
}

// Early says what becomes of an escalation before the owner has been silent
// for long enough.
type Early string

// The early rules.
const (
	EarlyAccept Early = "accept"
	EarlyPark   Early = "park"
	EarlyRefuse Early = "refuse"
)

// ReplyLimit bounds replies; zero numbers bound nothing.
type ReplyLimit struct {
	PerSender       int // replies to one sender in each Per
	Per             time.Duration
	GlobalPerMinute int // replies to all senders
}

// LeaderLimit bounds letters to leaders; zero values bound nothing.
type LeaderLimit struct {
	PerHour int           // letters to one leader
	PerCase time.Duration // shortest pause between two additions on one case
}

// Severity is a class of cases with its target for the first response.
type Severity struct {
	Name          string
	RespondWithin time.Duration
	Always        bool // its clock never stops; otherwise it runs in the region's hours
}

// Region is where and when a part of the desk works.
type Region struct {
	Name     string
	Zone     string // IANA
	Phone    string
	Calendar *hours.Calendar
}

// Level is one rung of the ladder.
type Level struct {
	Name     string
	Contacts map[string][]string // region to addresses; "*" for regions not named
}

// contacts answers whom level n (from 1) has for a region.
func (p *Policy) contacts(n int, region string) []string {
	if n < 1 || n > len(p.Ladder) {
		return nil
	}
	byRegion := p.Ladder[n-1].Contacts
	if to := byRegion[region]; len(to) > 0 {
		return to
	}
	return byRegion["*"]
}

// levelName answers how level n is called; empty above the ladder.
func (p *Policy) levelName(n int) string {
	if n < 1 || n > len(p.Ladder) {
		return ""
	}
	return p.Ladder[n-1].Name
}

// reachable answers the next level above n that has somebody for the region,
// and the names of the levels in between that have nobody. It is 0 where
// there is none.
func (p *Policy) reachable(n int, region string) (level int, skipped []string) {
	for l := n + 1; l <= len(p.Ladder); l++ {
		if len(p.contacts(l, region)) > 0 {
			return l, skipped
		}
		skipped = append(skipped, p.levelName(l))
	}
	return 0, skipped
}

// severity answers the target of a case; a severity nobody configured counts
// as the least urgent one.
func (p *Policy) severity(n int) Severity {
	if s, ok := p.Severities[n]; ok {
		return s
	}
	slowest, highest := Severity{RespondWithin: 4 * time.Hour}, 0
	for k, s := range p.Severities {
		if k > highest {
			highest, slowest = k, s
		}
	}
	slowest.Name = "Severity not known"
	return slowest
}

// after answers when n targets of a severity will have passed since t, on
// that severity's clock in that region.
func (p *Policy) after(t time.Time, n int, severity int, region string) time.Time {
	s := p.severity(severity)
	d := time.Duration(n) * s.RespondWithin
	r, ok := p.Regions[region]
	if s.Always || !ok || r.Calendar == nil {
		return t.Add(d)
	}
	return r.Calendar.Add(t, d)
}

// regionOf answers a case's region: its own, or its account's. Regions are
// known in lower case, however the CRM spells them.
func regionOf(f CaseFile) string {
	return strings.ToLower(strings.TrimSpace(cmp.Or(f.Case.Region, f.Account.Region)))
}

// phone answers the number to call about a case of a region at an hour: the
// region's own while it works, or else that of another region that works then.
func (p *Policy) phone(region string, now time.Time) string {
	answered := func(key string) bool {
		r := p.Regions[key]
		return r.Phone != "" && r.Calendar != nil && r.Calendar.Open(now)
	}
	for _, key := range append([]string{region}, slices.Sorted(maps.Keys(p.Regions))...) {
		if answered(key) {
			return p.Regions[key].Phone
		}
	}
	return p.Regions[region].Phone
}

// regionName answers what people call a region; one that nobody configured goes
// by its key.
func (p *Policy) regionName(key string) string { return cmp.Or(p.Regions[key].Name, key) }

// role answers what a leader is called: the name of the highest level, told
// of this escalation, that has the address.
func (p *Policy) role(e *Escalation, addr string) (name string, level int) {
	for _, t := range e.Told {
		if SameAddress(t.To, addr) && t.Level > level {
			name, level = p.levelName(t.Level), t.Level
		}
	}
	return name, level
}

// leads reports whether an address, or another of its mailbox, stands anywhere
// on the ladder.
func (p *Policy) leads(addr string) bool {
	for _, l := range p.Ladder {
		for _, to := range l.Contacts {
			for _, a := range to {
				if SameMailbox(a, addr) {
					return true
				}
			}
		}
	}
	return false
}

// TidyCaseNumber brings a case number into the form the CRM uses: upper case,
// without blanks and invisible characters, with plain hyphens for the dashes
// that word processors make of them.
func TidyCaseNumber(number string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.Is(unicode.Cf, r):
			return -1
		case unicode.Is(unicode.Pd, r) || r == '\u2212': // minus
			return '-'
		}
		return r
	}, number))
}

// CaseKey reports the tidied number and whether the policy's pattern allows
// it; only such numbers are looked up.
func (p *Policy) CaseKey(number string) (string, bool) {
	tidy := TidyCaseNumber(number)
	return tidy, tidy != "" && p.CaseNumber.MatchString(tidy)
}
