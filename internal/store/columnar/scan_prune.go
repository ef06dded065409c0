package columnar

import (
	"cmp"
	"slices"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// ahead is the pages that a pass of a scan has still to look at, the one with the
// newest row first. Parts are opened up when their time has come: a scan that ends
// early has not sorted the pages of all of them, nor asked their filters.
type ahead struct {
	sc     *scan
	parts  []*part  // not opened up yet, by their newest row
	chunks []*chunk // of the others, by their newest row
	trace  signal.TraceID
	by     bool // all rows of the answer are of trace
}

// ahead returns the pages, those in memory and those of some parts, that may hold a
// row of the answer that was not given yet.
func (sc *scan) ahead(fresh []*chunk, parts []*part) *ahead {
	a := &ahead{sc: sc}
	a.trace, a.by = onlyTrace(sc.q)
	for _, c := range fresh {
		if a.wants(c) && (!a.by || c.mayHold(a.trace)) {
			a.chunks = append(a.chunks, c)
		}
	}
	a.sort()
	for _, p := range parts {
		if sc.q.Range.Overlaps(p.Lo, p.Hi) {
			a.parts = append(a.parts, p)
		}
	}
	slices.SortFunc(a.parts, func(a, b *part) int { return cmp.Compare(b.Hi, a.Hi) })
	return a
}

func (a *ahead) sort() {
	slices.SortFunc(a.chunks, func(a, b *chunk) int { return cmp.Compare(b.hi, a.hi) })
}

// next takes up to n pages. It leaves out pages in memory that a look tells to have
// nothing to find, which is not worth another goroutine.
func (a *ahead) next(n int) (out []*chunk) {
	for len(out) < n {
		for len(a.parts) > 0 && (len(a.chunks) == 0 || a.chunks[0].hi <= a.parts[0].Hi) {
			p := a.parts[0]
			a.parts = a.parts[1:]
			before := len(a.chunks)
			if a.open(p); len(a.chunks) > before {
				a.sort()
			}
		}
		if len(a.chunks) == 0 {
			break
		}
		c := a.chunks[0]
		a.chunks = a.chunks[1:]
		lacks := false
		if c.part == nil && page.Guard(func() { lacks = c.view().Lacks(a.sc.q.Where) }) == nil && lacks {
			continue // of what is damaged collect tells
		}
		out = append(out, c)
	}
	return out
}

// all takes all pages.
func (a *ahead) all() []*chunk {
	for _, p := range a.parts {
		a.open(p)
	}
	return a.chunks
}

// open adds the pages of a part.
func (a *ahead) open(p *part) {
	some := page.FullSet(len(p.chunks))
	if a.by {
		some = page.NewSet(len(p.chunks))
		for _, n := range p.pagesOf(a.trace) {
			some.Add(n)
		}
	}
	for _, n := range some.Rows() {
		if !a.wants(p.chunks[n]) {
			some.Remove(n)
		}
	}
	if !some.Empty() {
		some = a.sc.s.candidates(p, some, a.sc.q.Where)
	}
	for _, n := range some.Rows() {
		a.chunks = append(a.chunks, p.chunks[n])
	}
}

// wants reports whether c may hold a row of the answer as far as times and
// durations tell.
func (a *ahead) wants(c *chunk) bool {
	q := a.sc.q
	switch {
	case a.sc.after != nil && c.lo > a.sc.after.At:
		return false
	case !q.Range.Overlaps(c.lo, c.hi):
		return false
	case !q.Counts() && q.Before != nil && c.lo > q.Before.At:
		return false
	}
	return q.Type != signal.Spans || lengthMayHold(q.Where, c.short, c.long)
}

// lengthMayHold reports whether rows with durations from lo to hi may fulfil where.
func lengthMayHold(where *query.Expr, lo, hi int64) bool {
	if where == nil {
		return true
	}
	switch {
	case where.Op == query.And:
		for _, a := range where.Args {
			if !lengthMayHold(a, lo, hi) {
				return false
			}
		}
	case where.Op == query.Or:
		for _, a := range where.Args {
			if lengthMayHold(a, lo, hi) {
				return true
			}
		}
		return false
	case where.Field == query.FieldDuration && where.Value.Kind() == signal.KindInt:
		want := where.Value.Int()
		switch where.Op {
		case query.Lt:
			return lo < want
		case query.Le:
			return lo <= want
		case query.Gt:
			return hi > want
		case query.Ge:
			return hi >= want
		case query.Eq:
			return lo <= want && want <= hi
		}
	}
	return true
}
