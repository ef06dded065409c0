package storetest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
)

// testSums asks for what engines may have added up beforehand, over ranges that
// begin and end anywhere, while spans are replaced, repeated and forgotten.
func testSums(t *testing.T, open Open) {
	b := newBench(t, open)
	rnd := rand.New(rand.NewPCG(5, 5))
	const minute = 60 * second
	at := func() signal.Time { return noon + signal.Time(rnd.Int64N(int64(12*minute))) }
	next := func(spans int) *signal.Batch {
		out := &signal.Batch{Tenant: tenant}
		for range 4 {
			g := signal.Group{Resource: service(fmt.Sprint("s", rnd.IntN(3)))}
			if rnd.IntN(9) == 0 {
				g.Resource = nil
			}
			for range spans / 4 {
				s := span(rnd.IntN(40), rnd.IntN(30), at())
				s.End = s.Start + signal.Time(rnd.IntN(5000))
				s.Name, s.Kind, s.Status.Code = fmt.Sprint("op", rnd.IntN(4)), signal.SpanKind(rnd.IntN(6)), signal.StatusCode(rnd.IntN(3))
				if rnd.IntN(200) == 0 {
					s.Start = []signal.Time{0, -1, -90 * minute, noon + 40*86400*second}[rnd.IntN(4)]
				}
				g.Spans = append(g.Spans, s)
			}
			out.Groups = append(out.Groups, g)
		}
		return out
	}
	check := func(why string) {
		t.Helper()
		for _, by := range [][]string{{"service"}, {"service", "name"}, {"kind", "status"}, {"name", "service", "kind", "status"}, {"status", "status"}, nil} {
			ranges := []signal.Range{{}, {From: at()}, {To: at()}, {From: noon + 2*minute, To: noon + 5*minute}, {From: at(), To: at()}}
			for _, r := range ranges {
				q := query.Query{Tenant: tenant, By: by, Range: r, Durations: rnd.IntN(2) == 0}
				if rnd.IntN(2) == 0 {
					q.Every = []time.Duration{time.Second, time.Minute, 2 * time.Minute, time.Hour}[rnd.IntN(4)]
				}
				if q.Every == 0 && by == nil {
					q.Every = time.Minute
				}
				b.same(&q, why)
				q.Where = []*query.Expr{
					query.Is("service", query.Eq, signal.Str("s1")), query.Is("kind", query.Ne, signal.Str("server")), query.Is("status", query.Glob, signal.Str("*o*")),
					query.Is("name", query.Word, signal.Str("op1")), query.Is("service", query.Eq, signal.Str("unknown_service")), query.Is("", query.Word, signal.Str("op2")),
				}[rnd.IntN(6)]
				q.Where = query.All(q.Where, query.Is("name", query.Exists, signal.Value{}))
				q.Limit = rnd.IntN(3)
				b.same(&q, why)
			}
		}
	}
	for round := range 6 {
		name := fmt.Sprint("round ", round)
		b.append(next(400))
		check(name)
		b.flush()
		check(name + ", flushed")
		b.append(next(40))
		check(name + ", replaced some")
		if id := traceID(rnd.IntN(40)); round%2 == 1 {
			b.forget(tenant, store.Rule{Trace: &id})
			check(name + ", forgot a trace")
		}
		if round == 3 {
			b.merge()
			check(name + ", merged")
		}
		if round == 4 {
			b.reopen()
			check(name + ", opened anew")
		}
	}
}
