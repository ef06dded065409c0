package otlp

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
	"clew/internal/store"
)

// These tests send with the official Go SDK; clienttest does with Node.js and Python.

func serve(t *testing.T) (*ingesttest.Store, string) {
	st := new(ingesttest.Store)
	_, addr := ingesttest.Serve(t, ingest.Options{
		Receivers: []ingest.Receiver{Receiver}, Store: st,
		Authorize: func(token string) (signal.Tenant, error) {
			if token != "right" {
				return "", errors.New("no")
			}
			return "acme", nil
		},
	})
	return st, addr
}

func bearer(token string) map[string]string {
	return map[string]string{"authorization": "Bearer " + token}
}

// traceExporter returns an exporter over HTTP or gRPC, gzipped, that retries for
// up to wait.
func traceExporter(t *testing.T, over, addr, token string, wait time.Duration) *otlptrace.Exporter {
	t.Helper()
	var e *otlptrace.Exporter
	var err error
	if over == "grpc" {
		e, err = otlptracegrpc.New(t.Context(), otlptracegrpc.WithEndpoint(addr), otlptracegrpc.WithInsecure(),
			otlptracegrpc.WithHeaders(bearer(token)), otlptracegrpc.WithCompressor("gzip"),
			otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{Enabled: wait > 0, InitialInterval: time.Millisecond, MaxInterval: time.Millisecond, MaxElapsedTime: wait}))
	} else {
		e, err = otlptracehttp.New(t.Context(), otlptracehttp.WithEndpoint(addr), otlptracehttp.WithInsecure(),
			otlptracehttp.WithHeaders(bearer(token)), otlptracehttp.WithCompression(otlptracehttp.GzipCompression),
			otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: wait > 0, InitialInterval: time.Millisecond, MaxInterval: time.Millisecond, MaxElapsedTime: wait}))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return e
}

type dump struct {
	Groups []struct {
		Resource map[string]any
		Spans    []struct {
			Trace, ID, Parent, Name, Kind, Status, Message string
			Start, End                                     int64
			Attrs                                          map[string]any
		}
		Logs   []struct{ Body string }
		Points []struct{ Name string }
	}
}

func taken(t *testing.T, st *ingesttest.Store) (d dump) {
	t.Helper()
	for _, raw := range st.Take() {
		var one dump
		if err := json.Unmarshal(raw, &one); err != nil {
			t.Fatal(err)
		}
		d.Groups = append(d.Groups, one.Groups...)
	}
	return d
}

func TestGoSDKTraces(t *testing.T) {
	for _, over := range []string{"http", "grpc"} {
		t.Run(over, func(t *testing.T) {
			st, addr := serve(t)
			tp := trace.NewTracerProvider(trace.WithSyncer(traceExporter(t, over, addr, "right", 0)))
			ctx, root := tp.Tracer("test").Start(t.Context(), "root", oteltrace.WithSpanKind(oteltrace.SpanKindServer))
			_, child := tp.Tracer("test").Start(ctx, "child", oteltrace.WithAttributes(attribute.Int("n", 7), attribute.StringSlice("list", []string{"a", "b"})))
			child.SetStatus(codes.Error, "boom")
			child.End()
			root.End()
			d := taken(t, st)
			if len(d.Groups) != 2 {
				t.Fatalf("%d groups arrived, want 2", len(d.Groups))
			}
			r, c := d.Groups[1].Spans[0], d.Groups[0].Spans[0]
			if r.Name != "root" || r.Kind != "server" || r.ID != root.SpanContext().SpanID().String() || r.Trace != root.SpanContext().TraceID().String() || r.Parent != "" {
				t.Errorf("root %+v", r)
			}
			if c.Name != "child" || c.Parent != r.ID || c.Trace != r.Trace || c.Status != "error" || c.Message != "boom" || c.Kind != "internal" || c.End < c.Start || c.Start == 0 {
				t.Errorf("child %+v", c)
			}
			got, err := json.Marshal(c.Attrs)
			if err != nil || string(got) != `{"list":{"json":["a","b"]},"n":{"int":7}}` {
				t.Errorf("attributes %s %v", got, err)
			}
		})
	}
}

// TestGoSDKRetries: what is refused for now is sent again, what is refused for
// good is not.
func TestGoSDKRetries(t *testing.T) {
	for _, over := range []string{"http", "grpc"} {
		f := func(name, token string, fail error, retried bool) {
			t.Run(over+" "+name, func(t *testing.T) {
				t.Parallel() // a retry comes a second later
				st, addr := serve(t)
				st.FailOnce(fail)
				tp := trace.NewTracerProvider()
				_, span := tp.Tracer("test").Start(t.Context(), "one")
				span.End()
				err := traceExporter(t, over, addr, token, 8*time.Second).ExportSpans(t.Context(), []trace.ReadOnlySpan{span.(trace.ReadOnlySpan)})
				if (err == nil) != retried {
					t.Fatalf("error %v, want a good retry: %v", err, retried)
				}
				if !retried {
					return
				}
				if d := taken(t, st); len(d.Groups) != 1 {
					t.Errorf("%d batches arrived", len(d.Groups))
				}
			})
		}
		f("busy", "right", store.ErrBusy, true)
		f("closed", "right", store.ErrClosed, true)
		f("wrong token", "wrong", nil, false)
	}
}

func TestGoSDKLogsAndMetrics(t *testing.T) {
	st, addr := serve(t)
	le, err := otlploghttp.New(t.Context(), otlploghttp.WithEndpoint(addr), otlploghttp.WithInsecure(), otlploghttp.WithHeaders(bearer("right")))
	if err != nil {
		t.Fatal(err)
	}
	lp := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewSimpleProcessor(le)))
	var rec log.Record
	rec.SetBody(attribute.StringValue("hello"))
	lp.Logger("test").Emit(t.Context(), rec)
	if err := lp.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := taken(t, st); len(d.Groups) != 1 || len(d.Groups[0].Logs) != 1 || d.Groups[0].Logs[0].Body != "hello" {
		t.Errorf("logs: %+v", d)
	}
	me, err := otlpmetrichttp.New(t.Context(), otlpmetrichttp.WithEndpoint(addr), otlpmetrichttp.WithInsecure(), otlpmetrichttp.WithHeaders(bearer("right")))
	if err != nil {
		t.Fatal(err)
	}
	mp := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(me)))
	counter, err := mp.Meter("test").Int64Counter("posts")
	if err != nil {
		t.Fatal(err)
	}
	counter.Add(t.Context(), 3)
	if err := mp.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := taken(t, st); len(d.Groups) != 1 || len(d.Groups[0].Points) != 1 || d.Groups[0].Points[0].Name != "posts" {
		t.Errorf("metrics: %+v", d)
	}
}
