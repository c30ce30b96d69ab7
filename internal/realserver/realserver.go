// Package realserver starts the servers that escalationd works with, for
// tests: Dovecot, redis-server and Postfix's smtp-sink, each on a free loopback
// port, with its files in a temporary folder and under the user who runs the
// test. A test is skipped where the program is not installed, unless the
// environment says ESCALATIOND_REAL_SERVERS=require.
package realserver

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a server in a process group of its own.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	addr string
	out  bytes.Buffer // safe to read once done is closed
	done chan struct{}

	ended bool // we have seen to that
}

// start runs argv and waits until addr accepts connections.
func start(t testing.TB, addr string, argv ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(argv[0], argv[1:]...), addr: addr, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	ownGroup(p.cmd)
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", argv[0], err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // how it ended shows in its output
	}()
	Eventually(t, time.Minute, argv[0]+" accepts connections", func() bool {
		select {
		case <-p.done:
			t.Fatalf("%s ended at once: %s", argv[0], p.out.String())
		default:
		}
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return p
}

// end sends sig to the whole group and waits for the server's end; what is
// left of the group is killed. It leaves a server alone that has ended: its
// number may be another's by now. One that ended by itself fails the test.
func (p *process) end(sig syscall.Signal) {
	if p == nil || p.ended {
		return
	}
	p.ended = true
	select {
	case <-p.done:
		p.t.Errorf("%s ended by itself, %s: %s", p.cmd.Path, p.cmd.ProcessState, p.out.String())
		return
	default:
	}
	p.signal(sig)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		p.signal(syscall.SIGKILL)
		<-p.done
	}
	p.signal(syscall.SIGKILL)
}

func (p *process) signal(sig syscall.Signal) { signalGroup(p.cmd.Process.Pid, sig) }

// Eventually waits until cond holds, and fails the test after d.
func Eventually(t testing.TB, d time.Duration, what string, cond func() bool) {
	t.Helper()
	deadline := time.After(d)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-deadline:
			t.Fatalf("not within %s: %s", d, what)
		case <-tick.C:
		}
	}
}

// program finds an executable, also where Debian keeps those of daemons.
func program(t testing.TB, name, pkg string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	why := name + " is not installed: apt-get install " + pkg
	if os.Getenv("ESCALATIOND_REAL_SERVERS") == "require" {
		t.Fatal(why)
	}
	t.Skip(why)
	return ""
}

// FreeAddr returns a loopback address on which nobody listens. It is the test's
// own until it ends, also while its server is down: no other test is given it,
// and its port lies below those that the system hands out for connections.
func FreeAddr(t testing.TB) string {
	t.Helper()
	const lowest, highest = 15000, 32000
	for range 200 {
		port := strconv.Itoa(lowest + rand.IntN(highest-lowest))
		addr := net.JoinHostPort("127.0.0.1", port)
		if !reserve(t, port) {
			continue
		}
		if l, err := net.Listen("tcp", addr); err == nil {
			l.Close()
			return addr
		}
	}
	t.Fatal("no free port")
	return ""
}

// reserve keeps a port from other tests, in this process and in others, until
// the test ends; false where another has it.
func reserve(t testing.TB, port string) bool {
	t.Helper()
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("escalationd-test-ports-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, port), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if !lock(f) {
		f.Close()
		return false
	}
	t.Cleanup(func() { f.Close() })
	return true
}

func port(addr string) string {
	_, p, _ := strings.Cut(addr, ":")
	return p
}

// shortDir is a temporary folder whose path is short enough for Unix sockets.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "esc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // servers started by root have users of their own
		t.Fatal(err)
	}
	return dir
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
