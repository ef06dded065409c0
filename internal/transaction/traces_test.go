package transaction

import (
	"slices"
	"testing"

	"clew/internal/signal"
	"clew/internal/transaction/storytest"
)

// Tracers draw span ids anew for each trace: equal ids of two traces are two spans.
func TestEqualIDsOfSeveralTracesStayApart(t *testing.T) {
	span := func(trace, id, parent byte, name string, from float64) signal.Span {
		s := signal.Span{Trace: signal.TraceID{trace}, ID: signal.SpanID{7: id}, Name: name, Start: storytest.At(from), End: storytest.At(from + 5)}
		if parent > 0 {
			s.Parent = signal.SpanID{7: parent}
		}
		return s
	}
	tx := build(&signal.Batch{Groups: []signal.Group{{Spans: []signal.Span{
		span(2, 1, 0, "b", 1), span(2, 2, 1, "b.b", 2), span(1, 1, 0, "a", 0), span(1, 2, 1, "a.a", 3), span(1, 3, 4, "lost", 9), span(2, 4, 1, "no parent of the other's", 10),
	}}}})
	check(t, tx, 6)
	want := "a @0s+5ms\n a.a @3ms+5ms\nb @1ms+5ms\n b.b @2ms+5ms\n no parent of the other's @10ms+5ms\nmissing parent missing @9ms+5ms\n lost @9ms+5ms\n"
	if got := outline(tx); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if want := []signal.TraceID{{1}, {2}}; !slices.Equal(tx.Traces, want) || tx.ID != want[0] {
		t.Errorf("%v of traces %v", tx.ID, tx.Traces)
	}
	var of []int
	for _, r := range tx.Rows {
		of = append(of, r.Trace)
	}
	if want := []int{0, 0, 1, 1, 1, 0, 0}; !slices.Equal(of, want) {
		t.Errorf("rows of traces %v, want %v", of, want)
	}
}
