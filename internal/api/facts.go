package api

import (
	"fmt"
	"slices"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/transaction"
)

// transactionFields are the fields of a query that are about a whole transaction
// rather than one span. "attr.KEY" still names a span's attribute of that name.
var transactionFields = []string{"outcome", "entry", "total", "to_user", "queue_wait", "cold_starts"}

// wholeFacts is tx as a row that conditions on whole transactions can be asked of.
func wholeFacts(tx *transaction.Transaction) *query.Row {
	return &query.Row{Span: &signal.Span{Attrs: signal.Attrs{
		{Key: "outcome", Value: signal.Str(string(tx.Outcome))},
		{Key: "entry", Value: signal.Str(tx.Rows[tx.Entry].Name)},
		{Key: "total", Value: signal.Int(int64(tx.Duration()))},
		{Key: "to_user", Value: signal.Int(int64(tx.ToUser))},
		{Key: "queue_wait", Value: signal.Int(int64(tx.QueueWait))},
		{Key: "cold_starts", Value: signal.Int(int64(tx.ColdStarts))},
	}}}
}

// split divides e into conditions on spans and on whole transactions. Either may
// be anything by itself; together they can only be joined by And at the top.
func split(e *query.Expr) (spans, whole *query.Expr, err error) {
	for _, term := range terms(e) {
		onSpan, onWhole := mentions(term)
		switch {
		case onSpan && onWhole != "":
			return nil, nil, fmt.Errorf("api: %s is about whole transactions and %q about spans: join them with AND only", onWhole, query.Print(term))
		case onWhole != "":
			whole = query.All(whole, term)
		default:
			spans = query.All(spans, term)
		}
	}
	return spans, whole, nil
}

// terms returns the parts that a top-level And joins.
func terms(e *query.Expr) []*query.Expr {
	switch {
	case e == nil:
		return nil
	case e.Op != query.And:
		return []*query.Expr{e}
	}
	var all []*query.Expr
	for _, a := range e.Args {
		all = append(all, terms(a)...)
	}
	return all
}

func mentions(e *query.Expr) (span bool, whole string) {
	switch e.Op {
	case query.And, query.Or, query.Not:
		for _, a := range e.Args {
			s, w := mentions(a)
			span = span || s
			if w != "" {
				whole = w
			}
		}
		return span, whole
	}
	if slices.Contains(transactionFields, e.Field) {
		return false, e.Field
	}
	return true, ""
}
