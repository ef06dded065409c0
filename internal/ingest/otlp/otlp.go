// Package otlp reads OpenTelemetry's protocol: traces, logs and metrics as
// protobuf or JSON over HTTP, and as protobuf over gRPC. The decoders are
// written by hand because every other path pays for them: they make one pass,
// and the strings of a batch are views of the request body, which the door
// keeps alive and unchanged until the store has copied what it keeps.
//
// It does not interpret what it reads (normalise does), and it has no place for
// schema URLs, resource entities and the count of dropped resource attributes.
package otlp

import (
	"errors"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// Receiver is the protocol for the door.
var Receiver = ingest.Receiver{Name: "otlp", Routes: []ingest.Route{
	overHTTP("/v1/traces", signal.Spans),
	overHTTP("/v1/logs", signal.Logs),
	overHTTP("/v1/metrics", signal.Points),
	overGRPC("/opentelemetry.proto.collector.trace.v1.TraceService/Export", signal.Spans),
	overGRPC("/opentelemetry.proto.collector.logs.v1.LogsService/Export", signal.Logs),
	overGRPC("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", signal.Points),
}}

const (
	mediaProto = "application/x-protobuf"
	mediaJSON  = "application/json"
)

func overHTTP(path string, t signal.Type) ingest.Route {
	return ingest.Route{
		Path: path, Signal: t, Media: []string{mediaProto, mediaJSON},
		Decode: func(b *signal.Batch, body []byte, h ingest.Header) error {
			if h.Media == mediaJSON {
				return DecodeJSON(b, body, t, h.Arena)
			}
			return DecodeProto(b, body, t, h.Arena)
		},
		Reply: func(o ingest.Outcome, h ingest.Header) ingest.Answer { return replyHTTP(t, o, h) },
	}
}

func overGRPC(path string, t signal.Type) ingest.Route {
	return ingest.Route{
		Path: path, GRPC: true, Signal: t,
		Decode: func(b *signal.Batch, body []byte, h ingest.Header) error {
			return DecodeProto(b, body, t, h.Arena)
		},
		Reply: func(o ingest.Outcome, _ ingest.Header) ingest.Answer {
			return ingest.Answer{Body: appendPartialProto(nil, t, o.Refused)}
		},
	}
}

// DecodeProto appends an ExportTraceServiceRequest, ExportLogsServiceRequest or
// ExportMetricsServiceRequest, as t says, to b. b borrows body and what it cuts
// from a; a nil a is a new arena.
func DecodeProto(b *signal.Batch, body []byte, t signal.Type, a *ingest.Arena) error {
	d := newDecoder(b, a)
	d.protoRequest(body, t)
	return d.err
}

// DecodeJSON is DecodeProto for the JSON encoding.
func DecodeJSON(b *signal.Batch, body []byte, t signal.Type, a *ingest.Arena) error {
	d := newDecoder(b, a)
	r := wire.NewJSON(body, &d.err)
	r.Camel = true
	d.jsonRequest(&r, t)
	r.End()
	return d.err
}

// decoder is the state of one request. The first error ends it.
type decoder struct {
	batch *signal.Batch
	arena *ingest.Arena
	err   error
	text  []byte // scratch of array and map values
}

func newDecoder(b *signal.Batch, a *ingest.Arena) *decoder {
	if a == nil {
		a = ingest.NewArena(0)
	}
	return &decoder{batch: b, arena: a}
}

// depthMax bounds how deep arrays and maps may nest.
const depthMax = 64

var errDeep = errors.New("otlp: decode: values nest deeper than 64")

// scan walks the fields of m; its first error ends decoding.
func (d *decoder) scan(m []byte) wire.Proto { return wire.NewProto(m, &d.err) }

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// charge accounts for n bytes outside the arena's slabs and reports whether they
// were there.
func (d *decoder) charge(n int) bool {
	if d.arena.Charge(n) {
		return true
	}
	d.fail(d.arena.Err())
	return false
}

// next is list with one element more, from slab. Where memory is refused, which
// ends decoding, the element is one that no batch holds.
func next[T any](d *decoder, slab *ingest.Slab[T], list []T) ([]T, *T) {
	list, e := slab.Next(list)
	if e == nil {
		d.fail(d.arena.Err())
		e = new(T)
	}
	return list, e
}

// push is append in a slab.
func push[T any](d *decoder, slab *ingest.Slab[T], list []T, v T) []T {
	list, e := next(d, slab, list)
	*e = v
	return list
}

// timeOf reads OTLP's unsigned nanoseconds; the year 2262 is the end of time.
func timeOf(ns uint64) signal.Time { return signal.Time(min(ns, 1<<63-1)) }

// Why a row is refused.
const (
	refuseTraceID  = "trace id is not 16 bytes"
	refuseSpanID   = "span id is not 8 bytes"
	refuseParentID = "parent span id is not 8 bytes"
	refuseNoTrace  = "trace id is missing or all zero"
	refuseNoSpan   = "span id is missing or all zero"
)

// setID copies an id of the right length, or of none, and otherwise notes why
// its row is refused.
func setID(dst []byte, id []byte, why *string, reason string) {
	switch len(id) {
	case len(dst):
		copy(dst, id)
	case 0:
		clear(dst)
	default:
		*why = reason
	}
}

// refusedSpan returns why sp cannot be kept, or "". why is what decoding noted.
func refusedSpan(sp *signal.Span, why string) string {
	switch {
	case why != "":
		return why
	case sp.Trace.IsZero():
		return refuseNoTrace
	case sp.ID.IsZero():
		return refuseNoSpan
	}
	return ""
}

func kindOf(n uint64) signal.SpanKind {
	if n > uint64(signal.Consumer) {
		return signal.KindUnset
	}
	return signal.SpanKind(n)
}

func statusOf(n uint64) signal.StatusCode {
	if n > uint64(signal.StatusError) {
		return signal.StatusUnset
	}
	return signal.StatusCode(n)
}

func levelOf(n uint64) signal.Level {
	if n > 24 {
		return 0
	}
	return signal.Level(n)
}

func temporalityOf(n uint64) signal.Temporality {
	if n > uint64(signal.Cumulative) {
		return signal.TemporalityUnset
	}
	return signal.Temporality(n)
}
