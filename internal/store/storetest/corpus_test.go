package storetest

import (
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/mem"
)

func TestCorpusIsSeededAndServerlessShaped(t *testing.T) {
	a, b := NewCorpus(tenant, 3, noon), NewCorpus(tenant, 3, noon)
	spans, attrs, failed, traces := 0, 0, 0, map[signal.TraceID]int{}
	for range 200 {
		x, y := a.Next(100), b.Next(100)
		for i := range x.Groups {
			g, h := &x.Groups[i], &y.Groups[i]
			for j := range g.Spans {
				s := &g.Spans[j]
				if got, want := mem.Text(&query.Row{Resource: g.Resource, Scope: &g.Scope, Span: s}), mem.Text(&query.Row{Resource: h.Resource, Scope: &h.Scope, Span: &h.Spans[j]}); got != want {
					t.Fatalf("the same seed gave\n%s\nand\n%s", got, want)
				}
				spans++
				attrs += len(s.Attrs)
				traces[s.Trace]++
				if s.Status.Code == signal.StatusError {
					failed++
				}
			}
		}
	}
	within := func(what string, got, lo, hi float64) {
		t.Helper()
		if got < lo || got > hi {
			t.Errorf("%s: %.3f, want %g to %g", what, got, lo, hi)
		}
	}
	within("attributes a span", float64(attrs)/float64(spans), 17, 20)
	within("spans a trace", float64(spans)/float64(len(traces)), 7, 11)
	within("failed", float64(failed)/float64(spans), 0.01, 0.03)
}
