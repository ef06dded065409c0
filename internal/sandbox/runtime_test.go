package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// The test binary is also the functions' runtime: started again with runtimeEnv
// set, it speaks the Runtime API and does what each event says.
const runtimeEnv = "CLEW_TEST_RUNTIME"

func TestMain(m *testing.M) {
	if mode := os.Getenv(runtimeEnv); mode != "" {
		os.Exit(scriptedRuntime(mode))
	}
	os.Exit(m.Run())
}

type script struct {
	Do   string `json:"do"`
	Arg  string `json:"arg"`
	Once string `json:"once"` // a file: fail while it does not exist, and create it
}

func scriptedRuntime(mode string) int {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"
	switch mode {
	case "exit":
		return 3
	case "hang":
		sleepForever()
	case "error":
		post(api+"init/error", `{"errorType":"Init.Broken","errorMessage":"no handler"}`)
		sleepForever()
	}
	fmt.Println("runtime is up")
	for n := 0; ; n++ {
		resp, err := http.Get(api + "invocation/next")
		if err != nil {
			return 1
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		id := resp.Header.Get("Lambda-Runtime-Aws-Request-Id")
		var s script
		_ = json.Unmarshal(body, &s)
		act(api, id, n, s, resp.Header)
	}
}

func act(api, id string, n int, s script, h http.Header) {
	at := api + "invocation/" + id
	switch s.Do {
	case "hang":
		sleepForever()
	case "exit":
		os.Exit(7)
	case "error":
		post(at+"/error", `{"errorType":"KeyError","errorMessage":"'user'"}`)
	case "fail-once":
		if _, err := os.Stat(s.Once); err != nil {
			_ = os.WriteFile(s.Once, nil, 0o600)
			post(at+"/error", `{"errorType":"Transient"}`)
			return
		}
		post(at+"/response", `"second time"`)
	case "wrong-id":
		code := post(api+"invocation/nobody/response", `1`)
		post(at+"/response", strconv.Itoa(code))
	case "next-too-early":
		resp, err := http.Get(api + "invocation/next")
		if err != nil {
			os.Exit(1)
		}
		resp.Body.Close()
		post(at+"/response", strconv.Itoa(resp.StatusCode))
	case "big":
		post(at+"/response", `"`+string(bytes.Repeat([]byte("x"), maxPayload))+`"`)
	case "env":
		post(at+"/response", quote(os.Getenv(s.Arg)))
	case "header":
		post(at+"/response", quote(h.Get(s.Arg)))
	default:
		fmt.Println("line one\nline two of", id)
		post(at+"/response", fmt.Sprintf(`{"pid":%d,"n":%d}`, os.Getpid(), n))
	}
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func post(url, body string) int {
	resp, err := http.Post(url, "application/json", bytes.NewReader([]byte(body)))
	if err != nil {
		os.Exit(1)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// box is a sandbox with one function f on the scripted runtime, and its log.
type box struct {
	*Sandbox
	t   *testing.T
	mu  sync.Mutex
	log []Line
}

func newBox(t *testing.T, mode string, o Options, f Function) *box {
	t.Helper()
	b := &box{t: t}
	o.Log = func(l Line) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.log = append(b.log, l)
	}
	b.Sandbox = New(o)
	t.Cleanup(b.Stop)
	f.Name, f.Command = "f", []string{os.Args[0]}
	f.Env = append(f.Env, runtimeEnv+"="+mode)
	if err := b.Register(f); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *box) lines() []Line {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Line(nil), b.log...)
}

func (b *box) invoke(payload string) Result {
	b.t.Helper()
	res, err := b.Invoke(b.t.Context(), Request{Function: "f", Payload: []byte(payload)})
	if err != nil {
		b.t.Fatal(err)
	}
	return res
}

// reply is what the scripted runtime's default action answers.
type reply struct{ PID, N int }

func (b *box) ping() (r reply) {
	b.t.Helper()
	res := b.invoke(`{}`)
	if err := json.Unmarshal(res.Payload, &r); err != nil || res.FunctionError != "" {
		b.t.Fatalf("ping = %+v, %v", res, err)
	}
	return r
}

// eventually polls cond, because what it looks at is another process.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if cond() {
			return
		}
	}
	t.Fatalf("%s: did not happen within 10 s", what)
}

// sleepForever is no empty select, which the Go runtime takes for a deadlock.
func sleepForever() { time.Sleep(math.MaxInt64) }
