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
		sc.prune()
		if len(q.By) > 0 {
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
	view    *page.View
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

// prune drops the chunks that cannot hold a row of the answer and sorts the rest
// by their newest row.
func (sc *scan) prune() {
	q := sc.q
	trace, byTrace := onlyTrace(q)
	pages := map[*part][]int{}
	if byTrace {
		for _, p := range sc.parts {
			pages[p] = p.pagesOf(traceHash(trace))
		}
	}
	sc.chunks = slices.DeleteFunc(sc.chunks, func(c *chunk) bool {
		switch {
		case !q.Range.Overlaps(c.lo, c.hi):
			return true
		case len(q.By) == 0 && q.Before != nil && c.lo > q.Before.At:
			return true
		case !byTrace:
			return c.part != nil && q.Type == signal.Spans && !lengthMayHold(q.Where, c.short, c.long)
		case c.part != nil:
			return !slices.Contains(pages[c.part], c.number)
		}
		return !c.mayHold(traceHash(trace))
	})
	slices.SortFunc(sc.chunks, func(a, b *chunk) int { return cmp.Compare(b.hi, a.hi) })
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

// match returns the rows of c that the query selects, without regard to Before.
func (sc *scan) match(c *chunk) (*page.View, page.Set) {
	if c.part != nil && sc.q.Where != nil && !sc.s.mayHold(sc.q.Where, c) {
		return nil, nil
	}
	alive := sc.alive(c)
	sc.scanned += alive.Len()
	if alive.Empty() {
		return nil, nil
	}
	v := c.view()
	if !sc.q.Range.Contains(c.lo) || !sc.q.Range.Contains(c.hi) {
		for i, at := range v.Times() {
			if !sc.q.Range.Contains(at) {
				alive.Remove(i)
			}
		}
		if alive.Empty() {
			return nil, nil
		}
	}
	if sc.q.Where != nil {
		for i, w := range v.Eval(sc.q.Where) {
			alive[i] &= w
		}
	}
	return v, alive
}

func (sc *scan) rows(yield func(*query.Rows, error) bool) {
	for _, c := range sc.chunks {
		if !sc.give(func(r *candidate) bool { return r.At > c.hi }, yield) || sc.done() {
			return
		}
		if err := sc.ctx.Err(); err != nil {
			yield(nil, err)
			return
		}
		if err := page.Guard(func() { sc.collect(c) }); err != nil {
			sc.missing(c, err)
		}
		sc.trim()
	}
	if !sc.give(func(*candidate) bool { return true }, yield) {
		return
	}
	if sc.partial != "" || sc.scanned > 0 {
		yield(&query.Rows{Scanned: sc.scanned, Partial: sc.partial}, nil)
	}
}

func (sc *scan) done() bool { return sc.q.Limit > 0 && sc.given >= sc.q.Limit }

func (sc *scan) missing(c *chunk, err error) {
	sc.s.damagedPage(c, err)
	sc.partial = fmt.Sprintf("up to %d rows could not be read: damaged on disk", c.rows)
}

// collect adds the matching rows of c to the pending ones.
func (sc *scan) collect(c *chunk) {
	v, found := sc.match(c)
	if v == nil {
		return
	}
	times := v.Times()
	for _, row := range found.Rows() {
		at := times[row]
		if sc.q.Before != nil && at > sc.q.Before.At {
			continue
		}
		r := candidate{Cursor: query.Cursor{At: at, Trace: v.Trace(row), Span: v.Span(row)}, chunk: c, view: v, row: row}
		if sc.q.Before != nil && r.Cursor.Compare(*sc.q.Before) < 0 {
			continue
		}
		if sc.q.Type == signal.Spans {
			r.kind, r.service = v.Kind(row), v.Groups()[v.GroupOf()[row]].Resource.ServiceName()
		} else {
			r.seq = c.base + v.Seq(row)
		}
		sc.pending = append(sc.pending, r)
	}
}

// need is how many of the pending rows can still be given; 0 is all.
func (sc *scan) need() int {
	if sc.q.Limit == 0 {
		return 0
	}
	n := sc.q.Limit - sc.given
	if sc.q.Before != nil {
		n += sc.q.Before.Skip - sc.skipped
	}
	return n
}

// trim forgets rows behind as many newer ones as are wanted.
func (sc *scan) trim() {
	const slack = 4096
	if n := sc.need(); n > 0 && len(sc.pending) > n+slack {
		slices.SortFunc(sc.pending, newestFirst)
		clear(sc.pending[n:])
		sc.pending = sc.pending[:n]
	}
}

// give yields the pending rows that are ready, newest first. It returns false
// when the reader has had enough.
func (sc *scan) give(ready func(*candidate) bool, yield func(*query.Rows, error) bool) bool {
	const rowsAtOnce = 512
	var out, rest []candidate
	for _, r := range sc.pending {
		if ready(&r) {
			out = append(out, r)
		} else {
			rest = append(rest, r)
		}
	}
	if len(out) == 0 {
		return true
	}
	sc.pending = rest
	slices.SortFunc(out, newestFirst)
	for len(out) > 0 && sc.q.Before != nil && sc.skipped < sc.q.Before.Skip && out[0].Cursor.Compare(*sc.q.Before) == 0 {
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
				if page.Guard(func() { some[i].view.Read([]int{some[i].row}, sc.q.Head) }) != nil {
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

// read builds rows in the given order.
func read(some []candidate, head bool) []query.Row {
	refs := make([]rowRef, len(some))
	for i := range some {
		refs[i] = rowRef{view: some[i].view, row: some[i].row}
	}
	return gather(refs, head)
}
