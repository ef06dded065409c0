package transaction

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"time"

	"clew/internal/signal"
)

// tree is the items with their parents found. Every step is linear or sorts.
type tree struct {
	items    []item
	kinds    []signal.ResourceKind // of the resources that items name
	joinKeys []signal.JoinKey      // that items hold
	keys     []keyKind             // of these
	traceIDs []signal.TraceID
	traces   traceNumbers
	parent   []int  // item; -1 for roots
	joined   []bool // by item: hangs where it does because of a key or a link
	arrivals map[int][]arrival
	linked   map[int][]int   // receivers of records, and what else they link to
	twin     map[int]int     // invocation → the one that stands for it; -1 when it is above in its trace
	senders  map[int32][]int // items by key
	forward  map[[2]int]bool // calls and what they said they set off
	start    []signal.Time   // corrected
	shift    []time.Duration
	slow     map[clock]time.Duration // how much clocks are behind, as messages tell
	preorder []int                   // items
	rowOf    []int

	// by row
	entered  []bool // begins a stay on its node
	receiver []int  // row of its stay that was handed what it is about; -1
	batch    []int  // row of the innermost batch it is part of; -1
	part     []int  // arrival of that which it belongs to; -1: to all
	settled  []bool // was handed messages, and whatever failed on went well later

	missing, cycles int
}

func newTree(items []item, b *Builder) *tree {
	t := &tree{items: items, parent: make([]int, len(items)), joined: make([]bool, len(items)), traces: b.numbers, arrivals: map[int][]arrival{}, linked: map[int][]int{}}
	for _, r := range b.resources {
		t.kinds = append(t.kinds, r.Kind)
	}
	t.joinKeys, t.traceIDs = b.keys, b.traces
	for _, k := range b.keys {
		t.keys = append(t.keys, kindOf(k))
	}
	x := newIndex(items)
	t.joinHops(x)
	for i := range items {
		t.parent[i] = t.findParent(i, x)
	}
	t.cutCycles()
	t.creditCallers()
	t.nameDestinations()
	return t
}

// nameDestinations lets the sender of a message and its receiver tell each other
// the destination: one of them often knows no more than the messaging system.
func (t *tree) nameDestinations() {
	for i := range t.items {
		it := &t.items[i]
		if it.kind != signal.Consumer || it.peer < 0 {
			continue
		}
		s := t.sender(i)
		if s < 0 {
			continue
		}
		switch sender := &t.items[s]; {
		case it.vague:
			it.peer, it.vague = sender.peer, sender.vague
		case sender.vague && t.kinds[sender.peer] == t.kinds[it.peer]:
			sender.peer, sender.vague = it.peer, false
		}
	}
}

// sender returns the span that sent the message that i received, or -1. SDKs put
// HTTP spans below the one that sends, each of which may be the parent.
func (t *tree) sender(i int) int {
	for p, steps := t.parent[i], 0; p >= 0 && steps < 4 && calls(t.items[p].kind); p, steps = t.parent[p], steps+1 {
		if peer := t.items[p].peer; peer >= 0 && isMessaging(t.kinds[peer]) {
			return p
		}
	}
	return -1
}

// findParent chooses the parent of item i, making a placeholder for one that
// never arrived.
func (t *tree) findParent(i int, x *index) int {
	it := &t.items[i]
	if it.kind == signal.Server || it.kind == signal.Consumer {
		if j := t.proxyOf(i, x); j >= 0 {
			return j
		}
		if at := x.byID[it.ref()].caller; at != 0 {
			return int(at) - 1
		}
	}
	if p := t.choose(i, spanRef{it.trace, it.parent}, x); p >= 0 {
		return p
	}
	if p := t.joinedParent(i); p >= 0 {
		t.joined[i] = true
		return p
	}
	if p := t.linkedParent(i, x); p >= 0 {
		t.joined[i] = true
		return p
	}
	if it.parent.IsZero() || it.parent == it.id {
		return -1
	}
	ref := spanRef{it.trace, it.parent}
	p, ok := x.placeholder[ref]
	if !ok {
		p = len(t.items)
		x.placeholder[ref] = p
		t.missing++
		t.items = append(t.items, item{
			trace: it.trace, id: it.parent, missing: true, name: "missing parent", service: it.service, own: it.own, peer: -1, start: it.start, end: it.end,
		})
		t.parent = append(t.parent, -1)
		t.joined = append(t.joined, false)
	}
	// A placeholder spans its children; items come by start, so the first sets it.
	t.items[p].end = max(t.items[p].end, t.items[i].end)
	return p
}

// linkedParent returns what call i links to, unless that is what it set off.
func (t *tree) linkedParent(i int, x *index) int {
	w := t.items[i].ties
	if w == nil {
		return -1
	}
	for _, l := range w.links {
		ref, ok := t.traces.ref(l)
		if !ok {
			continue
		}
		p := t.choose(i, ref, x)
		if p >= 0 && !t.forward[[2]int{i, p}] {
			return p
		}
	}
	return -1
}

// creditCallers lets the call that is the parent of a receiver be the sender of
// what it was handed: a trace's own parent beats all else.
func (t *tree) creditCallers() {
	for i, as := range t.arrivals {
		p := t.parent[i]
		if t.joined[i] || p < 0 || !calls(t.items[p].kind) || t.items[p].receive {
			continue
		}
		if slices.ContainsFunc(as, func(a arrival) bool { return a.sender >= 0 && (t.above(a.sender, p) || t.above(p, a.sender)) }) {
			continue
		}
		at := slices.IndexFunc(as, func(a arrival) bool { return a.sender < 0 })
		if len(as) == 1 {
			at = 0
		}
		if at >= 0 {
			as[at].sender, as[at].by, as[at].ambiguous = p, -1, false
		}
	}
}

// above reports whether p is item i or one of the spans right above it, as the
// spans of one call are.
func (t *tree) above(p, i int) bool {
	for n := 0; n <= nesting && i >= 0; n++ {
		if i == p {
			return true
		}
		i = t.parent[i]
	}
	return false
}

// cutCycles makes one span of every parent cycle a root: the earliest, among
// those that only a key or a link put there if there are any.
func (t *tree) cutCycles() {
	const unseen, onPath, done = 0, 1, 2
	state := make([]uint8, len(t.items))
	var path []int
	for i := range t.items {
		path = path[:0]
		at := i
		for at >= 0 && state[at] == unseen {
			state[at] = onPath
			path = append(path, at)
			at = t.parent[at]
		}
		if at >= 0 && state[at] == onPath {
			cycle := path[slices.Index(path, at):]
			cut := slices.Min(cycle)
			for _, c := range cycle {
				if t.joined[c] && (!t.joined[cut] || c < cut) {
					cut = c
				}
			}
			t.parent[cut], t.joined[cut] = -1, false
			t.cycles++
		}
		for _, p := range path {
			state[p] = done
		}
	}
}

// children returns the items below each item, as index lists in one slice.
func (t *tree) children() (first []int, list []int) {
	first = make([]int, len(t.items)+1)
	for _, p := range t.parent {
		if p >= 0 {
			first[p+1]++
		}
	}
	for i := range t.items {
		first[i+1] += first[i]
	}
	list = make([]int, first[len(t.items)])
	next := slices.Clone(first)
	for i, p := range t.parent {
		if p >= 0 {
			list[next[p]] = i
			next[p]++
		}
	}
	return first, list
}

func (t *tree) roots() []int {
	var roots []int
	for i, p := range t.parent {
		if p < 0 {
			roots = append(roots, i)
		}
	}
	return roots
}

// order lays the items out in preorder by corrected start.
func (t *tree) order() {
	first, list := t.children()
	byStart := func(a, b int) int {
		x, y := &t.items[a], &t.items[b]
		return cmp.Or(cmp.Compare(t.start[a], t.start[b]), cmp.Compare(x.trace, y.trace), bytes.Compare(x.id[:], y.id[:]), cmp.Compare(x.kind, y.kind), cmp.Compare(x.service, y.service))
	}
	stack := t.roots()
	slices.SortFunc(stack, byStart)
	slices.Reverse(stack)
	t.rowOf = make([]int, len(t.items))
	t.preorder = make([]int, 0, len(t.items))
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		t.rowOf[i] = len(t.preorder)
		t.preorder = append(t.preorder, i)
		kids := list[first[i]:first[i+1]]
		slices.SortFunc(kids, byStart)
		for k := len(kids) - 1; k >= 0; k-- {
			stack = append(stack, kids[k])
		}
	}
}

// bounds returns the first start and the last end, corrected.
func (t *tree) bounds() (from, to signal.Time) {
	from = t.start[t.preorder[0]]
	to = from
	for i := range t.items {
		from = min(from, t.start[i])
		to = max(to, t.start[i], t.end(i))
	}
	return from, to
}

// end returns the corrected end of item i, or its start while it is open.
func (t *tree) end(i int) signal.Time { return t.start[i].Add(t.items[i].duration()) }

func (it *item) duration() time.Duration {
	if it.end <= it.start || it.start == 0 {
		return 0
	}
	return it.end.Sub(it.start)
}

func (t *tree) row(i, r int, last signal.Time) Row {
	it := &t.items[i]
	row := Row{
		ID: it.id, Name: it.name, Error: it.line, Kind: it.kind, Start: t.start[i], Dur: it.duration(), Parent: -1, Outcome: OK,
	}
	if p := t.parent[i]; p >= 0 {
		row.Parent = t.rowOf[p]
	}
	flag := func(on bool, f Flags) {
		if on {
			row.Flags |= f
		}
	}
	_, twin := t.twin[i]
	flag(it.failed, FlagError)
	flag(it.end == 0, FlagOpen)
	flag(it.cold, FlagCold)
	flag(it.missing, FlagMissing)
	flag(t.shift[i] != 0, FlagShifted)
	flag(it.outcome == Timeout, FlagTimeout)
	flag(t.batch[r] >= 0 && t.part[r] < 0, FlagShared)
	flag(slices.ContainsFunc(t.arrivals[i], func(a arrival) bool { return a.ambiguous }), FlagAmbiguous)
	flag(twin, FlagTwin)
	switch {
	case it.failed:
		row.Outcome = it.outcome
	case it.ties != nil && len(it.ties.failed) > 0:
		row.Outcome = Partial
		row.Error = strconv.Itoa(len(it.ties.failed)) + " of " + count(len(it.ties.records), "record") + " failed"
	}
	if it.end == 0 {
		row.Dur = last.Sub(row.Start)
	}
	return row
}

// notes says what was repaired, in a fixed order.
func (t *tree) notes(services []string) []string {
	var notes []string
	if t.missing > 0 {
		notes = append(notes, count(t.missing, "parent span")+" never arrived and shown as a placeholder")
	}
	if t.cycles > 0 {
		notes = append(notes, count(t.cycles, "cycle")+" cut: spans named each other as parents")
	}
	unsure := 0
	for _, as := range t.arrivals {
		unsure += btoi(slices.ContainsFunc(as, func(a arrival) bool { return a.ambiguous }))
	}
	if unsure > 0 {
		notes = append(notes, count(unsure, "receiver")+" without a sender: several may have sent what was received, and nothing tells which")
	}
	moved := map[string]int{}
	largest := map[string]time.Duration{}
	for i, d := range t.shift {
		if d != 0 {
			s := t.items[i].service
			moved[s]++
			if d.Abs() > largest[s].Abs() || d.Abs() == largest[s].Abs() && d > largest[s] {
				largest[s] = d
			}
		}
	}
	for _, s := range services {
		if moved[s] > 0 {
			notes = append(notes, "clock of "+s+" differs: "+count(moved[s], "span")+" moved by up to "+largest[s].String())
		}
	}
	return notes
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
