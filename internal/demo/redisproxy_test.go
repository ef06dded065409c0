package demo

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
)

func TestRedisProxy(t *testing.T) {
	redis := miniredis.RunT(t)
	if err := redis.Set("k", "v"); err != nil {
		t.Fatal(err)
	}
	p, err := newRedisProxy(redis.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()

	const get, ping = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "*1\r\n$4\r\nPING\r\n"
	c := dial(t, p.addr())
	f := func(command, want string, atLeast time.Duration) {
		t.Helper()
		began := time.Now()
		if got := c.ask(command); got != want {
			t.Errorf("%q = %q, want %q", command, got, want)
		}
		if took := time.Since(began); took < atLeast {
			t.Errorf("%q took %v, want at least %v", command, took, atLeast)
		}
	}
	f(get, "$1 v", 0)
	p.delay(30 * time.Millisecond)
	f(get, "$1 v", 30*time.Millisecond)
	f(get, "$1 v", 30*time.Millisecond)
	p.delay(0)
	p.stallNext(50 * time.Millisecond)
	f(ping, "+PONG", 0)
	f(get, "$1 v", 50*time.Millisecond)
	p.cutNext()
	f(ping, "+PONG", 0)
	f(get, "", 0)
	c = dial(t, p.addr())
	f(get, "$1 v", 0)
}

func TestRedisProxyClosesWhileACommandHangs(t *testing.T) {
	redis := miniredis.RunT(t)
	p, err := newRedisProxy(redis.Addr())
	if err != nil {
		t.Fatal(err)
	}
	p.stallNext(time.Hour)
	c := dial(t, p.addr())
	answered := make(chan string, 1)
	go func() { answered <- c.ask("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n") }()
	for taken := false; !taken; time.Sleep(time.Millisecond) {
		p.mu.Lock()
		taken = p.stuck == 0
		p.mu.Unlock()
	}
	p.close()
	if got := <-answered; got != "" {
		t.Errorf("answer of a closed proxy = %q", got)
	}
}

type redisClient struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(t *testing.T, addr string) redisClient {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return redisClient{conn, bufio.NewReader(conn)}
}

// ask returns the reply's lines joined, or nothing when the connection ended.
func (c redisClient) ask(command string) string {
	if _, err := c.conn.Write([]byte(command)); err != nil {
		return ""
	}
	line, err := c.in.ReadString('\n')
	if err != nil {
		return ""
	}
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "$") {
		value, err := c.in.ReadString('\n')
		if err != nil {
			return ""
		}
		line += " " + strings.TrimSpace(value)
	}
	return line
}
