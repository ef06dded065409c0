// Package opencensus reads what OpenCensus libraries and Linkerd's proxies send
// to an OpenCensus agent: gRPC streams of spans and of metrics. Who sends is said
// by the first message of a stream only, so a stream is remembered as long as it
// lasts. Settings are never sent back: sampling stays with the application.
//
// Stack traces of spans, sums of squared deviations and counts of child spans
// have no place here; no published exporter sends the first.
package opencensus

import (
	"errors"
	"unsafe"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

const (
	traceExport   = "/opencensus.proto.agent.trace.v1.TraceService/Export"
	traceConfig   = "/opencensus.proto.agent.trace.v1.TraceService/Config"
	metricsExport = "/opencensus.proto.agent.metrics.v1.MetricsService/Export"
)

// Receiver is the protocol for the door.
var Receiver = ingest.Receiver{
	Name: "opencensus",
	Routes: []ingest.Route{
		export(traceExport, signal.Spans),
		export(metricsExport, signal.Points),
		// Clients open it at their start, without a token, and wait for settings for ever.
		{Path: traceConfig, GRPC: true, Signal: signal.Spans, Public: true, Open: func() func(*signal.Batch, []byte, ingest.Header) error {
			return func(*signal.Batch, []byte, ingest.Header) error { return nil }
		}},
	},
	Sockets: []ingest.Socket{{Name: "opencensus", Network: "tcp", Port: 55678, Signal: signal.Spans}},
}

func export(path string, t signal.Type) ingest.Route {
	return ingest.Route{Path: path, GRPC: true, Signal: t, Unretried: true, Open: func() func(*signal.Batch, []byte, ingest.Header) error {
		s := &stream{signal: t}
		return s.decode
	}}
}

// stream is what the messages of one call have said so far.
type stream struct {
	signal         signal.Type
	node, resource signal.Attrs // copies: messages come and go
	attrs          signal.Attrs // both, one after the other
}

// nodeMax bounds the bytes of a message that a stream remembers.
const nodeMax = 64 << 10

var errNode = errors.New("opencensus: decode: the node or resource is larger than 64 KiB")

// decode appends an ExportTraceServiceRequest or ExportMetricsServiceRequest to b.
func (s *stream) decode(b *signal.Batch, message []byte, h ingest.Header) error {
	d := &decoder{batch: b, arena: h.Rows(), stream: s, main: -1, own: -1}
	for f := d.scan(message); f.Next(); {
		switch f.Num {
		case 1:
			d.remember(&s.node, f.Bytes(), d.node)
		case 3:
			d.remember(&s.resource, f.Bytes(), d.resource)
		}
	}
	for f := d.scan(message); f.Next(); {
		switch {
		case f.Num != 2:
		case s.signal == signal.Spans:
			d.span(f.Bytes())
		default:
			d.metric(f.Bytes())
		}
	}
	if d.err == nil {
		d.err = d.arena.Err()
	}
	return d.err
}

// decoder is the state of one message. The first error ends it; memory that was
// refused shows at the end.
type decoder struct {
	batch  *signal.Batch
	arena  *ingest.Arena
	stream *stream
	err    error

	main        int    // the group of rows without a resource of their own; -1: none yet
	own         int    // the group of the last row that had one
	ownResource []byte // and what it said
	keys        []string
	text        []byte // scratch
}

// scan walks the fields of m; its first error ends decoding.
func (d *decoder) scan(m []byte) wire.Proto { return wire.NewProto(m, &d.err) }

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// group returns the group for rows of a resource: their own, as a Resource
// message, or the stream's where resource is nil.
func (d *decoder) group(resource []byte) *signal.Group {
	if resource == nil {
		if d.main < 0 {
			d.main = d.newGroup(d.stream.attrs)
		}
		return &d.batch.Groups[d.main]
	}
	if d.own < 0 || string(resource) != string(d.ownResource) {
		var attrs signal.Attrs
		for _, a := range d.stream.node {
			attrs = d.arena.Attrs.Push(attrs, a)
		}
		d.resource(&attrs, resource)
		d.own, d.ownResource = d.newGroup(attrs), resource
	}
	return &d.batch.Groups[d.own]
}

func (d *decoder) newGroup(resource signal.Attrs) int {
	if !d.arena.Charge(int(unsafe.Sizeof(signal.Group{}))) {
		d.fail(d.arena.Err())
	}
	d.batch.Groups = append(d.batch.Groups, signal.Group{Resource: resource})
	return len(d.batch.Groups) - 1
}

// timestamp reads a Timestamp; times beyond the years 1678 to 2262 are their bounds.
func (d *decoder) timestamp(m []byte) signal.Time {
	var seconds, nanos int64
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			seconds = int64(f.Uint())
		case 2:
			nanos = int64(int32(f.Uint()))
		}
	}
	const most, mostSeconds = 1<<63 - 1, (1<<63 - 1) / 1_000_000_000
	switch {
	case seconds >= mostSeconds:
		return most
	case seconds <= -mostSeconds:
		return -most
	}
	return signal.Time(seconds*1_000_000_000 + nanos)
}

// truncatable reads the value of a TruncatableString.
func (d *decoder) truncatable(m []byte) (text string) {
	if len(m) > 2 && m[0] == 1<<3|wire.WireBytes && m[1] < 0x80 && int(m[1]) == len(m)-2 {
		return wire.View(m[2:]) // nearly all of them
	}
	for f := d.scan(m); f.Next(); {
		if f.Num == 1 {
			text = f.Text()
		}
	}
	return text
}

// entry reads one entry of a map: a key and the bytes of its value.
func (d *decoder) entry(m []byte) (key string, value []byte) {
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			key = f.Text()
		case 2:
			value = f.Bytes()
		}
	}
	return key, value
}
