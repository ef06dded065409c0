package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/transaction"
)

type rangeInput struct {
	From string `query:"from" doc:"RFC 3339, unix time or now-15m; the last hour when absent"`
	To   string `query:"to" doc:"as from; open when absent"`
}

// maxBuckets bounds how many (service, operation) pairs one answer looks at.
const maxBuckets = 100_000

// patience is how many budgets a count may take: it has no useful first half.
const patience = 5

func (a *API) listServices(ctx context.Context, in *rangeInput) (*body[ServiceList], error) {
	begin := a.Now()
	rng, err := parseRange(in.From, in.To, begin)
	if err != nil {
		return nil, badRequest(err)
	}
	out := &body[ServiceList]{Body: ServiceList{Services: []ServiceRow{}}}
	list := &out.Body
	q := &query.Query{
		Tenant: TenantOf(ctx), Type: signal.Spans, Range: rng, Limit: maxBuckets,
		By: []string{query.FieldService, query.FieldName, "resource.faas.name", "resource.cloud.platform"},
	}
	ctx, cancel := context.WithTimeout(ctx, patience*a.Budget)
	defer cancel()
	sums := map[string]*serviceSum{}
	buckets := 0
	for rows, err := range a.Store.Scan(ctx, q) {
		if err != nil {
			return nil, a.failed(ctx, "list services", err)
		}
		list.Scanned += rows.Scanned
		buckets += len(rows.Buckets)
		if rows.Partial != "" {
			list.Partial = rows.Partial
		}
		for i := range rows.Buckets {
			add(sums, &rows.Buckets[i])
		}
	}
	if buckets == maxBuckets {
		list.Partial = fmt.Sprintf("counted the %d most frequent operations only; narrow the time range", maxBuckets)
	}
	for name, s := range sums {
		s.row.Operations = len(s.operations)
		s.row.MeanNS = int64(s.sum / float64(s.row.Spans))
		s.row.Newest = rfc3339(s.newest)
		list.Services = append(list.Services, s.row)
		list.Services[len(list.Services)-1].Name = name
	}
	slices.SortFunc(list.Services, func(a, b ServiceRow) int { return cmp.Compare(a.Name, b.Name) })
	for i := range list.Services {
		if list.Services[i].ServiceRef, err = a.serviceRef(ctx, list.Services[i].Name); err != nil {
			return nil, a.failed(ctx, "number services", err)
		}
	}
	list.TookMS = a.took(begin)
	return out, nil
}

type serviceSum struct {
	row        ServiceRow
	sum        float64
	newest     signal.Time
	operations map[string]bool
}

func add(sums map[string]*serviceSum, b *query.Bucket) {
	name := b.Key[0].String()
	s := sums[name]
	if s == nil {
		name = strings.Clone(name)
		s = &serviceSum{operations: map[string]bool{}}
		sums[name] = s
	}
	s.operations[strings.Clone(b.Key[1].String())] = true
	s.row.Spans += b.Count
	s.row.Errors += b.Errors
	s.row.MaxNS = max(s.row.MaxNS, b.Max)
	s.sum += float64(b.Sum)
	s.newest = max(s.newest, b.Newest)
	kind := transaction.Resource(signal.Attrs{
		{Key: "service.name", Value: b.Key[0]}, {Key: "faas.name", Value: b.Key[2]}, {Key: "cloud.platform", Value: b.Key[3]},
	}).Kind
	if s.row.Kind == "" || kind == signal.Function {
		s.row.Kind = string(kind)
	}
}
