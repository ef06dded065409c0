package otlp

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// linkerd is what a Linkerd proxy from 2.19 on sends over gRPC, from its source:
// one span for what came in and one for what went out, without a scope, statuses
// as texts in attributes.
func linkerd() ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	for _, kv := range [][2]string{{"service.name", "linkerd-proxy"}, {"host.name", "web-6d5f9c7b8-x2x7q"}, {"linkerd.io/proxy-deployment", "web"}, {"app", "web"}} {
		rs.Resource().Attributes().PutStr(kv[0], kv[1])
	}
	rs.Resource().Attributes().PutInt("process.pid", 1)
	rs.Resource().Attributes().PutInt("process.start_timestamp", 1_750_000_000)
	spans := rs.ScopeSpans().AppendEmpty().Spans()
	add := func(id, parent byte, kind ptrace.SpanKind, direction string, from, took uint64) {
		sp := spans.AppendEmpty()
		sp.SetTraceID([16]byte{0x0a, 0xf7, 15: 0x9c})
		sp.SetSpanID([8]byte{7: id})
		sp.SetParentSpanID([8]byte{7: parent})
		sp.SetName("/api/vote")
		sp.SetKind(kind)
		sp.SetFlags(0x300) // the parent is remote
		const t0 = 1_750_000_000_123_456_789
		sp.SetStartTimestamp(t0 + pcommon.Timestamp(from))
		sp.SetEndTimestamp(t0 + pcommon.Timestamp(from+took))
		for _, kv := range [][2]string{{"direction", direction}, {"http.request.method", "GET"}, {"url.scheme", "http"}, {"url.path", "/api/vote"}, {"url.query", "choice=:dog:"},
			{"server.address", "web.emojivoto"}, {"server.port", "80"}, {"http.response.status_code", "500"}} {
			sp.Attributes().PutStr(kv[0], kv[1])
		}
	}
	add(1, 9, ptrace.SpanKindServer, "inbound", 0, 9e6)
	add(2, 1, ptrace.SpanKindClient, "outbound", 1e6, 7e6)
	return td
}
