package opencensus

import (
	"fmt"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/signal"
)

// BenchmarkDecode reads the corpus of the OTLP decoder's benchmark: spans of 18
// attributes, as an instrumented service sends them.
func BenchmarkDecode(b *testing.B) {
	const spans = 512
	attrs := ""
	add := func(key, value string) { attrs += msg(1, msg(1, key), msg(2, value)) }
	for i := range 12 {
		add(fmt.Sprintf("http.request.attribute.%d", i), textAt(1, "value of ordinary length"))
	}
	for i := range uint64(5) {
		add(fmt.Sprintf("http.response.number.%d", i), number(2, 13_000*(i+1)))
	}
	add("faas.coldstart", number(3, 1))
	span := msg(2, msg(1, traceA), msg(2, spanB), msg(3, spanA), textAt(4, "POST /new_post"), at(5, t0), at(6, t0+5e6), msg(7, attrs), number(14, 1))
	message := []byte(msg(1, msg(3, msg(1, "request-processor"))) + strings.Repeat(span, spans))
	a := ingest.NewArena(0) // used again and again, as the door does
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		a.Reset()
		s := &stream{signal: signal.Spans}
		if err := s.decode(new(signal.Batch), message, ingest.Header{Arena: a}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/spans, "ns/span")
}
