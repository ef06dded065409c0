package jaeger

import (
	"encoding/binary"
	"net/http"
	"time"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/normalise"
	"clew/internal/signal"
)

// This file reads jaeger.thrift: https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/jaeger.thrift

// decodeDatagram reads a call of the agent's emitBatch, in the protocol that its
// first byte tells: clients may be set to the other port.
func decodeDatagram(b *signal.Batch, body []byte, h ingest.Header) error {
	d := newDecoder(b, h)
	r := wire.NewThrift(body, false, &d.err)
	return d.call(&r)
}

// decodeHTTP reads a Batch; OpenCensus for Python sends a call of the
// collector's submitBatches instead.
func decodeHTTP(b *signal.Batch, body []byte, h ingest.Header) error {
	d := newDecoder(b, h)
	r := wire.NewThrift(body, false, &d.err)
	if len(body) > 0 && body[0]&0x80 != 0 {
		return d.call(&r)
	}
	d.thriftBatch(&r)
	return d.err
}

// call reads a call, whose only argument is a Batch or a list of them.
func (d *decoder) call(r *wire.Thrift) error {
	name, _, _ := r.Message()
	switch {
	case d.err != nil:
		return d.err
	case name != "emitBatch" && name != "submitBatches":
		return &ingest.Fault{Status: http.StatusBadRequest, Reason: "jaeger: a thrift call that is neither emitBatch nor submitBatches"}
	}
	for f := r.Struct(); r.Next(&f); {
		switch {
		case f.ID != 1:
			r.Skip()
		case r.Type == wire.ThriftList:
			for l := r.List(); r.Elem(&l); {
				d.thriftBatch(r)
			}
		default:
			d.thriftBatch(r)
		}
	}
	return d.err
}

func (d *decoder) thriftBatch(r *wire.Thrift) {
	var resource signal.Attrs
	for f := r.Struct(); r.Next(&f); {
		switch f.ID {
		case 1:
			d.thriftProcess(r, &resource)
		case 2:
			for l := r.List(); r.Elem(&l); {
				d.thriftSpan(r)
			}
		default: // numbers that count what the client lost
			r.Skip()
		}
	}
	d.end(resource)
}

func (d *decoder) thriftProcess(r *wire.Thrift, resource *signal.Attrs) {
	for f := r.Struct(); r.Next(&f); {
		switch f.ID {
		case 1:
			d.set(resource, "service.name", signal.Str(r.Text()))
		case 2:
			for l := r.List(); r.Elem(&l); {
				key, v := thriftTag(r)
				d.process(resource, key, v)
			}
		default:
			r.Skip()
		}
	}
}

func (d *decoder) thriftSpan(r *wire.Thrift) {
	var sp signal.Span
	var lasted time.Duration
	d.begin()
	for f := r.Struct(); r.Next(&f); {
		switch f.ID {
		case 1:
			putInt(sp.Trace[8:], r.Int())
		case 2:
			putInt(sp.Trace[:8], r.Int())
		case 3:
			putInt(sp.ID[:], r.Int())
		case 4:
			putInt(sp.Parent[:], r.Int())
		case 5:
			sp.Name = r.Text()
		case 6:
			for l := r.List(); r.Elem(&l); {
				d.thriftReference(r, &sp)
			}
		case 7:
			sp.Flags = uint32(r.Int()) & 1 // sampled; W3C has another meaning for "debug"
		case 8:
			sp.Start = signal.Time(micros(r.Int()))
		case 9:
			lasted = micros(r.Int())
		case 10:
			for l := r.List(); r.Elem(&l); {
				key, v := thriftTag(r)
				d.tag(&sp, key, v)
			}
		case 11:
			for l := r.List(); r.Elem(&l); {
				d.thriftLog(r, &sp)
			}
		default:
			r.Skip()
		}
	}
	sp.End = sp.Start.Add(lasted)
	d.put(&sp, nil)
}

func (d *decoder) thriftReference(r *wire.Thrift, sp *signal.Span) {
	var l signal.Link
	var kind int64
	for f := r.Struct(); r.Next(&f); {
		switch f.ID {
		case 1:
			kind = r.Int()
		case 2:
			putInt(l.Trace[8:], r.Int())
		case 3:
			putInt(l.Trace[:8], r.Int())
		case 4:
			putInt(l.Span[:], r.Int())
		default:
			r.Skip()
		}
	}
	d.reference(sp, l, kind)
}

func (d *decoder) thriftLog(r *wire.Thrift, sp *signal.Span) {
	list, e := next(d, &d.arena.Events, sp.Events)
	sp.Events = list
	for f := r.Struct(); r.Next(&f); {
		switch f.ID {
		case 1:
			e.At = signal.Time(micros(r.Int()))
		case 2:
			for l := r.List(); r.Elem(&l); {
				key, v := thriftTag(r)
				d.attr(&e.Attrs, key, v)
			}
		default:
			r.Skip()
		}
	}
	normalise.Event(e)
}

// thriftTag reads a Tag. Only its type tells which of its values counts: Node
// sends them all.
func thriftTag(r *wire.Thrift) (key string, v signal.Value) {
	var t tagValues
	var ok bool
	if key, t.kind, t.text, t.long, ok = r.Tag(); ok {
		return key, t.value()
	}
	for f := r.Struct(); r.Next(&f); {
		switch f.ID {
		case 1:
			key = r.Text()
		case 2:
			t.kind = r.Int()
		case 3:
			t.text = r.Text()
		case 4:
			t.double = r.Double()
		case 5:
			t.yes = r.Bool()
		case 6:
			t.long = r.Int()
		case 7:
			t.blob = r.Text()
		default:
			r.Skip()
		}
	}
	return key, t.value()
}

// tagValues are what a Tag may hold besides its key.
type tagValues struct {
	kind, long int64
	text, blob string
	double     float64
	yes        bool
}

func (t *tagValues) value() (v signal.Value) {
	switch t.kind {
	case typeString:
		v = signal.Str(t.text)
	case typeDouble:
		v = signal.Number(t.double)
	case typeBool:
		v = signal.Bool(t.yes)
	case typeLong:
		v = signal.Int(t.long)
	case typeBinary:
		v = signal.Bytes(t.blob)
	}
	return v
}

func putInt(dst []byte, v int64) { binary.BigEndian.PutUint64(dst, uint64(v)) }
