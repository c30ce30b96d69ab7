package escalation

import "time"

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
		return "an escalation opens when the case owner has not answered you for " + count(int(h/time.Hour), "hour") + "."
	}
	return "an escalation opens when the case owner has not answered you for " + roughly(p.OwnerSilence) + "."
}
