//go:build failpoint && unix

package failpoint

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Environment names the variable that says what is broken.
const Environment = "ESCALATIOND_FAILPOINT"

// stopsWithin is how long a signal may take to stop all threads.
const stopsWithin = 200 * time.Millisecond

// Err is the error of the action fail.
var Err = errors.New("broken by a failpoint")

// Do runs an effect that may fail.
func Do(name string, effect func() error) error {
	_, err := Get(name, func() (struct{}, error) { return struct{}{}, effect() })
	return err
}

// Get runs an effect that answers something.
func Get[T any](name string, effect func() (T, error)) (T, error) {
	p := chosen()
	if err := p.hit(name + ".before"); err != nil {
		var none T
		return none, err
	}
	answer, err := effect()
	if broken := p.hit(name + ".after"); broken != nil {
		var none T
		return none, broken
	}
	return answer, err
}

// point is the one place where the program is broken.
type point struct {
	name, action string
	at           int64
	hits         atomic.Int64
}

var chosen = sync.OnceValue(func() *point {
	p, err := parse(os.Getenv(Environment))
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", Environment, err)
		os.Exit(2)
	}
	return p
})

// parse reads NAME=ACTION@HIT; an empty text breaks nothing.
func parse(text string) (*point, error) {
	if text == "" {
		return &point{}, nil
	}
	name, rest, _ := strings.Cut(text, "=")
	action, count, _ := strings.Cut(rest, "@")
	at, err := strconv.ParseInt(count, 10, 64)
	if err != nil || at < 1 || name == "" || action != "kill" && action != "stop" && action != "fail" {
		return nil, fmt.Errorf("%q is not NAME=kill|stop|fail@HIT", text)
	}
	return &point{name: name, action: action, at: at}, nil
}

func (p *point) hit(name string) error {
	if name != p.name || p.hits.Add(1) != p.at {
		return nil
	}
	fmt.Fprintln(os.Stderr, "failpoint:", p.action, name)
	switch p.action {
	case "fail":
		return fmt.Errorf("%s: %w", name, Err)
	case "stop":
		err := syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		<-time.After(stopsWithin) // until then this thread could run on
		return err
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal may take a moment
}
