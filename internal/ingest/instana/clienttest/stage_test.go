//go:build clients

package clienttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/instana"
	"clew/internal/sandbox"
)

// xrayHeader is the trace header that every function is invoked with.
const (
	xrayRoot   = "6b012a58d4a39e644022402da8702c9e"
	xrayHeader = "Root=1-6b012a58-d4a39e644022402da8702c9e;Parent=0123456789abcdef;Sampled=0"
)

// stage is a cache, a service that answers with the headers it was sent, and the
// traced functions.
type stage struct {
	t    *testing.T
	st   *ingesttest.Store
	door *ingest.Door
	sent *ingesttest.Recorder
	box  *sandbox.Sandbox

	mu    sync.Mutex // guards what follows
	lines []sandbox.Line
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t}
	st, door, addr := ingesttest.Door(t, instana.Receiver)
	s.st, s.door = st, door
	s.sent = ingesttest.Record(t, addr)
	over := make(chan struct{})
	auth := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-over
			return
		}
		if err := json.NewEncoder(w).Encode(r.Header); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(auth.Close)
	t.Cleanup(func() { close(over) })
	cache := miniredis.RunT(t)
	if err := cache.Set("post:1", "a day"); err != nil {
		t.Fatal(err)
	}
	s.box = sandbox.New(sandbox.Options{InitLimit: time.Minute, Log: s.line})
	t.Cleanup(s.box.Stop)
	s.register([]string{
		"INSTANA_ENDPOINT_URL=" + s.sent.URL, "INSTANA_AGENT_KEY=" + ingesttest.Token, "INSTANA_DEV_SEND_UNENCRYPTED=true",
		"INSTANA_DISABLE_LAMBDA_EXTENSION=true", "INSTANA_TIMEOUT=20000", "AUTH_URL=" + auth.URL, "NODE_NO_WARNINGS=1", "NO_PROXY=*",
	}, cache.Addr())
	return s
}

func (s *stage) register(common []string, cache string) {
	add := func(f sandbox.Function, env ...string) {
		f.Dir = ingesttest.Installed(s.t, f.Dir)
		f.MemoryMB, f.Env = 256, append(append([]string{}, common...), env...)
		if err := s.box.Register(f); err != nil {
			s.t.Fatal(err)
		}
	}
	const long = time.Minute // for machines that do much else
	node := func(name, export string, timeout time.Duration, env ...string) {
		add(sandbox.Function{
			Name: name, Command: []string{"node", ingesttest.Installed(s.t, "../../../sandbox/runtime/runtime.js")}, Dir: "node", Handler: "functions." + export, Runtime: "nodejs20.x", Timeout: timeout,
		}, append(env, "REDIS_URL=redis://"+cache)...)
	}
	node("node-view", "view", long)
	node("node-broken", "broken", long)
	node("node-stuck", "stuck", 4*time.Second) // the client looks at limits of 2.5 s and more
	node("node-stranger", "broken", long, "INSTANA_AGENT_KEY=wrong")
	add(sandbox.Function{
		Name: "python-view", Command: []string{ingesttest.Installed(s.t, "python/.venv/bin/python"), "-W", "ignore", "-m", "awslambdaric", "instana.lambda_handler"},
		Dir: "python", Handler: "instana.lambda_handler", Runtime: "python3.11", Timeout: long,
	}, "LAMBDA_HANDLER=functions.view", "REDIS_URL=redis://"+cache)
}

func (s *stage) line(l sandbox.Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, l)
}

// said is all that functions and platform wrote.
func (s *stage) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, l := range s.lines {
		fmt.Fprintf(&b, "%s: %s\n", l.Function, l.Text)
	}
	return b.String()
}

// invoke calls a function and returns its answer.
func (s *stage) invoke(function, event string) sandbox.Result {
	s.t.Helper()
	res, err := s.box.Invoke(s.t.Context(), sandbox.Request{Function: function, Payload: []byte(event), TraceHeader: xrayHeader})
	if err != nil {
		s.t.Fatalf("%v\n%s", err, s.said())
	}
	return res
}

// wait waits until what comes on other goroutines has come.
func (s *stage) wait(what string, done func() bool) {
	s.t.Helper()
	end := time.Now().Add(time.Minute)
	for !done() {
		if time.Now().After(end) {
			s.t.Fatalf("%s did not come\n%s\nrefused: %v", what, s.said(), s.door.Refused())
		}
		time.Sleep(10 * time.Millisecond)
	}
}
