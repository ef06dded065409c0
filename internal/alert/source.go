package alert

import (
	"context"
	"iter"

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
