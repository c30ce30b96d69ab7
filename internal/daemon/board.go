package daemon

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/web"
)

// boardLength is how many escalations the board lists.
const boardLength = 50

// board reads what the web page shows.
func (d *Daemon) board(ctx context.Context) (web.Board, error) {
	counts, err := d.store.Counts(ctx)
	if err != nil {
		return web.Board{}, err
	}
	agenda, err := d.store.Agenda(ctx, d.now().AddDate(100, 0, 0), boardLength)
	if err != nil {
		return web.Board{}, err
	}
	numbers := agenda.Due
	for _, number := range agenda.Active { // those without a next step come last
		if len(numbers) < boardLength && !slices.Contains(numbers, number) {
			numbers = append(numbers, number)
		}
	}
	b := web.Board{At: d.now().UTC(), Tasks: tasks(counts), Groups: countGroups(counts), More: counts.Active}
	if len(numbers) == 0 {
		return b, nil
	}
	files, err := d.store.Escalations(ctx, numbers...)
	if err != nil {
		return web.Board{}, err
	}
	sortByWake(files)
	for _, f := range files {
		if f.Escalation != nil && f.Escalation.Status.Active() {
			b.Escalations = append(b.Escalations, d.boardLine(f.Escalation))
		}
	}
	b.More = max(counts.Active-int64(len(b.Escalations)), 0)
	return b, nil
}

// boardLine is an escalation in words. It names nobody.
func (d *Daemon) boardLine(e *escalation.Escalation) web.Escalation {
	story := Story{levels: d.desk.Policy.Ladder}
	line := web.Escalation{
		Case: e.Case, Late: e.Missed,
		About: fmt.Sprintf("severity %d, %s, %s", e.Severity, cmp.Or(d.desk.Policy.Regions[e.Region].Name, e.Region, "no region"), story.level(e.Level)),
	}
	switch e.Status {
	case escalation.Acknowledged:
		line.State = "taken"
	case escalation.Parked:
		line.State = "parked, opens by itself"
	default:
		line.State = "nobody has taken it"
	}
	if e.Missed {
		line.State += "; the promise is missed"
	}
	if wake := e.Wake(); !wake.IsZero() {
		line.Next = "next step " + wake.UTC().Format("Mon 2 Jan, 15:04 MST")
	}
	return line
}

// tasks are what needs an operator, with the command that tells more.
func tasks(c redisstore.Counts) []web.Task {
	var list []web.Task
	add := func(n int64, what, command string) {
		if n != 0 {
			list = append(list, web.Task{What: what, Command: "escalationd " + command + " --config FILE"})
		}
	}
	held := c.Mails[escalation.Quarantined] - c.Acts["released"] - c.Acts["rejected"]
	add(max(held, 0), "Held in quarantine, unanswered: "+plural(held, "mail"), "quarantine list")
	add(c.Parked, "Parked, and sent to nobody: "+plural(c.Parked, "letter"), "outbox list")
	add(c.Gap(), "The books of mails are off by "+fmt.Sprint(c.Gap())+". If that stays so for a minute, look", "verify")
	add(c.LetterGap(), "The books of letters are off by "+fmt.Sprint(c.LetterGap())+". If that stays so for a minute, look", "verify")
	return list
}

// countGroups puts the counts into words and order. What has not happened is
// left out, but for what people look for.
func countGroups(c redisstore.Counts) []web.Group {
	mails := web.Group{Title: "Mails", Rows: []web.Row{{Label: "Seen", N: c.Seen}}}
	for _, d := range escalation.Dispositions() {
		if n := c.Mails[d]; n > 0 {
			mails.Rows = append(mails.Rows, web.Row{Label: escalation.Sentence(string(d)), N: n})
		}
	}
	mails.Rows = append(mails.Rows, web.Row{Label: "Not decided yet", N: c.Pending})
	letters := web.Group{Title: "Letters", Rows: []web.Row{
		{Label: "Written", N: c.Notices["notices"]}, {Label: "Sent", N: c.Notices["sent"]},
		{Label: "Waiting", N: c.Waiting}, {Label: "Parked", N: c.Parked},
	}}
	for _, row := range []web.Row{
		{Label: "Taken back, their point was lost", N: c.Notices["revoked"]},
		{Label: "Discarded by an operator", N: c.Notices["discarded"]},
		{Label: "Parked too long, forgotten", N: c.Notices["lapsed"]},
		{Label: "Held back by a limit, not written", N: c.Notices["suppressed"]},
	} {
		if row.N > 0 {
			letters.Rows = append(letters.Rows, row)
		}
	}
	hand := web.Group{Title: "Mails decided by hand"}
	for _, row := range []web.Row{
		{Label: "Back to the inbox", N: c.Acts["released"]}, {Label: "Put away", N: c.Acts["rejected"]}, {Label: "Written off", N: c.Acts["gone"]},
	} {
		if row.N > 0 {
			hand.Rows = append(hand.Rows, row)
		}
	}
	if len(hand.Rows) == 0 {
		return []web.Group{mails, letters}
	}
	return []web.Group{mails, letters, hand}
}
