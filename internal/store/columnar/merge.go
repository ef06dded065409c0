package columnar

import (
	"context"
	"fmt"
	"slices"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// Parts of one tenant, signal and day are merged eight at a time while they are
// of similar size, until a part has a million rows; each row is thus rewritten
// a few times at most.
const (
	mergeWidth   = 8
	mergeMaxRows = 1 << 20
)

// Merge rewrites the parts of each day into one, or into some of about a million
// rows, without rows that are gone.
func (s *Store) Merge(ctx context.Context) error {
	if err := s.open(); err != nil {
		return err
	}
	s.merging.Lock()
	defer s.merging.Unlock()
	for _, group := range s.partGroups() {
		for _, some := range upToRows(group, mergeMaxRows) {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.mu.RLock()
			dirty := slices.ContainsFunc(some, func(p *part) bool { return p.deadLocked() > 0 })
			s.mu.RUnlock()
			if len(some) > 1 || dirty {
				if err := s.merge(some); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// upToRows cuts ps into groups of at most so many rows, or of one part.
func upToRows(ps []*part, most int) (groups [][]*part) {
	for len(ps) > 0 {
		n := 1
		for n < len(ps) && rowsOf(ps[:n+1]) <= most {
			n++
		}
		groups, ps = append(groups, ps[:n]), ps[n:]
	}
	return groups
}

// partGroups returns the parts by tenant, signal and day, oldest part first.
func (s *Store) partGroups() [][]*part {
	s.mu.RLock()
	parts := slices.DeleteFunc(slices.Clone(s.parts), func(p *part) bool { return s.setAside[p.ID] })
	s.mu.RUnlock()
	byKey := map[string][]*part{}
	var keys []string
	for _, p := range parts {
		k := fmt.Sprintf("%q %d %s", p.Tenant, p.Type, p.Partition)
		if byKey[k] == nil {
			keys = append(keys, k)
		}
		byKey[k] = append(byKey[k], p)
	}
	slices.Sort(keys)
	var out [][]*part
	for _, k := range keys {
		slices.SortFunc(byKey[k], func(a, b *part) int { return int(a.ID) - int(b.ID) })
		out = append(out, byKey[k])
	}
	return out
}

// mergeTiers merges where enough parts of similar size have come together, and
// rewrites parts with rows to forget.
func (s *Store) mergeTiers() error {
	s.merging.Lock()
	defer s.merging.Unlock()
	for _, group := range s.partGroups() {
		tiers := map[int][]*part{}
		for _, p := range group {
			s.mu.RLock()
			forgotten, dead := p.forgotten, p.deadLocked()
			s.mu.RUnlock()
			if forgotten || dead*2 > p.Rows {
				if err := s.merge([]*part{p}); err != nil {
					return err
				}
				continue
			}
			tier := 0
			for n := p.Rows; n >= 1024; n /= mergeWidth {
				tier++
			}
			tiers[tier] = append(tiers[tier], p)
		}
		for _, ps := range tiers {
			for len(ps) >= mergeWidth && rowsOf(ps[:mergeWidth]) <= mergeMaxRows {
				if err := s.merge(ps[:mergeWidth]); err != nil {
					return err
				}
				ps = ps[mergeWidth:]
			}
		}
	}
	return nil
}

func rowsOf(ps []*part) (n int) {
	for _, p := range ps {
		n += p.Rows
	}
	return n
}

// merge streams parts, a page of each in memory, into one. Parts that turn out to
// be damaged are set aside and stay as they are. Store.merging is held.
func (s *Store) merge(ps []*part) error {
	for ps = slices.Clone(ps); len(ps) > 0; {
		if s.stopped.Err() != nil {
			return errClosed
		}
		w := s.newRewrite()
		var err error
		if fail := page.Guard(func() { err = w.merge(ps) }); fail != nil {
			err = fail
		}
		if err == nil {
			if err = s.publish(w, ps, nil); err != nil {
				return fmt.Errorf("columnar: merge %s: %w", ps[0].Name, err)
			}
			return nil
		}
		w.drop()
		before := len(ps)
		if ps = s.whole(ps, err); len(ps) == before {
			return fmt.Errorf("columnar: merge %s: %w", ps[0].Name, err)
		}
	}
	return nil
}

func (w *rewrite) merge(ps []*part) error {
	meta := partMeta{Tenant: ps[0].Tenant, Type: ps[0].Type, Partition: ps[0].Partition}
	var heads []*mergeCursor
	for _, p := range ps {
		meta.Written = max(meta.Written, p.Written)
		heads = append(heads, &mergeCursor{w: w, p: p})
	}
	out, err := w.create(meta)
	if err != nil {
		return err
	}
	if meta.Type == signal.Spans {
		out.calls.apart = apartOf(ps)
	}
	done := false
	defer func() {
		if !done {
			out.abandon(tmpName)
		}
	}()
	for _, c := range heads {
		c.out = out
	}
	heads = slices.DeleteFunc(heads, func(c *mergeCursor) bool { return !c.next() })
	if len(heads) == 0 {
		return nil
	}
	for len(heads) > 0 {
		if w.s.stopped.Err() != nil {
			return errClosed
		}
		c := slices.MinFunc(heads, func(a, b *mergeCursor) int { return a.ref.before(&b.ref) })
		at, err := c.add()
		if err != nil {
			return err
		}
		w.note(c.chunk, c.alive[c.i], at)
		c.i++
		if !c.next() {
			heads = slices.DeleteFunc(heads, func(h *mergeCursor) bool { return h == c })
		}
	}
	done = true
	return w.finish(out)
}

// mergeCursor walks the rows of a part in their order.
type mergeCursor struct {
	w     *rewrite
	p     *part
	out   *partWriter
	at    int // next page
	chunk *chunk
	view  *page.View
	alive []int        // rows of the page that go on
	rows  []query.Row  // these, unless they are spans
	spans *page.Copier // of these
	i     int
	ref   rowRef // what the row at i is sorted by

	started bool
}

// next makes ref the key of row i, reading pages as needed.
func (c *mergeCursor) next() bool {
	for c.i >= len(c.alive) {
		if c.at >= len(c.p.chunks) {
			return false
		}
		c.open(c.p.chunks[c.at])
		c.at++
	}
	row := c.alive[c.i]
	ref := rowRef{at: c.view.Time(row), seq: c.view.Seq(row) + c.chunk.base}
	switch c.p.Type {
	case signal.Spans:
		ref.trace, ref.first = c.view.Trace(row), ref.at
		if c.started && ref.trace == c.ref.trace {
			ref.first = c.ref.first // the same run of spans
		}
	case signal.Points:
		ref.name = c.view.Metric(row)
	}
	c.ref, c.started = ref, true
	return true
}

// add writes row i.
func (c *mergeCursor) add() (location, error) {
	if c.spans != nil {
		return c.out.copy(c.spans, c.i, c.ref.seq)
	}
	return c.out.add(&c.rows[c.i], c.ref.seq)
}

func (c *mergeCursor) open(k *chunk) {
	c.chunk, c.view, c.i = k, k.uncached(), 0
	c.w.s.mu.RLock()
	dead := k.deadLocked(c.w.step)
	c.w.s.mu.RUnlock()
	c.alive = c.alive[:0]
	for i := range k.rows {
		if dead == nil || !dead.Has(i) {
			c.alive = append(c.alive, i)
		}
	}
	if c.p.Type == signal.Spans {
		c.spans = c.out.rows.Copier(c.view)
		c.spans.Place(c.alive)
		return
	}
	c.rows = c.view.Read(c.alive, false)
}
