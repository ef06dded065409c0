package columnar

import (
	"context"
	"slices"

	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar/page"
)

// Forget implements store.Store. The rule goes through the log like a batch, so
// that a crash forgets neither it nor its place in the order of things. The rows
// are marked dead at once; upkeep then rewrites the parts that hold them.
func (s *Store) Forget(ctx context.Context, t signal.Tenant, rule store.Rule) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.request(ctx, &request{forget: &forgetting{Tenant: []byte(t), Rule: rule}}); err != nil {
		return err
	}
	select {
	case s.forgot <- struct{}{}:
	default: // upkeep has been told already
	}
	return nil
}

func (s *Store) applyForget(f *forgetting) error {
	s.applying.Lock()
	defer s.applying.Unlock()
	if f.Rule.Type == nil && f.Rule.Before == 0 && f.Rule.Trace == nil {
		return nil
	}
	kills := map[*chunk][]int{}
	for _, typ := range signal.Types {
		if f.Rule.Type != nil && *f.Rule.Type != typ {
			continue
		}
		for _, c := range s.chunksOf(tableKey{signal.Tenant(f.Tenant), typ}) {
			if err := page.Guard(func() { kills[c] = s.doomed(c, typ, &f.Rule) }); err != nil {
				s.damage(c.part.Name, 0, err)
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step++
	for c, rows := range kills {
		if len(rows) == 0 {
			continue
		}
		c.killLocked(rows, s.step)
		typ := signal.Spans
		if c.part != nil {
			c.part.forgotten = true
			typ = c.part.Type
		} else {
			typ = c.head.Type
		}
		s.rows[typ] -= int64(len(rows))
	}
	return nil
}

// chunksOf lists the chunks of a table. Store.applying is held.
func (s *Store) chunksOf(k tableKey) (out []*chunk) {
	for _, m := range []*memtable{s.active, s.sealed} {
		if m != nil && m.tables[k] != nil {
			out = append(out, m.tables[k].chunks...)
		}
	}
	for _, p := range s.parts {
		if p.is(k.tenant, k.typ) {
			out = append(out, p.chunks...)
		}
	}
	return out
}

// doomed returns the rows of c that exist and that rule selects.
func (s *Store) doomed(c *chunk, typ signal.Type, rule *store.Rule) []int {
	if rule.Before != 0 && c.lo >= rule.Before || c.dead == c.rows {
		return nil
	}
	var v *page.View
	set := page.FullSet(c.rows)
	if rule.Trace != nil {
		if typ == signal.Points || rule.Trace.IsZero() || !c.mayHold(traceHash(*rule.Trace)) {
			return nil
		}
		v = c.view()
		set = make(page.Set, len(set))
		for _, i := range v.RowsOf(*rule.Trace) {
			set.Add(i)
		}
	}
	if rule.Before != 0 && c.hi >= rule.Before {
		if v == nil {
			v = c.view()
		}
		for i, at := range v.Times() {
			if at >= rule.Before {
				set.Remove(i)
			}
		}
	}
	for i, w := range c.deadLocked(s.step) { // deaths change only under applying
		set[i] &^= w
	}
	return slices.Clip(set.Rows())
}
