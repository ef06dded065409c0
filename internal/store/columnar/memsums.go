package columnar

import (
	"sync"

	"clew/internal/query"
	"clew/internal/store/columnar/page"
)

// Pages in memory have sums like those of parts, made when somebody first asks and
// made again when rows of the page have died since.

// memSums numbers the operations of a table of the memtable.
type memSums struct {
	mu         sync.Mutex // guards both
	known      map[operation]uint32
	operations []operation // only appended to
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
	case late || c.tiny():
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
		sums.minutes = t.sums.number(r)
	}
	c.sums.Store(sums)
	return sums.minutes
}

// memory counts what the sums of pages in memory say.
func (s *summing) memory() {
	s.pages = map[*chunk]*summed{}
	for _, f := range s.scan.fresh {
		var all []tally     // by operation
		var each [][]*tally // of all, when durations are asked for
		for _, c := range f.chunks {
			if !s.q.Range.Overlaps(c.lo, c.hi) {
				continue
			}
			var minutes []minute
			if page.Guard(func() { minutes = s.sumsOf(f.table, c) }) != nil || minutes == nil {
				continue // count finds out what is wrong with it
			}
			d := &summed{whole: true, roll: &rollup{minutes: minutes}, open: make([]bool, len(minutes))}
			for i := range minutes {
				m := &minutes[i]
				if !s.q.Range.Contains(m.oldest) || !s.q.Range.Contains(m.newest) {
					d.whole, d.open[i] = false, true
					continue
				}
				for j := range m.tallies {
					t := &m.tallies[j]
					for int(t.operation) >= len(all) {
						all, each = append(all, tally{}), append(each, nil)
					}
					all[t.operation].add(t.tally)
					if s.q.Durations {
						each[t.operation] = append(each[t.operation], &t.tally)
					}
				}
			}
			s.pages[c] = d
		}
		r := &rollup{operations: f.table.sums.all()[:len(all)]}
		for i, b := range s.operations(r) {
			if b != nil && all[i].count > 0 {
				s.addTally(b, &r.operations[i], &all[i])
				s.later[b] = append(s.later[b], each[i]...)
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
