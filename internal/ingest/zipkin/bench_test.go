package zipkin

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"clew/internal/ingest"
	"clew/internal/ingest/otlp"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

const (
	benchSpans = 512
	benchTags  = 18 // of a span, as in OTLP's benchmark
	benchValue = "value of ordinary length"
)

func benchKey(i int) string { return fmt.Sprintf("http.request.attribute.%d", i) }

// The same spans in every encoding: a server's, with its peer and 18 tags.
func benchJSON() []byte {
	tags := map[string]string{}
	for i := range benchTags {
		tags[benchKey(i)] = benchValue
	}
	var spans []any
	for i := range benchSpans {
		spans = append(spans, map[string]any{
			"traceId": "463ac35c9f6413ad48485a3953bb6124", "id": fmt.Sprintf("%016x", i+1), "parentId": "0020000000000001",
			"name": "POST /new_post", "kind": "SERVER", "timestamp": 1700000000000000 + i, "duration": 1000,
			"localEndpoint": map[string]any{"serviceName": "request-processor", "ipv4": "10.0.0.1", "port": 8080},
			"tags":          tags,
		})
	}
	raw, err := json.Marshal(spans)
	if err != nil {
		panic(err) // maps of strings always have a JSON form
	}
	return raw
}

func benchProto() []byte {
	fixed := func(num byte, v uint64) string {
		return string(binary.LittleEndian.AppendUint64([]byte{num<<3 | 1}, v))
	}
	local := proto(8, proto(1, "request-processor")+proto(2, "\x0a\x00\x00\x01")+"\x20\x90\x3f")
	var tags strings.Builder
	for i := range benchTags {
		tags.WriteString(proto(11, proto(1, benchKey(i))+proto(2, benchValue)))
	}
	var out strings.Builder
	for i := range benchSpans {
		id := string(binary.BigEndian.AppendUint64(nil, uint64(i+1)))
		out.WriteString(proto(1, proto(1, "0123456789abcdef")+proto(2, "01234567")+proto(3, id)+"\x20\x02"+
			proto(5, "POST /new_post")+fixed(6, 1700000000000000)+"\x38\x64"+local+tags.String()))
	}
	return []byte(out.String())
}

func benchThrift() []byte {
	number := func(b []byte, id int16, v int64) []byte {
		return binary.BigEndian.AppendUint64(wire.AppendThriftField(b, wire.ThriftI64, id), uint64(v))
	}
	text := func(b []byte, id int16, s string) []byte {
		return wire.AppendThriftText(wire.AppendThriftField(b, wire.ThriftString, id), s)
	}
	list := func(b []byte, id int16, n int) []byte {
		return wire.AppendThriftI32(append(wire.AppendThriftField(b, wire.ThriftList, id), wire.ThriftStruct), int32(n))
	}
	by := func(b []byte, id int16) []byte {
		b = wire.AppendThriftField(b, wire.ThriftStruct, id)
		b = wire.AppendThriftI32(wire.AppendThriftField(b, wire.ThriftI32, 1), 0x0a000001)
		return append(text(b, 3, "request-processor"), wire.ThriftStop)
	}
	out := wire.AppendThriftI32([]byte{wire.ThriftStruct}, benchSpans)
	for i := range benchSpans {
		out = text(number(out, 1, 77), 3, "POST /new_post")
		out = number(number(out, 4, int64(i+1)), 5, 7)
		out = list(out, 6, 2)
		for _, core := range []string{"sr", "ss"} {
			out = append(by(text(number(out, 1, 1700000000000000), 2, core), 3), wire.ThriftStop)
		}
		out = list(out, 8, benchTags)
		for i := range benchTags {
			out = text(text(out, 1, benchKey(i)), 2, benchValue)
			out = wire.AppendThriftI32(wire.AppendThriftField(out, wire.ThriftI32, 3), typeString)
			out = append(by(out, 4), wire.ThriftStop)
		}
		out = append(number(number(out, 10, 1700000000000000), 11, 1000), wire.ThriftStop)
	}
	return out
}

func benchOTLP() ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "request-processor")
	ss := rs.ScopeSpans().AppendEmpty()
	for i := range benchSpans {
		sp := ss.Spans().AppendEmpty()
		sp.SetTraceID([16]byte{1})
		sp.SetSpanID([8]byte{byte(i), byte(i >> 8), 1})
		sp.SetParentSpanID([8]byte{2})
		sp.SetName("POST /new_post")
		sp.SetKind(ptrace.SpanKindServer)
		sp.SetStartTimestamp(1700000000000000000)
		sp.SetEndTimestamp(1700000000001000000)
		for i := range benchTags {
			sp.Attributes().PutStr(benchKey(i), benchValue)
		}
	}
	return td
}

// BenchmarkDecode stands beside OTLP's decoders of the same spans.
func BenchmarkDecode(b *testing.B) {
	otlpProto, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(benchOTLP())
	if err != nil {
		b.Fatal(err)
	}
	otlpJSON, err := (&ptrace.JSONMarshaler{}).MarshalTraces(benchOTLP())
	if err != nil {
		b.Fatal(err)
	}
	a := ingest.NewArena(0) // used again and again, as the door does
	run := func(name string, body []byte, decode func(*signal.Batch) error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				a.Reset()
				var batch signal.Batch
				if err := decode(&batch); err != nil {
					b.Fatal(err)
				}
				if n, _, _ := batch.Len(); n != benchSpans {
					b.Fatalf("%d spans", n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchSpans, "ns/span")
		})
	}
	ours := func(name, media string, body []byte) {
		run(name, body, func(batch *signal.Batch) error { return Decode(batch, body, media, a) })
	}
	ours("json", mediaJSON, benchJSON())
	ours("proto", mediaProto, benchProto())
	ours("thrift", mediaThrift, benchThrift())
	run("otlp-json", otlpJSON, func(batch *signal.Batch) error { return otlp.DecodeJSON(batch, otlpJSON, signal.Spans, a) })
	run("otlp-proto", otlpProto, func(batch *signal.Batch) error { return otlp.DecodeProto(batch, otlpProto, signal.Spans, a) })
}
