package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// question is one request and the check of its answer.
type question struct {
	path  string
	check func(body []byte) error
}

// kind makes questions of one sort.
type kind struct {
	name string
	make func(c *corpus, rnd *rand.Rand) question
}

const limit = 20

var kinds = []kind{
	{"trace by id", func(c *corpus, rnd *rand.Rand) question {
		id := c.ids[rnd.IntN(len(c.ids))]
		return question{"/traces/" + id, func(body []byte) error { return c.wholeTraces(body, 1, nil) }}
	}},
	{"service + operation, 20 traces", func(c *corpus, rnd *rand.Rand) question {
		k := c.pick(rnd, func(*known) bool { return true })
		return c.search(k.service, url.Values{"operation": {k.name}}, func(s *known) bool { return s.service == k.service && s.name == k.name })
	}},
	{"unique attribute value", func(c *corpus, rnd *rand.Rand) question {
		k := c.pick(rnd, func(s *known) bool { return s.invocation != "" })
		return c.search(k.service, tags("faas.invocation_id", k.invocation), func(s *known) bool { return s.id == k.id })
	}},
	{"status 500, 20 traces", func(c *corpus, rnd *rand.Rand) question {
		k := c.pick(rnd, func(s *known) bool { return s.status == 500 })
		return c.search(k.service, tags("http.status_code", "500"), func(s *known) bool { return s.service == k.service && s.status == 500 })
	}},
	{"minimum duration, 20 traces", func(c *corpus, rnd *rand.Rand) question {
		k := c.pick(rnd, func(s *known) bool { return s.duration > 50*time.Millisecond })
		least := k.duration.Truncate(time.Millisecond)
		return c.search(k.service, url.Values{"minDuration": {strconv.FormatInt(least.Milliseconds(), 10) + "ms"}}, func(s *known) bool {
			return s.service == k.service && s.duration >= least
		})
	}},
	{"services", func(c *corpus, _ *rand.Rand) question {
		return question{"/services", func(body []byte) error {
			var a struct{ Data []string }
			if err := json.Unmarshal(body, &a); err != nil {
				return err
			}
			if slices.Sort(a.Data); !slices.Equal(a.Data, c.names) {
				return fmt.Errorf("%d services, want %d", len(a.Data), len(c.names))
			}
			return nil
		}}
	}},
	{"dependencies", func(c *corpus, _ *rand.Rand) question {
		path := fmt.Sprintf("/dependencies?endTs=%d&lookback=%d", c.window[1].UnixMilli(), c.window[1].Sub(c.window[0]).Milliseconds())
		return question{path, func(body []byte) error {
			var a struct{ Data []struct{ CallCount int } }
			if err := json.Unmarshal(body, &a); err != nil {
				return err
			}
			if len(a.Data) == 0 {
				return fmt.Errorf("no dependencies")
			}
			return nil
		}}
	}},
}

func tags(key, value string) url.Values {
	b, _ := json.Marshal(map[string]string{key: value}) // two texts always marshal
	return url.Values{"tags": {string(b)}}
}

// search asks for traces of service; every trace that comes must hold a span that
// fulfils f and be whole, and as many must come as there are.
func (c *corpus) search(service string, v url.Values, f func(*known) bool) question {
	v.Set("service", service)
	v.Set("limit", strconv.Itoa(limit))
	v.Set("start", strconv.FormatInt(c.window[0].UnixMicro(), 10))
	v.Set("end", strconv.FormatInt(c.window[1].UnixMicro(), 10))
	want := c.count(limit, f)
	return question{"/traces?" + v.Encode(), func(body []byte) error { return c.wholeTraces(body, want, f) }}
}

func (c *corpus) wholeTraces(body []byte, want int, f func(*known) bool) error {
	var a struct {
		Data []struct {
			TraceID string
			Spans   []struct{ SpanID string }
		}
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return err
	}
	if len(a.Data) != want {
		return fmt.Errorf("%d traces, want %d", len(a.Data), want)
	}
	for _, t := range a.Data {
		sent := c.traces[t.TraceID]
		if len(t.Spans) != len(sent) {
			return fmt.Errorf("trace %s has %d spans, want %d", t.TraceID, len(t.Spans), len(sent))
		}
		if f != nil && !slices.ContainsFunc(sent, func(k known) bool { return f(&k) }) {
			return fmt.Errorf("trace %s does not match", t.TraceID)
		}
	}
	return nil
}
