package chaos

import (
	"bufio"
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// link is one connection through the proxy.
type link struct {
	proxy          *Proxy
	client, server net.Conn
	shape          Shape
	left           int64 // bytes from the server until the cut; 0: no cut

	asked atomic.Bool  // the client has said something since the last reply
	moved atomic.Int64 // when bytes last moved, in nanoseconds since 1970
	done  chan struct{}
	end   func()

	mu   sync.Mutex
	gate chan struct{} // closed when a freeze ends; nil: not frozen
}

func newLink(p *Proxy, client, server net.Conn, shape Shape) *link {
	l := &link{proxy: p, client: client, server: server, shape: shape, done: make(chan struct{})}
	l.end = sync.OnceFunc(func() {
		close(l.done)
		client.Close()
		server.Close()
	})
	l.touch()
	return l
}

// run carries bytes until either side or the proxy closes.
func (l *link) run() {
	var up sync.WaitGroup
	up.Go(l.up)
	if l.proxy.framing == RESP {
		l.downReplies()
	} else {
		l.downTurns()
	}
	l.end()
	up.Wait()
}

func (l *link) up() {
	defer l.end()
	buf := make([]byte, 32<<10)
	for {
		n, err := l.client.Read(buf)
		if n > 0 {
			l.asked.Store(true)
			if !l.write(l.server, buf[:n]) {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (l *link) downTurns() {
	buf := make([]byte, 32<<10)
	for {
		n, err := l.server.Read(buf)
		if n > 0 {
			if l.asked.CompareAndSwap(true, false) && l.proxy.replied() {
				return
			}
			if !l.deliver(buf[:n]) {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (l *link) downReplies() {
	r := bufio.NewReader(l.server)
	var reply bytes.Buffer
	for {
		reply.Reset()
		push, err := readReply(r, &reply)
		if err == nil && !push && l.proxy.replied() {
			return
		}
		if !l.deliver(reply.Bytes()) || err != nil {
			return
		}
	}
}

// deliver hands the client bytes of the server, as far as the cut.
func (l *link) deliver(data []byte) bool {
	if l.left == 0 {
		return l.write(l.client, data)
	}
	if int64(len(data)) < l.left {
		l.left -= int64(len(data))
		return l.write(l.client, data)
	}
	l.write(l.client, data[:l.left])
	l.reset()
	return false
}

// write passes bytes on in the shape of this link; false when it has ended.
func (l *link) write(to net.Conn, data []byte) bool {
	for len(data) > 0 {
		piece := data
		if l.shape.Slice > 0 {
			piece = data[:min(l.shape.Slice, len(data))]
		}
		data = data[len(piece):]
		if !l.wait() {
			return false
		}
		if _, err := to.Write(piece); err != nil {
			return false
		}
		l.touch()
	}
	return true
}

// wait holds bytes back for the delay and as long as the link is frozen.
func (l *link) wait() bool {
	if l.shape.Delay > 0 {
		t := time.NewTimer(l.proxy.jitter(l.shape.Delay))
		defer t.Stop()
		select {
		case <-t.C:
		case <-l.done:
			return false
		}
	}
	l.mu.Lock()
	gate := l.gate
	l.mu.Unlock()
	if gate == nil {
		return true
	}
	select {
	case <-gate:
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.gate == gate {
			l.gate = nil
		}
		return true
	case <-l.done:
		return false
	}
}

// freeze holds all bytes back until gate is closed; false if it is frozen
// already.
func (l *link) freeze(gate chan struct{}) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gate != nil {
		return false
	}
	l.gate = gate
	return true
}

func (l *link) reset() {
	if tcp, ok := l.client.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	l.end()
}

func (l *link) touch() { l.moved.Store(time.Now().UnixNano()) }

func (l *link) quiet() time.Duration { return time.Duration(time.Now().UnixNano() - l.moved.Load()) }
