package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"clew/bench/harness"
)

// question is one request and the check of its answer.
type question struct {
	path  string
	check func(body []byte) error
}

// kind makes questions of one sort.
type kind struct {
	name string
	make func(c *corpus, d harness.Dialect, rnd *rand.Rand) question
}

const limit = 20

var kinds = []kind{
	{"trace by id", func(c *corpus, d harness.Dialect, rnd *rand.Rand) question {
		id := c.ids[rnd.IntN(len(c.ids))]
		return question{d.TracePath(id), func(body []byte) error { return c.wholeTraces(d, body, 1, nil) }}
	}},
	{"service + operation, 20 traces", func(c *corpus, d harness.Dialect, rnd *rand.Rand) question {
		k := c.pick(rnd, func(*known) bool { return true })
		return c.search(d, harness.Search{Service: k.service, Operation: k.name}, func(s *known) bool { return s.service == k.service && s.name == k.name })
	}},
	{"unique attribute value", func(c *corpus, d harness.Dialect, rnd *rand.Rand) question {
		k := c.pick(rnd, func(s *known) bool { return s.invocation != "" })
		return c.search(d, harness.Search{Service: k.service, Key: "faas.invocation_id", Value: k.invocation}, func(s *known) bool { return s.id == k.id })
	}},
	{"status 500, 20 traces", func(c *corpus, d harness.Dialect, rnd *rand.Rand) question {
		k := c.pick(rnd, func(s *known) bool { return s.status == 500 })
		return c.search(d, harness.Search{Service: k.service, Key: "http.status_code", Value: "500"}, func(s *known) bool { return s.service == k.service && s.status == 500 })
	}},
	{"minimum duration, 20 traces", func(c *corpus, d harness.Dialect, rnd *rand.Rand) question {
		k := c.pick(rnd, func(s *known) bool { return s.duration > 50*time.Millisecond })
		least := k.duration.Truncate(time.Millisecond)
		return c.search(d, harness.Search{Service: k.service, Least: least}, func(s *known) bool { return s.service == k.service && s.duration >= least })
	}},
	{"services", func(c *corpus, d harness.Dialect, _ *rand.Rand) question {
		return question{"/services", func(body []byte) error {
			got, err := d.Services(body)
			if err != nil {
				return err
			}
			if slices.Sort(got); !slices.Equal(got, c.names) {
				return fmt.Errorf("%d services, want %d", len(got), len(c.names))
			}
			return nil
		}}
	}},
	{"dependencies", func(c *corpus, d harness.Dialect, _ *rand.Rand) question {
		return question{d.DependenciesPath(c.window[0], c.window[1]), func(body []byte) error {
			got, err := d.Calls(body)
			if err != nil {
				return err
			}
			if d == harness.ZipkinAPI && len(got) > 0 { // it links by the kinds of spans, and counts otherwise
				return nil
			}
			if !maps.Equal(got, c.calls) {
				return fmt.Errorf("%d pairs of services, want %d, or other counts", len(got), len(c.calls))
			}
			return nil
		}}
	}},
}

// search asks for traces of q.Service in the window; every trace that comes must
// hold a span that fulfils f and be whole, and as many must come as there are.
func (c *corpus) search(d harness.Dialect, q harness.Search, f func(*known) bool) question {
	q.From, q.To, q.Limit = c.window[0], c.window[1], limit
	want := c.count(limit, f)
	return question{d.SearchPath(q), func(body []byte) error { return c.wholeTraces(d, body, want, f) }}
}

func (c *corpus) wholeTraces(d harness.Dialect, body []byte, want int, f func(*known) bool) error {
	traces, err := d.Traces(body)
	if err != nil {
		return err
	}
	if len(traces) != want {
		return fmt.Errorf("%d traces, want %d", len(traces), want)
	}
	for _, t := range traces {
		sent := c.traces[strings.Repeat("0", max(0, 32-len(t.ID)))+t.ID]
		if len(t.Spans) != len(sent) {
			return fmt.Errorf("trace %s has %d spans, want %d", t.ID, len(t.Spans), len(sent))
		}
		if f != nil && !slices.ContainsFunc(sent, func(k known) bool { return f(&k) }) {
			return fmt.Errorf("trace %s does not match", t.ID)
		}
	}
	return nil
}
