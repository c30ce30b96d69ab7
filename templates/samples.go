package templates

import (
	"net/mail"
	"strings"
	"time"

	"escalationd/escalation"
	"escalationd/mailparse"
)

// Samples is a realistic notice of each kind, for previews and for trying a
// template before it is needed.
func Samples() []escalation.Notice {
	var notices []escalation.Notice
	for _, kind := range escalation.Kinds() {
		notices = append(notices, sample(kind))
	}
	return notices
}

// samplesOf are the notices that a template of kind must be able to word: all
// fields filled, and hardly any.
func samplesOf(kind escalation.Kind) []escalation.Notice {
	full := sample(kind)
	bare := escalation.Notice{ID: full.ID, Kind: kind, To: full.To, Case: full.Case, Level: full.Level}
	bare.Letter.Digest = full.Letter.Digest
	return []escalation.Notice{full, bare}
}

func sampleDesk() mail.Address {
	return mail.Address{Name: "Enterprise Support", Address: "escalations@example.com"}
}

func sample(kind escalation.Kind) escalation.Notice {
	n := escalation.Notice{
		Key:       string(kind) + ":01234567@1",
		ID:        strings.Repeat("k", 26),
		Kind:      kind,
		To:        "avery@customer.example",
		Case:      "01234567",
		CreatedAt: sampleTime(14, 0),
		Letter:    sampleLetter(),
	}
	l := &n.Letter
	if kind.Reply() {
		n.Thread = escalation.Thread{MessageID: "20261123135958.1@customer.example", Subject: "Escalation of case 01234567"}
	}
	switch kind {
	case escalation.KindUpdated:
		l.Text = "The second node is down as well since 13:40.\nWe cannot ship."
		l.Contact, l.TakenBy = "+44 20 7946 0958", ""
	case escalation.KindParked:
		l.Status, l.Until = escalation.Parked, sampleTime(18, 30)
		l.Why = "an escalation opens when the case owner has not answered you for 24 hours."
	case escalation.KindReturned:
		l.Form.POC, l.Form.POCContact, l.Form.Contacts = "", "call me", nil
		l.Problems = []escalation.Problem{
			{Field: mailparse.POC, Reason: mailparse.Missing},
			{Field: mailparse.POCContact, Reason: mailparse.Invalid, Value: "call me"},
		}
	case escalation.KindRefused:
		*l = escalation.Letter{Form: mailparse.Form{CaseNumber: "01234567"}, Suggestion: "01234576"}
	case escalation.KindEscalation, escalation.KindAddition, escalation.KindConfirmed, escalation.KindTakenOver,
		escalation.KindOwner, escalation.KindDigest:
		sampleForLeader(&n)
	case escalation.KindTaken:
		l.TakenBy = "Regional leader"
	case escalation.KindMissed:
		l.Level, l.LevelName, l.NextLevel, l.NextAt = 2, "Frontline senior manager", "Director", sampleTime(18, 0)
	case escalation.KindEnded:
		l.Status, l.TakenBy = escalation.Resolved, "Regional leader"
		l.Text = "Spoke with Avery. The fix is installed on both nodes, and orders are shipping again."
	case escalation.KindWithdrawn:
		l.Status = escalation.Withdrawn
	case escalation.KindAlarm:
		sampleAlarm(&n)
	}
	return n
}

func sampleForLeader(n *escalation.Notice) {
	n.To, n.Level = "uk-lead@example.com", 1
	l := &n.Letter
	l.Answerable = n.Kind.Answerable()
	switch n.Kind {
	case escalation.KindConfirmed:
		l.Verb, l.TakenBy, l.Until = mailparse.Ack, "Regional leader", sampleTime(18, 0)
		l.Status, l.Why = escalation.Acknowledged, "You have it. The ladder has stopped, and the customer knows."
		n.Thread.Subject = "Case 01234567 escalated to you: severity 2, Example Logistics"
	case escalation.KindAddition:
		l.Text = "The second node is down as well since 13:40.\nSee https://status.customer.example/now"
		l.Contact = "+44 20 7946 0958"
	case escalation.KindTakenOver:
		l.TakenBy, l.Until = "Director", sampleTime(18, 0)
	case escalation.KindOwner:
		n.To, n.Level = "owner@example.com", 0
	case escalation.KindDigest:
		n.Case = ""
		*l = escalation.Letter{Zone: l.Zone, Digest: sampleDigest()}
	}
}

func sampleLetter() escalation.Letter {
	return escalation.Letter{
		Case: escalation.Case{
			Number: "01234567", Account: "example", Status: escalation.CaseOpen, Severity: 2, Region: "uk",
			Subject: "Order routing stops every hour", OwnerName: "Case Owner", OwnerEmail: "owner@example.com",
			OpenedAt: sampleTime(9, 0).AddDate(0, 0, -3), CustomerWroteAt: sampleTime(11, 30).AddDate(0, 0, -1),
			OwnerRespondedAt: sampleTime(10, 15).AddDate(0, 0, -2),
		},
		Account: "Example Logistics", Severity: "Production impaired", Region: "United Kingdom",
		Zone: "Europe/London", CustomerZone: "America/New_York", Phone: "+44 20 7946 0100",
		Form: mailparse.Form{
			CaseNumber: "01234567",
			NextStep:   "A developer joins our call at 16:00 and stays until orders ship again.",
			POC:        "Avery, head of operations",
			POCContact: "+44 20 7946 0958 or avery@customer.example",
			Comments:   "We have lost orders since the morning.\nDetails: https://wiki.customer.example/incident/7",
			Contacts: []mailparse.Contact{
				{Kind: mailparse.Phone, Value: "+442079460958"},
				{Kind: mailparse.Email, Value: "avery@customer.example"},
			},
		},
		RequestedBy: "avery@customer.example",
		OpenedAt:    sampleTime(14, 0), RespondBy: sampleTime(16, 0), Silence: 51*time.Hour + 45*time.Minute,
		Level: 1, LevelName: "Regional leader", NextLevel: "Frontline senior manager", NextAt: sampleTime(16, 0),
		Status: escalation.Open,
		Earlier: []escalation.Outcome{{
			OpenedAt: sampleTime(9, 0).AddDate(0, -2, 0), EndedAt: sampleTime(15, 0).AddDate(0, -2, 1),
			Status: escalation.Resolved, Level: 2,
		}},
	}
}

func sampleAlarm(n *escalation.Notice) {
	n.To, n.Case, n.Thread = "support-ops@example.com", "", escalation.Thread{}
	n.Letter = escalation.Letter{Zone: n.Letter.Zone}
	for i := range 3 {
		n.Letter.Alarms = append(n.Letter.Alarms, escalation.Alarm{
			At: sampleTime(13, 50+i), What: "quarantined",
			Detail: "the sender is not proven: no pass by DMARC, DKIM or SPF",
			Ref:    "2026112313500" + string(rune('7'+i)) + ".1@customer.example",
		})
	}
	n.Letter.Alarms = append(n.Letter.Alarms, escalation.Alarm{
		At: sampleTime(13, 58), What: "undelivered",
		Detail: "The relay refused a letter to a leader for good: 550 5.1.1 no such user. Mend the address in the ladder.",
		Ref:    "01234567",
	})
}

func sampleDigest() *escalation.Digest {
	line := func(number string, severity, level int, at time.Time) escalation.DigestLine {
		return escalation.DigestLine{Case: number, Account: "Example Logistics", Severity: severity, Region: "United Kingdom",
			Level: level, At: at, NextStep: "A developer joins our call."}
	}
	taken, ended := line("01234890", 1, 2, sampleTime(8, 40)), line("01234321", 3, 1, sampleTime(7, 30))
	taken.Who, ended.Who = "Director", "Regional leader"
	d := &escalation.Digest{
		Since: sampleTime(8, 0).AddDate(0, 0, -1), Until: sampleTime(8, 0),
		Waiting: []escalation.DigestLine{line("01234567", 2, 1, sampleTime(16, 0))},
		New:     []escalation.DigestLine{line("01234567", 2, 1, sampleTime(14, 0)), line("01234890", 1, 1, sampleTime(8, 5))},
		Taken:   []escalation.DigestLine{taken},
		Overdue: []escalation.DigestLine{line("01234001", 3, 2, sampleTime(7, 0))},
		Ended:   []escalation.DigestLine{ended},
		Promises: []escalation.DigestScore{
			{Region: "United Kingdom", Severity: 1, Kept: 3, Missed: 0}, {Region: "United Kingdom", Severity: 2, Kept: 9, Missed: 1},
		},
		Mails: []escalation.DigestCount{
			{Disposition: escalation.Accepted, Count: 2}, {Disposition: escalation.Returned, Count: 1},
			{Disposition: escalation.Ignored, Count: 7}, {Disposition: escalation.Quarantined, Count: 1},
		},
		Held: 2,
	}
	for i, name := range []string{"Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon"} {
		d.Week = append(d.Week, escalation.DigestDay{Day: name, New: []int{2, 5, 3, 8, 0, 1, 2}[i], Ended: []int{1, 4, 4, 6, 2, 0, 1}[i]})
	}
	return d
}

func sampleTime(hour, minute int) time.Time {
	return time.Date(2026, time.November, 23, hour, minute, 0, 0, time.UTC)
}
