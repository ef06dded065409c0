// Package storetest is the conformance kit of the store contract: every engine
// passes all of it, there is no list of exceptions. It also generates the
// seeded, serverless-shaped data that benches and demos share. It knows engines
// only through store.Store, and compares their answers with store/mem.
package storetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/mem"
)

// Flusher is implemented by engines that hold rows in memory before they settle
// on disk; the kit flushes at the worst moments.
type Flusher interface {
	Flush(ctx context.Context) error
}

// Merger is implemented by engines that rewrite what is on disk.
type Merger interface {
	Merge(ctx context.Context) error
}

// Open opens the store kept in dir, which is empty at first. Opening the same
// dir again after Close must bring everything back.
type Open func(t *testing.T, dir string) store.Store

// Run proves one engine.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"fields", testFields},
		{"borrowed", testBorrowed},
		{"duplicates", testDuplicates},
		{"repeats", testRepeats},
		{"edges", testEdges},
		{"order", testOrder},
		{"operators", testOperators},
		{"head", testHead},
		{"aggregates", testAggregates},
		{"sums", testSums},
		{"words", testWords},
		{"tenants", testTenants},
		{"tiny", testTiny},
		{"trace", testTrace},
		{"relatives", testRelatives},
		{"held", testHeld},
		{"many-holders", testManyHolders},
		{"calls", testCalls},
		{"callers", testCallers},
		{"forget", testForget},
		{"cancel", testCancel},
		{"closed", testClosed},
		{"early-stop", testEarlyStop},
		{"concurrent", testConcurrent},
		{"corpus", testCorpus},
		{"random", testRandom},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open) })
	}
}

// bench is one engine under test and the oracle beside it.
type bench struct {
	*testing.T
	open   Open
	dir    string
	store  store.Store
	oracle *mem.Store
}

func newBench(t *testing.T, open Open) *bench {
	b := &bench{T: t, open: open, dir: t.TempDir(), oracle: mem.New()}
	b.store = open(t, b.dir)
	t.Cleanup(func() { b.store.Close() })
	return b
}

// append gives the batch to both stores.
func (b *bench) append(batch *signal.Batch) {
	b.Helper()
	if err := b.store.Append(b.Context(), batch); err != nil {
		b.Fatalf("append: %v", err)
	}
	if err := b.oracle.Append(b.Context(), batch); err != nil {
		b.Fatalf("append to the oracle: %v", err)
	}
}

func (b *bench) forget(t signal.Tenant, r store.Rule) {
	b.Helper()
	if err := b.store.Forget(b.Context(), t, r); err != nil {
		b.Fatalf("forget: %v", err)
	}
	if err := b.oracle.Forget(b.Context(), t, r); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) reopen() {
	b.Helper()
	if err := b.store.Close(); err != nil {
		b.Fatalf("close: %v", err)
	}
	b.store = b.open(b.T, b.dir)
}

func (b *bench) flush() {
	b.Helper()
	if f, ok := b.store.(Flusher); ok {
		if err := f.Flush(b.Context()); err != nil {
			b.Fatalf("flush: %v", err)
		}
	}
}

func (b *bench) merge() {
	b.Helper()
	if m, ok := b.store.(Merger); ok {
		if err := m.Merge(b.Context()); err != nil {
			b.Fatalf("merge: %v", err)
		}
	}
}

// everywhere runs check on fresh rows, flushed rows, reopened rows and merged rows.
func (b *bench) everywhere(check func(stage string)) {
	b.Helper()
	for _, s := range []struct {
		name string
		do   func()
	}{{"fresh", func() {}}, {"reopened", b.reopen}, {"flushed", b.flush}, {"flushed and reopened", b.reopen}, {"merged", b.merge}} {
		s.do()
		check(s.name)
	}
}

// same fails unless both stores answer q alike.
func (b *bench) same(q *query.Query, why string) {
	b.Helper()
	if d := diff(ask(b.T, b.oracle, q), ask(b.T, b.store, q), q); d != "" {
		b.Fatalf("%s: %s: %s", why, Describe(q), d)
	}
}

// sameAll compares every row of every signal of the tenants, and the counts.
func (b *bench) sameAll(why string, tenants ...signal.Tenant) {
	b.Helper()
	for _, tn := range tenants {
		for _, typ := range signal.Types {
			b.same(&query.Query{Tenant: tn, Type: typ}, why)
			b.same(&query.Query{Tenant: tn, Type: typ, By: []string{query.FieldService}}, why)
		}
		b.sameCalls(tn, signal.Range{}, why)
	}
	if got, want := b.store.Stats().Rows, b.oracle.Stats().Rows; got != want {
		b.Fatalf("%s: Stats.Rows = %v, want %v", why, got, want)
	}
}

// answer is a whole answer, copied out of the stream.
type answer struct {
	pos     []query.Cursor
	rows    []string
	buckets []string
}

func ask(t *testing.T, s store.Store, q *query.Query) answer {
	t.Helper()
	var a answer
	for rows, err := range s.Scan(t.Context(), q) {
		if err != nil {
			t.Fatalf("scan %s: %v", Describe(q), err)
		}
		for i := range rows.Rows {
			r := &rows.Rows[i]
			a.pos = append(a.pos, r.Position())
			a.rows = append(a.rows, rowText(r, q.Head))
		}
		for _, bk := range rows.Buckets {
			a.buckets = append(a.buckets, strings.Clone(fmt.Sprintf("%#v", bk)))
		}
	}
	return a
}

// rowText prints what q promises of a row.
func rowText(r *query.Row, head bool) string {
	if !head || r.Span == nil {
		return mem.Text(r)
	}
	s := r.Span
	return fmt.Sprintf("%s %s %s %d %d %q %d %d %s attrs %d events %d links %d keys %d", s.Trace, s.ID, s.Parent, s.Kind, s.Status.Code, s.Name, s.Start, s.End,
		mem.Text(&query.Row{Resource: r.Resource}), len(s.Attrs), len(s.Events), len(s.Links), len(s.Keys))
}

// diff compares answers. Rows of one position may come in any order; where a
// limit cuts through them any of them will do, as long as positions agree.
func diff(want, got answer, q *query.Query) string {
	if !slices.Equal(want.buckets, got.buckets) {
		return fmt.Sprintf("buckets\n got %q\nwant %q", got.buckets, want.buckets)
	}
	if len(want.rows) != len(got.rows) {
		return fmt.Sprintf("%d rows, want %d%s", len(got.rows), len(want.rows), firstMissing(want.rows, got.rows))
	}
	for from := 0; from < len(want.pos); {
		to := from + 1
		for to < len(want.pos) && want.pos[to] == want.pos[from] {
			to++
		}
		for i := from; i < to; i++ {
			if got.pos[i] != want.pos[from] {
				return fmt.Sprintf("row %d is at %v, want %v", i, got.pos[i], want.pos[from])
			}
		}
		cut := q.Limit > 0 && to == len(want.pos) || q.Before != nil && from == 0
		if w, g := counted(want.rows[from:to]), counted(got.rows[from:to]); !cut && !maps.Equal(w, g) {
			return fmt.Sprintf("rows %d to %d differ\n got %s\nwant %s", from, to, got.rows[from], want.rows[from])
		}
		from = to
	}
	return ""
}

func counted(texts []string) map[string]int {
	m := map[string]int{}
	for _, s := range texts {
		m[s]++
	}
	return m
}

func firstMissing(want, got []string) string {
	w, g := counted(want), counted(got)
	for text, n := range w {
		if g[text] < n {
			return fmt.Sprintf("; missing (%d of %d)\n%s", n-g[text], n, text)
		}
	}
	for text, n := range g {
		if w[text] < n {
			return fmt.Sprintf("; too many (%d, want %d)\n%s", n, w[text], text)
		}
	}
	return ""
}

// Describe prints a query for a failure message.
func Describe(q *query.Query) string {
	before := ""
	if q.Before != nil {
		before = fmt.Sprintf(" before %+v", *q.Before)
	}
	return fmt.Sprintf("%s of %q in [%d,%d) where %s by %q every %v limit %d head %t%s", q.Type, q.Tenant, q.Range.From, q.Range.To, exprText(q.Where), q.By, q.Every, q.Limit, q.Head, before)
}

func exprText(e *query.Expr) string {
	if e == nil {
		return "true"
	}
	switch e.Op {
	case query.And, query.Or, query.Not:
		var args []string
		for _, a := range e.Args {
			args = append(args, exprText(a))
		}
		return fmt.Sprintf("%s(%s)", [...]string{"and", "or", "not"}[e.Op], strings.Join(args, ", "))
	}
	ops := map[query.Op]string{query.Eq: "=", query.Ne: "!=", query.Lt: "<", query.Le: "<=", query.Gt: ">", query.Ge: ">=", query.Exists: "exists", query.Glob: "glob", query.Match: "~", query.Word: "word"}
	return fmt.Sprintf("%q %s %d:%q", e.Field, ops[e.Op], e.Value.Kind(), e.Value.String())
}
