package storetest

import (
	"fmt"
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
)

func testAggregates(t *testing.T, open Open) {
	b := newBench(t, open)
	b.append(everything(tenant))
	for i := range 12 {
		g := signal.Group{Resource: service(fmt.Sprintf("s%d", i%3))}
		for j := range 40 {
			s := span(i, j, noon+signal.Time(i*j))
			s.End = s.Start + signal.Time(j*j)
			s.Status.Code = signal.StatusCode(j % 3)
			s.Attrs = signal.Attrs{{Key: "n", Value: signal.Int(int64(j % 4))}}
			if j%5 == 0 {
				s.Attrs = signal.Attrs{{Key: "n", Value: signal.Str("0")}, {Key: "cloud.region", Value: signal.Str("own")}}
			}
			g.Spans = append(g.Spans, s)
			g.Logs = append(g.Logs, signal.Log{At: s.Start, Level: signal.Level(j % 25), Attrs: s.Attrs})
			g.Points = append(g.Points, signal.Point{At: s.Start, Metric: signal.Metric{Name: fmt.Sprintf("m%d", j%3)}, Attrs: s.Attrs, Value: signal.Int(int64(j))})
		}
		b.append(&signal.Batch{Tenant: tenant, Groups: []signal.Group{g}})
		b.append(&signal.Batch{Tenant: tenant, Groups: []signal.Group{g}})
		if i%5 == 4 {
			b.flush()
		}
	}
	by := [][]string{{"service"}, {"service", "name"}, {"n"}, {"cloud.region"}, {"service", "n", "status"}, {"missing"}, {"trace", "span"}, {"level"}, {"metric"},
		{"same"}, {"nan"}, {"kind"}, {"duration"}, {"attr.n"}, {"resource.cloud.region"}, {"body"}, {"n", "n"}}
	b.everywhere(func(stage string) {
		for _, fields := range by {
			for _, typ := range signal.Types {
				for _, limit := range []int{0, 1, 3} {
					q := query.Query{Tenant: tenant, Type: typ, By: fields, Limit: limit, Durations: limit == 1}
					b.same(&q, stage)
					q.Where, q.Range = query.Is("n", query.Ge, signal.Int(1)), signal.Range{From: noon + 50, To: noon + 300}
					q.Head, q.Before = true, &query.Cursor{At: noon}
					b.same(&q, stage)
					q.Every = 100
					b.same(&q, stage)
				}
			}
		}
	})
}
