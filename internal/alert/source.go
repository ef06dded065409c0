package alert

import (
	"context"
	"iter"
	"math"
	"strconv"

	"clew/internal/query"
	"clew/internal/signal"
)

// Source gives the points that rules decide on.
type Source interface {
	// Points returns the series of r with rows in rng, by group, each with its windows
	// oldest first. A series without rows is not there.
	Points(ctx context.Context, t signal.Tenant, r *Rule, rng signal.Range) ([]Series, error)
}

// Series is what one group of a rule measured.
type Series struct {
	Group  []string // values of the rule's By
	Points []Point
}

// Scanner is what a Source reads rows from: a store.
type Scanner interface {
	Scan(ctx context.Context, q *query.Query) iter.Seq2[*query.Rows, error]
}

// Number reads a value as a number, texts too: older tracers send all tags as text.
func Number(v signal.Value) (float64, bool) {
	if n, ok := v.Number(); ok {
		return n, true
	}
	if v.Kind() != signal.KindString {
		return 0, false
	}
	n, err := strconv.ParseFloat(v.Text(), 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}
