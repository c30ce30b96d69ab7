package redisstore_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
	"escalationd/escalation/redisstore"
	"escalationd/internal/realserver"
	"escalationd/notify"
	"escalationd/templates"
)

// From a real outbox to a real relay, with four connections.
func BenchmarkOutboxToRelay(b *testing.B) {
	for _, fsync := range []string{"everysec", "always"} {
		b.Run(fsync, func(b *testing.B) { outboxToRelay(b, fsync) })
	}
}

func outboxToRelay(b *testing.B, fsync string) {
	rdb := redis.NewClient(&redis.Options{Addr: realserver.Redis(b, "appendfsync "+fsync).Addr})
	b.Cleanup(func() { rdb.Close() })
	store := redisstore.New(rdb, redisstore.Options{Prefix: "escalationd:"})
	host, port, err := net.SplitHostPort(realserver.SMTPSink(b, "-a").Addr)
	if err != nil {
		b.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		b.Fatal(err)
	}
	set, _, err := templates.Load("")
	if err != nil {
		b.Fatal(err)
	}
	relay := &notify.Relay{Host: host, Port: number, TLS: notify.TLSNone}
	b.Cleanup(relay.Close)
	c := &notify.Courier{Outbox: store, Relay: relay, Templates: set, From: mail.Address{Address: "desk@example.com"}, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	for i := range b.N {
		n := templates.Samples()[0]
		n.ID, n.CreatedAt = fmt.Sprintf("notice%020d", i), time.Now()
		if _, err := store.Apply(b.Context(), []escalation.Change{{Event: n.ID, At: time.Now(), Notices: []escalation.Notice{n}}}); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	sent := 0
	for sent < b.N {
		n, err := c.Deliver(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		sent += n
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "letters/s")
}
