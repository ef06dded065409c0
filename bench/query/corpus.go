package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"clew/bench/otlpwire"
	"clew/internal/signal"
	"clew/internal/store/storetest"
)

// corpus is what was sent and what an answer is held against.
type corpus struct {
	bodies [][]byte
	traces map[string][]known // by hex id
	ids    []string           // of traces, in order
	spans  []known
	names  []string // of services
	window [2]time.Time
}

// known is what the corpus remembers of one span.
type known struct {
	trace, id, service, name, invocation string
	duration                             time.Duration
	status                               int64
}

func newCorpus(o options) *corpus {
	c := &corpus{traces: map[string][]known{}}
	c.window = [2]time.Time{time.Now().Add(-15 * time.Minute), time.Now().Add(15 * time.Minute)}
	gen := storetest.NewCorpus(signal.DefaultTenant, o.seed, signal.TimeOf(time.Now().Add(-10*time.Minute)))
	for len(c.spans) < o.spans {
		b := gen.Next(480)
		for i := range b.Groups {
			c.remember(&b.Groups[i])
		}
		c.bodies = append(c.bodies, otlpwire.AppendTraces(nil, b))
	}
	slices.Sort(c.names)
	c.names = slices.Compact(c.names)
	return c
}

func (c *corpus) remember(g *signal.Group) {
	service := strings.Clone(g.Resource.ServiceName())
	c.names = append(c.names, service)
	for j := range g.Spans {
		s := &g.Spans[j]
		k := known{
			trace: s.Trace.String(), id: s.ID.String(), service: service, name: s.Name,
			invocation: s.Attrs.Text("faas.invocation_id"), duration: s.Duration(),
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
