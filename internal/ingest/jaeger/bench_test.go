package jaeger

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"clew/internal/ingest"
	"clew/internal/signal"
)

// writer writes thrift; the tests' own.
type writer struct {
	b       []byte
	compact bool
	last    []int16 // ids of the fields before, of every struct that is open
}

func (w *writer) zigzag(v int64) { w.b = binary.AppendUvarint(w.b, uint64(v<<1)^uint64(v>>63)) }

// field writes the head of a field; t is its type in both protocols.
func (w *writer) field(id int16, t [2]byte) {
	if !w.compact {
		w.b = append(w.b, t[0], byte(id>>8), byte(id))
		return
	}
	before := &w.last[len(w.last)-1]
	w.b = append(w.b, byte(id-*before)<<4|t[1])
	*before = id
}

func (w *writer) begin() { w.last = append(w.last, 0) }

func (w *writer) end() {
	w.b = append(w.b, 0)
	w.last = w.last[:len(w.last)-1]
}

func (w *writer) i32(id int16, v int32) {
	w.field(id, [2]byte{8, 5})
	if w.compact {
		w.zigzag(int64(v))
		return
	}
	w.b = binary.BigEndian.AppendUint32(w.b, uint32(v))
}

func (w *writer) i64(id int16, v int64) {
	w.field(id, [2]byte{10, 6})
	if w.compact {
		w.zigzag(v)
		return
	}
	w.b = binary.BigEndian.AppendUint64(w.b, uint64(v))
}

func (w *writer) text(id int16, s string) {
	w.field(id, [2]byte{11, 8})
	if w.compact {
		w.b = binary.AppendUvarint(w.b, uint64(len(s)))
	} else {
		w.b = binary.BigEndian.AppendUint32(w.b, uint32(len(s)))
	}
	w.b = append(w.b, s...)
}

func (w *writer) yes(id int16) {
	w.field(id, [2]byte{2, 1})
	if !w.compact {
		w.b = append(w.b, 1)
	}
}

func (w *writer) structs(id int16, n int) {
	w.field(id, [2]byte{15, 9})
	switch {
	case !w.compact:
		w.b = binary.BigEndian.AppendUint32(append(w.b, 12), uint32(n))
	case n < 15:
		w.b = append(w.b, byte(n)<<4|12)
	default:
		w.b = binary.AppendUvarint(append(w.b, 15<<4|12), uint64(n))
	}
}

// tag writes a tag of a type in field id, and as Node does, the other fields too.
func (w *writer) tag(key string, kind int32, node bool, value func()) {
	w.begin()
	w.text(1, key)
	w.i32(2, kind)
	value()
	if node {
		w.i64(6, 0)
		w.text(7, "")
	}
	w.end()
}

// corpus is n spans of 18 tags, the same as those of OTLP's benchmark.
func corpus(n int, compact, node bool) []byte {
	r := rand.New(rand.NewPCG(1, 7))
	w := &writer{compact: compact}
	w.begin()
	w.field(1, [2]byte{12, 12})
	w.begin()
	w.text(1, "request-processor")
	w.end()
	w.structs(2, n)
	for range n {
		w.begin()
		for id := range int16(4) {
			w.i64(id+1, int64(r.Uint64()|1))
		}
		w.text(5, "POST /new_post")
		w.i32(7, 1)
		w.i64(8, 1_700_000_000_000_000+r.Int64N(1e12))
		w.i64(9, r.Int64N(1e6))
		w.structs(10, 18)
		for i := range 12 {
			w.tag(fmt.Sprintf("http.request.attribute.%d", i), typeString, node, func() { w.text(3, "value of ordinary length") })
		}
		for i := range 5 {
			w.tag(fmt.Sprintf("http.response.number.%d", i), typeLong, false, func() { w.i64(6, r.Int64N(70000)) })
		}
		w.tag("faas.coldstart", typeBool, node, func() { w.yes(5) })
		w.end()
	}
	w.end()
	return w.b
}

func protoCorpus(n int) []byte {
	r := rand.New(rand.NewPCG(1, 7))
	message := func(num byte, parts ...[]byte) []byte {
		var body []byte
		for _, p := range parts {
			body = append(body, p...)
		}
		return append(binary.AppendUvarint([]byte{num<<3 | 2}, uint64(len(body))), body...)
	}
	number := func(num byte, v int64) []byte { return binary.AppendUvarint([]byte{num << 3}, uint64(v)) }
	id := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.IntN(255) + 1)
		}
		return b
	}
	var batch []byte
	for range n {
		parts := [][]byte{
			message(1, id(16)), message(2, id(8)), message(3, []byte("POST /new_post")), message(4, message(1, id(16)), message(2, id(8))), number(5, 1),
			message(6, number(1, 1_700_000_000+r.Int64N(1e6)), number(2, r.Int64N(1e9))), message(7, number(2, r.Int64N(1e9))),
		}
		for i := range 12 {
			parts = append(parts, message(8, message(1, fmt.Appendf(nil, "http.request.attribute.%d", i)), message(3, []byte("value of ordinary length"))))
		}
		for i := range 5 {
			parts = append(parts, message(8, message(1, fmt.Appendf(nil, "http.response.number.%d", i)), number(2, 2), number(5, r.Int64N(70000))))
		}
		parts = append(parts, message(8, message(1, []byte("faas.coldstart")), number(2, 1), number(4, 1)))
		batch = append(batch, message(1, parts...)...)
	}
	return message(1, batch, message(2, message(1, []byte("request-processor"))))
}

func BenchmarkDecode(b *testing.B) {
	const spans = 512
	a := ingest.NewArena(0) // used again and again, as the door does
	run := func(name string, body []byte, decode func(*signal.Batch, []byte, ingest.Header) error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				a.Reset()
				var batch signal.Batch
				if err := decode(&batch, body, ingest.Header{Arena: a}); err != nil || len(batch.Groups[0].Spans) != spans {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/spans, "ns/span")
		})
	}
	compact := append([]byte("\x82\x81\x01\x09emitBatch\x1c"), append(corpus(spans, true, false), 0)...)
	run("binary", corpus(spans, false, false), decodeHTTP)
	run("binary of Node", corpus(spans, false, true), decodeHTTP)
	run("compact", compact, decodeDatagram)
	run("proto", protoCorpus(spans), decodeProto)
}
