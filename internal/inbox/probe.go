package inbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// Facts is what Probe found.
type Facts struct {
	Mails        uint32 // in the mailbox
	Processed    uint32 // in the folder of processed mails
	Quarantined  uint32 // in the folder of quarantined mails
	UIDValidity  uint32
	Capabilities []string // after the login, sorted
}

// Probe connects, logs in, selects the mailbox and looks at the folders for
// processed and quarantined mails. It changes nothing. What a person must put
// right is a *SetupError.
func (b *Inbox) Probe(ctx context.Context) (Facts, error) {
	c, err := b.connect(ctx)
	if err != nil {
		return Facts{}, err
	}
	defer c.close()
	facts, err := c.folders(ctx)
	if err != nil {
		return Facts{}, err
	}
	for name := range c.caps {
		facts.Capabilities = append(facts.Capabilities, string(name))
	}
	slices.Sort(facts.Capabilities)
	c.logout(ctx)
	return facts, nil
}

// folders counts the mails in the folders where mails are filed.
func (c *conn) folders(ctx context.Context) (Facts, error) {
	facts := Facts{Mails: c.mails, UIDValidity: c.uidValidity}
	for folder, n := range map[string]*uint32{c.o.Processed: &facts.Processed, c.o.Quarantine: &facts.Quarantined} {
		err := c.do(ctx, "look at the folder "+folder, small, func() error {
			data, err := c.c.Status(folder, &imap.StatusOptions{NumMessages: true}).Wait()
			if err == nil && data.NumMessages == nil {
				return fmt.Errorf("the server does not count the mails in %q", folder)
			}
			if err == nil {
				*n = *data.NumMessages
			}
			return err
		})
		if err != nil {
			return facts, c.explainFolder(err, folder)
		}
	}
	return facts, nil
}

// logout says goodbye; whether the server answers does not matter.
func (c *conn) logout(ctx context.Context) {
	_ = c.do(ctx, "log out", small, func() error { return c.c.Logout().Wait() })
}
