package columnar

import (
	"testing"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/mem"
	"clew/internal/store/storetest"
)

// A store at rest holds neither rows nor lookups in memory, and answers as before.
func TestRest(t *testing.T) {
	s := mustOpen(t, Options{Dir: t.TempDir(), Upkeep: time.Hour})
	oracle := mem.New()
	c := storetest.NewCorpus(acme, 7, someDay)
	add := func(b *signal.Batch) {
		t.Helper()
		mustAppend(t, s, b)
		mustDo(t, func() error { return oracle.Append(t.Context(), b) })
	}
	var said []*signal.Batch
	for range 5 {
		said = append(said, c.Next(480))
		add(said[len(said)-1])
	}
	mustDo(t, func() error { return s.Flush(t.Context()) })
	for range 9 {
		add(c.Next(480))
	}
	same := func(why string) {
		t.Helper()
		q := &query.Query{Tenant: acme, By: []string{query.FieldService, query.FieldName}}
		if got, want := sumsOf(t, s, q), sumsOf(t, oracle, q); got != want {
			t.Fatalf("%s: sums\n got %s\nwant %s", why, got, want)
		}
	}
	same("before")
	s.rest() // sees that it was used
	if st := s.Stats(); st.MemoryBytes == 0 {
		t.Fatal("nothing was in memory")
	}
	s.rest() // has the rows written
	mustDo(t, func() error { return s.drained(t.Context()) })
	s.rest()
	if st := s.Stats(); st.MemoryBytes > 0 || st.Parts != 2 || !s.rested || s.cache.bytes > 0 {
		t.Errorf("at rest: %+v, rested %t, %d bytes cached", st, s.rested, s.cache.bytes)
	}
	for _, p := range s.parts {
		if p.look.Load() != nil {
			t.Errorf("%s keeps its lookups", p.Name)
		}
	}
	for _, b := range said {
		add(b) // spans said again
	}
	same("after")
	s.rest()
	if s.rested {
		t.Error("it rests while it is used")
	}
	for _, p := range s.parts {
		p.look.Store(nil)
		p.f.Close()
		if !p.mayHave(1) || len(p.pagesOf(said[0].Groups[0].Spans[0].Trace)) != len(p.chunks) {
			t.Errorf("%s hides what it cannot look up", p.Name)
		}
	}
}
