package redisstore

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/mailparse"
)

//go:embed strip.lua
var stripLua string

//go:embed moveline.lua
var moveLineLua string

var (
	stripScript    = redis.NewScript(stripLua)
	moveLineScript = redis.NewScript(moveLineLua)
)

// Forgotten is what Forget has done.
type Forgotten struct {
	Escalations int      `json:"escalations"`
	Letters     int      `json:"letters"`
	Lines       int      `json:"journal_lines"`
	Active      []string `json:"active,omitempty"`    // cases whose escalation goes on; without force nothing was done
	Elsewhere   []string `json:"elsewhere,omitempty"` // the CRM's keys that still name the person
}

// forgottenMark stands where an address was, inside other text.
const forgottenMark = "[forgotten]"

// Forget removes a person's address, name and words from escalations, letters,
// drafts and the journal. Where one of the escalations goes on nothing is
// done, unless force is set. What the CRM wrote is left alone. Letters with
// the person's data that have not been sent yet are ended.
func (s *Store) Forget(ctx context.Context, addr string, force bool, by string, now time.Time) (Forgotten, error) {
	f := &forgetter{Store: s, addr: addr, by: by, now: now, words: map[string]bool{}}
	keys, err := s.scan(ctx, s.key("escalation", "*"))
	if err != nil {
		return f.done, fmt.Errorf("list escalations (SCAN): %w", err)
	}
	concerned, err := f.concerned(ctx, keys)
	if err != nil || len(f.done.Active) > 0 && !force {
		return f.done, err
	}
	for _, key := range concerned {
		if _, err := s.rewrite(ctx, key, f.escalation); err != nil {
			return f.done, err
		}
		f.done.Escalations++
	}
	for _, step := range []func(context.Context) error{f.letters, f.journal, f.elsewhere} {
		if err := step(ctx); err != nil {
			return f.done, err
		}
	}
	if err := s.rdb.HDel(ctx, s.key("held"), hash(addr)).Err(); err != nil {
		return f.done, fmt.Errorf("forget held letters (HDEL): %w", err)
	}
	return f.done, s.Noted(ctx, Line{At: now, Event: "forget", By: by, Reason: fmt.Sprintf(
		"a person's data were removed from %d escalations, %d letters and %d lines of the journal", f.done.Escalations, f.done.Letters, f.done.Lines)})
}

type forgetter struct {
	*Store
	addr string
	by   string
	now  time.Time
	done Forgotten

	words map[string]bool // cases whose escalation holds the person's words
}

// concerned lists the keys of the escalations that name the person, and notes
// those that go on.
func (f *forgetter) concerned(ctx context.Context, keys []string) ([]string, error) {
	var concerned []string
	for chunk := range slices.Chunk(keys, historyChunk) {
		escalations, damaged, err := f.escalations(ctx, chunk)
		if err != nil {
			return nil, fmt.Errorf("read escalations (HGET): %w", err)
		}
		for i, e := range escalations {
			if damaged[i] != nil {
				return nil, fmt.Errorf("read %s: %w", chunk[i], damaged[i])
			}
			if e == nil || !f.names(e) {
				continue
			}
			concerned = append(concerned, chunk[i])
			f.words[e.Case] = f.wrote(e)
			if e.Status.Active() {
				f.done.Active = append(f.done.Active, e.Case)
			}
		}
	}
	return concerned, nil
}

// names reports whether anything in a value names the person.
func (f *forgetter) names(v any) bool {
	data, err := json.Marshal(v)
	if err != nil {
		return false
	}
	clean, err := f.clean(data)
	return err == nil && !bytes.Equal(data, clean)
}

func (f *forgetter) is(addr string) bool { return addr != "" && escalation.SameAddress(addr, f.addr) }

// escalation takes the person out of an escalation.
func (f *forgetter) escalation(e *escalation.Escalation) bool {
	if f.is(e.RequestedBy) {
		e.RequestedBy, e.Thread = "", escalation.Thread{}
		e.Form = mailparse.Form{CaseNumber: e.Form.CaseNumber}
	}
	if f.names(e.Form.POCContact) || f.names(e.Form.Contacts) {
		e.Form.POC, e.Form.POCContact, e.Form.Contacts = "", "", nil
	}
	for i := range e.Timeline {
		line := &e.Timeline[i]
		if f.is(line.Who) {
			if line.What == "added" {
				e.Form.Comments = "" // these words stand in it, too
			}
			line.Who, line.Text = "", ""
		}
		f.unword(&line.Text)
	}
	f.unword(&e.Form.NextStep)
	f.unword(&e.Form.Comments)
	for _, who := range []*string{&e.TakenBy, &e.EndedBy, &e.RemindTo} {
		if f.is(*who) {
			*who = ""
		}
	}
	for i := range e.Earlier {
		if f.is(e.Earlier[i].EndedBy) {
			e.Earlier[i].EndedBy = ""
		}
	}
	e.Told = slices.DeleteFunc(e.Told, func(t escalation.Told) bool { return f.is(t.To) })
	e.Letters = slices.DeleteFunc(e.Letters, func(l escalation.Sent) bool { return f.names(l.Notice) })
	return f.cleanInto(e)
}

// unword drops a text that names the person: a name and a number may stand
// beside the address.
func (f *forgetter) unword(text *string) {
	if f.blank(*text) != *text {
		*text = forgottenMark
	}
}

// wrote reports whether an escalation holds words of the person's.
func (f *forgetter) wrote(e *escalation.Escalation) bool {
	return f.is(e.RequestedBy) || slices.ContainsFunc(e.Timeline, func(l escalation.Entry) bool { return l.What == "added" && f.is(l.Who) })
}

// cleanInto takes the address out of the rest of an escalation. It reports
// true: the escalation was found to name the person before.
func (f *forgetter) cleanInto(e *escalation.Escalation) bool {
	data, err := json.Marshal(e)
	if err == nil {
		data, err = f.clean(data)
	}
	var clean escalation.Escalation
	if err == nil && json.Unmarshal(data, &clean) == nil {
		*e = clean
	}
	return true
}

// letters takes the person out of all letters.
func (f *forgetter) letters(ctx context.Context) error {
	keys, err := f.scan(ctx, f.key("notice", "*"))
	if err != nil {
		return fmt.Errorf("list letters (SCAN): %w", err)
	}
	for chunk := range slices.Chunk(keys, historyChunk) {
		cmds := make([]*redis.SliceCmd, len(chunk))
		_, err := f.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, k := range chunk {
				cmds[i] = p.HMGet(ctx, k, "data", "letter")
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read letters (HMGET): %w", err)
		}
		for i, k := range chunk {
			data, _ := cmds[i].Val()[0].(string)
			words, _ := cmds[i].Val()[1].(string)
			if data == "" {
				continue
			}
			if err := f.letter(ctx, k, data, words); err != nil {
				return fmt.Errorf("forget in %s: %w", k, err)
			}
		}
	}
	return nil
}

func (f *forgetter) letter(ctx context.Context, key, data, words string) error {
	var n escalation.Notice
	if err := json.Unmarshal([]byte(data), &n); err != nil {
		return err
	}
	id := n.ID
	if f.names(&n) {
		n.Thread, n.Draft = escalation.Thread{}, nil
	}
	if f.is(n.To) {
		n.To = ""
	}
	clean, err := json.Marshal(&n)
	if err != nil {
		return err
	}
	if clean, err = f.clean(clean); err != nil {
		return err
	}
	inWords, err := f.clean([]byte(words))
	if err != nil {
		return err
	}
	strip := "0"
	if n.To == "" || words != string(inWords) || f.told(&n, words) {
		strip = "1"
	}
	if strip == "0" && data == string(clean) {
		return nil
	}
	done, err := stripScript.Run(ctx, f.rdb, []string{key, f.key("outbox"), f.key("parked"), f.key("counts")},
		id, data, clean, f.retention.Milliseconds(), strip).Int()
	f.done.Letters += done
	return err
}

// told reports whether a letter that is still to be sent tells the person's
// words without the address: one on the case, or a digest with a line on it.
func (f *forgetter) told(n *escalation.Notice, words string) bool {
	if words == "" || n.Kind != escalation.KindDigest {
		return words != "" && f.words[n.Case]
	}
	var l escalation.Letter
	if json.Unmarshal([]byte(words), &l) != nil || l.Digest == nil {
		return true
	}
	d := l.Digest
	return slices.ContainsFunc(slices.Concat(d.Waiting, d.Overdue, d.New, d.Taken, d.Ended), func(l escalation.DigestLine) bool { return f.words[l.Case] })
}

// journal puts copies without the person in the place of lines. They stand at
// the journal's end and keep their time.
func (f *forgetter) journal(ctx context.Context) error {
	return f.entries(ctx, func(entries []redis.XMessage) error {
		for _, e := range entries {
			values, found := f.line(e.Values)
			if !found {
				continue
			}
			args := append([]any{e.ID}, values...)
			if err := moveLineScript.Run(ctx, f.rdb, []string{f.key("journal")}, args...).Err(); err != nil {
				return fmt.Errorf("rewrite a line of the journal (EVALSHA): %w", err)
			}
			f.done.Lines++
		}
		return nil
	})
}

// line takes the person out of a line of the journal.
func (f *forgetter) line(fields map[string]any) (values []any, found bool) {
	for name, v := range fields {
		text, _ := v.(string)
		clean := f.blank(text)
		found = found || clean != text
		values = append(values, name, clean)
	}
	return values, found
}

// elsewhere lists the CRM's keys that name the person.
func (f *forgetter) elsewhere(ctx context.Context) error {
	directory, err := f.readDirectory(ctx)
	if err != nil {
		return fmt.Errorf("read representatives (SCAN, SMEMBERS): %w", err)
	}
	for id, reps := range directory {
		if slices.ContainsFunc(reps, f.is) {
			f.done.Elsewhere = append(f.done.Elsewhere, f.repsKey(id))
		}
	}
	keys, err := f.scan(ctx, f.caseKey("*"))
	if err != nil {
		return fmt.Errorf("list cases (SCAN): %w", err)
	}
	for chunk := range slices.Chunk(keys, historyChunk) {
		owners := make([]*redis.StringCmd, len(chunk))
		_, err := f.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, k := range chunk {
				owners[i] = p.HGet(ctx, k, "owner_email")
			}
			return nil
		})
		if err != nil && !errors.Is(err, redis.Nil) {
			return fmt.Errorf("read case owners (HGET): %w", err)
		}
		for i, k := range chunk {
			if f.is(owners[i].Val()) {
				f.done.Elsewhere = append(f.done.Elsewhere, k)
			}
		}
	}
	slices.Sort(f.done.Elsewhere)
	return nil
}
