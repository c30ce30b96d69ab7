package acceptance

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// desk is a running daemon.
type desk struct {
	w    *world
	cmd  *exec.Cmd
	conf string // a file
	log  string // a file
	from int    // how long it was at the start
	web  string
	done chan struct{}
}

// start runs the daemon with a configuration.
func (w *world) start(config string) *desk {
	w.Helper()
	return w.startProgram(os.Getenv(binaryEnv), config)
}

// startProgram is start with another build of the program, and more in its
// environment.
func (w *world) startProgram(program, config string, environment ...string) *desk {
	w.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		w.Fatal(err)
	}
	listen := regexp.MustCompile(`listen: (\S+)`).FindStringSubmatch(string(text))
	d := &desk{w: w, conf: config, web: "http://" + listen[1], log: filepath.Join(filepath.Dir(config), "log"), done: make(chan struct{})}
	log, err := os.OpenFile(d.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		w.Fatal(err)
	}
	defer log.Close()
	d.from = len(d.said())
	d.cmd = exec.Command(program, "run", "--config", config)
	d.cmd.Stderr, d.cmd.Env = log, append(w.environment(), environment...)
	if err := d.cmd.Start(); err != nil {
		w.Fatalf("start the daemon: %v", err)
	}
	go func() {
		defer close(d.done)
		_ = d.cmd.Wait() // how it ended, code tells
	}()
	w.Cleanup(func() {
		d.kill()
		if w.Failed() {
			w.Logf("the end of the daemon's log:\n%s", lastLines(d.said(), 40))
		}
	})
	return d
}

// kill ends the daemon at once.
func (d *desk) kill() { d.end(syscall.SIGKILL, time.Minute) }

// stop ends the daemon in order; it must end well within 15 seconds.
func (d *desk) stop() {
	d.w.Helper()
	// Until a program has begun, the system ends it by itself.
	eventually(d.w, catchUp, "the daemon has begun", func() bool { return len(d.said()) > d.from })
	took := d.end(syscall.SIGTERM, 15*time.Second)
	if code := d.code(); code != 0 {
		d.w.Errorf("the daemon exits %d after SIGTERM, want 0", code)
	}
	d.w.Logf("SIGTERM ended the daemon within %s", took.Round(time.Millisecond))
}

func (d *desk) end(sig syscall.Signal, patience time.Duration) time.Duration {
	d.w.Helper()
	began := time.Now()
	_ = d.cmd.Process.Signal(sig) // it may have ended already
	select {
	case <-d.done:
	case <-time.After(patience):
		d.w.Errorf("the daemon does not end within %s after %s", patience, sig)
		_ = d.cmd.Process.Kill()
		<-d.done
	}
	return time.Since(began)
}

// code is the exit code of a daemon that ended.
func (d *desk) code() int { return d.cmd.ProcessState.ExitCode() }

// exits waits for a daemon that must end by itself, and answers its exit code.
func (d *desk) exits(patience time.Duration) int {
	d.w.Helper()
	select {
	case <-d.done:
	case <-time.After(patience):
		d.w.Fatalf("the daemon goes on; it should have ended by itself")
	}
	return d.code()
}

// said is all that the daemon has logged.
func (d *desk) said() string {
	text, err := os.ReadFile(d.log)
	if err != nil {
		d.w.Fatal(err)
	}
	return string(text)
}

// says waits until the log holds a text.
func (d *desk) says(text string, patience time.Duration) {
	d.w.Helper()
	eventually(d.w, patience, fmt.Sprintf("the log says %q", text), func() bool {
		return strings.Contains(d.said(), text)
	})
}

// saysNow is says about what it has logged since this start.
func (d *desk) saysNow(text string, patience time.Duration) {
	d.w.Helper()
	eventually(d.w, patience, fmt.Sprintf("the log says %q", text), func() bool {
		return strings.Contains(d.said()[d.from:], text)
	})
}

func (d *desk) running() bool {
	select {
	case <-d.done:
		return false
	default:
		return true
	}
}

// ready asks /readyz.
func (d *desk) ready() bool {
	_, code := d.get("/readyz")
	return code == http.StatusOK
}

func (d *desk) get(path string) (body string, code int) {
	c := http.Client{Timeout: 5 * time.Second}
	resp, err := c.Get(d.web + path)
	if err != nil {
		return "", 0
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", 0
	}
	return string(data), resp.StatusCode
}

// counts are the metrics of the ledger: mails by disposition, and others by
// their names. It waits until they can be had.
func (d *desk) counts() map[string]int {
	d.w.Helper()
	text := ""
	eventually(d.w, catchUp, "the counts can be read", func() bool {
		body, code := d.get("/metrics")
		text = body
		return code == http.StatusOK && strings.Contains(text, "escalationd_counts_read 1")
	})
	counts := map[string]int{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.Atoi(value)
		if err != nil {
			continue
		}
		if d, ok := strings.CutPrefix(name, `escalationd_mails_total{disposition="`); ok {
			name = strings.TrimSuffix(d, `"}`)
		}
		counts[strings.TrimPrefix(name, "escalationd_")] = n
	}
	return counts
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
