package otlp

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"clew/internal/ingest"
	"clew/internal/signal"
)

// corpus is n spans of 18 attributes, as an instrumented function sends them.
func corpus(n int) ptrace.Traces {
	g := newGenerator(1)
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "request-processor")
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().SetName("@opentelemetry/instrumentation-http")
	for range n {
		sp := ss.Spans().AppendEmpty()
		sp.SetTraceID(g.traceID())
		sp.SetSpanID(g.spanID())
		sp.SetParentSpanID(g.spanID())
		sp.SetName("POST /new_post")
		sp.SetKind(ptrace.SpanKindServer)
		sp.SetStartTimestamp(g.time())
		sp.SetEndTimestamp(g.time())
		for i := range 12 {
			sp.Attributes().PutStr(fmt.Sprintf("http.request.attribute.%d", i), "value of ordinary length")
		}
		for i := range 5 {
			sp.Attributes().PutInt(fmt.Sprintf("http.response.number.%d", i), g.Int64N(70000))
		}
		sp.Attributes().PutBool("faas.coldstart", g.one(2))
	}
	return td
}

func BenchmarkDecode(b *testing.B) {
	const spans = 512
	td := corpus(spans)
	proto, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	if err != nil {
		b.Fatal(err)
	}
	text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, size int, decode func() error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if err := decode(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/spans, "ns/span")
		})
	}
	a := ingest.NewArena(0) // used again and again, as the door does
	decode := func(f func(*signal.Batch, []byte, signal.Type, *ingest.Arena) error, body []byte) func() error {
		return func() error {
			a.Reset()
			return f(new(signal.Batch), body, signal.Spans, a)
		}
	}
	run("proto", len(proto), decode(DecodeProto, proto))
	run("json", len(text), decode(DecodeJSON, text))
	run("pdata-proto", len(proto), func() error { _, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(proto); return err })
	run("pdata-json", len(text), func() error { _, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(text); return err })
}
