package columnar

import (
	"bytes"
	"maps"

	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// insertion is one batch on its way into the memtable: which older rows it
// replaces, and which of its own are there already. Store.applying is held.
type insertion struct {
	s     *Store
	step  uint64
	table *memTable
	older []*memTable // active, then sealed
	parts []*part
	page  *preparedPage
	at    int // number the page's chunk will have in table
	kills map[*chunk]page.Set
	views map[*chunk]*page.View
	seen  map[uint64]*repeat // logs and points: rows of this batch by hash
}

// repeat counts equal rows: those of this batch so far, and all there were before.
type repeat struct{ here, before int }

// apply makes a durable batch visible.
func (s *Store) apply(p *prepared, base uint64) error {
	s.used.Add(1)
	s.applying.Lock()
	defer s.applying.Unlock()
	for i := range p.pages {
		pp := &p.pages[i]
		pp.base = base
		k := tableKey{p.tenant, pp.typ}
		in := &insertion{s: s, step: s.step + 1, page: pp, kills: map[*chunk]page.Set{}, views: map[*chunk]*page.View{}}
		s.mu.Lock()
		in.table = s.active.table(k)
		s.mu.Unlock()
		in.older = []*memTable{in.table}
		if s.sealed != nil {
			in.older = append(in.older, s.sealed.tables[k])
		}
		for _, part := range s.parts {
			if part.is(p.tenant, pp.typ) {
				in.parts = append(in.parts, part)
			}
		}
		in.at = len(in.table.chunks)
		if i == 0 || p.pages[i-1].typ != pp.typ {
			in.seen = map[uint64]*repeat{}
		} else {
			in.seen = p.seen
		}
		p.seen = in.seen
		if err := page.Guard(in.insert); err != nil {
			return err
		}
		in.publish()
	}
	s.mu.Lock()
	s.active.bytes += p.bytes
	s.active.rows += p.rows
	s.nextSeq = max(s.nextSeq, base+uint64(p.rows))
	s.mu.Unlock()
	for i := range p.pages {
		if err := s.coalesce(tableKey{p.tenant, p.pages[i].typ}); err != nil {
			return err
		}
	}
	return nil
}

func (in *insertion) publish() {
	s := in.s
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step = in.step
	in.table.chunks = append(in.table.chunks, in.page.chunk)
	s.rows[in.page.typ] += int64(in.page.rows)
	for c, set := range in.kills {
		s.rows[in.page.typ] -= int64(c.killSetLocked(set, in.step))
	}
}

func (in *insertion) insert() {
	in.views[in.page.chunk] = in.page.view
	if in.page.typ == signal.Spans {
		in.insertSpans()
		return
	}
	in.insertCopies()
}

// insertSpans replaces older spans of the same identity.
func (in *insertion) insertSpans() {
	v := in.page.view
	pages := map[signal.TraceID]map[*part][]int{} // where parts may hold a trace
	for row, key := range in.page.keys {
		trace := v.Trace(row)
		held, ok := pages[trace]
		if !ok {
			for _, p := range in.parts {
				if at := p.pagesOf(trace); len(at) > 0 {
					if held == nil {
						held = map[*part][]int{}
					}
					held[p] = at
				}
			}
			pages[trace] = held
		}
		in.replaceSpan(row, key, held)
		in.table.put(key, in.at, row)
	}
}

func (in *insertion) replaceSpan(row int, key uint64, held map[*part][]int) {
	found := false
	for _, t := range in.older {
		t.withKey(key, func(n, old int) bool {
			c := in.page.chunk
			if n < len(t.chunks) {
				c = t.chunks[n]
			}
			if in.alive(c, old) && identityOf(in.view(c), old) == identityOf(in.page.view, row) {
				in.kill(c, old)
				found = true
			}
			return !found
		})
		if found {
			return
		}
	}
	for p, at := range held {
		if !p.mayHave(key) {
			continue
		}
		want := identityOf(in.page.view, row)
		for _, n := range in.narrow(p, at, key) {
			c := p.chunks[n]
			in.tolerate(c, func() {
				v := in.view(c)
				for _, old := range v.RowsOfSpan(want.id) {
					if in.alive(c, old) && identityOf(v, old) == want {
						in.kill(c, old)
						found = true
						return
					}
				}
			})
			if found {
				return
			}
		}
	}
}

// narrow picks of the pages of a giant those that may hold a row.
func (in *insertion) narrow(p *part, pages []int, key uint64) []int {
	if len(pages) <= giantPages || p.rows.rows == 0 {
		return pages
	}
	few := pages
	if err := page.Guard(func() { few = p.pagesOfRow(key) }); err != nil && !p.reported.Swap(true) {
		in.s.damage(p.Name, p.rows.size(), err)
	}
	return few
}

// insertCopies drops logs or points that are there already, as often.
func (in *insertion) insertCopies() {
	times := in.page.view.Times()
	for row, key := range in.page.keys {
		r := in.seen[key]
		if r == nil {
			r = &repeat{before: in.copies(row, key, times[row])}
			in.seen[key] = r
		}
		if r.here < r.before {
			in.kill(in.page.chunk, row)
		}
		r.here++
	}
	for row, key := range in.page.keys {
		if in.alive(in.page.chunk, row) {
			in.table.put(key, in.at, row)
		}
	}
}

// copies counts the rows equal to row that were there before this batch.
func (in *insertion) copies(row int, key uint64, at signal.Time) (n int) {
	var want []byte
	same := func(c *chunk, old int) bool {
		if want == nil {
			want = exact(in.page.view, row)
		}
		return in.alive(c, old) && bytes.Equal(want, exact(in.view(c), old))
	}
	for _, t := range in.older {
		t.withKey(key, func(i, old int) bool {
			if c := t.chunks[i]; same(c, old) {
				n++
			}
			return true
		})
	}
	for _, p := range in.parts {
		if at < p.Lo || at > p.Hi || !p.mayHave(key) {
			continue
		}
		for _, c := range p.chunks {
			if at < c.lo || at > c.hi {
				continue
			}
			in.tolerate(c, func() {
				for old, t := range in.view(c).Times() {
					if t == at && same(c, old) {
						n++
					}
				}
			})
		}
	}
	return n
}

// tolerate looks into a page of a part. What cannot be read cannot be the same as
// a new row, and must not keep it out.
func (in *insertion) tolerate(c *chunk, look func()) {
	if err := page.Guard(look); err != nil {
		in.s.damagedPage(c, err)
	}
}

func exact(v *page.View, row int) []byte {
	r := v.Read([]int{row}, false)
	return page.Exact(nil, &r[0])
}

func (in *insertion) view(c *chunk) *page.View {
	v := in.views[c]
	if v == nil {
		const most = 64 // views kept open for one page
		if len(in.views) > most {
			maps.DeleteFunc(in.views, func(old *chunk, _ *page.View) bool { return old != in.page.chunk })
		}
		v = c.view()
		in.views[c] = v
	}
	return v
}

// alive needs no lock: deaths change only under Store.applying.
func (in *insertion) alive(c *chunk, row int) bool {
	set := in.kills[c]
	return (set == nil || !set.Has(row)) && (c.gone == nil || !c.gone.Has(row))
}

func (in *insertion) kill(c *chunk, row int) {
	if in.kills[c] == nil {
		in.kills[c] = page.NewSet(c.rows)
	}
	in.kills[c].Add(row)
}
