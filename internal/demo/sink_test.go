//go:build demo

package demo

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"clew/internal/ingest"
	"clew/internal/ingest/firehose"
	"clew/internal/lambda"
	"clew/internal/signal"
)

// sinkToken must be escaped in OTEL_EXPORTER_OTLP_HEADERS.
const sinkToken = "to ken,=%"

// sink is an OTLP/HTTP server that keeps what it gets.
type sink struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex // guards what follows
	away    bool       // cuts every connection, as a killed server does
	spans   []seen
	logs    []seenLog
	metrics map[string]bool // service and name
	reports map[string]bool // functions whose reports were delivered
}

type seen struct {
	*tracepb.Span
	service  string
	resource map[string]string
	attrs    map[string]string
}

type seenLog struct {
	*logspb.LogRecord
	service string
}

func newSink(t *testing.T) *sink {
	s := &sink{t: t, metrics: map[string]bool{}, reports: map[string]bool{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	away := s.away
	s.mu.Unlock()
	if away {
		panic(http.ErrAbortHandler)
	}
	if r.URL.Path == "/firehose" {
		s.deliver(r, body)
		return
	}
	if got := r.Header.Get("Authorization"); got != "Bearer "+sinkToken {
		s.t.Errorf("%s from %s: authorization is %q", r.URL.Path, r.UserAgent(), got)
	}
	if err := s.take(r.URL.Path, body); err != nil {
		s.t.Errorf("%s: %v", r.URL.Path, err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// deliver takes a delivery of log lines.
func (s *sink) deliver(r *http.Request, body []byte) {
	if got := r.Header.Get("X-Amz-Firehose-Access-Key"); got != sinkToken {
		s.t.Errorf("delivery: key is %q", got)
	}
	b := new(signal.Batch)
	if err := firehose.Receiver.Routes[0].Decode(b, body, ingest.Header{HTTP: r.Header}); err != nil || len(b.Refused) > 0 {
		s.t.Errorf("delivery: %v %v", err, b.Refused)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range b.Groups {
		for _, l := range g.Logs {
			if x := lambda.ReadLine(l.Body.Text()); x.Type == lambda.Report && x.MemoryUsed > 0 {
				s.reports[strings.Clone(g.Resource.Text("faas.name"))] = true
			}
		}
	}
}

// take decodes a request: export requests and data messages are the same on the wire.
func (s *sink) take(path string, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch path {
	case "/v1/traces":
		var data tracepb.TracesData
		if err := proto.Unmarshal(body, &data); err != nil {
			return err
		}
		for _, rs := range data.ResourceSpans {
			res := attributes(rs.Resource.GetAttributes())
			for _, ss := range rs.ScopeSpans {
				for _, sp := range ss.Spans {
					s.spans = append(s.spans, seen{sp, res["service.name"], res, attributes(sp.Attributes)})
				}
			}
		}
	case "/v1/logs":
		var data logspb.LogsData
		if err := proto.Unmarshal(body, &data); err != nil {
			return err
		}
		for _, rl := range data.ResourceLogs {
			for _, sl := range rl.ScopeLogs {
				for _, l := range sl.LogRecords {
					s.logs = append(s.logs, seenLog{l, serviceOf(rl.Resource)})
				}
			}
		}
	case "/v1/metrics":
		var data metricspb.MetricsData
		if err := proto.Unmarshal(body, &data); err != nil {
			return err
		}
		for _, rm := range data.ResourceMetrics {
			for _, sm := range rm.ScopeMetrics {
				for _, m := range sm.Metrics {
					s.metrics[serviceOf(rm.Resource)+" "+m.Name] = true
				}
			}
		}
	}
	return nil
}

func serviceOf(r *resourcepb.Resource) string { return attributes(r.GetAttributes())["service.name"] }

func attributes(kvs []*commonpb.KeyValue) map[string]string {
	m := map[string]string{}
	for _, kv := range kvs {
		if s, ok := kv.Value.GetValue().(*commonpb.AnyValue_StringValue); ok {
			m[kv.Key] = s.StringValue
			continue
		}
		m[kv.Key] = kv.Value.String()
	}
	return m
}

// traces groups the spans kept so far.
func (s *sink) traces() map[string][]seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	by := map[string][]seen{}
	for _, sp := range s.spans {
		by[string(sp.TraceId)] = append(by[string(sp.TraceId)], sp)
	}
	return by
}
