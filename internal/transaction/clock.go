package transaction

import (
	"slices"
	"time"

	"clew/internal/signal"
)

// clock is what has a time of its own: a service on a host.
type clock struct{ service, host string }

func (it *item) clock() clock { return clock{it.service, it.host} }

// sameClock reports whether two items tell the same time: those of one service do
// unless they name different hosts.
func sameClock(a, b *item) bool {
	return a.service == b.service && (a.host == b.host || a.host == "" || b.host == "")
}

// correctClocks finds a start for every item that its parent could have caused,
// parents first. Spans of one clock move together; another clock's span moves
// only when it cannot be right beside its (moved) parent. A child may outlive its
// parent: that is never corrected. A message received before it was sent shows by
// how much the receiver's clock is slow, wherever else it is read.
func (t *tree) correctClocks() {
	t.start = make([]signal.Time, len(t.items))
	t.shift = make([]time.Duration, len(t.items))
	first, list := t.children()
	t.slow = t.setClocks(first, list)
	if len(t.slow) > 0 {
		t.setClocks(first, list)
	}
}

// setClocks sets all starts and returns what messages tell of slow clocks.
func (t *tree) setClocks(first, list []int) map[clock]time.Duration {
	var slow map[clock]time.Duration
	unknown := t.firstKnown()
	queue := t.roots()
	for _, r := range queue {
		if it := &t.items[r]; it.start == 0 {
			t.start[r] = unknown
		} else {
			t.shift[r] = t.slow[it.clock()]
			t.start[r] = it.start.Add(t.shift[r])
		}
	}
	for len(queue) > 0 {
		p := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, c := range list[first[p]:first[p+1]] {
			queue = append(queue, c)
			if t.items[c].start == 0 {
				t.start[c] = t.start[p]
				continue
			}
			by, message := t.shiftOf(c, p)
			if at := t.items[c].clock(); message && by > slow[at] {
				if slow == nil {
					slow = map[clock]time.Duration{}
				}
				slow[at] = by
			}
			t.shift[c] = by
			t.start[c] = t.items[c].start.Add(by)
		}
	}
	return slow
}

// shiftOf says how far the child's clock must move to stand beside its parent, and
// whether that is the receiver of a message.
func (t *tree) shiftOf(child, parent int) (by time.Duration, message bool) {
	c, p := &t.items[child], &t.items[parent]
	switch {
	case p.missing:
		return t.slow[c.clock()], false
	case sameClock(c, p):
		return t.shift[parent], false
	}
	begin := t.start[parent]
	room := p.duration() - c.duration()
	call := p.kind == signal.Client && t.waitsFor(child) && (c.kind == signal.Server || c.kind == signal.KindUnset)
	message = c.message || t.joined[child] && !call
	start := c.start
	if message {
		start = start.Add(t.slow[c.clock()])
	}
	early := start < begin
	// A reply came before the work began: only another clock explains it. Callers
	// that gave up are no proof, and messages may lie around as long as they like.
	late := call && !p.failed && p.end != 0 && !c.message && room >= 0 && start > t.end(parent)
	switch {
	case !early && !late:
		return start.Sub(c.start), message
	case call && room >= 0:
		return begin.Add(room / 2).Sub(c.start), message
	}
	return begin.Sub(c.start), message
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
