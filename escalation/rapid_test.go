package escalation_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"escalationd/escalation"
	"escalationd/mailparse"
)

// rapidSteps is how many steps the state machine takes in a usual run.
const rapidSteps = 100_000

func TestWhateverHappensThePromisesHold(t *testing.T) {
	want := rapidSteps
	if testing.Short() {
		want /= 10
	}
	for name, value := range map[string]string{"rapid.steps": "200", "rapid.nofailfile": "true"} { // long lives, not many short ones
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	steps := 0
	for steps < want && !t.Failed() {
		rapid.Check(t, func(rt *rapid.T) {
			l := newLife(t, rt)
			rt.Repeat(map[string]func(*rapid.T){
				"form": l.form, "reply": l.reply, "withdraw": l.withdraw, "command": l.command, "machine": l.machine,
				"forged": l.forged, "again": l.again, "time": l.time, "outage": l.outage, "owner answers": l.ownerAnswers,
				"case closes": l.caseCloses, "letters leave": l.lettersLeave, "letter fails": l.letterFails,
				"": func(rt *rapid.T) { steps++; l.check(rt) },
			})
		})
	}
	t.Logf("%d steps", steps)
}

// life is a desk to which anything may happen.
type life struct {
	*scene
	store   *memStore
	sent    []escalation.Notice // letters that have left
	before  map[string]escalation.Escalation
	decided int
	missed  map[string]int       // letters that a promise was missed, by case and ordinal
	digests map[string]time.Time // the end of each recipient's last digest
}

func newLife(t *testing.T, rt *rapid.T) *life {
	store := newMemStore()
	store.keep = true
	early := rapid.SampledFrom([]escalation.Early{escalation.EarlyAccept, escalation.EarlyPark, escalation.EarlyRefuse}).Draw(rt, "early")
	ladder := rapid.SampledFrom([]string{"full", "gap", "same contact", "empty"}).Draw(rt, "ladder")
	s := newScene(t, store, func(p *escalation.Policy) {
		p.Early, p.NotifyOwner = early, true
		p.LeaderLimit.PerHour = rapid.SampledFrom([]int{0, 20}).Draw(rt, "per hour")
		switch ladder {
		case "gap":
			p.Ladder[1].Contacts = nil
		case "same contact":
			p.Ladder[1].Contacts["*"], p.Ladder[2].Contacts["*"] = []string{ukLead, rep}, []string{ukLead, front, front}
		case "empty":
			p.Ladder = nil
		}
		p.Digests = []escalation.DigestPlan{{To: []string{director, ukLead}, At: 90, Location: regions()["us"].Calendar.Location(),
			Weekdays: []time.Weekday{time.Monday, time.Tuesday, time.Saturday, time.Sunday}, Regions: []string{"*"}}}
	})
	l := &life{scene: s, store: store, before: map[string]escalation.Escalation{}, missed: map[string]int{}, digests: map[string]time.Time{}}
	for i, number := range lifeCases {
		l.with(escalation.Case{Number: number, Severity: i, OwnerEmail: owner, Region: []string{"uk", "us", "", "nowhere"}[i]})
	}
	return l
}

var lifeCases = []string{"01230001", "01230002", "01230003", "01239999"}

var people = []string{rep, stranger, owner, ukLead, usLead, front, director, senior, ops, "boss@other.example", "AVERY+x@Customer.example"}

func person(rt *rapid.T) string { return rapid.SampledFrom(people).Draw(rt, "who") }
func number(rt *rapid.T) string {
	return rapid.SampledFrom(append([]string{"77777777", "", "#"}, lifeCases...)).Draw(rt, "case")
}

// mail has a mail decided; the letters stay in the outbox.
func (l *life) mail(sender string, parts ...written) {
	m := escalation.Mail{Proof: escalation.Proof{Proven: true, Reason: "dmarc=pass"}}
	m.From.Addr, m.Subject, m.Digest = sender, "Escalation", [32]byte{byte(l.decided), byte(l.decided >> 8), byte(l.decided >> 16), 1}
	for _, p := range parts {
		p(&m)
	}
	l.mails[fmt.Sprint(l.decided)] = m
	l.arrive(fmt.Sprint(l.decided))
}

func (l *life) arrive(raw string) {
	l.decided++
	a := escalation.Arrival{Inbox: "desk", Location: fmt.Sprintf("desk|1|%d", l.decided), Raw: []byte(raw)}
	filings, err := l.desk.Receive(context.Background(), []escalation.Arrival{a})
	if err != nil || filings[0] == escalation.Stay {
		l.Fatalf("the mail stays: %v", err)
	}
}

func (l *life) form(rt *rapid.T) {
	parts := []written{form(number(rt))}
	if rapid.Bool().Draw(rt, "gap") {
		parts = append(parts, noPOC)
	}
	if rapid.Bool().Draw(rt, "two") {
		parts = append(parts, form(number(rt), commenting("More.")))
	}
	l.mail(person(rt), append(parts, l.maybeAnswering(rt))...)
}

func (l *life) maybeAnswering(rt *rapid.T) written {
	if len(l.sent) == 0 || rapid.Bool().Draw(rt, "fresh") {
		return func(*escalation.Mail) {}
	}
	return answering(l.letter(rt))
}

func (l *life) letter(rt *rapid.T) escalation.Notice {
	recent := l.sent[max(0, len(l.sent)-12):]
	return recent[rapid.IntRange(0, len(recent)-1).Draw(rt, "letter")]
}

func (l *life) reply(rt *rapid.T) {
	words := text(rapid.SampledFrom([]string{"", "It grows worse.", "Kim", "01230002"}).Draw(rt, "words"))
	l.mail(person(rt), words, l.maybeAnswering(rt))
}

func (l *life) withdraw(rt *rapid.T) {
	l.mail(person(rt), command(mailparse.Withdraw, number(rt), 0), l.maybeAnswering(rt))
}

// command has the recipient of a letter command the desk, or somebody else.
func (l *life) command(rt *rapid.T) {
	if len(l.sent) == 0 {
		rt.Skip("no letter yet")
	}
	n := l.letter(rt)
	who := n.To
	if rapid.IntRange(0, 9).Draw(rt, "else") == 0 {
		who = person(rt)
	}
	verb := rapid.SampledFrom([]mailparse.Verb{mailparse.Ack, mailparse.Pass, mailparse.Snooze, mailparse.Resolve, ""}).Draw(rt, "verb")
	if verb == "" {
		l.mail(who, text("I call them."), answering(n))
		return
	}
	l.mail(who, command(verb, "", time.Duration(rapid.IntRange(0, 300).Draw(rt, "minutes"))*time.Minute), answering(n))
}

func (l *life) machine(rt *rapid.T) {
	kind := rapid.SampledFrom([]mailparse.Automatic{mailparse.AutoReply, mailparse.Bounce, mailparse.List, mailparse.Own}).Draw(rt, "kind")
	l.mail(person(rt), automatic(kind), l.maybeAnswering(rt))
}

func (l *life) forged(rt *rapid.T) {
	l.mail(person(rt), form(number(rt)), l.maybeAnswering(rt), unproven)
}

func (l *life) again(rt *rapid.T) {
	if l.decided == 0 {
		rt.Skip("no mail yet")
	}
	raw := fmt.Sprint(rapid.IntRange(0, l.decided-1).Draw(rt, "mail"))
	if _, ok := l.mails[raw]; ok {
		l.arrive(raw)
	}
}

func (l *life) pass(d time.Duration) {
	l.now = l.now.Add(d)
	for range 2 { // a second daemon finds nothing left to do
		if _, err := l.desk.Tick(context.Background()); err != nil {
			l.Fatal(err)
		}
	}
	for n, e := range l.store.escalations {
		if wake := e.Wake(); !wake.IsZero() && !wake.After(l.now) {
			l.Fatalf("after a tick at %s case %s is due at %s: %+v", l.now, n, wake, e)
		}
	}
}

func (l *life) time(rt *rapid.T) {
	l.pass(time.Duration(rapid.IntRange(1, 90).Draw(rt, "minutes")) * time.Minute)
}

func (l *life) outage(rt *rapid.T) {
	l.pass(time.Duration(rapid.IntRange(1, 80).Draw(rt, "hours")) * time.Hour)
}

func (l *life) feed(rt *rapid.T, change func(c *escalation.Case)) {
	c := l.store.cases[rapid.SampledFrom(lifeCases).Draw(rt, "case")]
	change(&c)
	l.store.cases[c.Number] = c
	l.pass(time.Second)
}

func (l *life) ownerAnswers(rt *rapid.T) {
	l.feed(rt, func(c *escalation.Case) { c.OwnerRespondedAt = l.now })
}

func (l *life) caseCloses(rt *rapid.T) {
	closed := rapid.Bool().Draw(rt, "closed")
	l.feed(rt, func(c *escalation.Case) {
		c.Status, c.CustomerWroteAt = escalation.CaseOpen, l.now
		if closed {
			c.Status = escalation.CaseClosed
		}
	})
}

func (l *life) lettersLeave(*rapid.T) {
	sent, err := l.store.deliver()
	if err != nil {
		l.Fatal(err)
	}
	l.sent = append(l.sent, sent...)
}

func (l *life) letterFails(rt *rapid.T) {
	if len(l.store.queue) == 0 {
		rt.Skip("no letter waits")
	}
	l.store.bury(rapid.SampledFrom(l.store.queue).Draw(rt, "letter"), l.now)
	l.pass(time.Second)
}

// check holds what has happened since the last check against the promises.
func (l *life) check(rt *rapid.T) {
	for _, c := range l.store.changes {
		l.checkChange(rt, c)
	}
	l.store.changes = nil
	sum := 0
	for _, n := range l.store.mails {
		sum += n
	}
	if sum != l.decided {
		rt.Fatalf("%d mails have %d dispositions", l.decided, sum)
	}
	for _, id := range l.store.queue {
		n := l.store.notices[id]
		e, ok := l.store.escalations[n.Case]
		over := ok && (!e.Status.Active() || n.Ordinal > 0 && n.Ordinal < e.Ordinal)
		if over && !n.Kind.Reply() && n.Kind != escalation.KindEnded && n.Kind != escalation.KindDissolved {
			rt.Fatalf("a letter %q waits, and case %s is %s", n.Kind, n.Case, e.Status)
		}
	}
	for l, n := range l.store.tries {
		if n != 0 {
			rt.Fatalf("%d tries are left of %s", n, l)
		}
	}
}

func (l *life) checkChange(rt *rapid.T, c escalation.Change) {
	cases := map[string]bool{}
	for _, e := range c.Escalations {
		if cases[e.Case] {
			rt.Fatalf("%s changes case %s twice", c.Event, e.Case)
		}
		cases[e.Case] = true
		l.checkStep(rt, l.before[e.Case], e)
		l.before[e.Case] = e
	}
	written := map[string]bool{}
	for _, n := range c.Notices {
		k := strings.ToLower(strings.Join([]string{string(n.Kind), n.To, n.Case, n.Letter.Form.CaseNumber}, "|"))
		if written[k] && n.Letter.Form.CaseNumber != "" && n.Letter.Form.CaseNumber != "#" {
			rt.Fatalf("%s writes %s twice", c.Event, k)
		}
		written[k] = true
		if !slices.ContainsFunc(people, func(p string) bool { return escalation.SameAddress(p, n.To) }) {
			rt.Fatalf("a letter to %s", n.To)
		}
		if n.Kind == escalation.KindMissed {
			id := fmt.Sprint(n.Case, n.Ordinal)
			if l.missed[id]++; l.missed[id] > 1 {
				rt.Fatalf("the customer hears twice that the promise on case %s was missed", n.Case)
			}
		}
		if n.Kind == escalation.KindDigest && !l.digests[n.To].Before(n.Letter.Digest.Until) {
			rt.Fatalf("a digest until %s follows one until %s", n.Letter.Digest.Until, l.digests[n.To])
		}
		if n.Kind == escalation.KindDigest {
			l.digests[n.To] = n.Letter.Digest.Until
		}
	}
	silent := c.Disposition == escalation.Ignored || c.Disposition == escalation.Duplicate || c.Disposition == escalation.Quarantined
	if silent && len(c.Notices)+len(c.Escalations) > 0 {
		rt.Fatalf("a mail that was %s did something: %+v", c.Disposition, c)
	}
}

// checkStep compares an escalation with what it was before one change.
func (l *life) checkStep(rt *rapid.T, was, is escalation.Escalation) {
	same := was.Ordinal == is.Ordinal
	switch {
	case is.Revision != was.Revision+1:
		rt.Fatalf("revision %d follows %d", is.Revision, was.Revision)
	case !same && (is.Ordinal != was.Ordinal+1 || was.Status.Active()):
		rt.Fatalf("escalation %d begins while %d is %s", is.Ordinal, was.Ordinal, was.Status)
	case same && !was.Status.Active():
		rt.Fatalf("an escalation that was %s goes on as %s", was.Status, is.Status)
	case same && is.Level < was.Level:
		rt.Fatalf("the ladder goes back from %d to %d", was.Level, is.Level)
	case same && is.Status == escalation.Open && was.Status == escalation.Open && is.Due.Before(was.Due):
		rt.Fatalf("the next step moves from %s to %s", was.Due, is.Due)
	case same && !was.SettledAt.IsZero() && (is.Missed != was.Missed || !is.SettledAt.Equal(was.SettledAt)):
		rt.Fatalf("a promise that was settled is settled anew")
	case is.Status.Active() && is.Status != escalation.Acknowledged && is.Due.IsZero():
		rt.Fatalf("an escalation that is %s waits for nothing", is.Status)
	case !is.Status.Active() && (!is.Wake().IsZero() || is.EndedAt.IsZero()):
		rt.Fatalf("an escalation that is over goes on: %+v", is)
	case is.Status == escalation.Acknowledged && is.TakenBy == "":
		rt.Fatal("nobody has what is taken")
	}
}
