// Package acceptance holds no code but tests: the built program against real
// servers, judged from outside alone: by its exit codes and sentences, by what
// lies in the mailboxes, and by what the relay was given.
//
// The environment:
//
//	ESCALATIOND_REAL_SERVERS=require  fail where a server is not installed, instead of skipping
//	ESCALATIOND_CHAOS=1               the long versions
//	ESCALATIOND_SEED=N                repeat a run; each test prints its seed
//	ESCALATIOND_REDIS=KIND            sentinel or cluster, instead of one Redis
//	ESCALATIOND_BINARY=FILE           test this program instead of building one
package acceptance

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"escalationd/internal/realserver"
)

const binaryEnv = "ESCALATIOND_BINARY"

func TestMain(m *testing.M) {
	realserver.SideBySide(6)
	os.Exit(build(m))
}

// build makes the program once for all tests, unless there is one.
func build(m *testing.M) int {
	if os.Getenv(binaryEnv) != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "escalationd-build")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "escalationd")
	if out, err := exec.Command("go", "build", "-o", binary, "escalationd/cmd/escalationd").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build escalationd: %v\n%s", err, out)
		return 1
	}
	os.Setenv(binaryEnv, binary)
	return m.Run()
}

// long says whether the long versions are wanted.
func long() bool { return os.Getenv("ESCALATIOND_CHAOS") != "" }

// onlyLong skips a test that takes too long for every day.
func onlyLong(t testing.TB) {
	t.Helper()
	if !long() {
		t.Skip("only with ESCALATIOND_CHAOS=1")
	}
}

// pick answers the number for a long or a normal run.
func pick[T any](normal, chaos T) T {
	if long() {
		return chaos
	}
	return normal
}

// random is a generator whose seed is printed and can be given.
func random(t testing.TB) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv("ESCALATIOND_SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("seed %d; repeat with ESCALATIOND_SEED=%d", seed, seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// eventually waits until cond holds, and fails the test after d.
func eventually(t testing.TB, d time.Duration, what string, cond func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(150 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		if time.Since(began) > d {
			t.Fatalf("not within %s: %s", d, what)
		}
		<-tick.C
	}
	return time.Since(began)
}
