package acceptance

import (
	"bytes"
	"fmt"
	"mime"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"escalationd/internal/realserver"
)

const ops = "support-ops@example.com"

// letter is a mail that the relay was given.
type letter struct {
	id, to, subject, raw string
}

// key is what letters are counted by: the recipient, and for colleagues the
// case that the subject names.
func (l letter) key() string {
	if strings.HasSuffix(l.to, "@example.com") && l.to != ops {
		return l.to + " " + caseNumber.FindString(l.subject)
	}
	return l.to
}

var caseNumber = regexp.MustCompile(`[A-Z0-9]+-\d{5}`)

// letters are all that the relay was given.
func (w *world) letters() []letter {
	w.Helper()
	var letters []letter
	for _, m := range w.sink.Mails() {
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
		if err != nil {
			w.Fatalf("a letter cannot be read: %v\n%s", err, m.Raw)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
		if err != nil {
			w.Errorf("a subject cannot be read: %v", err)
		}
		if len(m.To) != 1 {
			w.Errorf("a letter goes to %d recipients: %v", len(m.To), m.To)
		}
		letters = append(letters, letter{id: parsed.Header.Get("Message-ID"), to: m.To[0], subject: subject, raw: string(m.Raw)})
	}
	return letters
}

// once leaves out identical copies. More than extra copies in all, or copies
// that differ, fail the test.
func (w *world) once(letters []letter, extra int) (distinct []letter) {
	w.Helper()
	first := map[string]letter{}
	copies := 0
	for _, l := range letters {
		before, again := first[l.id]
		switch {
		case l.id == "":
			w.Errorf("a letter to %s has no Message-ID", l.to)
		case !again:
			first[l.id] = l
			distinct = append(distinct, l)
		case before.raw != l.raw || before.to != l.to:
			w.Errorf("two mails with Message-ID %s differ:\n%s", l.id, cmp.Diff(before.raw, l.raw))
		default:
			copies++
		}
	}
	if copies > extra {
		w.Errorf("%d letters went out once more, at most %d may", copies, extra)
	}
	if copies > 0 {
		w.Logf("%d letters went out once more, with the same Message-ID and bytes", copies)
	}
	return distinct
}

// noneMoreThan expects that no letter went out more often than that.
func (w *world) noneMoreThan(n int) {
	w.Helper()
	copies := map[string]int{}
	for _, l := range w.letters() {
		if copies[l.id]++; copies[l.id] > n {
			w.Errorf("letter %s went out %d times", l.id, copies[l.id])
		}
	}
}

// inboxIs waits until the inbox holds n mails.
func (w *world) inboxIs(n int) time.Duration {
	w.Helper()
	return w.eventually(fmt.Sprintf("the inbox holds %d mails", n), func() bool { return w.imap.Count("INBOX") == n })
}

// settles waits until all mails that were delivered have left the inboxes and
// nothing waits in the outbox, and judges what came of them: dispositions,
// folders, letters.
func (d *desk) settles() {
	d.w.Helper()
	d.settlesButFor(0)
}

// settlesButFor is settles where up to so many letters may have gone out once
// more.
func (d *desk) settlesButFor(extra int) {
	w := d.w
	w.Helper()
	alarms := slices.ContainsFunc(w.delivered, func(s sample) bool { return s.alarms })
	began := time.Now()
	w.inboxIs(0)
	w.eventually("nothing waits in the outbox", func() bool {
		if !d.running() {
			w.Fatalf("the daemon has ended, exit %d", d.code())
		}
		return d.counts()["outbox_waiting"] == 0
	})
	if alarms {
		w.eventually("ops are told", func() bool { return w.countTo(ops) > 0 })
	}
	w.Logf("%d mails are settled after %s", len(w.delivered), time.Since(began).Round(10*time.Millisecond))
	w.judge(d, extra)
}

func (w *world) judge(d *desk, extra int) {
	w.Helper()
	w.judgeFolders()
	if code, out, complaint := w.run("verify", "--config", d.conf); code != 0 {
		w.Errorf("verify exits %d: %s%s", code, out, complaint)
	}
	dispositions, want := sum(w.delivered)
	counts := d.counts()
	for disposition := range counts {
		if !slices.Contains(strings.Fields("accepted updated parked returned refused command duplicate bounced ignored quarantined"), disposition) {
			delete(counts, disposition)
		}
	}
	if diff := cmp.Diff(dispositions, counts); diff != "" {
		w.Errorf("dispositions (-want +got):\n%s", diff)
	}
	got := map[string]int{}
	alarms := 0
	for _, l := range w.once(w.letters(), extra) {
		if l.to == ops {
			alarms++
			continue
		}
		got[l.key()]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.Errorf("letters (-want +got):\n%s", diff)
	}
	told := slices.ContainsFunc(w.delivered, func(s sample) bool { return s.alarms })
	if alarms > 0 != told || alarms > 6 {
		w.Errorf("ops got %d letters", alarms)
	}
	for _, domain := range []string{"@acme.example", "@globe.example", "@stranger.example", "us-lead@", "uk-lead@"} {
		if strings.Contains(d.said(), domain) {
			w.Errorf("the log holds an address: …%s", domain)
		}
	}
}

// judgeFolders compares where each mail lies with where it belongs.
func (w *world) judgeFolders() {
	w.Helper()
	want, got := map[string]int{}, map[string]int{}
	for _, s := range w.delivered {
		want[s.folder+" "+s.serial]++
	}
	for _, folder := range []string{"INBOX", "Processed", "Quarantine"} {
		for _, m := range w.imap.List(folder) {
			key := folder + " " + serialOf(m)
			if got[key]++; w.copies && want[key] > 0 {
				got[key] = min(got[key], want[key])
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.Errorf("where mails lie (-want +got):\n%s", diff)
	}
}

var serialField = regexp.MustCompile(`(?m)^X-Serial: (\S+)`)

func serialOf(m realserver.StoredMail) string {
	found := serialField.FindSubmatch(m.Raw[:min(len(m.Raw), 4096)])
	if found == nil {
		return fmt.Sprintf("unknown mail %d", m.UID)
	}
	return string(found[1])
}
