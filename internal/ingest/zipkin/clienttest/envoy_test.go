//go:build clients

package clienttest

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/otlp"
	"clew/internal/ingest/zipkin"
)

const (
	callerTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	callerSpan  = "00f067aa0ba902b7"
)

// meshSpan is what the tests look at of a span that arrived.
type meshSpan struct {
	Trace, ID, Parent, Name, Kind, Status string
	Start, End                            int64
	Attrs                                 map[string]any
	Events                                []struct {
		At   int64
		Name string
	}
	Service string
}

// meshSpans waits until want spans are in st.
func meshSpans(t *testing.T, st *ingesttest.Store, want int) (all []meshSpan) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); len(all) < want; time.Sleep(10 * time.Millisecond) {
		for _, raw := range st.Take() {
			var dump struct {
				Groups []struct {
					Resource map[string]any
					Spans    []meshSpan
				}
			}
			if err := json.Unmarshal(raw, &dump); err != nil {
				t.Fatal(err)
			}
			for _, g := range dump.Groups {
				for _, s := range g.Spans {
					s.Service, _ = g.Resource["service.name"].(string)
					all = append(all, s)
				}
			}
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d spans came", len(all), want)
		}
	}
	return all
}

// service answers every request with the status in its path, and tells of the
// headers that it got.
func service(t *testing.T) (addr string, got chan http.Header) {
	got = make(chan http.Header, 16)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Clone()
		if strings.HasPrefix(r.URL.Path, "/fail") {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), got
}

func call(t *testing.T, addr, path string, headers map[string]string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

func TestEnvoy(t *testing.T) {
	b3 := map[string]string{"X-B3-TraceId": callerTrace, "X-B3-SpanId": callerSpan, "X-B3-Sampled": "1"}
	w3c := map[string]string{"Traceparent": "00-" + callerTrace + "-" + callerSpan + "-01", "Tracestate": "vendor=1"}
	// f passes calls with headers through an Envoy. passed returns the trace and
	// the span that the service is told of.
	f := func(output string, options []string, headers map[string]string, passed func(http.Header) (trace, span string)) {
		t.Run(output+" "+strings.Join(options, " "), func(t *testing.T) {
			t.Parallel()
			st, door, clew := ingesttest.Door(t, otlp.Receiver, zipkin.Receiver)
			upstream, got := service(t)
			mesh := ingesttest.Mesh{Dir: "python", Service: "mesh", Upstream: upstream, Clew: clew, Output: output, Zipkin: options}.Start(t)
			for _, path := range []string{"/ok?password=hunter2", "/fail"} {
				call(t, mesh, path, headers)
				checkMesh(t, meshSpans(t, st, 1), path, <-got, passed)
			}
			if r := door.Refused(); len(r) > 0 {
				t.Errorf("refused: %v", r)
			}
		})
	}
	ofB3 := func(h http.Header) (string, string) { return h.Get("X-B3-TraceId"), h.Get("X-B3-SpanId") }
	ofW3C := func(h http.Header) (string, string) {
		parts := strings.Split(h.Get("Traceparent")+"---", "-")
		return parts[1], parts[2]
	}
	const shared, apart = "shared_span_context: true", "shared_span_context: false"
	f("zipkin-json", []string{apart}, b3, ofB3)
	f("zipkin-proto", []string{shared}, b3, ofB3)
	f("zipkin-json", []string{apart, "trace_context_option: USE_B3_WITH_W3C_PROPAGATION"}, w3c, ofW3C)
	f("otlp-grpc", nil, w3c, ofW3C)
	f("otlp-http", nil, w3c, ofW3C)
}

func checkMesh(t *testing.T, spans []meshSpan, path string, got http.Header, passed func(http.Header) (trace, span string)) {
	t.Helper()
	s := spans[0]
	trace, span := passed(got)
	if len(spans) != 1 || s.Trace != callerTrace || trace != callerTrace {
		t.Fatalf("the trace of the caller was not continued: %+v, passed on %v", spans, got)
	}
	if below := s.Parent == callerSpan || s.ID == callerSpan; !below || s.Service != "mesh" {
		t.Errorf("span %s below %s of %s", s.ID, s.Parent, s.Service)
	}
	if span != s.ID {
		t.Errorf("the service is told of span %s, Clew of %s", span, s.ID)
	}
	if s.Kind != "server" && s.Kind != "client" || s.End <= s.Start || time.Since(time.Unix(0, s.Start)) > time.Minute {
		t.Errorf("kind %s, from %d to %d", s.Kind, s.Start, s.End)
	}
	if wrong := strings.HasPrefix(path, "/fail"); wrong != (s.Status == "error") {
		t.Errorf("%s: status %q, %v", path, s.Status, s.Attrs)
	}
	if url := fmt.Sprint(s.Attrs["http.url"]); !strings.Contains(url, "http://") || strings.Contains(url, "hunter2") {
		t.Errorf("url %s", url)
	}
	if len(s.Events) > 0 {
		t.Errorf("events that repeat the span's times %d %d: %v", s.Start, s.End, s.Events)
	}
	if _, _, err := net.SplitHostPort(fmt.Sprint(s.Attrs["upstream_address"])); s.Attrs["upstream_address"] != nil && err != nil {
		t.Error(err)
	}
}
