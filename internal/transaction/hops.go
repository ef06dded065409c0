package transaction

import (
	"slices"
	"time"

	"clew/internal/signal"
)

// This file finds the senders of what receivers were handed. Rules: a key that
// one message or call alone has, or a link, joins; a key that others may share
// joins only when nothing better does and one sender alone fits; ambiguous means
// apart.

// arrival is one record at the item that was handed it.
type arrival struct {
	rec       *record
	sender    int   // item; -1 where it is not here
	by        int32 // key that the two share; -1: a context told
	ambiguous bool  // several fit: none was chosen
}

// weakSkew is how much later than its effect a sender may seem to start, where
// the key they share proves little.
const weakSkew = time.Second

// nesting is how many spans an SDK and its transport put one into the other for
// one call.
const nesting = 4

// joinHops finds the arrivals of every item and the twins among invocations.
func (t *tree) joinHops(x *index) {
	senders := map[int32][]int{}
	requests := map[invocation][]int{}
	for i := range t.items {
		w := t.items[i].ties
		if w == nil {
			continue
		}
		for _, k := range w.sent {
			if len(senders[k]) < maxShared {
				senders[k] = append(senders[k], i)
			}
		}
		if w.request >= 0 {
			run := invocation{w.request, t.items[i].own}
			requests[run] = append(requests[run], i)
		}
	}
	for i := range t.items {
		w := t.items[i].ties
		if w == nil {
			continue
		}
		for r := range w.records {
			t.arrivals[i] = append(t.arrivals[i], t.arrival(i, &w.records[r], senders, x))
		}
		if calls(t.items[i].kind) && len(w.records) == 0 {
			t.linkForward(i, x)
		}
		for _, l := range w.links {
			if ref, ok := t.traces.ref(l); ok && len(w.records) > 1 {
				if s := t.choose(i, ref, x); s >= 0 {
					t.linked[i] = append(t.linked[i], s)
				}
			}
		}
	}
	t.senders = senders
	t.findTwins(requests, x)
}

func (t *tree) arrival(i int, r *record, senders map[int32][]int, x *index) arrival {
	a := arrival{rec: r, sender: -1, by: -1}
	linked := -1
	if ref, ok := t.traces.ref(r.link); ok {
		linked = t.choose(i, ref, x)
	}
	for _, k := range r.keys {
		if t.keys[k].strength == weak {
			continue
		}
		if s := firstBut(senders[k], i); s >= 0 {
			a.sender, a.by = s, k
			if linked >= 0 && slices.Contains(senders[k], linked) {
				a.sender = linked
			}
			return a
		}
	}
	if linked >= 0 {
		a.sender = linked
		return a
	}
	for _, k := range r.keys {
		if t.keys[k].strength != weak {
			continue
		}
		s, several := t.onlySender(i, senders[k], x)
		if s >= 0 {
			a.sender, a.by, a.ambiguous = s, k, false
			return a
		}
		a.ambiguous = a.ambiguous || several
	}
	return a
}

func firstBut(list []int, i int) int {
	for _, s := range list {
		if s != i {
			return s
		}
	}
	return -1
}

// onlySender returns the one sender that may have set i off, counting the spans
// of one call once.
func (t *tree) onlySender(i int, list []int, x *index) (s int, several bool) {
	s = -1
	for _, c := range list {
		if c == i || t.items[c].start > t.items[i].start.Add(weakSkew) || s >= 0 && t.within(c, s, x) {
			continue
		}
		if s >= 0 && !t.within(s, c, x) {
			return -1, true
		}
		s = c
	}
	return s, false
}

// within reports whether item i is below item above in their trace, as near as
// spans of one call are.
func (t *tree) within(i, above int, x *index) bool {
	for range nesting {
		if i = t.choose(i, spanRef{t.items[i].trace, t.items[i].parent}, x); i < 0 || i == above {
			break
		}
	}
	return i == above
}

// linkForward joins what a call links to: some tracers link from the sender.
func (t *tree) linkForward(i int, x *index) {
	for _, l := range t.items[i].ties.links {
		ref, ok := t.traces.ref(l)
		if !ok {
			continue
		}
		to := t.choose(i, ref, x)
		if to < 0 || calls(t.items[to].kind) || t.items[to].start < t.items[i].start || t.forward[[2]int{i, to}] {
			continue
		}
		if t.forward == nil {
			t.forward = map[[2]int]bool{}
		}
		t.forward[[2]int{i, to}] = true
		t.arrivals[to] = append(t.arrivals[to], arrival{rec: &record{from: -1, deadFrom: -1}, sender: i, by: -1})
	}
}

// invocation is the runs of a function, a resource, for one request.
type invocation struct {
	request int32
	own     int
}

// findTwins finds invocations that several tracers told. One of them stands for
// all: what brought any of them brought it, and where it says no more than that it
// failed, another says why.
func (t *tree) findTwins(requests map[invocation][]int, x *index) {
	for _, list := range requests {
		for len(list) > 1 {
			n := t.overlapping(list)
			if n > 1 {
				t.twinsOf(list[:n], x)
			}
			list = list[n:]
		}
	}
}

// overlapping returns how many of list, which is by start, ran at one time.
// Attempts at a request follow each other.
func (t *tree) overlapping(list []int) int {
	first := &t.items[list[0]]
	until := first.end
	for n, i := range list[1:] {
		it := &t.items[i]
		if until != 0 && it.start >= until && it.start > first.start {
			return n + 1
		}
		if it.end == 0 || until == 0 {
			until = 0
		} else {
			until = max(until, it.end)
		}
	}
	return len(list)
}

func (t *tree) twinsOf(list []int, x *index) {
	first, firstHasParent := -1, false
	nested := make([]bool, len(list))
	all := make(map[int]bool, len(list))
	for _, i := range list {
		all[i] = true
	}
	for n, i := range list {
		at := i
		for range nesting {
			if at = t.choose(at, spanRef{t.items[at].trace, t.items[at].parent}, x); at < 0 || at == i {
				break
			}
			nested[n] = nested[n] || all[at]
		}
		if nested[n] {
			continue
		}
		hasParent := t.choose(i, spanRef{t.items[i].trace, t.items[i].parent}, x) >= 0
		if first < 0 || hasParent && !firstHasParent {
			first, firstHasParent = i, hasParent
		}
	}
	if first < 0 { // parents in a circle
		return
	}
	for n, i := range list {
		if i == first {
			continue
		}
		if t.twin == nil {
			t.twin = map[int]int{}
		}
		if t.twin[i] = first; nested[n] {
			t.twin[i] = -1
		}
		if f, it := &t.items[first], &t.items[i]; f.failed && isBland(f.line) && it.failed && !isBland(it.line) {
			f.line, f.outcome = it.line, it.outcome
		}
		if came := t.arrivals[i]; !brought(t.arrivals[first]) && (brought(came) || len(t.arrivals[first]) == 0) {
			t.arrivals[first] = came
		}
		delete(t.arrivals, i)
	}
}

// brought reports whether the sender of any arrival is known.
func brought(as []arrival) bool {
	return slices.ContainsFunc(as, func(a arrival) bool { return a.sender >= 0 })
}

// joinedParent returns the item that i hangs below because of a key or a link:
// the first of its senders, those that a weak key tells only when there are no
// others.
func (t *tree) joinedParent(i int) int {
	if p, ok := t.twin[i]; ok && p >= 0 {
		return p
	}
	best, bestStrong := -1, false
	for _, a := range t.arrivals[i] {
		if a.sender < 0 {
			continue
		}
		strong := a.by < 0 || t.keys[a.by].strength != weak
		if best < 0 || strong && !bestStrong || strong == bestStrong && a.sender < best {
			best, bestStrong = a.sender, strong
		}
	}
	return best
}

// traceNumbers finds traces by id, and by half of it.
type traceNumbers struct {
	of   map[signal.TraceID]int32
	like map[[8]byte]int32 // of ids that end so; -1 for several
	half map[[8]byte]bool  // that is all there is of it
}

func (n *traceNumbers) number(id signal.TraceID) (int32, bool) {
	if i, ok := n.of[id]; ok {
		return i, true
	}
	i, ok := n.like[id.Low()]
	return i, ok && i >= 0 && (IsHalf(id) || n.half[id.Low()])
}
