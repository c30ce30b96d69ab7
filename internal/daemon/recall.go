package daemon

import (
	"context"
	"errors"
	"fmt"

	"escalationd/escalation"
	"escalationd/internal/inbox"
)

// recallTries is how often the mails of an inbox are looked through before it
// is served all the same.
const recallTries = 5

// recall has mails taken up again that were handled before Redis lost what it
// knew of them: once for each ledger that a person has accepted, before the
// inbox is served. They lie under Processed without a record, and are no older
// than policy.backlog. What is found is moved back to the mailbox, where it is
// a mail like any other.
func (d *Daemon) recall(ctx context.Context, i int) error {
	ledger, err := d.store.Ledger(ctx)
	if err != nil || !ledger.Accepted {
		return err
	}
	name := d.config.Inboxes[i].Name
	done, err := d.store.Recalled(ctx, name)
	if err != nil || done == ledger.Generation {
		return err
	}
	since := ledger.MadeAt.Add(-d.config.Policy.Backlog)
	for try := 1; ctx.Err() == nil; try++ {
		n, err := d.inboxes[i].Recall(ctx, since, d.unrecorded)
		if err == nil {
			d.log.Info("mails without a record are back in the inbox", "inbox", name, "count", n, "since", since)
			return d.store.SetRecalled(ctx, name, ledger.Generation)
		}
		d.log.Error("mails without a record are not all back in the inbox", "inbox", name, "try", try, "error", err)
		if try == recallTries {
			return nil // the next lead tries again
		}
		pause(ctx, leadAsked)
	}
	return ctx.Err()
}

// unrecorded says of each mail whether the ledger knows nothing of it.
func (d *Daemon) unrecorded(ctx context.Context, mails []inbox.Mail) ([]bool, error) {
	queries := make([]escalation.Query, len(mails))
	for i, m := range mails {
		read := d.desk.Read(m.Raw, m.Inbox)
		if read.Unreadable == "" {
			queries[i].Event = read.Event()
		}
	}
	states, err := d.store.Load(ctx, queries)
	if err != nil {
		return nil, err
	}
	unknown := make([]bool, len(mails))
	var wrong error
	for i, s := range states {
		wrong = errors.Join(wrong, s.Err)
		unknown[i] = queries[i].Event != "" && s.Known == nil
	}
	if wrong != nil {
		return nil, fmt.Errorf("look for records: %w", wrong)
	}
	return unknown, nil
}
