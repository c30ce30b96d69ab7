package realserver

import (
	"bufio"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// RedisServer is a running redis-server with an append-only file. After Kill
// or Stop, Restart brings it back on the same port with the same data.
type RedisServer struct {
	Addr string
	Dir  string // holds its data

	t       testing.TB
	program string
	process *process
}

// Redis starts a redis-server that ends with the test. Each of lines is a line
// of redis.conf, such as "appendfsync always" or "maxmemory 10mb"; later lines
// win over those set here.
func Redis(t testing.TB, lines ...string) *RedisServer {
	t.Helper()
	s := &RedisServer{t: t, program: program(t, "redis-server", "redis-server"), Addr: FreeAddr(t), Dir: shortDir(t)}
	conf := append([]string{"bind 127.0.0.1", "port " + port(s.Addr), "dir " + s.Dir, "appendonly yes",
		`save ""`, "maxmemory-policy noeviction", "daemonize no"}, lines...)
	write(t, s.conf(), strings.Join(conf, "\n")+"\n")
	t.Cleanup(func() { s.Stop() })
	s.Restart()
	return s
}

// Restart starts redis-server, ending it first where it runs.
func (s *RedisServer) Restart() {
	s.t.Helper()
	s.Stop()
	s.process = start(s.t, s.Addr, s.program, s.conf())
	Eventually(s.t, time.Minute, "redis-server has loaded its data", s.ready)
}

// ready says whether it takes commands. One that wants a password does.
func (s *RedisServer) ready() bool {
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	answer, err := bufio.NewReader(c).ReadString('\n')
	return err == nil && (strings.HasPrefix(answer, "+PONG") || strings.HasPrefix(answer, "-NOAUTH") || strings.HasPrefix(answer, "-MISCONF"))
}

// Stop ends it in order.
func (s *RedisServer) Stop() { s.process.end(syscall.SIGTERM) }

// Kill ends it at once.
func (s *RedisServer) Kill() { s.process.end(syscall.SIGKILL) }

// Signal sends a signal, SIGSTOP and SIGCONT for instance.
func (s *RedisServer) Signal(sig syscall.Signal) { s.process.signal(sig) }

func (s *RedisServer) conf() string { return filepath.Join(s.Dir, "redis.conf") }
