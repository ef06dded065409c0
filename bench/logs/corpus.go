package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
)

// corpus writes what functions write: START, a few lines of their own, END and
// REPORT of each invocation, a common word on one line in fifty, and a rare word
// on one line in 250,000.
type corpus struct {
	rnd       *rand.Rand
	resources []signal.Attrs
	now       signal.Time
	lines     int
	pending   []signal.Log
	of        int // resource of pending
	rare      int
	common    int
	requests  []string
}

func newCorpus(o options) *corpus {
	c := &corpus{rnd: rand.New(rand.NewPCG(o.seed, 3)), now: signal.TimeOf(time.Now().Add(-time.Hour))}
	for i := range 40 {
		name := fmt.Sprintf("function-%d", i)
		c.resources = append(c.resources, signal.Attrs{
			{Key: "service.name", Value: signal.Str(name)}, {Key: "faas.name", Value: signal.Str(name)},
			{Key: "cloud.region", Value: signal.Str("eu-west-1")}, {Key: "aws.log.group.names", Value: signal.Str("/aws/lambda/" + name)},
		})
	}
	return c
}

// next returns a batch of n lines and the bytes of their text.
func (c *corpus) next(n int) (*signal.Batch, int) {
	b := &signal.Batch{Tenant: signal.DefaultTenant}
	bytes := 0
	for n > 0 {
		if len(c.pending) == 0 {
			c.invocation()
		}
		k := min(n, len(c.pending))
		b.Groups = append(b.Groups, signal.Group{Resource: c.resources[c.of], Logs: c.pending[:k:k]})
		for i := range c.pending[:k] {
			bytes += len(c.pending[i].Body.Text())
		}
		c.pending = c.pending[k:]
		n -= k
	}
	return b, bytes
}

func (c *corpus) invocation() {
	c.of = c.rnd.IntN(len(c.resources))
	id := fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", c.rnd.Uint32(), c.rnd.Uint32()&0xffff, c.rnd.Uint32()&0xfff, c.rnd.Uint32()&0xffff, c.rnd.Uint64()&0xffffffffffff)
	if c.rnd.IntN(10_000) == 0 {
		c.requests = append(c.requests, id)
	}
	var trace signal.TraceID
	for i := range trace {
		trace[i] = byte(c.rnd.Uint32())
	}
	c.pending = nil
	say := func(level signal.Level, format string, args ...any) {
		c.now = c.now.Add(time.Duration(50_000 + c.rnd.IntN(900_000)))
		c.lines++
		text := fmt.Sprintf(format, args...)
		if c.lines%250_000 == 1000 {
			text += " quarantined"
			c.rare++
		}
		if c.lines%50 == 7 {
			text += " retrying"
			c.common++
		}
		c.pending = append(c.pending, signal.Log{At: c.now, Observed: c.now, Trace: trace, Level: level, Body: signal.Str(text),
			Attrs: signal.Attrs{{Key: "faas.invocation_id", Value: signal.Str(id)}}})
	}
	say(9, "START RequestId: %s Version: $LATEST", id)
	for range 1 + c.rnd.IntN(5) {
		switch c.rnd.IntN(4) {
		case 0:
			say(9, "INFO handling order %d for customer %d", c.rnd.IntN(1_000_000), c.rnd.IntN(50_000))
		case 1:
			say(9, "INFO wrote item sku-%d to table orders in %d ms", c.rnd.IntN(5000), c.rnd.IntN(90))
		case 2:
			say(13, "WARN slow answer of payments: %d ms", 400+c.rnd.IntN(2000))
		default:
			say(5, "DEBUG cache miss for key session:%d", c.rnd.IntN(100_000))
		}
	}
	say(9, "END RequestId: %s", id)
	say(9, "REPORT RequestId: %s\tDuration: %d.%02d ms\tBilled Duration: %d ms\tMemory Size: 512 MB\tMax Memory Used: %d MB",
		id, c.rnd.IntN(900), c.rnd.IntN(100), 1+c.rnd.IntN(900), 80+c.rnd.IntN(100))
}

func (c *corpus) searches() []search {
	body := func(word string) *query.Expr { return query.Is(query.FieldBody, query.Word, signal.Str(word)) }
	all := []search{
		{"rare word, all", body("quarantined"), 0, c.rare},
		{"absent word", body("nowhere"), 0, 0},
		{"common word, newest 100", body("retrying"), 100, min(100, c.common)},
		{"any text, rare word", query.Is("", query.Word, signal.Str("quarantined")), 0, c.rare},
	}
	if e, err := query.Regexp(query.FieldBody, "quarantin(ed|ing)"); err == nil {
		all = append(all, search{"regular expression, all", e, 0, c.rare})
	}
	if len(c.requests) > 0 {
		id := c.requests[len(c.requests)/2]
		all = append(all, search{"request id in the body, newest", body(id), 1, 1},
			search{"request id as attribute, newest", query.Is("faas.invocation_id", query.Eq, signal.Str(id)), 1, 1})
	}
	return all
}
