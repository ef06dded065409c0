//go:build e2e || crash

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// root is the top of the checkout, binary the server under test.
var (
	root   = filepath.Join("..", "..")
	binary = filepath.Join(root, "bin", "clew")
)

// process is a child that ends with the test; its output is shown on failure.
type process struct {
	cmd  *exec.Cmd
	out  *safeBuffer
	done chan struct{} // closed when err is set
	err  error
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("%v: run `make build` first", err)
	}
	p := &process{cmd: exec.Command(name, args...), out: &safeBuffer{}, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.Dir = root
	if name == binary {
		abs, err := filepath.Abs(binary)
		if err != nil {
			t.Fatal(err)
		}
		p.cmd.Path = abs
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.end(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("%s %v said:\n%s", filepath.Base(name), args, tail(p.out.String(), 60))
		}
	})
	return p
}

func tail(s string, lines int) string {
	all := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// end sends sig and waits; a process that does not end in 10 s is killed.
func (p *process) end(sig syscall.Signal) error {
	p.cmd.Process.Signal(sig)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		p.cmd.Process.Kill()
		<-p.done
		return fmt.Errorf("did not end in 10 s after %v", sig)
	}
	return p.err
}

// wait waits until the process ends by itself.
func (p *process) wait(t *testing.T, limit time.Duration) {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(limit):
		t.Fatalf("%v still runs after %v", p.cmd.Args, limit)
	}
}

// serve starts a server on dir and addr ("" picks a port) and waits until ready.
func serve(t *testing.T, dir, addr string, args ...string) (p *process, url string) {
	t.Helper()
	if addr == "" {
		addr = freeAddr(t)
	}
	args = append([]string{"serve", "--data", dir, "--listen", addr, "--otlp-grpc", "off", "--otlp-http", "off"}, args...)
	p = start(t, binary, args...)
	url = "http://" + addr
	eventually(t, 20*time.Second, "the server is ready", func() error { return status(url+"/readyz", http.StatusOK) })
	return p, url
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// eventually calls f until it returns nil, at most for limit.
func eventually(t *testing.T, limit time.Duration, what string, f func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %v: %v", what, limit, err)
		case <-tick.C:
		}
	}
}

func status(url string, want int) error {
	res, err := http.Get(url)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != want {
		return fmt.Errorf("%s answers %d, want %d", url, res.StatusCode, want)
	}
	return nil
}

func getJSON(url string, into any) error {
	res, err := http.Get(url)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 500))
		return fmt.Errorf("%s answers %d: %s", url, res.StatusCode, text)
	}
	return json.NewDecoder(bufio.NewReader(res.Body)).Decode(into)
}
