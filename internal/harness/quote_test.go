package harness_test

import (
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/internal/harness"
)

const gaps = "Case Number: 01234567\nExpected Next Step: Call me\nPoint of Contact: The shift lead\n"

// inEachQuoting has people answer as each mail program does.
func inEachQuoting(t *testing.T, answer func(h *harness.Harness, q harness.Quoting)) {
	t.Helper()
	for _, q := range harness.Quotings() {
		t.Run(q.Name, func(t *testing.T) {
			t.Parallel()
			answer(harness.New(t, "notify_owner: false"), q)
		})
	}
}

func TestWordsAboveOurQuotedLetterReachTheLeader(t *testing.T) {
	t.Parallel()
	inEachQuoting(t, func(h *harness.Harness, q harness.Quoting) {
		h.Send(customer, "Please escalate", harness.Form("01234567"))
		ack := h.ExpectMail(customer, "Re: Please escalate")
		h.ExpectMail("uk-lead@example.com", "01234567")
		h.ExpectDisposition(h.ReplyQuoting(q, ack, "One more thing: the second printer smokes."), escalation.Updated)
		h.ExpectMail("uk-lead@example.com", "second printer smokes")
		confirmed := h.ExpectMail(customer, "second printer smokes")
		h.FastForward(16 * time.Minute) // leaders get no two additions within policy.leader_limit.per_case
		h.ExpectDisposition(h.ReplyQuoting(q, confirmed, "And now the third one."), escalation.Updated)
		h.ExpectMail(customer, "third one")
		h.ExpectMail("uk-lead@example.com", "third one")
	})
}

func TestTheMissingValueAboveOurQuotedLetterCompletesTheForm(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"+44 20 7946 0018", "Phone Number or Email for POC: +44 20 7946 0018"} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			inEachQuoting(t, func(h *harness.Harness, q harness.Quoting) {
				h.ExpectDisposition(h.Send(customer, "Escalate", gaps), escalation.Returned)
				returned := h.ExpectMail(customer, "Re: Escalate", "Phone Number or Email for POC")
				h.ExpectDisposition(h.ReplyQuoting(q, returned, answer), escalation.Accepted)
				h.ExpectMail(customer, "01234567")
				h.ExpectMail("uk-lead@example.com", "Call me", "7946 0018")
			})
		})
	}
}

func TestAWordOfThanksAfterTheEndOpensNothing(t *testing.T) {
	t.Parallel()
	inEachQuoting(t, func(h *harness.Harness, q harness.Quoting) {
		h.Send(customer, "Please escalate", harness.Form("01234567"))
		ack := h.ExpectMail(customer, "Re: Please escalate")
		letter := h.ExpectMail("uk-lead@example.com", "01234567")
		h.ExpectDisposition(h.Reply(letter, "RESOLVE all prints again\n"), escalation.Commanded)
		h.ExpectMail("uk-lead@example.com", "resolved")
		h.ExpectMail(customer, "all prints again")
		h.ExpectDisposition(h.ReplyQuoting(q, ack, "Thank you!"), escalation.Returned)
		h.ExpectMail(customer, "Re:")
	})
}
