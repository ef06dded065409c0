// Package jaeger takes the spans of Jaeger's own clients, which OpenTracing's
// users still run, and of OpenTelemetry's former Jaeger exporters: thrift in
// datagrams and over HTTP, protobuf over gRPC. It answers the question that an
// unconfigured client asks, how much to sample, with "everything": without an
// answer such a client keeps one trace in a thousand.
//
// It does not serve Jaeger's queries (internal/api/compat/jaeger does), nor what
// Jaeger's agent took from Zipkin's clients on port 5775.
package jaeger

import (
	"net/http"

	"clew/internal/ingest"
	"clew/internal/signal"
)

// Receiver is the protocol for the door. No client of Jaeger's sends again what
// was refused.
var Receiver = ingest.Receiver{
	Name: "jaeger",
	Routes: []ingest.Route{
		{
			Path: "POST /api/traces", Signal: signal.Spans, Unretried: true,
			Media: []string{"application/x-thrift", "application/vnd.apache.thrift.binary"}, Decode: decodeHTTP, Reply: replyHTTP,
		},
		{
			Path: "/jaeger.api_v2.CollectorService/PostSpans", GRPC: true, Signal: signal.Spans, Unretried: true,
			Decode: decodeProto, // the answer is an empty message
		},
		samplingOverHTTP("GET /sampling"),     // as Jaeger's agent has it
		samplingOverHTTP("GET /api/sampling"), // as its collector has it
		samplingOverGRPC("/jaeger.api_v2.SamplingManager/GetSamplingStrategy"),
	},
	Sockets: []ingest.Socket{
		{Name: "jaeger-compact", Network: "udp", Port: 6831, Signal: signal.Spans, Decode: decodeDatagram},
		{Name: "jaeger-binary", Network: "udp", Port: 6832, Signal: signal.Spans, Decode: decodeDatagram},
		{Name: "jaeger-sampling", Network: "tcp", Port: 5778, Signal: signal.Spans, Slash: "/sampling"},
		{Name: "jaeger-http", Network: "tcp", Port: 14268, Signal: signal.Spans},
		{Name: "jaeger-grpc", Network: "tcp", Port: 14250, Signal: signal.Spans},
	},
}

func replyHTTP(o ingest.Outcome, _ ingest.Header) ingest.Answer {
	if o.Fault != nil {
		return ingest.Answer{}
	}
	return ingest.Answer{Status: http.StatusAccepted}
}
