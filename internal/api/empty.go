package api

import (
	"context"

	"clew/internal/query"
	"clew/internal/signal"
)

// maxTerms bounds the scans that look for the one term to blame.
const maxTerms = 8

// explain is whyEmpty within the budget: an empty list must not cost more than a
// full one, so what is not found out in time stays unsaid.
func (l *listing) explain(ctx context.Context) (*Empty, error) {
	limited, cancel := context.WithTimeout(ctx, l.api.Budget)
	defer cancel()
	e, err := l.whyEmpty(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return &Empty{Reason: "no-match"}, nil
	}
	return e, err
}

// whyEmpty explains a list without rows.
func (l *listing) whyEmpty(ctx context.Context) (*Empty, error) {
	all := signal.Range{}
	if found, err := l.any(ctx, all, nil); err != nil || !found {
		return &Empty{Reason: "no-data"}, err
	}
	if found, err := l.any(ctx, l.rng, nil); err != nil {
		return nil, err
	} else if !found {
		nearest, err := l.nearest(ctx)
		return &Empty{Reason: "no-data-in-range", Nearest: rfc3339(nearest)}, err
	}
	e := &Empty{Reason: "no-match"}
	if l.post != nil {
		if found, err := l.any(ctx, l.rng, l.where); err != nil || found {
			e.Term = query.Print(l.post)
			return e, err
		}
	}
	ts := terms(l.where)
	if len(ts) > maxTerms {
		return e, nil
	}
	for i := range ts {
		var rest []*query.Expr
		rest = append(append(rest, ts[:i]...), ts[i+1:]...)
		if found, err := l.any(ctx, l.rng, query.All(rest...)); err != nil {
			return nil, err
		} else if found {
			e.Term = query.Print(ts[i])
			return e, nil
		}
	}
	return e, nil
}

// any reports whether a span in r fulfils where.
func (l *listing) any(ctx context.Context, r signal.Range, where *query.Expr) (bool, error) {
	at, err := l.newest(ctx, r, where)
	return at != nil, err
}

func (l *listing) newest(ctx context.Context, r signal.Range, where *query.Expr) (*signal.Time, error) {
	q := &query.Query{Tenant: l.tenant, Type: signal.Spans, Range: r, Where: where, Limit: 1, Head: true}
	for rows, err := range l.api.Store.Scan(ctx, q) {
		if err != nil {
			return nil, err
		}
		l.scanned += rows.Scanned
		if len(rows.Rows) > 0 {
			at := rows.Rows[0].Span.Start
			return &at, nil
		}
	}
	return nil, nil
}

// nearest returns the instant with data that is nearest to the empty range.
func (l *listing) nearest(ctx context.Context) (signal.Time, error) {
	var before *signal.Time
	if l.rng.From > 0 {
		var err error
		if before, err = l.newest(ctx, signal.Range{To: l.rng.From}, nil); err != nil {
			return 0, err
		}
	}
	after, err := l.oldestAfter(ctx)
	switch {
	case err != nil || before == nil:
		return after, err
	case after == 0 || l.rng.From.Sub(*before) <= after.Sub(l.rng.To):
		return *before, nil
	}
	return after, nil
}

func (l *listing) oldestAfter(ctx context.Context) (oldest signal.Time, err error) {
	if l.rng.To == 0 {
		return 0, nil
	}
	q := &query.Query{Tenant: l.tenant, Type: signal.Spans, Range: signal.Range{From: l.rng.To}, By: []string{query.FieldKind}}
	for rows, err := range l.api.Store.Scan(ctx, q) {
		if err != nil {
			return 0, err
		}
		l.scanned += rows.Scanned
		for _, b := range rows.Buckets {
			if oldest == 0 || b.Oldest < oldest {
				oldest = b.Oldest
			}
		}
	}
	return oldest, nil
}
