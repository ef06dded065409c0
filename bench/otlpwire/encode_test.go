package otlpwire

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"clew/internal/signal"
	"clew/internal/store/storetest"
)

// The oracle is the collector's own decoder: what it reads must be what the
// corpus held.
func TestAppendTracesReadsBack(t *testing.T) {
	b := storetest.NewCorpus("t", 7, 1_763_700_000_000_000_000).Next(500)
	td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(AppendTraces(nil, b))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := td.ResourceSpans().Len(), len(b.Groups); got != want {
		t.Fatalf("%d resource spans, want %d", got, want)
	}
	for i := range b.Groups {
		g, rs := &b.Groups[i], td.ResourceSpans().At(i)
		if got := rs.Resource().Attributes().Len(); got != len(g.Resource) {
			t.Errorf("group %d: %d resource attributes, want %d", i, got, len(g.Resource))
		}
		spans := rs.ScopeSpans().At(0).Spans()
		for j := range g.Spans {
			want, got := &g.Spans[j], spans.At(j)
			if signal.TraceID(got.TraceID()) != want.Trace || signal.SpanID(got.SpanID()) != want.ID || got.Name() != want.Name ||
				signal.Time(got.StartTimestamp()) != want.Start || signal.Time(got.EndTimestamp()) != want.End ||
				int(got.Kind()) != int(want.Kind) || got.Attributes().Len() != len(want.Attrs) || got.Events().Len() != len(want.Events) ||
				int(got.Status().Code()) != int(want.Status.Code) || signal.SpanID(got.ParentSpanID()) != want.Parent {
				t.Errorf("group %d span %d reads back as %v", i, j, got)
			}
		}
	}
}
