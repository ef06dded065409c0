package columnar

import (
	"slices"

	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// spanPlace is where a span is looked for.
type spanPlace struct {
	trace signal.TraceID
	id    signal.SpanID
}

// countCut counts the calls of a minute that the range cuts from the rows themselves:
// the spans that started there first, then who their parents are. The error is of
// what could not be read.
func (g *callGraph) countCut(sn *snapshot, in interval, sum *adding) (bad error) {
	type called struct {
		up spanPlace
		end
	}
	var children []called
	parents := map[spanPlace][]end{}
	traces := map[uint64]bool{}
	alive := func(c *chunk, read func(alive page.Set)) {
		if err := page.Guard(func() { read(sn.alive(c)) }); err != nil {
			sn.s.damagedPage(c, err)
			bad = err
		}
	}
	for _, c := range sn.chunks() {
		if int64(c.hi) < in.from || int64(c.lo) >= in.to {
			continue
		}
		alive(c, func(alive page.Set) {
			g.read(c, nil, func(row int, hash uint64, trace signal.TraceID, e end) {
				if at := int64(e.start); at < in.from || at >= in.to || e.parent.IsZero() || !alive.Has(row) {
					return
				}
				up := spanPlace{trace, e.parent}
				children = append(children, called{up, e})
				parents[up] = nil
				traces[hash] = true
			})
		})
	}
	for _, c := range g.holding(sn, traces) {
		alive(c, func(alive page.Set) {
			g.read(c, func(hash uint64) bool { return traces[hash] }, func(row int, _ uint64, trace signal.TraceID, e end) {
				at := spanPlace{trace, e.id}
				if known, wanted := parents[at]; wanted && alive.Has(row) {
					parents[at] = append(known, e)
				}
			})
		})
	}
	for i := range children {
		child := &children[i].end
		c := choice{names: &g.names}
		ups := parents[children[i].up]
		for j := range ups {
			c.consider(child, &ups[j])
		}
		if c.best != nil && !c.own {
			sum.at(g.edge(c.best.service, child.service)).add(child, 1)
		}
	}
	return bad
}

// holding returns the chunks that may hold one of the traces.
func (g *callGraph) holding(sn *snapshot, traces map[uint64]bool) (out []*chunk) {
	var hashes []uint64
	for hash := range traces {
		hashes = append(hashes, hash>>24)
	}
	for c := range g.pagesWith(hashes, func(uint64) []*part { return g.parts }) {
		out = append(out, c)
	}
	for _, c := range sn.fresh {
		if slices.ContainsFunc(c.traces, func(hash uint64) bool { return traces[hash] }) {
			out = append(out, c)
		}
	}
	return out
}
