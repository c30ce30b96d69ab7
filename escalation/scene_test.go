package escalation_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/escalation/hours"
	"escalationd/escalation/redisstore"
	"escalationd/mailparse"
)

// monday is a Monday morning in London, at night in California.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// The people of the scenes.
const (
	rep      = "avery@customer.example"
	stranger = "stranger@example.org"
	owner    = "owner@example.com"
	ukLead   = "uk-lead@example.com"
	usLead   = "us-lead@example.com"
	front    = "frontline@example.com"
	director = "director@example.com"
	senior   = "senior@example.com"
	ops      = "ops@example.com"
)

func newPolicy() *escalation.Policy {
	return &escalation.Policy{
		CaseNumber:   regexp.MustCompile(`(?i)^[A-Z0-9][A-Z0-9-]{3,31}$`),
		OwnerSilence: 24 * time.Hour, Early: escalation.EarlyAccept, AckExpires: true, DraftKept: 7 * 24 * time.Hour,
		ReplyLimit:  escalation.ReplyLimit{PerSender: 10, Per: time.Hour, GlobalPerMinute: 600},
		LeaderLimit: escalation.LeaderLimit{PerCase: 15 * time.Minute},
		Severities: map[int]escalation.Severity{
			1: {Name: "Production down", RespondWithin: 30 * time.Minute, Always: true},
			2: {Name: "Production impaired", RespondWithin: 2 * time.Hour},
			3: {Name: "Minor issue", RespondWithin: 4 * time.Hour},
		},
		Regions: regions(),
		Ladder: []escalation.Level{
			{Name: "Regional leader", Contacts: map[string][]string{"uk": {ukLead}, "us": {usLead}}},
			{Name: "Frontline senior manager", Contacts: map[string][]string{"*": {front}}},
			{Name: "Director", Contacts: map[string][]string{"*": {director}}},
			{Name: "Senior director", Contacts: map[string][]string{"*": {senior}}},
		},
		Ops: []string{ops},
	}
}

// regions are made once: calendars are costly and never change.
var regions = sync.OnceValue(func() map[string]escalation.Region {
	return map[string]escalation.Region{
		"uk": region("United Kingdom", "+44 20 7946 0100", "Europe/London", 6*60, 17*60, "gb"),
		"us": region("Americas", "+1 555 0100", "America/Los_Angeles", 6*60, 18*60, "us"),
	}
})

func region(name, phone, zone string, open, end int, holidays string) escalation.Region {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	calendar, err := hours.New(hours.Options{
		Location: loc, Open: open, Close: end, Holidays: hours.Holidays{Calendar: holidays},
		Weekdays: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
	})
	if err != nil {
		panic(err)
	}
	return escalation.Region{Name: name, Zone: zone, Phone: phone, Calendar: calendar}
}

// scene is a desk on a clock of its own. A letter that it did not expect fails
// it.
type scene struct {
	testing.TB
	store  store
	policy *escalation.Policy
	desk   *escalation.Desk
	now    time.Time
	mails  map[string]escalation.Mail
	last   escalation.Change // of the mail decided last
	unseen []escalation.Notice
}

// play runs a scene in memory and on Redis.
func play(t *testing.T, set func(*escalation.Policy), act func(s *scene)) {
	t.Helper()
	for name, open := range map[string]func(t *testing.T) store{
		"memory": func(*testing.T) store { return newMemStore() },
		"redis": func(t *testing.T) store {
			server := miniredis.RunT(t)
			rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
			t.Cleanup(func() { rdb.Close() })
			return &redisWorld{Store: redisstore.New(rdb, redisstore.Options{Prefix: "escalationd:"}), server: server}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, open(t), set)
			act(s)
			s.expectNothing()
		})
	}
}

func newScene(t testing.TB, store store, set func(*escalation.Policy)) *scene {
	t.Helper()
	s := &scene{TB: t, store: store, policy: newPolicy(), now: monday, mails: map[string]escalation.Mail{}}
	if set != nil {
		set(s.policy)
	}
	s.desk = &escalation.Desk{
		Policy: s.policy, Store: store, Secret: []byte("a secret of the scenes"), Now: func() time.Time { return s.now },
		Read:    func(raw []byte, _ string) escalation.Mail { return s.mails[string(raw)] },
		Log:     slog.New(slog.DiscardHandler),
		Observe: func(_ escalation.Mail, c escalation.Change) { s.last = c },
	}
	s.store.clock(s.now)
	s.account(escalation.Account{ID: "a1", Name: "Customer Company", Region: "uk", Representatives: []string{"@customer.example"}})
	s.account(escalation.Account{ID: "a2", Name: "Other Company", Region: "us", Representatives: []string{"boss@other.example"}})
	s.with(escalation.Case{Number: "01230001", Severity: 1})
	s.with(escalation.Case{Number: "01230002", Severity: 2})
	s.with(escalation.Case{Number: "01230003", Severity: 3})
	s.with(escalation.Case{Number: "01239999", Severity: 2, Account: "a2"})
	s.with(escalation.Case{Number: "01230000", Severity: 2, Status: escalation.CaseClosed})
	return s
}

func (s *scene) account(a escalation.Account) {
	s.Helper()
	if err := s.store.putAccount(a, s.now); err != nil {
		s.Fatal(err)
	}
}

// with feeds a case; what it leaves out is usual: opened two days ago, no
// answer by the owner.
func (s *scene) with(c escalation.Case) {
	s.Helper()
	if c.Account == "" {
		c.Account = "a1"
	}
	if c.Region == "" {
		c.Region = "uk"
	}
	if c.Status == "" {
		c.Status = escalation.CaseOpen
	}
	if err := s.store.putCase(c, s.now); err != nil {
		s.Fatal(err)
	}
}

// written is a mail on its way to the desk.
type written func(*escalation.Mail)

func form(number string, more ...written) written {
	return func(m *escalation.Mail) {
		m.Forms = append(m.Forms, mailparse.Form{
			CaseNumber: number, NextStep: "A developer joins our call.", POC: "Avery", POCContact: "+44 20 7946 0958",
			Contacts: []mailparse.Contact{{Kind: mailparse.Phone, Value: "+442079460958"}},
		})
		for _, w := range more {
			w(m)
		}
	}
}

// but changes the last form of a mail.
func but(change func(f *mailparse.Form)) written {
	return func(m *escalation.Mail) { change(&m.Forms[len(m.Forms)-1]) }
}

func commenting(words string) written {
	return but(func(f *mailparse.Form) { f.Comments = words })
}

func noPOC(m *escalation.Mail) { m.Forms[len(m.Forms)-1].POC = "" }

func text(words string) written {
	return func(m *escalation.Mail) { m.Fresh, m.Text = words, words }
}

func command(verb mailparse.Verb, more string, d time.Duration) written {
	return func(m *escalation.Mail) {
		m.Command = &mailparse.Command{Verb: verb, Text: more, For: d}
		m.Fresh = strings.ToUpper(string(verb)) + " " + more
	}
}

func answering(n escalation.Notice) written {
	return func(m *escalation.Mail) {
		m.InReplyTo = append(m.InReplyTo, escalation.NoticeMessageID(n.ID, "example.com"))
		m.Subject = "Re: case " + n.Case
	}
}

func automatic(kind mailparse.Automatic) written {
	return func(m *escalation.Mail) { m.Automatic, m.Proof.Proven = kind, false }
}

func unproven(m *escalation.Mail) { m.Proof = escalation.Proof{Reason: "no result of our server"} }

// from has somebody mail the desk, and answers how the mail ended.
func (s *scene) from(sender string, parts ...written) escalation.Disposition {
	s.Helper()
	n := len(s.mails) + 1
	m := escalation.Mail{Proof: escalation.Proof{Proven: true, Reason: "dmarc=pass"}}
	m.MessageID, m.From, m.Subject = fmt.Sprintf("m%d@%s", n, "customer.example"), mailparse.Address{Addr: sender}, "Escalation"
	for _, p := range parts {
		p(&m)
	}
	if m.Digest == ([32]byte{}) {
		m.Digest = sha256.Sum256(fmt.Append(nil, n))
	}
	s.mails[fmt.Sprint(n)] = m
	return s.arrives(n)
}

// arrives hands a mail that was written before to the desk, at a new place.
func (s *scene) arrives(n int) escalation.Disposition {
	s.Helper()
	s.last = escalation.Change{}
	a := escalation.Arrival{Inbox: "desk", Location: fmt.Sprintf("desk|1|%d.%d", n, s.now.UnixNano()), Received: s.now, Raw: fmt.Append(nil, n)}
	if _, err := s.desk.Receive(context.Background(), []escalation.Arrival{a}); err != nil {
		s.Fatalf("receive: %v", err)
	}
	s.collect()
	return s.last.Disposition
}

// ends fails unless the mail ended as it should.
func (s *scene) ends(got, want escalation.Disposition) {
	s.Helper()
	if got != want {
		s.Fatalf("at %s the mail ended as %q (%s), want %q", s.now.Format("Mon 15:04"), got, s.last.Reason, want)
	}
}

// tick lets the desk do what is due now.
func (s *scene) tick() {
	s.Helper()
	if _, err := s.desk.Tick(context.Background()); err != nil {
		s.Fatalf("tick: %v", err)
	}
	s.collect()
}

func (s *scene) collect() {
	s.Helper()
	sent, err := s.store.deliver()
	if err != nil {
		s.Fatalf("deliver: %v", err)
	}
	s.unseen = append(s.unseen, sent...)
}

// forward lets time pass, minute by minute, or faster where it is long.
func (s *scene) forward(d time.Duration) {
	s.Helper()
	step := time.Minute
	if d > 4*time.Hour {
		step = 10 * time.Minute
	}
	for end := s.now.Add(d); s.now.Before(end); {
		s.now = s.now.Add(min(step, end.Sub(s.now)))
		s.store.clock(s.now)
		s.tick()
	}
}

// outage lets time pass without anybody at the desk.
func (s *scene) outage(d time.Duration) {
	s.Helper()
	s.now = s.now.Add(d)
	s.store.clock(s.now)
	s.tick()
}

// expect takes a letter of a kind to an address off those that were sent.
func (s *scene) expect(kind escalation.Kind, to string) escalation.Notice {
	s.Helper()
	for i, n := range s.unseen {
		if n.Kind == kind && n.To == to {
			s.unseen = slices.Delete(s.unseen, i, i+1)
			return n
		}
	}
	s.Fatalf("at %s there is no letter %q to %s; there are %v", s.now.Format("Mon 15:04"), kind, to, s.list())
	return escalation.Notice{}
}

// expectNothing fails if a letter was sent that was not expected.
func (s *scene) expectNothing() {
	s.Helper()
	if len(s.unseen) > 0 {
		s.Fatalf("at %s nobody expected %v", s.now.Format("Mon 15:04"), s.list())
	}
}

func (s *scene) list() []string {
	var list []string
	for _, n := range s.unseen {
		list = append(list, fmt.Sprintf("%s to %s", n.Kind, n.To))
	}
	return list
}

// escalated has the customer escalate a case, and answers the leader's letter.
func (s *scene) escalated(number, leader string) escalation.Notice {
	s.Helper()
	s.ends(s.from(rep, form(number)), escalation.Accepted)
	s.expect(escalation.KindAccepted, rep)
	n := s.expect(escalation.KindEscalation, leader)
	s.expectNothing()
	return n
}

// climbed has the customer escalate a case of severity 1, of which the first
// target passes; it answers the letter to the second level.
func (s *scene) climbed(number string) escalation.Notice {
	s.Helper()
	s.escalated(number, ukLead)
	s.forward(30 * time.Minute)
	s.expect(escalation.KindMissed, rep)
	return s.expect(escalation.KindEscalation, front)
}

// state is how a case's escalation stands.
func (s *scene) state(number string) escalation.Escalation {
	s.Helper()
	states, err := s.store.Load(context.Background(), []escalation.Query{{Cases: []string{number}}})
	if err != nil || states[0].Err != nil {
		s.Fatalf("load: %v, %v", err, states[0].Err)
	}
	e := states[0].Cases[number].Escalation
	if e == nil {
		s.Fatalf("case %s has no escalation", number)
	}
	return *e
}

func (s *scene) is(number string, want escalation.Status) {
	s.Helper()
	if got := s.state(number).Status; got != want {
		s.Fatalf("at %s case %s is %s, want %s", s.now.Format("Mon 15:04"), number, got, want)
	}
}

// at fails unless two times are one.
func (s *scene) at(what string, got, want time.Time) {
	s.Helper()
	if !got.Equal(want) {
		s.Errorf("%s is %s, want %s", what, got, want)
	}
}
