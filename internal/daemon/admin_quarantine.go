package daemon

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/inbox"
)

// Cause is why a mail is held in Quarantine.
type Cause string

// The causes.
const (
	CauseTooLarge   Cause = "too large"
	CauseUnreadable Cause = "unreadable"
	CauseAuthor     Cause = "no single author"
	CauseUnproven   Cause = "sender not proven"
	CauseAnswer     Cause = "answer to nothing"
	CauseBacklog    Cause = "older than the desk"
	CauseFailed     Cause = "not handled"
	CauseUnknown    Cause = "no record"
	CauseForeign    Cause = "decided before"
)

// causeTexts say what each cause means, and what to do.
var causeTexts = map[Cause]struct{ Meaning, Remedy string }{
	CauseTooLarge: {
		"It is larger than policy.max_message, so it was not even fetched.",
		"Read it in a mail program and ask the sender for a mail without attachments, or raise policy.max_message, restart, and retry it.",
	},
	CauseUnreadable: {
		"Its bytes are not a mail that can be read safely.",
		"Open it in a mail program; if a customer wrote it, ask them to send it again as plain text. Then reject it.",
	},
	CauseAuthor: {
		"It has no From, two of them, or a group: nobody can say who wrote it, and different programs would show different people.",
		"Ask the sender to write from one address. Then reject it.",
	},
	CauseUnproven: {
		"Your mail server has not proven, by DMARC, DKIM or SPF, that it comes from the address in From. Anybody can write any From.",
		"If a phone call to a number you know proves the sender, retry it with --as-proven. Otherwise reject it. " +
			"Where it happens to a customer again and again, their administrator must set up SPF or DKIM.",
	},
	CauseAnswer: {
		"It is proven, but it answers a letter that went to somebody else, or gives a command on no letter this desk knows.",
		"Do what it asks by hand, for instance with: escalationd escalations ack or resolve. Then reject it.",
	},
	CauseBacklog: {
		"It lay in the inbox for longer than policy.backlog when the desk was first opened.",
		"If it still matters, answer it by hand: a retry would be held again. Then reject it.",
	},
	CauseFailed: {
		"Handling it failed three times, so it was put aside unread: a key of Redis is damaged, or the mail breaks the program.",
		"The log tells the error beside the place where it lay. Mend the key, or report the fault and update; then retry it.",
	},
	CauseUnknown: {
		"The ledger has no record of what is in it: somebody moved it here, it is older than policy.retention, or it could not be handled and has no Message-ID.",
		"Retry it to have it judged like a new mail, or reject it.",
	},
	CauseForeign: {
		"The ledger says that it was decided, and not quarantined: somebody moved it here.",
		"There is nothing left to do for the desk: reject it.",
	},
}

// Held is a mail in Quarantine.
type Held struct {
	Ref       string    `json:"ref"` // inbox:UID, by which the commands name it
	Cause     Cause     `json:"cause"`
	Meaning   string    `json:"meaning"`
	Remedy    string    `json:"remedy"`
	Detail    string    `json:"detail,omitempty"` // the ledger's reason, in its words
	Received  time.Time `json:"received,omitzero"`
	Decided   time.Time `json:"decided,omitzero"`
	From      string    `json:"from,omitempty"` // as claimed
	Subject   string    `json:"subject,omitempty"`
	MessageID string    `json:"message_id,omitempty"`
	Size      int64     `json:"size"`
	Cases     []string  `json:"cases,omitempty"` // that its forms name
	Text      string    `json:"text,omitempty"`  // the part its sender wrote; by Show alone

	mail    escalation.Mail
	inbox   string
	uid     uint32
	decided escalation.Disposition // what the ledger says; empty where it says nothing
	events  []string               // under which the ledger may know it
}

// Quarantined lists the mails in Quarantine, of all inboxes, oldest first.
func (a *Admin) Quarantined(ctx context.Context) ([]Held, error) {
	var held []Held
	for _, i := range a.config.Inboxes {
		err := a.inQuarantine(ctx, i.Name, func(f *inbox.Folder) error {
			uids, err := f.List(ctx)
			if err != nil {
				return err
			}
			found, err := a.held(ctx, f, i.Name, uids)
			held = append(held, found...)
			return err
		})
		if err != nil {
			return held, err
		}
	}
	return held, nil
}

// inQuarantine opens the quarantine of an inbox for use.
func (a *Admin) inQuarantine(ctx context.Context, name string, use func(*inbox.Folder) error) error {
	box, settings, err := a.inbox(name)
	if err != nil {
		return err
	}
	f, err := box.OpenFolder(ctx, settings.Quarantine)
	if err != nil {
		return err
	}
	defer f.Close(ctx)
	return use(f)
}

// held fetches mails and says why they are there.
func (a *Admin) held(ctx context.Context, f *inbox.Folder, name string, uids []uint32) ([]Held, error) {
	ledger, err := a.store.Ledger(ctx)
	if err != nil {
		return nil, err
	}
	oldest := ledger.MadeAt.Add(-a.config.Policy.Backlog)
	var all []Held
	err = f.Fetch(ctx, uids, func(mails []inbox.Mail) error {
		batch := make([]Held, len(mails))
		var queries []escalation.Query
		for i, m := range mails {
			batch[i] = a.readHeld(m, name)
			for _, event := range batch[i].events {
				queries = append(queries, escalation.Query{Event: event})
			}
		}
		states, err := a.store.Load(ctx, queries)
		if err != nil {
			return err
		}
		for i := range batch {
			n := len(batch[i].events)
			batch[i].judge(states[:n], oldest)
			states = states[n:]
		}
		all = append(all, batch...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, a.findFailed(ctx, all)
}

// findFailed tells the mails that could not be handled from those that the
// ledger does not know: unread as they were, they are on record by where they
// lay and by their Message-IDs alone.
func (a *Admin) findFailed(ctx context.Context, all []Held) error {
	unknown := map[string]*Held{}
	for i := range all {
		if h := &all[i]; h.Cause == CauseUnknown && h.MessageID != "" {
			unknown[h.MessageID] = h
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return a.store.Journal(ctx, func(lines []redisstore.Line) error {
		for _, l := range lines {
			h := unknown[strings.Trim(l.MessageID, "<>")]
			if h == nil || l.Disposition != escalation.Quarantined || !strings.HasPrefix(l.Event, "unreadable:") {
				continue
			}
			h.Cause, h.Meaning, h.Remedy = CauseFailed, causeTexts[CauseFailed].Meaning, causeTexts[CauseFailed].Remedy
			h.Detail, h.Decided = l.Reason+"; it lay at "+l.Location, l.At
		}
		return nil
	})
}

func (a *Admin) readHeld(m inbox.Mail, name string) Held {
	h := Held{Ref: name + ":" + strconv.FormatUint(uint64(m.UID), 10), Received: m.Received, Size: m.Size, inbox: name, uid: m.UID}
	h.mail = escalation.Mail{Unreadable: m.Unfetched}
	if m.Unfetched == "" {
		h.mail = a.read.read(m.Raw, name)
	}
	h.mail.Location = m.Location()
	if h.mail.Unreadable == "" {
		proven, unproven := h.mail, h.mail
		proven.Proof.Proven, unproven.Proof.Proven = true, false
		h.events = []string{proven.Event(), unproven.Event()}
	}
	h.From, h.Subject, h.MessageID = h.mail.From.Addr, h.mail.Subject, h.mail.MessageID
	for _, f := range h.mail.Forms {
		if number, ok := a.policy.CaseKey(f.CaseNumber); ok {
			h.Cases = append(h.Cases, number)
		}
	}
	return h
}

// judge finds the one cause for which a mail is held.
func (h *Held) judge(states []escalation.State, oldest time.Time) {
	for _, s := range states {
		if s.Known != nil && (h.decided == "" || s.Known.Disposition == escalation.Quarantined) {
			h.decided, h.Detail, h.Decided = s.Known.Disposition, s.Known.Reason, s.Known.At
		}
	}
	switch {
	case h.mail.Unreadable == inbox.TooLarge:
		h.Cause = CauseTooLarge
	case h.mail.Unreadable != "":
		h.Cause, h.Detail = CauseUnreadable, h.mail.Unreadable
	case h.decided != escalation.Quarantined && !h.Received.IsZero() && h.Received.Before(oldest):
		h.Cause = CauseBacklog
	case h.decided == "":
		h.Cause = CauseUnknown
	case h.decided != escalation.Quarantined:
		h.Cause = CauseForeign
	case h.mail.FromProblem != "":
		h.Cause = CauseAuthor
	case !h.mail.Proof.Proven:
		h.Cause = CauseUnproven
	default:
		h.Cause = CauseAnswer
	}
	h.Meaning, h.Remedy = causeTexts[h.Cause].Meaning, causeTexts[h.Cause].Remedy
}

// find fetches one mail by its reference, and hands it on with its folder.
func (a *Admin) find(ctx context.Context, ref string, use func(*inbox.Folder, *Held) error) error {
	at := strings.LastIndexByte(ref, ':')
	uid, err := strconv.ParseUint(ref[at+1:], 10, 32)
	if at < 0 || err != nil {
		return refuse("%q names no mail: name it as `quarantine list` does, INBOX:NUMBER", ref)
	}
	return a.inQuarantine(ctx, ref[:at], func(f *inbox.Folder) error {
		found, err := a.held(ctx, f, ref[:at], []uint32{uint32(uid)})
		if err != nil {
			return err
		}
		if len(found) != 1 {
			return refuse("there is no mail %s in Quarantine (any more)", ref)
		}
		return use(f, &found[0])
	})
}

// ShowQuarantined answers one mail with its text.
func (a *Admin) ShowQuarantined(ctx context.Context, ref string) (*Held, error) {
	var held *Held
	err := a.find(ctx, ref, func(_ *inbox.Folder, h *Held) error {
		held = h
		h.Text = cmp.Or(h.mail.Fresh, h.mail.Text)
		return nil
	})
	return held, err
}

// RetryQuarantined has a mail judged again: the ledger forgets it, and it goes
// back to the inbox. With asProven its sender counts as proven, on the
// operator's word.
func (a *Admin) RetryQuarantined(ctx context.Context, ref string, asProven bool) (*Held, error) {
	var held *Held
	err := a.find(ctx, ref, func(f *inbox.Folder, h *Held) error {
		held = h
		switch {
		case h.decided != "" && h.decided != escalation.Quarantined:
			return refuse("it was %s before: judging it again would do that twice; reject it instead", h.decided)
		case asProven && h.Cause != CauseUnproven:
			return refuse("it is not held for its sender, but because: %s; retry it without --as-proven", h.Cause)
		case !asProven && h.Cause == CauseUnproven:
			return refuse("its sender is as unproven as before; say --as-proven if you know by other means who wrote it")
		}
		_, settings, err := a.inbox(h.inbox)
		if err != nil {
			return err
		}
		reason := "to be judged again"
		if asProven {
			reason = "its sender counts as proven on the operator's word"
		}
		if err := a.store.Release(ctx, a.release(h, asProven, reason)); err != nil {
			return err
		}
		return f.Move(ctx, h.uid, settings.URL.Mailbox())
	})
	return held, err
}

func (a *Admin) release(h *Held, asProven bool, reason string) redisstore.Release {
	return redisstore.Release{
		Digest: h.mail.Digest, MessageID: h.MessageID, Events: h.events, AsProven: asProven, By: a.by, Reason: reason, At: a.now(),
	}
}

// RejectQuarantined puts a mail away unanswered.
func (a *Admin) RejectQuarantined(ctx context.Context, ref string) (*Held, error) {
	var held *Held
	err := a.find(ctx, ref, func(f *inbox.Folder, h *Held) error {
		held = h
		_, settings, err := a.inbox(h.inbox)
		if err != nil {
			return err
		}
		if err := a.store.Reject(ctx, h.mail.Digest, h.MessageID, a.by, a.now()); err != nil {
			return err
		}
		return f.Move(ctx, h.uid, settings.Processed)
	})
	return held, err
}

// HeldList prints a list of held mails in lines of at most 80 characters.
func HeldList(held []Held) string {
	p := &page{}
	for _, h := range held {
		p.line("", "%-14s %s  %s", h.Ref, stamp(h.Received), h.Cause)
		p.line("    ", "from %s: %s", h.author(), cmp.Or(clip(h.Subject, 100), "(no subject)"))
		p.line("    ", "%s", h.Meaning)
		p.line("    To do: ", "%s", h.Remedy)
	}
	if len(held) == 0 {
		p.line("", "nothing is held")
	}
	return p.String()
}

// author is who a mail claims to be from, as far as it was read.
func (h *Held) author() string {
	switch {
	case h.From != "":
		return clip(h.From, 60) + " (as claimed)"
	case h.mail.Unreadable != "":
		return "somebody: it was not read"
	}
	return "nobody"
}

// String shows one held mail.
func (h *Held) String() string {
	p := &page{}
	p.line("", "%s: %s", h.Ref, h.Cause)
	p.line("  ", "%s", h.Meaning)
	if h.Detail != "" {
		p.line("  ", "the ledger says: %s", h.Detail)
	}
	p.line("  To do: ", "%s", h.Remedy)
	p.blank()
	p.line("From:       ", "%s", h.author())
	p.line("Subject:    ", "%s", h.Subject)
	p.line("Message-ID: ", "%s", h.MessageID)
	p.line("Received:   ", "%s UTC, %s", stamp(h.Received), plural(h.Size, "byte"))
	if len(h.Cases) > 0 {
		p.line("Cases:      ", "%s", strings.Join(h.Cases, " "))
	}
	if h.Text != "" {
		p.blank()
		for line := range strings.Lines(h.Text) {
			p.line("| ", "%s", line)
		}
	}
	return p.String()
}
