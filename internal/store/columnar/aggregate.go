package columnar

import (
	"encoding/binary"
	"slices"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar/page"
)

// aggregate answers a query with By: what rollups know from them, then each page
// into buckets by codes, which are cheap, and those into the whole by values.
func (sc *scan) aggregate(yield func(*query.Rows, error) bool) {
	sum := &summing{scan: sc, all: buckets{known: map[string]*query.Bucket{}}, later: map[*query.Bucket][]*tally{}}
	if byOperation(sc.q) {
		sum.parts()
		sum.memory()
	}
	fresh := slices.DeleteFunc(slices.Clone(sc.fresh), func(c *chunk) bool { return sum.pages[c].all() })
	parts := slices.DeleteFunc(slices.Clone(sc.parts), func(p *part) bool { return sum.done[p].all() })
	for _, c := range sc.ahead(fresh, parts).all() {
		if err := sc.ctx.Err(); err != nil {
			yield(nil, err)
			return
		}
		d := sum.of(c)
		if d != nil && d.has(c) {
			continue
		}
		if err := page.Guard(func() { sum.count(c, d) }); err != nil {
			sc.missing(c, err)
		}
	}
	sum.durations()
	out := make([]query.Bucket, 0, len(sum.all.known))
	for _, b := range sum.all.known {
		if b.Count > 0 {
			out = append(out, *b)
		}
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

// count counts the rows of c, without those that d has counted.
func (s *summing) count(c *chunk, d *summed) {
	v, found, looked := s.match(c)
	s.scanned += looked
	if v == nil {
		return
	}
	fields := make([]page.Field, len(s.q.By))
	for i, name := range s.q.By {
		fields[i] = v.Field(name)
	}
	times := v.Times()
	local := map[string]*query.Bucket{}
	var key []byte
	for _, row := range found.Rows() {
		if d != nil && d.hasRow(times[row]) {
			continue
		}
		window := s.q.Window(times[row])
		key = binary.LittleEndian.AppendUint64(key[:0], uint64(window))
		for i := range fields {
			key = binary.LittleEndian.AppendUint32(key, fields[i].Codes[row])
		}
		b := local[string(key)]
		if b == nil {
			b = s.all.find(valuesOf(fields, row), window)
			local[string(key)] = b
		}
		addTo(b, times[row], v.Duration(row), v.Failed(row))
		if s.q.Durations && s.q.Type == signal.Spans {
			b.Durations.Add(v.Duration(row))
		}
	}
}

func valuesOf(fields []page.Field, row int) []signal.Value {
	key := make([]signal.Value, len(fields))
	for i := range fields {
		if code := fields[i].Codes[row]; code > 0 {
			key[i] = fields[i].Values[code-1]
		}
	}
	return key
}

// buckets are the counts so far by what they count.
type buckets struct {
	known map[string]*query.Bucket
	text  []byte
}

// find finds or makes the bucket for values, which it copies, and a window.
func (bs *buckets) find(values []signal.Value, window signal.Time) *query.Bucket {
	bs.text = binary.LittleEndian.AppendUint64(bs.text[:0], uint64(window))
	for _, v := range values {
		bs.text = append(bs.text, byte(v.Kind()))
		bs.text = binary.LittleEndian.AppendUint64(bs.text, v.Bits())
		bs.text = binary.AppendUvarint(bs.text, uint64(len(v.Text())))
		bs.text = append(bs.text, v.Text()...)
	}
	b := bs.known[string(bs.text)]
	if b == nil {
		b = &query.Bucket{Key: make([]signal.Value, len(values)), At: window}
		for i, v := range values {
			b.Key[i] = signal.FromBits(v.Kind(), v.Bits(), string([]byte(v.Text()))) // outlives the page
		}
		bs.known[string(bs.text)] = b
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
