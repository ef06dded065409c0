// Package lightstep reads what Lightstep's tracers report: protobuf over HTTP and
// gRPC, JSON of the older thrift structs, and thrift's binary RPC. The decoders
// make one pass and borrow the body, as OTLP's do.
//
// It answers without timestamps and without commands: with timestamps clients
// would correct their clocks by the noise of one round trip, and a command
// switches a tracer off for good or makes it report about itself.
package lightstep

import (
	"clew/internal/ingest"
	"clew/internal/signal"
)

// Receiver is the protocol for the door. Its clients keep what was refused and
// send it again and again: 401, 429 and 503 are worth that, and a span that comes
// twice is one span. What can never be taken is answered as if it had been.
var Receiver = ingest.Receiver{
	Name:   "lightstep",
	Tokens: []string{"LightStep-Access-Token"},
	Routes: []ingest.Route{
		{
			Path: "/api/v2/reports", Signal: signal.Spans, Resent: true,
			Media:  []string{mediaBytes, "application/x-protobuf", "application/protobuf"},
			Decode: decoding(DecodeProto), Reply: replyProto,
		},
		{
			Path: "/api/v0/reports", Signal: signal.Spans, Resent: true,
			Decode: decoding(DecodeJSON), Reply: replyJSON,
		},
		{
			Path: "/_rpc/v1/reports/binary", Signal: signal.Spans, Resent: true,
			Decode: decoding(DecodeThrift), Reply: replyThrift,
		},
		{
			Path: "/lightstep.collector.CollectorService/Report", GRPC: true, Signal: signal.Spans, Resent: true,
			Decode: decoding(DecodeProto), Reply: replyProto,
		},
	},
}

const (
	mediaBytes  = "application/octet-stream"
	mediaJSON   = "application/json"
	mediaThrift = "application/x-thrift"
)

func decoding(f func(*signal.Batch, []byte, *ingest.Arena) error) func(*signal.Batch, []byte, ingest.Header) error {
	return func(b *signal.Batch, body []byte, h ingest.Header) error { return f(b, body, h.Rows()) }
}
