package transaction

import (
	"slices"

	"clew/internal/signal"
)

// This file tells what a batch shares from what belongs to one of its records.
// Rows below a receiver of several records are one record's when they carry its
// key or its context, or what is above them does; the rest is shared.

// stays finds where stays on a resource begin, who received what, and whose each
// row is.
func (t *tree) stays() {
	n := len(t.preorder)
	t.entered, t.receiver, t.batch, t.part = make([]bool, n), make([]int, n), make([]int, n), make([]int, n)
	parts := map[int]*parts{} // by row of the batch
	for r, i := range t.preorder {
		p := -1
		t.receiver[r], t.batch[r], t.part[r] = -1, -1, -1
		if t.parent[i] >= 0 {
			p = t.rowOf[t.parent[i]]
			t.batch[r], t.part[r] = t.batch[p], t.part[p]
		}
		t.entered[r] = t.enters(i)
		if p >= 0 && !t.entered[r] {
			t.receiver[r] = t.receiver[p]
		}
		if b := t.batch[r]; b >= 0 && t.part[r] < 0 {
			t.part[r] = parts[b].of(t, i)
		}
		if len(t.arrivals[i]) == 0 || t.inner(i, t.receiver[r], parts[t.receiver[r]]) {
			continue
		}
		t.receiver[r] = r
		if len(t.arrivals[i]) > 1 {
			t.batch[r], t.part[r] = r, -1
			parts[r] = newParts(t, i)
		}
	}
}

// enters reports whether item i begins a stay on its resource.
func (t *tree) enters(i int) bool {
	it := &t.items[i]
	if _, twin := t.twin[i]; twin || it.missing {
		return false
	}
	if t.parent[i] < 0 {
		return true
	}
	p := &t.items[t.parent[i]]
	if p.missing { // a call made by what is missing begins nothing
		return !calls(it.kind)
	}
	if it.own != p.own {
		return true
	}
	callee := it.kind == signal.Server || it.kind == signal.Consumer
	return callee && (calls(p.kind) || t.joined[i]) || t.joined[i] && slices.ContainsFunc(t.arrivals[i], func(a arrival) bool { return a.by >= 0 })
}

// inner reports whether item i only goes on with what row receiver was handed in
// the same stay.
func (t *tree) inner(i, receiver int, batch *parts) bool {
	if receiver < 0 {
		return false
	}
	if batch != nil {
		return batch.of(t, i) >= 0
	}
	above := t.arrivals[t.preorder[receiver]]
	return slices.ContainsFunc(t.arrivals[i], func(a arrival) bool { return same(a, above[0]) })
}

// same reports whether two arrivals are one record.
func same(a, b arrival) bool {
	if slices.ContainsFunc(a.rec.keys, func(k int32) bool { return slices.Contains(b.rec.keys, k) }) {
		return true
	}
	if a.sender >= 0 && a.sender == b.sender {
		return true
	}
	return !a.rec.link.Trace.IsZero() && a.rec.link.Trace == b.rec.link.Trace && a.rec.link.Span == b.rec.link.Span
}

// parts finds the record that something belongs to; several is none.
type parts struct {
	keys    map[int32]int
	links   map[spanRef]int
	senders map[int]int
	traces  map[int32]int
	own     int32 // the batch's own trace
}

const several = -2

func newParts(t *tree, i int) *parts {
	p := &parts{keys: map[int32]int{}, links: map[spanRef]int{}, senders: map[int]int{}, traces: map[int32]int{}, own: t.items[i].trace}
	for n, a := range t.arrivals[i] {
		for _, k := range a.rec.keys {
			note(p.keys, k, n)
		}
		if ref, ok := t.traces.ref(a.rec.link); ok {
			note(p.links, ref, n)
			note(p.traces, ref.trace, n)
		}
		if a.sender >= 0 {
			note(p.senders, a.sender, n)
			note(p.traces, t.items[a.sender].trace, n)
		}
	}
	return p
}

func note[K comparable](m map[K]int, k K, n int) {
	if old, ok := m[k]; ok && old != n {
		n = several
	}
	m[k] = n
}

// of returns the record that item i says it belongs to, or -1.
func (p *parts) of(t *tree, i int) int {
	for _, a := range t.arrivals[i] {
		for _, k := range a.rec.keys {
			if n, ok := p.keys[k]; ok && n >= 0 {
				return n
			}
		}
		if ref, ok := t.traces.ref(a.rec.link); ok {
			if n, ok := p.links[ref]; ok && n >= 0 {
				return n
			}
		}
		if n, ok := p.senders[a.sender]; ok && n >= 0 {
			return n
		}
	}
	if w := t.items[i].ties; w != nil {
		for _, l := range w.links {
			if ref, ok := t.traces.ref(l); ok {
				if n, ok := p.links[ref]; ok && n >= 0 {
					return n
				}
			}
		}
	}
	if trace := t.items[i].trace; trace != p.own {
		if n, ok := p.traces[trace]; ok && n >= 0 {
			return n
		}
	}
	return -1
}

// ref is the identity of the span that l points to.
func (n *traceNumbers) ref(l signal.Link) (spanRef, bool) {
	if l.Trace.IsZero() {
		return spanRef{}, false
	}
	trace, ok := n.number(l.Trace)
	return spanRef{trace, l.Span}, ok
}
