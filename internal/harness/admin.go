package harness

import (
	"time"

	"escalationd/internal/config"
	"escalationd/internal/daemon"
)

// Admin is an operator named op at work on the desk.
func (h *Harness) Admin() *daemon.Admin {
	h.Helper()
	c, err := config.Load(h.config)
	if err != nil {
		h.Fatalf("the configuration is wrong:\n%v", err)
	}
	a, err := daemon.OpenAdmin(c, "op", h.Now)
	if err != nil {
		h.Fatalf("open the desk for an operator: %v", err)
	}
	h.Cleanup(a.Close)
	return a
}

// ConfigFile is the path of the desk's configuration.
func (h *Harness) ConfigFile() string { return h.config }

// Discard waits until the desk has come to rest, and expects whatever letters
// it has sent.
func (h *Harness) Discard() {
	h.Helper()
	h.Settle()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unseen = nil
}

// Await waits until something has come about that shows nowhere but in Redis
// or in the folders.
func (h *Harness) Await(what string, done func() bool) {
	h.Helper()
	deadline := time.After(patience)
	for !done() {
		select {
		case <-time.After(15 * time.Millisecond):
		case <-deadline:
			h.Fatalf("waited in vain until %s", what)
		}
	}
}
