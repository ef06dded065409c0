package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/mem"
	"clew/internal/transaction/storytest"
)

var update = flag.Bool("update", false, "rewrite golden files")

// now is a minute after the story.
var now = storytest.Start.Std().Add(time.Minute)

func fixture(t testing.TB) *mem.Store {
	t.Helper()
	s := mem.New()
	if err := s.Append(context.Background(), storytest.Blog()); err != nil {
		t.Fatal(err)
	}
	return s
}

func serve(t testing.TB, s store.Store, change ...func(*Options)) http.Handler {
	t.Helper()
	o := Options{
		Store: s, Now: func() time.Time { return now }, Version: "test", Started: storytest.Start.Std(),
		Refused: func() []RefusedNote {
			return []RefusedNote{{Time: "2026-11-21T09:00:30Z", Protocol: "otlp", Status: 401, Reason: "the token is not known"}}
		},
	}
	for _, c := range change {
		c(&o)
	}
	mux := http.NewServeMux()
	New(o).Register(mux)
	return mux
}

func get(t testing.TB, h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://clew.example"+path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func decode[T any](t testing.TB, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return v
}

func TestGoldens(t *testing.T) {
	h := serve(t, fixture(t))
	trace := storytest.NewPost.String()
	for _, g := range [][2]string{ // in order: services are numbered as they are asked for
		{"transactions.golden.json", "/api/transactions"},
		{"transaction.golden.json", "/api/transactions/" + trace},
		{"spans.golden.ndjson", "/api/transactions/" + trace + "/spans"},
		{"span.golden.json", "/api/spans/" + trace + "/ee00000000000009"},
		{"span_payload.golden.json", "/api/spans/" + trace + "/ee00000000000003"},
		{"services.golden.json", "/api/services"},
		{"status.golden.json", "/api/status"},
		{"connect.golden.json", "/api/connect"},
		{"empty.golden.json", "/api/transactions?q=service:nobody+POST"},
		{"functions.golden.json", "/api/functions?from=now-5m&sort=p95"},
		{"function.golden.json", "/api/functions/123456789012/eu-west-1/request-processor?from=now-5m"},
		{"functions_empty.golden.json", "/api/functions?from=now-5m&q=nobody"},
		{"issues_empty.golden.json", "/api/issues"},
		{"openapi.golden.json", "/api/openapi.json"},
	} {
		goldenGet(t, h, g[0], g[1])
	}
}

func goldenGet(t testing.TB, h http.Handler, name, path string) {
	t.Helper()
	w := get(t, h, path)
	if w.Code != http.StatusOK {
		t.Errorf("%s: status %d: %s", path, w.Code, w.Body)
		return
	}
	got := w.Body.Bytes()
	if strings.HasSuffix(name, ".json") {
		var indented bytes.Buffer
		if err := json.Indent(&indented, got, "", "  "); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		got = append(bytes.TrimSpace(indented.Bytes()), '\n')
	}
	golden(t, "testdata/"+name, got)
}

func golden(t testing.TB, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from %s (run with -update and look at the difference):\n%s", path, got)
	}
}

func TestErrors(t *testing.T) {
	h := serve(t, fixture(t))
	f := func(path string, status int, detail string) {
		t.Helper()
		w := get(t, h, path)
		var p struct {
			Status int
			Title  string
			Detail string
		}
		err := json.Unmarshal(w.Body.Bytes(), &p)
		if err != nil || w.Code != status || p.Status != status || p.Title == "" || !strings.Contains(p.Detail, detail) {
			t.Errorf("GET %s: %d %s, want %d with %q", path, w.Code, w.Body, status, detail)
		}
		if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" {
			t.Errorf("GET %s: content type %q", path, ct)
		}
		if w.Header().Get("X-Request-Id") == "" {
			t.Errorf("GET %s: no request id", path)
		}
	}
	f("/api/transactions?q=service:", 400, "col 9: expected a value for service")
	f("/api/transactions?q=outcome:ok+OR+service:x", 400, "outcome is about whole transactions")
	f("/api/transactions?from=yesterday", 400, `read from: "yesterday" is no time`)
	f("/api/transactions?from=now%2B5m", 400, "offset")
	f("/api/transactions?from=now&to=now-1h", 400, "before it begins")
	f("/api/transactions?limit=0", 400, "limit is a number from 1 to 500")
	f("/api/transactions?limit=x", 400, "limit is a number")
	f("/api/transactions?cursor=abc", 400, "cursor is not one")
	f("/api/transactions/xyz", 400, "is not a trace id")
	f("/api/transactions/"+strings.Repeat("a", 33), 400, "is not a trace id")
	f("/api/transactions/abc", 404, "no transaction 00000000000000000000000000000abc")
	f("/api/transactions/abc/spans", 404, "no transaction")
	f("/api/spans/abc/1", 404, "no span 0000000000000001")
	f("/api/spans/abc/x", 400, "is not a span id")
	f("/api/spans/"+storytest.NewPost.String()+"/ee00000000000009?kind=foo", 400, "is not a span kind")
	f("/api/spans/"+storytest.NewPost.String()+"/ee00000000000009?kind=server", 404, "no span")
	f("/api/services?to=x", 400, "read to")
	f("/api/nothing", 404, "nothing at /api/nothing")
}

func TestMethodNotAllowed(t *testing.T) {
	w := httptest.NewRecorder()
	serve(t, fixture(t)).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/transactions", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestRequestID(t *testing.T) {
	h := serve(t, fixture(t))
	if got := get(t, h, "/api/status", "X-Request-Id", "abc-1").Header().Get("X-Request-Id"); got != "abc-1" {
		t.Errorf("kept %q", got)
	}
	if got := get(t, h, "/api/status", "X-Request-Id", "a b\x01").Header().Get("X-Request-Id"); got == "a b\x01" || got == "" {
		t.Errorf("kept %q", got)
	}
}

func TestGzip(t *testing.T) {
	h := serve(t, fixture(t))
	path := "/api/transactions/" + storytest.NewPost.String() + "/spans"
	plain := get(t, h, path)
	packed := get(t, h, path, "Accept-Encoding", "br, gzip")
	if packed.Header().Get("Content-Encoding") != "gzip" || plain.Header().Get("Content-Encoding") != "" {
		t.Fatalf("encodings %q and %q", packed.Header(), plain.Header())
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(got, plain.Body.Bytes()) {
		t.Errorf("unpacked %q, %v", got, err)
	}
	if get(t, h, path, "Accept-Encoding", "gzip;q=0").Header().Get("Content-Encoding") != "" {
		t.Error("packed though refused")
	}
}

func TestTenantsAreApart(t *testing.T) {
	inner := serve(t, fixture(t))
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r.WithContext(WithTenant(r.Context(), "other")))
	})
	list := decode[TransactionList](t, get(t, h, "/api/transactions"))
	if len(list.Transactions) != 0 || list.Empty == nil || list.Empty.Reason != "no-data" {
		t.Errorf("%+v", list)
	}
	if w := get(t, h, "/api/transactions/"+storytest.NewPost.String()); w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
}

// failing is a store that cannot be read.
type failing struct {
	store.Store
	err error
}

func (f failing) Scan(context.Context, *query.Query) iter.Seq2[*query.Rows, error] {
	return func(yield func(*query.Rows, error) bool) { yield(nil, f.err) }
}

func (f failing) Trace(context.Context, signal.Tenant, signal.TraceID, signal.Range) iter.Seq2[*signal.Batch, error] {
	return func(yield func(*signal.Batch, error) bool) { yield(nil, f.err) }
}

func (f failing) Relatives(context.Context, signal.Tenant, []signal.TraceID, signal.Range) ([]store.Relative, error) {
	return nil, f.err
}

func TestStoreErrors(t *testing.T) {
	f := func(err error, status int) {
		t.Helper()
		h := serve(t, failing{err: err})
		for _, path := range []string{"/api/transactions", "/api/transactions/1", "/api/transactions/1/spans", "/api/spans/1/1", "/api/services"} {
			if w := get(t, h, path); w.Code != status || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%s with %v: %d %s", path, err, w.Code, w.Body)
			}
		}
	}
	f(store.ErrClosed, 503)
	f(fmt.Errorf("open secret file: %w", io.ErrUnexpectedEOF), 500)
}
