package main

import (
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"clew/bench/harness"
	"clew/bench/otlpwire"
	"clew/internal/signal"
	"clew/internal/store/storetest"
)

// corpus is what was sent and what an answer is held against.
type corpus struct {
	traces map[string][]known // by hex id
	ids    []string           // of traces, in order
	spans  []known
	names  []string // of services
	window [2]time.Time
	calls  map[[2]string]int // by caller and callee: what dependencies must say
}

// known is what the corpus remembers of one span.
type known struct {
	trace, id, parent, service, name, invocation string
	duration                                     time.Duration
	status                                       int64
}

// window is around everything a corpus that starts now can say.
func newCorpus(o options) (*corpus, *storetest.Corpus) {
	c := &corpus{traces: map[string][]known{}}
	c.window = [2]time.Time{time.Now().Add(-25 * time.Minute), time.Now().Add(25 * time.Minute)}
	return c, storetest.NewCorpus(signal.DefaultTenant, o.seed, signal.TimeOf(time.Now().Add(-20*time.Minute)))
}

// bodies yields the requests of a run and remembers what they say.
func (c *corpus) bodies(gen *storetest.Corpus, spans int, d harness.Dialect) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(c.spans) < spans {
			b := gen.Next(480)
			for i := range b.Groups {
				c.remember(&b.Groups[i])
			}
			if !yield(otlpwire.Append(nil, b, d == harness.ZipkinAPI)) {
				return
			}
		}
		slices.Sort(c.names)
		c.names = slices.Compact(c.names)
		c.calls = c.countCalls()
	}
}

// countCalls counts the spans whose parent is another service's.
func (c *corpus) countCalls() map[[2]string]int {
	calls := map[[2]string]int{}
	for _, spans := range c.traces {
		by := make(map[string]string, len(spans))
		for i := range spans {
			by[spans[i].id] = spans[i].service
		}
		for i := range spans {
			if caller, ok := by[spans[i].parent]; ok && caller != spans[i].service {
				calls[[2]string{caller, spans[i].service}]++
			}
		}
	}
	return calls
}

func (c *corpus) remember(g *signal.Group) {
	service := strings.Clone(g.Resource.ServiceName())
	c.names = append(c.names, service)
	for j := range g.Spans {
		s := &g.Spans[j]
		k := known{
			trace: s.Trace.String(), id: s.ID.String(), parent: s.Parent.String(), service: service, name: strings.Clone(s.Name),
			invocation: strings.Clone(s.Attrs.Text("faas.invocation_id")), duration: s.Duration(),
		}
		if v, ok := s.Attrs.Find("http.status_code"); ok {
			k.status = v.Int()
		}
		if c.traces[k.trace] == nil {
			c.ids = append(c.ids, k.trace)
		}
		c.traces[k.trace] = append(c.traces[k.trace], k)
		c.spans = append(c.spans, k)
	}
}

// pick returns a random span that fulfils f.
func (c *corpus) pick(rnd *rand.Rand, f func(*known) bool) *known {
	for {
		if k := &c.spans[rnd.IntN(len(c.spans))]; f(k) {
			return k
		}
	}
}

// count returns how many traces hold a span that fulfils f, at most max.
func (c *corpus) count(max int, f func(*known) bool) int {
	seen := map[string]bool{}
	for i := range c.spans {
		if f(&c.spans[i]) && !seen[c.spans[i].trace] {
			if seen[c.spans[i].trace] = true; len(seen) == max {
				break
			}
		}
	}
	return len(seen)
}
