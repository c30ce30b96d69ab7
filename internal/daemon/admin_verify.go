package daemon

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/inbox"
)

// Verification is the result of Verify.
type Verification struct {
	Seen       int64                            `json:"seen"` // mails ever looked at, each counted once
	Mails      map[escalation.Disposition]int64 `json:"mails"`
	Decided    int64                            `json:"decided"`
	Undecided  int64                            `json:"undecided"` // seen, and still in an inbox
	WrittenOff int64                            `json:"written_off"`
	New        int64                            `json:"new"` // in an inbox and not looked at yet
	Waiting    int64                            `json:"letters_waiting"`
	Parked     int64                            `json:"letters_parked"`
	Active     int64                            `json:"escalations_active"`
	Notes      []string                         `json:"notes"`
	Findings   []redisstore.Finding             `json:"findings"` // what does not add up
	Gone       []string                         `json:"gone"`     // locations of mails that left an inbox undecided
	Again      []string                         `json:"again"`    // of decided and moved mails that a daemon counted once more before it ended
}

// auditPause lies between two looks at a desk that may be at work.
const auditPause = 300 * time.Millisecond

// auditLooks is how often a finding must be found again to be believed.
const auditLooks = 3

// Verify holds the books against each other and against the folders: every
// mail ever seen is decided or still in its inbox, every accepted one has its
// letters, and every list says what the escalations and letters say. It
// changes nothing, and may be called while the daemon runs: a finding counts
// when it is there at several looks.
func (a *Admin) Verify(ctx context.Context) (*Verification, error) {
	v, err := a.look(ctx)
	for i := 1; err == nil && len(v.Findings) > 0 && i < auditLooks; i++ {
		pause(ctx, auditPause)
		before := v.Findings
		if v, err = a.look(ctx); err == nil {
			v.Findings = slices.DeleteFunc(v.Findings, func(f redisstore.Finding) bool {
				return !slices.ContainsFunc(before, func(b redisstore.Finding) bool { return b.Ref == f.Ref })
			})
		}
	}
	return v, err
}

func (a *Admin) look(ctx context.Context) (*Verification, error) {
	books, err := a.store.Audit(ctx, a.now())
	if err != nil {
		return nil, err
	}
	v := &Verification{
		Seen: books.Seen, Mails: books.Mails, Decided: books.Decided(), Undecided: books.Pending, WrittenOff: books.Acts["gone"],
		Waiting: books.Waiting, Parked: books.Parked, Active: books.Active, Findings: append([]redisstore.Finding{}, books.Findings...),
		Notes: []string{}, Gone: []string{}, Again: []string{},
	}
	if err := a.witnessed(ctx); err != nil {
		v.find("ledger", "%v", err)
	}
	undecided := map[string]bool{}
	for _, l := range books.Undecided {
		undecided[l] = true
	}
	filed := folderCounts{}
	for _, i := range a.config.Inboxes {
		err := a.lookInto(ctx, v, i.Name, undecided, books.Locations, &filed)
		if err != nil {
			v.find("inbox "+i.Name, "it is not reached, so it was not compared: %v", err)
		}
	}
	for l := range undecided {
		v.Notes = append(v.Notes, "The mail at "+l+" was seen in an inbox that is no longer configured.")
	}
	if len(v.Again) > 0 {
		v.Notes = append(v.Notes, plural(len(v.Again), "mail")+" stand among the undecided although decided and moved: "+
			"a daemon had counted them once more when it ended. Set that right with --write-off.")
	}
	filed.compare(v, books)
	slices.Sort(v.Notes)
	slices.SortFunc(v.Findings, func(a, b redisstore.Finding) int { return strings.Compare(a.Ref+a.Detail, b.Ref+b.Detail) })
	return v, nil
}

// witnessed holds the ledger against what the daemon on this host remembers of
// it, if there is one.
func (a *Admin) witnessed(ctx context.Context) error {
	w, err := readWitness(a.config)
	if err != nil {
		return err
	}
	l, err := a.store.Ledger(ctx)
	if err != nil {
		return err
	}
	return w.judge(l)
}

func (v *Verification) find(ref, format string, args ...any) {
	v.Findings = append(v.Findings, redisstore.Finding{Ref: ref, Detail: fmt.Sprintf(format, args...)})
}

// lookInto compares an inbox with the mails that are undecided; those it
// accounts for are taken off that list.
func (a *Admin) lookInto(
	ctx context.Context, v *Verification, name string, undecided map[string]bool,
	decided map[string]escalation.Disposition, filed *folderCounts,
) error {
	box, settings, err := a.inbox(name)
	if err != nil {
		return err
	}
	folder, err := box.OpenFolder(ctx, settings.URL.Mailbox())
	if err != nil {
		return err
	}
	defer folder.Close(ctx)
	uids, err := folder.List(ctx)
	if err != nil {
		return err
	}
	here := map[string]bool{}
	for _, uid := range uids {
		l := inbox.Mail{Inbox: name, UIDValidity: folder.UIDValidity(), UID: uid}.Location()
		here[l] = true
		if _, done := decided[l]; done {
			filed.onTheWay++
		} else if !undecided[l] {
			v.New++
		}
	}
	if err := a.missing(ctx, v, name, folder.UIDValidity(), here, undecided, decided); err != nil {
		return err
	}
	facts, err := box.Probe(ctx)
	filed.processed += int64(facts.Processed)
	filed.quarantined += int64(facts.Quarantined)
	return err
}

// missing finds the mails that are undecided and not in their inbox. A mail
// leaves it only after its decision is in Redis, so what is undecided after
// the inbox was listed, and not in that list, has gone another way.
func (a *Admin) missing(
	ctx context.Context, v *Verification, name string, validity uint32, here, undecided map[string]bool,
	decided map[string]escalation.Disposition,
) error {
	after, err := a.store.Undecided(ctx)
	if err != nil {
		return err
	}
	renewed := 0
	for _, l := range after {
		box, uidValidity := splitLocation(l)
		if box != name || !undecided[l] {
			continue
		}
		delete(undecided, l)
		switch {
		case here[l]:
		case decided[l] != "":
			v.Again = append(v.Again, l)
		case uidValidity != validity:
			renewed++
		default:
			v.Gone = append(v.Gone, l)
			v.find(l, "the mail was seen, never decided, and is no longer in the inbox: somebody has moved or deleted it, "+
				"or it is lost; look for it, then write it off: escalationd verify --write-off")
		}
	}
	for l := range undecided { // decided meanwhile
		if box, _ := splitLocation(l); box == name {
			delete(undecided, l)
		}
	}
	if renewed > 0 {
		v.Notes = append(v.Notes, fmt.Sprintf("%s of inbox %s were undecided when the mailbox got new UIDs (UIDVALIDITY); they are looked at again under the new ones.", plural(renewed, "mail"), name))
	}
	return nil
}

// splitLocation answers the inbox and the UIDVALIDITY of a location.
func splitLocation(l string) (box string, validity uint32) {
	parts := strings.Split(l, "|")
	if len(parts) < 3 {
		return l, 0
	}
	n, _ := strconv.ParseUint(parts[len(parts)-2], 10, 32)
	return strings.Join(parts[:len(parts)-2], "|"), uint32(n)
}

// folderCounts are the mails in the folders where mails are filed.
type folderCounts struct{ processed, quarantined, onTheWay int64 }

// compare holds the folders against the ledger. People may move mails there,
// so a difference is worth no more than a note.
func (f folderCounts) compare(v *Verification, b redisstore.Books) {
	quarantined := b.Mails[escalation.Quarantined] - b.Acts["released"] - b.Acts["rejected"]
	processed := b.Decided() - b.Mails[escalation.Quarantined] + b.Acts["rejected"]
	if f.onTheWay > 0 {
		v.Notes = append(v.Notes, "Decided and about to be moved out of the inboxes: "+plural(f.onTheWay, "mail")+".")
	}
	if got := f.processed + f.quarantined + f.onTheWay; got != processed+quarantined {
		v.Notes = append(v.Notes, fmt.Sprintf("The ledger has filed %s in Processed and %d in Quarantine; there are %d and %d. "+
			"People who move or delete mails there make such a difference.", plural(processed, "mail"), quarantined, f.processed, f.quarantined))
	}
}

// WriteOff takes mails off the books that have left an inbox undecided, and
// answers how many; those that were counted once more are set right.
func (a *Admin) WriteOff(ctx context.Context, v *Verification) (int, error) {
	if _, err := a.store.Uncount(ctx, v.Again, a.now()); err != nil {
		return 0, err
	}
	return a.store.WriteOff(ctx, v.Gone, a.by, a.now())
}

// OK reports whether all adds up.
func (v *Verification) OK() bool { return len(v.Findings) == 0 }

// String is the result in lines of at most 80 characters.
func (v *Verification) String() string {
	p := &page{}
	count := func(what string, n int64) { p.line(fmt.Sprintf("%-26s %8d", what, n), "") }
	count("mails seen", v.Seen)
	for _, d := range escalation.Dispositions() {
		if n := v.Mails[d]; n > 0 {
			count("  "+string(d), n)
		}
	}
	count("  undecided, in an inbox", v.Undecided)
	count("  written off", v.WrittenOff)
	count("mails not looked at yet", v.New)
	count("letters that wait", v.Waiting)
	count("letters parked", v.Parked)
	count("escalations that go on", v.Active)
	for _, n := range v.Notes {
		p.line("note: ", "%s", n)
	}
	for _, f := range v.Findings {
		p.line("DOES NOT ADD UP  ", "%s: %s", f.Ref, f.Detail)
	}
	if v.OK() {
		p.line("", "adds up: %s seen = %d decided + %d undecided + %d written off", plural(v.Seen, "mail"), v.Decided, v.Undecided, v.WrittenOff)
	}
	return p.String()
}
