package redisstore_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/notify"
)

func damageIsFound(b *bench) {
	ctx := b.Context()
	for name, damage := range map[string]struct {
		do   func()
		want string
	}{
		"a mail that vanished from the books": {func() { b.rdb.HIncrBy(ctx, desk+"counts", "seen", 1) }, "+1"},
		"a mail counted under another name": {func() {
			b.rdb.HIncrBy(ctx, desk+"counts", "accepted", -1)
			b.rdb.HIncrBy(ctx, desk+"counts", "updated", 1)
		}, "0 are counted as accepted, but the journal tells of 1"},
		"letters that were counted too often": {func() { b.rdb.HIncrBy(ctx, desk+"counts", "sent", 1) }, "1 letters were put into the outbox, but 1 were sent"},
		"a letter that was not counted":       {func() { b.rdb.HDel(ctx, desk+"counts", "notices") }, "0 letters were put into the outbox"},
		"a line taken out of the journal":     {func() { b.rdb.Del(ctx, desk+"journal") }, "1 are counted as accepted, but the journal tells of 0"},
		"a mail that was forgotten":           {func() { b.rdb.Del(ctx, eventKey("m1")) }, "a copy of it would be answered again"},
		"a letter said to be sent": {func() {
			b.rdb.HSet(ctx, desk+"notice:id-m1-lead@example.com", "state", "sent")
			b.rdb.ZRem(ctx, desk+"outbox", "id-m1-lead@example.com")
		}, "0 wait and 0 are parked: +1"},
		"a letter in no state": {func() { b.rdb.HSet(ctx, desk+"notice:id-m1-lead@example.com", "state", "odd") }, "in no state that there is"},
		"a letter to somebody else": {func() {
			b.rdb.HSet(ctx, desk+"notice:id-m1-lead@example.com", "data", `{"id": "id-m1-lead@example.com", "key": "m1|lead@example.com", "to": "else@example.com"}`)
		}, "addressed to somebody it was not made for"},
		"another letter in its place":          {func() { b.rdb.HSet(ctx, desk+"notice:id-m1-lead@example.com", "data", `{"id": "id-m2"}`) }, "another letter's"},
		"a letter that cannot be read":         {func() { b.rdb.HSet(ctx, desk+"notice:id-m1-lead@example.com", "data", "{") }, "its data cannot be read"},
		"a letter without words":               {func() { b.rdb.HDel(ctx, desk+"notice:id-m1-lead@example.com", "letter") }, "it has no words"},
		"other words in a letter":              {func() { b.seal(b.claim()[0]); b.rdb.HSet(ctx, desk+"notice:id-m1-lead@example.com", "raw", "Pay now") }, "not those that were sealed"},
		"an escalation that cannot be changed": {func() { b.rdb.HSet(ctx, desk+"escalation:01234567", "revision", 7) }, "no change could be applied"},
		"an escalation lost with all its marks": {func() {
			b.rdb.Del(ctx, desk+"escalation:01234567")
			b.rdb.SRem(ctx, desk+"active", "01234567")
			b.rdb.ZRem(ctx, desk+"due", "01234567")
		}, "the mail desk|1|m1 was accepted, but there is no escalation"},
		"a lost letter":                        {func() { b.rdb.Del(ctx, desk+"notice:id-m1-lead@example.com") }, "not on record"},
		"a letter that fell out of the outbox": {func() { b.rdb.ZRem(ctx, desk+"outbox", "id-m1-lead@example.com") }, "not in the outbox"},
		"a sent letter in the outbox":          {func() { b.rdb.HSet(ctx, desk+"notice:id-m1-lead@example.com", "state", "sent") }, "its state is \"sent\""},
		"an escalation nobody wakes":           {func() { b.rdb.ZRem(ctx, desk+"due", "01234567") }, "wakes at"},
		"an escalation that is not listed":     {func() { b.rdb.SRem(ctx, desk+"active", "01234567") }, "listed as active: false"},
		"a lost escalation":                    {func() { b.rdb.Del(ctx, desk+"escalation:01234567") }, "there is no escalation"},
		"a spoilt escalation": {func() {
			b.rdb.Del(ctx, desk+"escalation:01234567")
			b.rdb.Set(ctx, desk+"escalation:01234567", "rubbish", 0)
		}, "cannot be read: WRONGTYPE"},
		"a spoilt letter": {func() {
			b.rdb.Del(ctx, desk+"notice:id-m1-lead@example.com")
			b.rdb.Set(ctx, desk+"notice:id-m1-lead@example.com", "rubbish", 0)
		}, "not on record"},
		"an accepted mail without letters": {func() {
			b.rdb.XAdd(ctx, journalLine("at", b.now.Format(time.RFC3339Nano), "disposition", "accepted", "location", "desk|1|9"))
		}, "nobody was written to"},
		"a mail decided twice": {func() {
			b.rdb.XAdd(ctx, journalLine("at", b.now.Format(time.RFC3339Nano), "disposition", "refused", "location", "desk|1|m1"))
		}, "decided twice: accepted and refused"},
	} {
		b.rdb.FlushAll(ctx)
		b.count(1, "desk|1|m1")
		b.apply(accepted("m1", 1))
		b.wantBooks(1, 1, 0)
		damage.do()
		if got := fmt.Sprint(b.audit().Findings); !strings.Contains(got, damage.want) {
			b.Errorf("%s: findings are %s, want %q", name, got, damage.want)
		}
	}
}

func eventKey(event string) string {
	sum := sha256.Sum256([]byte(event))
	return desk + "event:" + hex.EncodeToString(sum[:16])
}

func (b *bench) seal(p notify.Pending) {
	b.Helper()
	raw := []byte("Message-ID: <" + escalation.NoticeMessageID(p.ID, "example.com") + ">\r\n\r\nwords\r\n")
	if err := b.store.Hold(b.Context(), []notify.Hold{{Claim: p.Claim, Raw: raw}}); err != nil {
		b.Fatal(err)
	}
	b.wantBooks(1, 1, 0)
}

// A letter has one end in the books, whatever became of it and in whatever
// order; trimming takes nothing out of them.
func lettersAddUp(b *bench) {
	b.now = time.Now()
	for i, end := range []string{"sent", "revoked", "revoked and sent", "discarded", "parked", "parked and sent", "waiting"} {
		event := fmt.Sprintf("m%d", i)
		c := accepted(event, int64(i+1))
		c.At = b.now
		b.count(1, c.Location)
		b.apply(c)
		p := b.claim()[0]
		switch end {
		case "revoked", "revoked and sent":
			b.apply(escalation.Change{Event: "back:" + event, At: b.now, Revoked: []string{p.ID}})
		case "discarded":
			b.decide(redisstore.DiscardLetter, b.posted(p.ID), "done")
		case "parked", "parked and sent":
			b.settle(p, notify.Buried, 0)
		}
		if end == "parked and sent" {
			b.decide(redisstore.RetryLetter, b.posted(p.ID), "done")
			p = b.claim()[0]
		}
		if strings.Contains(end, "sent") {
			b.settle(p, notify.Sent, 0)
		}
		b.wantBooks(int64(i+1), int64(i+1), 0)
	}
	later := redisstore.New(b.rdb, redisstore.Options{Prefix: "escalationd:", Retention: time.Millisecond})
	b.pass(b.T, 5*time.Millisecond)
	if err := later.Trim(b.Context(), b.now.Add(time.Hour)); err != nil {
		b.Fatal(err)
	}
	books, err := later.Audit(b.Context(), b.now.Add(time.Hour))
	if err != nil || len(books.Findings) > 0 || books.Seen != 7 || books.Parked != 0 || len(b.journal()) != 0 {
		b.Errorf("after trimming the books are %+v, %v", books, err)
	}
}

func journalLine(values ...any) *redis.XAddArgs {
	return &redis.XAddArgs{Stream: desk + "journal", Values: values}
}
