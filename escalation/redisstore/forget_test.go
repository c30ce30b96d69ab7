package redisstore_test

import (
	"fmt"
	"strings"
	"time"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/mailparse"
	"escalationd/notify"
)

const (
	person = "Nina.Canary@acme.example"
	words  = "canary words"
)

// matter plays an escalation that a person asked for, with every kind of
// letter, and ends it unless it is to go on.
func (b *bench) matter(ends bool) {
	b.Helper()
	b.count(1, "desk|1|m1")
	c := accepted("m1", 1)
	c.MessageID, c.At = "1/"+person, b.now
	e := &c.Escalations[0]
	e.RequestedBy, e.Form.POC, e.Form.POCContact, e.Form.Comments = person, "Nina", "call nina.canary@ACME.example", words
	e.Thread = escalation.Thread{MessageID: c.MessageID, Subject: words}
	e.Timeline = []escalation.Entry{{At: start, What: "received", Who: person, Text: words}}
	e.Letters = []escalation.Sent{{Kind: escalation.KindAccepted, Notice: "m1|" + person}}
	for i, to := range []string{person, "lead@example.com", person, person, person} {
		n := notice(fmt.Sprintf("m1-%d", i), to)
		n.ID = fmt.Sprintf("n%d", i)
		n.Letter.RequestedBy, n.Letter.Form, n.Letter.Text = person, e.Form, words
		n.Thread = e.Thread
		n.Draft = &mailparse.Form{Comments: words, POCContact: person}
		if i == 3 {
			n.Kind, n.Quotas = escalation.KindUpdated, []escalation.Quota{{Key: "sender|" + person, Limit: 1, Window: time.Hour}}
		}
		if i == 4 {
			n.Quotas = []escalation.Quota{{Key: "sender|" + person, Limit: 1, Window: time.Hour}}
		}
		c.Notices = append(c.Notices, n)
	}
	c.Notices = c.Notices[1:]
	b.wantVerdict(b.apply(c)[0], escalation.Done)
	for i, p := range b.claim() {
		if err := b.store.Hold(b.Context(), []notify.Hold{{Claim: p.Claim, Raw: []byte("To: " + person + "\r\n\r\n" + words)}}); err != nil {
			b.Fatal(err)
		}
		b.settle(p, []notify.Fate{notify.Sent, notify.Buried, notify.Retry}[i%3], time.Hour)
	}
	if !ends {
		return
	}
	over := escalation.Change{Event: "over", At: b.now, Escalations: []escalation.Escalation{*e}, Revoked: []string{"n2", "n3"}}
	over.Escalations[0].Revision, over.Escalations[0].Status, over.Escalations[0].Due = 2, escalation.Resolved, time.Time{}
	over.Escalations[0].EndedAt, over.Escalations[0].EndedBy = b.now, person
	b.wantVerdict(b.apply(over)[0], escalation.Done)
}

// traces lists what in Redis still names the person or holds their words.
func (b *bench) traces() (found []string) {
	b.Helper()
	ctx := b.Context()
	for _, key := range b.rdb.Keys(ctx, "*").Val() {
		var values []string
		switch b.rdb.Type(ctx, key).Val() {
		case "string":
			values = []string{b.rdb.Get(ctx, key).Val()}
		case "hash":
			values = []string{fmt.Sprint(b.rdb.HGetAll(ctx, key).Val())}
		case "list":
			values = b.rdb.LRange(ctx, key, 0, -1).Val()
		case "set":
			values = b.rdb.SMembers(ctx, key).Val()
		case "zset":
			values = b.rdb.ZRange(ctx, key, 0, -1).Val()
		case "stream":
			values = []string{fmt.Sprint(b.rdb.XRange(ctx, key, "-", "+").Val())}
		default:
			b.Fatalf("the key %s is of a type this test does not know", key)
		}
		text := strings.ToLower(key + " " + strings.Join(values, " "))
		for _, canary := range []string{strings.ToLower(person), words, "nina"} {
			if strings.Contains(text, canary) {
				found = append(found, key+" holds "+canary)
			}
		}
	}
	return found
}

func retentionIsKept(b *bench) {
	b.store = redisstore.New(b.rdb, redisstore.Options{Prefix: "escalationd:", Retention: 1200 * time.Millisecond})
	b.now = time.Now()
	b.matter(true)
	err := b.store.Release(b.Context(), redisstore.Release{MessageID: "2/" + person, Reason: "asked by " + person, By: "op", At: b.now.Add(-31 * 24 * time.Hour), AsProven: true})
	if err != nil {
		b.Fatal(err)
	}
	onward := accepted("m9", 1)
	onward.Escalations[0].Case, onward.Notices = "07654321", nil
	onward.Escalations[0].Earlier = []escalation.Outcome{{EndedAt: b.now, EndedBy: person}, {EndedAt: b.now.Add(time.Hour), EndedBy: "lead@example.com"}}
	b.apply(onward)
	if len(b.traces()) == 0 {
		b.Fatal("there was nothing to forget")
	}
	written := time.Now() // the journal goes by Redis's clock, and a busy machine takes its time
	b.pass(b.T, 1300*time.Millisecond)
	b.now = written.Add(1300 * time.Millisecond)
	if err := b.store.Trim(b.Context(), b.now); err != nil {
		b.Fatal(err)
	}
	if found := b.traces(); len(found) > 0 {
		b.Errorf("beyond retention there is still:\n%s", strings.Join(found, "\n"))
	}
	files, err := b.store.Escalations(b.Context())
	if err != nil || len(files) != 1 || len(files[0].Escalation.Earlier) != 1 {
		b.Errorf("what goes on is %+v, %v", files, err)
	}
	if n := b.rdb.HLen(b.Context(), desk+"vouched").Val(); n != 0 {
		b.Errorf("%d senders are still vouched for", n)
	}
}

func forgetLeavesNoTrace(b *bench) {
	for _, ends := range []bool{true, false} {
		flushAll(b.T, b.rdb)
		b.matter(ends)
		other := accepted("m9", 1)
		other.Escalations[0].Case, other.Escalations[0].Earlier = "07654321", []escalation.Outcome{{EndedBy: person}}
		other.Escalations[0].Timeline = []escalation.Entry{
			{What: "note", Text: "see <" + person + ">."},
			{What: "added", Who: "colleague@acme.example", Text: "Point of Contact: Nina\nPhone Number or Email for POC: " + person},
		}
		other.Escalations[0].Form.NextStep = "Call Nina, " + person
		digest := notice("m9", "director@example.com")
		digest.Kind, digest.Case, digest.Letter.Digest = escalation.KindDigest, "", &escalation.Digest{New: []escalation.DigestLine{{Case: "01234567", NextStep: words}}}
		other.Notices = append(other.Notices, digest)
		b.count(1, "desk|1|m9")
		b.apply(other)
		before := b.rdb.HGet(b.Context(), desk+"escalation:07654321", "revision").Val()
		done, err := b.store.Forget(b.Context(), strings.ToLower(person), true, "op", b.now)
		if err != nil {
			b.Fatal(err)
		}
		if done.Escalations != 2 || done.Letters == 0 {
			b.Errorf("done: %+v", done)
		}
		if found := b.traces(); len(found) > 0 {
			b.Errorf("after %+v there is still:\n%s", done, strings.Join(found, "\n"))
		}
		if findings := b.audit().Findings; len(findings) > 0 {
			b.Errorf("the books do not add up any more: %v", findings)
		}
		if after := b.rdb.HGet(b.Context(), desk+"escalation:07654321", "revision").Val(); after == before {
			b.Error("a change that was judged by the old data would bring them back")
		}
		lines := b.journal()
		if l := lines[len(lines)-1]; l.Event != "forget" || l.By != "op" || !strings.Contains(l.Reason, "2 escalations") {
			b.Errorf("the audit says %+v", l)
		}
		for _, p := range b.claim() {
			if p.Notice.Case != "07654321" && p.ID != "id-m9-lead@example.com" && p.ID != "id-m1-lead@example.com" {
				b.Errorf("a letter with the person's data is still to be sent: %+v", p.Notice)
			}
		}
	}
}

func forgetRefusesActive(b *bench) {
	b.matter(false)
	size := len(b.traces())
	done, err := b.store.Forget(b.Context(), person, false, "op", b.now)
	if err != nil || len(done.Active) != 1 || done.Active[0] != "01234567" || done.Escalations+done.Letters+done.Lines != 0 {
		b.Errorf("done %+v, %v", done, err)
	}
	if n := len(b.traces()); n != size {
		b.Error("something was removed all the same")
	}
}

func forgetSparesOthers(b *bench) {
	b.matter(true)
	for _, other := range []string{"canary@acme.example", "x" + person, person + ".org", person + "-x.org"} {
		size := len(b.traces())
		done, err := b.store.Forget(b.Context(), other, false, "op", b.now)
		if err != nil || done.Escalations+done.Letters+done.Lines != 0 || len(b.traces()) != size {
			b.Errorf("forget %s: %+v, %v", other, done, err)
		}
	}
	err := b.store.PutAccounts(b.Context(), []escalation.Account{{ID: "acme", Representatives: []string{person}}}, b.now)
	if err != nil {
		b.Fatal(err)
	}
	if done, err := b.store.Forget(b.Context(), person, false, "op", b.now); err != nil || len(done.Elsewhere) != 1 || done.Elsewhere[0] != "escalationd:account:acme:representatives" {
		b.Errorf("elsewhere: %+v, %v", done, err)
	}
}
