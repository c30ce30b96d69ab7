package acceptance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// junk are the kinds of mail that floods are made of, with what comes of them.
// Nobody who is forged in them may hear of it.
func junk() []func(*bag, *sample) {
	return []func(*bag, *sample){(*bag).spoofed, (*bag).list, (*bag).forged, (*bag).autoReply}
}

// spoofed is a form in the name of a representative, without a proof.
func (b *bag) spoofed(s *sample) {
	from := fmt.Sprintf("victim%d@acme.example", b.made)
	s.kind, s.raw = "spoofed", []byte(s.head(from, "")+textPlain+s.form("ACME-10007", ""))
	s.quarantined()
}

// forged brings a proof of its own making below the one that counts.
func (b *bag) forged(s *sample) {
	from := fmt.Sprintf("victim%d@globe.example", b.made)
	s.kind, s.raw = "forged", []byte(s.head(from, "Authentication-Results: mx.example.com; dmarc=fail header.from=globe.example\r\n"+
		"Authentication-Results: mx.example.com; dmarc=pass header.from=globe.example\r\n")+textPlain+s.form("GLOBE-10007", ""))
	s.quarantined()
}

// flood makes n mails of junk.
func (b *bag) flood(n int) []sample {
	samples := make([]sample, n)
	for i := range samples {
		samples[i] = b.add(junk()[i%len(junk())])
	}
	return samples
}

// The mails of representatives who are proven are taken first out of a flood,
// nobody in whose name it was sent hears anything, and ops have few letters.
func TestFloodOfJunkDoesNotHoldUpRepresentatives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.patience = 10 * time.Minute
	total, real := pick(3000, 50_000), 20
	trash, good := w.flood(total), w.good(real)
	d := w.desk()
	w.deliver(trash[:total/2]...)
	w.deliver(good[:real/2]...)
	w.deliver(trash[total/2:]...)
	began := time.Now()
	d.start()
	d.says(`"mail decided"`)
	w.deliver(good[real/2:]...)
	w.eventually("the real mails are answered", func() bool { return w.answered(good...) })
	t.Logf("%d real mails among %d are answered after %s", real, total, time.Since(began).Round(100*time.Millisecond))
	before := d.decidedBefore(t, `"disposition":"accepted"`, real/2)
	t.Logf("%d mails were decided before half of the real ones were", before)
	if before > total/10 {
		t.Errorf("real mails waited for %d of junk", before)
	}
	d.settles()
	t.Logf("the flood is over after %s; the daemon took %d MB at most", time.Since(began).Round(100*time.Millisecond), d.peak())
}

// More replies than the limit for everybody are not sent, ops hear of it, and
// strangers leave room for representatives.
func TestFloodOfStrangersOpensTheBreaker(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	w := newWorld(t)
	w.patience = 5 * time.Minute
	const limit, most = 50, 45
	strangers := make([]sample, pick(200, 5000))
	for i := range strangers {
		strangers[i] = w.add((*bag).stranger)
	}
	good := w.good(1)
	d := w.desk(edit{"global_per_minute: 600", fmt.Sprintf("global_per_minute: %d", limit)})
	w.deliver(strangers...)
	began := time.Now()
	d.start()
	w.inboxIs(0)
	t.Logf("%d strangers are judged after %s", len(strangers), time.Since(began).Round(100*time.Millisecond))
	w.deliver(good...)
	w.eventually("the representative is answered, and ops hear", func() bool {
		return w.answered(good...) && slices.ContainsFunc(w.letters(), func(l letter) bool { return l.to == ops && strings.Contains(l.subject, "reply-limit") })
	})
	minutes := int(time.Since(began)/time.Minute) + 1
	refused := 0
	for _, l := range w.letters() {
		if strings.HasSuffix(l.to, "@stranger.example") {
			refused++
		}
	}
	if refused < most || refused > minutes*most {
		t.Errorf("%d strangers are answered in %d minutes, want %d a minute", refused, minutes, most)
	}
}

// decidedBefore counts the mails that the log says were decided before the
// n-th of which it says so in these words.
func (d *desk) decidedBefore(t *testing.T, words string, n int) (before int) {
	t.Helper()
	for line := range strings.Lines(d.said()) {
		switch {
		case !strings.Contains(line, "mail decided"):
			continue
		case strings.Contains(line, words):
			n--
		}
		if n == 0 {
			return before
		}
		before++
	}
	t.Fatalf("the log does not say %q often enough", words)
	return 0
}
