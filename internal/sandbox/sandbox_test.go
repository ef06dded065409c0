package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestWarmInvocationsShareAProcess(t *testing.T) {
	b := newBox(t, "ok", Options{}, Function{})
	first := b.ping()
	eventually(t, "frozen", func() bool { return state(first.PID) == "T" })
	second := b.ping()
	if second.PID != first.PID || second.N != 1 {
		t.Errorf("second invocation = %+v after %+v, want the same process", second, first)
	}
	eventually(t, "frozen again", func() bool { return state(first.PID) == "T" })
	var reports []string
	for _, l := range b.lines() {
		if strings.HasPrefix(l.Text, "REPORT ") {
			reports = append(reports, l.Text)
		}
	}
	want := regexp.MustCompile(`^REPORT RequestId: [0-9a-f-]{36}\tDuration: [0-9.]+ ms\tBilled Duration: [0-9]+ ms\tMemory Size: 128 MB\tMax Memory Used: [1-9][0-9]* MB\t(Init Duration: [0-9.]+ ms\t)?$`)
	if len(reports) != 2 {
		t.Fatalf("reports = %q, want 2", reports)
	}
	for i, r := range reports {
		if m := want.FindStringSubmatch(r); m == nil || (m[1] != "") != (i == 0) {
			t.Errorf("report %d = %q; only the first may have an Init Duration", i, r)
		}
	}
}

func TestConcurrentInvocationsGetTheirOwnProcess(t *testing.T) {
	b := newBox(t, "ok", Options{}, Function{Concurrency: 2, Timeout: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var held sync.WaitGroup
	held.Add(2)
	for range 2 {
		go func() {
			defer held.Done()
			_, _ = b.Invoke(ctx, Request{Function: "f", Payload: []byte(`{"do":"hang"}`)}) // ends with ctx
		}()
	}
	eventually(t, "two environments", func() bool { return count(b.lines(), "START ") == 2 })
	if _, err := b.Invoke(t.Context(), Request{Function: "f"}); !errors.Is(err, ErrThrottled) {
		t.Errorf("third invocation: %v, want %v", err, ErrThrottled)
	}
	cancel()
	held.Wait()
}

func TestTimeoutDiscardsTheEnvironment(t *testing.T) {
	b := newBox(t, "ok", Options{}, Function{Timeout: time.Second})
	first := b.ping()
	eventually(t, "frozen", func() bool { return state(first.PID) == "T" })
	res := b.invoke(`{"do":"hang"}`)
	want := `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: ` + res.RequestID + ` Error: Task timed out after 1.00 seconds"}`
	if res.FunctionError != "Unhandled" || string(res.Payload) != want {
		t.Errorf("timeout = %+v %s, want %s", res, res.Payload, want)
	}
	if next := b.ping(); next.PID == first.PID || next.N != 0 {
		t.Errorf("after a timeout = %+v, want a new process", next)
	}
	eventually(t, "old process gone", func() bool { return gone(first.PID) })
	if count(b.lines(), "Status: timeout") != 1 {
		t.Error("no REPORT with Status: timeout")
	}
}

func TestFailures(t *testing.T) {
	f := func(mode, payload string, limit time.Duration, wantType string) {
		t.Helper()
		b := newBox(t, mode, Options{InitLimit: limit}, Function{Timeout: limit})
		res := b.invoke(payload)
		var got struct{ ErrorType, ErrorMessage string }
		if err := json.Unmarshal(res.Payload, &got); err != nil {
			t.Fatal(err)
		}
		if res.FunctionError != "Unhandled" || got.ErrorType != wantType {
			t.Errorf("%s %s = %+v, want %s", mode, payload, got, wantType)
		}
		if count(b.lines(), "END RequestId") > 1 {
			t.Errorf("%s %s: more than one END", mode, payload)
		}
	}
	f("ok", `{"do":"exit"}`, time.Minute, "Runtime.ExitError")
	f("ok", `{"do":"error"}`, time.Minute, "KeyError")
	f("ok", `{"do":"big"}`, time.Minute, "Function.ResponseSizeTooLarge")
	f("exit", `{}`, time.Minute, "Runtime.ExitError")
	f("error", `{}`, time.Minute, "Init.Broken")
	f("hang", `{}`, 200*time.Millisecond, "Sandbox.Timedout")
}

func TestRuntimeAPIRefusesWrongTransitions(t *testing.T) {
	b := newBox(t, "ok", Options{}, Function{})
	if got := string(b.invoke(`{"do":"wrong-id"}`).Payload); got != "400" {
		t.Errorf("answer for another request = %s, want 400", got)
	}
	if got := string(b.invoke(`{"do":"next-too-early"}`).Payload); got != "403" {
		t.Errorf("next without an answer = %s, want 403", got)
	}
}

func TestEnvironmentAndHeaders(t *testing.T) {
	b := newBox(t, "ok", Options{Region: "eu-west-1", Account: "111122223333", Env: []string{"FROM=box"}},
		Function{Handler: "app.handler", MemoryMB: 256, Runtime: "nodejs20.x"})
	f := func(do, arg, want string) {
		t.Helper()
		res := b.invoke(`{"do":"` + do + `","arg":"` + arg + `"}`)
		var got string
		if err := json.Unmarshal(res.Payload, &got); err != nil || !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s %s = %q, want %s", do, arg, got, want)
		}
	}
	f("env", "AWS_LAMBDA_FUNCTION_NAME", "^f$")
	f("env", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "^256$")
	f("env", "AWS_LAMBDA_FUNCTION_VERSION", `^\$LATEST$`)
	f("env", "AWS_LAMBDA_LOG_GROUP_NAME", "^/aws/lambda/f$")
	f("env", "AWS_LAMBDA_LOG_STREAM_NAME", `^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$`)
	f("env", "AWS_REGION", "^eu-west-1$")
	f("env", "AWS_EXECUTION_ENV", `^AWS_Lambda_nodejs20\.x$`)
	f("env", "_HANDLER", `^app\.handler$`)
	f("env", "FROM", "^box$")
	f("env", "HOME", "^$")
	f("header", "Lambda-Runtime-Aws-Request-Id", `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	f("header", "Lambda-Runtime-Invoked-Function-Arn", "^arn:aws:lambda:eu-west-1:111122223333:function:f$")
	f("header", "Lambda-Runtime-Deadline-Ms", `^\d{13}$`)
	f("header", "Lambda-Runtime-Trace-Id", "^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$")
}

func TestAsyncInvocationIsRetried(t *testing.T) {
	b := newBox(t, "ok", Options{RetryDelays: []time.Duration{0, 0}}, Function{})
	once := filepath.Join(t.TempDir(), "once")
	payload, _ := json.Marshal(script{Do: "fail-once", Once: once})
	id, err := b.InvokeAsync(Request{Function: "f", Payload: payload})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "two attempts under one id", func() bool { return count(b.lines(), "START RequestId: "+id) == 2 })

	id, err = b.InvokeAsync(Request{Function: "f", Payload: []byte(`{"do":"error"}`)})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "event dropped", func() bool { return count(b.lines(), "dropped after 2 retries RequestId: "+id) == 1 })
	if n := count(b.lines(), "START RequestId: "+id); n != 3 {
		t.Errorf("attempts = %d, want 3", n)
	}
}

func TestIdleEnvironmentsExpire(t *testing.T) {
	clock := &manualClock{now: time.Unix(1_700_000_000, 0)}
	b := newBox(t, "ok", Options{Clock: clock}, Function{})
	first := b.ping()
	eventually(t, "frozen", func() bool { return state(first.PID) == "T" })
	eventually(t, "expiry timer", func() bool { return clock.waiting() > 0 })
	clock.advance(9 * time.Minute)
	if again := b.ping(); again.PID != first.PID {
		t.Errorf("after 9 idle minutes: process %d, want %d", again.PID, first.PID)
	}
	eventually(t, "frozen", func() bool { return state(first.PID) == "T" })
	eventually(t, "expired", func() bool { clock.advance(10 * time.Minute); return gone(first.PID) })
}

func TestRecycleStartsCold(t *testing.T) {
	b := newBox(t, "ok", Options{}, Function{})
	first := b.ping()
	eventually(t, "frozen", func() bool { return state(first.PID) == "T" })
	if err := b.Recycle("f"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "old process gone", func() bool { return gone(first.PID) })
	if next := b.ping(); next.PID == first.PID {
		t.Error("recycled environment was used again")
	}
	if err := b.Recycle("nobody"); !errors.Is(err, ErrNoFunction) {
		t.Errorf("Recycle(nobody) = %v", err)
	}
}

func TestKilledWhileFrozenIsReplaced(t *testing.T) {
	b := newBox(t, "ok", Options{}, Function{})
	first := b.ping()
	eventually(t, "frozen", func() bool { return state(first.PID) == "T" })
	if err := syscall.Kill(first.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "environment discarded", func() bool { return gone(first.PID) && b.environments() == 0 })
	if next := b.ping(); next.PID == first.PID {
		t.Error("dead process was used again")
	}
}

func TestStopEndsEverything(t *testing.T) {
	b := newBox(t, "ok", Options{}, Function{Timeout: time.Minute})
	idle := b.ping()
	eventually(t, "frozen", func() bool { return state(idle.PID) == "T" })
	failed := make(chan error, 1)
	go func() {
		_, err := b.Invoke(context.Background(), Request{Function: "f", Payload: []byte(`{"do":"hang"}`)})
		failed <- err
	}()
	eventually(t, "busy", func() bool { return count(b.lines(), "START ") == 2 })
	b.Stop()
	if err := <-failed; !errors.Is(err, ErrStopped) {
		t.Errorf("invocation under way: %v, want %v", err, ErrStopped)
	}
	if !gone(idle.PID) {
		t.Error("a process outlived Stop")
	}
	if _, err := b.Invoke(t.Context(), Request{Function: "f"}); !errors.Is(err, ErrStopped) {
		t.Errorf("invoke after Stop: %v", err)
	}
}

func TestLinesCarryTheirRequest(t *testing.T) {
	b := newBox(t, "ok", Options{}, Function{})
	res := b.invoke(`{}`)
	eventually(t, "lines", func() bool { return count(b.lines(), "line two") == 1 })
	for _, l := range b.lines() {
		if l.Text == "line one" && l.RequestID != res.RequestID {
			t.Errorf("line has request id %q, want %q", l.RequestID, res.RequestID)
		}
	}
	if count(b.lines(), "line one") != 1 || count(b.lines(), "line two of "+res.RequestID) != 1 {
		t.Errorf("lines = %+v", b.lines())
	}
}

func TestLineWriterCutsLines(t *testing.T) {
	var got []string
	w := &lineWriter{emit: func(s string) { got = append(got, s) }}
	for _, p := range []string{"a", "b\nc\n", "", "\n", strings.Repeat("x", maxLine+1), "\n"} {
		if n, err := w.Write([]byte(p)); n != len(p) || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	want := []string{"ab", "c", "", strings.Repeat("x", maxLine), "x"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("lines of %d parts, want %d", len(got), len(want))
	}
}

func (b *box) environments() int {
	f, err := b.function("f")
	if err != nil {
		b.t.Fatal(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.all)
}

func count(lines []Line, part string) (n int) {
	for _, l := range lines {
		if strings.Contains(l.Text, part) {
			n++
		}
	}
	return n
}

// state is the process's state letter in /proc/PID/stat: T is stopped.
func state(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	s := string(b)
	return strings.Fields(s[strings.LastIndexByte(s, ')')+1:])[0]
}

func gone(pid int) bool { return state(pid) == "" }

// manualClock moves when told.
type manualClock struct {
	mu     sync.Mutex // guards what follows
	now    time.Time
	timers []*manualTimer
}

type manualTimer struct {
	at time.Time
	f  func()
}

func (c *manualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *manualClock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &manualTimer{c.now.Add(d), f}
	c.timers = append(c.timers, t)
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.removeLocked(t)
	}
}

func (c *manualClock) removeLocked(t *manualTimer) bool {
	for i, x := range c.timers {
		if x == t {
			c.timers = append(c.timers[:i], c.timers[i+1:]...)
			return true
		}
	}
	return false
}

func (c *manualClock) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}

func (c *manualClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for _, t := range append([]*manualTimer(nil), c.timers...) {
		if !t.at.After(c.now) && c.removeLocked(t) {
			go t.f()
		}
	}
}
