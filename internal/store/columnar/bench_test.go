package columnar

import (
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
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

const batchSpans = 480

var corpusOnce = sync.OnceValue(func() []*signal.Batch {
	c := storetest.NewCorpus(acme, 1, someDay)
	var out []*signal.Batch
	for range 450 {
		out = append(out, c.Next(batchSpans))
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

// BenchmarkQuery200k and BenchmarkQuery1M ask a store of that many spans what
// people ask: -bench Query200k, -bench Query1M/trace. BenchmarkQuery1MFull does while
// 200,000 more are in memory, BenchmarkQueryFresh while all are.
func BenchmarkQuery200k(b *testing.B) { benchmarkQueries(b, fill(b, 200_000, 0)) }

func BenchmarkQuery1M(b *testing.B) { benchmarkQueries(b, fill(b, 1_000_000, 0)) }

func BenchmarkQuery1MFull(b *testing.B) { benchmarkQueries(b, fill(b, 1_000_000, 200_000)) }

func BenchmarkQueryFresh(b *testing.B) { benchmarkQueries(b, fill(b, 0, 200_000)) }

// BenchmarkHeld1M asks who holds 300 joints of a store of a million spans, within 15
// minutes: of stories that came one after the other, as those of a page of the list
// are, and of spans all over it; and who links to 50 traces when nobody does.
// BenchmarkHeldFresh does in memory.
func BenchmarkHeld1M(b *testing.B) { benchmarkHeld(b, 1_000_000, 0) }

func BenchmarkHeldFresh(b *testing.B) { benchmarkHeld(b, 0, 200_000) }

func benchmarkHeld(b *testing.B, spans, fresh int) {
	var keys []store.Joint // one of each entry span, in the order they were sent
	var at []signal.Time
	f := fill(b, spans, fresh, func(batch *signal.Batch) { // three keys each
		for i := range batch.Groups {
			for j := range batch.Groups[i].Spans {
				s := &batch.Groups[i].Spans[j]
				if id, ok := s.Attrs.Find("faas.invocation_id"); ok {
					s.Keys = []signal.JoinKey{{Kind: signal.KeyRequest, Value: id.Text()}, {Kind: signal.KeySNSMessage, Value: "m-" + id.Text()}, {Kind: signal.KeySQSMessage, Value: "q-" + id.Text()}}
					keys, at = append(keys, store.Joint{Key: s.Keys[1]}), append(at, s.Start)
				}
			}
		}
	})
	ask := func(b *testing.B, joints []store.Joint, near signal.Range, want int) {
		held, err := f.Held(b.Context(), acme, joints, near)
		if err != nil {
			b.Fatal(err)
		}
		found := 0
		for _, h := range held {
			found += len(h.By)
		}
		if found < want {
			b.Fatalf("%d holders, want %d", found, want)
		}
	}
	const n = 300
	nobody := make([]store.Joint, 50)
	for i := range nobody {
		nobody[i].To = signal.TraceID{0: 1, 15: byte(i)}
	}
	for _, c := range []struct {
		name string
		ask  func(b *testing.B, i int)
	}{
		{"page", func(b *testing.B, i int) {
			from := 100 * i % (len(keys) - n)
			ask(b, keys[from:from+n], signal.Range{From: slices.Min(at[from : from+n]).Add(-15 * time.Minute), To: slices.Max(at[from : from+n]).Add(15 * time.Minute)}, n)
		}},
		{"apart", func(b *testing.B, i int) {
			var some []store.Joint
			for j := range n {
				some = append(some, keys[(i+j*(len(keys)/n))%len(keys)])
			}
			ask(b, some, signal.Range{}, n)
		}},
		{"nobody", func(b *testing.B, i int) { ask(b, nobody, signal.Range{}, 0) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			before, n := cpu(), 0
			c.ask(b, 0)
			first := cpu() - before
			before = cpu()
			for ; b.Loop(); n++ {
				c.ask(b, n*37)
			}
			b.ReportMetric((cpu()-before).Seconds()*1e3/float64(n), "cpu-ms/op")
			b.ReportMetric(first.Seconds()*1e3, "first-cpu-ms")
		})
	}
}

// benched is a filled store and what to look for in it.
type benched struct {
	*Store
	seen []*signal.Span // one of each batch
	by   []string       // service of each
	n    int            // spans
}

// fill makes a store of spans, as change leaves them, in parts and fresh ones in memory.
func fill(b *testing.B, spans, fresh int, change ...func(*signal.Batch)) *benched {
	dir, o := b.TempDir(), Options{FlushAge: time.Hour}
	f := &benched{}
	c := storetest.NewCorpus(acme, 1, someDay)
	add := func(spans int) {
		for n := 0; n < spans; {
			batch := c.Next(batchSpans)
			for _, f := range change {
				f(batch)
			}
			if err := f.Append(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			n += spansIn([]*signal.Batch{batch})
			f.n += spansIn([]*signal.Batch{batch})
			g := &batch.Groups[len(batch.Groups)-1]
			one := g.Spans[0] // what holds its batch would be in the way of the collector
			f.seen, f.by = append(f.seen, &one), append(f.by, g.Resource.ServiceName())
		}
	}
	if spans > 0 {
		f.Store = mustOpen(b, Options{Dir: dir, BusyWait: time.Minute})
		add(spans)
		if err := f.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
	o.Dir = dir
	if fresh > 0 {
		o.MemoryLimit = 1 << 30
	}
	f.Store = mustOpen(b, o)
	add(fresh)
	st := f.Stats()
	b.Logf("%d spans in %d parts, %.1f B/span", st.Rows[signal.Spans], st.Parts, float64(st.Bytes)/float64(st.Rows[signal.Spans]))
	return f
}

// minutes returns n minutes from that of a span on.
func minutes(f *benched, i, n int) signal.Range {
	m := f.seen[i].Start.Std().Truncate(time.Minute)
	return signal.Range{From: signal.TimeOf(m), To: signal.TimeOf(m.Add(time.Duration(n) * time.Minute))}
}

func benchmarkQueries(b *testing.B, f *benched) {
	rows := func(b *testing.B, want int, q *query.Query) (ids []signal.TraceID) {
		n := 0
		q.Tenant = acme
		for rows, err := range f.Scan(b.Context(), q) {
			if err != nil {
				b.Fatal(err)
			}
			n += len(rows.Rows) + len(rows.Buckets)
			for i := range rows.Rows {
				ids = append(ids, rows.Rows[i].Span.Trace)
			}
		}
		if n < want {
			b.Fatalf("%d rows, want %d", n, want)
		}
		return ids
	}
	trace := func(b *testing.B, id signal.TraceID) {
		n := 0
		for batch, err := range f.Trace(b.Context(), acme, id, signal.Range{}) {
			if err != nil {
				b.Fatal(err)
			}
			n += spansIn([]*signal.Batch{batch})
		}
		if n == 0 {
			b.Fatal("trace not found")
		}
	}
	calls := func(b *testing.B, r signal.Range) {
		cs, err := f.Calls(b.Context(), acme, r)
		if err != nil || len(cs) < 40 {
			b.Fatal(len(cs), err)
		}
	}
	operation := func(i int) *query.Query {
		return &query.Query{Limit: 20, Where: query.All(query.Is(query.FieldService, query.Eq, signal.Str(f.by[i])), query.Is(query.FieldName, query.Eq, signal.Str(f.seen[i].Name)))}
	}
	for _, c := range []struct {
		name string
		ask  func(b *testing.B, i int)
	}{
		{"trace", func(b *testing.B, i int) { trace(b, f.seen[i].Trace) }},
		{"half", func(b *testing.B, i int) {
			at := f.seen[i].Start
			hs, err := f.Relatives(b.Context(), acme, []signal.TraceID{f.seen[i].Trace}, signal.Range{From: at.Add(-time.Hour), To: at.Add(time.Hour)})
			if err != nil || len(hs) != 1 || hs[0].Trace != f.seen[i].Trace {
				b.Fatal(hs, err)
			}
		}},
		{"operation-20-rows", func(b *testing.B, i int) { rows(b, 20, operation(i)) }},
		{"operation-20-traces", func(b *testing.B, i int) {
			for _, id := range rows(b, 20, operation(i)) {
				trace(b, id)
			}
		}},
		{"unique-value", func(b *testing.B, i int) {
			at := f.seen[i].Attrs
			for _, key := range []string{"faas.invocation_id", "aws.request.id"} {
				if v, ok := at.Find(key); ok {
					rows(b, 1, &query.Query{Limit: 20, Where: query.Is(key, query.Eq, v)})
				}
			}
		}},
		{"status-500", func(b *testing.B, i int) {
			rows(b, 20, &query.Query{Limit: 20, Where: query.Is("http.status_code", query.Eq, signal.Int(500))})
		}},
		{"min-duration", func(b *testing.B, i int) {
			rows(b, 20, &query.Query{Limit: 20, Where: query.Is(query.FieldDuration, query.Ge, signal.Int(130e6))})
		}},
		{"services", func(b *testing.B, i int) { rows(b, 40, &query.Query{By: []string{query.FieldService}}) }},
		{"operations", func(b *testing.B, i int) {
			rows(b, 100, &query.Query{By: []string{query.FieldService, query.FieldName}})
		}},
		{"percentiles", func(b *testing.B, i int) {
			rows(b, 40, &query.Query{By: []string{query.FieldService}, Durations: true})
		}},
		{"percentiles-minute", func(b *testing.B, i int) {
			rows(b, 40, &query.Query{By: []string{query.FieldService, query.FieldName}, Durations: true, Range: minutes(f, i, 1)})
		}},
		{"calls", func(b *testing.B, i int) { calls(b, signal.Range{}) }},
		{"calls-minute", func(b *testing.B, i int) { calls(b, minutes(f, i, 1)) }},
		{"calls-cut", func(b *testing.B, i int) {
			calls(b, signal.Range{To: f.seen[0].Start.Add(time.Second)})
		}},
		{"unlimited", func(b *testing.B, i int) { rows(b, f.n, &query.Query{Head: true}) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			step := max(1, len(f.seen)/997)
			before, n := cpu(), 0
			c.ask(b, 0)
			first := cpu() - before
			before = cpu()
			for ; b.Loop(); n++ {
				c.ask(b, n*(step*7+1)%len(f.seen))
			}
			b.ReportMetric((cpu()-before).Seconds()*1e3/float64(n), "cpu-ms/op")
			b.ReportMetric(first.Seconds()*1e3, "first-cpu-ms")
		})
	}
}
