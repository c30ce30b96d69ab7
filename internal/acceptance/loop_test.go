package acceptance

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
)

// machine answers every letter it gets, as if a person did: each answer has a
// Message-ID and a subject of its own, and no field that shows a machine or
// names the letter.
type machine struct {
	name   string
	thread bool // it leaves In-Reply-To
	most   int  // letters that it may get in all: 3 if zero; 2 more where it leads from a case to none
	answer func(rng *rand.Rand, n int, letter string) string
}

func machines() []machine {
	fixed := "Thank you for your message. We are looking into it and will be back soon.\r\n"
	stripping := []machine{
		{name: "fixed words", answer: func(*rand.Rand, int, string) string { return fixed }},
		{name: "a number", answer: func(_ *rand.Rand, n int, _ string) string { return fmt.Sprintf("Your ticket is #%d.\r\n", n) + fixed }},
		{name: "a token", answer: func(rng *rand.Rand, _ int, _ string) string {
			return fmt.Sprintf("Reference %s-%X\r\n", word(rng), rng.Uint32()) + fixed
		}},
		{name: "words in another order", answer: func(rng *rand.Rand, _ int, _ string) string {
			words := strings.Fields(fixed)
			rng.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
			return strings.Join(words, " ")
		}},
		{name: "the letter quoted", most: 5, answer: func(_ *rand.Rand, _ int, letter string) string {
			return fixed + "\r\n> " + strings.ReplaceAll(letter, "\n", "\n> ")
		}},
		{name: "the letter as its own", most: 5, answer: func(_ *rand.Rand, _ int, letter string) string { return fixed + "\r\n" + letter }},
		{name: "the letter alone", most: 5, answer: func(_ *rand.Rand, _ int, letter string) string { return letter }},
		{name: "made-up words", answer: func(rng *rand.Rand, _ int, _ string) string {
			words := make([]string, 30)
			for i := range words {
				words[i] = word(rng)
			}
			return strings.Join(words, " ")
		}},
	}
	all := slices.Clone(stripping)
	for _, m := range stripping {
		m.name, m.thread = m.name+" in the thread", true
		if strings.HasPrefix(m.name, "made-up") {
			m.most = 10
		}
		all = append(all, m)
	}
	return all
}

func word(rng *rand.Rand) string {
	letters := make([]byte, 3+rng.IntN(7))
	for i := range letters {
		letters[i] = byte('a' + rng.IntN(26))
	}
	return string(letters)
}

// A conversation with a machine ends by itself: after the first answer to an
// address it gets two more at most.
func TestLoopsEndWithoutHelpOfHeaders(t *testing.T) {
	t.Parallel()
	rng := random(t)
	w := newWorld(t)
	beginnings := []func(*bag, *sample){(*bag).plain, (*bag).noForm, (*bag).gap, (*bag).stranger, (*bag).unknownCase, (*bag).closedCase}
	talkers := map[string]machine{}
	var first []sample
	for _, m := range machines() {
		for _, begin := range beginnings {
			s := w.add(begin)
			from := fromField(s.raw)
			talkers[from] = m
			first = append(first, s)
		}
	}
	d := w.desk(edit{"per_sender: 10", "per_sender: 1000"})
	d.start()
	w.deliver(first...)
	got := w.talk(rng, d, talkers)
	for _, s := range first {
		from := fromField(s.raw)
		if n := got[from]; n < 1 || n > cmp.Or(talkers[from].most, 3) {
			t.Errorf("a machine that answers with %s after a mail of the kind %q gets %d letters", talkers[from].name, s.kind, n)
		}
	}
}

// talk has machines answer their letters until nobody gets one any more, and
// counts what each got.
func (w *world) talk(rng *rand.Rand, d *desk, talkers map[string]machine) map[string]int {
	w.Helper()
	const enough = 50
	got, seen := map[string]int{}, map[string]bool{}
	w.eventually("the machines fall silent", func() bool {
		silent := w.imap.Count("INBOX") == 0 && d.counts()["outbox_waiting"] == 0 && len(seen) > 0
		for _, l := range w.letters() {
			if m, ok := talkers[l.to]; ok && !seen[l.id] && got[l.to] < enough {
				got[l.to]++
				w.imap.Deliver("INBOX", answerOf(rng, m, l, got[l.to]))
				silent = false
			}
			seen[l.id] = true
		}
		return silent
	})
	return got
}

// answerOf is a machine's answer to a letter.
func answerOf(rng *rand.Rand, m machine, l letter, n int) []byte {
	s := sample{serial: fmt.Sprintf("%s-%d-%d", word(rng), n, rng.Uint32())}
	head := strings.Replace(s.proven(l.to), "Subject: Please escalate "+s.serial, "Subject: "+word(rng)+" "+word(rng), 1)
	if m.thread {
		head += "In-Reply-To: " + l.id + "\r\n"
	}
	return []byte(head + textPlain + m.answer(rng, n, textOf(l)))
}

// textOf is the plain text of a letter.
func textOf(l letter) string {
	m, err := mail.ReadMessage(strings.NewReader(l.raw))
	if err != nil {
		return ""
	}
	_, params, _ := mime.ParseMediaType(m.Header.Get("Content-Type"))
	part, err := multipart.NewReader(m.Body, params["boundary"]).NextRawPart()
	if err != nil {
		return ""
	}
	var body io.Reader = part
	switch part.Header.Get("Content-Transfer-Encoding") {
	case "quoted-printable":
		body = quotedprintable.NewReader(part)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, part)
	}
	text, _ := io.ReadAll(body)
	return string(text)
}

func fromField(raw []byte) string {
	_, rest, _ := bytes.Cut(raw, []byte("From: A customer <"))
	from, _, _ := bytes.Cut(rest, []byte(">"))
	return string(from)
}
