package epsagon

import (
	"fmt"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/signal"
)

// BenchmarkDecode reads invocations of 17 spans with as many attributes as the
// corpus of OTLP's benchmark.
func BenchmarkDecode(b *testing.B) {
	const traces, calls = 30, 16
	var body strings.Builder
	body.WriteString("[")
	for i := range traces {
		if i > 0 {
			body.WriteString(",")
		}
		fmt.Fprintf(&body, `{"token":"t","app_name":"blog","version":"1.82.0","platform":"Python 3.11","exceptions":[],"events":[%s`, benchEvent(fmt.Sprint("r", i), "runner", "lambda"))
		for j := range calls {
			body.WriteString("," + benchEvent(fmt.Sprint("redis-", i, "-", j), "redis", "redis"))
		}
		body.WriteString("]}")
	}
	body.WriteString("]")
	text := []byte(body.String())
	a := ingest.NewArena(0) // used again and again, as the door does
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		a.Reset()
		if err := decode(new(signal.Batch), text, ingest.Header{Arena: a}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/traces/(calls+1), "ns/span")
}

func benchEvent(id, origin, typ string) string {
	var meta strings.Builder
	for i := range 12 {
		fmt.Fprintf(&meta, `"http.request.attribute.%d": "value of ordinary length", `, i)
	}
	for i := range 5 {
		fmt.Fprintf(&meta, `"http.response.number.%d": %d, `, i, 7000+i)
	}
	return fmt.Sprintf(`{"id": %q, "start_time": 1795269472.9286635, "duration": 0.015523195266723633, "origin": %q, "error_code": 0, `+
		`"resource": {"type": %q, "name": "localhost", "operation": "GET", "metadata": {%s"cold_start": true}}}`, id, origin, typ, meta.String())
}
