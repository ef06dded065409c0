package demo

import (
	"bytes"
	"io"
	"net"
	"sync"
	"time"
)

// redisProxy stands between a function and Redis and makes GET and SET commands
// slow, stuck or broken. Everything else passes.
type redisProxy struct {
	listener net.Listener
	backend  string
	done     chan struct{} // closed by close
	work     sync.WaitGroup

	mu    sync.Mutex // guards what follows
	slow  time.Duration
	stuck time.Duration // of the next command
	cut   bool          // the next command's connection
	conns map[net.Conn]struct{}
}

func newRedisProxy(backend string) (*redisProxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &redisProxy{listener: l, backend: backend, done: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	p.work.Add(1)
	go p.accept()
	return p, nil
}

func (p *redisProxy) addr() string { return p.listener.Addr().String() }

// delay makes every command take d longer.
func (p *redisProxy) delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slow = d
}

// stallNext holds the next command for d.
func (p *redisProxy) stallNext(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stuck = d
}

// cutNext closes the connection of the next command.
func (p *redisProxy) cutNext() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
}

func (p *redisProxy) close() {
	close(p.done)
	_ = p.listener.Close()
	p.mu.Lock()
	for c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.work.Wait()
}

func (p *redisProxy) accept() {
	defer p.work.Done()
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.backend)
		if err != nil {
			_ = client.Close()
			continue
		}
		if !p.track(client, server) {
			return
		}
		go p.toServer(client, server)
		go p.toClient(client, server)
	}
}

// track notes both ends so that close can end them; false: it is too late.
func (p *redisProxy) track(client, server net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		_, _ = client.Close(), server.Close()
		return false
	default:
	}
	p.conns[client], p.conns[server] = struct{}{}, struct{}{}
	p.work.Add(2)
	return true
}

func (p *redisProxy) drop(c net.Conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *redisProxy) toServer(client, server net.Conn) {
	defer p.work.Done()
	defer p.drop(server)
	defer p.drop(client)
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if isCommand(buf[:n]) && !p.suffer() {
			return
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (p *redisProxy) toClient(client, server net.Conn) {
	defer p.work.Done()
	defer p.drop(client)
	_, _ = io.Copy(client, server) // either end may close at any time
}

// suffer applies the faults in force; false: close the connection.
func (p *redisProxy) suffer() bool {
	p.mu.Lock()
	wait, cut := p.slow+p.stuck, p.cut
	p.stuck, p.cut = 0, false
	p.mu.Unlock()
	if cut {
		return false
	}
	if wait == 0 {
		return true
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-p.done:
		return false
	}
}

func isCommand(chunk []byte) bool {
	return bytes.Contains(chunk, []byte("\r\nGET\r\n")) || bytes.Contains(chunk, []byte("\r\nSET\r\n"))
}
