package columnar

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar/page"
)

// Calls are counted from three sums: what parts say of the calls between their own
// rows (link.go), what that misses or has too much because a trace is in several
// parts or rows of it have died (calls_split.go), and what rows in memory change
// (calls_memory.go). Only the minutes that the range cuts are read (calls_cut.go).

// edge is a caller and a callee, as numbers of their names.
type edge struct{ caller, callee uint32 }

// callSum adds up calls of one edge. Counts may go below zero and come back.
type callSum struct {
	count, errors uint64
	sum           int64
	durations     query.Sketch
}

func (c *callSum) merge(o *callSum) {
	c.count, c.errors, c.sum = c.count+o.count, c.errors+o.errors, c.sum+o.sum
	c.durations.Merge(&o.durations)
}

func (c *callSum) remove(o *callSum) {
	c.count, c.errors, c.sum = c.count-o.count, c.errors-o.errors, c.sum-o.sum
	c.durations.Remove(&o.durations)
}

func (c *callSum) isZero() bool {
	return c.count == 0 && c.errors == 0 && c.sum == 0 && c.durations.Empty()
}

// callSums are the calls of each minute.
type callSums map[int64]map[edge]*callSum

func (m callSums) find(minute int64, e edge) *callSum {
	of := m[minute]
	if of == nil {
		of = map[edge]*callSum{}
		m[minute] = of
	}
	c := of[e]
	if c == nil {
		c = &callSum{}
		of[e] = c
	}
	return c
}

func oneCall(child *end) *callSum {
	c := &callSum{count: 1, sum: child.duration}
	if child.failed {
		c.errors = 1
	}
	c.durations.Add(child.duration)
	return c
}

func (m callSums) count(child *end, caller uint32) {
	m.find(minuteOf(child.start), edge{caller, child.service}).merge(oneCall(child))
}

func (m callSums) uncount(child *end, caller uint32) {
	m.remove(minuteOf(child.start), edge{caller, child.service}, oneCall(child))
}

func (m callSums) remove(minute int64, e edge, o *callSum) {
	c := m.find(minute, e)
	if c.remove(o); c.isZero() {
		delete(m[minute], e)
		if len(m[minute]) == 0 {
			delete(m, minute)
		}
	}
}

// callGraph is what a tenant's calls are counted from besides the sums of parts. It
// is made when somebody asks and then follows what arrives: readers of a tenant
// come one after the other, each with a newer snapshot.
type callGraph struct {
	mu sync.Mutex // guards all below
	names
	parts   []*part // as of the last settle
	step    uint64  // of what was dead then
	forgets uint64
	held    map[*part]*heldPart
	split   map[uint64]*splitTrace // by the top 40 bits of hashes
	early   callSums               // of split
	links   *links                 // rows in memory
	broken  error                  // what could not be read since the last settle
}

// heldPart is what a callGraph knows of a part.
type heldPart struct {
	edges []edge   // of the operations of its calls
	calls *rollup  // of parts that were written without
	index []uint64 // of traces by traceHash
	dead  map[*chunk]deadTraces
}

// deadTraces is how many rows of a chunk have died: in all and of each trace, by the
// top 40 bits of its hash.
type deadTraces struct {
	rows int
	of   map[uint64]int
}

// graphs are the callGraphs of tenants whose calls somebody asked for.
type graphs struct {
	mu sync.Mutex // guards both
	of map[signal.Tenant]*callGraph
	at map[signal.Tenant]time.Time // when somebody asked
}

// graphIdle is how long a callGraph is kept that nobody asks.
const graphIdle = 5 * time.Minute

func (gs *graphs) find(t signal.Tenant) *callGraph {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	g := gs.of[t]
	if g == nil {
		if gs.of == nil {
			gs.of, gs.at = map[signal.Tenant]*callGraph{}, map[signal.Tenant]time.Time{}
		}
		g = &callGraph{held: map[*part]*heldPart{}, split: map[uint64]*splitTrace{}, early: callSums{}}
		gs.of[t] = g
	}
	gs.at[t] = time.Now()
	return g
}

// tidy drops what nobody asked for lately.
func (gs *graphs) tidy() {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	for t, at := range gs.at {
		if time.Since(at) > graphIdle {
			delete(gs.of, t)
			delete(gs.at, t)
		}
	}
}

// Calls implements store.Store.
func (s *Store) Calls(ctx context.Context, t signal.Tenant, r signal.Range) ([]store.Call, error) {
	g := s.graphs.find(t)
	g.mu.Lock()
	defer g.mu.Unlock()
	sn, err := s.snapshot(t, signal.Spans)
	if err != nil {
		return nil, err
	}
	defer sn.release()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := g.settle(ctx, sn); err != nil {
		return nil, err
	}
	if err := g.takeIn(ctx, sn); err != nil {
		return nil, err
	}
	return g.answer(ctx, sn, r)
}

// answer adds up the calls of a range.
func (g *callGraph) answer(ctx context.Context, sn *snapshot, r signal.Range) ([]store.Call, error) {
	w := windowOf(sn, r)
	bad := g.broken
	all := map[edge]*callSum{}
	tallies := map[*callSum][]*tally{}
	find := func(e edge) *callSum {
		if all[e] == nil {
			all[e] = &callSum{}
		}
		return all[e]
	}
	for _, p := range sn.parts {
		if err := page.Guard(func() {
			g.ofPart(p, w, func(e edge, t *tally) *callSum {
				c := find(e)
				tallies[c] = append(tallies[c], t)
				return c
			})
		}); err != nil {
			sn.s.damage(p.Name, p.calls.size, err)
			bad = err
		}
	}
	for _, sums := range []callSums{g.early, g.links.sums} {
		for minute, of := range sums {
			for e, c := range of {
				if w.has(minute) {
					find(e).merge(c)
				}
			}
		}
	}
	for _, cut := range w.cuts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := g.countCut(sn, cut, find); err != nil {
			bad = err
		}
	}
	var out []store.Call
	var sum query.SketchSum
	for e, c := range all {
		if c.count > 0 {
			for _, t := range tallies[c] {
				t.durations(&sum)
			}
			sum.Merge(&c.durations)
			c.durations = sum.Take()
			out = append(out, store.Call{Caller: g.of[e.caller], Callee: g.of[e.callee], Count: c.count, Errors: c.errors, Sum: c.sum, Durations: c.durations})
		}
	}
	store.SortCalls(out)
	if bad != nil && !errors.Is(bad, errClosed) {
		bad = fmt.Errorf("columnar: calls are not complete: %w", bad)
	}
	return out, bad
}

// ofPart adds what the sums of a part say of the whole minutes of w.
func (g *callGraph) ofPart(p *part, w window, find func(edge, *tally) *callSum) {
	h := g.held[p]
	add := func(n int, op *operation, t *tally) {
		c := find(h.edges[n], t)
		c.count += t.count
		c.sum += t.sum
		if op.status == signal.StatusError {
			c.errors += t.count
		}
	}
	switch lo, hi := minuteOf(p.Lo), minuteOf(p.Hi); {
	case hi < w.from || lo >= w.to:
	case w.has(lo) && w.has(hi):
		r := h.rollup(p, false)
		for i := range r.totals {
			add(i, &r.operations[i], &r.totals[i])
		}
	default:
		r := h.rollup(p, true)
		for i := range r.minutes {
			m := &r.minutes[i]
			for j := range m.tallies {
				if t := &m.tallies[j]; w.has(m.number) {
					add(int(t.operation), &r.operations[t.operation], &t.tally)
				}
			}
		}
	}
}

// rollup returns the calls of p. It panics as page.Guard expects.
func (h *heldPart) rollup(p *part, minutes bool) *rollup {
	if h.calls != nil {
		return h.calls
	}
	return p.rollup(&p.calls, minutes)
}

// window is a range as whole minutes [from, to) and what it cuts of others.
type window struct {
	from, to int64
	cuts     []interval
}

// interval is half-open times.
type interval struct{ from, to int64 }

func (w *window) has(minute int64) bool { return minute >= w.from && minute < w.to }

// windowOf takes a minute that r cuts for whole where no row is in the rest of it.
func windowOf(sn *snapshot, r signal.Range) window {
	w := window{from: math.MinInt64, to: math.MaxInt64}
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	empty := func(from, to int64) bool {
		return !slices.ContainsFunc(sn.chunks, func(c *chunk) bool { return int64(c.hi) >= from && int64(c.lo) < to })
	}
	if r.From != 0 {
		from, w.from = int64(r.From), minuteOf(r.From)
		if start := w.from * minuteNanos; start != from && !empty(start, from) {
			w.from++
		}
	}
	if r.To != 0 {
		to, w.to = int64(r.To), minuteOf(r.To)
		if end := (w.to + 1) * minuteNanos; end != to+minuteNanos && empty(to, end) {
			w.to++
		}
	}
	switch {
	case from >= to:
		return window{}
	case w.from >= w.to:
		return window{cuts: []interval{{from, to}}}
	}
	if r.From != 0 && w.from*minuteNanos > from {
		w.cuts = append(w.cuts, interval{from, w.from * minuteNanos})
	}
	if r.To != 0 && w.to*minuteNanos < to {
		w.cuts = append(w.cuts, interval{w.to * minuteNanos, to})
	}
	return w
}

// read calls visit with the spans of c that are of traces with hashes that want
// selects; no want selects all. Spans without a trace are left out. It panics as
// page.Guard expects.
func (g *callGraph) read(c *chunk, want func(hash uint64) bool, visit func(row int, hash uint64, trace signal.TraceID, e end)) {
	v := c.view()
	times := v.Times()
	services := make([]uint32, len(v.Groups()))
	groupOf := v.GroupOf()
	var last signal.TraceID
	var hash uint64
	wanted := false
	for row := range times {
		id := v.Trace(row)
		if row == 0 || id != last {
			last, hash = id, traceHash(id)
			wanted = !id.IsZero() && (want == nil || want(hash))
		}
		if !wanted {
			continue
		}
		service := &services[groupOf[row]]
		if *service == 0 {
			*service = g.number(v.Service(row)) + 1
		}
		visit(row, hash, id, end{v.Span(row), v.Parent(row), times[row], v.Duration(row), *service - 1, v.Kind(row), v.Failed(row)})
	}
}
