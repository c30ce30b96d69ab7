package inbox

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// wire is the transport below any TLS. Closing it is the only cancellation
// that go-imap has. It bounds what the server may do during one command: it
// must not be silent for longer than quiet, nor send more bytes than allowed,
// since go-imap keeps an endless line or literal in memory.
type wire struct {
	net.Conn
	mu    sync.Mutex
	quiet time.Duration
	timer *time.Timer // nil: not watched
	left  int64
	fate  error // why it was closed from here
}

var errFlood = errors.New("the server sent far more than was asked for")

func newWire(c net.Conn) *wire { return &wire{Conn: c, left: 1 << 20} }

// watch begins a command; the wire closes itself when the server is silent for
// quiet. Bytes that arrive push that moment further.
func (w *wire) watch(quiet time.Duration, budget int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.quiet, w.left = quiet, budget
	w.timer = time.AfterFunc(quiet, func() {
		w.kill(fmt.Errorf("no answer from the server for %s", quiet))
	})
}

// rest ends the watch and says why the wire was closed during it, if it was.
func (w *wire) rest() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
	w.timer = nil
	return w.fate
}

// kill closes the transport for a reason; the first reason counts.
func (w *wire) kill(why error) {
	w.mu.Lock()
	if w.fate == nil {
		w.fate = why
	}
	w.mu.Unlock()
	w.Close()
}

// killAfter closes the transport after d unless done is closed before.
func (w *wire) killAfter(d time.Duration, done <-chan struct{}, why error) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
		w.kill(why)
	}
}

// dead says whether the wire was closed from here.
func (w *wire) dead() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fate != nil
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left -= int64(n)
	if n > 0 && w.timer != nil {
		w.timer.Reset(w.quiet)
	}
	if w.left < 0 {
		if w.fate == nil {
			w.fate = errFlood
		}
		return 0, errFlood
	}
	return n, err
}
