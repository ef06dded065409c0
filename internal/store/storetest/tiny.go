package storetest

import (
	"fmt"
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
)

// testTiny appends one row at a time, as senders without a batch do, again and
// again, and forgets some.
func testTiny(t *testing.T, open Open) {
	b := newBench(t, open)
	check := func(why string) {
		t.Helper()
		b.sameAll(why, tenant)
		for i := range 5 {
			b.sameTrace(tenant, traceID(i), why)
		}
		b.same(&query.Query{Tenant: tenant, By: []string{"service", "name"}}, why)
		b.same(&query.Query{Tenant: tenant, Where: query.Is("n", query.Eq, signal.Int(3)), Limit: 4}, why)
	}
	for i := range 300 {
		s := span(i%5, i%90, noon+signal.Time(i))
		s.Attrs = signal.Attrs{{Key: "n", Value: signal.Int(int64(i % 7))}}
		g := signal.Group{Resource: service(fmt.Sprint("s", i%90%3)), Spans: []signal.Span{s}}
		if i%4 == 0 {
			g.Logs = []signal.Log{{At: noon + signal.Time(i%60), Trace: traceID(i % 5), Body: signal.Str(fmt.Sprint("line ", i%60))}}
			g.Points = []signal.Point{{At: noon + signal.Time(i%40), Metric: signal.Metric{Name: "m"}, Value: signal.Int(int64(i % 40))}}
		}
		b.append(&signal.Batch{Tenant: tenant, Groups: []signal.Group{g}})
		switch i {
		case 100, 170:
			id := traceID(i % 3)
			b.forget(tenant, store.Rule{Trace: &id})
			check(fmt.Sprint("forgot at row ", i))
		case 140, 230:
			check(fmt.Sprint("row ", i))
		case 250:
			b.reopen()
		}
	}
	b.everywhere(check)
}
