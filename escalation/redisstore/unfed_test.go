package redisstore_test

import (
	"testing"

	"escalationd/escalation"
)

func TestNobodyIsJudgedByAnEmptyDatabase(t *testing.T) {
	_, rdb, stores := miniStores(t, 1)
	b := &bench{T: t, rdb: rdb, store: stores[0], now: start}
	unfed := func(q escalation.Query) bool {
		b.Helper()
		b.store.Bind("") // what was read is read again
		return b.load(q).Unfed
	}
	asksForCase := escalation.Query{Sender: "ana@acme.example", Similar: "01234567"}
	asksForNone := escalation.Query{Sender: "ana@acme.example"}
	if !unfed(asksForCase) || !unfed(asksForNone) {
		t.Error("an empty Redis passes for case data")
	}
	if unfed(escalation.Query{Event: "mail:1"}) {
		t.Error("a mail that asks for nothing is held")
	}
	account := escalation.Account{ID: "acme", Representatives: []string{"@acme.example"}}
	if err := b.store.PutAccounts(t.Context(), []escalation.Account{account}, start); err != nil {
		t.Fatal(err)
	}
	if !unfed(asksForCase) || unfed(asksForNone) {
		t.Error("accounts without cases: want only those held who ask for a case")
	}
	if err := b.store.PutCases(t.Context(), []escalation.Case{{Number: "07654321", Account: "acme"}}, start); err != nil {
		t.Fatal(err)
	}
	if unfed(asksForCase) || unfed(asksForNone) {
		t.Error("case data pass for none")
	}
}
