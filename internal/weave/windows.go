package weave

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"

	"clew/internal/issue"
	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/transaction"
)

const (
	window       = 5 * time.Minute
	windowDelay  = 15 * time.Second // after its end, for what is late
	windowBefore = 6 * time.Hour    // that a window is measured against
	windowBudget = 5 * time.Second  // for one tenant
	maxBuckets   = 2000             // operations looked at, most frequent first
	maxCold      = 4096             // services whose cold starts are counted
	fewCold      = 10               // cold starts in a window that are worth a question
)

// coldKey is a service whose cold starts are counted while they arrive.
type coldKey struct {
	tenant  signal.Tenant
	service string
}

// windows looks at the last window once it is over, for what no single transaction
// shows: resources that became slow, and storms of cold starts.
func (w *Weaver) windows(ctx context.Context) {
	to := w.Now().Add(-windowDelay).Truncate(window)
	if !to.After(w.looked) {
		return
	}
	w.looked = to
	w.mu.Lock()
	cold := w.cold
	w.cold = map[coldKey]int{}
	w.mu.Unlock()
	tenants, err := w.Keeper.Tenants(ctx)
	if err != nil {
		w.problem(ctx, "list tenants", err)
		return
	}
	for _, t := range tenants {
		limited, cancel := context.WithTimeout(ctx, windowBudget)
		v := view{w: w, tenant: t, rng: signal.Range{From: signal.TimeOf(to.Add(-window)), To: signal.TimeOf(to)}}
		err := v.look(limited, cold)
		cancel()
		if err != nil {
			w.problem(ctx, "look at a window", err)
			continue
		}
		if _, err := w.Keeper.KeepIssues(ctx, v.stories, 0); err != nil {
			w.problem(ctx, "keep issues", err)
		}
	}
}

// view is one window of one tenant.
type view struct {
	w       *Weaver
	tenant  signal.Tenant
	rng     signal.Range
	stories []issue.Story
}

func (v *view) look(ctx context.Context, cold map[coldKey]int) error {
	now, err := v.buckets(ctx, v.rng)
	if err != nil || len(now) == 0 {
		return err
	}
	earlier, err := v.buckets(ctx, signal.Range{From: v.rng.From.Add(-windowBefore), To: v.rng.From})
	if err != nil {
		return err
	}
	for key, b := range now {
		x := issue.Window{Operation: key[1], From: v.rng.From, To: v.rng.To, Now: b, Earlier: earlier[key]}
		if issue.SlowIn(&x) == nil {
			continue
		}
		where := query.All(is(query.FieldService, key[0]), is(query.FieldName, key[1]), &query.Expr{Op: query.Ge, Field: query.FieldDuration, Value: signal.Int(b.Quantile(0.95))})
		if ok, err := v.sample(ctx, &x, where); err != nil {
			return err
		} else if ok {
			v.add(issue.SlowIn(&x))
		}
	}
	for key, n := range cold {
		if key.tenant != v.tenant || n < fewCold {
			continue
		}
		if err := v.coldStarts(ctx, key.service); err != nil {
			return err
		}
	}
	return nil
}

func is(field, value string) *query.Expr {
	return &query.Expr{Op: query.Eq, Field: field, Value: signal.Str(value)}
}

// buckets counts runs by service and operation.
func (v *view) buckets(ctx context.Context, r signal.Range) (map[[2]string]query.Bucket, error) {
	q := &query.Query{
		Tenant: v.tenant, Type: signal.Spans, Range: r, By: []string{query.FieldService, query.FieldName}, Limit: maxBuckets, Durations: true,
		Where: query.Any(is(query.FieldKind, "server"), is(query.FieldKind, "consumer")),
	}
	all := map[[2]string]query.Bucket{}
	for rows, err := range v.w.Store.Scan(ctx, q) {
		if err != nil {
			return nil, err
		}
		for _, b := range rows.Buckets {
			b.Durations = b.Durations.Clone()
			all[[2]string{string([]byte(b.Key[0].String())), string([]byte(b.Key[1].String()))}] = b
		}
	}
	return all, nil
}

func (v *view) coldStarts(ctx context.Context, service string) error {
	var x issue.Window
	x.From, x.To = v.rng.From, v.rng.To
	where := query.All(is(query.FieldService, service), &query.Expr{Op: query.Exists, Field: "faas.coldstart"})
	for rows, err := range v.w.Store.Scan(ctx, &query.Query{Tenant: v.tenant, Type: signal.Spans, Range: v.rng, Where: where, By: []string{"faas.coldstart"}}) {
		if err != nil {
			return err
		}
		for _, b := range rows.Buckets {
			x.Now.Count += b.Count
			if b.Key[0].String() == "true" {
				x.Cold += b.Count
			}
		}
	}
	if issue.ColdStartsIn(&x) == nil {
		return nil
	}
	ok, err := v.sample(ctx, &x, query.All(is(query.FieldService, service), &query.Expr{Op: query.Eq, Field: "faas.coldstart", Value: signal.Bool(true)}))
	if ok {
		v.add(issue.ColdStartsIn(&x))
	}
	return err
}

// sample finds a span to look at, and with it what the window is of.
func (v *view) sample(ctx context.Context, x *issue.Window, where *query.Expr) (ok bool, err error) {
	for rows, err := range v.w.Store.Scan(ctx, &query.Query{Tenant: v.tenant, Type: signal.Spans, Range: v.rng, Where: where, Limit: 1, Head: true}) {
		if err != nil {
			return false, err
		}
		for _, r := range rows.Rows {
			x.Sample, x.Span, ok = r.Span.Trace, r.Span.ID, true
			x.Resource = transaction.Resource(r.Resource)
			x.Resource.Name, x.Resource.Account, x.Resource.Region = clone(x.Resource.Name), clone(x.Resource.Account), clone(x.Resource.Region)
		}
	}
	return ok, nil
}

func clone(s string) string { return string([]byte(s)) }

// add keeps o under an id of its window, so that looking again changes nothing.
func (v *view) add(o *issue.Occurrence) {
	key := slices.Concat(o.ID[:], binary.BigEndian.AppendUint64(nil, uint64(v.rng.From)))
	id := signal.TraceID{}
	binary.BigEndian.PutUint64(id[:8], xxhash.Sum64(key))
	copy(id[8:], o.ID[:])
	v.stories = append(v.stories, issue.Story{Tenant: v.tenant, ID: id, Traces: []signal.TraceID{id}, Occurrences: []issue.Occurrence{*o}})
}
