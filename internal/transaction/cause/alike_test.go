package cause

import (
	"testing"

	"clew/internal/signal"
	"clew/internal/transaction"
)

// TestEvidenceOfIDsThatEndAlike gives each row what was said under its own id, and
// under half of it only where that is nobody else's.
func TestEvidenceOfIDsThatEndAlike(t *testing.T) {
	one, other, half := signal.TraceID{0: 1, 15: 7}, signal.TraceID{0: 2, 15: 7}, signal.TraceID{15: 7}
	f := func(want map[signal.TraceID]string, sent ...signal.TraceID) {
		t.Helper()
		var b transaction.Builder
		var e Evidence
		for i, id := range sent {
			span := signal.SpanID{7: 1}
			if id == half {
				span = signal.SpanID{7: 2}
			}
			batch := &signal.Batch{Groups: []signal.Group{{
				Spans: []signal.Span{{Trace: id, ID: span, Kind: signal.Server, Start: signal.Time(i + 1), End: 100, Status: signal.Status{Code: signal.StatusError, Message: id.String()}}},
				Logs:  []signal.Log{{Trace: id, Span: span, Level: 17, Body: signal.Str(id.String())}},
			}}}
			b.Add(batch)
			e.Add(batch)
		}
		tx := b.Build()
		x := newIndex(tx, &e)
		if len(tx.Rows) != len(sent) {
			t.Fatalf("%d rows of %d spans", len(tx.Rows), len(sent))
		}
		for r := range tx.Rows {
			id := tx.Traces[tx.Rows[r].Trace]
			if tx.Rows[r].ID == (signal.SpanID{7: 2}) {
				id = half
			}
			if x.facts[r] == nil || x.facts[r].message != want[id] || len(x.lines[r]) != 1 || x.lines[r][0].text != want[id] {
				t.Errorf("%s: %+v %+v", id, x.facts[r], x.lines[r])
			}
		}
	}
	all := map[signal.TraceID]string{one: one.String(), other: other.String(), half: half.String()}
	f(all, one, other)
	f(all, one, half)
	f(all, one, other, half)
}
