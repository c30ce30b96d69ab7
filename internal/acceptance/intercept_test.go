package acceptance

import (
	"bufio"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// interceptor stands between the daemon and a server that speaks in lines,
// IMAP or SMTP without TLS, and may do something else than the server would.
type interceptor struct {
	Addr string

	server string
	smtp   bool

	mu       sync.Mutex
	act      func(command string) action // nil: all passes
	greeting action
	seen     []string
	conns    map[net.Conn]bool
}

// action is what becomes of a line of the client. The zero action lets it pass.
type action struct {
	answer string // instead of the server's; $TAG is the command's
	hangUp bool   // after the answer, or, where there is none, at once
	silent bool   // nothing is answered any more, and the connection stays open
	flood  bool   // the answer, again and again until the connection ends
	lose   bool   // the server gets the line, and the connection ends before its answer arrives
}

func intercept(t testing.TB, server string, smtp bool) *interceptor {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i := &interceptor{Addr: l.Addr().String(), server: server, smtp: smtp, conns: map[net.Conn]bool{}}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { i.serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		i.cut()
		serving.Wait()
	})
	return i
}

// play sets what is done with the commands from now on.
func (i *interceptor) play(act func(command string) action) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.act = act
}

// at does something with the next so many commands that begin with a word, and
// answers what reports that it has been done to all of them.
func (i *interceptor) at(word string, times int, a action) (done func() bool) {
	i.play(func(command string) action {
		if times == 0 || !strings.HasPrefix(command, word) {
			return action{}
		}
		times--
		return a
	})
	return func() bool {
		i.mu.Lock()
		defer i.mu.Unlock()
		return times == 0
	}
}

// greet sets how connections begin instead of with the server.
func (i *interceptor) greet(a action) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.greeting = a
}

// saw counts the commands of which something is so: strings.HasPrefix or
// strings.Contains with a text.
func (i *interceptor) saw(is func(command, text string) bool, text string) (n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, command := range i.seen {
		if is(command, text) {
			n++
		}
	}
	return n
}

// cut ends all connections.
func (i *interceptor) cut() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for c := range i.conns {
		c.Close()
	}
}

func (i *interceptor) hold(c net.Conn) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.conns[c] = true
}

func (i *interceptor) drop(c net.Conn) {
	c.Close()
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.conns, c)
}

func (i *interceptor) serve(client net.Conn) {
	i.hold(client)
	defer i.drop(client)
	i.mu.Lock()
	greeting := i.greeting
	i.mu.Unlock()
	if greeting != (action{}) {
		i.instead(client, greeting, "")
		return
	}
	server, err := net.Dial("tcp", i.server)
	if err != nil {
		return
	}
	i.hold(server)
	defer i.drop(server)
	var mute sync.Mutex // held for good where the server must not be heard any more
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer client.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			mute.Lock()
			if _, werr := client.Write(buf[:n]); err != nil || werr != nil {
				mute.Unlock()
				return
			}
			mute.Unlock()
		}
	}()
	i.commands(client, server, &mute)
	i.drop(client)
	i.drop(server)
	select {
	case <-done:
	case <-time.After(time.Second): // it waits to be heard
	}
}

// commands passes the lines of a client on until one ends the connection.
func (i *interceptor) commands(client, server net.Conn, mute *sync.Mutex) {
	in := bufio.NewReader(client)
	text := false // of a mail, by SMTP
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		tag, command := "", strings.TrimSpace(line)
		if !i.smtp {
			if before, rest, tagged := strings.Cut(command, " "); tagged { // DONE has no tag
				tag, command = before, rest
			}
		}
		var a action
		if !text || command == "." {
			a = i.ask(command)
		}
		switch {
		case a.lose:
			mute.Lock()
			_, _ = io.WriteString(server, line) // the connection ends in any case
			<-time.After(200 * time.Millisecond)
			return
		case a != (action{}):
			if !i.instead(client, a, tag) || text {
				return // a server that waits for the dot takes no other command
			}
			continue
		}
		if _, err := io.WriteString(server, line); err != nil {
			return
		}
		if i.smtp {
			text = command == "DATA" || text && command != "."
		}
	}
}

func (i *interceptor) ask(command string) action {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.seen = append(i.seen, command)
	if i.act == nil {
		return action{}
	}
	return i.act(command)
}

// instead does what an action says, and reports whether the connection goes on.
func (i *interceptor) instead(client net.Conn, a action, tag string) bool {
	if a.silent {
		_, _ = io.Copy(io.Discard, client) // until it is closed
		return false
	}
	_, err := io.WriteString(client, strings.ReplaceAll(a.answer, "$TAG", tag))
	for a.flood && err == nil {
		_, err = io.WriteString(client, a.answer)
	}
	return err == nil && !a.hangUp
}
