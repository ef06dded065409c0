package columnar

import (
	"context"
	"encoding/binary"

	"github.com/cespare/xxhash/v2"

	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// links are the spans in memory, and those of parts that are of the same traces,
// linked to their parents as they come. What spans of parts are to each other is
// counted elsewhere: sums hold only what the spans in memory change of it.
type links struct {
	g        *callGraph
	rows     []linked
	byID     map[uint64]uint32 // hash of trace and id → number+1 of the last row in rows
	byParent map[uint64]uint32 // the same of trace and parent
	seen     map[uint64]bool   // hashes of traces whose spans in parts are in rows
	taken    map[*chunk]bool   // pages in memory whose spans are in rows
	sums     callSums
	quiet    bool // rows come from parts
}

// linked is a row. Others with the same id, and the same parent, follow at older.
type linked struct {
	end
	trace                    signal.TraceID
	olderByID, olderByParent uint32
	caller                   uint32 // one more than its service; 0: nobody called
	gone                     bool   // a newer version has come
}

func newLinks(g *callGraph) *links {
	return &links{g: g, byID: map[uint64]uint32{}, byParent: map[uint64]uint32{}, seen: map[uint64]bool{}, taken: map[*chunk]bool{}, sums: callSums{}}
}

// takeIn links the spans of pages that came into memory since the last time. Spans
// that come again, because pages were joined, change nothing.
func (g *callGraph) takeIn(ctx context.Context, sn *snapshot) error {
	l := g.links
	var fresh []*chunk
	taken := map[*chunk]bool{}
	var hashes []uint64
	for _, c := range sn.fresh {
		if taken[c] = true; l.taken[c] {
			continue
		}
		fresh = append(fresh, c)
		for _, h := range c.traces {
			if !l.seen[h] {
				l.seen[h] = true
				hashes = append(hashes, h>>24)
			}
		}
	}
	l.quiet = true
	for c, wanted := range g.pagesWith(hashes, func(uint64) []*part { return g.parts }) {
		dead := sn.deadAt(c, g.step)
		g.guard(sn, c.part, func() {
			g.read(c, func(hash uint64) bool { return wanted[hash>>24] }, func(row int, _ uint64, trace signal.TraceID, e end) {
				if dead == nil || !dead.Has(row) {
					l.add(trace, e)
				}
			})
		})
	}
	l.quiet = false
	for _, c := range fresh {
		if err := ctx.Err(); err != nil {
			return err
		}
		alive := sn.alive(c)
		err := page.Guard(func() {
			g.read(c, nil, func(row int, _ uint64, trace signal.TraceID, e end) {
				if alive.Has(row) {
					l.add(trace, e)
				}
			})
		})
		if err != nil {
			g.broken = err
		}
		l.taken[c] = true
	}
	l.taken = taken // pages that were joined are let go
	return nil
}

// deadAt returns the rows of c that were dead at step, or nil.
func (sn *snapshot) deadAt(c *chunk, step uint64) page.Set {
	sn.s.mu.RLock()
	defer sn.s.mu.RUnlock()
	return c.deadLocked(step)
}

func placeHash(trace signal.TraceID, id signal.SpanID) uint64 {
	var b [24]byte
	copy(b[copy(b[:], trace[:]):], id[:])
	return xxhash.Sum64(b[:]) ^ binary.LittleEndian.Uint64(id[:])
}

// withID calls visit with the rows of that id, with their numbers.
func (l *links) withID(trace signal.TraceID, id signal.SpanID, visit func(n int, r *linked)) {
	for at := l.byID[placeHash(trace, id)]; at != 0; {
		r := &l.rows[at-1]
		if r.id == id && r.trace == trace && !r.gone {
			visit(int(at-1), r)
		}
		at = r.olderByID
	}
}

// add links a span, in place of an older version.
func (l *links) add(trace signal.TraceID, e end) {
	known, same := false, false
	l.withID(trace, e.id, func(_ int, r *linked) {
		if r.kind != e.kind || r.service != e.service {
			return
		}
		if known, same = true, r.end == e; !same {
			l.setCaller(r, 0)
			r.gone = true
		}
	})
	if same {
		return
	}
	n := uint32(len(l.rows)) + 1
	id := placeHash(trace, e.id)
	r := linked{end: e, trace: trace, olderByID: l.byID[id]}
	l.byID[id] = n
	if !e.parent.IsZero() {
		up := placeHash(trace, e.parent)
		r.olderByParent, l.byParent[up] = l.byParent[up], n
	}
	l.rows = append(l.rows, r)
	if !known { // else its children have their caller already
		for at := l.byParent[id]; at != 0; at = l.rows[at-1].olderByParent {
			if child := &l.rows[at-1]; child.parent == e.id && child.trace == trace && !child.gone {
				l.decide(child)
			}
		}
	}
	l.decide(&l.rows[n-1])
}

// decide finds out who called r.
func (l *links) decide(r *linked) {
	if r.parent.IsZero() {
		return
	}
	c := choice{names: &l.g.names}
	l.withID(r.trace, r.parent, func(_ int, up *linked) { c.consider(&r.end, &up.end) })
	caller := uint32(0)
	if c.best != nil && !c.own {
		caller = c.best.service + 1
	}
	l.setCaller(r, caller)
}

func (l *links) setCaller(r *linked, caller uint32) {
	if r.caller == caller {
		return
	}
	if r.caller != 0 && !l.quiet {
		l.g.uncount(l.sums, &r.end, r.caller-1)
	}
	if r.caller = caller; caller != 0 && !l.quiet {
		l.g.count(l.sums, &r.end, caller-1)
	}
}
