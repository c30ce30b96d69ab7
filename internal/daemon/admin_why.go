package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/mailparse"
)

// Story is what happened to a case or a mail, and why.
type Story struct {
	About      string                 `json:"about"` // a case number or a Message-ID
	Escalation *escalation.Escalation `json:"escalation,omitempty"`
	Case       *escalation.Case       `json:"case,omitempty"` // as the CRM last told it
	Events     []StoryEvent           `json:"events"`         // oldest first

	levels []escalation.Level
}

// StoryEvent is one event: what came, what was decided and why, what it did
// to the escalation, and the letters it made.
type StoryEvent struct {
	redisstore.Line
	Timeline []escalation.Entry `json:"timeline,omitempty"`
	Letters  []StoryLetter      `json:"letters,omitempty"`
}

// StoryLetter is a letter with its fate.
type StoryLetter struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind,omitempty"`
	To        string    `json:"to,omitempty"`
	Level     int       `json:"level,omitempty"`
	State     string    `json:"state"` // "forgotten" where Redis keeps it no longer
	Attempts  int       `json:"attempts,omitempty"`
	Ambiguous int       `json:"ambiguous,omitempty"`
	At        time.Time `json:"at,omitzero"` // when the last attempt ended
	Next      time.Time `json:"next,omitzero"`
	Relay     string    `json:"relay,omitempty"` // what the relay said
}

// Why tells the story of a case, or of a mail by its Message-ID: a customer's,
// a leader's, or one of the desk's own. It is an *OperatorError if nothing is
// known of it.
func (a *Admin) Why(ctx context.Context, about string) (*Story, error) {
	about = strings.ReplaceAll(strings.Trim(strings.TrimSpace(about), "<>"), "[.]", ".") // as alarms show it
	s := &Story{About: about, levels: a.policy.Ladder}
	number, ok := a.policy.CaseKey(about)
	if ok && !strings.Contains(about, "@") {
		return a.whyCase(ctx, s, number)
	}
	own := escalation.NoticeIDs(mailparse.Message{InReplyTo: []string{about}})
	return s, a.tell(ctx, s, func(l *redisstore.Line) bool {
		return l.MessageID != "" && strings.Trim(l.MessageID, "<>") == about ||
			len(own) > 0 && slices.Contains(slices.Concat(l.Notices, l.Suppressed, l.Revoked), own[0])
	})
}

func (a *Admin) whyCase(ctx context.Context, s *Story, number string) (*Story, error) {
	s.About = number
	states, err := a.store.Load(ctx, []escalation.Query{{Cases: []string{number}}})
	if err != nil {
		return nil, err
	}
	if states[0].Err != nil {
		return nil, states[0].Err
	}
	if file, ok := states[0].Cases[number]; ok {
		s.Escalation = file.Escalation
		if !file.Missing {
			s.Case = &file.Case
		}
	}
	err = a.tell(ctx, s, func(l *redisstore.Line) bool { return slices.Contains(l.Cases, number) })
	var nothing *OperatorError
	if s.Case != nil && errors.As(err, &nothing) {
		return s, nil // at least the CRM knows it
	}
	return s, err
}

// tell gathers the lines of the journal that belong to a story, with their
// letters and what the timeline says of them.
func (a *Admin) tell(ctx context.Context, s *Story, belongs func(*redisstore.Line) bool) error {
	err := a.store.Journal(ctx, func(lines []redisstore.Line) error {
		for i := range lines {
			if belongs(&lines[i]) {
				s.Events = append(s.Events, StoryEvent{Line: lines[i]})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range s.Events {
		if err := a.addLetters(ctx, &s.Events[i]); err != nil {
			return err
		}
	}
	if s.Escalation != nil {
		s.addTimeline(s.Escalation.Timeline)
	}
	slices.SortStableFunc(s.Events, func(a, b StoryEvent) int { return a.At.Compare(b.At) })
	if len(s.Events) == 0 {
		return refuse("nothing is known of %s: it was never decided, or longer ago than policy.retention; see whether it lies in an inbox", s.About)
	}
	return nil
}

func (a *Admin) addLetters(ctx context.Context, e *StoryEvent) error {
	ids := slices.Concat(e.Notices, e.Suppressed, e.Revoked)
	letters, err := a.store.Letters(ctx, ids)
	if err != nil {
		return err
	}
	found := map[string]redisstore.Posted{}
	for _, l := range letters {
		found[l.Notice.ID] = l
	}
	for _, id := range ids {
		letter := StoryLetter{ID: id, State: "forgotten"}
		if p, ok := found[id]; ok {
			letter = storyLetter(p)
		}
		e.Letters = append(e.Letters, letter)
	}
	return nil
}

func storyLetter(p redisstore.Posted) StoryLetter {
	l := StoryLetter{
		ID: p.Notice.ID, Kind: string(p.Notice.Kind), To: p.Notice.To, Level: p.Notice.Level, State: p.State,
		Attempts: p.Attempts, Ambiguous: p.Ambiguous, At: p.SettledAt, Relay: p.Detail,
	}
	if p.State == "queued" {
		l.Next = p.NextAt
	}
	return l
}

// addTimeline puts each entry to the event that made it, or makes it an event
// of its own where the journal no longer has that.
func (s *Story) addTimeline(timeline []escalation.Entry) {
	for _, entry := range timeline {
		i := slices.IndexFunc(s.Events, func(e StoryEvent) bool { return e.At.Equal(entry.At) && !e.byOperator() })
		if i < 0 {
			s.Events = append(s.Events, StoryEvent{Line: redisstore.Line{At: entry.At, Event: "timeline"}})
			i = len(s.Events) - 1
		}
		s.Events[i].Timeline = append(s.Events[i].Timeline, entry)
	}
}

func (e *StoryEvent) byOperator() bool { return e.By != "" }

// String is the story in plain lines of at most 80 characters.
func (s *Story) String() string {
	p := &page{}
	s.head(p)
	for i := range s.Events {
		p.blank()
		s.Events[i].print(p)
	}
	return p.String()
}

func (s *Story) head(p *page) {
	switch e := s.Escalation; {
	case e != nil:
		p.line("", "Case %s: %s, %s, severity %d, region %s", e.Case, e.Status, s.level(e.Level), e.Severity, cmp.Or(e.Region, "unknown"))
		p.line("  ", "asked for by %s", cmp.Or(e.RequestedBy, "somebody whose data were removed"))
		if e.Form.NextStep != "" {
			p.line("  ", "wanted: %s", clip(e.Form.NextStep, 200))
		}
		if !e.RespondBy.IsZero() {
			kept := map[bool]string{true: " (missed)"}[e.Missed]
			p.line("  ", "promised by %s%s", stamp(e.RespondBy), kept)
		}
		if e.TakenBy != "" {
			p.line("  ", "taken by %s at %s", e.TakenBy, stamp(e.TakenAt))
		}
		if wake := e.Wake(); !wake.IsZero() {
			p.line("  ", "the desk looks at it again at %s", stamp(wake))
		}
	case s.Case != nil:
		p.line("", "Case %s: never escalated, or longer ago than policy.retention", s.About)
	default:
		p.line("", "Mail <%s>", s.About)
	}
	if c := s.Case; c != nil {
		p.line("  ", "the CRM says: %s, severity %d, %s", c.Status, c.Severity, crmTimes(c))
	} else if s.Escalation != nil {
		p.line("  ", "the CRM no longer has this case")
	}
	p.line("  ", "all times are UTC")
}

// crmTimes says when a case was opened, and last answered by its owner.
func crmTimes(c *escalation.Case) string {
	text := "opened at a time it does not tell"
	if !c.OpenedAt.IsZero() {
		text = "opened " + stamp(c.OpenedAt)
	}
	if !c.OwnerRespondedAt.IsZero() {
		text += ", its owner answered " + stamp(c.OwnerRespondedAt)
	}
	return text
}

func (s *Story) level(n int) string {
	if n < 1 || n > len(s.levels) {
		return fmt.Sprintf("level %d", n)
	}
	return fmt.Sprintf("level %d (%s)", n, s.levels[n-1].Name)
}

const storyIndent = "                     "

func (e *StoryEvent) print(p *page) {
	p.line(stamp(e.At)+"  ", "%s", e.title())
	if e.Disposition != "" && e.Location != "" {
		p.line(storyIndent, "it lay at %s", e.Location)
	}
	for _, t := range e.Timeline {
		text := t.What
		if t.Who != "" {
			text += " by " + t.Who
		}
		if t.Text != "" {
			text += ": " + clip(t.Text, 300)
		}
		p.line(storyIndent+"* ", "%s", text)
	}
	for _, l := range e.Letters {
		p.line(storyIndent+"> ", "%s", l.sentence(e))
	}
}

// title says what the event was.
func (e *StoryEvent) title() string {
	kind, rest, _ := strings.Cut(e.Event, ":")
	why := ""
	if e.Reason != "" {
		why = ": " + e.Reason
	}
	if e.Disposition != "" {
		mail := "a mail without Message-ID"
		if e.MessageID != "" {
			mail = "mail <" + strings.Trim(e.MessageID, "<>") + ">"
		}
		was := string(e.Disposition)
		if e.Disposition == escalation.Commanded || e.Disposition == escalation.Duplicate {
			was = "a " + was // the others are participles
		}
		return fmt.Sprintf("%s was %s%s", mail, was, why)
	}
	what, known := map[string]string{
		"ladder": "the clock, or the CRM, moved the escalation", "undelivered": "a letter could not be delivered",
		"alarm": "operators were told", "alarm-raised": "an alarm was raised", "digest": "a digest was due", "stale": "case data were too old",
		"timeline": "the timeline says", "release": "released from Quarantine, to be judged again",
		"reject": "put away from Quarantine", "gone": "written off", "outbox-retry": "a parked letter is to be sent again",
		"outbox-discard": "a letter was discarded", "operator": "decided by hand",
	}[kind]
	if !known {
		what = cmp.Or(kind, rest)
	}
	if e.By != "" {
		what += " by " + e.By
	}
	return what + why
}

// sentence says what became of a letter.
func (l StoryLetter) sentence(e *StoryEvent) string {
	if l.State == "forgotten" {
		return "letter " + l.ID + ": no longer on record"
	}
	to := l.To
	if l.Level > 0 {
		to += fmt.Sprintf(" (level %d)", l.Level)
	}
	text := fmt.Sprintf("letter %q to %s: ", l.Kind, cmp.Or(to, "somebody whose data were removed"))
	if slices.Contains(e.Revoked, l.ID) && l.State != "revoked" {
		return text + "taken back, too late"
	}
	switch l.State {
	case "sent":
		text += "the relay took it at " + stamp(l.At)
	case "queued":
		text += "waits, next attempt at " + stamp(l.Next)
	case "buried":
		text += "PARKED at " + stamp(l.At) + "; retry or discard it by its number " + l.ID
	case "suppressed":
		text += "held back by a budget, never sent"
	case "revoked":
		text += "taken back before it was sent, it had lost its point"
	case "discarded":
		text += "discarded by an operator"
	default:
		text += l.State
	}
	if l.Attempts > 1 {
		text += fmt.Sprintf(", %d attempts", l.Attempts)
	}
	if l.Ambiguous > 0 {
		text += fmt.Sprintf(", %d without an answer: it may have arrived", l.Ambiguous)
	}
	if l.Relay != "" {
		text += "; the relay said: " + l.Relay
	}
	return text
}
