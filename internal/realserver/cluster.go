package realserver

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	clusterMasters = 3
	clusterSlots   = 16384
)

// RedisCluster is a Redis Cluster of three masters with a replica each.
type RedisCluster struct {
	Masters  []*RedisServer // those at the start
	Replicas []*RedisServer
}

// Cluster starts a Redis Cluster that ends with the test. Each of lines is one
// of redis.conf, of every node.
func Cluster(t testing.TB, lines ...string) *RedisCluster {
	t.Helper()
	c := &RedisCluster{}
	for i := range 2 * clusterMasters {
		s := Redis(t, append([]string{"cluster-enabled yes", "cluster-node-timeout 1000", "cluster-port " + port(FreeAddr(t))}, lines...)...)
		if i < clusterMasters {
			c.Masters = append(c.Masters, s)
		} else {
			c.Replicas = append(c.Replicas, s)
		}
	}
	first := c.Masters[0]
	for i, s := range c.Masters {
		from, to := i*clusterSlots/clusterMasters, (i+1)*clusterSlots/clusterMasters-1
		s.do("CLUSTER", "ADDSLOTSRANGE", from, to)
	}
	for i, s := range append(c.Masters[1:], c.Replicas...) {
		s.do("CLUSTER", "SET-CONFIG-EPOCH", i+1)
		s.do("CLUSTER", "MEET", "127.0.0.1", port(first.Addr), first.clusterPort())
	}
	for i, s := range c.Replicas {
		master := fmt.Sprint(c.Masters[i].do("CLUSTER", "MYID"))
		Eventually(t, time.Minute, "the replica knows its master", func() bool {
			return s.try("CLUSTER", "REPLICATE", master) == nil
		})
	}
	for _, s := range append(c.Masters[:clusterMasters:clusterMasters], c.Replicas...) {
		Eventually(t, time.Minute, "the cluster is whole", func() bool {
			info := fmt.Sprint(s.do("CLUSTER", "INFO"))
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:6")
		})
	}
	for _, s := range c.Replicas {
		s.awaitReplica()
	}
	return c
}

// MasterOf is the master, of those at the start, that has the keys with a hash
// tag, as "{desk}".
func (c *RedisCluster) MasterOf(tag string) *RedisServer {
	c.Masters[0].t.Helper()
	slot, ok := c.Masters[0].do("CLUSTER", "KEYSLOT", tag).(int64)
	if !ok {
		c.Masters[0].t.Fatal("redis-server does not tell the slot of a key")
	}
	for i, s := range c.Masters {
		if int(slot) < (i+1)*clusterSlots/clusterMasters {
			return s
		}
	}
	return nil
}

// URL is how escalationd is told of the cluster.
func (c *RedisCluster) URL() string {
	return "redis+cluster://" + strings.Join(c.Addrs(), ",")
}

// Addrs are the addresses of all nodes.
func (c *RedisCluster) Addrs() []string {
	var addrs []string
	for _, s := range append(c.Masters[:clusterMasters:clusterMasters], c.Replicas...) {
		addrs = append(addrs, s.Addr)
	}
	return addrs
}

// RedisSentinel is a master with a replica, watched by three sentinels.
type RedisSentinel struct {
	Master, Replica *RedisServer // as at the start
	Sentinels       []string     // addresses
}

// Sentinel starts a Redis with Sentinel that ends with the test. The master's
// name is "desk". Each of lines is one of redis.conf, of both servers.
func Sentinel(t testing.TB, lines ...string) *RedisSentinel {
	t.Helper()
	r := &RedisSentinel{Master: Redis(t, lines...)}
	r.Replica = Redis(t, append([]string{"replicaof 127.0.0.1 " + port(r.Master.Addr)}, lines...)...)
	r.Replica.awaitReplica()
	for range 3 {
		r.Sentinels = append(r.Sentinels, startSentinel(t, r.Master.Addr))
	}
	for _, addr := range r.Sentinels {
		rdb := redis.NewSentinelClient(&redis.Options{Addr: addr})
		Eventually(t, time.Minute, "the sentinels know each other and the replica", func() bool {
			others, err := rdb.Sentinels(context.Background(), "desk").Result()
			replicas, err2 := rdb.Replicas(context.Background(), "desk").Result()
			return err == nil && err2 == nil && len(others) == 2 && len(replicas) == 1
		})
		rdb.Close()
	}
	return r
}

// URL is how escalationd is told of the sentinels.
func (r *RedisSentinel) URL() string {
	return "redis+sentinel://" + strings.Join(r.Sentinels, ",") + "/desk/0"
}

func startSentinel(t testing.TB, master string) string {
	t.Helper()
	addr, dir := FreeAddr(t), shortDir(t)
	conf := filepath.Join(dir, "sentinel.conf")
	write(t, conf, strings.Join([]string{
		"bind 127.0.0.1", "port " + port(addr), "dir " + dir, "daemonize no",
		"sentinel monitor desk 127.0.0.1 " + port(master) + " 2",
		"sentinel down-after-milliseconds desk 1000", "sentinel failover-timeout desk 5000",
	}, "\n")+"\n")
	p := start(t, addr, program(t, "redis-server", "redis-server"), conf, "--sentinel")
	t.Cleanup(func() { p.end(9) })
	return addr
}

// awaitReplica waits until a replica has caught up with its master.
func (s *RedisServer) awaitReplica() {
	s.t.Helper()
	Eventually(s.t, time.Minute, "the replica has caught up", func() bool {
		return strings.Contains(fmt.Sprint(s.do("INFO", "replication")), "master_link_status:up")
	})
}

func (s *RedisServer) clusterPort() string {
	config, ok := s.do("CONFIG", "GET", "cluster-port").(map[any]any)
	if !ok {
		s.t.Fatal("redis-server does not tell its cluster port")
	}
	return fmt.Sprint(config["cluster-port"])
}

// do runs one command on this very server.
func (s *RedisServer) do(args ...any) any {
	s.t.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: s.Addr})
	defer rdb.Close()
	v, err := rdb.Do(context.Background(), args...).Result()
	if err != nil {
		s.t.Fatalf("%v: %v", args, err)
	}
	return v
}

func (s *RedisServer) try(args ...any) error {
	rdb := redis.NewClient(&redis.Options{Addr: s.Addr})
	defer rdb.Close()
	return rdb.Do(context.Background(), args...).Err()
}
