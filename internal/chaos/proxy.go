// Package chaos is a TCP proxy for tests that does to connections what
// networks and dying servers do: it loses replies, freezes, cuts, delays,
// slices and refuses. What is random in it follows from a seed.
package chaos

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// Proxy stands on loopback between clients and one server. Its methods are
// safe for concurrent use.
type Proxy struct {
	Addr string // where it listens

	target   string
	framing  Framing
	listener net.Listener
	work     sync.WaitGroup

	mu      sync.Mutex
	rng     *rand.Rand
	links   map[*link]struct{}
	shape   Shape
	refuse  bool
	frozen  chan struct{} // of new connections; nil: they are not frozen
	replies int
	drop    int // the reply to lose; 0: none
	dropped chan struct{}
}

// Framing says what one reply is.
type Framing int

// The framings.
const (
	Turns Framing = iota // whatever comes in one go after the client has said something
	RESP                 // a reply of Redis, to one command each, also in a pipeline; pushes are none
)

// Shape is how bytes of connections made from now on are treated. The zero
// Shape passes them on as they come.
type Shape struct {
	Delay    time.Duration // each piece waits up to this long, in both directions
	Slice    int           // bytes that are written at once, at most; 0: no bound
	CutAfter int64         // the connection is reset after so many bytes from the server, or fewer; 0: never
}

// Start starts a proxy to the server at target; it ends with the test.
func Start(t testing.TB, target string, framing Framing, seed uint64) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("start a proxy: %v", err)
	}
	p := &Proxy{
		Addr: l.Addr().String(), target: target, framing: framing, listener: l,
		rng: rand.New(rand.NewPCG(seed, 0)), links: map[*link]struct{}{}, dropped: make(chan struct{}),
	}
	p.work.Go(p.accept)
	t.Cleanup(func() {
		l.Close()
		p.Cut()
		p.work.Wait()
	})
	return p
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.work.Go(func() { p.serve(c) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		reset(client)
		return
	}
	l := p.join(client, server)
	if l == nil {
		reset(client)
		server.Close()
		return
	}
	l.run()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// join makes a link with the faults of this moment; nil when it is refused.
func (p *Proxy) join(client, server net.Conn) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse {
		return nil
	}
	l := newLink(p, client, server, p.shape)
	l.gate = p.frozen
	if most := p.shape.CutAfter; most > 0 {
		l.left = 1 + p.rng.Int64N(most)
	}
	p.links[l] = struct{}{}
	return l
}

// Shape treats connections made from now on in this way.
func (p *Proxy) Shape(s Shape) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shape = s
}

// Refuse resets all connections, and new ones at once while on.
func (p *Proxy) Refuse(on bool) {
	p.mu.Lock()
	p.refuse = on
	p.mu.Unlock()
	if on {
		p.Cut()
	}
}

// Cut resets all open connections.
func (p *Proxy) Cut() {
	for _, l := range p.open() {
		l.reset()
	}
}

// Freeze stops all bytes, on new connections too, until Thaw. The connections
// stay open: nobody is told.
func (p *Proxy) Freeze() {
	p.mu.Lock()
	if p.frozen == nil {
		p.frozen = make(chan struct{})
	}
	gate := p.frozen
	p.mu.Unlock()
	for _, l := range p.open() {
		l.freeze(gate)
	}
}

// FreezeIdle stops all bytes on those connections on which none has moved for
// quiet, for good; others and new ones are not touched. It answers how many
// it has frozen.
func (p *Proxy) FreezeIdle(quiet time.Duration) (n int) {
	for _, l := range p.open() {
		if l.quiet() >= quiet && l.freeze(make(chan struct{})) {
			n++
		}
	}
	return n
}

// Thaw ends Freeze.
func (p *Proxy) Thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frozen != nil {
		close(p.frozen)
		p.frozen = nil
	}
}

// DropReply loses the k-th reply of the server, counted from now over all
// connections: what came before is delivered, then the connection is closed
// although the server has done what it was asked to. The channel it answers is
// closed when that has happened. A k of 0 loses none.
func (p *Proxy) DropReply(k int) (dropped <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replies, p.drop, p.dropped = 0, k, make(chan struct{})
	return p.dropped
}

// Replies is how many replies the server has given since DropReply, or since
// the start.
func (p *Proxy) Replies() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.replies
}

// replied counts a reply, and says whether it is to be lost.
func (p *Proxy) replied() (lose bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replies++
	lose = p.replies == p.drop
	if lose {
		close(p.dropped)
	}
	return lose
}

// jitter draws how long a piece waits.
func (p *Proxy) jitter(most time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Duration(p.rng.Int64N(int64(most) + 1))
}

func (p *Proxy) open() []*link {
	p.mu.Lock()
	defer p.mu.Unlock()
	links := make([]*link, 0, len(p.links))
	for l := range p.links {
		links = append(links, l)
	}
	return links
}

// reset closes a connection so that its peer sees a reset, as from a host that
// knows nothing of it.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // then Close tells less; that is all
	}
	c.Close()
}
