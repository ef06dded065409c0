package columnar

import (
	"fmt"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar/page"
)

// aggregate answers a query with By: each page into buckets by codes, which are
// cheap, and those into the whole by values.
func (sc *scan) aggregate(yield func(*query.Rows, error) bool) {
	all := map[string]*query.Bucket{}
	for _, c := range sc.chunks {
		if err := sc.ctx.Err(); err != nil {
			yield(nil, err)
			return
		}
		if err := page.Guard(func() { sc.count(c, all) }); err != nil {
			sc.missing(c, err)
		}
	}
	out := make([]query.Bucket, 0, len(all))
	for _, b := range all {
		out = append(out, *b)
	}
	store.SortBuckets(out)
	if sc.q.Limit > 0 && len(out) > sc.q.Limit {
		out = out[:sc.q.Limit]
	}
	if err := sc.ctx.Err(); err != nil {
		yield(nil, err)
		return
	}
	yield(&query.Rows{Buckets: out, Scanned: sc.scanned, Partial: sc.partial}, nil)
}

func (sc *scan) count(c *chunk, all map[string]*query.Bucket) {
	v, found := sc.match(c)
	if v == nil {
		return
	}
	fields := make([]page.Field, len(sc.q.By))
	for i, name := range sc.q.By {
		fields[i] = v.Field(name)
	}
	times := v.Times()
	local := map[string]*query.Bucket{}
	var key []byte
	for _, row := range found.Rows() {
		key = key[:0]
		for i := range fields {
			c := fields[i].Codes[row]
			key = append(key, byte(c), byte(c>>8), byte(c>>16), byte(c>>24))
		}
		b := local[string(key)]
		if b == nil {
			b = newBucket(fields, row, all)
			local[string(key)] = b
		}
		addTo(b, times[row], v.Duration(row), v.Failed(row))
	}
}

// newBucket finds or makes the bucket for the values of a row.
func newBucket(fields []page.Field, row int, all map[string]*query.Bucket) *query.Bucket {
	key := make([]signal.Value, len(fields))
	for i := range fields {
		if code := fields[i].Codes[row]; code > 0 {
			v := fields[i].Values[code-1]
			key[i] = signal.FromBits(v.Kind(), v.Bits(), string([]byte(v.Text()))) // outlives the page
		}
	}
	id := ""
	for _, v := range key {
		id += fmt.Sprintf("%d %x %q ", v.Kind(), v.Bits(), v.Text())
	}
	b := all[id]
	if b == nil {
		b = &query.Bucket{Key: key}
		all[id] = b
	}
	return b
}

func addTo(b *query.Bucket, at signal.Time, d int64, failed bool) {
	if b.Count == 0 {
		b.Oldest, b.Newest, b.Min, b.Max = at, at, d, d
	}
	b.Count++
	b.Sum += d
	b.Min, b.Max = min(b.Min, d), max(b.Max, d)
	b.Oldest, b.Newest = min(b.Oldest, at), max(b.Newest, at)
	if failed {
		b.Errors++
	}
}
