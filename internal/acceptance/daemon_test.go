package acceptance

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// desk is a daemon with its configuration. It may be started again.
type desk struct {
	w    *world
	conf string // a file
	log  string // a file
	from int    // how long it was at the start
	cmd  *exec.Cmd
	web  string
	done chan struct{}
}

// reconfigure changes the configuration for the next start.
func (d *desk) reconfigure(edits ...edit) {
	d.w.Helper()
	text, err := os.ReadFile(d.conf)
	if err == nil {
		err = os.WriteFile(d.conf, []byte(d.w.edited(string(text), edits)), 0o600)
	}
	if err != nil {
		d.w.Fatal(err)
	}
}

// start runs the daemon.
func (d *desk) start() {
	d.w.Helper()
	d.startProgram(os.Getenv(binaryEnv))
}

// startProgram is start with another build of the program, and more in its
// environment.
func (d *desk) startProgram(program string, environment ...string) {
	d.w.Helper()
	text, err := os.ReadFile(d.conf)
	if err != nil {
		d.w.Fatal(err)
	}
	d.web = "http://" + regexp.MustCompile(`listen: (\S+)`).FindStringSubmatch(string(text))[1]
	log, err := os.OpenFile(d.log, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		d.w.Fatal(err)
	}
	defer log.Close()
	d.from, d.done = len(d.said()), make(chan struct{})
	d.cmd = exec.Command(program, "run", "--config", d.conf)
	d.cmd.Stderr, d.cmd.Env = log, append(d.w.environment(), environment...)
	if err := d.cmd.Start(); err != nil {
		d.w.Fatalf("start the daemon: %v", err)
	}
	go func() {
		defer close(d.done)
		_ = d.cmd.Wait() // how it ended, code tells
	}()
}

// finish ends a daemon with its test: in order, where all is well.
func (d *desk) finish() {
	d.w.Helper()
	switch {
	case d.cmd == nil:
		return
	case d.w.Failed():
		d.kill()
	case d.running():
		d.stop()
	}
	if d.w.Failed() {
		d.w.Logf("the end of the daemon's log:\n%s", lastLines(d.said(), 40))
	}
}

// kill ends the daemon at once.
func (d *desk) kill() { d.end(syscall.SIGKILL, time.Minute) }

// stop ends the daemon in order; it must end well within 15 seconds.
func (d *desk) stop() {
	d.w.Helper()
	// Until a program has begun, the system ends it by itself.
	eventually(d.w, catchUp, "the daemon has begun", func() bool { return d.saidNow() != "" })
	took := d.end(syscall.SIGTERM, 15*time.Second)
	if code := d.code(); code != 0 {
		d.w.Errorf("the daemon exits %d after SIGTERM, want 0", code)
	}
	d.w.Logf("SIGTERM ended the daemon within %s", took.Round(time.Millisecond))
}

func (d *desk) signal(sig syscall.Signal) { _ = d.cmd.Process.Signal(sig) } // it may have ended already

func (d *desk) end(sig syscall.Signal, patience time.Duration) time.Duration {
	d.w.Helper()
	began := time.Now()
	d.signal(sig)
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
func (d *desk) exits() int {
	d.w.Helper()
	select {
	case <-d.done:
	case <-time.After(d.w.patience):
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

// saidNow is what it has logged since it was started last.
func (d *desk) saidNow() string { return d.said()[d.from:] }

// says waits until the daemon has logged a text since its start.
func (d *desk) says(text string) {
	d.w.Helper()
	d.w.eventually(fmt.Sprintf("the log says %q", text), func() bool { return strings.Contains(d.saidNow(), text) })
}

// does runs an operator's command that must succeed, and answers what it prints.
func (d *desk) does(command ...string) string {
	d.w.Helper()
	return d.w.does(append(command, "--config", d.conf)...)
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

// getsReady waits until /readyz says that all is well.
func (d *desk) getsReady() {
	d.w.Helper()
	d.w.eventually("the daemon is ready", d.ready)
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

// givenUp counts the letters that are tried no more.
const givenUp = `notices_total{fate="buried"}`

// counts are the metrics of the ledger: mails by disposition, and others by
// their names. It waits until they can be had.
func (d *desk) counts() map[string]int {
	d.w.Helper()
	text := ""
	d.w.eventually("the counts can be read", func() bool {
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
