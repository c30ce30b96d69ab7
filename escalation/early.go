package escalation

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// early answers from when the owner-silence rule allows an escalation, and
// whether that is still to come.
func (p *Policy) early(c Case, now time.Time) (opens time.Time, wait bool) {
	if p.Early == EarlyAccept || p.Early == "" {
		return now, false
	}
	opens = c.SilentSince().Add(p.OwnerSilence)
	return opens, opens.After(now)
}

// silence says how long the owner has been silent, for the record.
func silence(c Case, now time.Time) string {
	since := c.SilentSince()
	if since.IsZero() {
		return "the case does not say when it was opened or the owner responded"
	}
	return "the case owner has been silent for " + roughly(now.Sub(since))
}

// whyNotNow says in the customer's words what the early rule waits for.
func (p *Policy) whyNotNow() string {
	if h := p.OwnerSilence; h%time.Hour == 0 {
		return fmt.Sprintf("an escalation opens when the case owner has not answered you for %d hours.", h/time.Hour)
	}
	return "an escalation opens when the case owner has not answered you for " + roughly(p.OwnerSilence) + "."
}

// roughly puts a duration into words: "3 days", "1 day 3 hours", "45 minutes".
func roughly(d time.Duration) string {
	days, hours, minutes := int(d/day), int(d%day/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case days > 0:
		return strings.TrimSpace(count(days, "day") + " " + count(hours, "hour"))
	case hours > 0:
		return strings.TrimSpace(count(hours, "hour") + " " + count(minutes, "minute"))
	}
	return cmp.Or(count(minutes, "minute"), "less than a minute")
}

// count is a number with its noun; nothing for none.
func count(n int, noun string) string {
	switch {
	case n <= 0:
		return ""
	case n > 1:
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
