package inbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"escalationd/internal/inbox"
	"escalationd/internal/realserver"
)

// flood makes n mails, every hundredth of them from somebody known.
func flood(n int) []string {
	mails := make([]string, n)
	for i := range mails {
		from := "stranger"
		if (i+1)%100 == 0 {
			from = "known"
		}
		mails[i] = fmt.Sprintf("From: %s@example.org\r\nSubject: mail %d\r\n\r\nText.\r\n", from, i+1)
	}
	return mails
}

// known chooses the mails of whom the test knows.
func known(_ context.Context, heads []inbox.Mail) ([]bool, error) {
	first := make([]bool, len(heads))
	for i, m := range heads {
		first[i] = bytes.HasPrefix(m.Raw, []byte("From: known@"))
	}
	return first, nil
}

// order lists the UIDs in the order in which they were handed over.
func (d *desk) order() []uint32 {
	var uids []uint32
	for _, m := range d.got() {
		uids = append(uids, m.UID)
	}
	return uids
}

func TestMailsThatAreChosenGoFirstOutOfABacklog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(flood(1200)...), &desk{}
		o := s.options()
		o.First = known
		run(t, o, d)
		pass(time.Minute)
		want := []uint32{100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1100, 1200, 1, 2, 3}
		if got := d.order(); len(got) != 1200 || !slices.Equal(got[:len(want)], want) || !slices.IsSorted(got[12:]) {
			t.Errorf("%d mails were handed over, first %v", len(got), got[:min(len(got), len(want))])
		}
	})
}

func TestFewMailsAreHandedOverInTheirOrderWithoutALook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake(flood(200)...), &desk{}
		o := s.options()
		o.First = known
		run(t, o, d)
		pass(time.Minute)
		looks := slices.ContainsFunc(s.commands, func(c string) bool { return strings.Contains(c, "HEADER.FIELDS") })
		if got := d.order(); len(got) != 200 || !slices.IsSorted(got) || looks {
			t.Errorf("%d mails were handed over, looked at before: %v", len(got), looks)
		}
	})
}

// Whatever goes wrong when a backlog is looked at costs its order alone.
func TestBacklogThatCannotBeLookedAtIsHandledAllTheSame(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"hang up": hangUp, "refusal": "NO not now", "silence": silence, "no answer": "OK done",
		"garbage": "* 7 FETCH (UID 7 X-GARBAGE {{{ ))\r\nOK done", "no choice": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, d := newFake(flood(1200)...), &desk{}
				s.answers(-1, func(cmd string) bool { return strings.Contains(cmd, "HEADER.FIELDS") }, answer)
				o := s.options()
				o.First = known
				if name == "no choice" {
					o.First = func(context.Context, []inbox.Mail) ([]bool, error) { return nil, errors.New("no Redis") }
				}
				run(t, o, d)
				pass(10 * time.Minute)
				if s.in("Processed") != 1200 || len(d.got()) != 1200 {
					t.Errorf("%d mails were handed over, %d are filed", len(d.got()), s.in("Processed"))
				}
			})
		})
	}
}

// A mail that makes trouble waits behind the others; a server that falls over
// each time it is asked for senders is asked about none of them twice.
func TestBacklogBehindAnOddMailIsLookedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newFake("From: odd@example.org\r\n\r\nText.\r\n"), &desk{}
		looks := 0
		late := flood(499) // they come while the first mail cannot be fetched
		s.odd = func(s *fakeServer, cmd string) string {
			switch {
			case strings.Contains(cmd, "HEADER.FIELDS"):
				looks++
				return hangUp
			case strings.HasPrefix(cmd, "UID FETCH 1 ") && strings.Contains(cmd, "BODY"):
				for i, raw := range late {
					s.mails[uint32(i+2)] = raw
				}
				late = nil
				return "NO not now"
			}
			return ""
		}
		o := s.options()
		o.First = known
		run(t, o, d)
		pass(10 * time.Minute)
		if n := s.in("Processed") + s.in("Quarantine"); n != 500 || looks != 1 {
			t.Errorf("%d mails are filed, want 500; the server was asked for senders %d times, want once", n, looks)
		}
	})
}

func TestDovecotShowsTheSendersOfABacklog(t *testing.T) {
	t.Parallel()
	s, d := realserver.Dovecot(t), &desk{}
	for _, raw := range flood(700) {
		s.Deliver("INBOX", []byte(raw))
	}
	o := dovecotOptions(s)
	o.First = known
	run(t, o, d)
	filed(t, s, 700)
	for i, m := range d.got()[:7] {
		if !bytes.HasPrefix(m.Raw, []byte("From: known@")) {
			t.Errorf("mail %d that was handed over is %q", i+1, m.Raw)
		}
	}
}
