package api

import (
	"encoding/binary"
	"testing"

	"clew/internal/signal"
	"clew/internal/store/mem"
	"clew/internal/transaction/storytest"
)

// BenchmarkSpans50k reads, builds and writes a transaction of 50,000 spans.
func BenchmarkSpans50k(b *testing.B) {
	g := serviceGroup("big")
	for i := 1; i <= 50_000; i++ {
		s := signal.Span{Trace: signal.TraceID{15: 1}, Name: "op", Kind: signal.SpanKind(i % 6), Start: storytest.At(float64(i)), End: storytest.At(float64(i + 9))}
		binary.BigEndian.PutUint64(s.ID[:], uint64(i))
		binary.BigEndian.PutUint64(s.Parent[:], uint64(i/4))
		g.Spans = append(g.Spans, s)
	}
	s := mem.New()
	appendAll(b, s, g)
	h := serve(b, s)
	b.ReportAllocs()
	for b.Loop() {
		w := get(b, h, "/api/transactions/1/spans", "Accept-Encoding", "gzip")
		b.ReportMetric(float64(w.Body.Len()), "bytes/answer")
	}
}

func BenchmarkListPage(b *testing.B) {
	h := serve(b, many(b, 250, 1))
	for b.Loop() {
		get(b, h, "/api/transactions?from=0&limit=50")
	}
}
