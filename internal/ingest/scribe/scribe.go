// Package scribe reads what tracers of the first years sent to Zipkin's collector,
// and HTrace's ZipkinSpanReceiver still does: calls of Scribe's method Log, as
// thrift in frames on a TCP connection, whose entries of the category zipkin are
// spans of Zipkin's version 1 in base64. It takes no entry of another category.
package scribe

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/ingest/zipkin"
	"clew/internal/signal"
)

// Receiver is the protocol for the door.
var Receiver = ingest.Receiver{Name: "scribe", Sockets: []ingest.Socket{
	{Name: "scribe", Network: "tcp", Port: 9410, Signal: signal.Spans, Decode: Decode, Split: split, Reply: reply},
}}

// frameMax is far above what the door takes. What is longer is no frame: clients
// that were not told to frame begin with 0x80.
const frameMax = 1 << 30

var errFrame = errors.New("scribe: not thrift in frames: set the client's transport to framed")

// split cuts the stream into frames.
func split(data []byte, atEOF bool) (advance int, message []byte, err error) {
	if len(data) >= 4 {
		n := binary.BigEndian.Uint32(data)
		if n > frameMax {
			return 0, nil, errFrame
		}
		if end := 4 + int(n); len(data) >= end {
			return end, data[4:end], nil
		}
	}
	if atEOF && len(data) > 0 {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return 0, nil, nil
}

// Why an entry is refused.
const (
	refuseCategory = "an entry whose category is not zipkin"
	refuseEntry    = "an entry that is not a span in base64"
)

// Decode appends the spans in a call of Log to b, which borrows message and what
// it cuts from h's arena.
func Decode(b *signal.Batch, message []byte, h ingest.Header) error {
	var err error
	a := h.Rows()
	d := zipkin.NewThriftDecoder(b, a)
	r := wire.NewThrift(message, false, &err)
	if name, kind, _ := r.Message(); err == nil && (name != "Log" || kind != wire.ThriftCall) {
		return fmt.Errorf("scribe: want a call of Log, not of %.40q", name)
	}
	for f := r.Struct(); r.Next(&f); {
		if f.ID != 1 {
			r.Skip()
			continue
		}
		for l := r.List(); r.Elem(&l); {
			entry(b, &r, a, d)
		}
	}
	r.End()
	if err == nil {
		err = d.End()
	}
	for i := range b.Groups {
		placed(&b.Groups[i], a)
	}
	return err
}

// entry reads one LogEntry.
func entry(b *signal.Batch, r *wire.Thrift, a *ingest.Arena, d *zipkin.ThriftDecoder) {
	var category string
	var text []byte
	for f := r.Struct(); r.Next(&f); {
		switch f.ID {
		case 1:
			category = r.Text()
		case 2:
			text = r.Bytes()
		default:
			r.Skip()
		}
	}
	if category != "zipkin" {
		b.Refuse(signal.Spans, 1, refuseCategory)
		return
	}
	n := base64.StdEncoding.DecodedLen(len(text))
	if !a.Charge(n) {
		r.Fail("no memory for more entries")
		return
	}
	raw := make([]byte, n)
	if n, err := base64.StdEncoding.Decode(raw, text); err != nil || !d.Span(raw[:n]) {
		b.Refuse(signal.Spans, 1, refuseEntry)
	}
}

// placed divides HTrace's default name of a tracer, "%{tname}/%{ip}", so that a
// service is one service on however many hosts.
func placed(g *signal.Group, a *ingest.Arena) {
	name, host, ok := strings.Cut(g.Resource.Text("service.name"), "/")
	if addr, err := netip.ParseAddr(host); !ok || name == "" || err != nil || !addr.IsValid() {
		return
	}
	g.Resource = a.Attrs.Push(a.Attrs.Push(nil,
		signal.Attr{Key: "service.name", Value: signal.Str(name)}),
		signal.Attr{Key: "network.local.address", Value: signal.Str(host)})
}

// Results of a call.
const (
	resultOK     = 0
	protocolFail = 7 // of TApplicationException
)

// reply repeats the number of the call: clients compare it.
func reply(o ingest.Outcome, h ingest.Header) ingest.Answer {
	var err error
	r := wire.NewThrift(h.Body, false, &err)
	_, _, seq := r.Message()
	out := wire.AppendThriftReply(nil, "Log", seq)
	if o.Fault == nil {
		out = wire.AppendThriftI32(wire.AppendThriftField(out, wire.ThriftI32, 0), resultOK)
	} else {
		out[3] = wire.ThriftException
		out = wire.AppendThriftText(wire.AppendThriftField(out, wire.ThriftString, 1), o.Fault.Reason)
		out = wire.AppendThriftI32(wire.AppendThriftField(out, wire.ThriftI32, 2), protocolFail)
	}
	return ingest.Answer{Body: wire.ThriftFrame(append(out, wire.ThriftStop))}
}
