package columnar

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// splitTrace is how the calls of a trace differ from what the parts it is in say of
// it: it is in several, or rows of it have died.
type splitTrace struct {
	in    []*part
	dirty int // rows that have died
	calls []splitCalls
}

type splitCalls struct {
	minute int64
	edge   uint32
	callSum
}

// settle brings what is known of parts up to date, when parts or dead rows have
// changed. What changed of traces that are in one part and in memory is not its
// concern: of those rows, links see the newer version.
func (g *callGraph) settle(ctx context.Context, sn *snapshot) error {
	if g.links != nil && g.forgets == sn.forgets && slices.Equal(g.parts, sn.parts) {
		return nil
	}
	g.links, g.broken = nil, nil
	if len(g.of) > maxNames {
		g.clear()
	}
	for p := range g.held {
		if !slices.Contains(sn.parts, p) {
			delete(g.held, p)
		}
	}
	g.parts, g.step, g.forgets = sn.parts, sn.step, sn.forgets
	for _, p := range g.parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		g.hold(sn, p)
	}
	if err := g.splitAnew(ctx, sn); err != nil {
		return err
	}
	g.links = newLinks(g)
	return nil
}

// maxNames bounds the names of services that are kept beyond a change of parts.
const maxNames = 1 << 16

// hold learns what calls, traces and dead rows a part has.
func (g *callGraph) hold(sn *snapshot, p *part) {
	h := g.held[p]
	if h == nil {
		look := p.lookups()
		if look.blind {
			g.guard(sn, p, func() { page.Fail(fmt.Errorf("%w: part %s: index of traces", page.ErrDamaged, p.Name)) })
		}
		h = &heldPart{index: look.index, dead: map[*chunk]deadTraces{}}
		g.held[p] = h
		if p.calls.size == 0 {
			g.link(sn, p, h)
		}
		if !g.guard(sn, p, func() { h.rollup(p, false) }) {
			h.calls = &rollup{}
		}
		r := h.calls
		if r == nil {
			r = p.rollup(&p.calls, false)
		}
		for i := range r.operations {
			o := &r.operations[i]
			h.edges = append(h.edges, g.edge(g.number(o.name), g.number(o.service)))
		}
	}
	for _, c := range p.chunks {
		g.guard(sn, p, func() { g.bury(sn, h, c) })
	}
}

// guard runs read, which reads p, and reports whether it could.
func (g *callGraph) guard(sn *snapshot, p *part, read func()) bool {
	err := page.Guard(read)
	if err != nil {
		g.broken = err
		if !p.reported.Swap(true) {
			sn.s.damage(p.Name, p.calls.size, err)
		}
	}
	return err == nil
}

// link counts the calls of a part that was written without, and makes its index of
// traces.
func (g *callGraph) link(sn *snapshot, p *part, h *heldPart) {
	l := newLinking()
	h.index = nil
	for _, c := range p.chunks {
		g.guard(sn, p, func() {
			seen := map[uint64]bool{}
			g.read(c, nil, func(_ int, hash uint64, trace signal.TraceID, e end) {
				seen[hash] = true
				l.keep(trace, e)
			})
			for hash := range seen {
				h.index = append(h.index, tracePage(hash, c.number))
			}
		})
	}
	slices.Sort(h.index)
	l.names = g.names
	h.calls = l.finish()
}

// bury notes of which traces rows of c have died.
func (g *callGraph) bury(sn *snapshot, h *heldPart, c *chunk) {
	sn.s.mu.RLock()
	var dead page.Set
	if c.dead != h.dead[c].rows {
		dead = c.deadLocked(g.step)
	}
	sn.s.mu.RUnlock()
	if dead == nil {
		return
	}
	d := deadTraces{rows: dead.Len(), of: map[uint64]int{}}
	v := c.view()
	for _, row := range dead.Rows() {
		d.of[traceHash(v.Trace(row))>>24]++
	}
	h.dead[c] = d
}

// splitAnew finds the traces that parts alone are not right about, and counts those
// anew that were not known or have changed.
func (g *callGraph) splitAnew(ctx context.Context, sn *snapshot) error {
	now := map[uint64]*splitTrace{}
	var indexes [][]uint64
	for n, p := range g.parts {
		h := g.held[p]
		indexes = append(indexes, h.index)
		for _, d := range h.dead {
			for hash, rows := range d.of {
				if now[hash] == nil {
					now[hash] = &splitTrace{}
				}
				t := now[hash]
				t.dirty += rows
				if len(t.in) == 0 || t.in[len(t.in)-1] != g.parts[n] {
					t.in = append(t.in, g.parts[n])
				}
			}
		}
	}
	eachShared(indexes, func(hash uint64, in []int) {
		if now[hash] == nil {
			now[hash] = &splitTrace{}
		}
		t := now[hash]
		t.in = t.in[:0]
		for _, n := range in {
			t.in = append(t.in, g.parts[n])
		}
	})
	var changed []uint64
	for hash, old := range g.split {
		if t := now[hash]; t == nil || t.dirty != old.dirty || !slices.Equal(t.in, old.in) {
			for i := range old.calls {
				c := &old.calls[i]
				g.early.remove(c.minute, c.edge, &c.callSum)
			}
			delete(g.split, hash)
		}
	}
	for hash := range now {
		if g.split[hash] == nil {
			changed = append(changed, hash)
		}
	}
	return g.countSplit(ctx, sn, changed, now)
}

// splitAtOnce bounds the traces whose spans are in memory at once.
const splitAtOnce = 4096

// countSplit counts the calls of traces that are split, those of the same pages together.
func (g *callGraph) countSplit(ctx context.Context, sn *snapshot, hashes []uint64, all map[uint64]*splitTrace) error {
	type place struct{ part, page int }
	first := map[uint64]place{}
	for _, hash := range hashes {
		p := all[hash].in[0]
		if pages := pagesIn(g.held[p].index, hash<<24, len(p.chunks)); len(pages) > 0 {
			first[hash] = place{slices.Index(g.parts, p), pages[0]}
		}
	}
	slices.SortFunc(hashes, func(a, b uint64) int {
		x, y := first[a], first[b]
		return cmp.Or(cmp.Compare(x.part, y.part), cmp.Compare(x.page, y.page), cmp.Compare(a, b))
	})
	for some := range slices.Chunk(hashes, splitAtOnce) {
		if err := ctx.Err(); err != nil {
			return err
		}
		g.countSome(sn, some, all)
	}
	return nil
}

// inParts is the spans of a trace: those alive, and those each part was written with.
type inParts struct {
	hash    uint64
	alive   []end
	written map[*part][]end
}

func (g *callGraph) countSome(sn *snapshot, hashes []uint64, all map[uint64]*splitTrace) {
	traces := map[signal.TraceID]*inParts{}
	for c, wanted := range g.pagesWith(hashes, func(hash uint64) []*part { return all[hash].in }) {
		dead := sn.deadAt(c, g.step)
		g.guard(sn, c.part, func() {
			g.read(c, func(hash uint64) bool { return wanted[hash>>24] }, func(row int, hash uint64, trace signal.TraceID, e end) {
				t := traces[trace]
				if t == nil {
					t = &inParts{hash: hash >> 24, written: map[*part][]end{}}
					traces[trace] = t
				}
				t.written[c.part] = append(t.written[c.part], e)
				if dead == nil || !dead.Has(row) {
					t.alive = append(t.alive, e)
				}
			})
		})
	}
	for _, hash := range hashes {
		g.split[hash] = all[hash]
	}
	for _, t := range traces {
		differ := callSums{}
		g.names.link(t.alive, func(child *end, caller uint32) { g.count(differ, child, caller) })
		for _, ends := range t.written {
			g.names.link(ends, func(child *end, caller uint32) { g.uncount(differ, child, caller) })
		}
		of := g.split[t.hash]
		for minute, edges := range differ {
			for e, c := range edges {
				if c.isZero() {
					continue
				}
				of.calls = append(of.calls, splitCalls{minute, e, *c})
				g.early.find(minute, e).merge(c)
			}
		}
	}
}

// pagesWith returns the pages of parts that may hold traces with those hashes, given
// and returned by their top 40 bits.
func (g *callGraph) pagesWith(hashes []uint64, in func(hash uint64) []*part) map[*chunk]map[uint64]bool {
	out := map[*chunk]map[uint64]bool{}
	for _, hash := range hashes {
		for _, p := range in(hash) {
			for _, n := range pagesIn(g.held[p].index, hash<<24, len(p.chunks)) {
				c := p.chunks[n]
				if out[c] == nil {
					out[c] = map[uint64]bool{}
				}
				out[c][hash] = true
			}
		}
	}
	return out
}
