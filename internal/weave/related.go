package weave

import "clew/internal/signal"

// maxRelated bounds how many ids are known by which a story may be touched, about
// 30 bytes each.
const maxRelated = 1 << 18

// related knows, of stories with issues or failures, the ids by which other data
// may belong to them: of traces, of linked traces, and join keys. The oldest are
// forgotten.
type related struct {
	known map[uint64]struct{}
	order []uint64 // a ring of the keys, oldest at next
	next  int
}

func newRelated() *related { return &related{known: map[uint64]struct{}{}} }

func (r *related) has(key uint64) bool {
	_, ok := r.known[key]
	return ok
}

func (r *related) add(key uint64) {
	if r.has(key) {
		return
	}
	if len(r.order) < maxRelated {
		r.order = append(r.order, key)
	} else {
		delete(r.known, r.order[r.next])
		r.order[r.next] = key
		r.next = (r.next + 1) % maxRelated
	}
	r.known[key] = struct{}{}
}

// laps counts, roughly, how often a service took and sent messages within one
// trace: where both happened three times, there may be a loop. Counts are kept by
// hash in a fixed table, where a place goes to whoever came last.
type laps struct {
	counts [1 << 18]lapCount
}

type lapCount struct {
	tag         uint16
	taken, sent uint8
}

// add counts one span and reports whether it made the third lap.
func (l *laps) add(hash uint64, k signal.SpanKind) bool {
	hash *= 0x9e3779b97f4a7c15
	c := &l.counts[hash>>46]
	if tag := uint16(hash); c.tag != tag || c.taken|c.sent == 0 {
		*c = lapCount{tag: tag}
	}
	before := c.taken >= 3 && c.sent >= 2
	if k == signal.Consumer {
		c.taken = min(c.taken+1, 200)
	} else {
		c.sent = min(c.sent+1, 200)
	}
	return !before && c.taken >= 3 && c.sent >= 2
}
