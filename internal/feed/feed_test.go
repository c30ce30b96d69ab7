package feed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"escalationd/escalation"
)

const caseHeader = "number,account,status,severity,region,subject,owner_name,owner_email,opened_at,customer_wrote_at,owner_responded_at\n"

var full = escalation.Case{
	Number: "CS-1001", Account: "acme", Status: escalation.CaseOpen, Severity: 1, Region: "us", Subject: `Disk "full", again`,
	OwnerName: "Case Owner", OwnerEmail: "owner@example.com",
	OpenedAt:        time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC),
	CustomerWroteAt: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC),
}

func TestCasesAreReadInEveryFormat(t *testing.T) {
	const row = `cs-1001,acme,open,1,us,"Disk ""full"", again",Case Owner,owner@example.com,2026-03-02T09:30:00Z,2026-03-02T10:00:00Z,` + "\n"
	const object = `{"number":"cs-1001","account":"acme","status":"open","severity":1,"region":"us","subject":"Disk \"full\", again",` +
		`"owner_name":"Case Owner","owner_email":"owner@example.com","opened_at":"2026-03-02T09:30:00Z",` +
		`"customer_wrote_at":"2026-03-02T10:00:00Z","owner_responded_at":null}`
	for _, tc := range []struct{ name, file, data string }{
		{"CSV", "cases.csv", caseHeader + row},
		{"CSV by content", "cases", caseHeader + row},
		{"CSV from standard input", "-", caseHeader + row},
		{"byte order mark", "cases.csv", "\uFEFF" + caseHeader + row},
		{"CRLF", "cases.CSV", strings.ReplaceAll(caseHeader+row, "\n", "\r\n")},
		{"no line end at the end", "cases.csv", strings.TrimSpace(caseHeader + row)},
		{"empty lines", "cases.csv", "\n" + caseHeader + "\n\n" + row + "\n"},
		{
			"columns in another order", "cases.csv",
			"severity,opened_at,customer_wrote_at,owner_name,owner_email,subject,status,number,region,account\n" +
				`1,2026-03-02T09:30:00Z,2026-03-02T10:00:00Z,Case Owner,owner@example.com,"Disk ""full"", again",Open, cs - 1001 ,us,acme` + "\n",
		},
		{"line breaks inside a field", "cases.csv", caseHeader + strings.ReplaceAll(row, ", again", ",\r\n\tagain")},
		{"NDJSON", "cases.ndjson", object + "\n"},
		{"NDJSON by content", "cases.txt", "\n  " + object},
		{"jsonl", "cases.jsonl", "\uFEFF" + object + "\r\n\r\n"},
		{"json", "cases.json", object},
		{"severity as text", "cases.json", strings.ReplaceAll(object, `"severity":1`, `"severity":"1"`)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Cases(strings.NewReader(tc.data), tc.file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]escalation.Case{full}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAccountsKeepTheirRepresentatives(t *testing.T) {
	want := []escalation.Account{
		{ID: "acme", Name: "Acme", Region: "us", Language: "en", Representatives: []string{"it@acme.example.com", "@acme.example.org"}},
		{ID: "42", Name: "Forty-Two"},
	}
	for _, tc := range []struct{ file, data string }{
		{"a.csv", "id,name,region,language,representatives\nacme,Acme,us,en,it@acme.example.com  @acme.example.org\n42,Forty-Two,,,\n"},
		{"a.ndjson", `{"id":"acme","name":"Acme","region":"us","language":"en","representatives":["it@acme.example.com","@acme.example.org"]}` +
			"\n" + `{"id":42,"name":"Forty-Two","representatives":[]}`},
		{"a.ndjson", `{"id":"acme","name":"Acme","region":"us","language":"en","representatives":"it@acme.example.com\n@acme.example.org"}` +
			"\n" + `{"id":"42","name":"Forty-Two","representatives":null}`},
	} {
		got, err := Accounts(strings.NewReader(tc.data), tc.file)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if len(got[i].Representatives) == 0 {
				got[i].Representatives = nil
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", tc.file, diff)
		}
	}
}

func TestBadCasesAreNamedByLine(t *testing.T) {
	const header = "number,account,status,severity,owner_email,opened_at,subject\n"
	const good = "CS-1,acme,open,1,,,\n"
	for _, tc := range []struct{ name, data, want string }{
		{"severity", header + good + "CS-2,acme,open,4,,,\n", `f.csv:3: severity "4" is not 1, 2 or 3`},
		{"severity is a word", header + "CS-2,acme,open,high,,,\n", `f.csv:2: severity "high" is not 1, 2 or 3`},
		{"no severity", header + "CS-2,acme,open,,,,\n", `f.csv:2: severity is empty`},
		{"status", header + "CS-2,acme,solved,1,,,\n", `f.csv:2: status "solved" is not one of open, pending, closed`},
		{"no status", header + "CS-2,acme, ,1,,,\n", `f.csv:2: status is empty`},
		{"no number", header + " ,acme,open,1,,,\n", `f.csv:2: number is empty`},
		{"number", header + "CS_2,acme,open,1,,,\n", `f.csv:2: number "CS_2" is not a case number`},
		{"number begins with a hyphen", header + "-2,acme,open,1,,,\n", `f.csv:2: number "-2" is not a case number`},
		{"number is long", header + strings.Repeat("9", 33) + ",acme,open,1,,,\n", `is not a case number: 1 to 32`},
		{"number in another script", header + "CS-１,acme,open,1,,,\n", `is not a case number`},
		{"no account", header + "CS-2,,open,1,,,\n", `f.csv:2: account is empty`},
		{"account", header + "CS-2,a:representatives,open,1,,,\n", `f.csv:2: account "a:representatives" is not an account ID`},
		{"address", header + "CS-2,acme,open,1,Owner <o@example.com>,,\n", `f.csv:2: owner_email "Owner <o@example.com>" is not a mail address`},
		{"quoted address", header + `CS-2,acme,open,1,"""a@evil> X=x""@example.com",,` + "\n", `is not a mail address`},
		{"time", header + "CS-2,acme,open,1,,02.03.2026,\n", `f.csv:2: opened_at "02.03.2026" is not a time as in RFC 3339`},
		{"time without zone", header + "CS-2,acme,open,1,,2026-03-02T09:30:00,\n", `opened_at "2026-03-02T09:30:00" is not a time`},
		{"Latin-1", header + "CS-2,acme,open,1,,,M\xfcnchen\n", `f.csv:2: subject "M\xfcnchen" is not UTF-8`},
		{"long subject", header + "CS-2,acme,open,1,,," + strings.Repeat("x", 4001) + "\n", `has 4001 characters, more than 4000`},
		{"several at once", header + "CS-2,,open,9,,,\n", `f.csv:2: account is empty; severity "9" is not 1, 2 or 3`},
		{"twice", header + good + "cs-1 ,acme,closed,1,,,\n", `f.csv:3: number "CS-1" stands in line 2 already`},
		{"too few fields", header + "CS-2,acme\n", `f.csv:2: the line has 2 fields, the header has 7`},
		{"too many fields", header + good + "CS-2,acme,open,1,,,,\n", `f.csv:3: the line has 8 fields, the header has 7`},
		{"bare quote", header + "CS-2,acme,open,1,,,5\" disk\nCS-3,acme,open,7,,,\n", "f.csv:2: a \" stands in a field that is not quoted"},
		{"rows after a bare quote", header + "CS-2,acme,open,1,,,5\" disk\nCS-3,acme,open,7,,,\n", `f.csv:3: severity "7"`},
		{"open quote", header + good + "CS-2,acme,open,1,,,\"disk\nand\nmore\n", `f.csv:3: a quoted field does not end as it should`},
		{"line breaks before", header + "CS-2,acme,open,1,,,\"a\nb\r\nc\"\n\nCS-3,acme,open,0,,,\n", `f.csv:6: severity "0"`},
		{"line breaks in the bad row", header + "CS-2,acme,open,0,,,\"a\nb\"\n", `f.csv:2: severity "0"`},
	} {
		t.Run(tc.name, func(t *testing.T) { refused(t, "f.csv", tc.data, tc.want) })
	}
}

func TestBadHeadersAreExplained(t *testing.T) {
	for _, tc := range []struct{ name, data, want string }{
		{"empty", "", `read f.csv: the file is empty`},
		{"blank", strings.Repeat("\r\n", 700), `read f.csv: the file is empty`},
		{"missing", "number,account,status\n1,a,open\n", `f.csv:1: column severity is missing`},
		{"unknown", "number,account,status,severity,owner_mail\n", `f.csv:1: unknown column "owner_mail"; did you mean owner_email?`},
		{"upper case", "Number,account,status,severity\n", `unknown column "Number"; did you mean number?; column number is missing`},
		{"longer name", "case_number,account,status,severity\n", `unknown column "case_number"; did you mean number?`},
		{"shorter name", "number,account,status,severity,wrote\n", `unknown column "wrote"; did you mean customer_wrote_at?`},
		{"far off", "number,account,status,severity,zzzzzzzzzz\n", `unknown column "zzzzzzzzzz"; known are number, account`},
		{"twice", "number,account,status,severity,number\n", `column number is there twice`},
		{"no name", "number,account,status,severity,\n", `column 5 has no name`},
		{"of accounts", "id,name,region,representatives\n", `f.csv:1: these are the columns of accounts, not of cases`},
		{"semicolons", "number;account;status;severity\n", `f.csv:1: the columns are not separated by commas`},
		{"many columns", strings.Repeat(",number", 300) + "\n", `f.csv:1: the header has 301 columns; known are number`},
		{"UTF-16", "\xff\xfen\x00u\x00", `the file is in UTF-16; export it in UTF-8`},
		{"a list", `[{"number":"1"}]`, `the file begins with [; write one JSON object a line`},
	} {
		t.Run(tc.name, func(t *testing.T) { refused(t, "f.csv", tc.data, tc.want) })
	}
}

func TestBadObjectsAreNamedByLine(t *testing.T) {
	const good = `{"number":"1","account":"a","status":"open","severity":1}` + "\n"
	for _, tc := range []struct{ name, data, want string }{
		{"no JSON", good + "\nnumber\n", `f.json:3: the line is not one JSON object`},
		{"cut off", good + `{"number":"2","account":`, `f.json:2: the line is not one JSON object`},
		{"over several lines", "{\n\"number\": \"1\"\n}", `f.json:1: the line is not one JSON object`},
		{"two objects", `{"number":"1","account":"a","status":"open","severity":1} {}`, `f.json:1: the line is not one JSON object`},
		{"unknown key", `{"number":"1","account":"a","status":"open","severity":1,"acount":"b"}`, `unknown key "acount"; did you mean account?`},
		{"missing key", good + `{"number":"2","account":"a","status":"open"}`, `f.json:2: key severity is missing`},
		{"nothing", "null", `f.json:1: the line is not one JSON object`},
		{"two unknown keys", `{"number":"1","account":"a","status":"open","severity":1,"x1":0,"acount":"b"}`, `f.json:1: unknown key "acount"`},
		{"account", `{"id":"a","name":"A","representatives":[]}`, `these are the keys of accounts, not of cases`},
		{"list", `{"number":["1"],"account":"a","status":"open","severity":1}`, `number ["1"] is neither a text nor a whole number`},
		{"object", `{"number":"1","account":{"id":3},"status":"open","severity":1}`, `account {"id":3} is neither a text nor a whole number`},
		{"fraction", `{"number":"1","account":"a","status":"open","severity":1.5}`, `severity 1.5 is neither a text nor a whole number`},
		{"mixed list", `{"number":"1","account":"a","status":"open","severity":1,"subject":["a",1]}`, `subject ["a",1] is neither a text nor a whole number`},
		{"truth", `{"number":"1","account":"a","status":true,"severity":1}`, `status true is neither a text nor a whole number`},
		{"Latin-1", `{"number":"1","account":"a","status":"open","severity":1,"subject":"` + "\xfc" + `"}`, `f.json:1: the line is not UTF-8`},
		{"twice", good + good, `f.json:2: number "1" stands in line 1 already`},
		{"endless line", good + strings.Repeat("x", maxLine+1), `f.json:2: the line is longer than 1048576 bytes`},
	} {
		t.Run(tc.name, func(t *testing.T) { refused(t, "f.json", tc.data, tc.want) })
	}
}

func TestBadRepresentativesAreNamedByLine(t *testing.T) {
	for _, tc := range []struct{ value, want string }{
		{"it@example.com nobody", `f.csv:2: representatives "nobody" is neither a mail address nor @domain`},
		{"it@example.com,boss@example.com", `is neither a mail address nor @domain`},
		{"@", `"@" is neither`},
		{"@exa_mple.com", `"@exa_mple.com" is neither`},
		{"a@b@example.com", `is neither`},
		{"it@example..com", `is neither`},
		{"it@[192.0.2.1]", `is neither`},
	} {
		_, err := Accounts(strings.NewReader("id,name,representatives\nacme,Acme,\""+tc.value+"\"\n"), "f.csv")
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %s", tc.value, err, tc.want)
		}
	}
	_, err := Accounts(strings.NewReader(`{"id":"a","name":"A","representatives":["a@example.com",7]}`), "f.json")
	if err == nil || err.Error() != `f.json:1: representatives ["a@example.com",7] is neither a text nor a whole number` {
		t.Errorf("with a number: %v", err)
	}
	_, err = Accounts(strings.NewReader("id,name\nacme,Acme\n"), "f.csv")
	if err == nil || err.Error() != "f.csv:1: column representatives is missing" {
		t.Errorf("without representatives: %v", err)
	}
}

func refused(t *testing.T, name, data, want string) {
	t.Helper()
	cases, err := Cases(strings.NewReader(data), name)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if cases != nil {
		t.Errorf("%d cases were taken from a bad file", len(cases))
	}
}

func TestTwentyBadRowsAreShownAndTheRestCounted(t *testing.T) {
	var data strings.Builder
	data.WriteString("number,account,status,severity\n")
	for i := range 25 {
		fmt.Fprintf(&data, "CS-%d,acme,open,9\n", i)
	}
	_, err := Cases(strings.NewReader(data.String()), "f.csv")
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 21 || !strings.HasPrefix(lines[19], "f.csv:21: ") || lines[20] != "and 5 more" {
		t.Errorf("got %d lines that end in %q", len(lines), lines[len(lines)-1])
	}
}

func TestHeaderAloneHoldsNoCases(t *testing.T) {
	cases, err := Cases(strings.NewReader(caseHeader), "f.csv")
	if err != nil || len(cases) != 0 {
		t.Errorf("got %v, %v", cases, err)
	}
}

func TestBrokenReaderIsReported(t *testing.T) {
	broken := errors.New("disk gone")
	for _, start := range []string{"", caseHeader + "CS-1,", caseHeader + "CS-1,acme,broken,1,,,,,,,\n", "{}\n"} {
		_, err := Cases(iotest.DataErrReader(&failing{strings.NewReader(start), broken}), "f")
		if !errors.Is(err, broken) {
			t.Errorf("after %.20q: got %v", start, err)
		}
	}
}

type failing struct {
	r   *strings.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	if f.r.Len() == 0 {
		return 0, f.err
	}
	return f.r.Read(p)
}

// TestDocumentedFilesAreTaken reads what docs/import.md shows.
func TestDocumentedFilesAreTaken(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "import.md"))
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for i, block := range strings.Split(string(page), "```") {
		language, data, _ := strings.Cut(block, "\n")
		if i%2 == 0 || language != "csv" && language != "json" {
			continue
		}
		if strings.Contains(data, "representatives") {
			_, err = Accounts(strings.NewReader(data), "import.md."+language)
		} else {
			_, err = Cases(strings.NewReader(data), "import.md."+language)
		}
		if err != nil {
			t.Error(err)
		}
		taken++
	}
	if taken != 4 {
		t.Errorf("%d files are shown, not 4", taken)
	}
}

func FuzzFeed(f *testing.F) {
	f.Add([]byte(caseHeader+"CS-1,acme,open,1,us,\"a\nb\",,o@example.com,2026-03-02T09:30:00Z,,\n"), "csv")
	f.Add([]byte("id,name,representatives\na,A,a@example.com @example.org\n"), "")
	f.Add([]byte(`{"number":1,"account":"a","status":"open","severity":"2","subject":null}`), "json")
	f.Add([]byte(`{"id":"a","name":"A","representatives":["a@example.com"]}`), "ndjson")
	f.Fuzz(func(t *testing.T, data []byte, ext string) {
		cases, err := Cases(strings.NewReader(string(data)), "f."+ext)
		if err != nil && cases != nil {
			t.Error("cases and an error")
		}
		for _, c := range cases {
			if !caseNumber.MatchString(c.Number) || !identifier.MatchString(c.Account) || c.Severity < 1 || c.Severity > 3 ||
				strings.ContainsAny(c.Subject, "\r\n\x00") {
				t.Errorf("taken: %+v", c)
			}
		}
		accounts, err := Accounts(strings.NewReader(string(data)), "f."+ext)
		if err != nil && accounts != nil {
			t.Error("accounts and an error")
		}
		for _, a := range accounts {
			for _, r := range a.Representatives {
				if strings.ContainsAny(r, " \t\r\n<>\"\x00") {
					t.Errorf("taken: %q", r)
				}
			}
		}
	})
}

func BenchmarkCases(b *testing.B) {
	var csv, json strings.Builder
	csv.WriteString(caseHeader)
	for i := range 200_000 {
		fmt.Fprintf(&csv, "CS-%d,acme,open,2,us,Disk full,Case Owner,owner@example.com,2026-03-02T09:30:00Z,2026-03-02T09:30:00Z,\n", i)
		fmt.Fprintf(&json, `{"number":"CS-%d","account":"acme","status":"open","severity":2,"region":"us","subject":"Disk full","owner_name":"Case Owner",`+
			`"owner_email":"owner@example.com","opened_at":"2026-03-02T09:30:00Z","customer_wrote_at":"2026-03-02T09:30:00Z"}`+"\n", i)
	}
	for name, data := range map[string]string{"f.csv": csv.String(), "f.ndjson": json.String()} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if cases, err := Cases(strings.NewReader(data), name); err != nil || len(cases) != 200_000 {
					b.Fatal(len(cases), err)
				}
			}
		})
	}
}
