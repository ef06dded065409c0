// Package notifytest is the kit every destination over HTTP passes: what it sends,
// held against golden files, and what it makes of each answer. Its servers listen on
// loopback and answer as the real ones do.
package notifytest

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/notify"
)

var update = flag.Bool("update", false, "rewrite golden files")

// Case is one kind of destination.
type Case struct {
	Kind     notify.Kind
	Settings func(url string) notify.Settings // for a server at url
	Accepts  string                           // body of the answer to a good request
	Status   int                              // of that answer; 0 is 200
	Refuses  string                           // body of the answer to a bad one
	Secrets  []string                         // of Settings, besides the path of the url
	Volatile []string                         // headers and form fields that are never the same
}

// At is when the notices of the kit are sent.
var At = time.Date(2026, 11, 21, 10, 25, 0, 0, time.UTC)

// Notices are one of every action.
func Notices() map[string]*notify.Notice {
	item := notify.Item{Resource: "post-analysis", Why: "count 15 >= 10 in 2 of 2 windows of 5m", Cause: "KeyError: 'user' <from> Request|Processor", Count: 25,
		URL: "https://clew.example/transactions/5b8aa5a2d2c872e8321cf37308d69df2"}
	fires := &notify.Notice{Action: notify.Fires, Rule: "ten errors twice", Severity: "critical", At: At, Key: "rule-1/post-analysis",
		Items: []notify.Item{item}, Say: "Look at <the> runbook", URL: "https://clew.example/alerts/1"}
	resolved := *fires
	resolved.Action, resolved.At = notify.Resolved, At.Add(10*time.Minute)
	resolved.Items = []notify.Item{{Resource: "post-analysis", Why: "count 3, >= 10 in 1 of 2 windows of 5m only"}}
	many := *fires
	many.Action, many.Severity = notify.Again, "warning"
	for i := range 25 {
		it := item
		it.Resource = fmt.Sprint("function-", i)
		many.Items = append(many.Items, it)
	}
	return map[string]*notify.Notice{"firing": fires, "resolved": &resolved, "again": &many,
		"test": {Action: notify.Test, Rule: "test of a destination", Severity: "info", At: At, Key: "test"}}
}

// Golden holds got against the file at path.
func Golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != got {
		t.Errorf("%s: %v, got\n%s\nwant\n%s", path, err, got, want)
	}
}

// server answers with status and body, and keeps what it was asked.
type server struct {
	*httptest.Server

	mu     sync.Mutex // guards what follows
	status int
	body   string
	wait   string // Retry-After
	asked  []string
}

func newServer(t *testing.T, volatile []string) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, describe(r, body, volatile))
		if s.wait != "" {
			w.Header().Set("Retry-After", s.wait)
		}
		w.WriteHeader(s.status)
		io.WriteString(w, s.body)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) answer(status int, body, wait string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.body, s.wait = status, body, wait
}

// take returns what was asked since the last call.
func (s *server) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

// describe writes a request down as text that is the same every time.
func describe(r *http.Request, body []byte, volatile []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", r.Method, r.URL.RequestURI())
	var names []string
	for name := range r.Header {
		if !slices.Contains([]string{"Accept-Encoding", "Content-Length", "User-Agent"}, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		value := r.Header.Get(name)
		if slices.Contains(volatile, name) {
			value = "(differs)"
		}
		fmt.Fprintf(&b, "%s: %s\n", name, value)
	}
	var pretty bytes.Buffer
	switch {
	case json.Indent(&pretty, body, "", "  ") == nil:
		body = pretty.Bytes()
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		body = bytes.ReplaceAll(body, []byte("&"), []byte("\n&"))
	}
	return b.String() + "\n" + string(body) + "\n"
}

// Run holds a kind against the kit.
func Run(t *testing.T, c Case) {
	s := newServer(t, c.Volatile)
	const path = "/secret-path-8f5a1c"
	settings := c.Settings(s.URL + path)
	if err := c.Kind.Check(settings); err != nil {
		t.Fatal(err)
	}
	d, err := c.Kind.New(settings, notify.NewClient("test"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Status == 0 {
		c.Status = http.StatusOK
	}
	t.Run("sends", func(t *testing.T) { sends(t, c, s, d) })
	t.Run("answers", func(t *testing.T) { answers(t, c, s, d, append(slices.Clone(c.Secrets), path[1:])) })
	t.Run("settings", func(t *testing.T) { check(t, c, settings) })
}

func sends(t *testing.T, c Case, s *server, d notify.Destination) {
	s.answer(c.Status, c.Accepts, "")
	for name, n := range Notices() {
		if err := d.Send(t.Context(), n); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		asked := s.take()
		if len(asked) != 1 {
			t.Fatalf("%s: asked %d times", name, len(asked))
		}
		Golden(t, filepath.Join("testdata", name+".want.txt"), asked[0])
	}
}

func answers(t *testing.T, c Case, s *server, d notify.Destination, secrets []string) {
	n := Notices()["firing"]
	f := func(what string, status int, body, wait string, retry bool, wants time.Duration) {
		t.Helper()
		// The worst answer repeats what it was sent.
		s.answer(status, body+strings.Join(secrets, " "), wait)
		err := d.Send(t.Context(), n)
		got, gotWait := notify.Temporary(err)
		if err == nil || got != retry || gotWait != wants {
			t.Errorf("%s: %v, to be retried %v after %v", what, err, got, gotWait)
		}
		silent(t, what, err, secrets)
		if asked := s.take(); len(asked) != 1 {
			t.Errorf("%s: asked %d times: retrying is the caller's", what, len(asked))
		}
	}
	f("too many", http.StatusTooManyRequests, c.Refuses, "7", true, 7*time.Second)
	f("too many, without a time", http.StatusTooManyRequests, c.Refuses, "soon", true, 0)
	f("broken", http.StatusInternalServerError, c.Refuses, "", true, 0)
	f("away", http.StatusServiceUnavailable, c.Refuses, "3", true, 3*time.Second)
	f("bad request", http.StatusBadRequest, c.Refuses, "", false, 0)
	f("forbidden", http.StatusForbidden, c.Refuses, "", false, 0)
	f("gone", http.StatusNotFound, c.Refuses, "", false, 0)
	f("moved", http.StatusFound, c.Refuses, "", false, 0)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := d.Send(ctx, n)
	if retry, _ := notify.Temporary(err); err == nil || !retry {
		t.Errorf("no answer: %v, to be retried %v", err, retry)
	}
	silent(t, "no answer", err, secrets)
	s.take()
}

// silent checks that an error holds no secret.
func silent(t *testing.T, what string, err error, secrets []string) {
	t.Helper()
	for _, secret := range secrets {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %q holds the secret %q", what, err, secret)
		}
	}
}

// check takes each setting away, and asks for what may be shown.
func check(t *testing.T, c Case, settings notify.Settings) {
	for _, s := range c.Kind.Settings {
		less := notify.Settings{}
		for k, v := range settings {
			if k != s.Name {
				less[k] = v
			}
		}
		if err := c.Kind.Check(less); (err == nil) != (s.Optional || settings[s.Name] == "") {
			t.Errorf("without %s: %v", s.Name, err)
		}
		if v, shown := c.Kind.Public(settings)[s.Name]; s.Secret && shown {
			t.Errorf("%s shows %s", v, s.Name)
		}
	}
	more := notify.Settings{"nonsense": "x"}
	for k, v := range settings {
		more[k] = v
	}
	if c.Kind.Check(more) == nil {
		t.Error("a setting that is not there is taken")
	}
}
