package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/function"
	"clew/internal/signal"
	"clew/internal/transaction"
)

// Functions counts what functions did.
type Functions interface {
	Read(ctx context.Context, t signal.Tenant, r signal.Range, only *signal.Resource) (*function.Window, error)
	Recent(ctx context.Context, t signal.Tenant, f signal.Resource, r signal.Range, n int) ([]function.Invocation, string, error)
	Price(*function.Invocation) function.Bill
}

type functionsInput struct {
	Q    string `query:"q" doc:"words that a function's name, account or region must hold"`
	From string `query:"from" doc:"RFC 3339, unix time or now-15m; the last hour when absent"`
	To   string `query:"to" doc:"as from; now when absent"`
	Sort string `query:"sort" doc:"trouble (when absent: errors times invocations), name, invocations, errors, cold, p95, waiting or cost, largest first"`
}

// orders are how functions may be sorted, largest first.
var orders = map[string]func(r *FunctionRow) float64{
	"":            func(r *FunctionRow) float64 { return float64(r.Failed) * float64(r.Invocations) },
	"name":        func(*FunctionRow) float64 { return 0 },
	"invocations": func(r *FunctionRow) float64 { return float64(r.Invocations) },
	"errors":      func(r *FunctionRow) float64 { return share(r.Failed, r.Invocations) },
	"cold":        func(r *FunctionRow) float64 { return share(r.Cold, r.Invocations) },
	"p95":         func(r *FunctionRow) float64 { return float64(r.P95NS) },
	"waiting":     func(r *FunctionRow) float64 { return share(uint64(r.IdleNS), uint64(r.TotalNS)) },
	"cost":        func(r *FunctionRow) float64 { return r.USD },
}

func share(part, whole uint64) float64 { return float64(part) / float64(max(whole, 1)) }

func (a *API) listFunctions(ctx context.Context, in *functionsInput) (*body[FunctionList], error) {
	begin := a.Now()
	rng, err := closedRange(in.From, in.To, begin)
	if err != nil {
		return nil, badRequest(err)
	}
	order, ok := orders[strings.TrimPrefix(in.Sort, "trouble")]
	if !ok {
		return nil, badRequest(fmt.Errorf("api: sort %q is none of trouble, name, invocations, errors, cold, p95, waiting, cost", in.Sort))
	}
	limited, cancel := context.WithTimeout(ctx, patience*a.Budget)
	defer cancel()
	w, err := a.Functions.Read(limited, TenantOf(ctx), rng, nil)
	if err != nil {
		return nil, a.failed(ctx, "count invocations", err)
	}
	out := &body[FunctionList]{Body: FunctionList{From: rfc3339(w.From), To: rfc3339(w.To), StepNS: int64(w.Step), Functions: []FunctionRow{}}}
	list := &out.Body
	for _, f := range w.Functions {
		if nameMatches(f.Resource, in.Q) {
			list.Functions = append(list.Functions, functionRow(f, w))
		}
	}
	slices.SortStableFunc(list.Functions, func(x, y FunctionRow) int { return cmp.Compare(order(&y), order(&x)) })
	if len(list.Functions) == 0 && w.Partial == "" {
		if list.Empty, err = a.whyNoFunctions(ctx, rng, in.Q, len(w.Functions) > 0); err != nil {
			return nil, a.failed(ctx, "explain an empty list", err)
		}
	}
	list.Partial, list.TookMS = w.Partial, a.took(begin)
	return out, nil
}

// closedRange is parseRange with now as the end of a range that has none.
func closedRange(from, to string, now time.Time) (signal.Range, error) {
	r, err := parseRange(from, to, now)
	if r.To == 0 {
		r.To = signal.TimeOf(now)
	}
	if err == nil && r.To <= r.From {
		err = fmt.Errorf("api: the range ends before it begins")
	}
	return r, err
}

// nameMatches reports whether each word of q is part of what identifies r.
func nameMatches(r signal.Resource, q string) bool {
	text := strings.ToLower(r.Name + " " + r.Account + " " + r.Region)
	for _, word := range strings.Fields(strings.ToLower(q)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

func (a *API) whyNoFunctions(ctx context.Context, rng signal.Range, q string, some bool) (*Empty, error) {
	if some {
		return &Empty{Reason: "no-match", Term: q}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, a.Budget)
	defer cancel()
	l := &listing{api: a, tenant: TenantOf(ctx), where: function.Spans}
	switch newest, err := l.newest(ctx, signal.Range{}, l.where); {
	case err != nil && ctx.Err() == nil:
		return nil, err
	case err != nil || newest == nil:
		return &Empty{Reason: "no-data"}, nil
	default:
		return &Empty{Reason: "no-data-in-range", Nearest: rfc3339(*newest)}, nil
	}
}

type functionInput struct {
	Account string `path:"account" doc:"- where nobody told it"`
	Region  string `path:"region" doc:"- where nobody told it"`
	Name    string `path:"name"`
	From    string `query:"from" doc:"RFC 3339, unix time or now-15m; the last hour when absent"`
	To      string `query:"to" doc:"as from; now when absent"`
	Limit   string `query:"limit" doc:"newest invocations to list, 1 to 500; 50 when absent"`
}

func (a *API) getFunction(ctx context.Context, in *functionInput) (*body[Function], error) {
	begin := a.Now()
	rng, err := closedRange(in.From, in.To, begin)
	if err != nil {
		return nil, badRequest(err)
	}
	limit, err := parseLimit(in.Limit)
	if err != nil {
		return nil, badRequest(err)
	}
	named := signal.Resource{Kind: signal.Function, Name: in.Name, Account: strings.TrimPrefix(in.Account, "-"), Region: strings.TrimPrefix(in.Region, "-")}
	limited, cancel := context.WithTimeout(ctx, patience*a.Budget)
	defer cancel()
	w, err := a.Functions.Read(limited, TenantOf(ctx), rng, &named)
	if err != nil {
		return nil, a.failed(ctx, "count invocations", err)
	}
	f := one(w, named)
	out := &body[Function]{Body: Function{From: rfc3339(w.From), To: rfc3339(w.To), StepNS: int64(w.Step), FunctionRow: functionRow(f, w)}}
	page := &out.Body
	page.Points, page.Versions = points(f, w), versions(f, w)
	page.Advice = []FunctionAdvice{}
	for _, x := range function.Advise(&f.Stats, w.To.Sub(w.From)) {
		page.Advice = append(page.Advice, FunctionAdvice(x))
	}
	recent, missed, err := a.Functions.Recent(limited, TenantOf(ctx), named, rng, limit)
	if err != nil && limited.Err() == nil {
		return nil, a.failed(ctx, "list invocations", err)
	}
	page.Recent = make([]InvocationRow, len(recent))
	for i := range recent {
		page.Recent[i] = a.invocationRow(&recent[i])
	}
	page.Partial, page.TookMS = cmp.Or(w.Partial, missed), a.took(begin)
	return out, nil
}

// one is the function of w that was asked for, by its whole name or else the busiest
// that agrees; one that did nothing where there is none.
func one(w *function.Window, named signal.Resource) *function.Function {
	best := &function.Function{Resource: named, Points: make([]function.Stats, w.Steps())}
	for _, f := range w.Functions {
		if f.Resource == named {
			return f
		}
		if f.Invocations > best.Invocations {
			best = f
		}
	}
	return best
}

func functionRow(f *function.Function, w *function.Window) FunctionRow {
	r := FunctionRow{Name: f.Name, Account: f.Account, Region: f.Region, FunctionSums: functionSums(&f.Stats, w.To.Sub(w.From))}
	r.Spark, r.Errors = make([]uint64, len(f.Points)), make([]uint64, len(f.Points))
	for i := range f.Points {
		r.Spark[i], r.Errors[i] = f.Points[i].Invocations, f.Points[i].Errors()
	}
	return r
}

func functionSums(s *function.Stats, over time.Duration) FunctionSums {
	r := FunctionSums{
		Invocations: s.Invocations, Failed: s.Errors(), Timeouts: s.By[transaction.Timeout], OOM: s.By[transaction.OOM], Crashes: s.By[transaction.Crash],
		Throttled: s.By[transaction.Throttled], Partial: s.By[transaction.Partial], Records: s.Records,
		Cold: s.ColdStarts(), Restored: s.Inits[function.SnapStart], Provisioned: s.Inits[function.Provisioned], InitNS: int64(s.InitTime),
		TotalNS: int64(s.Time), MinNS: int64(s.Min), MaxNS: int64(s.Max), BilledNS: int64(s.Billed), Told: s.Told,
		MemorySize: s.MemorySize, MemoryMax: s.MemoryMax, IdleNS: int64(s.IdleTime()), Idle: []FunctionIdle{}, USD: s.Bill.USD(),
		Cost: FunctionCost{Computing: s.Bill.Compute - s.Bill.Waiting, Waiting: s.Bill.Waiting, Init: s.Bill.Init, Requests: s.Bill.Requests, Unknown: s.Bill.Unknown},
	}
	if s.Invocations == 0 {
		return r
	}
	r.MeanNS = r.TotalNS / int64(s.Invocations)
	r.P50NS, r.P95NS, r.P99NS = s.Quantile(0.5), s.Quantile(0.95), s.Quantile(0.99)
	if s.MemoryTold > 0 {
		r.MemoryMean = int64(s.MemorySum / s.MemoryTold)
	}
	for _, i := range s.Idle {
		r.Idle = append(r.Idle, FunctionIdle{Kind: string(i.For.Kind), Name: i.For.Name, NS: int64(i.Time), USD: s.Bill.Waiting * float64(i.Time) / float64(s.IdleTime())})
	}
	slices.SortStableFunc(r.Idle, func(a, b FunctionIdle) int { return cmp.Compare(b.NS, a.NS) })
	r.Cost.PerDay = r.USD * float64(24*time.Hour) / float64(over)
	if known := s.Invocations - s.Bill.Unknown; known > 0 {
		r.Cost.PerM = r.USD / float64(known) * 1e6
	}
	return r
}

func points(f *function.Function, w *function.Window) []FunctionPoint {
	out := make([]FunctionPoint, len(f.Points))
	for i := range f.Points {
		out[i] = FunctionPoint{
			At: rfc3339(w.From.Add(time.Duration(i) * w.Step)), FunctionSums: functionSums(&f.Points[i], w.Step),
			Concurrency: float64(f.Points[i].Time) / float64(w.Step),
		}
	}
	return out
}

func versions(f *function.Function, w *function.Window) []FunctionVersion {
	out := []FunctionVersion{}
	for v, s := range f.Versions {
		out = append(out, FunctionVersion{Version: v, First: rfc3339(s.First), FunctionSums: functionSums(&s.Stats, w.To.Sub(w.From))})
	}
	slices.SortFunc(out, func(a, b FunctionVersion) int {
		return cmp.Or(cmp.Compare(b.First, a.First), cmp.Compare(b.Version, a.Version))
	})
	return out
}

func (a *API) invocationRow(inv *function.Invocation) InvocationRow {
	r := InvocationRow{
		At: rfc3339(inv.Start), Request: inv.Request, Version: inv.Version, Trigger: inv.Trigger, Outcome: string(inv.Outcome), Error: inv.Error,
		Init: inv.Init.String(), InitNS: int64(inv.InitTime), DurationNS: int64(inv.Duration), BilledNS: int64(inv.Billed), MemoryUsed: inv.MemoryUsed,
	}
	if inv.Open {
		r.Outcome = string(transaction.Running)
	}
	for _, i := range inv.Idle {
		r.IdleNS += int64(i.Time)
	}
	bill := a.Functions.Price(inv)
	r.USD = bill.USD()
	if !inv.Span.IsZero() {
		r.Trace, r.Span = inv.Trace.String(), inv.Span.String()
	}
	return r
}
