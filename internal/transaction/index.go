package transaction

import (
	"slices"

	"clew/internal/signal"
)

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
func (t *tree) choose(i int, ref spanRef, x *index) int {
	if ref.id.IsZero() {
		return -1
	}
	best, bestRank := -1, -1
	candidates := x.byID[ref]
	if len(candidates) == maxShared {
		candidates = append(slices.Clone(candidates), x.byService[idService{ref, t.items[i].service}]...)
	}
	for _, j := range candidates {
		if j == i || t.items[j].ref() == t.items[i].ref() && t.items[j].kind == t.items[i].kind {
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
