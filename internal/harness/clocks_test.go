package harness_test

import (
	"fmt"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/internal/harness"
)

// Daemons on hosts whose clocks are minutes apart share the work as if these
// agreed, whichever of them leads the inbox: each letter goes out once, and at
// once. (Redis's clock stands still here: nothing that one has claimed may be
// taken over.)
func TestDaemonsWhoseClocksAreMinutesApartNeitherDoubleNorHoldBackALetter(t *testing.T) {
	t.Parallel()
	h := harness.New(t)
	h.Slow(1200 * time.Millisecond) // each courier looks for letters while others send theirs
	stops := []func(){h.Shut, h.Join(10 * time.Minute), h.Join(-10 * time.Minute)}
	for round, stop := range stops {
		var ids []string
		sender := func(i int) string { return fmt.Sprintf("user%d.%d@acme.example", round, i) }
		for i := range 6 {
			ids = append(ids, h.Send(sender(i), "Please escalate", "Case Number: 01234567\n"))
		}
		for i, id := range ids {
			h.ExpectDisposition(id, escalation.Returned)
			h.ExpectMail(sender(i), "Re: Please escalate")
		}
		h.ExpectNothing()
		if round < len(stops)-1 {
			stop() // another leads the inbox
		}
	}
}

// A person accepts a ledger on a host whose clock is behind that of a daemon
// which holds: it goes on.
func TestALedgerIsAcceptedWhateverTheClocksOfTheHostsSay(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false")
	h.Shut()
	h.Join(10 * time.Minute)
	h.ExpectDisposition(h.Send(customer, "Please escalate", harness.Form("01234567")), escalation.Accepted)
	h.ExpectMail(customer, "Re: Please escalate")
	h.ExpectMail("uk-lead@example.com", "01234567")
	h.FastForward(time.Minute)
	if err := h.Redis.Set("escalationd:{desk}:commits", "0"); err != nil {
		t.Fatal(err)
	}
	h.ExpectMail("ops@example.com", "rolled back")
	id := h.Send(customer, "Another matter", harness.Form("01234568"))
	h.Accept()
	h.ExpectDisposition(id, escalation.Accepted)
	h.ExpectMail(customer, "Re: Another matter")
	h.ExpectMail("uk-lead@example.com", "01234568")
}
