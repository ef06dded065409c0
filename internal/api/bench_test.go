package api

import (
	"encoding/binary"
	"fmt"
	"syscall"
	"testing"
	"time"

	"clew/internal/signal"
	"clew/internal/store/columnar"
	"clew/internal/store/mem"
	"clew/internal/store/storetest"
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

// BenchmarkListPageStored lists 50 of some 10,000 traces of a store on disk, which say
// nothing of others, or of which every other one sends a message to the next; with
// the processor time of a page.
func BenchmarkListPageStored(b *testing.B) {
	for _, joined := range []bool{false, true} {
		name := map[bool]string{false: "apart", true: "joined"}[joined]
		b.Run(name, func(b *testing.B) {
			st, err := columnar.Open(columnar.Options{Dir: b.TempDir(), BusyWait: time.Minute})
			if err != nil {
				b.Fatal(err)
			}
			defer st.Close()
			corpus := storetest.NewCorpus(signal.DefaultTenant, 1, storytest.Start)
			traces := map[signal.TraceID]int{}
			for range 200 {
				batch := corpus.Next(480)
				for i := range batch.Groups {
					spans := batch.Groups[i].Spans
					s := &spans[len(spans)-1]
					if _, ok := traces[s.Trace]; joined && !ok {
						n := len(traces)
						s.Keys = []signal.JoinKey{{Kind: signal.KeySNSMessage, Value: fmt.Sprint("m-", n/2)}}
						s.Kind = [...]signal.SpanKind{signal.Producer, signal.Consumer}[n%2]
					}
					traces[s.Trace] = len(traces)
				}
				if err := st.Append(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			if err := st.Flush(b.Context()); err != nil {
				b.Fatal(err)
			}
			h := serve(b, st)
			before := cpu()
			for b.Loop() {
				get(b, h, "/api/transactions?from=0&limit=50")
			}
			b.ReportMetric((cpu()-before).Seconds()*1e3/float64(b.N), "cpu-ms/page")
		})
	}
}

// cpu returns the processor time this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
