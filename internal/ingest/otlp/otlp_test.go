package otlp

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

var record = flag.Bool("record", false, "rewrite the generated requests in testdata")

func TestKit(t *testing.T) {
	if *record {
		recordGenerated(t)
	}
	const (
		traceGRPC  = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
		logGRPC    = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
		metricGRPC = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
	)
	ingesttest.Run(t, ingesttest.Kit{Receiver: Receiver, Cases: []ingesttest.Case{
		{File: "traces.pb", Path: "/v1/traces", Media: mediaProto, Prefixes: true},
		{File: "traces.json", Path: "/v1/traces", Media: mediaJSON},
		{File: "half_bad.pb", Path: "/v1/traces", Media: mediaProto, Prefixes: true},
		{File: "half_bad.json", Path: "/v1/traces", Media: mediaJSON},
		{File: "tolerated.json", Path: "/v1/traces", Media: mediaJSON},
		{File: "logs.pb", Path: "/v1/logs", Media: mediaProto, Prefixes: true},
		{File: "logs.json", Path: "/v1/logs", Media: mediaJSON},
		{File: "metrics.pb", Path: "/v1/metrics", Media: mediaProto, Prefixes: true},
		{File: "metrics.json", Path: "/v1/metrics", Media: mediaJSON},
		{File: "traces.pb", Path: traceGRPC, Prefixes: true},
		{File: "linkerd.pb", Path: traceGRPC, Prefixes: true},
		{File: "logs.pb", Path: logGRPC, Prefixes: true},
		{File: "metrics.pb", Path: metricGRPC, Prefixes: true},
	}})
}

// recordGenerated writes requests with every field, in both encodings.
func recordGenerated(t *testing.T) {
	g := newGenerator(17)
	td, ld, md := g.traces(), g.logs(), g.metrics()
	bad := newGenerator(20).traces()
	for _, rs := range bad.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			ss.Spans().AppendEmpty().SetName("no ids at all")
			ss.Spans().AppendEmpty().SetTraceID([16]byte{1})
		}
	}
	write := func(name string, body []byte, err error) {
		if err == nil {
			err = os.WriteFile(filepath.Join("testdata", name), body, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	proto, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	write("traces.pb", proto, err)
	text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
	write("traces.json", text, err)
	mesh, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(linkerd())
	write("linkerd.pb", mesh, err)
	proto, err = (&ptrace.ProtoMarshaler{}).MarshalTraces(bad)
	write("half_bad.pb", proto, err)
	text, err = (&ptrace.JSONMarshaler{}).MarshalTraces(bad)
	write("half_bad.json", text, err)
	proto, err = (&plog.ProtoMarshaler{}).MarshalLogs(ld)
	write("logs.pb", proto, err)
	text, err = (&plog.JSONMarshaler{}).MarshalLogs(ld)
	write("logs.json", text, err)
	proto, err = (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
	write("metrics.pb", proto, err)
	text, err = (&pmetric.JSONMarshaler{}).MarshalMetrics(md)
	write("metrics.json", text, err)
}

func TestProtoRefuses(t *testing.T) {
	f := func(name, body string, want error) {
		t.Helper()
		var b signal.Batch
		if err := DecodeProto(&b, []byte(body), signal.Spans, nil); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	msg := func(num byte, parts ...string) string {
		body := strings.Join(parts, "")
		return string(appendUvarint([]byte{num<<3 | 2}, uint64(len(body)))) + body
	}
	spanWith := func(body string) string { return msg(1, msg(2, msg(2, body))) }
	f("group", "\x0b\x0c", wire.ErrWire)
	f("cut length", "\x0a\x05a", wire.ErrTruncated)
	f("cut varint", "\x0a\x80", wire.ErrTruncated)
	f("long varint", "\x0a"+strings.Repeat("\xff", 10)+"\x01", wire.ErrVarint)
	f("huge length", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", wire.ErrTruncated)
	f("field 0", "\x02\x00", wire.ErrField)
	f("attribute as a number", spanWith("\x48\x01"), wire.ErrWire)
	f("time as bytes", spanWith(msg(7, "x")), wire.ErrWire)
	f("empty buckets are fine elsewhere", "", nil)

	deep := func(n int) string {
		v := msg(1, "x")
		for range n {
			v = msg(5, msg(1, v))
		}
		return spanWith(msg(1, strings.Repeat("\x01", 16)) + msg(2, strings.Repeat("\x02", 8)) + "\x4a" + msg(2, v)[:0] + msg(9, msg(1, "k"), msg(2, v))[1:])
	}
	f("64 arrays", deep(64), nil)
	f("65 arrays", deep(65), errDeep)
	f("100,000 arrays", deep(20_000), errDeep)
}

func TestJSONRefuses(t *testing.T) {
	f := func(name, body, want string) {
		t.Helper()
		var b signal.Batch
		err := DecodeJSON(&b, []byte(body), signal.Spans, ingest.NewArena(16<<20))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	span := func(members string) string {
		return `{"resourceSpans":[{"scopeSpans":[{"spans":[{` + members + `}]}]}]}`
	}
	f("nothing", "", "want an object")
	f("array", "[]", "want an object")
	f("null", "null", "want an object")
	f("empty", "{}", "")
	f("nulls", `{"resourceSpans":null}`, "")
	f("two", "{}{}", "more after the end")
	f("trailing comma", `{"a":1,}`, "a member without a name")
	f("leading comma", `{,"a":1}`, "a member without a name")
	f("array comma", `{"a":[1,]}`, "want a number")
	f("no colon", `{"a" 1}`, "a member without a value")
	f("bad escape", `{"a":"\q"}`, "an unknown escape")
	f("bad unicode", `{"a":"\u12g4"}`, `bad \u`)
	f("control", "{\"a\":\"\n\"}", "control character")
	f("string for array", `{"resourceSpans":"x"}`, "want [")
	f("word for a time", span(`"startTimeUnixNano":"yesterday"`), "not an unsigned integer")
	f("negative time", span(`"startTimeUnixNano":-5`), "not an unsigned integer")
	f("NaN time", span(`"startTimeUnixNano":"NaN"`), "not an unsigned integer")
	f("base64", span(`"attributes":[{"key":"a","value":{"bytesValue":"!"}}]`), "base64")
	f("skipped depth", `{"x":`+strings.Repeat("[", 10_000_000), "too deep")
	deep := func(n int) string {
		return span(`"traceId":"01010101010101010101010101010101","spanId":"0101010101010101","attributes":[{"key":"k","value":` +
			strings.Repeat(`{"arrayValue":{"values":[`, n) + `{}` + strings.Repeat(`]}}`, n) + `}]`)
	}
	f("64 arrays", deep(64), "")
	f("65 arrays", deep(65), "deeper than 64")
	f("many empty attributes", span(`"attributes":[`+strings.TrimSuffix(strings.Repeat("{},", 1<<20), ",")+`]`), "take more than 16 MiB")
}

func TestReply(t *testing.T) {
	refused := []signal.Refusal{{Type: signal.Spans, Count: 2, Reason: `bad "id"`}, {Type: signal.Spans, Count: 1, Reason: "no"}}
	p := ptraceResponse(t, replyHTTP(signal.Spans, ingest.Outcome{Refused: refused}, ingest.Header{Media: mediaProto}).Body)
	if p != "3 2 refused: bad \"id\"; 1 refused: no" {
		t.Errorf("protobuf: %s", p)
	}
	var got struct {
		PartialSuccess struct {
			RejectedSpans string
			ErrorMessage  string
		}
	}
	a := replyHTTP(signal.Spans, ingest.Outcome{Refused: refused}, ingest.Header{Media: mediaJSON})
	if err := json.Unmarshal(a.Body, &got); err != nil || got.PartialSuccess.RejectedSpans != "3" {
		t.Errorf("JSON: %s: %v", a.Body, err)
	}
	if a := replyHTTP(signal.Logs, ingest.Outcome{}, ingest.Header{Media: mediaJSON}); string(a.Body) != "{}" {
		t.Errorf("all taken: %s", a.Body)
	}
}
