package daemon

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/mailparse"
)

// Escalations lists those that go on, the next due first.
func (a *Admin) Escalations(ctx context.Context) ([]escalation.CaseFile, error) {
	files, err := a.store.Escalations(ctx)
	if err != nil {
		return nil, err
	}
	sortByWake(files)
	return files, nil
}

// sortByWake puts the next due first, and what waits for nothing last.
func sortByWake(files []escalation.CaseFile) {
	slices.SortFunc(files, func(x, y escalation.CaseFile) int {
		a, b := x.Escalation.Wake(), y.Escalation.Wake()
		if a.IsZero() != b.IsZero() {
			return b.Compare(a)
		}
		return a.Compare(b)
	})
}

// EscalationList prints escalations in lines of at most 80 characters.
func (a *Admin) EscalationList(files []escalation.CaseFile) string {
	p := &page{}
	story := Story{levels: a.policy.Ladder}
	for _, f := range files {
		e := f.Escalation
		p.line("", "%s  %s, %s, severity %d, region %s", e.Case, strings.ToUpper(string(e.Status)), story.level(e.Level), e.Severity, e.Region)
		text := "since " + stamp(e.ReceivedAt)
		if e.Status == escalation.Acknowledged {
			text += ", taken by " + e.TakenBy
		}
		if e.Missed {
			text += ", PROMISE MISSED"
		} else if !e.RespondBy.IsZero() {
			text += ", promised by " + stamp(e.RespondBy)
		}
		if wake := e.Wake(); !wake.IsZero() {
			text += ", next step " + stamp(wake)
		}
		p.line("    ", "%s", text)
		if f.Account.Name != "" || e.Form.NextStep != "" {
			p.line("    ", "%s: %s", f.Account.Name, clip(e.Form.NextStep, 130))
		}
	}
	if len(files) == 0 {
		p.line("", "no escalation goes on")
	}
	return p.String()
}

// Operate takes or resolves an escalation by hand. A leader need not be named
// where only one knows of it. It is an *OperatorError if that cannot be done.
func (a *Admin) Operate(ctx context.Context, verb mailparse.Verb, number, leader, text string) error {
	tidy, ok := a.policy.CaseKey(number)
	if !ok {
		return refuse("%q is no case number (policy.case_number)", number)
	}
	secret, err := DeskSecret(a.config)
	if err != nil {
		return err
	}
	desk := &escalation.Desk{Policy: a.policy, Store: a.store, Secret: secret, Now: a.now, Log: slog.New(slog.DiscardHandler)}
	if verb == mailparse.Ack && leader == "" {
		if leader, err = a.onlyLeader(ctx, tidy); err != nil {
			return err
		}
	}
	why, err := desk.Operate(ctx, escalation.Operation{Case: tidy, Verb: verb, Leader: leader, Operator: a.by, Text: text})
	if err == nil && why != "" {
		err = refuse("case %s: %s", tidy, why)
	}
	return err
}

// onlyLeader is the one leader of the highest level told, if there is but one.
func (a *Admin) onlyLeader(ctx context.Context, number string) (string, error) {
	files, err := a.store.Escalations(ctx, number)
	if err != nil || len(files) == 0 {
		return "", err
	}
	e := files[0].Escalation
	var highest []string
	for _, t := range e.Told {
		if t.Level == e.Level {
			highest = append(highest, t.To)
		}
	}
	if len(highest) != 1 {
		return "", refuse("case %s: say which leader has it with --for; these know: %s", number, strings.Join(highest, ", "))
	}
	return highest[0], nil
}

// Forget removes a person's data; see redisstore.Store.Forget.
func (a *Admin) Forget(ctx context.Context, addr string, force bool) (redisstore.Forgotten, error) {
	if at := strings.LastIndexByte(addr, '@'); at < 1 || at == len(addr)-1 || strings.ContainsAny(addr, " <>\t\r\n") {
		return redisstore.Forgotten{}, refuse("this is no address; name it as local@domain, without brackets")
	}
	done, err := a.store.Forget(ctx, addr, force, a.by, a.now())
	if err == nil && len(done.Active) > 0 && !force {
		be, them, goes := "is", "it", "it then goes"
		if len(done.Active) > 1 {
			be, them, goes = "are", "them", "they then go"
		}
		err = refuse("%s %s still under way with this person: %s. Nothing was removed. Resolve %s first, or say --force: "+
			"%s on without the person's words, and the customer hears no more of it",
			plural(len(done.Active), "escalation"), be, strings.Join(done.Active, ", "), them, goes)
	}
	return done, err
}

// ForgottenText says what Forget has done.
func ForgottenText(f redisstore.Forgotten) string {
	p := &page{}
	if f.Escalations+f.Letters+f.Lines == 0 {
		p.line("", "the desk keeps nothing of this person")
	} else {
		p.line("", "removed from %s, %s and %s of the journal", plural(f.Escalations, "escalation"), plural(f.Letters, "letter"), plural(f.Lines, "line"))
	}
	for _, key := range f.Elsewhere {
		p.line("note: ", "the case data still name the person, in the key %s; remove the address in the CRM and feed it again", key)
	}
	p.line("note: ", "mails stay in the mail server's folders, and in its backups; delete them there")
	return p.String()
}

// retain removes, once an hour, what is older than policy.retention.
func (d *Daemon) retain(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := d.store.Trim(ctx, d.now()); err != nil && ctx.Err() == nil {
			d.log.Warn("what is older than policy.retention is not removed yet", "error", err)
		}
		pause(ctx, time.Hour)
	}
	return nil
}
