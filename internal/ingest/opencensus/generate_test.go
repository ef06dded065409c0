package opencensus

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

const t0 signal.Time = 1_750_000_000_123_456_789

var (
	traceA  = "\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c"
	spanA   = "\x00\xf0\x67\xaa\x0b\xa9\x02\xb7"
	spanB   = "\x11\xf0\x67\xaa\x0b\xa9\x02\xb7"
	spanC   = "\x22\xf0\x67\xaa\x0b\xa9\x02\xb7"
	nothing = strings.Repeat("\x00", 8)
)

// record writes the generated calls.
func record(t *testing.T) {
	write := func(name string, messages ...string) {
		var call bytes.Buffer
		for _, m := range messages {
			call.Write(ingesttest.Frame([]byte(m)))
		}
		if err := os.WriteFile(filepath.Join("testdata", name), call.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("linkerd.bin", linkerd()...)
	write("all_spans.bin", allSpans()...)
	write("all_metrics.bin", allMetrics()...)
}

// linkerd is what a proxy before 2.19 sends, from its source: a node in every
// message, one span for what came in and one for what went out, texts only.
func linkerd() []string {
	node := msg(1,
		msg(1, msg(1, "web-6d5f9c7b8-x2x7q"), number(2, 1), at(3, t0-1e12)),
		msg(3, msg(1, "linkerd-proxy")),
		labels(4, "app", "web", "linkerd.io/control-plane-ns", "linkerd", "pod-template-hash", "6d5f9c7b8"))
	span := func(id, parent string, kind uint64, direction string, from, took signal.Time) string {
		same := msg(12)
		if kind == 2 {
			same = msg(12, number(1, 1))
		}
		return msg(2, msg(1, traceA), msg(2, id), msg(3, parent), textAt(4, "/api/vote"), at(5, from), at(6, from+took),
			attrsAt(7, 0, "direction", direction, "http.method", "GET", "http.scheme", "http", "http.path", "/api/vote", "http.query", "choice=:dog:",
				"http.authority", "web.emojivoto:80", "http.host", "web.emojivoto:80", "http.status_code", "500"),
			same, number(14, kind))
	}
	return []string{
		node + span(spanA, spanC, 1, "inbound", t0, 9e6),
		node + span(spanB, spanA, 2, "outbound", t0+1e6, 7e6),
	}
}

// allSpans has every field of spans, resources of their own, and refused ones.
func allSpans() []string {
	node := msg(1, msg(1, msg(1, "host-1"), number(2, 42), at(3, t0-1e12)), msg(2, number(1, 5), msg(2, "0.31.0"), msg(3, "0.31.1")), msg(3, msg(1, "checkout")), labels(4, "zone", "b"))
	status := func(code uint64, message string) string { return msg(11, number(1, code), msg(2, message)) }
	span := func(name string, fields ...string) string {
		return msg(2, msg(1, traceA), msg(2, spanB), textAt(4, name), at(5, t0), at(6, t0+5e6), strings.Join(fields, ""))
	}
	value := func(key string, v string) string { return msg(1, msg(1, key), msg(2, v)) }
	full := span("everything", msg(3, spanA), number(14, 1),
		msg(7, value("text", textAt(1, "short")), value("cut", msg(1, msg(1, "beginn"), number(2, 700))), value("long", textAt(1, strings.Repeat("x", 300))),
			value("int", number(2, 1<<63|5)), value("yes", number(3, 1)), value("half", double(4, 0.5)), value("none", ""), number(2, 3)),
		msg(9, msg(1, at(1, t0+1e6), msg(2, textAt(1, "cache miss"), attrsAt(2, 1, "key", "user:1"))),
			msg(1, at(1, t0+2e6), msg(3, number(1, 1), number(2, 7), number(3, 900), number(4, 300))),
			msg(1, at(1, t0+3e6), msg(3, number(1, 2), number(2, 8))), number(2, 4), number(3, 5)),
		msg(10, msg(1, msg(1, traceA), msg(2, spanC), number(3, 2), attrsAt(4, 0, "why", "resumed"), msg(5, msg(1, msg(1, "a"), msg(2, "b")))),
			msg(1, msg(1, "\x07"), msg(2, spanC), number(3, 1)), number(2, 6)),
		status(5, "no such order"), msg(12, number(1, 0)), msg(13, number(1, 2)), msg(15, msg(1, msg(1, "x"), msg(2, "1")), msg(1, msg(1, "y"), msg(2, "2"))))
	pod := msg(16, msg(1, "k8s"), labels(2, "k8s.pod.name", "p-1"))
	return []string{
		node + msg(3, msg(1, "container"), labels(2, "container.name", "c-1")),
		full,
		span("in a pod", pod) + span("in it too", pod, status(14, "")) + span("not in it", msg(3, nothing), status(0, "OK"), msg(12, number(1, 1))),
		msg(2, msg(1, "\x84\x48\xeb\x21\x1c\x80\x31\x9c"), msg(2, "\xb7"), textAt(4, "short ids"), number(14, 9)),
		msg(2, msg(2, spanB), textAt(4, "no trace")) + msg(2, msg(1, traceA), msg(2, nothing)) + msg(2, msg(1, traceA+"\x01"), msg(2, spanB)) +
			span("bad parent", msg(3, spanA+"\x01")) + span("bad link", msg(10, msg(1, msg(1, traceA+"\x01"), msg(2, spanC)))) +
			span("opencensus.proto.agent.trace.v1.TraceService.Export") + span("Sent.opencensus.proto.agent.metrics.v1.MetricsService.Export"),
		msg(1, msg(3, msg(1, "basket"))) + span("another node"),
	}
}

// allMetrics has every type of metric, and refused points.
func allMetrics() []string {
	metric := func(name string, kind uint64, points ...string) string {
		return msg(2, msg(1, msg(1, name), msg(2, "about "+name), msg(3, "By"), number(4, kind), msg(5, msg(1, "method")), msg(5, msg(1, "path"))),
			msg(2, at(1, t0-1e12), msg(2, msg(1, "GET"), number(2, 1)), msg(2), strings.Join(points, "")))
	}
	point := func(v string) string { return msg(3, at(1, t0), v) }
	bounds := func(b ...float64) string {
		packed := ""
		for _, f := range b {
			packed += double(0, f)[1:]
		}
		return msg(4, msg(1, msg(1, packed)))
	}
	exemplar := msg(2, double(1, 2.5), at(2, t0-5), labels(3, "trace", "0af7651916cd43dd8448eb211c80319c"))
	counts := func(n ...uint64) string {
		out := ""
		for _, c := range n {
			out += msg(5, number(1, c))
		}
		return out
	}
	dist := msg(4, number(1, 6), double(2, 21), double(3, 4.5), bounds(1, 4), counts(1, 2), msg(5, number(1, 3), exemplar))
	summary := msg(5, msg(1, number(1, 10)), msg(2, double(1, 99)), msg(3, msg(1, number(1, 4)), msg(3, double(1, 50), double(2, 7)), msg(3, double(1, 99.5), double(2, 30))))
	return []string{
		msg(1, msg(3, msg(1, "checkout"))) + msg(3, labels(2, "k8s.pod.name", "p-1")),
		metric("queue", 1, point(number(2, 7))) + metric("load", 2, point(double(3, 0.75)), msg(3, at(1, t0+1e9), double(3, 0.5))) + metric("spread", 3, point(dist)),
		metric("requests", 4, point(number(2, 12))) + metric("bytes", 5, point(double(3, 1.5))) + metric("sizes", 6, point(dist)) + metric("latency", 7, point(summary)),
		metric("zero", 4, point("")) + metric("empty", 6, point("")),
		metric("unknown", 9, point(number(2, 1))) + metric("misfit", 6, point(msg(4, number(1, 6), bounds(1, 4), counts(1, 2)))) +
			msg(2, msg(1, msg(1, "too many labels"), number(4, 1)), msg(2, msg(2, msg(1, "x")), point(number(2, 1)))) +
			msg(2, msg(1, msg(1, "own resource"), number(4, 1)), msg(2, point(number(2, 1))), msg(3, labels(2, "k8s.pod.name", "p-2"))),
	}
}
