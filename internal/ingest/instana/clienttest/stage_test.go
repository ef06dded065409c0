//go:build clients

package clienttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
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
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/instana"
	"clew/internal/sandbox"
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

// stage is a cache, a service that answers with the headers it was sent, and the
// traced functions.
type stage struct {
	t    *testing.T
	st   *ingesttest.Store
	door *ingest.Door
	box  *sandbox.Sandbox

	mu    sync.Mutex // guards what follows
	posts []sent
	lines []sandbox.Line
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t}
	st, door, addr := ingesttest.Door(t, instana.Receiver)
	s.st, s.door = st, door
	acceptor := httptest.NewServer(s.record(addr))
	t.Cleanup(acceptor.Close)
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
		"INSTANA_ENDPOINT_URL=" + acceptor.URL, "INSTANA_AGENT_KEY=" + ingesttest.Token, "INSTANA_DEV_SEND_UNENCRYPTED=true",
		"INSTANA_DISABLE_LAMBDA_EXTENSION=true", "INSTANA_TIMEOUT=20000", "AUTH_URL=" + auth.URL, "NODE_NO_WARNINGS=1", "NO_PROXY=*",
	}, cache.Addr())
	return s
}

func (s *stage) register(common []string, cache string) {
	add := func(f sandbox.Function, env ...string) {
		f.Dir = abs(s.t, f.Dir)
		f.MemoryMB, f.Env = 256, append(append([]string{}, common...), env...)
		if err := s.box.Register(f); err != nil {
			s.t.Fatal(err)
		}
	}
	const long = time.Minute // for machines that do much else
	node := func(name, export string, timeout time.Duration, env ...string) {
		add(sandbox.Function{
			Name: name, Command: []string{"node", abs(s.t, "../../../sandbox/runtime/runtime.js")}, Dir: "node", Handler: "functions." + export, Runtime: "nodejs20.x", Timeout: timeout,
		}, append(env, "REDIS_URL=redis://"+cache)...)
	}
	node("node-view", "view", long)
	node("node-broken", "broken", long)
	node("node-stuck", "stuck", 4*time.Second) // the client looks at limits of 2.5 s and more
	node("node-stranger", "broken", long, "INSTANA_AGENT_KEY=wrong")
	add(sandbox.Function{
		Name: "python-view", Command: []string{abs(s.t, "python/.venv/bin/python"), "-W", "ignore", "-m", "awslambdaric", "instana.lambda_handler"},
		Dir: "python", Handler: "instana.lambda_handler", Runtime: "python3.11", Timeout: long,
	}, "LAMBDA_HANDLER=functions.view", "REDIS_URL=redis://"+cache)
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
