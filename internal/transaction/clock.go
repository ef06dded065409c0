package transaction

import (
	"slices"
	"time"

	"clew/internal/signal"
)

// correctClocks finds a start for every item that its parent could have caused,
// parents first. Spans of one service move together; another service's span
// moves only when its own clock cannot be right beside its (moved) parent. A
// child may outlive its parent: that is never corrected.
func (t *tree) correctClocks() {
	t.start = make([]signal.Time, len(t.items))
	t.shift = make([]time.Duration, len(t.items))
	unknown := t.firstKnown()
	first, list := t.children()
	queue := t.roots()
	for _, r := range queue {
		t.start[r] = t.items[r].start
		if t.items[r].start == 0 {
			t.start[r] = unknown
		}
	}
	for len(queue) > 0 {
		p := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, c := range list[first[p]:first[p+1]] {
			if t.items[c].start == 0 {
				t.start[c] = t.start[p]
			} else {
				t.shift[c] = t.shiftOf(c, p)
				t.start[c] = t.items[c].start.Add(t.shift[c])
			}
			queue = append(queue, c)
		}
	}
}

// shiftOf says how far the child's clock must move to stand beside its parent.
func (t *tree) shiftOf(child, parent int) time.Duration {
	c, p := &t.items[child], &t.items[parent]
	switch {
	case p.missing:
		return 0
	case c.service == p.service:
		return t.shift[parent]
	}
	begin := t.start[parent]
	room := p.duration() - c.duration()
	call := p.kind == signal.Client && t.waitsFor(child) && (c.kind == signal.Server || c.kind == signal.KindUnset)
	early := c.start < begin
	// A reply came before the work began: only another clock explains it. Callers
	// that gave up are no proof, and messages may lie around as long as they like.
	late := call && !p.failed && p.end != 0 && !c.message && room >= 0 && c.start > t.end(parent)
	switch {
	case !early && !late:
		return 0
	case call && room >= 0:
		return begin.Add(room / 2).Sub(c.start)
	}
	return begin.Sub(c.start)
}

// waitsFor reports whether the parent of item i may have waited for it: not if
// only the key of something that nobody waits for put it there.
func (t *tree) waitsFor(i int) bool {
	return !t.joined[i] || slices.ContainsFunc(t.arrivals[i], func(a arrival) bool { return a.by >= 0 && t.keys[a.by].sync })
}

// firstKnown returns the earliest start that was told.
func (t *tree) firstKnown() signal.Time {
	var at signal.Time
	for i := range t.items {
		if s := t.items[i].start; s != 0 && (at == 0 || s < at) {
			at = s
		}
	}
	return at
}
