//go:build clients

package clienttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
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

// sent is one request as a tracer made it.
type sent struct {
	header http.Header
	body   []byte
}

// stage is an account with a topic, a queue, a table, a cache, a service that
// refuses everybody, and the traced functions.
type stage struct {
	t     *testing.T
	st    *ingesttest.Store
	door  *ingest.Door
	box   *sandbox.Sandbox
	cloud *aws.Cloud
	queue string

	mu    sync.Mutex // guards what follows
	posts []sent
	lines []sandbox.Line
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t}
	st, door, addr := ingesttest.Door(t, epsagon.Receiver)
	s.st, s.door = st, door
	collector := httptest.NewServer(s.record(addr))
	t.Cleanup(collector.Close)
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
		"EPSAGON_COLLECTOR_URL=" + collector.URL, "EPSAGON_TOKEN=" + ingesttest.Token, "EPSAGON_APP_NAME=blog", "EPSAGON_SSL=FALSE", "EPSAGON_METADATA=FALSE",
		"AWS_ENDPOINT_URL=" + endpoint.URL, "TOPIC_ARN=" + topic, "QUEUE_URL=" + endpoint.URL + "/123456789012/blog-jobs",
		"AUTH_URL=" + auth.URL, "AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE=1", "NODE_NO_WARNINGS=1", "NO_PROXY=*",
	}, cache.Addr())
	return s
}

func (s *stage) register(common []string, cache string) {
	_, port, _ := net.SplitHostPort(cache) // miniredis listens on HOST:PORT
	add := func(f sandbox.Function, env ...string) {
		f.Dir = abs(s.t, f.Dir)
		f.MemoryMB, f.Env = 256, append(append([]string{}, common...), env...)
		if err := s.box.Register(f); err != nil {
			s.t.Fatal(err)
		}
	}
	node := func(name, export string, timeout time.Duration, env ...string) {
		add(sandbox.Function{
			Name: name, Command: []string{"node", abs(s.t, "../../../sandbox/runtime/runtime.js")}, Dir: "node", Handler: "functions." + export, Runtime: "nodejs20.x", Timeout: timeout,
		}, append(env, "REDIS_URL=redis://"+cache)...)
	}
	python := func(name, function string, timeout time.Duration, env ...string) {
		add(sandbox.Function{
			Name: name, Command: []string{abs(s.t, "python/.venv/bin/python"), "-W", "ignore", "-m", "awslambdaric", "epsagon.handler.wrapper"},
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

// record keeps what the tracers post on its way to the door.
func (s *stage) record(addr string) http.Handler {
	to := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			s.t.Error(err)
		}
		s.mu.Lock()
		s.posts = append(s.posts, sent{r.Header.Clone(), body})
		s.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), time.Minute) // hanging up is between client and door
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = io.NopCloser(bytes.NewReader(body))
		to.ServeHTTP(w, r)
	})
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

func abs(t *testing.T, path string) string {
	t.Helper()
	p, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p); err != nil {
		t.Fatalf("%v: the clients are not installed; run `make test`, which runs scripts/install-clients", err)
	}
	return p
}

// gateway is the event of a request to API Gateway.
func gateway(method, path, query, body string) string {
	event := map[string]any{
		"resource": path, "path": path, "httpMethod": method, "isBase64Encoded": false, "pathParameters": nil,
		"headers": map[string]string{"Host": "api.blog.example", "User-Agent": "reader", "Authorization": "Bearer reader-secret-1234567890"},
		"body":    body,
		"requestContext": map[string]any{
			"requestId": "9d2ea0ea-7d0c-4b8e-9f0a-" + fmt.Sprintf("%012x", len(path)), "apiId": "a1b2c3", "stage": "prod", "httpMethod": method, "resourcePath": path, "accountId": "123456789012",
		},
	}
	if query != "" {
		event["queryStringParameters"] = map[string]string{"id": query}
	}
	raw, err := json.Marshal(event)
	if err != nil {
		panic(err) // maps of texts always have a JSON form
	}
	return string(raw)
}
