package harness

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"escalationd/escalation"
)

// writeConfig writes the desk's configuration and answers its path.
func (h *Harness) writeConfig(policy []string) string {
	password := filepath.Join(h.dir, "password")
	h.write(password, "secret\n")
	text := fmt.Sprintf(`
inboxes:
  - {name: escalations, url: "imap://desk%%40example.com@%s/INBOX", password_file: password, processed: Processed, quarantine: Quarantine, authserv_id: mx.example.com}
smtp: {url: "smtp://%s", from: "Enterprise Support <desk@example.com>", connections: 2}
redis: {url: "redis://%s/0", allow_volatile: true}
ops: [ops@example.com]
policy:
  poll: 1s
  backlog: 9000h
%sladder:
  - {level: 1, name: Regional leader, contacts: {us: [us-lead@example.com], uk: [uk-lead@example.com]}}
  - {level: 2, name: Frontline senior manager, contacts: {"*": [frontline@example.com]}}
  - {level: 3, name: Director, contacts: {"*": [director@example.com]}}
digests:
  - {to: [digest@example.com], at: "12:00", timezone: Europe/London, days: Mon-Fri, regions: ["*"]}
`, h.Mail.IMAPAddr(), h.Mail.SMTPAddr(), h.Redis.Addr(), indent(policy))
	path := filepath.Join(h.dir, "escalationd.yaml")
	h.write(path, text)
	return path
}

func indent(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString("  " + l + "\n")
	}
	return b.String()
}

func (h *Harness) write(path, text string) {
	h.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.Fatal(err)
	}
}

// feed puts the sample accounts and cases into Redis.
func (h *Harness) feed() {
	h.Helper()
	accounts := []escalation.Account{
		{ID: "acme", Name: "Acme Example", Region: "uk", Representatives: []string{"@acme.example"}},
		{ID: "globe", Name: "Globe Example", Region: "us", Representatives: []string{"it@globe.example"}},
	}
	at := Start.Add(-48 * time.Hour)
	cases := []escalation.Case{
		{Number: "01234567", Account: "acme", Status: escalation.CaseOpen, Severity: 1, Subject: "Nothing prints", OwnerName: "Case owner", OwnerEmail: "owner@example.com", OpenedAt: at},
		{Number: "01234568", Account: "acme", Status: escalation.CasePending, Severity: 2, Subject: "Slow reports", OpenedAt: at},
		{Number: "01234569", Account: "acme", Status: escalation.CaseClosed, Severity: 3, Subject: "Old matter", OpenedAt: at},
		{Number: "07654321", Account: "globe", Status: escalation.CaseOpen, Severity: 3, Subject: "A wrong total", OpenedAt: at},
	}
	if err := h.Store.PutAccounts(context.Background(), accounts, Start); err != nil {
		h.Fatal(err)
	}
	if err := h.Store.PutCases(context.Background(), cases, Start); err != nil {
		h.Fatal(err)
	}
}

// Form is a filled-in template on a case.
func Form(number string) string {
	return "Case Number: " + number + `
Expected Next Step: Please send an engineer who knows the print server.
Point of Contact: The shift lead
Phone Number or Email for POC: +44 20 7946 0018
Additional Comments: Production has stood still since this morning.
`
}
