package harness_test

import (
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/internal/harness"
)

const customer = "ana@acme.example"

func TestGoodMailIsAcknowledgedAndTheLeaderIsTold(t *testing.T) {
	t.Parallel()
	h := harness.New(t)
	id := h.Send(customer, "Please escalate", harness.Form("01234567"))
	h.ExpectDisposition(id, escalation.Accepted)
	ack := h.ExpectMail(customer, "Re: Please escalate", "01234567", "09:30")
	if ack.From != "" {
		t.Errorf("a reply has the envelope sender %q, want the null sender", ack.From)
	}
	letter := h.ExpectMail("uk-lead@example.com", "01234567", "print server", "Frontline senior manager")
	if letter.From == "" {
		t.Error("a leader's letter has no return path")
	}
	h.ExpectMail("owner@example.com", "01234567")
	h.Settle()
	if n := len(h.Folder("Processed")); n != 1 {
		t.Errorf("%d mails in Processed, want 1", n)
	}
}

func TestEachTargetThatPassesTellsTheNextLevelUntilALeaderTakesIt(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false")
	h.Send(customer, "Please escalate", harness.Form("01234567"))
	h.ExpectMail(customer, "Re: Please escalate")
	h.ExpectMail("uk-lead@example.com", "01234567")
	h.FastForward(29 * time.Minute)
	h.ExpectNothing()
	h.FastForward(time.Minute)
	h.ExpectMail("frontline@example.com", "01234567")
	h.ExpectMail(customer, "01234567")
	h.FastForward(30 * time.Minute)
	director := h.ExpectMail("director@example.com", "01234567")
	ack := h.Reply(director, "ACK\n")
	h.ExpectDisposition(ack, escalation.Commanded)
	h.ExpectMail("director@example.com", "You have it")
	h.ExpectMail("uk-lead@example.com", "Director")
	h.ExpectMail("frontline@example.com", "Director")
	h.ExpectMail(customer, "Director")
	h.FastForward(29 * time.Minute)
	h.ExpectNothing()
}

func TestUnknownCaseAndStrangerGetTheSameWords(t *testing.T) {
	t.Parallel()
	h := harness.New(t)
	h.ExpectDisposition(h.Send(customer, "Help", harness.Form("09999999")), escalation.Refused)
	unknown := h.ExpectMail(customer, "Re: Help")
	h.ExpectDisposition(h.Send("eve@stranger.example", "Help", harness.Form("01234567")), escalation.Refused)
	stranger := h.ExpectMail("eve@stranger.example", "Re: Help")
	h.ExpectDisposition(h.Send("it@globe.example", "Help", harness.Form("01234567")), escalation.Refused)
	other := h.ExpectMail("it@globe.example", "Re: Help")
	if len(unknown.Text) != len(stranger.Text) || stranger.Text != other.Text {
		t.Errorf("the refusals differ:\n%s\n---\n%s\n---\n%s", unknown.Text, stranger.Text, other.Text)
	}
}

func TestFormWithGapsIsReturnedAndAReplyCompletesIt(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false")
	h.ExpectDisposition(h.Send(customer, "Escalate", "Case Number: 01234567\nExpected Next Step: Call me\nPoint of Contact: The shift lead\n"), escalation.Returned)
	returned := h.ExpectMail(customer, "Re: Escalate", "Phone Number or Email for POC", "Call me")
	h.ExpectDisposition(h.Reply(returned, "Phone Number or Email for POC: +44 20 7946 0018\n"), escalation.Accepted)
	h.ExpectMail(customer, "01234567")
	h.ExpectMail("uk-lead@example.com", "Call me", "7946 0018")
}

func TestUnprovenSenderIsQuarantinedAndOpsHear(t *testing.T) {
	t.Parallel()
	h := harness.New(t)
	raw := "From: " + customer + "\r\nTo: desk@example.com\r\nSubject: x\r\nMessage-ID: <spoof@acme.example>\r\n\r\n" + harness.Form("01234567")
	h.SendRaw("mallory@elsewhere.example", []byte(raw))
	h.ExpectDisposition("spoof@acme.example", escalation.Quarantined)
	h.ExpectNothing()
	if n := len(h.Folder("Quarantine")); n != 1 {
		t.Errorf("%d mails in Quarantine, want 1", n)
	}
	h.FastForward(30 * time.Second)
	h.ExpectMail("ops@example.com", "quarantined")
}

func TestTheSameMailAgainIsADuplicate(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false")
	raw := []byte("From: " + customer + "\r\nTo: desk@example.com\r\nSubject: Escalate\r\nMessage-ID: <once@acme.example>\r\n\r\n" + harness.Form("01234567"))
	h.SendRaw(customer, raw)
	h.ExpectDisposition("once@acme.example", escalation.Accepted)
	h.ExpectMail(customer, "Re: Escalate")
	h.ExpectMail("uk-lead@example.com", "01234567")
	h.Settle()
	h.SendRaw(customer, raw)
	h.Settle()
	h.ExpectDisposition("once@acme.example", escalation.Duplicate)
}

func TestMachinesGetNoAnswer(t *testing.T) {
	t.Parallel()
	h := harness.New(t)
	h.ExpectDisposition(h.Send(customer, "Automatic reply: away", "I am away.", "Auto-Submitted: auto-replied"), escalation.Ignored)
	h.ExpectDisposition(h.Send(customer, "News", "News.", "List-Id: <news.acme.example>"), escalation.Ignored)
}

func TestRestartDoesNotAnswerTwice(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false")
	h.ExpectDisposition(h.Send(customer, "Escalate", harness.Form("01234567")), escalation.Accepted)
	h.ExpectMail(customer, "Re: Escalate")
	h.ExpectMail("uk-lead@example.com", "01234567")
	h.Settle()
	h.Shut()
	h.Open()
	h.Settle()
}

func TestADigestComesOnceAtItsHour(t *testing.T) {
	t.Parallel()
	h := harness.New(t, "notify_owner: false")
	const sender = "it@globe.example" // in the US, where nobody works yet
	h.ExpectDisposition(h.Send(sender, "News", "News.", "List-Id: <news.globe.example>"), escalation.Ignored)
	h.FastForward(time.Minute) // the desk is open, and the digest's first period has begun
	h.ExpectDisposition(h.Send(sender, "Escalate", harness.Form("07654321")), escalation.Accepted)
	h.ExpectMail(sender, "Re: Escalate")
	h.ExpectMail("us-lead@example.com", "07654321")
	h.FastForward(3 * time.Hour)
	h.ExpectMail("digest@example.com", "07654321", "Globe Example")
	h.Shut()
	h.Open()
	h.FastForward(time.Hour)
	h.ExpectNothing()
}
