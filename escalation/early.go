package escalation

import (
	"fmt"
	"time"
)

// early answers from when the owner-silence rule allows an escalation, and
// whether that is still to come.
func (p *Policy) early(c Case, now time.Time) (opens time.Time, wait bool) {
	if p.Early == EarlyAccept || p.Early == "" {
		return now, false
	}
	since := c.SilentSince()
	if since.IsZero() {
		since = c.OwnerRespondedAt
	}
	opens = since.Add(p.OwnerSilence)
	return opens, opens.After(now)
}

// silence says how long the owner has been silent, for the record.
func (p *Policy) silence(c Case, now time.Time) string {
	since := c.SilentSince()
	switch {
	case since.IsZero() && c.OwnerRespondedAt.IsZero():
		return "the case does not say when the customer wrote or the owner answered"
	case since.IsZero():
		return "the case owner has answered the customer's last word"
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

// roughly puts a duration into words, to the hour beyond a day.
func roughly(d time.Duration) string {
	hours, minutes := int(d.Hours()), int(d.Minutes())%60
	switch {
	case hours >= 24:
		return fmt.Sprintf("%d d %d h", hours/24, hours%24)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	}
	return fmt.Sprintf("%d min", minutes)
}
