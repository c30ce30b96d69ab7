package acceptance

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// bombs are mails that are made to cost time or memory, from a proven sender.
func bombs() map[string]func(head string) []byte {
	return map[string]func(head string) []byte{
		"20,000 levels": func(head string) []byte {
			var b bytes.Buffer
			b.WriteString(head)
			for i := range 20_000 {
				fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n", i, i)
			}
			return b.Bytes()
		},
		"100,000 parts": func(head string) []byte {
			return []byte(head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", 100_000) + "--b--\r\n")
		},
		"200,000 header fields": func(head string) []byte {
			return []byte(head + strings.Repeat("X-Trash: 1\r\n", 200_000) + textPlain + "Hello.\r\n")
		},
		"a folded subject of 5 MB": func(head string) []byte {
			return []byte(strings.Replace(head, "Subject: ", "Subject: "+strings.Repeat("=?utf-8?b?w7bDtsO2w7bDtg==?=\r\n ", 160_000), 1) + textPlain + "Hello.\r\n")
		},
		"20 MB of base64 in one line": func(head string) []byte {
			return []byte(head + "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("Case Number: "), 1<<20)))
		},
		"a million tags": func(head string) []byte {
			return []byte(head + "Content-Type: text/html\r\n\r\n" + strings.Repeat("<div><table><td>", 1_000_000))
		},
		"a million labels": func(head string) []byte {
			return []byte(head + textPlain + strings.Repeat("Case Number: 1\r\n", 1_000_000))
		},
		"a million quotes": func(head string) []byte {
			return []byte(head + textPlain + strings.Repeat("> > > > On Monday somebody wrote:\r\n", 500_000))
		},
	}
}

// Mails that are made to hurt cost no memory to speak of, and delay nobody for
// long.
func TestHostileMailsDelayNobodyForLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.good(len(bombs()))
	d := w.desk()
	d.start()
	d.getsReady()
	for name, bomb := range bombs() {
		s, behind := w.add(func(*bag, *sample) {}), good[0]
		good = good[1:]
		s.kind, s.raw = name, bomb(s.proven(s.from("acme")))
		w.deliver(s, behind)
		took := eventually(t, time.Minute, name+": the mail behind it is answered", func() bool { return w.answered(behind) })
		t.Logf("%s: the mail behind it is answered after %s", name, took.Round(100*time.Millisecond))
	}
	w.inboxIs(0)
	if n := w.imap.Count("Processed") + w.imap.Count("Quarantine"); n != len(w.delivered) {
		t.Errorf("%d mails were filed, want %d", n, len(w.delivered))
	}
	d.tookAtMost(512)
}

// answered reports whether all letters about these samples have gone out.
func (w *world) answered(samples ...sample) bool {
	w.Helper()
	letters := w.letters()
	return !slices.ContainsFunc(samples, func(s sample) bool {
		n := 0
		for _, l := range letters {
			if s.letters[l.key()] > 0 {
				n++
			}
		}
		return n < len(s.letters)
	})
}

// tookAtMost expects that the daemon took no more memory than that, in MB.
func (d *desk) tookAtMost(most int) {
	d.w.Helper()
	peak := d.peak()
	d.w.Logf("the daemon took %d MB of memory at most", peak)
	if peak > most {
		d.w.Errorf("the daemon took %d MB of memory, want %d at most", peak, most)
	}
}

// peak is the most memory that the daemon has had resident, in MB; 0 where
// the system does not tell.
func (d *desk) peak() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		return 0
	}
	kB, _ := strconv.Atoi(string(found[1]))
	return kB / 1024
}
