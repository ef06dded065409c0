package jaeger

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/normalise"
	"clew/internal/signal"
)

// This file reads api_v2: https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v2/model.proto

// decodeProto reads a PostSpansRequest.
func decodeProto(b *signal.Batch, body []byte, h ingest.Header) error {
	d := newDecoder(b, h)
	for s := d.scan(body); s.Next(); {
		if s.Num == 1 {
			d.protoBatch(s.Bytes())
		}
	}
	return d.err
}

// own is the process that a span names for itself. Spans after each other often
// name the same.
type own struct {
	sent     []byte
	resource signal.Attrs
}

func (d *decoder) protoBatch(m []byte) {
	var resource signal.Attrs
	var last own
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			d.protoSpan(s.Bytes(), &last)
		case 2:
			d.protoProcess(s.Bytes(), &resource)
		}
	}
	d.end(resource)
}

func (d *decoder) protoProcess(m []byte, resource *signal.Attrs) {
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			d.set(resource, "service.name", signal.Str(s.Text()))
		case 2:
			key, v := d.protoTag(s.Bytes())
			d.process(resource, key, v)
		}
	}
}

func (d *decoder) protoSpan(m []byte, last *own) {
	var sp signal.Span
	var lasted time.Duration
	var process []byte
	good := true
	d.begin()
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			good = putID(sp.Trace[:], s.Bytes()) && good
		case 2:
			good = putID(sp.ID[:], s.Bytes()) && good
		case 3:
			sp.Name = s.Text()
		case 4:
			d.protoReference(s.Bytes(), &sp)
		case 5:
			sp.Flags = uint32(s.Uint()) & 1
		case 6:
			sp.Start = signal.Time(d.protoTime(s.Bytes()))
		case 7:
			lasted = d.protoTime(s.Bytes())
		case 8:
			key, v := d.protoTag(s.Bytes())
			d.tag(&sp, key, v)
		case 9:
			d.protoLog(s.Bytes(), &sp)
		case 10:
			process = s.Bytes()
		}
	}
	if !good && d.err == nil {
		d.batch.Refuse(signal.Spans, 1, "trace id or span id is too long")
		return
	}
	if !bytes.Equal(process, last.sent) {
		*last = own{sent: process}
		d.protoProcess(process, &last.resource)
	}
	sp.End = sp.Start.Add(lasted)
	d.put(&sp, last.resource)
}

func (d *decoder) protoReference(m []byte, sp *signal.Span) {
	var l signal.Link
	var kind uint64
	good := true
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			good = putID(l.Trace[:], s.Bytes()) && good
		case 2:
			good = putID(l.Span[:], s.Bytes()) && good
		case 3:
			kind = s.Uint()
		}
	}
	if good {
		d.reference(sp, l, int64(kind))
	}
}

func (d *decoder) protoLog(m []byte, sp *signal.Span) {
	list, e := next(d, &d.arena.Events, sp.Events)
	sp.Events = list
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			e.At = signal.Time(d.protoTime(s.Bytes()))
		case 2:
			key, v := d.protoTag(s.Bytes())
			d.attr(&e.Attrs, key, v)
		}
	}
	normalise.Event(e)
}

// protoTag reads a KeyValue.
func (d *decoder) protoTag(m []byte) (key string, v signal.Value) {
	if key, v, ok := shortTag(m); ok {
		return key, v
	}
	types := [...]int{typeString, typeBool, typeLong, typeDouble, typeBinary}
	var kind, long uint64
	var text, blob string
	var double float64
	var yes bool
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			key = s.Text()
		case 2:
			kind = s.Uint()
		case 3:
			text = s.Text()
		case 4:
			yes = s.Uint() != 0
		case 5:
			long = s.Uint()
		case 6:
			double = s.Double()
		case 7:
			blob = s.Text()
		}
	}
	if kind >= uint64(len(types)) {
		return key, v
	}
	switch types[kind] {
	case typeString:
		v = signal.Str(text)
	case typeBool:
		v = signal.Bool(yes)
	case typeLong:
		v = signal.Int(int64(long))
	case typeDouble:
		v = signal.Number(double)
	case typeBinary:
		v = signal.Bytes(blob)
	}
	return key, v
}

// shortTag reads the form that nearly all tags have, in half the time: key, type
// and value in this order, each shorter than 128 bytes, the value a string, a
// boolean or an integer.
func shortTag(m []byte) (key string, v signal.Value, ok bool) {
	if len(m) < 6 || m[0] != 1<<3|2 || m[1] >= 0x80 || int(m[1]) > len(m)-4 {
		return "", v, false
	}
	key, m = wire.View(m[2:2+m[1]]), m[2+m[1]:]
	kind := byte(0)
	if m[0] == 2<<3 {
		if kind, m = m[1], m[2:]; len(m) < 2 {
			return "", v, false
		}
	}
	switch {
	case kind == 0 && m[0] == 3<<3|2 && int(m[1]) == len(m)-2:
		return key, signal.Str(wire.View(m[2:])), true
	case kind == 1 && m[0] == 4<<3 && len(m) == 2 && m[1] < 0x80:
		return key, signal.Bool(m[1] != 0), true
	case kind == 2 && m[0] == 5<<3:
		n, size := binary.Uvarint(m[1:])
		return key, signal.Int(int64(n)), size == len(m)-1
	}
	return "", v, false
}

// protoTime reads a Timestamp or a Duration, saturating.
func (d *decoder) protoTime(m []byte) time.Duration {
	var seconds, nanos int64
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			seconds = int64(s.Uint())
		case 2:
			nanos = int64(int32(s.Uint()))
		}
	}
	const most = math.MaxInt64/int64(time.Second) - 4 // nanos are less than four seconds
	return time.Duration(max(-most, min(seconds, most))*int64(time.Second) + nanos)
}

// putID writes an id of up to len(dst) bytes, left-padded, and reports whether
// it is one.
func putID(dst, id []byte) bool {
	if len(id) > len(dst) {
		return false
	}
	clear(dst)
	copy(dst[len(dst)-len(id):], id)
	return true
}
