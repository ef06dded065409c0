//go:build clients

package clienttest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"clew/internal/ingest"
	"clew/internal/ingest/epsagon"
	"clew/internal/ingest/ingesttest"
	"clew/internal/sandbox"
	"clew/internal/sandbox/aws"
)

// xrayHeader is the trace header that every function is invoked with.
const (
	xrayRoot   = "6b012a58d4a39e644022402da8702c9e"
	xrayHeader = "Root=1-6b012a58-d4a39e644022402da8702c9e;Parent=0123456789abcdef;Sampled=0"
)

// stage is an account with a topic, a queue, a table, a cache, a service that
// refuses everybody, and the traced functions.
type stage struct {
	t     *testing.T
	st    *ingesttest.Store
	door  *ingest.Door
	sent  *ingesttest.Recorder
	box   *sandbox.Sandbox
	cloud *aws.Cloud
	queue string

	mu    sync.Mutex // guards what follows
	lines []sandbox.Line
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t}
	st, door, addr := ingesttest.Door(t, epsagon.Receiver)
	s.st, s.door = st, door
	s.sent = ingesttest.Record(t, addr)
	over := make(chan struct{})
	auth := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-over
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"error":"token expired"}`)
	}))
	t.Cleanup(auth.Close)
	t.Cleanup(func() { close(over) })
	cache := miniredis.RunT(t)
	if err := cache.Set("post:1", `{"id":"1","title":"A day"}`); err != nil {
		t.Fatal(err)
	}

	s.box = sandbox.New(sandbox.Options{RetryDelays: []time.Duration{}, InitLimit: time.Minute, Log: s.line})
	t.Cleanup(s.box.Stop)
	s.cloud = aws.New(aws.Options{Functions: s.box, Lambda: s.box.Handler()})
	endpoint := httptest.NewServer(s.cloud)
	t.Cleanup(endpoint.Close)
	topic := s.cloud.CreateTopic("blog-new-posts")
	s.queue = s.cloud.CreateQueue("blog-jobs")
	if err := s.cloud.CreateTable("posts", "id", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.cloud.SubscribeFunction(topic, "post-analysis"); err != nil {
		t.Fatal(err)
	}
	s.register([]string{
		"EPSAGON_COLLECTOR_URL=" + s.sent.URL, "EPSAGON_TOKEN=" + ingesttest.Token, "EPSAGON_APP_NAME=blog", "EPSAGON_SSL=FALSE", "EPSAGON_METADATA=FALSE",
		"AWS_ENDPOINT_URL=" + endpoint.URL, "TOPIC_ARN=" + topic, "QUEUE_URL=" + endpoint.URL + "/123456789012/blog-jobs",
		"AUTH_URL=" + auth.URL, "AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE=1", "NODE_NO_WARNINGS=1", "NO_PROXY=*",
	}, cache.Addr())
	return s
}

func (s *stage) register(common []string, cache string) {
	_, port, _ := net.SplitHostPort(cache) // miniredis listens on HOST:PORT
	add := func(f sandbox.Function, env ...string) {
		f.Dir = ingesttest.Installed(s.t, f.Dir)
		f.MemoryMB, f.Env = 256, append(append([]string{}, common...), env...)
		if err := s.box.Register(f); err != nil {
			s.t.Fatal(err)
		}
	}
	node := func(name, export string, timeout time.Duration, env ...string) {
		add(sandbox.Function{
			Name: name, Command: []string{"node", ingesttest.Installed(s.t, "../../../sandbox/runtime/runtime.js")}, Dir: "node", Handler: "functions." + export, Runtime: "nodejs20.x", Timeout: timeout,
		}, append(env, "REDIS_URL=redis://"+cache)...)
	}
	python := func(name, function string, timeout time.Duration, env ...string) {
		add(sandbox.Function{
			Name: name, Command: []string{ingesttest.Installed(s.t, "python/.venv/bin/python"), "-W", "ignore", "-m", "awslambdaric", "epsagon.handler.wrapper"},
			Dir: "python", Handler: "epsagon.handler.wrapper", Runtime: "python3.11", Timeout: timeout,
		}, append(env, "EPSAGON_HANDLER=functions."+function, "REDIS_URL=redis://localhost:"+port)...)
	}
	const long = time.Minute // for machines that do much else
	// The tracers send shortly before the limit; the process dies at it.
	const limit, early = 2500 * time.Millisecond, "EPSAGON_LAMBDA_TIMEOUT_THRESHOLD_MS=1800"
	node("request-processor", "requestProcessor", long)
	node("node-sender", "sender", long)
	node("node-worker", "worker", long)
	node("node-broken", "broken", long)
	node("node-stuck", "stuck", limit, early)
	node("node-logs", "broken", long, "EPSAGON_LOG_TRANSPORT=TRUE")
	python("view", "view", long)
	python("post-analysis", "post_analysis", long)
	python("python-sender", "sender", long)
	python("python-split", "sender", long, "EPSAGON_SPLIT_ON_SEND=TRUE", "EPSAGON_MAX_TRACE_SIZE=3000")
	python("python-stuck", "stuck", limit, early)
	python("python-logs", "view", long, "EPSAGON_LOG_TRANSPORT=TRUE")
	python("python-stranger", "view", long, "EPSAGON_TOKEN=wrong")
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
