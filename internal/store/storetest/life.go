package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/mem"
)

// sameTrace compares the rows of one trace, each of which must come once.
func (b *bench) sameTrace(t signal.Tenant, id signal.TraceID, why string) {
	b.Helper()
	for _, near := range []signal.Range{{}, {From: noon, To: noon + 1}, {From: 1, To: 2}} {
		want, got := traceRows(b.T, b.oracle, t, id, near), traceRows(b.T, b.store, t, id, near)
		if d := firstMissing(want, got); d != "" {
			b.Fatalf("%s: trace %s of %q: %d rows, want %d%s", why, id, t, len(got), len(want), d)
		}
	}
}

func traceRows(t *testing.T, s store.Store, tn signal.Tenant, id signal.TraceID, near signal.Range) []string {
	t.Helper()
	var out []string
	for batch, err := range s.Trace(t.Context(), tn, id, near) {
		if err != nil {
			t.Fatalf("trace: %v", err)
		}
		if batch.Tenant != tn {
			t.Fatalf("trace: batch of tenant %q, want %q", batch.Tenant, tn)
		}
		for i := range batch.Groups {
			g := &batch.Groups[i]
			for j := range g.Spans {
				out = append(out, mem.Text(&query.Row{Resource: g.Resource, Scope: &g.Scope, Span: &g.Spans[j]}))
			}
			for j := range g.Logs {
				out = append(out, mem.Text(&query.Row{Resource: g.Resource, Scope: &g.Scope, Log: &g.Logs[j]}))
			}
		}
	}
	return out
}

func testTrace(t *testing.T, open Open) {
	b := newBench(t, open)
	b.append(everything(tenant))
	for i := range 20 {
		b.append(spansOf(tenant, service(fmt.Sprint("s", i)), span(i%4, i, noon+signal.Time(i)*3600*second)))
		b.append(logsOf(tenant, service(fmt.Sprint("s", i)), signal.Log{At: noon, Trace: traceID(i % 3), Body: signal.Int(int64(i))}))
		if i%6 == 5 {
			b.flush()
		}
	}
	b.everywhere(func(stage string) {
		for i := range 6 {
			b.sameTrace(tenant, traceID(i), stage)
		}
		b.sameTrace(tenant, signal.TraceID{}, stage)
		b.sameTrace(other, traceID(1), stage)
	})
}

func testForget(t *testing.T, open Open) {
	spans, logs, points := signal.Spans, signal.Logs, signal.Points
	one := traceID(1)
	for i, rule := range []store.Rule{
		{}, {Trace: &one}, {Before: noon + 5}, {Type: &logs}, {Type: &spans, Before: noon + 5}, {Type: &spans, Trace: &one},
		{Trace: &one, Before: noon + 3}, {Type: &points, Before: noon + 6}, {Type: &points, Trace: &one}, {Trace: &signal.TraceID{}},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			b := newBench(t, open)
			fill := func() {
				for _, tn := range []signal.Tenant{tenant, other} {
					for i := range 10 {
						at := noon + signal.Time(i)
						b.append(&signal.Batch{Tenant: tn, Groups: []signal.Group{{Resource: service("shop"), Spans: []signal.Span{span(i%3, i, at)},
							Logs:   []signal.Log{{At: at, Trace: traceID(i % 3), Body: signal.Int(int64(i))}, {At: at}},
							Points: []signal.Point{{At: at, Value: signal.Int(int64(i))}}}}})
					}
				}
			}
			for _, between := range []func(){func() {}, b.flush, b.reopen, b.merge} {
				fill()
				between()
				b.forget(tenant, rule)
				b.sameAll("forgotten", tenant, other)
				b.everywhere(func(stage string) {
					b.sameAll(stage, tenant, other)
					b.sameTrace(tenant, one, stage)
				})
			}
			fill()
			b.everywhere(func(stage string) { b.sameAll("said again, "+stage, tenant, other) })
		})
	}
}

func testCancel(t *testing.T, open Open) {
	b := newBench(t, open)
	b.append(everything(tenant))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	want := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a cancelled context: %v, want context.Canceled", what, err)
		}
	}
	want("append", b.store.Append(ctx, spansOf(tenant, service("late"), span(3, 3, noon))))
	want("forget", b.store.Forget(ctx, tenant, store.Rule{Before: noon}))
	want("scan", scanError(b.store, ctx, &query.Query{Tenant: tenant}))
	want("aggregate", scanError(b.store, ctx, &query.Query{Tenant: tenant, By: []string{"name"}}))
	_, err := b.store.Relatives(ctx, tenant, []signal.TraceID{traceID(1)}, signal.Range{})
	want("relatives", err)
	_, err = b.store.Held(ctx, tenant, []store.Joint{{Key: joinKey(0)}}, signal.Range{})
	want("held", err)
	for _, e := range b.store.Trace(ctx, tenant, traceID(1), signal.Range{}) {
		err = e
	}
	want("trace", err)
	b.sameAll("after", tenant)
}

func scanError(s store.Store, ctx context.Context, q *query.Query) error {
	for _, err := range s.Scan(ctx, q) {
		if err != nil {
			return err
		}
	}
	return nil
}

func testClosed(t *testing.T, open Open) {
	b := newBench(t, open)
	b.append(everything(tenant))
	for range 2 {
		if err := b.store.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
	}
	want := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s on a closed store: %v, want ErrClosed", what, err)
		}
	}
	want("append", b.store.Append(t.Context(), everything(tenant)))
	want("forget", b.store.Forget(t.Context(), tenant, store.Rule{Before: noon}))
	want("scan", scanError(b.store, t.Context(), &query.Query{Tenant: tenant}))
	_, err := b.store.Relatives(t.Context(), tenant, []signal.TraceID{traceID(1)}, signal.Range{})
	want("relatives", err)
	_, err = b.store.Held(t.Context(), tenant, nil, signal.Range{})
	want("held", err)
	for _, e := range b.store.Trace(t.Context(), tenant, traceID(1), signal.Range{}) {
		err = e
	}
	want("trace", err)
	b.store = b.open(t, b.dir)
	b.sameAll("reopened", tenant)
}

// testEarlyStop breaks out of every stream; the store must go on working.
func testEarlyStop(t *testing.T, open Open) {
	b := newBench(t, open)
	b.append(everything(tenant))
	b.flush()
	b.append(spansOf(tenant, service("more"), span(1, 77, noon)))
	for range 3 {
		for range b.store.Scan(t.Context(), &query.Query{Tenant: tenant}) {
			break
		}
		for range b.store.Trace(t.Context(), tenant, traceID(1), signal.Range{}) {
			break
		}
	}
	b.everywhere(func(stage string) { b.sameAll(stage, tenant) })
}

// testConcurrent: 8 writers and 4 readers; a reader sees all that was
// acknowledged before it asked, and nothing twice.
func testConcurrent(t *testing.T, open Open) {
	const writers, batches, size = 8, 25, 6
	b := newBench(t, open)
	var acked [writers]struct {
		sync.Mutex
		n int
	}
	var wg, readers sync.WaitGroup
	done := make(chan struct{})
	for w := range writers {
		wg.Go(func() {
			for i := range batches {
				batch := &signal.Batch{Tenant: tenant, Groups: []signal.Group{{Resource: service(fmt.Sprint("w", w))}}}
				for j := range size {
					batch.Groups[0].Spans = append(batch.Groups[0].Spans, span(1000*w+i, j, noon+signal.Time(i)))
				}
				for range 2 {
					if err := b.store.Append(t.Context(), batch); err != nil {
						t.Errorf("append: %v", err)
						return
					}
				}
				acked[w].Lock()
				acked[w].n += size
				acked[w].Unlock()
			}
		})
	}
	for r := range 4 {
		readers.Go(func() {
			for {
				w := r * 2
				acked[w].Lock()
				want := acked[w].n
				acked[w].Unlock()
				got := countSpans(t, b.store, fmt.Sprint("w", w))
				if got < want || got > writers*batches*size {
					t.Errorf("reader sees %d spans of writer %d after %d were acknowledged", got, w, want)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	readers.Go(func() {
		for {
			b.flush()
			select {
			case <-done:
				return
			default:
			}
		}
	})
	wg.Wait()
	close(done)
	readers.Wait()
	b.everywhere(func(stage string) {
		if got := b.store.Stats().Rows[signal.Spans]; got != writers*batches*size {
			t.Fatalf("%s: %d spans, want %d", stage, got, writers*batches*size)
		}
	})
}

func countSpans(t *testing.T, s store.Store, name string) int {
	seen := map[query.Cursor]bool{}
	for rows, err := range s.Scan(t.Context(), &query.Query{Tenant: tenant, Head: true, Where: query.Is("service", query.Eq, signal.Str(name))}) {
		if err != nil {
			t.Errorf("scan: %v", err)
			return 0
		}
		for i := range rows.Rows {
			if p := rows.Rows[i].Position(); seen[p] {
				t.Errorf("row %v comes twice", p)
			} else {
				seen[p] = true
			}
		}
	}
	return len(seen)
}
