package columnar

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// A call is a span whose parent is a span of another service (store.Calls). A part
// keeps sums of the calls between its own rows, of all it was written with; what
// else there is to say of traces that are not in one place is in calls_*.go.

// end is a span as calls see it: one end of a call, or of several.
type end struct {
	id, parent signal.SpanID
	start      signal.Time
	duration   int64
	service    uint32 // its number among names
	kind       signal.SpanKind
	failed     bool
}

// names numbers the names of services.
type names struct {
	of    []string
	known map[string]uint32
}

func (n *names) number(name string) uint32 {
	at, ok := n.known[name]
	if !ok {
		if n.known == nil {
			n.known = map[string]uint32{}
		}
		at, name = uint32(len(n.of)), strings.Clone(name)
		n.of = append(n.of, name)
		n.known[name] = at
	}
	return at
}

// choice picks the caller of a span among the spans with its parent's id, of which
// senders that share ids between both ends of a call give several.
type choice struct {
	names *names
	best  *end
	own   bool // one is of the span's own service: nobody called it
}

func (c *choice) consider(child, up *end) {
	switch {
	case up.service == child.service:
		c.own = true
	case c.best == nil || c.names.before(up, c.best):
		c.best = up
	}
}

// before reports whether a, rather than b, is who called: the end that was at work.
func (n *names) before(a, b *end) bool {
	worked := func(e *end) bool { return e.kind == signal.Server || e.kind == signal.Consumer }
	if worked(a) != worked(b) {
		return worked(a)
	}
	return n.of[a.service] < n.of[b.service]
}

// link calls found for each call among the spans of a trace, which it sorts.
func (n *names) link(trace []end, found func(child *end, caller uint32)) {
	slices.SortFunc(trace, func(a, b end) int {
		return cmp.Or(bytes.Compare(a.id[:], b.id[:]), cmp.Compare(a.kind, b.kind), cmp.Compare(a.service, b.service))
	})
	for i := range trace {
		child := &trace[i]
		if child.parent.IsZero() {
			continue
		}
		at, _ := slices.BinarySearchFunc(trace, child.parent, func(e end, id signal.SpanID) int { return bytes.Compare(e.id[:], id[:]) })
		c := choice{names: n}
		for ; at < len(trace) && trace[at].id == child.parent; at++ {
			c.consider(child, &trace[at])
		}
		if c.best != nil && !c.own {
			found(child, c.best.service)
		}
	}
}

// linking sums up the calls between the rows of a part that is being written. The
// spans of a trace come in one run, but for traces that a merge finds apart: those
// are kept until the end.
type linking struct {
	names
	sums      *tallying
	trace     signal.TraceID
	run       []end // of trace
	apart     apart
	held      map[signal.TraceID]*scattered
	scattered []uint64 // top 40 bits of hashes of traces in several runs, sorted
}

// scattered is the runs of one trace.
type scattered struct {
	ends []end
	runs int
}

// apart says which traces may come in several runs: all, or those whose hash has
// these top 40 bits.
type apart struct {
	all    bool
	traces map[uint64]bool
}

func newLinking() *linking {
	l := &linking{sums: newTallying(), held: map[signal.TraceID]*scattered{}}
	l.sums.all = true
	return l
}

func (l *linking) add(s *page.Facts) {
	if s.Trace.IsZero() {
		return
	}
	if s.Trace != l.trace {
		l.cut()
		l.trace = s.Trace
	}
	l.run = append(l.run, end{s.ID, s.Parent, s.Start, s.Duration, l.number(s.Service), s.Kind, s.Status == signal.StatusError})
}

// cut ends the run of spans of a trace.
func (l *linking) cut() {
	switch {
	case len(l.run) == 0:
	case l.apart.all || l.apart.traces[traceHash(l.trace)>>24]:
		l.keep(l.trace, l.run...).runs++
	default:
		l.link(l.run, l.count)
	}
	l.run = l.run[:0]
}

// keep puts spans of a trace aside until the end.
func (l *linking) keep(trace signal.TraceID, es ...end) *scattered {
	h := l.held[trace]
	if h == nil {
		h = &scattered{}
		l.held[trace] = h
	}
	h.ends = append(h.ends, es...)
	return h
}

func (l *linking) count(child *end, caller uint32) {
	l.sums.add(callOf(l.of[caller], l.of[child.service], child.failed), child.start, child.duration)
}

// callOf is the operation that sums keep a call under.
func callOf(caller, callee string, failed bool) operation {
	op := operation{service: callee, name: caller}
	if failed {
		op.status = signal.StatusError
	}
	return op
}

func (l *linking) finish() *rollup {
	l.cut()
	for id, h := range l.held {
		l.link(h.ends, l.count)
		if h.runs > 1 {
			l.scattered = append(l.scattered, traceHash(id)>>24)
		}
	}
	slices.Sort(l.scattered)
	return l.sums.finish()
}

// apartOf says which traces may come in several runs when parts are merged: those
// in several of them, and those that come so in one.
func apartOf(ps []*part) apart {
	a := apart{traces: map[uint64]bool{}}
	var lists [][]uint64
	for _, p := range ps {
		if p.Type == signal.Spans && p.version < versionCalls {
			return apart{all: true} // of old parts nobody noted it
		}
		for _, h := range p.scattered {
			a.traces[h] = true
		}
		look := p.lookups()
		if look.blind {
			return apart{all: true}
		}
		lists = append(lists, look.index)
	}
	eachShared(lists, func(h uint64, _ []int) { a.traces[h] = true })
	return a
}

// eachShared calls visit for the hashes that are in several indexes of traces, with
// the numbers of these, both ascending.
func eachShared(indexes [][]uint64, visit func(hash uint64, in []int)) {
	all := make([][]uint64, len(indexes))
	for n, index := range indexes {
		for _, e := range index {
			if m := len(all[n]); m == 0 || all[n][m-1]>>24 != e>>24 {
				all[n] = append(all[n], e>>24<<24|uint64(n))
			}
		}
	}
	for len(all) > 1 {
		var next [][]uint64
		for i := 0; i < len(all); i += 2 {
			if i+1 == len(all) {
				next = append(next, all[i])
			} else {
				next = append(next, mergeSorted(all[i], all[i+1]))
			}
		}
		all = next
	}
	var in []int
	for _, list := range all {
		for i := 0; i < len(list); {
			in = in[:0]
			j := i
			for ; j < len(list) && list[j]>>24 == list[i]>>24; j++ {
				in = append(in, int(list[j]&(1<<24-1)))
			}
			if len(in) > 1 {
				visit(list[i]>>24, in)
			}
			i = j
		}
	}
}

func mergeSorted(a, b []uint64) []uint64 {
	out := make([]uint64, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0] <= b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
