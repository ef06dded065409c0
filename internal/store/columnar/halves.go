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

// Halves implements store.Store. The index of traces knows them by the low half
// of their ids, so the pages to look into are those of one trace. Parts of formats
// before that are looked through.
func (s *Store) Halves(ctx context.Context, t signal.Tenant, low [8]byte, near signal.Range) ([]store.Half, error) {
	sn, err := s.snapshot(t, signal.Spans, signal.Logs)
	if err != nil {
		return nil, err
	}
	defer sn.release()
	if err := ctx.Err(); err != nil || low == [8]byte{} {
		return nil, err
	}
	found := map[signal.TraceID]store.Half{}
	var bad error
	for _, c := range sn.holdingHalf(low, near) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := page.Guard(func() { sn.readHalves(c, low, near, found) }); err != nil {
			s.damagedPage(c, err)
			bad = fmt.Errorf("columnar: traces that end in %x are not complete: %w", low, err)
		}
	}
	out := slices.Collect(maps.Values(found))
	store.SortHalves(out)
	return out, bad
}

// holdingHalf returns the chunks that may hold traces with ids that end in low.
func (sn *snapshot) holdingHalf(low [8]byte, near signal.Range) (out []*chunk) {
	var id signal.TraceID
	copy(id[len(id)-len(low):], low[:])
	for _, c := range sn.chunks {
		if c.part == nil && near.Overlaps(c.lo, c.hi) && c.mayHold(id) {
			out = append(out, c)
		}
	}
	for _, p := range sn.parts {
		if !near.Overlaps(p.Lo, p.Hi) {
			continue
		}
		for _, n := range p.pagesOfHalf(low) {
			if c := p.chunks[n]; near.Overlaps(c.lo, c.hi) {
				out = append(out, c)
			}
		}
	}
	return out
}

// readHalves adds what c holds of traces with ids that end in low.
func (sn *snapshot) readHalves(c *chunk, low [8]byte, near signal.Range, found map[signal.TraceID]store.Half) {
	v := c.view()
	rows := v.RowsOfHalf(low)
	if len(rows) == 0 {
		return
	}
	alive, times := sn.alive(c), v.Times()
	for _, row := range rows {
		at := times[row]
		if !alive.Has(row) || !near.Contains(at) {
			continue
		}
		id := v.Trace(row)
		h, ok := found[id]
		if !ok {
			h = store.Half{Trace: id, First: at, Last: at}
		}
		h.First, h.Last = min(h.First, at), max(h.Last, at)
		found[id] = h
	}
}
