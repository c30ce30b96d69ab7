package daemon

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"escalationd/escalation/redisstore"
)

// Outgoing is a letter that waits or is parked.
type Outgoing struct {
	ID        string    `json:"id"`
	State     string    `json:"state"` // "waiting" or "parked"
	Kind      string    `json:"kind"`
	To        string    `json:"to"`
	Case      string    `json:"case,omitempty"`
	Level     int       `json:"level,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	Attempts  int       `json:"attempts"`
	Ambiguous int       `json:"ambiguous,omitempty"` // attempts without an answer: it may have arrived
	Next      time.Time `json:"next,omitzero"`       // attempt, of one that waits
	ParkedAt  time.Time `json:"parked_at,omitzero"`
	Relay     string    `json:"relay,omitempty"` // what the relay, or the program, said
}

// Outbox lists the letters that wait, the next first, and those that are
// parked, oldest first.
func (a *Admin) Outbox(ctx context.Context) ([]Outgoing, error) {
	waiting, parked, err := a.store.Queue(ctx)
	if err != nil {
		return nil, err
	}
	var out []Outgoing
	for _, list := range []struct {
		state string
		ids   []string
	}{{"parked", parked}, {"waiting", waiting}} {
		letters, err := a.store.Letters(ctx, list.ids)
		if err != nil {
			return nil, err
		}
		for _, l := range letters {
			out = append(out, outgoing(l, list.state))
		}
	}
	return out, nil
}

func outgoing(l redisstore.Posted, state string) Outgoing {
	o := Outgoing{
		ID: l.Notice.ID, State: state, Kind: string(l.Notice.Kind), To: l.Notice.To, Case: l.Notice.Case, Level: l.Notice.Level,
		CreatedAt: l.Notice.CreatedAt, Attempts: l.Attempts, Ambiguous: l.Ambiguous, Next: l.NextAt, Relay: l.Detail,
	}
	if state == "parked" {
		o.ParkedAt = l.SettledAt
	}
	return o
}

// DecideLetters retries or discards letters, named by their IDs or, for all
// that are parked, by "parked". It answers how many; a letter that does not
// allow it ends with an *OperatorError, and the others are done.
func (a *Admin) DecideLetters(ctx context.Context, verb string, ids []string) (int, error) {
	if len(ids) == 1 && ids[0] == "parked" {
		var err error
		if _, ids, err = a.store.Queue(ctx); err != nil {
			return 0, err
		}
	}
	done := 0
	var refused []string
	for _, id := range ids {
		why, err := a.decideLetter(ctx, verb, strings.ToLower(id))
		if err != nil {
			return done, err
		}
		if why == "" {
			done++
		} else {
			refused = append(refused, why)
		}
	}
	if len(refused) > 0 {
		return done, refuse("%s", strings.Join(refused, "\n"))
	}
	return done, nil
}

func (a *Admin) decideLetter(ctx context.Context, verb, id string) (string, error) {
	letters, err := a.store.Letters(ctx, []string{id})
	if err != nil {
		return "", err
	}
	if len(letters) == 0 {
		return fmt.Sprintf("there is no letter %s; outbox list names them", id), nil
	}
	answer, err := a.store.DecideLetter(ctx, verb, letters[0], a.by, a.now())
	switch {
	case err != nil:
		return "", err
	case answer == "done":
		return "", nil
	case answer == "blank":
		return fmt.Sprintf("the words of letter %s are gone, so it can only be discarded", id), nil
	case answer == "queued":
		return fmt.Sprintf("the letter %s waits for its next attempt; only parked ones are retried", id), nil
	}
	return fmt.Sprintf("the letter %s is %s already", id, answer), nil
}

// OutboxList prints letters in lines of at most 80 characters.
func OutboxList(letters []Outgoing) string {
	p := &page{}
	for _, l := range letters {
		p.line("", "%s  %s since %s", l.ID, strings.ToUpper(l.State), stamp(cmp.Or(l.ParkedAt, l.CreatedAt)))
		about := ""
		if l.Case != "" {
			about = " on case " + l.Case
		}
		p.line("    ", "%q%s to %s", l.Kind, about, cmp.Or(l.To, "somebody whose data were removed"))
		text := plural(l.Attempts, "attempt")
		if l.State == "waiting" {
			text += ", next at " + stamp(l.Next)
		}
		if l.Ambiguous > 0 {
			text += fmt.Sprintf(", %d without an answer: it may have arrived", l.Ambiguous)
		}
		if l.Relay != "" {
			text += "; last answer: " + l.Relay
		}
		p.line("    ", "%s", text)
	}
	if len(letters) == 0 {
		p.line("", "nothing waits, nothing is parked")
	}
	return p.String()
}
