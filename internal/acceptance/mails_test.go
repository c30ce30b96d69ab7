package acceptance

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"mime/quotedprintable"
	"strings"
	"time"
)

const accountsCSV = `id,name,region,language,representatives
acme,Acme Corporation,us,en,@acme.example
globe,Globe Limited,uk,en,@globe.example
`

// sample is a mail with what must come of it.
type sample struct {
	kind        string
	serial      string // in its X-Serial field
	raw         []byte
	disposition string
	folder      string
	letters     map[string]int // by recipient; letters to leaders and owners by recipient and case
	alarms      bool           // ops are told
}

// bag makes samples of all kinds, each with cases and a sender of its own, so
// that what comes of one does not depend on another.
type bag struct {
	made   int
	opened time.Time // when all cases were
	cases  []supportCase
}

type supportCase struct {
	number, account, region, status, owner string
	severity                               int
}

func newBag() *bag { return &bag{opened: time.Now().Add(-48 * time.Hour)} }

func (b *bag) casesCSV() string {
	var s strings.Builder
	s.WriteString("number,account,status,severity,region,subject,owner_name,owner_email,opened_at,customer_wrote_at,owner_responded_at\n")
	opened := b.opened.UTC().Format(time.RFC3339)
	for _, c := range b.cases {
		fmt.Fprintf(&s, "%s,%s,%s,%d,%s,Orders are not printed,Case Owner,%s,%s,,\n", c.number, c.account, c.status, c.severity, c.region, c.owner, opened)
	}
	return s.String()
}

// kinds are the ways to make a sample, all with what must come of them.
func kinds() []func(*bag, *sample) {
	return []func(*bag, *sample){
		(*bag).plain, (*bag).html, (*bag).alternative, (*bag).mangled, (*bag).twoForms,
		(*bag).gap, (*bag).gap, (*bag).placeholders, (*bag).noForm,
		(*bag).unknownCase, (*bag).stranger, (*bag).closedCase,
		(*bag).autoReply, (*bag).bounce, (*bag).list,
		(*bag).unproven, (*bag).failed, (*bag).twoFroms, (*bag).damaged, (*bag).plain,
	}
}

// fill makes n samples of all kinds in turn. Of each twenty the second wave
// holds one copy of an earlier mail and one addition to an earlier
// escalation: they must come after the first has been decided.
func (b *bag) fill(n int) (first, second []sample) {
	for i := 0; len(first)+len(second) < n; i++ {
		s := b.add(kinds()[i%len(kinds())])
		first = append(first, s)
		if i%len(kinds()) == 0 && len(first)+len(second) < n {
			again := s
			again.kind, again.disposition, again.letters = "duplicate", "duplicate", nil
			second = append(second, again)
		}
		if i%len(kinds()) == len(kinds())-1 && len(first)+len(second) < n {
			second = append(second, b.add(func(b *bag, u *sample) { b.update(u, b.cases[len(b.cases)-1]) }))
		}
	}
	return first, second
}

// good makes n plain escalations.
func (b *bag) good(n int) []sample {
	samples := make([]sample, n)
	for i := range samples {
		samples[i] = b.add((*bag).plain)
	}
	return samples
}

func (b *bag) add(fill func(*bag, *sample)) sample {
	b.made++
	s := sample{serial: fmt.Sprintf("job-%d", b.made), folder: "Processed", letters: map[string]int{}}
	fill(b, &s)
	return s
}

// open makes a case.
func (b *bag) open(status string) supportCase {
	n := len(b.cases)
	c := supportCase{
		number: fmt.Sprintf("JOB-%05d", 10007+n*17), account: "acme", region: "us", status: status,
		owner: fmt.Sprintf("owner%d@example.com", n%7), severity: 2 + n%2,
	}
	if n%3 == 2 {
		c.account, c.region = "globe", "uk"
	}
	b.cases = append(b.cases, c)
	return c
}

func (s *sample) from(account string) string { return s.serial + "@" + account + ".example" }

// head are the fields of a mail whose sender is proven.
func (s *sample) head(from, results string) string {
	return fmt.Sprintf("Return-Path: <%s>\r\n%sFrom: A customer <%s>\r\nTo: desk@example.com\r\nSubject: Please escalate %s\r\n"+
		"Date: %s\r\nMessage-ID: <%s@customers.example>\r\nX-Serial: %s\r\nMIME-Version: 1.0\r\n",
		from, results, from, s.serial, time.Now().Format(time.RFC1123Z), s.serial, s.serial)
}

func (s *sample) proven(from string) string {
	_, domain, _ := strings.Cut(from, "@")
	return s.head(from, "Authentication-Results: mx.example.com;\r\n dkim=pass header.d="+domain+"; dmarc=pass header.from="+domain+"\r\n")
}

const textPlain = "Content-Type: text/plain; charset=utf-8\r\n\r\n"

// form is the template filled in; a label that is given is left out.
func (s *sample) form(number, without string) string {
	var b strings.Builder
	for _, f := range [][2]string{
		{"Case Number", number}, {"Expected Next Step", "Call us back with a date for the correction."},
		{"Point of Contact", "The shift lead"}, {"Phone Number or Email for POC", "+1 555 0142"},
		{"Additional Comments", "The line stands still. Our reference is " + s.serial + "."},
	} {
		if f[0] == without {
			f[1] = ""
		}
		fmt.Fprintf(&b, "%s: %s\r\n", f[0], f[1])
	}
	return b.String()
}

// accepted notes what comes of a complete form on a case.
func (s *sample) accepted(from string, c supportCase) {
	s.disposition = "accepted"
	s.letters[from]++
	s.letters[c.region+"-lead@example.com "+c.number]++
	s.letters[c.owner+" "+c.number]++
}

func (s *sample) answered(disposition, from string) {
	s.disposition = disposition
	s.letters[from]++
}

func (s *sample) quarantined() {
	s.disposition, s.folder, s.alarms = "quarantined", "Quarantine", true
}

func (b *bag) plain(s *sample) {
	c := b.open("open")
	from := s.from(c.account)
	s.kind, s.raw = "plain", []byte(s.proven(from)+textPlain+"Hello,\r\n\r\n"+s.form(c.number, "")+"\r\nKind regards\r\n")
	s.accepted(from, c)
}

func (s *sample) html(number string) string {
	rows := strings.ReplaceAll(strings.TrimSpace(s.form(number, "")), "\r\n", "</p>\r\n<p class=MsoNormal>")
	return "<html><head><style>p.MsoNormal {margin:0cm}</style></head><body><p class=MsoNormal>Hello,</p>\r\n<p class=MsoNormal>" +
		strings.ReplaceAll(rows, ": ", ":&nbsp;") + "</p></body></html>\r\n"
}

func (b *bag) html(s *sample) {
	c := b.open("pending")
	from := s.from(c.account)
	s.kind, s.raw = "html", []byte(s.proven(from)+"Content-Type: text/html; charset=utf-8\r\n\r\n"+s.html(c.number))
	s.accepted(from, c)
}

func (b *bag) alternative(s *sample) {
	c := b.open("open")
	from := s.from(c.account)
	var quoted bytes.Buffer
	w := quotedprintable.NewWriter(&quoted)
	_, _ = w.Write([]byte("Grüße,\r\n" + s.form(c.number, ""))) // into memory
	_ = w.Close()
	s.kind, s.raw = "alternative", []byte(s.proven(from)+"Content-Type: multipart/alternative; boundary=\"b-1\"\r\n\r\n"+
		"--b-1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"+quoted.String()+
		"\r\n--b-1\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"+
		base64.StdEncoding.EncodeToString([]byte(s.html(c.number)))+"\r\n--b-1--\r\n")
	s.accepted(from, c)
}

// mangled is a good mail that no boundary ends.
func (b *bag) mangled(s *sample) {
	c := b.open("open")
	from := s.from(c.account)
	s.kind, s.raw = "mangled", []byte(s.proven(from)+"Content-Type: multipart/mixed; boundary=\"b-2\"\r\n\r\n--b-2\r\n"+textPlain+s.form(c.number, ""))
	s.accepted(from, c)
}

func (b *bag) twoForms(s *sample) {
	one, two := b.open("open"), b.open("open")
	two.account, two.region = one.account, one.region
	b.cases[len(b.cases)-1] = two
	from := s.from(one.account)
	s.kind, s.raw = "two forms", []byte(s.proven(from)+textPlain+s.form(one.number, "")+"\r\n\r\n"+s.form(two.number, ""))
	s.accepted(from, one)
	s.accepted(from, two)
}

func (b *bag) gap(s *sample) {
	c := b.open("open")
	from := s.from(c.account)
	label := []string{"Case Number", "Expected Next Step", "Point of Contact", "Phone Number or Email for POC"}[b.made%4]
	s.kind, s.raw = "without "+label, []byte(s.proven(from)+textPlain+s.form(c.number, label))
	s.answered("returned", from)
}

func (b *bag) placeholders(s *sample) {
	from := s.from("acme")
	s.kind, s.raw = "placeholders", []byte(s.proven(from)+textPlain+
		"Case Number:\r\nExpected Next Step:\r\nPoint of Contact:\r\nPhone Number or Email for POC:\r\nAdditional Comments:\r\n")
	s.answered("returned", from)
}

func (b *bag) noForm(s *sample) {
	from := s.from("globe")
	s.kind, s.raw = "no form", []byte(s.proven(from)+textPlain+"Nobody answers us. Please do something about it, number "+s.serial+".\r\n")
	s.answered("returned", from)
}

func (b *bag) unknownCase(s *sample) {
	from := s.from("acme")
	s.kind, s.raw = "unknown case", []byte(s.proven(from)+textPlain+s.form(fmt.Sprintf("NONE-9%05d", b.made), ""))
	s.answered("refused", from)
}

func (b *bag) stranger(s *sample) {
	c := b.open("open")
	from := s.from("stranger")
	s.kind, s.raw = "stranger", []byte(s.proven(from)+textPlain+s.form(c.number, ""))
	s.answered("refused", from)
}

func (b *bag) closedCase(s *sample) {
	c := b.open("closed")
	from := s.from(c.account)
	s.kind, s.raw = "closed case", []byte(s.proven(from)+textPlain+s.form(c.number, ""))
	s.answered("refused", from)
}

func (b *bag) autoReply(s *sample) {
	s.kind, s.disposition = "auto-reply", "ignored"
	s.raw = []byte(s.proven(s.from("acme")) + "Auto-Submitted: auto-replied\r\n" + textPlain + "I am away until Monday.\r\n")
}

func (b *bag) bounce(s *sample) {
	s.kind, s.disposition = "bounce", "ignored"
	head := strings.Replace(s.proven("mailer-daemon@relay.example"), "Return-Path: <mailer-daemon@relay.example>", "Return-Path: <>", 1)
	s.raw = []byte(head + "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b-3\"\r\n\r\n" +
		"--b-3\r\n" + textPlain + "Your mail could not be delivered.\r\n--b-3\r\nContent-Type: message/delivery-status\r\n\r\n" +
		"Reporting-MTA: dns; relay.example\r\n\r\nFinal-Recipient: rfc822; " + s.serial + "@nowhere.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b-3--\r\n")
}

func (b *bag) list(s *sample) {
	s.kind, s.disposition = "list", "ignored"
	s.raw = []byte(s.proven(s.from("acme")) + "List-Id: <news.acme.example>\r\nPrecedence: list\r\n" + textPlain + "News of the month.\r\n")
}

// unproven bears another server's results, or none.
func (b *bag) unproven(s *sample) {
	c := b.open("open")
	results := ""
	if b.made%2 == 0 {
		results = "Authentication-Results: mx.elsewhere.example; dmarc=pass header.from=" + c.account + ".example\r\n"
	}
	s.kind, s.raw = "unproven", []byte(s.head(s.from(c.account), results)+textPlain+s.form(c.number, ""))
	s.quarantined()
}

func (b *bag) failed(s *sample) {
	c := b.open("open")
	domain := c.account + ".example"
	s.kind, s.raw = "dmarc=fail", []byte(s.head(s.from(c.account), "Authentication-Results: mx.example.com; spf=pass smtp.mailfrom="+domain+"; dmarc=fail header.from="+domain+"\r\n")+
		textPlain+s.form(c.number, ""))
	s.quarantined()
}

func (b *bag) twoFroms(s *sample) {
	c := b.open("open")
	s.kind, s.raw = "two Froms", []byte(s.proven(s.from(c.account))+"From: Somebody else <else@globe.example>\r\n"+textPlain+s.form(c.number, ""))
	s.quarantined()
}

// damaged has no sender, in one of four ways.
func (b *bag) damaged(s *sample) {
	from := s.from("acme")
	head := s.proven(from)
	field := "From: A customer <" + from + ">\r\n"
	s.kind = "damaged"
	s.raw = []byte([]string{
		"X-Serial: " + s.serial + "\r\nMessage-ID: <" + s.serial + "@customers.example>\r\n",
		strings.Replace(head, field, "", 1) + textPlain + "Who am I?\r\n",
		strings.Replace(head, field, "From: Undisclosed:;\r\n", 1) + textPlain + "Who are we?\r\n",
		strings.Replace(head, field, "From: "+from+", other@acme.example\r\n", 1) + textPlain + s.form("ACME-1", ""),
	}[b.made/len(kinds())%4])
	s.quarantined()
}

// tooLarge is above policy.max_message.
func (b *bag) tooLarge(s *sample) {
	c := b.open("open")
	line := strings.Repeat("A", 76) + "\r\n"
	s.kind, s.raw = "too large", []byte(s.proven(s.from(c.account))+textPlain+s.form(c.number, "")+strings.Repeat(line, 26<<20/len(line)))
	s.quarantined()
}

// update adds to a case that is escalated.
func (b *bag) update(s *sample, c supportCase) {
	from := s.from(c.account)
	s.kind, s.raw = "update", []byte(s.proven(from)+textPlain+s.form(c.number, ""))
	s.answered("updated", from)
	s.letters[c.region+"-lead@example.com "+c.number]++
}

// sum adds up what must come of samples.
func sum(samples []sample) (dispositions, letters map[string]int) {
	dispositions, letters = map[string]int{}, map[string]int{}
	for _, s := range samples {
		dispositions[s.disposition]++
		for to, n := range s.letters {
			letters[to] += n
		}
	}
	return dispositions, maps.Clone(letters)
}
