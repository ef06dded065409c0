package columnar

import (
	"context"
	"encoding/binary"
	"fmt"
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
	if err := s.request(ctx, &request{forget: &forgetting{t, rule}}); err != nil {
		return err
	}
	select {
	case s.forgot <- struct{}{}:
	default: // upkeep has been told already
	}
	return nil
}

// forgetting is a rule on its way through the log.
type forgetting struct {
	tenant signal.Tenant
	rule   store.Rule
}

// encode writes tenant, signal+1 or 0, time, and a trace id or nothing.
func (f *forgetting) encode() []byte {
	b := binary.AppendUvarint(nil, uint64(len(f.tenant)))
	b = append(b, f.tenant...)
	typ := byte(0)
	if f.rule.Type != nil {
		typ = byte(*f.rule.Type) + 1
	}
	b = binary.LittleEndian.AppendUint64(append(b, typ), uint64(f.rule.Before))
	if f.rule.Trace != nil {
		b = append(b, f.rule.Trace[:]...)
	}
	return b
}

func decodeForgetting(b []byte) (*forgetting, error) {
	const fixed, traced = 1 + 8, 1 + 8 + 16
	name, rest, ok := cutField(b)
	if !ok || len(rest) != fixed && len(rest) != traced || int(rest[0]) > len(signal.Types) {
		return nil, fmt.Errorf("%w: rule to forget", page.ErrDamaged)
	}
	f := &forgetting{tenant: signal.Tenant(name)}
	if rest[0] > 0 {
		typ := signal.Type(rest[0] - 1)
		f.rule.Type = &typ
	}
	f.rule.Before = signal.Time(binary.LittleEndian.Uint64(rest[1:]))
	if len(rest) == traced {
		id := signal.TraceID(rest[fixed:])
		f.rule.Trace = &id
	}
	return f, nil
}

func (s *Store) applyForget(f *forgetting) error {
	s.applying.Lock()
	defer s.applying.Unlock()
	if f.rule.Type == nil && f.rule.Before == 0 && f.rule.Trace == nil {
		return nil
	}
	kills := map[*chunk][]int{}
	for _, typ := range signal.Types {
		if f.rule.Type != nil && *f.rule.Type != typ {
			continue
		}
		for _, c := range s.chunksOf(tableKey{f.tenant, typ}) {
			if err := page.Guard(func() { kills[c] = s.doomed(c, typ, &f.rule) }); err != nil {
				s.damagedPage(c, err)
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
