package redisstore_test

import (
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"escalationd/escalation"
)

func fileIsLoaded(b *bench) {
	want := escalation.Case{
		Number: "01234567", Account: "a1", Status: escalation.CaseOpen, Severity: 1, Region: "us", Subject: "Nothing prints",
		OwnerName: "Case owner", OwnerEmail: "owner@example.com", OpenedAt: start, CustomerWroteAt: start.Add(time.Hour),
	}
	account := escalation.Account{ID: "a1", Name: "Example Company", Region: "us", Language: "en", Representatives: []string{"@example.com"}}
	if err := b.store.PutCases(b.Context(), []escalation.Case{want}, start); err != nil {
		b.Fatal(err)
	}
	if err := b.store.PutAccounts(b.Context(), []escalation.Account{account}, start); err != nil {
		b.Fatal(err)
	}
	s := b.load(escalation.Query{Cases: []string{"01234567", "99999999"}})
	if len(s.Cases) != 1 || !s.FedAt.Equal(start) {
		b.Fatalf("state = %+v", s)
	}
	if diff := cmp.Diff(escalation.CaseFile{Case: want, Account: account}, s.Cases["01234567"]); diff != "" {
		b.Errorf("(-want +got):\n%s", diff)
	}
}

func senderIsFound(b *bench) {
	err := b.store.PutAccounts(b.Context(), []escalation.Account{
		{ID: "a1", Representatives: []string{"@example.com"}},
		{ID: "a2", Representatives: []string{"ops@example.net", "Boss@Example.com"}},
	}, start)
	if err != nil {
		b.Fatal(err)
	}
	for sender, want := range map[string][]string{
		"anybody@example.com": {"a1"}, "boss+x@example.com": {"a1", "a2"}, "ops@example.net": {"a2"}, "stranger@example.org": nil,
	} {
		if diff := cmp.Diff(want, b.load(escalation.Query{Sender: sender}).Represents); diff != "" {
			b.Errorf("%s (-want +got):\n%s", sender, diff)
		}
	}
}

func similarIsFound(b *bench) {
	err := b.store.PutAccounts(b.Context(), []escalation.Account{{ID: "a1", Representatives: []string{"@example.com"}}}, start)
	if err != nil {
		b.Fatal(err)
	}
	err = b.store.PutCases(b.Context(), []escalation.Case{{Number: "01234576", Account: "a1"}, {Number: "01234568", Account: "other"}}, start)
	if err != nil {
		b.Fatal(err)
	}
	s := b.load(escalation.Query{Sender: "x@example.com", Similar: "01234567"})
	if diff := cmp.Diff([]string{"01234576"}, s.Similar); diff != "" {
		b.Errorf("(-want +got):\n%s", diff)
	}
	if err := b.store.PutCases(b.Context(), []escalation.Case{{Number: "CS-1001", Account: "a1"}}, start); err != nil {
		b.Fatal(err)
	}
	s = b.load(escalation.Query{Sender: "x@example.com", Similar: "CS1001"})
	if diff := cmp.Diff([]string{"CS-1001"}, s.Similar); diff != "" {
		b.Errorf("a forgotten hyphen (-want +got):\n%s", diff)
	}
}

func regionsAreListed(b *bench) {
	err := b.store.PutCases(b.Context(), []escalation.Case{{Number: "1", Region: "us"}, {Number: "2", Region: "UK"}, {Number: "3", Region: "uk"}, {Number: "4"}}, start)
	if err != nil {
		b.Fatal(err)
	}
	regions, err := b.store.CaseRegions(b.Context())
	slices.Sort(regions)
	if diff := cmp.Diff([]string{"uk", "us"}, regions); diff != "" || err != nil {
		b.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
