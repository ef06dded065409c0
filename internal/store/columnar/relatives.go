package columnar

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar/page"
)

// Relatives implements store.Store. The index of traces knows them by the low half
// of their ids, so the pages to look into are those of the traces. Parts of formats
// before that are looked through.
func (s *Store) Relatives(ctx context.Context, t signal.Tenant, ids []signal.TraceID, near signal.Range) ([]store.Relative, error) {
	sn, err := s.snapshot(t, signal.Spans, signal.Logs)
	if err != nil {
		return nil, err
	}
	defer sn.release()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := relating{snapshot: sn, near: near, ids: map[signal.TraceID]bool{}, lows: map[[8]byte]bool{}, found: map[signal.TraceID]*store.Relative{}}
	for _, id := range ids {
		if low := id.Low(); low != [8]byte{} {
			r.lows[low] = true
		} else if !id.IsZero() {
			r.ids[id] = true
		}
	}
	var bad error
	for _, c := range r.pages(ids) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := page.Guard(func() { r.read(c) }); err != nil {
			s.damagedPage(c, err)
			bad = fmt.Errorf("columnar: relatives of traces are not complete: %w", err)
		}
	}
	out := make([]store.Relative, 0, len(r.found))
	for _, id := range slices.Collect(maps.Keys(r.found)) {
		out = append(out, *r.found[id])
	}
	store.SortRelatives(out)
	return out, bad
}

// relating is one call of Relatives.
type relating struct {
	*snapshot
	near  signal.Range
	ids   map[signal.TraceID]bool // wanted as they are
	lows  map[[8]byte]bool        // wanted by their low half
	found map[signal.TraceID]*store.Relative
}

func (r *relating) wanted(id signal.TraceID) bool { return r.lows[id.Low()] || r.ids[id] }

// pages returns the chunks that may hold traces like ids, each once.
func (r *relating) pages(ids []signal.TraceID) (out []*chunk) {
	for _, c := range r.fresh {
		if r.near.Overlaps(c.lo, c.hi) && slices.ContainsFunc(ids, c.mayHold) {
			out = append(out, c)
		}
	}
	for _, p := range r.parts {
		if !r.near.Overlaps(p.Lo, p.Hi) {
			continue
		}
		taken := map[int]bool{}
		for _, id := range ids {
			for _, n := range p.pagesLike(id) {
				if c := p.chunks[n]; !taken[n] && r.near.Overlaps(c.lo, c.hi) {
					taken[n] = true
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// read adds what c holds of the traces wanted.
func (r *relating) read(c *chunk) {
	v := c.view()
	rows := v.RowsLike(r.wanted)
	if len(rows) == 0 {
		return
	}
	alive, times := r.alive(c), v.Times()
	rows = slices.DeleteFunc(rows, func(row int) bool { return !alive.Has(row) || !r.near.Contains(times[row]) })
	for _, row := range rows {
		at := times[row]
		id := v.Trace(row)
		rel := r.found[id]
		if rel == nil {
			rel = &store.Relative{Trace: id, First: at, Last: at}
			r.found[id] = rel
		}
		rel.First, rel.Last = min(rel.First, at), max(rel.Last, at)
	}
	v.Ties(rows, func(row int, keys []signal.JoinKey, links []signal.Link) {
		rel := r.found[v.Trace(row)]
		rel.Tied = append(rel.Tied, store.Tied{Span: v.Span(row), Parent: v.Parent(row), Kind: v.Kind(row), At: times[row], Keys: keys, Links: links})
	})
}
