package daemon

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"escalationd/internal/config"
)

// clusterReload is how often a cluster's layout is read anew: go-redis by
// itself takes up to a minute to follow a failover.
const clusterReload = 2 * time.Second

// OpenRedis makes a client for the configured Redis. It contacts nobody; the
// password is read at each connection.
func OpenRedis(c config.Redis) redis.UniversalClient {
	o := &redis.UniversalOptions{
		Addrs: c.URL.Addresses(), DB: c.URL.Database(), MasterName: c.URL.Master(), IsClusterMode: c.URL.Mode() == config.RedisCluster,
		CredentialsProviderContext: func(context.Context) (string, string, error) {
			if c.Password.IsZero() {
				return c.URL.User(), "", nil
			}
			password, err := c.Password.Read()
			return c.URL.User(), password, err
		},
		ContextTimeoutEnabled: true,
		DialTimeout:           5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if c.URL.TLS() {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	switch c.URL.Mode() {
	case config.RedisCluster:
		cluster := o.Cluster()
		cluster.ClusterStateReloadInterval = clusterReload
		return redis.NewClusterClient(cluster)
	case config.RedisSentinel:
		return redis.NewFailoverClient(o.Failover())
	}
	return redis.NewClient(o.Simple())
}

// reachRedis says once what every command would say in its own words. A Redis
// that answers, but for a refused login, is left to the command: one that
// takes no writes can still be read.
func reachRedis(ctx context.Context, rdb redis.UniversalClient, c config.Redis) error {
	err := rdb.Ping(ctx).Err()
	var reply redis.Error
	if err == nil || errors.As(err, &reply) && !redis.IsAuthError(err) {
		return nil
	}
	return fmt.Errorf("reach Redis at %s: %w; check redis.url and the password, and whether it runs", strings.Join(c.URL.Addresses(), ", "), err)
}

// RedisFacts is what a Redis says of itself; of a cluster, the worst of its
// masters.
type RedisFacts struct {
	Version  string
	Persists bool   // AOF is on
	Evicts   string // the eviction policy, if it drops keys; empty otherwise
	Masters  int
}

// VolatileError says that a Redis may lose what is written to it.
type VolatileError struct{ Problem, Remedy string }

func (e *VolatileError) Error() string { return e.Problem + ": " + e.Remedy }

// ProbeRedis asks each master for what matters to a ledger.
func ProbeRedis(ctx context.Context, rdb redis.UniversalClient) (RedisFacts, error) {
	facts := RedisFacts{Persists: true}
	var mu sync.Mutex
	one := func(ctx context.Context, c *redis.Client) error {
		info, err := c.Info(ctx).Result()
		if err != nil {
			return fmt.Errorf("ask Redis about itself (INFO): %w", err)
		}
		mu.Lock()
		defer mu.Unlock()
		f := infoFields(info)
		facts.Masters++
		facts.Version = f["redis_version"]
		facts.Persists = facts.Persists && f["aof_enabled"] == "1"
		if p := f["maxmemory_policy"]; p != "" && p != "noeviction" {
			facts.Evicts = p
		}
		return nil
	}
	var err error
	switch c := rdb.(type) {
	case *redis.ClusterClient:
		err = c.ForEachMaster(ctx, one)
	case *redis.Client:
		err = one(ctx, c)
	default:
		err = errors.New("ask Redis about itself: unknown kind of client")
	}
	return facts, err
}

// Trouble answers what makes these facts unfit for a ledger; nil if nothing.
func (f RedisFacts) Trouble() *VolatileError {
	var major, minor int
	_, _ = fmt.Sscanf(f.Version, "%d.%d", &major, &minor) // what cannot be read is not judged
	switch {
	case major > 0 && (major < 6 || major == 6 && minor < 2):
		return &VolatileError{"Redis " + f.Version + " is too old", "use Redis 6.2 or newer"}
	case !f.Persists:
		return &VolatileError{"Redis keeps nothing on disk (appendonly is off), so a restart would lose escalations", "set `appendonly yes`, or redis.allow_volatile: true to run all the same"}
	case f.Evicts != "":
		return &VolatileError{"Redis may drop keys when memory is full (maxmemory-policy " + f.Evicts + ")", "set `maxmemory-policy noeviction`, or redis.allow_volatile: true to run all the same"}
	}
	return nil
}

func infoFields(info string) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(info) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	return fields
}
