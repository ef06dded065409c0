package storetest

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
)

func testFields(t *testing.T, open Open) {
	b := newBench(t, open)
	b.append(everything(tenant))
	b.append(giants(tenant))
	b.append(&signal.Batch{Tenant: tenant})
	b.everywhere(func(stage string) { b.sameAll(stage, tenant) })
}

// testBorrowed reuses the memory of a batch after Append, as request bodies are.
func testBorrowed(t *testing.T, open Open) {
	b := newBench(t, open)
	body := []byte("svc:operation:key:value")
	text := func(from, to int) string { return borrow(body[from:to]) }
	s := span(1, 1, noon)
	s.Name, s.Attrs = text(4, 13), signal.Attrs{{Key: text(14, 17), Value: signal.Str(text(18, 23))}}
	b.append(spansOf(tenant, signal.Attrs{{Key: "service.name", Value: signal.Str(text(0, 3))}}, s))
	copy(body, strings.Repeat("#", len(body)))
	s.Attrs[0] = signal.Attr{}
	b.everywhere(func(stage string) { b.sameAll(stage, tenant) })
}

func testDuplicates(t *testing.T, open Open) {
	b := newBench(t, open)
	version := 0
	again := func() {
		version++
		s := span(1, 1, noon+signal.Time(version%3))
		s.Name = fmt.Sprintf("version %d", version)
		twin := span(1, 1, noon)
		twin.Kind, twin.Name = signal.Client, s.Name
		b.append(spansOf(tenant, service("shop"), s, span(1, 2, noon), twin))
		b.append(spansOf(tenant, service("till"), s))
	}
	for _, between := range []func(){func() {}, func() {}, b.reopen, b.flush, func() {}, b.flush, b.reopen, b.merge, func() {}, b.flush, b.merge, b.reopen} {
		again()
		b.sameAll(fmt.Sprintf("version %d", version), tenant)
		between()
		b.sameAll(fmt.Sprintf("version %d, after", version), tenant)
	}
	two := span(2, 1, noon)
	later := two
	later.Name, later.Start = "last", noon+second
	b.append(spansOf(tenant, service("shop"), two, span(2, 2, noon), later))
	b.everywhere(func(stage string) { b.sameAll(stage, tenant) })
}

// testRepeats: equal logs and points of one batch differ, those of two do not.
func testRepeats(t *testing.T, open Open) {
	b := newBench(t, open)
	line := signal.Log{At: noon, Body: signal.Str("tick"), Attrs: awkward()}
	point := signal.Point{Metric: signal.Metric{Name: "m"}, At: noon, Value: signal.Double(math.NaN())}
	give := func(n int) {
		g := signal.Group{Resource: service("shop")}
		for range n {
			g.Logs = append(g.Logs, line)
			g.Points = append(g.Points, point)
		}
		b.append(&signal.Batch{Tenant: tenant, Groups: []signal.Group{g, {Resource: service("till"), Logs: g.Logs[:1]}}})
		b.sameAll(fmt.Sprintf("after %d", n), tenant)
	}
	for i, n := range []int{1, 1, 3, 2, 3, 5, 1, 4} {
		give(n)
		[]func(){b.flush, b.reopen, func() {}, b.merge}[i%4]()
	}
	b.everywhere(func(stage string) { b.sameAll(stage, tenant) })
}

func testEdges(t *testing.T, open Open) {
	b := newBench(t, open)
	times := []signal.Time{0, 1, -5, second, noon - 1, noon, noon + 1, noon + 400*86400*second, math.MaxInt64, math.MinInt64, 86400 * second, 86400*second - 1}
	g := signal.Group{Resource: service("shop")}
	for i, at := range times {
		g.Spans = append(g.Spans, span(i, i, at))
		g.Logs = append(g.Logs, signal.Log{At: at, Body: signal.Int(int64(i))})
		g.Points = append(g.Points, signal.Point{At: at, Value: signal.Int(int64(i))})
	}
	b.append(&signal.Batch{Tenant: tenant, Groups: []signal.Group{g}})
	b.everywhere(func(stage string) {
		b.sameAll(stage, tenant)
		for _, typ := range signal.Types {
			for _, from := range times {
				for _, to := range times {
					b.same(&query.Query{Tenant: tenant, Type: typ, Range: signal.Range{From: from, To: to}}, stage)
				}
			}
		}
	})
}

func testHead(t *testing.T, open Open) {
	b := newBench(t, open)
	b.append(everything(tenant))
	b.everywhere(func(stage string) {
		for _, typ := range signal.Types {
			b.same(&query.Query{Tenant: tenant, Type: typ, Head: true}, stage)
			b.same(&query.Query{Tenant: tenant, Type: typ, Head: true, Where: query.Is("str", query.Eq, signal.Str("text"))}, stage)
		}
	})
}

func testTenants(t *testing.T, open Open) {
	b := newBench(t, open)
	names := []signal.Tenant{tenant, other, "", "../escape", "a/b", "acme2", signal.Tenant(strings.Repeat("long", 100)), "\xff\x00"}
	for i, tn := range names {
		for j := range i + 1 {
			b.append(spansOf(tn, service("shop"), span(1, j, noon)))
			b.append(logsOf(tn, service("shop"), signal.Log{At: noon + signal.Time(j), Trace: traceID(1), Body: signal.Str(string(tn))}))
		}
	}
	b.everywhere(func(stage string) {
		b.sameAll(stage, append(names, "nobody")...)
		for _, tn := range names {
			b.sameTrace(tn, traceID(1), stage)
		}
	})
}
