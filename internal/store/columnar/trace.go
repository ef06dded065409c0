package columnar

import (
	"context"
	"fmt"
	"iter"

	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// Trace implements store.Store. It asks every chunk's index, which is cheap, so
// near is not needed.
func (s *Store) Trace(ctx context.Context, t signal.Tenant, id signal.TraceID, _ signal.Range) iter.Seq2[*signal.Batch, error] {
	return func(yield func(*signal.Batch, error) bool) {
		sn, err := s.snapshot(t, signal.Spans, signal.Logs)
		if err == nil {
			defer sn.release()
			err = ctx.Err()
		}
		if err != nil {
			yield(nil, err)
			return
		}
		if id.IsZero() {
			return
		}
		var bad error
		for _, c := range sn.holding(id) {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			b := &signal.Batch{Tenant: t}
			if err := page.Guard(func() { sn.readTrace(c, id, b) }); err != nil {
				s.damagedPage(c, err)
				bad = fmt.Errorf("columnar: trace %s is not complete: %w", id, err)
				continue
			}
			if len(b.Groups) > 0 && !yield(b, nil) {
				return
			}
		}
		if bad != nil {
			yield(nil, bad)
		}
	}
}

// holding returns the chunks that may hold a trace.
func (sn *snapshot) holding(id signal.TraceID) (out []*chunk) {
	for _, c := range sn.fresh {
		if c.mayHold(id) {
			out = append(out, c)
		}
	}
	for _, p := range sn.parts {
		for _, n := range p.pagesOf(id) {
			out = append(out, p.chunks[n])
		}
	}
	return out
}

// readTrace adds the rows of a trace in c to b, rows of one group together.
func (sn *snapshot) readTrace(c *chunk, id signal.TraceID, b *signal.Batch) {
	v := c.view()
	alive := sn.alive(c)
	var rows []int
	for _, i := range v.RowsOf(id) {
		if alive.Has(i) {
			rows = append(rows, i)
		}
	}
	at := map[uint32]int{}
	for i, r := range v.Read(rows, false) {
		n := v.GroupOf()[rows[i]]
		g, ok := at[n]
		if !ok {
			g = len(b.Groups)
			at[n] = g
			b.Groups = append(b.Groups, signal.Group{Resource: r.Resource, Scope: *r.Scope})
		}
		if r.Span != nil {
			b.Groups[g].Spans = append(b.Groups[g].Spans, *r.Span)
		} else {
			b.Groups[g].Logs = append(b.Groups[g].Logs, *r.Log)
		}
	}
}
