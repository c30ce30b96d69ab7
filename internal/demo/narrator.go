package demo

import (
	"bytes"
	"cmp"
	"context"
	"net/mail"
	"strings"
	"time"

	"escalationd/escalation"
	"escalationd/internal/mailserver"
	"escalationd/mailparse"
)

// event is a mail that was decided or a letter that went out; the other is nil.
type event struct {
	decided *decision
	letter  *letter
}

// decision is a mail and what the desk made of it.
type decision struct {
	mail   escalation.Mail
	change escalation.Change
}

// letter is a mail that the desk sent.
type letter struct {
	id, messageID string
	kind          string
	to            string
	replyTo       string
	subject       string
	text          string
}

// key is how samples name a letter.
func (l letter) key() string { return l.kind + " " + l.to }

// answer is what a reply to a letter needs.
func (l letter) answer() any {
	subject := l.subject
	if !strings.HasPrefix(strings.ToLower(subject), "re:") {
		subject = "Re: " + subject
	}
	return struct{ To, Subject, MessageID string }{l.replyTo, subject, "<" + l.messageID + ">"}
}

// readLetter reads a mail on its way out.
func readLetter(d mailserver.Delivered) letter {
	l := letter{to: d.To}
	m, err := mailparse.Parse(d.Raw)
	if err != nil {
		return l
	}
	l.messageID, l.subject, l.text = m.MessageID, m.Subject, m.Text
	left, _, _ := strings.Cut(m.MessageID, "@")
	l.id = strings.TrimPrefix(left, "esc.")
	if header, err := mail.ReadMessage(bytes.NewReader(d.Raw)); err == nil {
		l.kind = header.Header.Get("X-Escalationd")
	}
	l.replyTo = cmp.Or(address(d.Raw, "Reply-To"), address(d.Raw, "From"))
	return l
}

// narrator tells the events of the stage on the screen, in an order that can
// be followed: a mail, then its letters.
type narrator struct {
	screen  *screen
	events  <-chan event
	waiting map[string]letter // letters that came before their mail was told, by ID
}

// witness waits for the next mail to be decided and for all its letters, and
// tells them. What does not come in time is missing in the result.
func (n *narrator) witness(ctx context.Context, began time.Time) result {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r := result{took: patience}
	d, ok := n.decision(ctx)
	if !ok {
		return r
	}
	r.got = d.change.Disposition
	n.screen.decision(d, time.Since(began))
	for _, notice := range d.change.Notices {
		if l, ok := n.letter(ctx, notice.ID); ok {
			n.screen.letter(l)
			r.letters = append(r.letters, l)
		}
	}
	r.took = time.Since(began)
	return r
}

func (n *narrator) decision(ctx context.Context) (decision, bool) {
	for {
		select {
		case e := <-n.events:
			if e.decided != nil {
				return *e.decided, true
			}
			n.waiting[e.letter.id] = *e.letter
		case <-ctx.Done():
			return decision{}, false
		}
	}
}

func (n *narrator) letter(ctx context.Context, id string) (letter, bool) {
	for {
		if l, ok := n.waiting[id]; ok {
			delete(n.waiting, id)
			return l, true
		}
		select {
		case e := <-n.events:
			if e.letter != nil {
				n.waiting[e.letter.id] = *e.letter
			}
		case <-ctx.Done():
			return letter{}, false
		}
	}
}

// rest waits for a letter that no mail asked for, and tells all of them.
func (n *narrator) rest(ctx context.Context) []letter {
	ctx, cancel := context.WithTimeout(ctx, alarmPatience)
	defer cancel()
	for len(n.waiting) == 0 && ctx.Err() == nil {
		select {
		case e := <-n.events:
			if e.letter != nil {
				n.waiting[e.letter.id] = *e.letter
			}
		case <-ctx.Done():
		}
	}
	var all []letter
	for id, l := range n.waiting {
		n.screen.letter(l)
		all = append(all, l)
		delete(n.waiting, id)
	}
	return all
}

// follow tells events as they come, until ctx ends.
func (n *narrator) follow(ctx context.Context) {
	for {
		select {
		case e := <-n.events:
			if e.letter != nil {
				n.screen.letter(*e.letter)
				continue
			}
			n.screen.heading(time.Now().Format(time.TimeOnly), "a mail came in")
			n.screen.decision(*e.decided, time.Since(e.decided.mail.Received))
		case <-ctx.Done():
			return
		}
	}
}
