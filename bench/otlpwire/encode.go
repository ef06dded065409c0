// Package otlpwire writes span batches as OTLP protobuf requests for the load
// harnesses. It writes what the corpus holds and is no general encoder: values
// of kind JSON are sent as strings, logs and points are not written.
package otlpwire

import (
	"encoding/binary"
	"math"

	"clew/internal/signal"
)

// The wire types of protobuf.
const (
	varint = 0
	fixed8 = 1
	bytesT = 2
	fixed4 = 5
)

// AppendTraces appends b as an ExportTraceServiceRequest (opentelemetry-proto
// collector/trace/v1). One ResourceSpans is written for every group.
func AppendTraces(dst []byte, b *signal.Batch) []byte {
	for i := range b.Groups {
		g := &b.Groups[i]
		dst = message(dst, 1, func(dst []byte) []byte {
			dst = message(dst, 1, func(dst []byte) []byte { return attrs(dst, 1, g.Resource) })
			return message(dst, 2, func(dst []byte) []byte { return scopeSpans(dst, g) })
		})
	}
	return dst
}

func scopeSpans(dst []byte, g *signal.Group) []byte {
	dst = message(dst, 1, func(dst []byte) []byte {
		return text(text(dst, 1, g.Scope.Name), 2, g.Scope.Version)
	})
	for i := range g.Spans {
		dst = message(dst, 2, func(dst []byte) []byte { return span(dst, &g.Spans[i]) })
	}
	return dst
}

func span(dst []byte, s *signal.Span) []byte {
	dst = text(dst, 1, string(s.Trace[:]))
	dst = text(dst, 2, string(s.ID[:]))
	dst = text(dst, 3, s.TraceState)
	if !s.Parent.IsZero() {
		dst = text(dst, 4, string(s.Parent[:]))
	}
	dst = text(dst, 5, s.Name)
	dst = number(dst, 6, uint64(s.Kind))
	dst = fixed(dst, 7, uint64(s.Start))
	dst = fixed(dst, 8, uint64(s.End))
	dst = attrs(dst, 9, s.Attrs)
	for i := range s.Events {
		e := &s.Events[i]
		dst = message(dst, 11, func(dst []byte) []byte {
			return attrs(text(fixed(dst, 1, uint64(e.At)), 2, e.Name), 3, e.Attrs)
		})
	}
	if s.Status != (signal.Status{}) {
		dst = message(dst, 15, func(dst []byte) []byte {
			return number(text(dst, 2, s.Status.Message), 3, uint64(s.Status.Code))
		})
	}
	dst = tag(dst, 16, fixed4)
	return binary.LittleEndian.AppendUint32(dst, s.Flags)
}

func attrs(dst []byte, field int, as signal.Attrs) []byte {
	for i := range as {
		a := &as[i]
		dst = message(dst, field, func(dst []byte) []byte {
			dst = text(dst, 1, a.Key)
			return message(dst, 2, func(dst []byte) []byte { return value(dst, a.Value) })
		})
	}
	return dst
}

func value(dst []byte, v signal.Value) []byte {
	switch v.Kind() {
	case signal.KindBool:
		return append(tag(dst, 2, varint), byte(v.Bits()))
	case signal.KindInt:
		return binary.AppendUvarint(tag(dst, 3, varint), v.Bits())
	case signal.KindDouble:
		return binary.LittleEndian.AppendUint64(tag(dst, 4, fixed8), math.Float64bits(v.Double()))
	}
	s := v.String()
	return append(binary.AppendUvarint(tag(dst, 1, bytesT), uint64(len(s))), s...)
}

func tag(dst []byte, field, wire int) []byte {
	return binary.AppendUvarint(dst, uint64(field<<3|wire))
}

func text(dst []byte, field int, s string) []byte {
	if s == "" {
		return dst
	}
	return append(binary.AppendUvarint(tag(dst, field, bytesT), uint64(len(s))), s...)
}

func number(dst []byte, field int, n uint64) []byte {
	if n == 0 {
		return dst
	}
	return binary.AppendUvarint(tag(dst, field, varint), n)
}

func fixed(dst []byte, field int, n uint64) []byte {
	return binary.LittleEndian.AppendUint64(tag(dst, field, fixed8), n)
}

// message writes what f appends as a length-delimited field: the length is put
// in after the content is known.
func message(dst []byte, field int, f func([]byte) []byte) []byte {
	dst = tag(dst, field, bytesT)
	at := len(dst)
	dst = f(dst)
	n := len(dst) - at
	var head [binary.MaxVarintLen64]byte
	k := binary.PutUvarint(head[:], uint64(n))
	dst = append(dst, head[:k]...)
	copy(dst[at+k:], dst[at:at+n])
	copy(dst[at:], head[:k])
	return dst
}
