package xray

import (
	"fmt"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/signal"
)

// BenchmarkDecode reads spans of about 18 attributes each, as the corpus of
// OTLP's benchmark has them.
func BenchmarkDecode(b *testing.B) {
	const spans, perSegment = 512, 8
	var documents []string
	for i := range spans / perSegment {
		details := func(id int) string {
			var sb strings.Builder
			fmt.Fprintf(&sb, `"id":"%016x","name":"blog","start_time":1795238488.51,"end_time":1795238489.5123456,"http":{"request":{"method":"POST","url":"http://blog.example/new_post","user_agent":"test/1","client_ip":"192.0.2.1"},"response":{"status":200,"content_length":86}},"annotations":{`, id)
			for n := range 8 {
				fmt.Fprintf(&sb, `"annotation_%d":"value of ordinary length",`, n)
			}
			for n := range 4 {
				fmt.Fprintf(&sb, `"number_%d":%d,`, n, id*n)
			}
			return strings.TrimSuffix(sb.String(), ",") + "}"
		}
		var nested []string
		for n := range perSegment - 1 {
			nested = append(nested, `{"namespace":"remote",`+details(i*perSegment+n+2)+`}`)
		}
		documents = append(documents, fmt.Sprintf(`{"trace_id":"1-5759e988-%024x",%s,"subsegments":[%s]}`, i, details(i*perSegment+1), strings.Join(nested, ",")))
	}
	body := []byte(put(documents...))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	a := ingest.NewArena(0) // used again and again, as the door does
	for b.Loop() {
		a.Reset()
		var batch signal.Batch
		if err := decodePut(&batch, body, ingest.Header{Arena: a}); err != nil {
			b.Fatal(err)
		}
		if n, _, _ := batch.Len(); n != spans {
			b.Fatalf("%d spans: %v", n, batch.Refused)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/spans, "ns/span")
}
