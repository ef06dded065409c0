package storetest

import (
	"fmt"
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
)

// testOrder walks answers page by page with cursors, many rows sharing a
// position, and wants each row exactly once and newest first.
func testOrder(t *testing.T, open Open) {
	b := newBench(t, open)
	for i := range 30 {
		g := signal.Group{Resource: service(fmt.Sprintf("s%d", i%3))}
		for j := range 7 {
			at := noon + signal.Time(i*j%11)
			s := span(j%4, i%5, at)
			s.Kind = signal.SpanKind(i % 6)
			g.Spans = append(g.Spans, s)
			g.Logs = append(g.Logs, signal.Log{At: at, Trace: traceID(j % 2), Body: signal.Int(int64(i*100 + j))})
			g.Points = append(g.Points, signal.Point{At: at, Value: signal.Int(int64(i*100 + j))})
		}
		b.append(&signal.Batch{Tenant: tenant, Groups: []signal.Group{g}})
		if i%8 == 7 {
			b.flush()
		}
	}
	b.everywhere(func(stage string) {
		for _, typ := range signal.Types {
			for _, limit := range []int{1, 7, 100} {
				b.walk(&query.Query{Tenant: tenant, Type: typ, Limit: limit}, stage)
				b.walk(&query.Query{Tenant: tenant, Type: typ, Limit: limit, Where: query.Is(query.FieldService, query.Ne, signal.Str("s1"))}, stage)
			}
		}
	})
}

// walk reads q page by page and compares with the oracle's answer in one piece.
func (b *bench) walk(q *query.Query, why string) {
	b.Helper()
	whole := *q
	whole.Limit = 0
	want := ask(b.T, b.oracle, &whole)
	var got answer
	page := *q
	for range len(want.rows) + 2 {
		a := ask(b.T, b.store, &page)
		if q.Limit > 0 && len(a.rows) > q.Limit {
			b.Fatalf("%s: %d rows, limit %d", why, len(a.rows), q.Limit)
		}
		got.rows, got.pos = append(got.rows, a.rows...), append(got.pos, a.pos...)
		if len(a.rows) == 0 {
			break
		}
		page.Before = cursorAfter(got.pos)
	}
	if d := diff(want, got, &whole); d != "" {
		b.Fatalf("%s: walking %s: %s", why, Describe(q), d)
	}
}

// cursorAfter returns the cursor that continues after rows at these positions.
func cursorAfter(pos []query.Cursor) *query.Cursor {
	c := pos[len(pos)-1]
	for i := len(pos) - 1; i >= 0 && pos[i] == pos[len(pos)-1]; i-- {
		c.Skip++
	}
	return &c
}
