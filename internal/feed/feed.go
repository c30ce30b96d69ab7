// Package feed reads the cases and accounts that a CRM exports: CSV with a
// header line, or one JSON object a line (NDJSON). A file is taken whole or
// not at all; every row that cannot be taken is named by its line.
package feed

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"slices"

	"escalationd/escalation"
)

// table says which columns a file can have.
type table struct {
	what     string
	columns  []string
	required []string // must be there, as a column or as a key of each object
}

var caseTable = table{
	what: "cases",
	columns: []string{
		"number", "account", "status", "severity", "region", "subject", "owner_name", "owner_email",
		"opened_at", "customer_wrote_at", "owner_responded_at",
	},
	required: []string{"number", "account", "status", "severity"},
}

// Representatives are required because an import replaces those that were
// there: a forgotten column would lock every customer out.
var accountTable = table{
	what:     "accounts",
	columns:  []string{"id", "name", "region", "language", "representatives"},
	required: []string{"id", "name", "representatives"},
}

// Cases reads all cases of a file. The end of name says how it is written
// (.csv, .ndjson, .jsonl, .json), else its first byte does. An error names the
// lines that cannot be taken, at most 20, each as name:line; then no case is
// returned.
func Cases(r io.Reader, name string) ([]escalation.Case, error) {
	return read(r, name, caseTable, func(r *row) (escalation.Case, string) {
		c := escalation.Case{
			Number: r.caseNumber("number"), Account: r.identifier("account"), Status: r.status("status"), Severity: r.severity("severity"),
			Region: r.text("region"), Subject: r.text("subject"), OwnerName: r.text("owner_name"), OwnerEmail: r.address("owner_email"),
			OpenedAt: r.time("opened_at"), CustomerWroteAt: r.time("customer_wrote_at"), OwnerRespondedAt: r.time("owner_responded_at"),
		}
		return c, c.Number
	})
}

// Accounts reads all accounts of a file, in the same ways as Cases.
func Accounts(r io.Reader, name string) ([]escalation.Account, error) {
	return read(r, name, accountTable, func(r *row) (escalation.Account, string) {
		a := escalation.Account{
			ID: r.identifier("id"), Name: r.must("name"), Region: r.text("region"), Language: r.text("language"),
			Representatives: r.representatives("representatives"),
		}
		return a, a.ID
	})
}

// other is the table whose file somebody took for this one: it has all of
// its required columns, and this table not.
func (t table) other(columns []string) (table, bool) {
	has := func(t table) bool {
		return !slices.ContainsFunc(t.required, func(c string) bool { return !slices.Contains(columns, c) })
	}
	for _, o := range []table{caseTable, accountTable} {
		if o.what != t.what && has(o) && !has(t) {
			return o, true
		}
	}
	return table{}, false
}

// read makes an item of each row; parse also answers what identifies it.
func read[T any](r io.Reader, name string, t table, parse func(*row) (T, string)) ([]T, error) {
	rows, err := open(bufio.NewReaderSize(r, 64<<10), name, t)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	var items []T
	bad := mistakes{file: name}
	lines := map[string]int{} // where each identifier stands
	for row, err := range rows {
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		if len(row.wrong) == 0 {
			item, id := parse(row)
			if first, twice := lines[id]; twice && id != "" {
				row.refuse("%s %s stands in line %d already", t.columns[0], quote(id), first)
			} else {
				lines[id] = row.line
			}
			items = append(items, item)
		}
		bad.add(row)
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	return items, nil
}

// open finds out how a file is written.
func open(in *bufio.Reader, name string, t table) (iter.Seq2[*row, error], error) {
	json, err := isJSON(in, name)
	if err != nil {
		return nil, err
	}
	if json {
		return objects(in, t), nil
	}
	return records(in, t), nil
}
