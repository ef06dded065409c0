package columnar

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// rollupAt says where the rollup of a part is; size 0: it has none.
type rollupAt struct {
	off, size int64 // both chunks
	totals    int64 // size of the first
	sums      [2]uint32
}

func (at *rollupAt) encode(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(at.size))
	if at.size == 0 {
		return dst
	}
	dst = binary.AppendUvarint(binary.AppendUvarint(dst, uint64(at.off)), uint64(at.totals))
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(dst, at.sums[0]), at.sums[1])
}

// rollupAt reads where a rollup is; it must be before limit.
func (r *footReader) rollupAt(limit int64) (at rollupAt) {
	if at.size = int64(r.uvarint()); at.size == 0 {
		return at
	}
	at.off, at.totals = int64(r.uvarint()), int64(r.uvarint())
	if len(r.b) < 8 || at.off < 0 || at.totals < 0 || at.size < at.totals || at.off > limit || at.size > limit-at.off {
		r.bad = true
		return at
	}
	at.sums = [2]uint32{binary.LittleEndian.Uint32(r.b), binary.LittleEndian.Uint32(r.b[4:])}
	r.b = r.b[8:]
	return at
}

// rollupKey names a decoded rollup in the cache.
type rollupKey struct {
	at      *rollupAt
	minutes bool // with minutes, else only totals
}

// rollup reads the sums or calls of p. It panics as page.Guard expects.
func (p *part) rollup(at *rollupAt, minutes bool) *rollup {
	key := rollupKey{at, minutes}
	if r, ok := p.cache.find(key).(*rollup); ok {
		return r
	}
	r := &rollup{}
	good := r.decodeTotals(page.OpenChunk(p.bytes(at.off, int(at.totals)), at.sums[0]), p.version)
	if good && minutes {
		good = r.decodeMinutes(page.OpenChunk(p.bytes(at.off+at.totals, int(at.size-at.totals)), at.sums[1]), p.version)
	}
	if !good {
		page.Fail(fmt.Errorf("%w: part %s: sums", page.ErrDamaged, p.Name))
	}
	return p.cache.keep(key, r, r.bytes()).(*rollup)
}

func (r *rollup) bytes() int64 {
	n := int64(256)
	for i := range r.operations {
		n += int64(96 + len(r.operations[i].service) + len(r.operations[i].name))
	}
	for i := range r.totals {
		n += int64(len(r.totals[i].sketch))
	}
	for i := range r.minutes {
		n += 64 + 88*int64(len(r.minutes[i].tallies))
		for j := range r.minutes[i].tallies {
			n += int64(len(r.minutes[i].tallies[j].sketch))
		}
	}
	return n
}

// verifySums reads a rollup of p. It panics as page.Guard expects.
func (p *part) verifySums(at *rollupAt) {
	if at.size == 0 {
		return
	}
	r := &rollup{}
	if !r.decodeTotals(page.OpenChunk(p.bytes(at.off, int(at.totals)), at.sums[0]), p.version) || !r.decodeMinutes(page.OpenChunk(p.bytes(at.off+at.totals, int(at.size-at.totals)), at.sums[1]), p.version) {
		page.Fail(fmt.Errorf("%w: part %s: sums", page.ErrDamaged, p.Name))
	}
	n := uint64(0)
	for i := range r.totals {
		n += r.totals[i].count
	}
	for i := range r.minutes {
		for j := range r.minutes[i].tallies {
			n -= r.minutes[i].tallies[j].count
		}
	}
	if n != 0 {
		page.Fail(fmt.Errorf("%w: part %s: sums of minutes", page.ErrDamaged, p.Name))
	}
}

// summing answers an aggregate query of spans by operation from rollups, and says
// which rows of parts it has not counted.
type summing struct {
	*scan
	all   buckets
	done  map[*part]*summed
	pages map[*chunk]*summed         // in memory
	later map[*query.Bucket][]*tally // whose durations are still to be added
}

// summed is what was counted of a part.
type summed struct {
	whole bool
	roll  *rollup
	open  []bool // minutes that were not counted
}

// all reports whether all rows are counted.
func (d *summed) all() bool { return d != nil && d.whole }

// has reports whether the rows of c are all counted.
func (d *summed) has(c *chunk) bool {
	if d.whole {
		return true
	}
	from, to := d.roll.within(c.lo, c.hi)
	return !slices.Contains(d.open[from:to], true)
}

// hasRow reports whether a row at that time is counted.
func (d *summed) hasRow(at signal.Time) bool {
	from, to := d.roll.within(at, at)
	return from < to && !d.open[from]
}

// within returns the minutes with rows of times lo to hi.
func (r *rollup) within(lo, hi signal.Time) (from, to int) {
	find := func(n int64) int {
		i, _ := slices.BinarySearchFunc(r.minutes, n, func(m minute, n int64) int {
			if m.number < n {
				return -1
			}
			return 1
		})
		return i
	}
	return find(minuteOf(lo)), find(minuteOf(hi) + 1)
}

// byOperation reports whether rollups can answer q.
func byOperation(q *query.Query) bool {
	return q.Type == signal.Spans && q.Every%time.Minute == 0 && !slices.ContainsFunc(q.By, func(f string) bool { return !isOperationField(f) }) && onlyOperations(q.Where)
}

// parts counts what the rollups of parts say.
func (s *summing) parts() {
	s.done = map[*part]*summed{}
	for _, p := range s.scan.parts {
		if p.sums.size == 0 || !s.q.Range.Overlaps(p.Lo, p.Hi) || s.q.Durations && p.version < versionCalls {
			continue
		}
		d := &summed{}
		err := page.Guard(func() { d = s.part(p) })
		if err == nil {
			s.done[p] = d
		} else if !p.reported.Swap(true) {
			s.s.damage(p.Name, p.sums.size, err)
		}
	}
}

// part decides what the rollup of p may say, then counts it.
func (s *summing) part(p *part) *summed {
	var dirty []*chunk
	s.s.mu.RLock()
	for _, c := range p.chunks {
		if c.dead > 0 {
			dirty = append(dirty, c)
		}
	}
	s.s.mu.RUnlock()
	if len(dirty) == 0 && s.q.Range.Contains(p.Lo) && s.q.Range.Contains(p.Hi) && s.q.Window(p.Lo) == s.q.Window(p.Hi) {
		s.addTotals(p.rollup(&p.sums, false), p.Lo)
		return &summed{whole: true}
	}
	r := p.rollup(&p.sums, true)
	d := &summed{roll: r, open: make([]bool, len(r.minutes))}
	for _, c := range dirty {
		from, to := r.within(c.lo, c.hi)
		for i := from; i < to; i++ {
			d.open[i] = true
		}
	}
	in := s.operations(r.operations)
	for i := range r.minutes {
		m := &r.minutes[i]
		d.open[i] = d.open[i] || !s.q.Range.Contains(m.oldest) || !s.q.Range.Contains(m.newest)
		if d.open[i] {
			continue
		}
		for j := range m.tallies {
			t := &m.tallies[j]
			s.addTallies(in.bucket(t.operation, m.oldest), &r.operations[t.operation], &t.tally)
		}
	}
	return d
}

// addTotals adds all that r has, of the window of a time.
func (s *summing) addTotals(r *rollup, at signal.Time) {
	if s.q.Where == nil && !s.q.Durations && len(s.q.By) == 1 && s.q.By[0] == query.FieldService {
		for _, t := range r.byService() {
			s.addTo(s.all.find([]signal.Value{signal.Str(t.service)}, s.q.Window(at)), &t.tally, t.errors)
		}
		return
	}
	in := s.operations(r.operations)
	for i := range r.totals {
		if r.totals[i].count > 0 {
			s.addTallies(in.bucket(uint32(i), at), &r.operations[i], &r.totals[i])
		}
	}
}

// operations are those of a rollup, and what they are counted in.
type operations struct {
	*summing
	all   []operation
	known map[string]*query.Bucket // by the text of a single field, without windows
	in    []*query.Bucket          // of each, that of its window; nil: not selected
	found []bool
}

func (s *summing) operations(all []operation) *operations {
	return &operations{s, all, map[string]*query.Bucket{}, make([]*query.Bucket, len(all)), make([]bool, len(all))}
}

// bucket finds what an operation is counted in at a time; nil when q does not select it.
func (o *operations) bucket(n uint32, at signal.Time) *query.Bucket {
	window := o.q.Window(at)
	if o.found[n] && (o.in[n] == nil || o.in[n].At == window) {
		return o.in[n]
	}
	op := &o.all[n]
	if !o.found[n] && o.q.Where != nil {
		if row := op.row(); !o.q.Where.Matches(&row) {
			o.found[n] = true
			return nil
		}
	}
	o.found[n] = true
	key := make([]signal.Value, len(o.q.By))
	for i, f := range o.q.By {
		key[i] = op.field(f)
	}
	single := len(key) == 1 && o.q.Every == 0
	if single && o.known[key[0].Text()] != nil {
		o.in[n] = o.known[key[0].Text()]
		return o.in[n]
	}
	o.in[n] = o.summing.all.find(key, window)
	if single {
		o.known[key[0].Text()] = o.in[n]
	}
	return o.in[n]
}

// durations adds what rollups say of durations, a bucket at a time.
func (s *summing) durations() {
	var sum query.SketchSum
	for b, tallies := range s.later {
		for _, t := range tallies {
			t.durations(&sum)
		}
		sum.Merge(&b.Durations)
		b.Durations = sum.Take()
	}
}

// addTallies adds what a rollup that was read says.
func (s *summing) addTallies(b *query.Bucket, o *operation, t *tally) {
	s.addTally(b, o, t)
	if b != nil && s.q.Durations {
		s.later[b] = append(s.later[b], t)
	}
}

func (s *summing) addTally(b *query.Bucket, o *operation, t *tally) {
	errors := uint64(0)
	if o.status == signal.StatusError {
		errors = t.count
	}
	s.addTo(b, t, errors)
}

// addTo adds spans, so many of which are errors; b may be nil.
func (s *summing) addTo(b *query.Bucket, t *tally, errors uint64) {
	if b == nil {
		return
	}
	sum := tally{count: b.Count, sum: b.Sum, min: b.Min, max: b.Max, oldest: b.Oldest, newest: b.Newest}
	sum.add(*t)
	b.Count, b.Sum, b.Min, b.Max, b.Oldest, b.Newest = sum.count, sum.sum, sum.min, sum.max, sum.oldest, sum.newest
	b.Errors += errors
}
