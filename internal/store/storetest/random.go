package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
)

// testCorpus compares both stores over generated traffic, page by page.
func testCorpus(t *testing.T, open Open) {
	b := newBench(t, open)
	c := NewCorpus(tenant, 7, noon)
	var ids []signal.TraceID
	for i := range 40 {
		batch := c.Next(100)
		ids = append(ids, batch.Groups[0].Spans[0].Trace)
		b.append(batch)
		if i%9 == 8 {
			b.flush()
		}
	}
	b.everywhere(func(stage string) {
		b.sameAll(stage, tenant)
		for _, id := range ids {
			b.sameTrace(tenant, id, stage)
		}
		b.walk(&query.Query{Tenant: tenant, Limit: 333, Head: true}, stage)
		b.same(&query.Query{Tenant: tenant, Where: query.Is("http.status_code", query.Ge, signal.Int(500)), Limit: 20}, stage)
		b.same(&query.Query{Tenant: tenant, Where: query.Is("", query.Word, signal.Str("undefined")), Limit: 20}, stage)
		b.same(&query.Query{Tenant: tenant, By: []string{"service", "name", "status"}}, stage)
	})
}

// testRandom plays seeded histories of appends, repeats, forgets, flushes,
// merges and reopenings, asking seeded questions all the time.
func testRandom(t *testing.T, open Open) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			h := &history{bench: newBench(t, open), rnd: rand.New(rand.NewPCG(seed, 99))}
			for step := range 160 {
				h.step(fmt.Sprintf("seed %d step %d", seed, step))
			}
			h.sameAll("at the end", tenant, other)
		})
	}
}

type history struct {
	*bench
	rnd  *rand.Rand
	sent []*signal.Batch
}

func (h *history) step(name string) {
	h.Helper()
	switch n := h.rnd.IntN(100); {
	case n < 40:
		b := h.batch()
		h.sent = append(h.sent, b)
		h.append(b)
	case n < 46 && len(h.sent) > 0:
		h.append(h.sent[h.rnd.IntN(len(h.sent))])
	case n < 49:
		h.forget(h.tenant(), h.rule())
	case n < 55:
		h.flush()
	case n < 58:
		h.merge()
	case n < 61:
		h.reopen()
	case n < 66:
		h.walk(&query.Query{Tenant: h.tenant(), Type: h.typ(), Limit: 1 + h.rnd.IntN(40), Where: h.expr(1)}, name)
	case n < 72:
		h.sameTrace(h.tenant(), h.trace(), name)
	case n < 75:
		h.sameRelatives(h.tenant(), name, h.trace(), h.trace())
	case n < 78:
		h.sameHeld(h.tenant(), name, h.joints(), signal.Range{From: h.at(), To: h.at()})
	case n < 82:
		h.sameCalls(h.tenant(), signal.Range{From: h.at(), To: h.at() + signal.Time(h.rnd.IntN(2))}, name)
	default:
		h.same(h.query(), name)
	}
}

func (h *history) tenant() signal.Tenant {
	if h.rnd.IntN(4) == 0 {
		return other
	}
	return tenant
}

func (h *history) typ() signal.Type { return signal.Types[h.rnd.IntN(len(signal.Types))] }

func (h *history) at() signal.Time {
	if h.rnd.IntN(30) == 0 {
		return []signal.Time{0, -1, 1, noon + 90*86400*second}[h.rnd.IntN(4)]
	}
	return noon + signal.Time(h.rnd.IntN(30))*7200*second/10
}

// trace is one of eight ids, of which two share each low half.
func (h *history) trace() signal.TraceID {
	n := h.rnd.IntN(4)
	switch {
	case h.rnd.IntN(2) == 0:
		return traceID(n)
	case n%2 == 0:
		return cousin(n)
	}
	return halfOf(n)
}

func (h *history) rule() (r store.Rule) {
	if h.rnd.IntN(2) == 0 {
		id := h.trace()
		r.Trace = &id
	}
	if h.rnd.IntN(2) == 0 {
		r.Before = h.at()
	}
	if typ := h.typ(); h.rnd.IntN(2) == 0 && (r.Trace != nil || r.Before != 0) {
		r.Type = &typ
	}
	return r
}

func (h *history) batch() *signal.Batch {
	b := &signal.Batch{Tenant: h.tenant()}
	for range 1 + h.rnd.IntN(3) {
		g := signal.Group{Resource: append(service(fmt.Sprint("s", h.rnd.IntN(4))), h.attrs(2)...), Scope: signal.Scope{Name: fmt.Sprint("lib", h.rnd.IntN(2))}}
		for range h.rnd.IntN(8) {
			g.Spans = append(g.Spans, h.span())
		}
		for range h.rnd.IntN(6) {
			g.Logs = append(g.Logs, signal.Log{At: h.at(), Trace: h.trace(), Span: spanIDOf(h.rnd.IntN(20)), Level: signal.Level(h.rnd.IntN(26)), Body: h.value(), Attrs: h.attrs(3)})
		}
		for range h.rnd.IntN(6) {
			g.Points = append(g.Points, signal.Point{At: h.at(), Metric: signal.Metric{Name: fmt.Sprint("m", h.rnd.IntN(3))}, Value: signal.Int(h.rnd.Int64N(5)), Attrs: h.attrs(3)})
		}
		b.Groups = append(b.Groups, g)
	}
	return b
}

func (h *history) span() signal.Span {
	s := span(0, h.rnd.IntN(60), h.at())
	s.Trace = h.trace()
	s.End = s.Start + signal.Time(h.rnd.IntN(1000))
	s.Name, s.Kind, s.Status.Code = fmt.Sprint("op", h.rnd.IntN(5)), signal.SpanKind(h.rnd.IntN(6)), signal.StatusCode(h.rnd.IntN(3))
	if h.rnd.IntN(3) > 0 {
		s.Parent = spanIDOf(h.rnd.IntN(60))
	}
	if s.Status.Code == signal.StatusError {
		s.Status.Message = "it failed at " + h.value().String()
		s.Events = []signal.Event{{At: s.End, Name: "exception", Attrs: h.attrs(3)}}
	}
	s.Attrs = h.attrs(6)
	for range h.rnd.IntN(3) {
		s.Keys = append(s.Keys, joinKey(h.rnd.IntN(12)))
	}
	if h.rnd.IntN(4) == 0 {
		s.Links = append(s.Links, signal.Link{Trace: h.trace(), Span: spanIDOf(h.rnd.IntN(60))})
	}
	return s
}

func (h *history) joints() (js []store.Joint) {
	for range 1 + h.rnd.IntN(6) {
		js = append(js, store.Joint{Key: joinKey(h.rnd.IntN(14))}, store.Joint{To: h.trace()})
	}
	return js
}

var randomKeys = []string{"a", "b", "c", "str", "http.status_code", "name", "attr.a", "service.name"}

func (h *history) attrs(most int) signal.Attrs {
	var as signal.Attrs
	for range h.rnd.IntN(most + 1) {
		as = append(as, signal.Attr{Key: randomKeys[h.rnd.IntN(len(randomKeys)-1)], Value: h.value()})
	}
	return as
}

func (h *history) value() signal.Value {
	return []signal.Value{
		{}, signal.Str(""), signal.Str("red"), signal.Str("Red apple"), signal.Str("1"), signal.Str("17"), signal.Bool(h.rnd.IntN(2) == 0), signal.Int(h.rnd.Int64N(20)),
		signal.Double(float64(h.rnd.IntN(40)) / 2), signal.Bytes("red"), signal.JSON(`["red",1]`), signal.Str(fmt.Sprintf("%012x", h.rnd.Uint64N(40))), signal.Str("\xff"),
	}[h.rnd.IntN(13)]
}

func (h *history) field() string {
	return slices.Concat(randomKeys, randomKeys, askedFields)[h.rnd.IntN(2*len(randomKeys)+len(askedFields))]
}

func (h *history) expr(depth int) *query.Expr {
	switch n := h.rnd.IntN(10); {
	case n == 0:
		return nil
	case n < 5 && depth > 0:
		e := &query.Expr{Op: []query.Op{query.And, query.Or, query.Not}[h.rnd.IntN(3)]}
		for range 1 + h.rnd.IntN(3) {
			e.Args = append(e.Args, h.expr(depth-1))
		}
		return e
	case n == 5:
		if e, err := query.Regexp(h.field(), []string{"re?d", "^1", "[0-9]"}[h.rnd.IntN(3)]); err == nil {
			return e
		}
	case n == 6:
		return query.Is("", query.Word, h.value())
	}
	v := h.value()
	if h.rnd.IntN(4) == 0 {
		v = []signal.Value{signal.Str("s1"), signal.Str("op2"), signal.Str("error"), signal.Str("*e*"), signal.Str(traceID(3).String()), signal.Str("server"), signal.Int(500)}[h.rnd.IntN(7)]
	}
	return query.Is(h.field(), leafOps[h.rnd.IntN(len(leafOps))], v)
}

func (h *history) query() *query.Query {
	q := &query.Query{Tenant: h.tenant(), Type: h.typ(), Where: h.expr(3), Head: h.rnd.IntN(2) == 0, Durations: h.rnd.IntN(2) == 0}
	if h.rnd.IntN(2) == 0 {
		q.Limit = 1 + h.rnd.IntN(30)
	}
	if h.rnd.IntN(2) == 0 {
		q.Range = signal.Range{From: h.at(), To: h.at()}
	}
	if h.rnd.IntN(3) == 0 {
		for range 1 + h.rnd.IntN(3) {
			q.By = append(q.By, h.field())
		}
	}
	if h.rnd.IntN(6) == 0 {
		q.Every = []time.Duration{1, 7 * time.Second, time.Minute, 5 * time.Minute, time.Hour}[h.rnd.IntN(5)]
	}
	if h.rnd.IntN(4) == 0 {
		q.Before = &query.Cursor{At: h.at(), Trace: h.trace(), Span: spanIDOf(h.rnd.IntN(60))}
	}
	return q
}
