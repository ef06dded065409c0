package columnar

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// Scan implements store.Store: pages newest first, and a row is given once no
// page left can hold a newer one.
func (s *Store) Scan(ctx context.Context, q *query.Query) iter.Seq2[*query.Rows, error] {
	return func(yield func(*query.Rows, error) bool) {
		sn, err := s.snapshot(q.Tenant, q.Type)
		if err == nil {
			defer sn.release()
			err = ctx.Err()
		}
		if err != nil {
			yield(nil, err)
			return
		}
		sc := &scan{snapshot: sn, ctx: ctx, q: q}
		if q.Counts() {
			sc.aggregate(yield)
			return
		}
		sc.rows(yield)
	}
}

// scan is one query at work.
type scan struct {
	*snapshot
	ctx     context.Context
	q       *query.Query
	pending []candidate // rows found and not yet given
	after   *candidate  // the last row of the passes so far
	left    int         // rows this pass still gives
	given   int
	skipped int // of q.Before.Skip
	scanned int
	partial string
}

// candidate is a row that may be part of the answer.
type candidate struct {
	query.Cursor
	seq     uint64
	kind    signal.SpanKind
	service string
	chunk   *chunk
	row     int
}

// newestFirst orders rows by position; spans of one position by kind and
// service, other rows the last appended first.
func newestFirst(a, b candidate) int {
	if n := a.Cursor.Compare(b.Cursor); n != 0 {
		return n
	}
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.service, b.service), cmp.Compare(b.seq, a.seq))
}

// onlyTrace returns the one trace that all rows of the answer must be of.
func onlyTrace(q *query.Query) (id signal.TraceID, ok bool) {
	if q.Type == signal.Points {
		return id, false
	}
	find := func(e *query.Expr) bool {
		if e == nil || e.Op != query.Eq || e.Field != query.FieldTrace {
			return false
		}
		t, err := signal.ParseTraceID(e.Value.String())
		id = t
		return err == nil && !t.IsZero() && t.String() == e.Value.String()
	}
	if find(q.Where) {
		return id, true
	}
	return id, q.Where != nil && q.Where.Op == query.And && slices.ContainsFunc(q.Where.Args, find)
}

// match returns the rows of c that the query selects, without regard to Before,
// and how many it looked at. It changes nothing of sc.
func (sc *scan) match(c *chunk) (v *page.View, found page.Set, looked int) {
	alive := sc.alive(c)
	looked = alive.Len()
	if alive.Empty() {
		return nil, nil, looked
	}
	v = c.view()
	if !sc.q.Range.Contains(c.lo) || !sc.q.Range.Contains(c.hi) {
		for i, at := range v.Times() {
			if !sc.q.Range.Contains(at) {
				alive.Remove(i)
			}
		}
		if alive.Empty() {
			return nil, nil, looked
		}
	}
	if sc.q.Where != nil {
		for i, w := range v.Eval(sc.q.Where) {
			alive[i] &= w
		}
	}
	return v, alive, looked
}

// rowsPerPass bounds the rows found and not yet given: an answer with more of
// them is made in passes, each from the last row of the one before.
const rowsPerPass = 16 << 10

func (sc *scan) rows(yield func(*query.Rows, error) bool) {
	for {
		sc.left = rowsPerPass
		if sc.q.Limit > 0 {
			sc.left = min(sc.left, sc.q.Limit-sc.given+sc.toSkip())
		}
		if !sc.pass(yield) || sc.done() {
			return
		}
		if sc.left > 0 {
			break
		}
	}
	if sc.partial != "" || sc.scanned > 0 {
		yield(&query.Rows{Scanned: sc.scanned, Partial: sc.partial}, nil)
	}
}

// pass gives the next rows of the answer. It returns false when the reader has
// had enough.
func (sc *scan) pass(yield func(*query.Rows, error) bool) bool {
	sc.pending = sc.pending[:0]
	left := sc.ahead(sc.fresh, sc.parts)
	for n := 1; ; n = min(2*n, mostAhead) {
		some := left.next(n)
		if len(some) == 0 {
			break
		}
		if !sc.give(func(r *candidate) bool { return r.At > some[0].hi }, yield) {
			return false
		}
		if sc.left == 0 {
			return true
		}
		if err := sc.ctx.Err(); err != nil {
			yield(nil, err)
			return false
		}
		for i, f := range sc.collectAll(some) {
			sc.scanned += f.scanned
			if f.err != nil {
				sc.missing(some[i], f.err)
			}
			sc.pending = append(sc.pending, f.rows...)
			sc.trim()
		}
	}
	return sc.give(func(*candidate) bool { return true }, yield)
}

func (sc *scan) done() bool { return sc.q.Limit > 0 && sc.given >= sc.q.Limit }

// toSkip is how many rows at the position of q.Before are still to be left out.
func (sc *scan) toSkip() int {
	if sc.q.Before == nil {
		return 0
	}
	return max(0, sc.q.Before.Skip-sc.skipped)
}

func (sc *scan) missing(c *chunk, err error) {
	sc.s.damagedPage(c, err)
	sc.partial = fmt.Sprintf("up to %d rows could not be read: damaged on disk", c.rows)
}

// collect adds the matching rows of c to out. It changes nothing of sc.
func (sc *scan) collect(c *chunk, out *collected) {
	v, found, looked := sc.match(c)
	out.scanned = looked
	if v == nil {
		return
	}
	for _, row := range found.Rows() {
		at := v.Time(row)
		if sc.q.Before != nil && at > sc.q.Before.At {
			continue
		}
		r := candidate{Cursor: query.Cursor{At: at, Trace: v.Trace(row), Span: v.Span(row)}, chunk: c, row: row}
		if sc.q.Before != nil && r.Cursor.Compare(*sc.q.Before) < 0 {
			continue
		}
		if sc.q.Type == signal.Spans {
			r.kind, r.service = v.Kind(row), v.Service(row)
		} else {
			r.seq = c.base + v.Seq(row)
		}
		if sc.after == nil || newestFirst(r, *sc.after) > 0 {
			out.rows = append(out.rows, r)
		}
	}
}

// trim forgets rows behind as many newer ones as this pass gives.
func (sc *scan) trim() {
	const slack = 4096
	if n := sc.left; len(sc.pending) > n+max(n, slack) {
		slices.SortFunc(sc.pending, newestFirst)
		clear(sc.pending[n:])
		sc.pending = sc.pending[:n]
	}
}

// give yields the pending rows that are ready, newest first. It returns false
// when the reader has had enough.
func (sc *scan) give(ready func(*candidate) bool, yield func(*query.Rows, error) bool) bool {
	const rowsAtOnce = 512
	out := sc.take(ready)
	for len(out) > 0 && sc.toSkip() > 0 && out[0].Cursor.Compare(*sc.q.Before) == 0 {
		out = out[1:]
		sc.skipped++
	}
	if sc.q.Limit > 0 {
		out = out[:min(len(out), sc.q.Limit-sc.given)]
	}
	sc.given += len(out)
	for some := range slices.Chunk(out, rowsAtOnce) {
		if err := sc.ctx.Err(); err != nil {
			yield(nil, err)
			return false
		}
		rows := &query.Rows{Scanned: sc.scanned, Partial: sc.partial}
		if err := page.Guard(func() { rows.Rows = read(some, sc.q.Head) }); err != nil {
			rows.Partial = fmt.Sprintf("%d rows could not be read: damaged on disk", len(some))
			sc.partial = rows.Partial
			for i := range some { // the page at fault is among these
				if page.Guard(func() { read(some[i:i+1], sc.q.Head) }) != nil {
					sc.s.damagedPage(some[i].chunk, err)
				}
			}
		}
		sc.scanned = 0
		if !yield(rows, nil) {
			return false
		}
	}
	return true
}

// take removes the pending rows that are ready, as many as are left of the pass.
func (sc *scan) take(ready func(*candidate) bool) []candidate {
	var out, rest []candidate
	for _, r := range sc.pending {
		if ready(&r) {
			out = append(out, r)
		} else {
			rest = append(rest, r)
		}
	}
	if len(out) == 0 {
		return nil
	}
	slices.SortFunc(out, newestFirst)
	if len(out) > sc.left {
		out, rest = out[:sc.left], nil // older ones are for the next pass
	}
	sc.pending, sc.left = rest, sc.left-len(out)
	last := out[len(out)-1]
	sc.after = &last
	return out
}

// read builds rows in the given order. Views are opened anew: those waiting to be
// given would hold too much.
func read(some []candidate, head bool) []query.Row {
	views := map[*chunk]*page.View{}
	refs := make([]rowRef, len(some))
	for i := range some {
		c := some[i].chunk
		if views[c] == nil {
			views[c] = c.view()
		}
		refs[i] = rowRef{view: views[c], row: some[i].row}
	}
	return gather(refs, head)
}
