package instana

import (
	"fmt"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/signal"
)

// BenchmarkDecode reads spans with as many attributes as the corpus of OTLP's
// benchmark.
func BenchmarkDecode(b *testing.B) {
	const spans = 512
	var body strings.Builder
	for i := range spans {
		fmt.Fprintf(&body, `,{"t":"%016x","s":"%016x","p":"00000000000000aa","n":"redis","k":2,"f":{"hl":true,"cp":"aws","e":"arn:aws:lambda:eu-west-1:123456789012:function:worker:$LATEST"},"ec":0,"ts":1795270000000,"d":12,"data":{"redis":{"connection":"127.0.0.1:6379","command":"get"`, i/16+1, i+1)
		for j := range 16 {
			fmt.Fprintf(&body, `,"attribute%d":"value of ordinary length"`, j)
		}
		body.WriteString("}}}")
	}
	text := []byte(`{"spans":[` + body.String()[1:] + `],"metrics":{}}`)
	a := ingest.NewArena(0) // used again and again, as the door does
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		a.Reset()
		if err := decode(new(signal.Batch), text, ingest.Header{Arena: a}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/spans, "ns/span")
}
