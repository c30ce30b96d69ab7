package daemon

import (
	"context"
	"fmt"
	"time"

	"escalationd/escalation"
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
func (d *Daemon) loginRefused(inbox string) func(error) {
	return func(refusal error) {
		if d.opened.Load() == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		d.raise(ctx, escalation.Alarm{At: d.now(), What: "inbox", Ref: inbox,
			Detail: "The mailbox refuses our login, and its mails wait: " + refusal.Error() +
				". Put the right password or token in its file; it is read at each login."})
	}
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
