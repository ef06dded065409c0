package normalise

import (
	"reflect"
	"slices"
	"testing"

	"clew/internal/signal"
)

func TestSpan(t *testing.T) {
	str, num, yes := signal.Str, signal.Int, signal.Bool(true)
	f := func(name string, in signal.Span, kind signal.SpanKind, code signal.StatusCode, message string) {
		t.Helper()
		told := slices.Clone(in.Attrs)
		b := signal.Batch{Groups: []signal.Group{{Spans: []signal.Span{in}}}}
		Batch(&b)
		got := b.Groups[0].Spans[0]
		if got.Kind != kind || got.Status.Code != code || got.Status.Message != message {
			t.Errorf("%s: %v %v %q, want %v %v %q", name, got.Kind, got.Status.Code, got.Status.Message, kind, code, message)
		}
		if !reflect.DeepEqual(got.Attrs, told) {
			t.Errorf("%s: attributes changed", name)
		}
	}
	with := func(kind signal.SpanKind, code signal.StatusCode, kv ...any) signal.Span {
		s := signal.Span{Kind: kind, Status: signal.Status{Code: code}}
		for i := 0; i < len(kv); i += 2 {
			s.Attrs = append(s.Attrs, signal.Attr{Key: kv[i].(string), Value: kv[i+1].(signal.Value)})
		}
		return s
	}
	const unset, okay, failed = signal.StatusUnset, signal.StatusOK, signal.StatusError
	f("nothing", with(0, 0), signal.KindUnset, unset, "")
	f("kind from tag", with(signal.Internal, 0, "span.kind", str("server")), signal.Server, unset, "")
	f("kind in capitals", with(0, 0, "span.kind", str("PRODUCER")), signal.Producer, unset, "")
	f("unknown kind", with(signal.Internal, 0, "span.kind", str("broker")), signal.Internal, unset, "")
	f("told kind wins", with(signal.Client, 0, "span.kind", str("server")), signal.Client, unset, "")
	f("error true", with(0, 0, "error", yes), 0, failed, "")
	f("error True", with(0, 0, "error", str("True")), 0, failed, "")
	f("error 1", with(0, 0, "error", num(1)), 0, failed, "")
	f("error 1.0", with(0, 0, "error", signal.Double(1)), 0, failed, "")
	f("error false", with(0, 0, "error", str("false")), 0, unset, "")
	f("error is a message", with(0, 0, "error", str("no such table")), 0, unset, "")
	f("told ok wins", with(0, okay, "error", yes), 0, okay, "")
	f("otel tags", with(0, 0, "otel.status_code", str("ERROR"), "otel.status_description", str("boom")), 0, failed, "boom")
	f("census tags", with(0, 0, "census.status_code", str("13"), "census.status_description", str("boom")), 0, failed, "boom")
	f("otel ok", with(signal.Server, 0, "otel.status_code", str("OK"), "http.status_code", num(500)), signal.Server, okay, "")
	f("census", with(0, 0, "census.status_code", num(5)), 0, failed, "")
	f("server 500", with(signal.Server, 0, "http.response.status_code", num(500)), signal.Server, failed, "")
	f("server 503 as text", with(0, 0, "span.kind", str("server"), "http.status_code", str("503")), signal.Server, failed, "")
	f("server 404", with(signal.Server, 0, "http.response.status_code", num(404)), signal.Server, unset, "")
	f("client 500", with(signal.Client, 0, "http.response.status_code", num(500)), signal.Client, unset, "")
}
