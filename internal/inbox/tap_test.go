package inbox_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
)

// tap counts what goes to the server in clear text, and can freeze a
// connection in both directions without closing it.
type tap struct {
	mu       sync.Mutex
	commands []string
	thaw     chan struct{} // nil: flowing
}

type tappedConn struct {
	net.Conn
	tap    *tap
	closed chan struct{}
	once   sync.Once
}

func (t *tap) dial(addr string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		return &tappedConn{Conn: c, tap: t, closed: make(chan struct{})}, nil
	}
}

func (c *tappedConn) Write(p []byte) (int, error) {
	c.tap.mu.Lock()
	_, cmd, _ := strings.Cut(string(p), " ")
	c.tap.commands = append(c.tap.commands, cmd)
	frozen := c.tap.thaw != nil
	c.tap.mu.Unlock()
	if frozen { // the peer's kernel takes it, nobody reads it
		return len(p), nil
	}
	return c.Conn.Write(p)
}

func (c *tappedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.tap.mu.Lock()
	thaw := c.tap.thaw
	c.tap.mu.Unlock()
	if thaw != nil {
		select {
		case <-thaw:
		case <-c.closed:
		}
		return 0, io.EOF
	}
	return n, err
}

func (c *tappedConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

func (t *tap) count(prefix string) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.commands {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}
