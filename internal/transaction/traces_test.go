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

// A link to a trace that is not here leads to none whose id only ends like it; half an
// id leads to the one whole, and a whole to what is known by half.
func TestLinksToIDsThatEndAlike(t *testing.T) {
	f := func(sender, link signal.TraceID, want bool) {
		t.Helper()
		var b Builder
		b.Add(&signal.Batch{Groups: []signal.Group{{Spans: []signal.Span{
			{Trace: sender, ID: signal.SpanID{7: 1}, Kind: signal.Producer, Name: "send", Start: 10, End: 20},
			{Trace: signal.TraceID{0: 9, 15: 9}, ID: signal.SpanID{7: 2}, Kind: signal.Consumer, Name: "work", Start: 30, End: 40, Links: []signal.Link{{Trace: link, Span: signal.SpanID{7: 1}}}},
		}}}})
		if tx := b.Build(); (tx.Rows[1].Parent == 0) != want {
			t.Errorf("%s, linked to as %s: joined %v, want %v", sender, link, !want, want)
		}
	}
	one, other, half := signal.TraceID{0: 1, 15: 7}, signal.TraceID{0: 2, 15: 7}, signal.TraceID{15: 7}
	f(one, one, true)
	f(one, half, true)
	f(half, one, true)
	f(one, other, false)
}
