package redisstore_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"escalationd/escalation/redisstore"
)

// A driver makes a call again whose reply got lost. So every store passes the
// suite where each of its calls is made twice.
func TestStoreWhoseRepliesGetLost(t *testing.T) {
	m := miniredis.RunT(t)
	once, twice := redis.NewClient(&redis.Options{Addr: m.Addr()}), redis.NewClient(&redis.Options{Addr: m.Addr()})
	twice.AddHook(repeats{})
	t.Cleanup(func() { once.Close(); twice.Close() })
	fresh := func(t *testing.T) *bench {
		m.FlushAll()
		store := redisstore.New(twice, redisstore.Options{Prefix: "escalationd:"})
		return &bench{T: t, rdb: once, store: store, now: start, pass: func(_ *testing.T, d time.Duration) { m.FastForward(d) }}
	}
	suite(t, fresh)
	for name, test := range map[string]func(*bench){
		"AParkedLetterIsSentAgainOrDiscarded": parkedIsDecided, "AWaitingLetterIsDiscardedButNotRetried": waitingIsDiscarded,
		"EachLetterHasOneEndInTheBooks": lettersAddUp, "ForgetLeavesNoTraceOfAPerson": forgetLeavesNoTrace,
		"ForgetRefusesWhileAnEscalationGoesOn": forgetRefusesActive, "ForgetKnowsALongerAddressFromTheOne": forgetSparesOthers,
	} {
		t.Run(name, func(t *testing.T) { test(fresh(t)) })
	}
}

// repeats makes each call twice, and answers what the second is answered.
type repeats struct{}

func (repeats) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (repeats) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		_ = next(ctx, cmd)
		return next(ctx, cmd)
	}
}

func (repeats) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		_ = next(ctx, cmds)
		for _, cmd := range cmds {
			cmd.SetErr(nil)
		}
		return next(ctx, cmds)
	}
}
