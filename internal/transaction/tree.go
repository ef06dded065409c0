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
	parent   []int                 // item; -1 for roots
	start    []signal.Time         // corrected
	shift    []time.Duration
	preorder []int // items
	rowOf    []int
	entered  []bool // by row: begins a stay on its node

	missing, cycles int
}

func newTree(items []item, resources []signal.Resource) *tree {
	t := &tree{items: items, parent: make([]int, len(items))}
	for _, r := range resources {
		t.kinds = append(t.kinds, r.Kind)
	}
	x := newIndex(items)
	for i := range items {
		t.parent[i] = t.findParent(i, x)
	}
	t.cutCycles()
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

// spanRef is the identity of a span: tracers draw span ids anew for each trace,
// some of them from few.
type spanRef struct {
	trace int32
	id    signal.SpanID
}

func (it *item) ref() spanRef { return spanRef{it.trace, it.id} }

// index finds spans by id. Several spans may share one (Zipkin's client and
// server do); lists are cut so that thousands of equal ids stay cheap.
type index struct {
	byID        map[spanRef][]int
	byService   map[idService][]int
	callers     map[spanRef]int
	placeholder map[spanRef]int
}

type idService struct {
	spanRef
	service string
}

const maxShared = 16

func newIndex(items []item) *index {
	x := &index{
		byID: make(map[spanRef][]int, len(items)), byService: map[idService][]int{},
		callers: map[spanRef]int{}, placeholder: map[spanRef]int{},
	}
	for i := range items {
		it := &items[i]
		ref := it.ref()
		switch list := x.byID[ref]; {
		case len(list) < maxShared:
			x.byID[ref] = append(list, i)
		default:
			key := idService{ref, it.service}
			x.byService[key] = append(x.byService[key], i) // at most one per kind
		}
		if _, ok := x.callers[ref]; !ok && calls(it.kind) {
			x.callers[ref] = i
		}
	}
	return x
}

// findParent chooses the parent of item i, making a placeholder for one that
// never arrived.
func (t *tree) findParent(i int, x *index) int {
	it := &t.items[i]
	if it.kind == signal.Server || it.kind == signal.Consumer {
		if j := t.proxyOf(i, x); j >= 0 {
			return j
		}
		if j, ok := x.callers[it.ref()]; ok {
			return j
		}
	}
	for _, id := range [...]signal.SpanID{it.parent, it.link} {
		if p := t.choose(i, id, x); p >= 0 && !id.IsZero() {
			return p
		}
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
	}
	// A placeholder spans its children; items come by start, so the first sets it.
	t.items[p].end = max(t.items[p].end, t.items[i].end)
	return p
}

// proxyOf returns the server span through which the call of server span i came:
// proxies of Zipkin's kind pass the caller's span id on, and so does the service
// behind them. Of several that share the id and enclose i it is the innermost.
func (t *tree) proxyOf(i int, x *index) int {
	it := &t.items[i]
	proxy := -1
	for _, j := range x.byID[it.ref()] {
		o := &t.items[j]
		if j >= i { // items come by start
			break
		}
		if it.kind == signal.Server && o.kind == signal.Server && o.service != it.service && it.end != 0 && o.end >= it.end && (proxy < 0 || o.end <= t.items[proxy].end) {
			proxy = j
		}
	}
	return proxy
}

// choose picks among spans that share an id the one that can be i's parent: of
// i's own service if there is one, and the callee's side rather than the caller's.
func (t *tree) choose(i int, id signal.SpanID, x *index) int {
	best, bestRank := -1, -1
	ref := spanRef{t.items[i].trace, id}
	candidates := x.byID[ref]
	if len(candidates) == maxShared {
		candidates = append(slices.Clone(candidates), x.byService[idService{ref, t.items[i].service}]...)
	}
	for _, j := range candidates {
		if j == i || t.items[j].id == t.items[i].id && t.items[j].kind == t.items[i].kind {
			continue
		}
		rank := 0
		if t.items[j].service == t.items[i].service {
			rank += 2
		}
		if !calls(t.items[j].kind) {
			rank++
		}
		if rank > bestRank {
			best, bestRank = j, rank
		}
	}
	return best
}

// cutCycles makes the earliest span of every parent cycle a root.
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
			t.parent[slices.Min(cycle)] = -1
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

func (t *tree) row(i int, last signal.Time) Row {
	it := &t.items[i]
	r := Row{
		ID: it.id, Name: it.name, Error: it.line, Kind: it.kind, Start: t.start[i], Dur: it.duration(), Parent: -1, Outcome: OK,
	}
	if p := t.parent[i]; p >= 0 {
		r.Parent = t.rowOf[p]
	}
	flag := func(on bool, f Flags) {
		if on {
			r.Flags |= f
		}
	}
	flag(it.failed, FlagError)
	flag(it.end == 0, FlagOpen)
	flag(it.cold, FlagCold)
	flag(it.missing, FlagMissing)
	flag(t.shift[i] != 0, FlagShifted)
	flag(it.outcome == Timeout, FlagTimeout)
	if it.failed {
		r.Outcome = it.outcome
	}
	if it.end == 0 {
		r.Dur = last.Sub(r.Start)
	}
	return r
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
