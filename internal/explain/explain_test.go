package explain

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/api"
	"clew/internal/signal"
	"clew/internal/store/mem"
	"clew/internal/transaction"
	"clew/internal/transaction/scenario"
	"clew/internal/transaction/storytest"
)

var update = flag.Bool("update", false, "rewrite golden files")

// serve answers from a server that holds batches.
func serve(t *testing.T, batches ...*signal.Batch) *Server {
	t.Helper()
	st := mem.New()
	for _, b := range batches {
		b.Tenant = signal.DefaultTenant
		if err := st.Append(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	now := func() time.Time { return storytest.Start.Std().Add(time.Minute) }
	api.New(api.Options{Store: st, Now: now}).Register(mux)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return &Server{URL: s.URL + "/", Client: s.Client()}
}

func drawn(t *testing.T, s *Server, id string, color bool) string {
	t.Helper()
	told, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Write(&out, told, color); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// golden compares text with the file it should be.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from %s (run with -update and look at the difference):\n%s", path, got)
	}
}

func TestBlog(t *testing.T) {
	s := serve(t, storytest.Blog())
	text := drawn(t, s, storytest.NewPost.String(), false)
	golden(t, "testdata/blog.golden.txt", text)
	colored := drawn(t, s, "https://clew.example/transactions/"+storytest.NewPost.String()+"?span=1", true)
	if !strings.Contains(colored, "\x1b[31m") {
		t.Error("nothing is red")
	}
	if stripped := strip(colored); stripped != text {
		t.Errorf("colours change the text:\n%s", stripped)
	}
}

// strip takes colours out.
func strip(s string) string {
	var out strings.Builder
	for {
		i := strings.Index(s, "\x1b[")
		if i < 0 {
			return out.String() + s
		}
		out.WriteString(s[:i])
		s = s[i+strings.IndexByte(s[i:], 'm')+1:]
	}
}

// TestEveryScenarioFits draws all stories of the library.
func TestEveryScenarioFits(t *testing.T) {
	files, err := filepath.Glob("../transaction/testdata/scenarios/*.story")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d stories, %v", len(files), err)
	}
	for _, file := range files {
		script, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sc, err := scenario.Parse(filepath.Base(file), string(script))
		if err != nil {
			t.Fatal(err)
		}
		s := serve(t, sc.Batches...)
		for _, id := range traces(sc.Batches) {
			text := drawn(t, s, id.String(), false)
			for line := range strings.Lines(text) {
				if line = strings.TrimSuffix(line, "\n"); columns(line) > width || clean(line) != line || strings.TrimRight(line, " ") != line {
					t.Errorf("%s: %q", filepath.Base(file), line)
				}
			}
			if !strings.Contains(text, "\nWay\n") {
				t.Errorf("%s: nothing is drawn:\n%s", filepath.Base(file), text)
			}
		}
		for name, want := range map[string][]string{
			"fanout_500.story":         {"└─▶ bucket pictures                                           ×500", "added up by place", "S3 read ×500"},
			"poison_message_dlq.story": {"3 attempts, waited 60 ms", "waiting for order-worker              ░░░░░░░░░░                  29.9 s", "3\n    times, the visible failure"},
		} {
			text := drawn(t, s, traces(sc.Batches)[0].String(), false)
			for _, w := range want {
				if name == filepath.Base(file) && !strings.Contains(text, w) {
					t.Errorf("%s without %q:\n%s", name, w, text)
				}
			}
		}
	}
}

func traces(batches []*signal.Batch) (ids []signal.TraceID) {
	seen := map[signal.TraceID]bool{}
	for _, b := range batches {
		for i := range b.Groups {
			for j := range b.Groups[i].Spans {
				if id := b.Groups[i].Spans[j].Trace; !seen[id] {
					seen[id] = true
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
}

func TestErrors(t *testing.T) {
	s := serve(t, storytest.Blog())
	if _, err := s.Get(t.Context(), "abc"); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "it may not have arrived yet") {
		t.Errorf("an unknown id: %v", err)
	}
	f := func(status int, body, want string) {
		t.Helper()
		h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			w.Write([]byte(body))
		}))
		defer h.Close()
		s := &Server{URL: h.URL, Client: h.Client()}
		if _, err := s.Get(t.Context(), "1"); err == nil || errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), want) {
			t.Errorf("%d %s: %v, want %q", status, body, err, want)
		}
	}
	f(401, `{"detail":"a token with scope read is needed"}`, "401 Unauthorized a token with scope read is needed")
	f(404, "404 page not found", "404 Not Found")
	f(500, "\x1b[2J", "500")
	f(200, "<html>", "read transaction")
	f(200, "{}", "is no Clew server")
	f(200, `{"id":"1"}{"total":3}`, "read transaction")
	if _, err := (&Server{URL: "http://127.0.0.1:1", Client: &http.Client{}}).Get(t.Context(), "1"); err == nil {
		t.Error("a server that is not there answered")
	}
}

func TestTokenIsSent(t *testing.T) {
	var got string
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization")
		http.NotFound(w, r)
	}))
	defer h.Close()
	(&Server{URL: h.URL, Token: "t-1", Client: h.Client()}).Get(t.Context(), "1")
	if got != "Bearer t-1" {
		t.Errorf("sent %q", got)
	}
}

// TestNothingDrawsButUs: what senders say reaches the terminal as plain text.
func TestNothingDrawsButUs(t *testing.T) {
	b := storytest.Blog()
	for i := range b.Groups {
		for j := range b.Groups[i].Spans {
			s := &b.Groups[i].Spans[j]
			s.Name += "\x1b]0;owned\a\r\x9b31m"
			s.Status.Message += "\x1b[2J\u202e"
		}
	}
	for _, r := range drawn(t, serve(t, b), storytest.NewPost.String(), false) {
		if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r == '\u202e' {
			t.Fatalf("%q reaches the terminal", r)
		}
	}
}

func TestWords(t *testing.T) {
	f := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f(took(0), "0 ns")
	f(took(1_500), "1.5 µs")
	f(took(298_000_000), "298 ms")
	f(took(1_100_000_000), "1.1 s")
	f(took(90*int64(time.Minute)), "1.5 h")
	f(perMillion(0.000001525), "$1.52/M")
	f(perMillion(0.00025), "$250/M")
	f(perMillion(0.000000000004), "$4e-06/M")
	f(perMillion(0), "$0.00/M")
	f(percent(1, 0), "–")
	f(strings.Join(breakLines("one two three", 7), "|"), "one two|three")
	f(strings.Join(breakLines("abcdefghij kl", 4), "|"), "abcd|efgh|ij|kl")
	f(cut("abcdef", 4), "abc…")
	f(cut("abcdef", 0), "")
}

// TestALargeGraphIsCut draws a chain that is too long for the page.
func TestALargeGraphIsCut(t *testing.T) {
	told := &Told{}
	for n := range 100 {
		told.Nodes = append(told.Nodes, api.Node{Kind: "function", Name: strings.Repeat("f", 50)})
		if n > 0 {
			told.Edges = append(told.Edges, api.Edge{From: n - 1, To: n})
		}
	}
	told.Edges = append(told.Edges, api.Edge{From: 99, To: 0}, api.Edge{From: 3, To: 2})
	told.Outcome = string(transaction.OK)
	var out bytes.Buffer
	if err := Write(&out, told, false); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "and 40 resources more") && !strings.Contains(out.String(), "and 41 resources more") {
		t.Error(out.String())
	}
	for line := range strings.Lines(out.String()) {
		if columns(strings.TrimSuffix(line, "\n")) > width {
			t.Errorf("%q", line)
		}
	}
}
