package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"clew/internal/sandbox/child"
)

// service is a long-running process that says on its output where it listens.
type service struct {
	url  string
	proc *child.Process
}

const serviceStart = 30 * time.Second

// startService runs services/NAME.js and returns when it listens.
func (s *stage) startService(ctx context.Context, o Options, app App, name string, common []string) (*service, error) {
	out := &serviceOutput{log: o.Logger.With("service", name), port: make(chan int, 1)}
	env := append([]string{
		"PATH=" + os.Getenv("PATH"),
		"AWS_REGION=" + region,
		"AWS_ACCESS_KEY_ID=sandbox",
		"AWS_SECRET_ACCESS_KEY=sandbox",
		"OTEL_EXPORTER_OTLP_TIMEOUT=2000",
	}, common...)
	proc, err := s.starter.Start(child.Command{
		Args: []string{app.Node, filepath.Join(app.Dir, "services", name+".js")},
		Dir:  app.Dir, Env: env, Out: out,
	})
	if err != nil {
		return nil, fmt.Errorf("demo: start %s: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, serviceStart)
	defer cancel()
	select {
	case port := <-out.port:
		v := &service{url: "http://127.0.0.1:" + strconv.Itoa(port), proc: proc}
		fmt.Fprintf(o.Out, "%-18s %s\n", name, v.url)
		return v, nil
	case <-proc.Exited():
		return nil, fmt.Errorf("demo: start %s: %v: %s", name, proc.State(), out.tail())
	case <-ctx.Done():
		proc.Kill()
		return nil, fmt.Errorf("demo: start %s: %w: %s", name, ctx.Err(), out.tail())
	}
}

// serviceOutput logs lines, finds the port in them and keeps the last ones.
type serviceOutput struct {
	log  *slog.Logger
	port chan int

	mu   sync.Mutex // guards what follows
	held []byte
	last [][]byte
}

func (w *serviceOutput) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = append(w.held, p...)
	for {
		line, rest, ok := bytes.Cut(w.held, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		w.lineLocked(bytes.Clone(line))
		w.held = rest
	}
}

func (w *serviceOutput) lineLocked(line []byte) {
	w.log.Debug(string(line))
	if w.last = append(w.last, line); len(w.last) > 10 {
		w.last = w.last[1:]
	}
	var said struct{ Listening int }
	if json.Unmarshal(line, &said) == nil && said.Listening > 0 {
		select {
		case w.port <- said.Listening:
		default: // only the first counts
		}
	}
}

func (w *serviceOutput) tail() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Join(w.last, []byte("\n"))
}
