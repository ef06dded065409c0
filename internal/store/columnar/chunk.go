package columnar

import (
	"slices"
	"sync/atomic"

	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// chunk is one page, in memory or in a part. Only its deaths change.
type chunk struct {
	lo, hi      signal.Time // of its rows, both inclusive
	short, long int64       // durations of spans, both inclusive
	rows        int
	base        uint64 // added to the page's sequence numbers
	src         page.Source
	warm        *page.Warm // of pages in memory; those of parts are in the cache
	traces      []uint64   // of pages in memory: sorted hashes of its traces
	joints      []uint64   // of pages in memory: sorted hashes of its joints
	part        *part      // nil in memory
	number      int        // in its part

	reported atomic.Bool               // as damaged
	sums     atomic.Pointer[chunkSums] // of pages in memory, once somebody asked

	// Guarded by Store.mu, and changed only under Store.applying.
	deaths []death  // in the order of their steps
	gone   page.Set // the rows of all deaths; nil: none
	dead   int      // how many these are
}

// death says that rows [from, to) do not exist any more for readers that came at
// step or later.
type death struct {
	from, to uint32
	step     uint64
}

// view opens the page. It panics as page.Guard expects.
func (c *chunk) view() *page.View {
	if c.warm != nil {
		return c.warm.Open(c.src)
	}
	kept := c.part.cache
	if w, ok := kept.find(c).(*page.Warm); ok {
		return w.Open(c.src)
	}
	head := page.ReadHead(c.src)
	if head.Rows() != c.rows {
		page.Fail(page.ErrDamaged)
	}
	first := int64(0) // what it holds before it is kept
	inside := false
	w := head.Warm(func(n int64) {
		if inside {
			kept.grow(c, n)
		} else {
			first += n
		}
	})
	inside = true
	return kept.keep(c, w, first).(*page.Warm).Open(c.src)
}

// uncached opens the page for a reader that comes once, such as a merge.
func (c *chunk) uncached() *page.View {
	if c.warm != nil {
		return c.warm.Open(c.src)
	}
	head := page.ReadHead(c.src)
	if head.Rows() != c.rows {
		page.Fail(page.ErrDamaged)
	}
	return head.Open(c.src)
}

// mayHold reports whether rows of the trace can be in c.
func (c *chunk) mayHold(id signal.TraceID) bool {
	if c.part != nil {
		return slices.Contains(c.part.pagesOf(id), c.number)
	}
	_, ok := slices.BinarySearch(c.traces, traceHash(id))
	return ok
}

// deadLocked returns the rows that are gone for a reader of that step, or nil.
func (c *chunk) deadLocked(step uint64) page.Set {
	out := slices.Clone(c.gone)
	for n := len(c.deaths) - 1; n >= 0 && c.deaths[n].step > step; n-- {
		for i := c.deaths[n].from; i < c.deaths[n].to; i++ {
			out.Remove(int(i))
		}
	}
	return out
}

// dieLocked marks rows [from, to), which are alive, as gone from step on.
func (c *chunk) dieLocked(from, to uint32, step uint64) {
	if c.gone == nil {
		c.gone = page.NewSet(c.rows)
	}
	c.deaths = append(c.deaths, death{from, to, step})
	for i := from; i < to; i++ {
		c.gone.Add(int(i))
	}
	c.dead += int(to - from)
}

// killLocked marks rows, which are alive, as gone from step on.
func (c *chunk) killLocked(rows []int, step uint64) {
	for i := 0; i < len(rows); {
		j := i + 1
		for j < len(rows) && rows[j] == rows[j-1]+1 {
			j++
		}
		c.dieLocked(uint32(rows[i]), uint32(rows[j-1])+1, step)
		i = j
	}
}

// goneRuns calls visit with each run of rows that are gone.
func (c *chunk) goneRuns(visit func(from, to uint32)) {
	for i := 0; c.gone != nil && i < c.rows; i++ {
		from := i
		for i < c.rows && c.gone.Has(i) {
			i++
		}
		if i > from {
			visit(uint32(from), uint32(i))
		}
	}
}

// snapshot is what a reader sees: the chunks of one tenant and signal at a step.
type snapshot struct {
	s       *Store
	step    uint64
	forgets uint64
	fresh   []*chunk      // pages in memory
	tables  []freshChunks // fresh, by table
	parts   []*part
}

// snapshot takes what there is of some signals. Release it.
func (s *Store) snapshot(t signal.Tenant, types ...signal.Type) (*snapshot, error) {
	s.used.Add(1)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, errClosed
	}
	sn := &snapshot{s: s, step: s.step, forgets: s.forgets}
	for _, typ := range types {
		for _, m := range []*memtable{s.active, s.sealed} {
			if m != nil && m.tables[tableKey{t, typ}] != nil {
				mt := m.tables[tableKey{t, typ}]
				sn.fresh = append(sn.fresh, mt.chunks...)
				sn.tables = append(sn.tables, freshChunks{mt, mt.chunks})
			}
		}
		for _, p := range s.parts {
			if p.is(t, typ) {
				p.refs.Add(1)
				sn.parts = append(sn.parts, p)
			}
		}
	}
	return sn, nil
}

// chunks returns all pages.
func (sn *snapshot) chunks() []*chunk {
	out := slices.Clone(sn.fresh)
	for _, p := range sn.parts {
		out = append(out, p.chunks...)
	}
	return out
}

func (sn *snapshot) release() {
	for _, p := range sn.parts {
		p.release()
	}
}

// alive returns the rows of c that this reader sees.
func (sn *snapshot) alive(c *chunk) page.Set {
	sn.s.mu.RLock()
	dead := c.deadLocked(sn.step)
	sn.s.mu.RUnlock()
	out := page.FullSet(c.rows)
	for i, w := range dead {
		out[i] &^= w
	}
	return out
}
