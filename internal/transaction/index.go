package transaction

import "clew/internal/signal"

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
	byID        map[spanRef]sharers
	next        []int32 // by item: the next one that shares its id
	byService   map[idService][]int
	placeholder map[spanRef]int
}

// sharers are the items with one id, as 1 + item; 0: none.
type sharers struct {
	first, last int32
	n           int32
	caller      int32 // the first that is a call, however many there are
}

type idService struct {
	spanRef
	service string
}

const maxShared = 16

func newIndex(items []item) *index {
	x := &index{
		byID: make(map[spanRef]sharers, len(items)), next: make([]int32, len(items)), byService: map[idService][]int{}, placeholder: map[spanRef]int{},
	}
	for i := range items {
		it := &items[i]
		ref, at := it.ref(), int32(i)+1
		s := x.byID[ref]
		switch {
		case s.n >= maxShared:
			key := idService{ref, it.service}
			x.byService[key] = append(x.byService[key], i) // at most one per kind
		case s.n == 0:
			s.first, s.last, s.n = at, at, 1
		default:
			x.next[s.last-1] = at
			s.last, s.n = at, s.n+1
		}
		if s.caller == 0 && calls(it.kind) {
			s.caller = at
		}
		x.byID[ref] = s
	}
	return x
}

// proxyOf returns the server span through which the call of server span i came:
// proxies of Zipkin's kind pass the caller's span id on, and so does the service
// behind them. Of several that share the id and enclose i it is the innermost.
func (t *tree) proxyOf(i int, x *index) int {
	it := &t.items[i]
	proxy := -1
	for at := x.byID[it.ref()].first; at != 0 && int(at) <= i; at = x.next[at-1] { // items come by start
		j := int(at) - 1
		o := &t.items[j]
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
	consider := func(j int) {
		o, it := &t.items[j], &t.items[i]
		if j == i || o.kind == it.kind && o.ref() == it.ref() {
			return
		}
		rank := 0
		if o.service == it.service {
			rank += 2
		}
		if !calls(o.kind) {
			rank++
		}
		if rank > bestRank {
			best, bestRank = j, rank
		}
	}
	s := x.byID[ref]
	for at := s.first; at != 0; at = x.next[at-1] {
		consider(int(at) - 1)
	}
	if s.n == maxShared {
		for _, j := range x.byService[idService{ref, t.items[i].service}] {
			consider(j)
		}
	}
	return best
}
