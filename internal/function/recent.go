package function

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"clew/internal/query"
	"clew/internal/signal"
)

// recentRead bounds the spans looked at for a list of invocations.
const recentRead = 20_000

// Recent returns the newest n invocations of f that started in in, newest first.
// partial says why some may be missing.
func (r *Reader) Recent(ctx context.Context, t signal.Tenant, f signal.Resource, in signal.Range, n int) (all []Invocation, partial string, err error) {
	of := query.Any(query.Is("resource.faas.name", query.Eq, signal.Str(f.Name)), query.Is("resource.service.name", query.Eq, signal.Str(f.Name)))
	in.From, partial, err = r.startOf(ctx, t, of, in, n)
	if err != nil {
		return nil, "", err
	}
	found, missed, err := invocations(ctx, r.store, t, in, of)
	if err != nil {
		return nil, "", err
	}
	for _, inv := range found {
		if inv.Function.Name == f.Name && agrees(inv.Function, f) {
			all = append(all, inv)
		}
	}
	slices.SortFunc(all, func(a, b Invocation) int { return cmp.Or(cmp.Compare(b.Start, a.Start), a.rank(&b)) })
	return all[:min(n, len(all))], cmp.Or(partial, missed), nil
}

// startOf returns an instant since which there were n invocations, or the start of in.
func (r *Reader) startOf(ctx context.Context, t signal.Tenant, of *query.Expr, in signal.Range, n int) (signal.Time, string, error) {
	q := &query.Query{Tenant: t, Type: signal.Spans, Range: in, Where: query.All(Spans, of, arrivals)}
	looked, last := 0, in.To
	for rows, err := range r.store.Scan(ctx, q) {
		if err != nil {
			return 0, "", err
		}
		for i := range rows.Rows {
			s := rows.Rows[i].Span
			if last = s.Start; !isInvocation(s) {
				continue
			}
			if n--; n <= 0 {
				return last, "", nil
			}
		}
		if looked += len(rows.Rows); looked > recentRead {
			return last, fmt.Sprintf("looked at the newest %d spans only", looked), nil
		}
	}
	return in.From, "", nil
}

// arrivals are the kinds that isInvocation takes.
var arrivals = query.Any(query.Is(query.FieldKind, query.Eq, signal.Str("server")), query.Is(query.FieldKind, query.Eq, signal.Str("consumer")))
