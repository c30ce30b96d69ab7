package escalation_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"escalationd/escalation"
	"escalationd/mailparse"
)

// The page that draws the states is the table of what every event does in
// every state. This test plays each pair and compares.
const machinePage = "../docs/state-machine.md"

const none escalation.Status = "none"

// machine is a case on its way to a state, with the letters that were sent.
type machine struct {
	*scene
	customer, leader *escalation.Notice // letters that can be answered
}

const subject = "01230002"

// reach brings the case into a state by the usual way.
func reach(t *testing.T, status escalation.Status) *machine {
	m := &machine{scene: newScene(t, newMemStore(), func(p *escalation.Policy) { p.Early = escalation.EarlyPark })}
	if status == none {
		return m
	}
	if status == escalation.Parked || status == escalation.Dissolved {
		m.with(escalation.Case{Number: subject, Severity: 2, CustomerWroteAt: m.now.Add(-time.Hour)})
	}
	m.from(rep, form(subject))
	m.remember()
	switch status {
	case escalation.Acknowledged:
		m.from(ukLead, command(mailparse.Ack, "", 0), answering(*m.leader))
	case escalation.Resolved:
		m.from(ukLead, command(mailparse.Resolve, "done", 0), answering(*m.leader))
	case escalation.Withdrawn:
		m.from(rep, command(mailparse.Withdraw, subject, 0))
	case escalation.Closed:
		m.with(escalation.Case{Number: subject, Severity: 2, Status: escalation.CaseClosed})
		m.tick()
		m.with(escalation.Case{Number: subject, Severity: 2})
	case escalation.Dissolved:
		m.answered()
	}
	m.is(subject, status)
	m.remember()
	return m
}

// remember keeps the letters that were sent, and forgets that they are unseen.
func (m *machine) remember() {
	for _, n := range m.unseen {
		switch {
		case n.To == rep && m.customer == nil:
			m.customer = &n
		case n.To == ukLead && m.leader == nil:
			m.leader = &n
		}
	}
	m.unseen = nil
}

// answered has the case owner answer the customer.
func (m *machine) answered() {
	m.now = m.now.Add(time.Second)
	m.with(escalation.Case{Number: subject, Severity: 2, OwnerRespondedAt: m.now, CustomerWroteAt: monday.Add(-time.Hour)})
	m.tick()
}

// answer has somebody answer the letter that was sent to them, if one was.
func (m *machine) answer(n *escalation.Notice, sender string, parts ...written) escalation.Disposition {
	if n != nil {
		parts = append(parts, answering(*n))
	}
	return m.from(sender, parts...)
}

// until jumps to a time, if there is one, and lets the desk work.
func (m *machine) until(t time.Time) escalation.Disposition {
	if !t.IsZero() {
		m.now = t
	}
	m.tick()
	return ""
}

func (m *machine) escalation() escalation.Escalation {
	return m.store.(*memStore).escalations[subject]
}

type machineEvent struct {
	name string
	act  func(m *machine) escalation.Disposition
}

func machineEvents() []machineEvent {
	leader := func(verb mailparse.Verb) func(m *machine) escalation.Disposition {
		return func(m *machine) escalation.Disposition { return m.answer(m.leader, ukLead, command(verb, "", 0)) }
	}
	return []machineEvent{
		{"form", func(m *machine) escalation.Disposition {
			m.with(escalation.Case{Number: subject, Severity: 2})
			return m.from(rep, form(subject))
		}},
		{"form, too early", func(m *machine) escalation.Disposition {
			m.with(escalation.Case{Number: subject, Severity: 2, CustomerWroteAt: m.now.Add(-time.Hour)})
			return m.from(rep, form(subject))
		}},
		{"form with gaps", func(m *machine) escalation.Disposition {
			return m.from(rep, form(subject, noPOC))
		}},
		{"form by a stranger", func(m *machine) escalation.Disposition { return m.from(stranger, form(subject)) }},
		{"form, case closed", func(m *machine) escalation.Disposition {
			m.with(escalation.Case{Number: subject, Severity: 2, Status: escalation.CaseClosed})
			return m.from(rep, form(subject))
		}},
		{"customer's reply", func(m *machine) escalation.Disposition { return m.answer(m.customer, rep, text("It grows worse.")) }},
		{"WITHDRAW", func(m *machine) escalation.Disposition {
			return m.from(rep, command(mailparse.Withdraw, subject, 0))
		}},
		{"ACK", leader(mailparse.Ack)},
		{"PASS", leader(mailparse.Pass)},
		{"SNOOZE", leader(mailparse.Snooze)},
		{"RESOLVE", leader(mailparse.Resolve)},
		{"leader's note", func(m *machine) escalation.Disposition { return m.answer(m.leader, ukLead, text("I call them.")) }},
		{"out of office", func(m *machine) escalation.Disposition {
			return m.answer(m.leader, ukLead, automatic(mailparse.AutoReply))
		}},
		{"bounce", func(m *machine) escalation.Disposition {
			return m.answer(m.leader, "mailer-daemon@example.com", automatic(mailparse.Bounce))
		}},
		{"due time", func(m *machine) escalation.Disposition { return m.until(m.escalation().Due) }},
		{"snooze ends", func(m *machine) escalation.Disposition {
			if e := m.escalation(); e.Status == escalation.Open {
				m.answer(m.leader, ukLead, command(mailparse.Snooze, "", time.Minute))
				m.remember()
			}
			return m.until(m.escalation().RemindAt)
		}},
		{"acknowledgement expires", func(m *machine) escalation.Disposition { return m.until(m.escalation().ExpiresAt) }},
		{"owner answers", func(m *machine) escalation.Disposition { m.answered(); return "" }},
		{"case closes", func(m *machine) escalation.Disposition {
			m.with(escalation.Case{Number: subject, Severity: 2, Status: escalation.CaseClosed})
			m.tick()
			return ""
		}},
	}
}

// played says what an event does in a state: how a mail ends, where the
// escalation then stands, which letters go out.
func played(t *testing.T, status escalation.Status, event machineEvent) (cell string, to escalation.Status) {
	m := reach(t, status)
	disposition := event.act(m)
	to = status
	if e := m.escalation(); e.Case != "" {
		to = e.Status
	}
	var words []string
	if disposition != "" {
		words = append(words, string(disposition))
	}
	if to != status {
		words = append(words, "→ **"+string(to)+"**")
	}
	var letters []string
	for _, n := range m.unseen {
		letters = append(letters, string(n.Kind))
	}
	if len(letters) > 0 {
		slices.Sort(letters)
		words = append(words, "✉ "+strings.Join(letters, ", "))
	}
	if len(words) == 0 {
		return "·", to
	}
	return strings.Join(words, " "), to
}

func machineStates() []escalation.Status {
	return append([]escalation.Status{none}, escalation.Statuses()...)
}

func TestTheTableOfEveryEventInEveryState(t *testing.T) {
	page := readPage(t)
	rows := tableOf(t, page)
	var drawn strings.Builder
	fmt.Fprintf(&drawn, "| event |")
	for _, s := range machineStates() {
		fmt.Fprintf(&drawn, " %s |", s)
	}
	for _, event := range machineEvents() {
		fmt.Fprintf(&drawn, "\n| %s |", event.name)
		for _, status := range machineStates() {
			got, _ := played(t, status, event)
			fmt.Fprintf(&drawn, " %s |", got)
			want, ok := rows[event.name][string(status)]
			switch {
			case !ok:
				t.Errorf("the table lacks %q in state %s", event.name, status)
			case got != want:
				t.Errorf("%q in state %s: the table says %q, the desk does %q", event.name, status, want, got)
			}
		}
		delete(rows, event.name)
	}
	for name := range rows {
		t.Errorf("the table has a row for %q, which no event is", name)
	}
	if t.Failed() {
		t.Logf("the table as the desk would draw it:\n%s", drawn.String())
	}
}

func TestTheDrawingShowsTheTransitionsOfTheCode(t *testing.T) {
	drawn := map[string]bool{}
	arrow := regexp.MustCompile(`(?m)^ {4}(\S+) --> (\S+) : (.+)$`)
	for _, a := range arrow.FindAllStringSubmatch(readPage(t), -1) {
		for _, event := range strings.Split(a[3], " / ") {
			drawn[fmt.Sprintf("%s --> %s : %s", a[1], a[2], event)] = true
		}
	}
	for _, status := range machineStates() {
		for _, event := range machineEvents() {
			_, to := played(t, status, event)
			if to == status {
				continue
			}
			from := string(status)
			if status == none {
				from = "[*]"
			}
			edge := fmt.Sprintf("%s --> %s : %s", from, to, event.name)
			if !drawn[edge] {
				t.Errorf("the drawing lacks: %s", edge)
			}
			delete(drawn, edge)
		}
	}
	for edge := range drawn {
		t.Errorf("the code knows nothing of: %s", edge)
	}
}

func readPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(machinePage)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// tableOf reads the page's table: event to state to cell.
func tableOf(t *testing.T, page string) map[string]map[string]string {
	t.Helper()
	rows := map[string]map[string]string{}
	var head []string
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case cells[0] == "event":
			head = cells
		case head == nil || strings.HasPrefix(cells[0], "-"):
		case len(cells) != len(head):
			t.Errorf("a row of the table has %d cells, want %d: %s", len(cells), len(head), line)
		default:
			rows[cells[0]] = map[string]string{}
			for i, cell := range cells[1:] {
				rows[cells[0]][head[i+1]] = cell
			}
		}
	}
	return rows
}
