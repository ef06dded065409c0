package api

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"testing"

	"clew/internal/signal"
	"clew/internal/store/columnar"
	"clew/internal/transaction/storytest"
)

// TestColumnarAnswersAlike walks pages of the embedded engine; the reference
// store says what they must hold.
func TestColumnarAnswersAlike(t *testing.T) {
	for seed := range uint64(3) {
		reference := many(t, 40, seed)
		s, err := columnar.Open(columnar.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			for b, err := range reference.Trace(t.Context(), signal.DefaultTenant, signal.TraceID{15: byte(i), 14: 1}, signal.Range{}) {
				if err != nil {
					t.Fatal(err)
				}
				b.Tenant = signal.DefaultTenant
				if err := s.Append(context.Background(), b); err != nil {
					t.Fatal(err)
				}
			}
		}
		h := serve(t, s)
		for _, q := range []string{"", "pick:1", "outcome:ok pick:2"} {
			var got []string
			cursor := ""
			for pages := 0; pages == 0 || cursor != ""; pages++ {
				l := decode[TransactionList](t, get(t, h, fmt.Sprintf("/api/transactions?from=%d&limit=7&q=%s&cursor=%s", storytest.Start, url.QueryEscape(q), cursor)))
				for _, r := range l.Transactions {
					got = append(got, r.ID)
				}
				cursor = l.Next
			}
			whole := list(t, reference, fmt.Sprintf("from=%d&limit=500&q=%s", storytest.Start, url.QueryEscape(q)))
			var want []string
			for _, r := range whole.Transactions {
				want = append(want, r.ID)
			}
			if !slices.Equal(got, want) || len(want) == 0 {
				t.Errorf("seed %d, %q:\ngot  %q\nwant %q", seed, q, got, want)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
