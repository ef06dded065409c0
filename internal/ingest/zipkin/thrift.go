package zipkin

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// thriftStruct is the first byte of a list of structs in thrift's binary protocol.
const thriftStruct = wire.ThriftStruct

// ThriftDecoder reads spans of zipkincore.thrift that come one by one, as in
// Scribe, into a batch.
type ThriftDecoder struct{ decoder }

// NewThriftDecoder returns a decoder that appends to b what it cuts from a.
func NewThriftDecoder(b *signal.Batch, a *ingest.Arena) *ThriftDecoder {
	return &ThriftDecoder{decoder{batch: b, arena: a}}
}

// Span appends the span in raw, a struct in thrift's binary protocol, which the
// batch borrows. It reports whether raw is one.
func (d *ThriftDecoder) Span(raw []byte) bool {
	d.err = nil
	r := wire.NewThrift(raw, false, &d.err)
	d.thriftSpan(&r)
	return d.err == nil
}

// End completes the batch and returns why it cannot be taken, or nil.
func (d *ThriftDecoder) End() error {
	d.err = nil
	return d.end()
}

// thriftSpans reads a bare list of spans.
func (d *decoder) thriftSpans() {
	r := wire.NewThrift(d.body, false, &d.err)
	r.Type = wire.ThriftList
	for l := r.List(); r.Elem(&l); {
		d.thriftSpan(&r)
		if d.arena.Err() != nil {
			r.Fail("no memory for more spans")
		}
	}
	r.End()
	if err := d.arena.Err(); err != nil {
		d.err = err
	}
}

func (d *decoder) thriftSpan(r *wire.Thrift) {
	s := span{one: true}
	d.begin()
	for f := r.Struct(); r.Next(&f); {
		switch f.ID {
		case 1:
			binary.BigEndian.PutUint64(s.Trace[8:], uint64(r.Int()))
		case 3:
			s.Name = r.Text()
		case 4:
			binary.BigEndian.PutUint64(s.ID[:], uint64(r.Int()))
		case 5:
			binary.BigEndian.PutUint64(s.Parent[:], uint64(r.Int()))
		case 6:
			for l := r.List(); r.Elem(&l); {
				d.thriftNote(r)
			}
		case 8:
			for l := r.List(); r.Elem(&l); {
				d.thriftTag(r)
			}
		case 10:
			s.stamp = thriftMicros(r)
		case 11:
			s.took = thriftMicros(r)
		case 12:
			binary.BigEndian.PutUint64(s.Trace[:8], uint64(r.Int()))
		default:
			r.Skip()
		}
	}
	d.add(&s)
}

func thriftMicros(r *wire.Thrift) signal.Time { return micros(uint64(max(0, r.Int()))) }

func (d *decoder) thriftNote(r *wire.Thrift) {
	var n note
	for f := r.Struct(); r.Next(&f); {
		switch f.ID {
		case 1:
			n.at = thriftMicros(r)
		case 2:
			n.value = r.Text()
		case 3:
			n.by = d.thriftEndpoint(r)
		default:
			r.Skip()
		}
	}
	d.notes = scratch(d, d.notes, n)
}

// thriftEndpoint reads who wrote a note or a tag: nearly always who wrote the one
// before.
func (d *decoder) thriftEndpoint(r *wire.Thrift) (e endpoint) {
	if r.Type == wire.ThriftStruct && r.Again(d.lastRaw) {
		return d.last
	}
	at := r.At()
	for f := r.Struct(); r.Next(&f); {
		switch f.ID {
		case 1:
			var b [4]byte
			binary.BigEndian.PutUint32(b[:], uint32(r.Int()))
			e.addr = d.addr(b[:])
		case 2:
			e.port = int64(uint16(r.Int())) // the sign is thrift's
		case 3:
			e.service = r.Text()
		case 4:
			if a := d.addr(r.Bytes()); e.addr == "" {
				e.addr = a
			}
		default:
			r.Skip()
		}
	}
	if d.err == nil {
		d.last, d.lastRaw = e, r.From(at)
	}
	return e
}

// The types of binary annotations.
const (
	typeBool = iota
	typeBytes
	typeI16
	typeI32
	typeI64
	typeDouble
	typeString
)

func (d *decoder) thriftTag(r *wire.Thrift) {
	var t tag
	var f wire.ThriftField
	key, raw, kind, ok := r.Noted()
	if t.key = key; !ok {
		kind, f = typeString, r.Struct()
	}
	for r.Next(&f) {
		switch f.ID {
		case 1:
			t.key = r.Text()
		case 2:
			raw = r.Bytes()
		case 3:
			kind = r.Int()
		case 4:
			t.by = d.thriftEndpoint(r)
		default:
			r.Skip()
		}
	}
	t.value = thriftValue(kind, raw)
	d.tags = scratch(d, d.tags, t)
}

// thriftValue reads the value of a binary annotation. HTrace sends text as
// bytes; what has not the length of its type stays bytes, too.
func thriftValue(kind int64, raw []byte) signal.Value {
	switch {
	case kind == typeBool && len(raw) == 1:
		return signal.Bool(raw[0] != 0)
	case kind == typeI16 && len(raw) == 2:
		return signal.Int(int64(int16(binary.BigEndian.Uint16(raw))))
	case kind == typeI32 && len(raw) == 4:
		return signal.Int(int64(int32(binary.BigEndian.Uint32(raw))))
	case kind == typeI64 && len(raw) == 8:
		return signal.Int(int64(binary.BigEndian.Uint64(raw)))
	case kind == typeDouble && len(raw) == 8:
		return signal.Double(math.Float64frombits(binary.BigEndian.Uint64(raw)))
	case utf8.Valid(raw):
		return signal.Str(wire.View(raw))
	}
	return signal.Bytes(wire.View(raw))
}
