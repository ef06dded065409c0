package columnar

import (
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
)

// Rows of one instant that no position tells apart, more than a pass gives, come
// each once and in an order that a limit does not change.
func TestPassesOverOneInstant(t *testing.T) {
	s := mustOpen(t, Options{Dir: t.TempDir()})
	const rows = rowsPerPass + rowsPerPass/2
	for from := 0; from < rows; from += 4096 {
		g := signal.Group{}
		for i := from; i < from+4096; i++ {
			g.Points = append(g.Points, signal.Point{At: someDay, Metric: signal.Metric{Name: "m"}, Value: signal.Int(int64(i))})
		}
		if err := s.Append(t.Context(), &signal.Batch{Tenant: acme, Groups: []signal.Group{g}}); err != nil {
			t.Fatal(err)
		}
		if from == 4*4096 {
			if err := s.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, q := range []query.Query{{}, {Limit: rows - 10}, {Before: &query.Cursor{At: someDay, Skip: rowsPerPass + 100}, Limit: 7}} {
		q.Tenant, q.Type = acme, signal.Points
		next := int64(rows - 1)
		want := int64(0)
		if q.Limit > 0 && q.Before == nil {
			want = int64(rows - q.Limit)
		}
		if q.Before != nil {
			next -= int64(q.Before.Skip)
			want = next - int64(q.Limit) + 1
		}
		for got, err := range s.Scan(t.Context(), &q) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range got.Rows {
				if v := got.Rows[i].Point.Value.Int(); v != next {
					t.Fatalf("row %d, want %d", v, next)
				}
				next--
			}
		}
		if next != want-1 {
			t.Errorf("limit %d: ended before %d, want %d", q.Limit, next+1, want)
		}
	}
}
