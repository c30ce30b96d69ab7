package daemon_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/config"
	"escalationd/internal/daemon"
)

// run runs a daemon until its test ends, or until it is stopped; it must end
// well.
func run(t *testing.T, c *config.Config, o daemon.Options) (stop func()) {
	t.Helper()
	d, err := daemon.New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the daemon ended with: %v", err)
		}
		d.Close()
	})
	t.Cleanup(stop)
	return stop
}

// loadConfig writes a configuration to a folder, and reads it.
func loadConfig(t *testing.T, dir, text string) *config.Config {
	t.Helper()
	c, err := config.Load(writeFile(t, dir, "escalationd.yaml", text))
	if err != nil {
		t.Fatalf("the configuration is wrong:\n%v", err)
	}
	return c
}

// writeFile answers the path of the file.
func writeFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// feed puts an account and a case of it into a Redis.
func feed(t *testing.T, o *redis.Options, account escalation.Account, c escalation.Case) *redisstore.Store {
	t.Helper()
	rdb := redis.NewClient(o)
	t.Cleanup(func() { rdb.Close() })
	store := redisstore.New(rdb, redisstore.Options{Prefix: "escalationd:"})
	if err := store.PutAccounts(t.Context(), []escalation.Account{account}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := store.PutCases(t.Context(), []escalation.Case{c}, time.Now()); err != nil {
		t.Fatal(err)
	}
	return store
}
