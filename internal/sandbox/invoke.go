package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// Request is one call of a function.
type Request struct {
	Function      string
	Payload       []byte // JSON; empty is {}
	ClientContext string // JSON
	TraceHeader   string // X-Amzn-Trace-Id; made up when empty
	RequestID     string // made up when empty; retries keep it
}

// Result is how a call ended. FunctionError is empty when the handler returned.
type Result struct {
	RequestID     string
	FunctionError string
	Payload       []byte
}

// invocation is a request on its way through one environment.
type invocation struct {
	Request
	once   sync.Once
	done   chan struct{} // closed when result or err is set
	result Result
	err    error
}

// finish settles the call; only the first settlement counts.
func (i *invocation) finish(r Result) {
	i.once.Do(func() {
		r.RequestID = i.RequestID
		i.result = r
		close(i.done)
	})
}

func (i *invocation) fail(err error) {
	i.once.Do(func() {
		i.err = err
		close(i.done)
	})
}

// Invoke calls a function and waits for its answer. A handler's failure is a
// Result; an error means that the function was not run or did not come to an end.
// When ctx ends first the invocation goes on without the caller.
func (s *Sandbox) Invoke(ctx context.Context, r Request) (Result, error) {
	r, f, err := s.admit(r, maxPayload)
	if err != nil {
		return Result{}, err
	}
	res, err := s.attempt(ctx, f, r)
	if err != nil {
		return Result{}, fmt.Errorf("sandbox: invoke %s: %w", r.Function, err)
	}
	return res, nil
}

// maxAsync is Lambda's limit for asynchronous events.
const maxAsync = 1 << 20

// InvokeAsync queues a call, as SNS and Event invocations do: it is tried again
// when it fails, with the same request id, and waits while throttled.
func (s *Sandbox) InvokeAsync(r Request) (requestID string, err error) {
	r, f, err := s.admit(r, maxAsync)
	if err != nil {
		return "", err
	}
	if err := s.spawn(func() { s.deliver(f, r) }); err != nil {
		return "", fmt.Errorf("sandbox: invoke %s: %w", r.Function, err)
	}
	return r.RequestID, nil
}

// deliver tries until it worked or the retries are used up.
func (s *Sandbox) deliver(f *function, r Request) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	throttled := time.Second
	for failed := 0; ; {
		res, err := s.attempt(ctx, f, r)
		wait := throttled
		switch {
		case errors.Is(err, ErrThrottled):
			throttled = min(2*throttled, 5*time.Minute)
		case err != nil || res.FunctionError == "":
			return // done, or the sandbox is stopping
		case failed == len(s.opts.RetryDelays):
			s.log(Line{Function: f.Name, RequestID: r.RequestID, Platform: true,
				Text: "asynchronous event dropped after " + strconv.Itoa(failed) + " retries RequestId: " + r.RequestID})
			return
		default:
			wait = s.opts.RetryDelays[failed]
			failed++
		}
		if !s.sleep(wait) {
			return
		}
	}
}

// sleep waits for d; false means the sandbox is stopping.
func (s *Sandbox) sleep(d time.Duration) bool {
	over := make(chan struct{})
	stop := s.opts.Clock.AfterFunc(d, func() { close(over) })
	defer stop()
	select {
	case <-over:
		return true
	case <-s.stop:
		return false
	}
}

func (s *Sandbox) admit(r Request, limit int) (Request, *function, error) {
	fail := func(err error) (Request, *function, error) {
		return r, nil, fmt.Errorf("sandbox: invoke %s: %w", r.Function, err)
	}
	f, err := s.function(r.Function)
	if err != nil {
		return fail(err)
	}
	if len(r.Payload) == 0 {
		r.Payload = []byte("{}")
	}
	if len(r.Payload) > limit {
		return fail(ErrTooLarge)
	}
	if !json.Valid(r.Payload) {
		return fail(ErrBadPayload)
	}
	if r.RequestID == "" {
		r.RequestID = uuid4()
	}
	if r.TraceHeader == "" {
		now := strconv.FormatInt(s.opts.Clock.Now().Unix(), 16)
		r.TraceHeader = "Root=1-" + now + "-" + randomHex(12) + ";Parent=" + randomHex(8) + ";Sampled=0"
	}
	return r, f, nil
}

func (s *Sandbox) attempt(ctx context.Context, f *function, r Request) (Result, error) {
	inv := &invocation{Request: r, done: make(chan struct{})}
	if err := f.dispatch(inv); err != nil {
		return Result{}, err
	}
	select {
	case <-inv.done:
		return inv.result, inv.err
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}

// failure is the result Lambda itself words when the runtime cannot.
func failure(kind, message string) Result {
	body, _ := json.Marshal(struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}{kind, message}) // two strings always encode
	return Result{FunctionError: "Unhandled", Payload: body}
}

// uuid4 returns a random request id in Lambda's form.
func uuid4() string {
	h := []byte(randomHex(16))
	h[12] = '4'
	h[16] = "89ab"[h[16]&3]
	return string(h[:8]) + "-" + string(h[8:12]) + "-" + string(h[12:16]) + "-" + string(h[16:20]) + "-" + string(h[20:])
}
