package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"escalationd/escalation"
	"escalationd/internal/inbox"
	"escalationd/notify"
)

// raise puts an alarm on the list of what ops are told next.
func (d *Daemon) raise(ctx context.Context, a escalation.Alarm) {
	c := escalation.Change{Event: fmt.Sprintf("alarm-raised:%s:%s:%d", a.What, a.Ref, a.At.UnixNano()), At: a.At, Alarms: []escalation.Alarm{a}}
	if _, err := d.store.Apply(ctx, []escalation.Change{c}); err != nil {
		d.log.Error("alarm not raised", "alarm", a.What, "error", err)
	}
}

// loginRefused alarms ops that a mailbox refuses us. At the start the daemon
// ends with the same words instead.
func (d *Daemon) loginRefused(name string) func(error) {
	return func(refusal error) {
		if d.opened.Load() == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		d.raise(ctx, escalation.Alarm{At: d.now(), What: "inbox", Ref: name,
			Detail: "The mailbox refuses our login, and its mails wait: " + refusal.Error() +
				". Put the right password or token in its file; it is read at each login."})
	}
}

// inboxPatience is how long an inbox may be out of reach, or decided mails not
// leave it, before ops hear: a server that is started anew is back by then.
const inboxPatience = 2 * time.Minute

// watchInboxes alarms ops, once each time, of an inbox that stays in trouble.
func (d *Daemon) watchInboxes(ctx context.Context) error {
	troubles := make([]trouble, len(d.inboxes))
	for ctx.Err() == nil {
		for i, box := range d.inboxes {
			err := box.Status().Err
			var setup *inbox.SetupError
			if d.standby[i].Load() || errors.As(err, &setup) && setup.Login { // of a login ops have heard
				err = nil
			}
			name := d.config.Inboxes[i].Name
			if troubles[i].lasts(err, d.now()) {
				d.raise(ctx, escalation.Alarm{At: d.now(), What: "inbox", Ref: name, Detail: fmt.Sprintf(
					"The inbox %s has been in trouble for some minutes: %v. No mail is lost: what is not decided yet waits.", name, err)})
			}
		}
		pause(ctx, d.tick)
	}
	return nil
}

// trouble is one that may pass by itself.
type trouble struct {
	since time.Time // zero: none
	until time.Time // it was seen last
	told  bool
}

// troubleGap is how long things must be well for a trouble to be over: a server
// may say that it has moved mails, which only the next poll finds untrue.
const troubleGap = time.Minute

// lasts takes how things are, and reports once that they have been in trouble
// for too long.
func (t *trouble) lasts(err error, now time.Time) bool {
	if err == nil {
		if now.Sub(t.until) >= troubleGap {
			*t = trouble{}
		}
		return false
	}
	if t.until = now; t.since.IsZero() {
		t.since = now
	}
	due := !t.told && now.Sub(t.since) >= inboxPatience
	t.told = t.told || due
	return due
}

func (d *Daemon) sendNow(ctx context.Context, n escalation.Notice) error {
	from := d.config.SMTP.From
	words, err := d.courier.Templates.Render(n, from)
	if err != nil {
		return err
	}
	raw, err := notify.Compose(words, n, from, d.now())
	if err != nil {
		return err
	}
	envelope, err := notify.EnvelopeOf(n, from)
	if err != nil {
		return err
	}
	return d.relay.Send(ctx, envelope, raw, ctx.Err)
}
