package redisstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/realserver"
)

// How go-redis is told to follow a failover; internal/daemon does the same.
func clusterClient(addrs []string) *redis.ClusterClient {
	return redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs, ClusterStateReloadInterval: 2 * time.Second})
}

func TestStoreOnACluster(t *testing.T) {
	t.Parallel()
	cluster := realserver.Cluster(t)
	rdb := clusterClient(cluster.Addrs())
	t.Cleanup(func() { rdb.Close() })
	suite(t, func(t *testing.T) *bench {
		flushAll(t, rdb)
		store := redisstore.New(rdb, redisstore.Options{Prefix: "escalationd:"})
		return &bench{T: t, rdb: rdb, store: store, now: start, pass: realTime(rdb)}
	})
}

func TestAClusterThatFailsOverKeepsWhatItReplicated(t *testing.T) {
	t.Parallel()
	cluster := realserver.Cluster(t)
	rdb := clusterClient(cluster.Addrs())
	t.Cleanup(func() { rdb.Close() })
	survivesFailover(t, rdb, func() {
		cluster.MasterOf("{desk}").Kill()
	})
}

func TestASentinelThatFailsOverKeepsWhatItReplicated(t *testing.T) {
	t.Parallel()
	r := realserver.Sentinel(t)
	rdb := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "desk", SentinelAddrs: r.Sentinels})
	t.Cleanup(func() { rdb.Close() })
	survivesFailover(t, rdb, r.Master.Kill)
}

// survivesFailover applies changes before and after the master dies. What the
// replica had is there; what is applied meanwhile fails as a whole and is
// applied later, once.
func survivesFailover(t *testing.T, rdb redis.UniversalClient, kill func()) {
	b := &bench{T: t, rdb: rdb, store: redisstore.New(rdb, redisstore.Options{Prefix: "escalationd:"}), now: start}
	b.wantVerdict(b.apply(accepted("m1", 1))[0], escalation.Done)
	realserver.Eventually(t, time.Minute, "the replica has the change", func() bool { return replicated(rdb) })
	kill()
	var applied []escalation.Applied
	realserver.Eventually(t, 2*time.Minute, "a change is applied after the failover", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		var err error
		applied, err = b.store.Apply(ctx, []escalation.Change{accepted("m2", 2)})
		return err == nil
	})
	b.wantVerdict(applied[0], escalation.Done)
	b.wantVerdict(b.apply(accepted("m2", 2))[0], escalation.Done)
	if n := len(b.claim()); n != 2 {
		t.Errorf("%d notices wait after the failover, want 2", n)
	}
}

// replicated reports whether a replica of the node that has the desk's keys
// has all that node has.
func replicated(rdb redis.UniversalClient) bool {
	ctx := context.Background()
	node, ok := rdb.(*redis.Client)
	if c, cluster := rdb.(*redis.ClusterClient); cluster {
		var err error
		node, err = c.MasterForKey(ctx, "{desk}")
		ok = err == nil
	}
	if !ok {
		return false
	}
	info := node.Info(ctx, "replication").Val()
	_, offset, found := strings.Cut(info, "master_repl_offset:")
	offset, _, _ = strings.Cut(offset, "\r\n")
	return found && strings.Contains(info, "offset="+offset+",")
}

// flushAll empties every master.
func flushAll(t *testing.T, rdb redis.UniversalClient) {
	t.Helper()
	empty := func(ctx context.Context, c *redis.Client) error { return c.FlushAll(ctx).Err() }
	var err error
	switch c := rdb.(type) {
	case *redis.ClusterClient:
		err = c.ForEachMaster(t.Context(), empty)
	case *redis.Client:
		err = empty(t.Context(), c)
	default:
		err = fmt.Errorf("a client of type %T", rdb)
	}
	if err != nil {
		t.Fatalf("empty Redis: %v", err)
	}
}

// realTime lets a real server's time pass.
func realTime(rdb redis.UniversalClient) func(*testing.T, time.Duration) {
	return func(t *testing.T, d time.Duration) {
		rdb.Set(t.Context(), "clock", "", d)
		realserver.Eventually(t, d+time.Minute, "the time passes", func() bool { return rdb.Exists(t.Context(), "clock").Val() == 0 })
	}
}
