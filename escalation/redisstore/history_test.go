package redisstore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"escalationd/escalation"
)

func TestHistory(t *testing.T) {
	onEachRedis(t, func(t *testing.T, fresh func(t *testing.T) *bench) {
		for name, test := range map[string]func(b *bench){
			"EndedEscalationsAreRememberedByTheTimeTheyEnded": historyHasEnded,
			"LettersHeldBackAreCountedByRecipient":            heldIsCounted,
			"ADigestMarkIsKept":                               digestMarkIsKept,
			"AQuotaWithoutLimitCountsAndBoundsNothing":        quotaCounts,
			"ACaseThatTheCRMDroppedIsKnownByItsEscalation":    droppedCaseIsKnown,
			"AFailureIsOnTheAgendaWithItsTime":                failureHasItsTime,
		} {
			t.Run(name, func(t *testing.T) { test(fresh(t)) })
		}
	})
}

func (b *bench) history(since time.Time, recipients ...string) escalation.History {
	b.Helper()
	h, err := b.store.History(b.Context(), since, recipients)
	if err != nil {
		b.Fatalf("history: %v", err)
	}
	return h
}

func ended(number string, at time.Time) escalation.Change {
	return escalation.Change{Event: "end " + number, At: at, Disposition: escalation.Commanded, Escalations: []escalation.Escalation{{
		Case: number, Revision: 1, Status: escalation.Resolved, EndedAt: at,
	}}}
}

func historyHasEnded(b *bench) {
	for i := range 3 {
		number := fmt.Sprintf("0000000%d", i)
		if err := b.store.PutCases(b.Context(), []escalation.Case{{Number: number}}, start); err != nil {
			b.Fatal(err)
		}
		b.apply(ended(number, start.Add(time.Duration(i)*time.Hour)))
	}
	b.apply(accepted("m1", 1)) // of a case that the CRM does not have
	var got []string
	h := b.history(start.Add(time.Hour))
	for _, f := range h.Files {
		got = append(got, f.Escalation.Case)
	}
	if diff := cmp.Diff([]string{"00000001", "00000002", "01234567"}, got); diff != "" {
		b.Errorf("(-want +got):\n%s", diff)
	}
	if h.Mails[escalation.Commanded] != 3 || h.Mails[escalation.Accepted] != 1 || h.Mails[escalation.Ignored] != 0 {
		b.Errorf("mails = %v", h.Mails)
	}
}

func heldIsCounted(b *bench) {
	for i := range 3 {
		c := accepted(fmt.Sprintf("m%d", i), int64(i+1))
		c.Notices[0].Quotas = []escalation.Quota{{Key: "leader", Limit: 1, Window: time.Hour}}
		b.wantVerdict(b.apply(c)[0], escalation.Done)
	}
	want := map[string]int{"Lead@example.com": 2, "other@example.com": 0}
	if diff := cmp.Diff(want, b.history(start, "Lead@example.com", "other@example.com").Held); diff != "" {
		b.Errorf("(-want +got):\n%s", diff)
	}
}

func digestMarkIsKept(b *bench) {
	mark := escalation.DigestMark{Who: "w", At: start, Since: start, Mails: map[escalation.Disposition]int{escalation.Ignored: 2}, Held: 1}
	b.apply(escalation.Change{Event: "digest:w:2026-11-23", At: start, Digest: &mark})
	if diff := cmp.Diff(map[string]escalation.DigestMark{"w": mark}, b.agenda().Digests); diff != "" {
		b.Errorf("(-want +got):\n%s", diff)
	}
}

func quotaCounts(b *bench) {
	quota := func(limit int) []escalation.Quota {
		return []escalation.Quota{{Key: "loop", Limit: limit, Window: time.Hour}}
	}
	for i, limit := range []int{0, 0, 2, 3} {
		c := accepted(fmt.Sprintf("m%d", i), int64(i+1))
		c.Notices[0].Quotas = quota(limit)
		b.wantVerdict(b.apply(c)[0], escalation.Done)
	}
	if n := len(b.claim()); n != 3 {
		b.Errorf("%d letters wait, want all but the one that found two before it", n)
	}
}

func droppedCaseIsKnown(b *bench) {
	c := accepted("m1", 1)
	c.Escalations[0].Account, c.Escalations[0].Region, c.Escalations[0].Severity = "a1", "uk", 2
	b.apply(c)
	if err := b.store.PutAccounts(b.Context(), []escalation.Account{{ID: "a1", Name: "Example Company"}}, start); err != nil {
		b.Fatal(err)
	}
	f, ok := b.load(escalation.Query{Cases: []string{"01234567"}}).Cases["01234567"]
	want := escalation.Case{Number: "01234567", Account: "a1", Region: "uk", Severity: 2}
	if !ok || !f.Missing || f.Account.Name != "Example Company" || f.Escalation == nil {
		b.Errorf("the file is %+v", f)
	}
	if diff := cmp.Diff(want, f.Case); diff != "" {
		b.Errorf("(-want +got):\n%s", diff)
	}
}

func failureHasItsTime(b *bench) {
	b.apply(accepted("m1", 1))
	p := b.claim()[0]
	b.settle(p, "buried", 0)
	first := b.agenda().Undelivered
	if len(first) != 1 || first[0].Notice != p.ID || !justNow(first[0].At) {
		b.Errorf("the agenda has %+v", first)
	}
}
