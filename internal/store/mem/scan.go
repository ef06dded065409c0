package mem

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
)

const rowsPerChunk = 100

// Scan implements store.Store.
func (s *Store) Scan(ctx context.Context, q *query.Query) iter.Seq2[*query.Rows, error] {
	return func(yield func(*query.Rows, error) bool) {
		rows, err := s.pick(ctx, func(r *row) bool {
			return r.tenant == q.Tenant && r.typ == q.Type && q.Range.Contains(r.at()) && q.Where.Matches(&r.Row)
		})
		if err != nil {
			yield(nil, err)
			return
		}
		if q.Counts() {
			yield(&query.Rows{Buckets: count(rows, q), Scanned: len(rows)}, nil)
			return
		}
		slices.SortFunc(rows, newestFirst)
		rows = after(rows, q.Before)
		if q.Limit > 0 && len(rows) > q.Limit {
			rows = rows[:q.Limit]
		}
		for chunk := range slices.Chunk(rows, rowsPerChunk) {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			out := &query.Rows{Scanned: len(chunk)}
			for _, r := range chunk {
				out.Rows = append(out.Rows, head(r.Row, q.Head))
			}
			if !yield(out, nil) {
				return
			}
		}
	}
}

// newestFirst orders rows by position; spans of one position by kind and
// service, other rows the last appended first.
func newestFirst(a, b *row) int {
	if n := a.Position().Compare(b.Position()); n != 0 {
		return n
	}
	if a.Span != nil {
		return cmp.Or(cmp.Compare(a.Span.Kind, b.Span.Kind), cmp.Compare(a.Resource.ServiceName(), b.Resource.ServiceName()))
	}
	return cmp.Compare(b.seq, a.seq)
}

func after(rows []*row, c *query.Cursor) []*row {
	if c == nil {
		return rows
	}
	skip := c.Skip
	return slices.DeleteFunc(rows, func(r *row) bool {
		n := r.Position().Compare(*c)
		if n == 0 && skip > 0 {
			skip--
			return true
		}
		return n < 0
	})
}

func head(r query.Row, only bool) query.Row {
	if !only || r.Span == nil {
		return r
	}
	s := *r.Span
	s.Attrs, s.Events, s.Links, s.Keys = nil, nil, nil, nil
	r.Span = &s
	return r
}

func count(rows []*row, q *query.Query) []query.Bucket {
	found := map[string]*query.Bucket{}
	for _, r := range rows {
		key := make([]signal.Value, len(q.By))
		for i, f := range q.By {
			if v, ok := r.Field(f); ok {
				key[i] = v
			}
		}
		id := fmt.Sprintf("%#v %d", key, q.Window(r.at()))
		b := found[id]
		if b == nil {
			b = &query.Bucket{Key: key, At: q.Window(r.at()), Oldest: r.at(), Newest: r.at()}
			found[id] = b
			if r.Span != nil {
				b.Min, b.Max = int64(r.Span.Duration()), int64(r.Span.Duration())
			}
		}
		b.Count++
		b.Oldest, b.Newest = min(b.Oldest, r.at()), max(b.Newest, r.at())
		if r.Log != nil && r.Log.Level >= 17 {
			b.Errors++
		}
		if r.Span != nil {
			d := int64(r.Span.Duration())
			b.Sum, b.Min, b.Max = b.Sum+d, min(b.Min, d), max(b.Max, d)
			if r.Span.Status.Code == signal.StatusError {
				b.Errors++
			}
			if q.Durations {
				b.Durations.Add(d)
			}
		}
	}
	var out []query.Bucket
	for _, b := range found {
		out = append(out, *b)
	}
	store.SortBuckets(out)
	if q.Limit > 0 && len(out) > q.Limit {
		out = out[:q.Limit]
	}
	return out
}
