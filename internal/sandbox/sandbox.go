// Package sandbox is a Lambda on this machine: it starts functions as real
// processes, speaks the Runtime API with them, freezes them between invocations,
// times them out, starts them cold, and answers the official SDKs' Invoke calls.
// It is what tests and the demo run functions on. It does not emulate CPU shares,
// memory limits, IAM or the network, and it does no tracing of its own.
package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"clew/internal/sandbox/child"
)

// Clock is where the sandbox reads time and sets its timers.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f once, on its own goroutine, when d has passed. stop
	// reports whether it came in time.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now implements Clock.
func (SystemClock) Now() time.Time { return time.Now() }

// AfterFunc implements Clock.
func (SystemClock) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }

// Options describes the account and region that a sandbox plays.
type Options struct {
	Clock   Clock  // SystemClock when nil
	Region  string // us-east-1 when empty
	Account string // 123456789012 when empty
	// Env is given to every function, before the function's own.
	Env []string
	// IdleAfter is how long an environment lives without work; 0 is 10 minutes.
	IdleAfter time.Duration
	// InitLimit is how long initialisation may take before it is started again
	// inside the first invocation; 0 is Lambda's 10 s.
	InitLimit time.Duration
	// RetryDelays are the waits before an asynchronous invocation that failed is
	// tried again; nil is Lambda's 1 min and 2 min.
	RetryDelays []time.Duration
	// Log receives every line functions and platform write, one call at a time.
	// nil drops them.
	Log func(Line)
}

// Function is what Register takes.
type Function struct {
	Name        string
	Command     []string // the runtime: it must speak the Runtime API
	Dir         string   // LAMBDA_TASK_ROOT and the working directory
	Handler     string
	Runtime     string // AWS_EXECUTION_ENV without its prefix, such as nodejs20.x
	Env         []string
	Timeout     time.Duration // 0 is 3 s
	MemoryMB    int           // 0 is 128; told to the function and reported, not enforced
	Concurrency int           // most environments at once; 0 is 10
}

// Line is one line of a function's log group.
type Line struct {
	At          time.Time
	Function    string
	Environment string // last part of the log stream's name
	RequestID   string // the last invocation started; empty before the first
	Platform    bool   // START, END, REPORT and the like
	Text        string
}

// Errors of Register and Invoke.
var (
	ErrNoFunction = errors.New("function not found")
	ErrThrottled  = errors.New("rate exceeded")
	ErrTooLarge   = errors.New("payload too large")
	ErrBadPayload = errors.New("payload is not JSON")
	ErrStopped    = errors.New("sandbox is stopped")
)

// Sandbox runs functions until Stop.
type Sandbox struct {
	opts    Options
	starter *child.Starter
	stop    chan struct{} // closed by Stop
	work    sync.WaitGroup

	mu        sync.Mutex // guards what follows
	functions map[string]*function
	stopped   bool

	logMu sync.Mutex // serialises opts.Log
}

// New returns a running sandbox without functions.
func New(opts Options) *Sandbox {
	if opts.Clock == nil {
		opts.Clock = SystemClock{}
	}
	if opts.Region == "" {
		opts.Region = "us-east-1"
	}
	if opts.Account == "" {
		opts.Account = "123456789012"
	}
	if opts.IdleAfter == 0 {
		opts.IdleAfter = 10 * time.Minute
	}
	if opts.InitLimit == 0 {
		opts.InitLimit = 10 * time.Second
	}
	if opts.RetryDelays == nil {
		opts.RetryDelays = []time.Duration{time.Minute, 2 * time.Minute}
	}
	return &Sandbox{
		opts:      opts,
		starter:   child.NewStarter(),
		stop:      make(chan struct{}),
		functions: map[string]*function{},
	}
}

// Register makes f invocable. Nothing is started before the first invocation.
func (s *Sandbox) Register(f Function) error {
	if f.Name == "" || len(f.Command) == 0 {
		return errors.New("sandbox: register function: a name and a command are needed")
	}
	if f.Timeout == 0 {
		f.Timeout = 3 * time.Second
	}
	if f.MemoryMB == 0 {
		f.MemoryMB = 128
	}
	if f.Concurrency == 0 {
		f.Concurrency = 10
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return fmt.Errorf("sandbox: register %s: %w", f.Name, ErrStopped)
	}
	if _, ok := s.functions[f.Name]; ok {
		return fmt.Errorf("sandbox: register %s: name is taken", f.Name)
	}
	s.functions[f.Name] = &function{Function: f, box: s, all: map[*environment]struct{}{}}
	return nil
}

// ARN returns the unqualified ARN of a function of this account and region.
func (s *Sandbox) ARN(name string) string {
	return "arn:aws:lambda:" + s.opts.Region + ":" + s.opts.Account + ":function:" + name
}

// Recycle ends the function's environments: the idle ones now, the busy ones
// after their invocation. Whoever invokes next starts cold.
func (s *Sandbox) Recycle(name string) error {
	f, err := s.function(name)
	if err != nil {
		return fmt.Errorf("sandbox: recycle %s: %w", name, err)
	}
	f.recycle()
	return nil
}

// Stop ends every process and returns when all are gone. Invocations under way
// fail with ErrStopped. A second Stop is a no-op.
func (s *Sandbox) Stop() {
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return
	}
	s.stopped = true
	s.mu.Unlock()
	close(s.stop)
	s.work.Wait()
	s.starter.Close()
}

func (s *Sandbox) function(name string) (*function, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil, ErrStopped
	}
	f, ok := s.functions[name]
	if !ok {
		return nil, ErrNoFunction
	}
	return f, nil
}

// spawn runs f on a goroutine that Stop waits for.
func (s *Sandbox) spawn(f func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return ErrStopped
	}
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		f()
	}()
	return nil
}

func (s *Sandbox) log(l Line) {
	if s.opts.Log == nil {
		return
	}
	l.At = s.opts.Clock.Now()
	s.logMu.Lock()
	defer s.logMu.Unlock()
	s.opts.Log(l)
}

// Handler serves the Invoke API.
func (s *Sandbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", s.serveInvoke)
	return mux
}
