package chaos_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"go.uber.org/goleak"

	"escalationd/internal/chaos"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo is a server that answers each line with the same line.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r := bufio.NewReader(c)
				for {
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					if _, err := io.WriteString(c, line); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

type client struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, p *chaos.Proxy) *client {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	return &client{t, c, bufio.NewReader(c)}
}

// ask says a line and answers what came back.
func (c *client) ask(line string) (string, error) {
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return "", err
	}
	answer, err := c.r.ReadString('\n')
	return strings.TrimSuffix(answer, "\n"), err
}

func (c *client) must(line string) {
	c.t.Helper()
	if answer, err := c.ask(line); answer != line || err != nil {
		c.t.Fatalf("%q came back as %q, %v", line, answer, err)
	}
}

func timedOut(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

func TestOnlyTheReplyAskedForIsLost(t *testing.T) {
	p := chaos.Start(t, echo(t), chaos.Turns, 1)
	dropped := p.DropReply(3)
	c := dial(t, p)
	c.must("one")
	c.must("two")
	if answer, err := c.ask("three"); !errors.Is(err, io.EOF) {
		t.Fatalf("the lost reply is %q, %v", answer, err)
	}
	<-dropped
	c = dial(t, p)
	c.must("four")
	if n := p.Replies(); n != 4 {
		t.Errorf("%d replies were counted, want 4", n)
	}
}

// driver is a client of Redis with one connection that is ready for use.
func driver(t *testing.T, p *chaos.Proxy, retries int) *redis.Client {
	t.Helper()
	rdb := redis.NewClient(&redis.Options{
		Addr: p.Addr, MaxRetries: retries, PoolSize: 1, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	t.Cleanup(func() { rdb.Close() })
	if err := rdb.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	return rdb
}

func TestLostReplyOfRedisWasExecutedAndEarlierOnesOfThePipelineArrive(t *testing.T) {
	server := miniredis.RunT(t)
	p := chaos.Start(t, server.Addr(), chaos.RESP, 1)
	dropped := p.DropReply(3)
	c := dial(t, p)
	value := strings.Repeat("+x\r\n", 100)
	fmt.Fprintf(c, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$%d\r\n%s\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n", len(value), value)
	got, err := io.ReadAll(c)
	if want := fmt.Sprintf("+OK\r\n$%d\r\n%s\r\n", len(value), value); string(got) != want || err != nil {
		t.Errorf("%q arrives, %v, want %q", got, err, want)
	}
	<-dropped
	if n, _ := server.Get("n"); n != "1" {
		t.Errorf("the command whose reply was lost ran %q times", n)
	}
}

func TestRepliesOfRedisPassWhole(t *testing.T) {
	server := miniredis.RunT(t)
	p := chaos.Start(t, server.Addr(), chaos.RESP, 1)
	rdb := driver(t, p, 3)
	before := p.Replies()
	got, err := rdb.Eval(t.Context(), `return {1, {'two', {3}}, false, {}}`, nil).Result()
	if fmt.Sprint(got, err) != "[1 [two [3]] <nil> []] <nil>" {
		t.Errorf("nested replies arrive as %v, %v", got, err)
	}
	if n := p.Replies() - before; n != 1 {
		t.Errorf("one reply counts as %d", n)
	}
}

func TestDriverThatRepeatsRunsACommandTwice(t *testing.T) {
	server := miniredis.RunT(t)
	p := chaos.Start(t, server.Addr(), chaos.RESP, 1)
	rdb := driver(t, p, 3)
	p.DropReply(1)
	if n, err := rdb.Incr(t.Context(), "n").Result(); n != 2 || err != nil {
		t.Errorf("INCR answers %d, %v; a lost reply should have made it run twice", n, err)
	}
}

func TestFrozenConnectionStaysOpenAndGoesOnAfterTheThaw(t *testing.T) {
	p := chaos.Start(t, echo(t), chaos.Turns, 1)
	c := dial(t, p)
	c.must("before")
	p.Freeze()
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := c.ask("frozen"); !timedOut(err) {
		t.Fatalf("a frozen connection answers %v", err)
	}
	fresh := dial(t, p)
	_ = fresh.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := fresh.ask("new"); !timedOut(err) {
		t.Errorf("a new connection answers %v during the freeze", err)
	}
	p.Thaw()
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	if line, err := c.r.ReadString('\n'); line != "frozen\n" {
		t.Errorf("after the thaw comes %q, %v", line, err)
	}
}

func TestOnlyIdleConnectionsFreeze(t *testing.T) {
	p := chaos.Start(t, echo(t), chaos.Turns, 1)
	idle, busy := dial(t, p), dial(t, p)
	idle.must("hello")
	for deadline := time.Now().Add(time.Minute); p.FreezeIdle(time.Second) == 0; { // longer than a busy machine holds up this test
		busy.must("still here")
		if time.Now().After(deadline) {
			t.Fatal("no connection is idle")
		}
	}
	_ = idle.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := idle.ask("x"); !timedOut(err) {
		t.Errorf("the idle connection answers %v", err)
	}
	busy.must("x")
	dial(t, p).must("new")
}

func TestCutComesAtTheSameByteWithTheSameSeed(t *testing.T) {
	server := echo(t)
	lengths := func(seed uint64) (out []int) {
		p := chaos.Start(t, server, chaos.Turns, seed)
		p.Shape(chaos.Shape{CutAfter: 1000})
		for range 3 {
			c := dial(t, p)
			go fmt.Fprintln(c, strings.Repeat("x", 2000))
			data, _ := io.ReadAll(c.r)
			out = append(out, len(data))
		}
		return out
	}
	a, b, c := lengths(7), lengths(7), lengths(8)
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("the same seed cuts at %v and at %v", a, b)
	}
	if fmt.Sprint(a) == fmt.Sprint(c) {
		t.Errorf("another seed cuts at the same bytes %v", a)
	}
}

func TestSlicedAndDelayedBytesArriveInOrder(t *testing.T) {
	p := chaos.Start(t, echo(t), chaos.Turns, 1)
	p.Shape(chaos.Shape{Slice: 1, Delay: time.Millisecond})
	c := dial(t, p)
	began := time.Now()
	c.must("the quick brown fox")
	if time.Since(began) < 2*time.Millisecond {
		t.Error("nothing was delayed")
	}
}

func TestRefusedAndCutConnectionsAreReset(t *testing.T) {
	p := chaos.Start(t, echo(t), chaos.Turns, 1)
	open := dial(t, p)
	open.must("hello")
	p.Refuse(true)
	if _, err := open.ask("x"); err == nil {
		t.Error("an open connection survives")
	}
	if c, err := net.Dial("tcp", p.Addr); err == nil {
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		if n, err := c.Read(make([]byte, 1)); err == nil || timedOut(err) {
			t.Errorf("a refused connection reads %d, %v", n, err)
		}
	}
	p.Refuse(false)
	dial(t, p).must("hello again")
}
