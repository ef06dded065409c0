package columnar

import (
	"slices"
	"sync"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// Pages in memory have sums like those of parts, made when somebody first asks and
// made again when rows of the page have died since.

// memSums numbers the operations of a table of the memtable.
type memSums struct {
	mu         sync.Mutex // guards both
	known      map[operation]uint32
	operations []operation // only appended to
	first      *firstSums  // never changes, nil: none yet
}

// firstSums are the sums of the first pages of a table, as long as none of their rows
// die.
type firstSums struct {
	pages  []*chunk
	tried  int // pages there were when these were summed up
	lo, hi signal.Time
	dead   int
	roll   *rollup // totals without sketches
}

// chunkSums are the sums of a page.
type chunkSums struct {
	dead    int      // rows that were
	minutes []minute // with operations of the table; nil: too many to be worth it
}

// freshChunks are the pages of a table of the memtable.
type freshChunks struct {
	table  *memTable
	chunks []*chunk
}

// number gives the operations of r the numbers of the table.
func (m *memSums) number(r *rollup) []minute {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[operation]uint32{}
	}
	at := make([]uint32, len(r.operations))
	for i, op := range r.operations {
		n, ok := m.known[op]
		if !ok {
			n = uint32(len(m.operations))
			m.known[op] = n
			m.operations = append(m.operations, op)
		}
		at[i] = n
	}
	for i := range r.minutes {
		for j := range r.minutes[i].tallies {
			t := &r.minutes[i].tallies[j]
			t.operation = at[t.operation]
		}
	}
	return r.minutes
}

func (m *memSums) all() []operation {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.operations
}

// sumsOf returns the sums of a page in memory as this reader sees it, or nil: then
// its rows must be counted. It panics as page.Guard expects.
func (sn *snapshot) sumsOf(t *memTable, c *chunk) []minute {
	sn.s.mu.RLock()
	dead, kept := c.dead, c.sums.Load()
	late := len(c.deaths) > 0 && c.deaths[len(c.deaths)-1].step > sn.step
	sn.s.mu.RUnlock()
	switch {
	case late:
		return nil
	case kept != nil && kept.dead == dead:
		return kept.minutes
	}
	v, b := c.view(), newTallying()
	names, times := v.Field(query.FieldName), v.Times()
	for _, row := range sn.alive(c).Rows() {
		name := ""
		if code := names.Codes[row]; code > 0 {
			name = names.Values[code-1].Text()
		}
		b.add(operation{v.Service(row), name, v.Kind(row), v.StatusCode(row)}, times[row], v.Duration(row))
	}
	sums := &chunkSums{dead: dead}
	if r := b.finish(); r != nil {
		sums.minutes = append([]minute{}, t.sums.number(r)...) // not nil where all rows are dead
	}
	c.sums.Store(sums)
	return sums.minutes
}

// pagesAtOnce is how many pages more are worth new firstSums.
const pagesAtOnce = 32

// firstOf counts what the first pages of a table say, if all of it is asked for, and
// returns the other pages.
func (s *summing) firstOf(f *freshChunks) (others []*chunk) {
	m := &f.table.sums
	m.mu.Lock()
	first := m.first
	m.mu.Unlock()
	if first == nil || !first.are(f.chunks) || !s.unchanged(first) {
		first = &firstSums{roll: &rollup{}}
	}
	if len(f.chunks)-first.tried >= pagesAtOnce {
		if first = s.sumFirst(f, first); first == nil {
			return f.chunks
		}
		m.mu.Lock()
		m.first = first
		m.mu.Unlock()
	}
	if len(first.pages) == 0 || s.q.Durations || s.q.Every > 0 || !s.q.Range.Contains(first.lo) || !s.q.Range.Contains(first.hi) {
		return f.chunks
	}
	s.addTotals(first.roll, 0)
	whole := &summed{whole: true}
	for _, c := range first.pages {
		s.pages[c] = whole
	}
	return f.chunks[len(first.pages):]
}

// are reports whether the pages of f are the first of chunks.
func (f *firstSums) are(chunks []*chunk) bool {
	return len(f.pages) <= len(chunks) && slices.Equal(f.pages, chunks[:len(f.pages)])
}

// unchanged reports whether this reader sees the rows that f is of.
func (sn *snapshot) unchanged(f *firstSums) bool {
	sn.s.mu.RLock()
	defer sn.s.mu.RUnlock()
	dead := 0
	for _, c := range f.pages {
		if dead += c.dead; len(c.deaths) > 0 && c.deaths[len(c.deaths)-1].step > sn.step {
			return false
		}
	}
	return dead == f.dead
}

// sumFirst adds pages of f to what is known of the first, up to one that has no sums.
// It returns nil when rows died meanwhile.
func (s *summing) sumFirst(f *freshChunks, known *firstSums) *firstSums {
	first := &firstSums{pages: known.pages, tried: len(f.chunks), lo: known.lo, hi: known.hi, dead: known.dead, roll: &rollup{totals: slices.Clone(known.roll.totals)}}
	last := len(f.chunks)
	for last > 0 && f.chunks[last-1].tiny() {
		last-- // these may become one page
	}
	for i := len(known.pages); i < last; i++ {
		c := f.chunks[i]
		var minutes []minute
		if page.Guard(func() { minutes = s.sumsOf(f.table, c) }) != nil || minutes == nil {
			break
		}
		for j := range minutes {
			first.roll.addAll(minutes[j].tallies)
		}
		if i == 0 {
			first.lo, first.hi = c.lo, c.hi
		}
		first.lo, first.hi = min(first.lo, c.lo), max(first.hi, c.hi)
		first.pages = f.chunks[:i+1]
		first.dead += c.sums.Load().dead
	}
	if !s.unchanged(first) {
		return nil
	}
	first.roll.operations = f.table.sums.all()[:len(first.roll.totals)]
	return first
}

// addAll adds tallies, without their sketches, to the totals.
func (r *rollup) addAll(ts []minuteTally) {
	for _, t := range ts {
		for int(t.operation) >= len(r.totals) {
			r.totals = append(r.totals, tally{})
		}
		t.sketch = nil
		r.totals[t.operation].add(t.tally)
	}
}

// memory counts what the sums of pages in memory say.
func (s *summing) memory() {
	s.pages = map[*chunk]*summed{}
	for _, f := range s.scan.tables {
		var taken []*minute
		for _, c := range s.firstOf(&f) {
			if !s.q.Range.Overlaps(c.lo, c.hi) {
				continue
			}
			var minutes []minute
			if c.tiny() || page.Guard(func() { minutes = s.sumsOf(f.table, c) }) != nil || minutes == nil {
				continue // count finds out what is wrong with it
			}
			d := &summed{whole: true, roll: &rollup{minutes: minutes}, open: make([]bool, len(minutes))}
			for i := range minutes {
				m := &minutes[i]
				if !s.q.Range.Contains(m.oldest) || !s.q.Range.Contains(m.newest) {
					d.whole, d.open[i] = false, true
					continue
				}
				taken = append(taken, m)
			}
			s.pages[c] = d
		}
		in := s.operations(f.table.sums.all())
		for _, m := range taken {
			for j := range m.tallies {
				t := &m.tallies[j]
				s.addTallies(in.bucket(t.operation, m.oldest), &in.all[t.operation], &t.tally)
			}
		}
	}
}

// of returns what was counted of the part or page of c, or nil.
func (s *summing) of(c *chunk) *summed {
	if c.part != nil {
		return s.done[c.part]
	}
	return s.pages[c]
}
