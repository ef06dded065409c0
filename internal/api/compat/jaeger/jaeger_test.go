package jaeger

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/api"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/mem"
)

var update = flag.Bool("update", false, "rewrite golden files")

const t0 = signal.Time(1_763_700_000_000_000_000)

func ms(n int64) signal.Time { return t0 + signal.Time(n*1e6) }

func attrs(kv ...string) (as signal.Attrs) {
	for i := 0; i < len(kv); i += 2 {
		as = append(as, signal.Attr{Key: kv[i], Value: signal.Str(kv[i+1])})
	}
	return as
}

func trc(n byte) (id signal.TraceID) { id[0], id[15] = 0xaa, n; return id }

func spn(n byte) (id signal.SpanID) { id[7] = n; return id }

// blog appends a small story: a failing POST in trace 1, a GET in trace 2, and a
// 64-bit trace 3.
func blog(t *testing.T) store.Store {
	t.Helper()
	st := mem.New()
	low := signal.TraceID{15: 3}
	b := &signal.Batch{Tenant: signal.DefaultTenant, Groups: []signal.Group{
		{Resource: attrs("service.name", "gateway", "host.name", "h1"), Scope: signal.Scope{Name: "http", Version: "1.2"}, Spans: []signal.Span{
			{Trace: trc(1), ID: spn(1), Kind: signal.Server, Name: "POST /new_post", Start: ms(0), End: ms(300), Flags: 0x101,
				Attrs: append(attrs("http.route", "/new_post"), signal.Attr{Key: "http.status_code", Value: signal.Int(500)})},
			{Trace: trc(2), ID: spn(1), Kind: signal.Server, Name: "GET /post", Start: ms(1000), End: ms(1020), Status: signal.Status{Code: signal.StatusOK},
				Attrs: signal.Attrs{{Key: "http.status_code", Value: signal.Int(200)}}},
		}},
		{Resource: attrs("service.name", "posts"), Spans: []signal.Span{
			{Trace: trc(1), ID: spn(2), Parent: spn(1), Kind: signal.Server, Name: "handle", Start: ms(10), End: ms(250),
				Status: signal.Status{Code: signal.StatusError, Message: "KeyError: user"}, TraceState: "a=b",
				Attrs: signal.Attrs{{Key: "big", Value: signal.Int(math.MaxInt64)}, {Key: "nan", Value: signal.Double(math.NaN())}, {Key: "ratio", Value: signal.Double(0.5)},
					{Key: "raw", Value: signal.Bytes("\x00\xff")}, {Key: "list", Value: signal.JSON("[1,2]")}, {Key: "flag", Value: signal.Bool(true)}},
				Events: []signal.Event{{At: ms(200), Name: "exception", Attrs: attrs("exception.type", "KeyError")}},
				Links:  []signal.Link{{Trace: trc(2), Span: spn(1)}}},
			{Trace: trc(1), ID: spn(3), Parent: spn(2), Kind: signal.Client, Name: "PutItem", Start: ms(20), End: ms(50)},
			{Trace: low, ID: spn(9), Kind: signal.Internal, Name: "job", Start: ms(2000)},
		}},
	}}
	if err := st.Append(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	return st
}

func handler(t *testing.T, st store.Store) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	New(Options{Store: st, Now: func() time.Time { return ms(5000).Std() }, Logger: slog.New(slog.DiscardHandler)}).Register(mux)
	return mux
}

func get(t *testing.T, h http.Handler, path string) (int, []byte) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", Prefix+path, nil))
	if ct := w.Header().Get("Content-Type"); ct != "application/json" {
		t.Errorf("%s: Content-Type %q", path, ct)
	}
	return w.Code, w.Body.Bytes()
}

func TestGolden(t *testing.T) {
	h := handler(t, blog(t))
	f := func(name, path string, want int) {
		t.Helper()
		code, body := get(t, h, path)
		if code != want {
			t.Errorf("%s: status %d, want %d: %s", path, code, want, body)
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, body, "", "  "); err != nil {
			t.Fatalf("%s: %v in %s", path, err, body)
		}
		file := filepath.Join("testdata", name+".golden.json")
		if *update {
			if err := os.WriteFile(file, pretty.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(golden, pretty.Bytes()) {
			t.Errorf("%s differs from %s:\n%s", path, file, pretty.String())
		}
	}
	f("services", "services", 200)
	f("operation_names", "services/posts/operations", 200)
	f("operation_names_of_nobody", "services/nobody/operations", 200)
	f("operations", "operations?service=posts&spanKind=client", 200)
	f("trace", "traces/"+trc(1).String(), 200)
	f("trace_64_bit", "traces/3", 200)
	f("trace_unknown", "traces/ffff", 404)
	f("trace_bad_id", "traces/xyz", 400)
	f("search_none", "traces?service=posts&operation=absent", 200)
	f("search_no_service", "traces?limit=3", 400)
	f("dependencies", fmt.Sprintf("dependencies?endTs=%d&lookback=60000", int64(ms(5000))/1e6), 200)
	f("unknown_endpoint", "archive/1", 404)
}

func TestSearch(t *testing.T) {
	h := handler(t, blog(t))
	f := func(query string, want ...string) {
		t.Helper()
		code, body := get(t, h, "traces?"+query)
		var answer struct {
			Data []struct {
				TraceID string        `json:"traceID"`
				Spans   []interface{} `json:"spans"`
			} `json:"data"`
		}
		if err := json.Unmarshal(body, &answer); code != 200 || err != nil {
			t.Errorf("%s: %d, %v: %s", query, code, err, body)
			return
		}
		got := []string{}
		for _, d := range answer.Data {
			got = append(got, d.TraceID)
			if d.TraceID == trc(1).String() && len(d.Spans) != 3 {
				t.Errorf("%s: the trace came with %d of its 3 spans", query, len(d.Spans))
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	one, two, three := trc(1).String(), trc(2).String(), "0000000000000003"
	tags := func(s string) string { return "&tags=" + url.QueryEscape(s) }
	us := func(n int64) int64 { return int64(ms(n)) / 1000 }
	f("service=gateway", two, one)
	f("service=gateway&limit=1", two)
	f("service=posts", three, one)
	f("service=gateway&operation="+url.QueryEscape("GET /post"), two)
	f("service=gateway&operation=all", two, one)
	f(fmt.Sprintf("service=gateway&start=%d&end=%d", us(0), us(1000)), one)
	f(fmt.Sprintf("service=gateway&start=%d", us(1000)), two)
	f("service=gateway&minDuration=100ms", one)
	f("service=gateway&maxDuration=20ms", two)
	f("service=gateway&minDuration=20ms&maxDuration=20ms", two)
	// All conditions hold of the same span: gateway's GET took 20 ms, posts' handle 240.
	f("service=gateway&minDuration=200ms&operation=" + url.QueryEscape("GET /post"))
	f("service=gateway"+tags(`{"http.status_code":"500"}`), one)
	f("service=gateway"+tags(`{"http.status_code":500}`), one)
	f("service=gateway&tag=http.status_code:500&tag=http.route:/new_post", one)
	f("service=gateway&tag=host.name:h1", two, one)
	f("service=posts&tag=error:true", one)
	f("service=posts&tag=error:false", three, one)
	f("service=posts&operation=handle&tag=error:false")
	f("service=posts&tag=span.kind:client", one)
	f("service=gateway&tag=otel.status_code:OK", two)
	f("traceID="+one+"&traceID="+trc(2).String(), one, two)
	f("traceID=3", three)
	f("traceID=3&traceID=0003", three)
	f("service=gateway&lookback=4s", two)
	f("service=gateway&lookback=1h", two, one)
	f("service=gateway&lookback=custom", two, one)
	f(fmt.Sprintf("service=gateway&lookback=1s&start=%d", us(0)), two, one)
	f("traceID=ffff")
	f("service=nobody")
}

func TestBadParameters(t *testing.T) {
	h := handler(t, blog(t))
	for _, q := range []string{
		"traces?service=a&limit=x", "traces?service=a&limit=0", "traces?service=a&start=soon", "traces?service=a&end=-1",
		"traces?service=a&minDuration=5", "traces?service=a&minDuration=5s&maxDuration=4s", "traces?service=a&tags=[1]", "traces?service=a&tag=k", "traces?traceID=zz",
		"traces/1?start=x", "dependencies?endTs=x", "dependencies?lookback=-5", "operations",
	} {
		code, body := get(t, h, q)
		var answer envelope
		if err := json.Unmarshal(body, &answer); err != nil || code != 400 || len(answer.Errors) != 1 || answer.Errors[0].Msg == "" {
			t.Errorf("%s: %d %s", q, code, body)
		}
	}
}

func TestTenantsAreApart(t *testing.T) {
	st := blog(t)
	inner := http.NewServeMux()
	New(Options{Store: st, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}).Register(inner)
	mux := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r.WithContext(api.WithTenant(r.Context(), "other")))
	})
	if _, body := get(t, mux, "services"); !bytes.Contains(body, []byte(`"data":[]`)) {
		t.Errorf("another tenant sees %s", body)
	}
	if code, _ := get(t, mux, "traces/"+trc(1).String()); code != 404 {
		t.Errorf("another tenant reads the trace: %d", code)
	}
}

// Jaeger's clients look for parents in one trace: halves get the story's id.
func TestHalvesOfIDs(t *testing.T) {
	whole := signal.TraceID{0: 0xaa, 8: 0x77}
	other := signal.TraceID{0: 0xbb, 8: 0x77}
	half := signal.TraceID{8: 0x77}
	st := mem.New()
	put := func(trace signal.TraceID, id, parent byte, at int64) {
		t.Helper()
		s := signal.Span{Trace: trace, ID: spn(id), Name: "op", Start: ms(at), End: ms(at + 5)}
		if parent > 0 {
			s.Parent = spn(parent)
		}
		b := &signal.Batch{Tenant: signal.DefaultTenant, Groups: []signal.Group{{Resource: attrs("service.name", "s"), Spans: []signal.Span{s}}}}
		if err := st.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	type answer struct {
		Data []struct {
			TraceID  string
			Warnings []string
			Spans    []struct {
				TraceID, SpanID string
				References      []struct{ TraceID, SpanID string }
			}
		}
	}
	ask := func(path string) (a answer) {
		t.Helper()
		code, body := get(t, handler(t, st), path)
		if err := json.Unmarshal(body, &a); err != nil || code != 200 {
			t.Fatalf("%s: %d %v %s", path, code, err, body)
		}
		return a
	}
	put(whole, 1, 0, 0)
	put(half, 2, 1, 1)
	for _, path := range []string{"traces/" + whole.String(), "traces/" + half.String()[16:], "traces?service=s", "traces?traceID=" + whole.String() + "&traceID=" + half.String()} {
		a := ask(path)
		if len(a.Data) != 1 || a.Data[0].TraceID != whole.String() || len(a.Data[0].Spans) != 2 {
			t.Fatalf("%s: %+v", path, a)
		}
		child := a.Data[0].Spans[1]
		if child.TraceID != whole.String() || len(child.References) != 1 || child.References[0].TraceID != whole.String() || len(a.Data[0].Warnings) > 0 {
			t.Errorf("%s: %+v", path, a)
		}
	}
	put(other, 1, 0, 0) // now the parent of the half is in two traces
	for _, path := range []string{"traces/" + whole.String(), "traces/" + half.String()[16:]} {
		if a := ask(path); len(a.Data) != 1 || len(a.Data[0].Spans) != 1 || len(a.Data[0].Warnings) == 0 || !strings.Contains(a.Data[0].Warnings[0], "may belong") {
			t.Errorf("%s: %+v", path, a)
		}
	}
}
