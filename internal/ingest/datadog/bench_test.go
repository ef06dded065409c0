package datadog

import (
	"encoding/binary"
	"fmt"
	"testing"

	"clew/internal/ingest"
	"clew/internal/signal"
)

// packer writes MessagePack.
type packer struct{ b []byte }

func (p *packer) list(n int)    { p.b = binary.BigEndian.AppendUint16(append(p.b, 0xdc), uint16(n)) }
func (p *packer) dict(n int)    { p.b = binary.BigEndian.AppendUint16(append(p.b, 0xde), uint16(n)) }
func (p *packer) num(n int64)   { p.b = binary.BigEndian.AppendUint64(append(p.b, 0xcf), uint64(n)) }
func (p *packer) text(s string) { p.b = append(append(p.b, 0xd9, byte(len(s))), s...) }
func (p *packer) float()        { p.b = append(p.b, 0xcb, 0x40, 0x45, 0, 0, 0, 0, 0, 0) }

const benchSpans, benchTrace = 512, 8

// spans04 is spans of 18 attributes, as the corpus of OTLP's benchmark has them.
func spans04() []byte {
	var p packer
	p.list(benchSpans / benchTrace)
	for i := range benchSpans {
		if i%benchTrace == 0 {
			p.list(benchTrace)
		}
		p.dict(12)
		for _, s := range []string{"service", "blog", "name", "web.request", "resource", "POST /new_post", "type", "web"} {
			p.text(s)
		}
		for j, key := range []string{"trace_id", "span_id", "parent_id", "start", "duration", "error"} {
			p.text(key)
			p.num([]int64{int64(i/benchTrace + 1), int64(i + 1), int64(i), 1795271298840213799, 1000, 0}[j])
		}
		p.text("meta")
		p.dict(12)
		for j := range 12 {
			p.text(fmt.Sprintf("http.request.attribute.%d", j))
			p.text("value of ordinary length")
		}
		p.text("metrics")
		p.dict(6)
		for j := range 6 {
			p.text(fmt.Sprintf("http.response.number.%d", j))
			p.float()
		}
	}
	return p.b
}

func spans05() []byte {
	var p packer
	p.list(2)
	p.list(23)
	for _, s := range []string{"blog", "web.request", "POST /new_post", "web", "value of ordinary length"} {
		p.text(s)
	}
	for j := range 12 {
		p.text(fmt.Sprintf("http.request.attribute.%d", j))
	}
	for j := range 6 {
		p.text(fmt.Sprintf("http.response.number.%d", j))
	}
	p.list(benchSpans / benchTrace)
	for i := range benchSpans {
		if i%benchTrace == 0 {
			p.list(benchTrace)
		}
		p.b = append(p.b, 0x9c, 0, 1, 2)
		for _, n := range []int64{int64(i/benchTrace + 1), int64(i + 1), int64(i), 1795271298840213799, 1000, 0} {
			p.num(n)
		}
		p.dict(12)
		for j := range 12 {
			p.b = append(p.b, byte(5+j), 4)
		}
		p.dict(6)
		for j := range 6 {
			p.b = append(p.b, byte(17+j))
			p.float()
		}
		p.b = append(p.b, 3)
	}
	return p.b
}

func BenchmarkDecode(b *testing.B) {
	run := func(name string, body []byte, decode func(*signal.Batch, []byte, ingest.Header) error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			a := ingest.NewArena(0) // used again and again, as the door does
			for b.Loop() {
				a.Reset()
				var batch signal.Batch
				if err := decode(&batch, body, ingest.Header{Arena: a}); err != nil {
					b.Fatal(err)
				}
				if n, _, _ := batch.Len(); n != benchSpans || len(batch.Groups[0].Spans[0].Attrs) != 20 {
					b.Fatalf("%d spans", n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchSpans, "ns/span")
		})
	}
	run("v0.4", spans04(), decode04)
	run("v0.5", spans05(), decode05)
	line := []byte("queue.depth:7.5|g|#team:blog,env:test,service:blog-view,version:1.2.3\n")
	b.Run("dogstatsd", func(b *testing.B) {
		a := ingest.NewArena(0)
		for b.Loop() {
			a.Reset()
			var batch signal.Batch
			if err := decodeStats(&batch, line, ingest.Header{Arena: a}); err != nil || len(batch.Groups) != 1 {
				b.Fatal(err)
			}
		}
	})
}
