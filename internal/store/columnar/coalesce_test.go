package columnar

import (
	"testing"

	"clew/internal/signal"
	"clew/internal/store/storetest"
)

// Batches of one span leave few pages in memory, and little counted for them.
func TestCoalesce(t *testing.T) {
	s := mustOpen(t, Options{Dir: t.TempDir()})
	const spans = 600
	sent := 0
	for c := storetest.NewCorpus(acme, 3, someDay); sent < spans; {
		for _, g := range c.Next(50).Groups {
			for i := range g.Spans {
				one := signal.Group{Resource: g.Resource, Scope: g.Scope, Spans: g.Spans[i : i+1]}
				if err := s.Append(t.Context(), &signal.Batch{Tenant: acme, Groups: []signal.Group{one}}); err != nil {
					t.Fatal(err)
				}
				sent++
			}
		}
	}
	chunks := s.active.tables[tableKey{acme, signal.Spans}].chunks
	rows, memory := 0, int64(0)
	for _, c := range chunks {
		rows += c.rows
		memory += c.memory()
	}
	if rows != sent || len(chunks) > 2*tinyMost+sent/tinyRows {
		t.Errorf("%d rows in %d pages, sent %d", rows, len(chunks), sent)
	}
	if got := s.Stats().MemoryBytes; got != memory || s.unflushed != memory {
		t.Errorf("%d bytes counted and %d reserved, the pages have %d", got, s.unflushed, memory)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.unflushed != 0 {
		t.Errorf("%d bytes reserved after a flush", s.unflushed)
	}
}
