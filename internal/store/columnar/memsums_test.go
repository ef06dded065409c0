package columnar

import (
	"math/rand/v2"
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/mem"
	"clew/internal/store/storetest"
)

// Services are counted right from sums of many pages in memory, whatever dies in them
// between two questions.
func TestServicesInMemory(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	s := mustOpen(t, Options{Dir: t.TempDir()})
	oracle := mem.New()
	c := storetest.NewCorpus(acme, seed, someDay)
	ask := func(n int, q query.Query) {
		t.Helper()
		q.Tenant, q.By = acme, []string{query.FieldService}
		if got, want := sumsOf(t, s, &q), sumsOf(t, oracle, &q); got != want {
			t.Fatalf("seed %d, after %d batches: sums\n got %s\nwant %s", seed, n, got, want)
		}
	}
	var said []*signal.Batch
	for n := range 80 {
		b := c.Next(300)
		said = append(said, b)
		if rnd.IntN(6) == 0 {
			b = said[rnd.IntN(len(said))]
		}
		id := said[rnd.IntN(len(said))].Groups[0].Spans[0].Trace
		for _, st := range []store.Store{s, oracle} {
			mustDo(t, func() error { return st.Append(t.Context(), b) })
			if n == 20 { // after which upkeep flushes
				mustDo(t, func() error { return st.Forget(t.Context(), acme, store.Rule{Trace: &id}) })
			}
		}
		if rnd.IntN(8) == 0 {
			ask(n, query.Query{})
			ask(n, query.Query{Range: signal.Range{From: b.Groups[0].Spans[0].Start}})
			ask(n, query.Query{Where: query.Is(query.FieldStatus, query.Eq, signal.Str("error"))})
		}
	}
	ask(80, query.Query{Durations: true})
	for k, table := range s.active.tables {
		if first := table.sums.first; first == nil || len(first.pages) < pagesAtOnce {
			t.Errorf("table %v has no sums of its first pages: %+v", k, first)
		}
	}
}
