package columnar

import (
	"sync"
	"syscall"
	"testing"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/storetest"
)

// cpu returns the processor time this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var corpusOnce = sync.OnceValue(func() []*signal.Batch {
	c := storetest.NewCorpus(acme, 1, someDay)
	var out []*signal.Batch
	for range 450 {
		out = append(out, c.Next(480))
	}
	return out
})

func spansIn(bs []*signal.Batch) (n int) {
	for _, b := range bs {
		s, _, _ := b.Len()
		n += s
	}
	return n
}

// BenchmarkAppend writes the corpus of some 220,000 spans in batches of about
// 500, durably, on the real disk, from four writers, and settles it into parts.
func BenchmarkAppend(b *testing.B) {
	corpus := corpusOnce()
	spans := spansIn(corpus)
	for range b.N {
		s := mustOpen(b, Options{Dir: b.TempDir()})
		before, start := cpu(), time.Now()
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := w; i < len(corpus); i += 4 {
					if err := s.Append(b.Context(), corpus[i]); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		acked := time.Since(start)
		if err := s.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := s.mergeTiers(); err != nil {
			b.Fatal(err)
		}
		st := s.Stats()
		if st.Rows[signal.Spans] != uint64(spans) {
			b.Fatalf("%d spans, want %d", st.Rows[signal.Spans], spans)
		}
		b.ReportMetric(float64(spans)/acked.Seconds(), "spans/s")
		b.ReportMetric((cpu()-before).Seconds()/float64(spans)*1e6, "cpu-s/Mspan")
		b.ReportMetric(float64(st.Bytes)/float64(spans), "B/span")
		s.Close()
	}
}

func filled(b *testing.B) *Store {
	s := mustOpen(b, Options{Dir: b.TempDir()})
	for _, batch := range corpusOnce() {
		if err := s.Append(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	return s
}

func BenchmarkTrace(b *testing.B) {
	s := filled(b)
	corpus := corpusOnce()
	before := cpu()
	for i := 0; b.Loop(); i++ {
		id := corpus[i%len(corpus)].Groups[0].Spans[0].Trace
		n := 0
		for batch, err := range s.Trace(b.Context(), acme, id, signal.Range{}) {
			if err != nil {
				b.Fatal(err)
			}
			spans, _, _ := batch.Len()
			n += spans
		}
		if n == 0 {
			b.Fatal("trace not found")
		}
	}
	b.ReportMetric((cpu()-before).Seconds()*1e3/float64(b.N), "cpu-ms/op")
}

func BenchmarkScan(b *testing.B) {
	s := filled(b)
	corpus := corpusOnce()
	before := cpu()
	for i := 0; b.Loop(); i++ {
		g := &corpus[i%len(corpus)].Groups[0]
		q := &query.Query{Tenant: acme, Limit: 20, Where: query.All(
			query.Is(query.FieldService, query.Eq, signal.Str(g.Resource.ServiceName())), query.Is(query.FieldName, query.Eq, signal.Str(g.Spans[0].Name)))}
		n := 0
		for rows, err := range s.Scan(b.Context(), q) {
			if err != nil {
				b.Fatal(err)
			}
			n += len(rows.Rows)
		}
		if n != 20 {
			b.Fatalf("%d rows", n)
		}
	}
	b.ReportMetric((cpu()-before).Seconds()*1e3/float64(b.N), "cpu-ms/op")
}
