package sandbox

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"clew/internal/sandbox/child"
)

// environment is one execution environment: one process that serves one
// invocation at a time. A single goroutine, run, is the whole state machine; the
// Runtime API's handlers only pass it messages.
type environment struct {
	fn      *function
	id      string // 32 hex digits, unique
	work    chan *invocation
	doomed  chan struct{} // closed under fn.mu: end as soon as no invocation runs
	asks    chan ask      // GET …/next
	answers chan answer   // POST …/response, …/error and init/error

	// Owned by run.
	api       *runtimeAPI
	proc      *child.Process
	next      ask           // the runtime's pending /next while idle
	initTook  time.Duration // reported once, with the first invocation
	cold      bool
	requestID logTag // what lines written now belong to
}

func newEnvironment(f *function) *environment {
	return &environment{
		fn:      f,
		id:      randomHex(16),
		work:    make(chan *invocation, 1),
		doomed:  make(chan struct{}),
		asks:    make(chan ask),
		answers: make(chan answer),
		cold:    true,
	}
}

// end says why an invocation or an environment is over.
type end int

const (
	endReady end = iota // the runtime asked for the next event
	endTimeout
	endExit
	endInitError
	endStopped
)

// run serves invocations until the environment is discarded. The first
// invocation lies in work already.
func (e *environment) run() {
	defer e.fn.forget(e)
	defer e.shutdown()
	inv := <-e.work
	if !e.start(inv) {
		return
	}
	for {
		if !e.serve(inv) {
			return
		}
		e.proc.Freeze()
		if inv = e.rest(); inv == nil {
			return
		}
		e.proc.Thaw()
	}
}

// rest waits, frozen, for work. nil: the environment shall end.
func (e *environment) rest() *invocation {
	if !e.fn.park(e) {
		return nil
	}
	expired := make(chan struct{})
	stop := e.fn.box.opts.Clock.AfterFunc(e.fn.box.opts.IdleAfter, func() { close(expired) })
	defer stop()
	select {
	case inv := <-e.work:
		return inv
	case <-expired:
	case <-e.doomed:
	case <-e.proc.Exited():
	case <-e.fn.box.stop:
	}
	if e.fn.unpark(e) {
		return nil
	}
	return <-e.work // given away while we woke up
}

// start initialises the runtime for inv. When that takes longer than the limit it
// is done again inside the invocation, against the function's own timeout.
func (e *environment) start(inv *invocation) bool {
	why, a := e.boot(e.fn.box.opts.InitLimit)
	if why == endTimeout {
		e.platform("", "INIT_REPORT Init Duration: %.2f ms\tPhase: init\tStatus: timeout", ms(e.initTook))
		e.shutdown()
		why, a = e.boot(e.fn.Timeout)
		e.initTook = 0 // its time is part of the invocation's
	}
	if why == endReady {
		return true
	}
	e.platform(inv.RequestID, "START RequestId: %s Version: $LATEST", inv.RequestID)
	switch why {
	case endTimeout:
		inv.finish(e.timedOut(inv))
	case endInitError:
		inv.finish(Result{FunctionError: "Unhandled", Payload: a.body})
	case endStopped:
		inv.fail(ErrStopped)
	default:
		inv.finish(e.exited(inv))
	}
	e.report(inv, e.initTook, why)
	return false
}

// boot starts the process and waits for its first /next.
func (e *environment) boot(limit time.Duration) (end, answer) {
	clock := e.fn.box.opts.Clock
	began := clock.Now()
	defer func() { e.initTook = clock.Now().Sub(began) }()
	if err := e.launch(); err != nil {
		e.platform("", "INIT_REPORT Status: error\tError Type: Runtime.InvalidEntrypoint\tError: %v", err)
		return endExit, answer{}
	}
	late := make(chan struct{})
	stop := clock.AfterFunc(limit, func() { close(late) })
	defer stop()
	for {
		select {
		case e.next = <-e.asks:
			return endReady, answer{}
		case a := <-e.answers:
			if a.kind != initError {
				a.verdict <- refusedState
				continue
			}
			a.verdict <- accepted
			e.kill()
			return endInitError, a
		case <-late:
			return endTimeout, answer{}
		case <-e.proc.Exited():
			return endExit, answer{}
		case <-e.fn.box.stop:
			return endStopped, answer{}
		}
	}
}

func (e *environment) launch() error {
	api, err := serveRuntimeAPI(e)
	if err != nil {
		return err
	}
	e.api = api
	e.proc, err = e.fn.box.starter.Start(child.Command{
		Args: e.fn.Command,
		Dir:  e.fn.Dir,
		Env:  e.environ(api.addr),
		Out:  &lineWriter{emit: e.line},
	})
	return err
}

// serve runs one invocation to its end; false means the environment is spent.
func (e *environment) serve(inv *invocation) bool {
	clock := e.fn.box.opts.Clock
	began := clock.Now()
	e.requestID.set(inv.RequestID)
	e.platform(inv.RequestID, "START RequestId: %s Version: $LATEST", inv.RequestID)
	why := e.carry(inv, began)
	switch why {
	case endTimeout:
		e.kill()
		inv.finish(e.timedOut(inv))
	case endExit:
		inv.finish(e.exited(inv))
	case endStopped:
		inv.fail(ErrStopped)
	}
	e.report(inv, clock.Now().Sub(began), why)
	e.cold = false
	return why == endReady
}

// carry gives inv to the runtime and returns when the runtime is back in /next.
func (e *environment) carry(inv *invocation, began time.Time) end {
	late := make(chan struct{})
	stop := e.fn.box.opts.Clock.AfterFunc(e.fn.Timeout, func() { close(late) })
	defer stop()
	e.next.reply <- event{invocation: inv, deadline: began.Add(e.fn.Timeout)}
	answered := false
	for {
		select {
		case a := <-e.answers:
			switch {
			case a.requestID != inv.RequestID:
				a.verdict <- refusedID
			case answered || a.kind == initError:
				a.verdict <- refusedState
			default:
				answered = true
				a.verdict <- accepted
				inv.finish(a.result())
			}
		case n := <-e.asks:
			if !answered {
				close(n.reply) // asking again without an answer is refused
				continue
			}
			e.next = n
			return endReady
		case <-late:
			return endTimeout
		case <-e.proc.Exited():
			return endExit
		case <-e.fn.box.stop:
			return endStopped
		}
	}
}

func (e *environment) kill() {
	if e.proc != nil {
		e.proc.Kill()
		<-e.proc.Exited()
	}
}

// shutdown ends the process and its Runtime API. Without extensions Lambda gives
// the runtime no time to say goodbye.
func (e *environment) shutdown() {
	e.kill()
	if e.api != nil {
		e.api.close()
	}
	e.proc, e.api = nil, nil
}

func (e *environment) timedOut(inv *invocation) Result {
	text := fmt.Sprintf("Task timed out after %.2f seconds", e.fn.Timeout.Seconds())
	at := e.fn.box.opts.Clock.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	e.platform(inv.RequestID, "%s %s %s", at, inv.RequestID, text)
	return failure("Sandbox.Timedout", "RequestId: "+inv.RequestID+" Error: "+text)
}

func (e *environment) exited(inv *invocation) Result {
	how := "exit status unknown"
	if e.proc != nil {
		if st := e.proc.State(); st != nil {
			how = st.String()
		}
	}
	return failure("Runtime.ExitError", "RequestId: "+inv.RequestID+" Error: Runtime exited with error: "+how)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand aborts the program instead
	return hex.EncodeToString(b)
}
