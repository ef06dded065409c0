package columnar

import (
	"context"
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

// callSums are the calls of each minute, by the number of their edge.
type callSums map[int64]map[uint32]*callSum

func (m callSums) find(minute int64, e uint32) *callSum {
	of := m[minute]
	if of == nil {
		of = map[uint32]*callSum{}
		m[minute] = of
	}
	c := of[e]
	if c == nil {
		c = &callSum{}
		of[e] = c
	}
	return c
}

// add counts a call so many times, which may be -1.
func (c *callSum) add(child *end, times int64) {
	c.count += uint64(times)
	c.sum += times * child.duration
	if child.failed {
		c.errors += uint64(times)
	}
	c.durations.AddN(child.duration, uint64(times))
}

// count adds a call to m; uncount takes it away.
func (g *callGraph) count(m callSums, child *end, caller uint32) {
	m.find(minuteOf(child.start), g.edge(caller, child.service)).add(child, 1)
}

func (g *callGraph) uncount(m callSums, child *end, caller uint32) {
	m.find(minuteOf(child.start), g.edge(caller, child.service)).add(child, -1)
}

// remove takes o away.
func (m callSums) remove(minute int64, e uint32, o *callSum) {
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
	edges   []edge
	numbers map[edge]uint32 // of edges
	parts   []*part         // as of the last settle
	step    uint64          // of what was dead then
	forgets uint64
	held    map[*part]*heldPart
	split   map[uint64]*splitTrace // by the top 40 bits of hashes
	early   callSums               // of split
	links   *links                 // rows in memory
	whole   wholeParts             // of the last answer
	broken  error                  // what could not be read since the last settle
}

// heldPart is what a callGraph knows of a part.
type heldPart struct {
	edges []uint32 // of the operations of its calls
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
		g = &callGraph{}
		g.clear()
		gs.of[t] = g
	}
	gs.at[t] = time.Now()
	return g
}

// clear forgets everything.
func (g *callGraph) clear() {
	g.names, g.edges, g.numbers = names{}, nil, map[edge]uint32{}
	g.held, g.split, g.early, g.links = map[*part]*heldPart{}, map[uint64]*splitTrace{}, callSums{}, nil
	g.whole = wholeParts{}
}

// edge returns the number of an edge.
func (g *callGraph) edge(caller, callee uint32) uint32 {
	e := edge{caller, callee}
	n, ok := g.numbers[e]
	if !ok {
		n = uint32(len(g.edges))
		g.edges, g.numbers[e] = append(g.edges, e), n
	}
	return n
}

// tidy drops what nobody asked for lately.
func (gs *graphs) tidy() { gs.forget(graphIdle) }

// clear forgets all of them.
func (gs *graphs) clear() { gs.forget(0) }

// forget forgets those that nobody asked for that long.
func (gs *graphs) forget(idle time.Duration) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	for t, at := range gs.at {
		if time.Since(at) >= idle {
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
	a := &adding{sums: make([]callSum, len(g.edges))}
	read := func(p *part, into *adding) {
		if err := page.Guard(func() { g.ofPart(p, w, into) }); err != nil {
			sn.s.damage(p.Name, p.calls.size, err)
			bad = err
		}
	}
	var whole []*part
	for _, p := range sn.parts {
		if w.has(minuteOf(p.Lo)) && w.has(minuteOf(p.Hi)) {
			whole = append(whole, p)
		} else {
			read(p, a)
		}
	}
	if !slices.Equal(whole, g.whole.parts) {
		all := &adding{}
		for _, p := range whole {
			read(p, all)
		}
		g.whole = wholeParts{whole, all.finish()}
	}
	for e := range g.whole.sums {
		a.addSum(uint32(e), &g.whole.sums[e])
	}
	for _, sums := range []callSums{g.early, g.links.sums} {
		for minute, of := range sums {
			for e, c := range of {
				if w.has(minute) {
					a.addSum(e, c)
				}
			}
		}
	}
	for _, cut := range w.cuts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := g.countCut(sn, cut, a); err != nil {
			bad = err
		}
	}
	if bad != nil {
		g.whole = wholeParts{}
		bad = fmt.Errorf("columnar: calls are not complete: %w", bad)
	}
	var out []store.Call
	for e, c := range a.finish() {
		if c.count > 0 {
			of := g.edges[e]
			out = append(out, store.Call{Caller: g.of[of.caller], Callee: g.of[of.callee], Count: c.count, Errors: c.errors, Sum: c.sum, Durations: c.durations})
		}
	}
	store.SortCalls(out)
	return out, bad
}

// wholeParts are the calls of parts that a range holds all of, by edge: the older
// ones of them are the same in the next answer.
type wholeParts struct {
	parts []*part
	sums  []callSum
}

// adding is an answer in the making: a sum for each edge without what the durations
// of parts of it say, which is cheaper to add edge by edge.
type adding struct {
	sums  []callSum
	later []addend
}

// addend is durations of an edge, one of both.
type addend struct {
	edge   uint32
	tally  *tally
	sketch *query.Sketch
}

// at returns the sum of an edge, which may be a new one.
func (a *adding) at(e uint32) *callSum {
	for int(e) >= len(a.sums) {
		a.sums = append(a.sums, callSum{})
	}
	return &a.sums[e]
}

func (a *adding) add(e uint32, t *tally, failed bool) {
	c := a.at(e)
	c.count += t.count
	c.sum += t.sum
	if failed {
		c.errors += t.count
	}
	a.later = append(a.later, addend{edge: e, tally: t})
}

func (a *adding) addSum(e uint32, o *callSum) {
	c := a.at(e)
	c.count, c.errors, c.sum = c.count+o.count, c.errors+o.errors, c.sum+o.sum
	a.later = append(a.later, addend{edge: e, sketch: &o.durations})
}

// byEdge returns the addends in the order of their edges, and where those of each begin.
func (a *adding) byEdge() (sorted []addend, from []int) {
	from = make([]int, len(a.sums)+1)
	for i := range a.later {
		from[a.later[i].edge+1]++
	}
	for e := range a.sums {
		from[e+1] += from[e]
	}
	sorted = make([]addend, len(a.later))
	next := slices.Clone(from)
	for _, x := range a.later {
		sorted[next[x.edge]] = x
		next[x.edge]++
	}
	return sorted, from
}

// finish returns the sums.
func (a *adding) finish() []callSum {
	var sum query.SketchSum
	later, from := a.byEdge()
	for n := range a.sums {
		c := &a.sums[n]
		if of := later[from[n]:from[n+1]]; len(of) == 1 && of[0].sketch != nil && c.durations.Empty() {
			c.durations = of[0].sketch.Clone()
			continue
		}
		sum.Merge(&c.durations)
		for _, x := range later[from[n]:from[n+1]] {
			if x.tally != nil {
				x.tally.durations(&sum)
			} else {
				sum.Merge(x.sketch)
			}
		}
		c.durations = sum.Take()
	}
	return a.sums
}

// ofPart adds what the sums of a part say of the whole minutes of w.
func (g *callGraph) ofPart(p *part, w window, a *adding) {
	h := g.held[p]
	switch lo, hi := minuteOf(p.Lo), minuteOf(p.Hi); {
	case hi < w.from || lo >= w.to:
	case w.has(lo) && w.has(hi):
		r := h.rollup(p, false)
		for i := range r.totals {
			a.add(h.edges[i], &r.totals[i], r.operations[i].status == signal.StatusError)
		}
	default:
		r := h.rollup(p, true)
		for i := range r.minutes {
			m := &r.minutes[i]
			for j := range m.tallies {
				if t := &m.tallies[j]; w.has(m.number) {
					a.add(h.edges[t.operation], &t.tally, r.operations[t.operation].status == signal.StatusError)
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
		return !slices.ContainsFunc(sn.chunks(), func(c *chunk) bool { return int64(c.hi) >= from && int64(c.lo) < to })
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
	groupOf := v.GroupOf()
	services := make([]uint32, v.GroupCount())
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
