package columnar

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar/page"
)

// Forget implements store.Store. The rule goes through the log like a batch, so
// that a crash forgets neither it nor its place in the order of things. The rows
// are marked dead at once; upkeep then rewrites the parts that hold them.
//
// Appends never wait for a disk because of it: pages of parts are read before
// the committer hears of the rule, and parts stay in place meanwhile. In the
// committer it looks at the memtable only, whose size is bounded.
func (s *Store) Forget(ctx context.Context, t signal.Tenant, rule store.Rule) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if rule.Type == nil && rule.Before == 0 && rule.Trace == nil {
		return s.open()
	}
	f := &forgetting{tenant: t, rule: rule}
	s.merging.Lock()
	err := s.searchParts(ctx, f)
	if err == nil {
		err = s.request(ctx, &request{forget: f})
	}
	s.merging.Unlock()
	if err != nil {
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
	// selected is what the rule selects of parts, dead or alive, as far as it was
	// looked up before: parts never change.
	selected map[*part]map[*chunk]page.Set
}

// covers reports whether the rule can select rows of p.
func (f *forgetting) covers(p *part) bool {
	return p.is(f.tenant, p.Type) && (f.rule.Type == nil || *f.rule.Type == p.Type)
}

// searchParts fills f.selected. Store.merging is held, so that no part goes away.
func (s *Store) searchParts(ctx context.Context, f *forgetting) error {
	s.mu.RLock()
	parts := slices.Clone(s.parts)
	s.mu.RUnlock()
	f.selected = map[*part]map[*chunk]page.Set{}
	for _, p := range parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		if f.covers(p) {
			f.selected[p] = s.selectedOf(p.chunks, p.Type, &f.rule)
		}
	}
	return nil
}

// selectedOf returns the rows that rule selects, of chunks that have any.
func (s *Store) selectedOf(chunks []*chunk, typ signal.Type, rule *store.Rule) map[*chunk]page.Set {
	out := map[*chunk]page.Set{}
	for _, c := range chunks {
		err := page.Guard(func() {
			if set := selected(c, typ, rule); !set.Empty() {
				out[c] = set
			}
		})
		if err != nil {
			s.damagedPage(c, err)
		}
	}
	return out
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

// applyForget makes a durable rule take effect.
func (s *Store) applyForget(f *forgetting) error {
	s.applying.Lock()
	defer s.applying.Unlock()
	kills := map[*chunk]page.Set{}
	for _, m := range []*memtable{s.active, s.sealed} {
		if m == nil {
			continue
		}
		for k, t := range m.tables {
			if k.tenant == f.tenant && (f.rule.Type == nil || *f.rule.Type == k.typ) {
				maps.Copy(kills, s.selectedOf(t.chunks, k.typ, &f.rule))
			}
		}
	}
	touched := map[*part]bool{}
	for _, p := range s.parts {
		if !f.covers(p) {
			continue
		}
		found, ok := f.selected[p]
		if !ok { // the log is being replayed, or the caller of Forget left early
			found = s.selectedOf(p.chunks, p.Type, &f.rule)
		}
		maps.Copy(kills, found)
		touched[p] = len(found) > 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step++
	s.forgets++
	for c, set := range kills {
		typ := signal.Spans
		if c.part != nil {
			typ = c.part.Type
		} else {
			typ = c.warm.Type()
		}
		s.rows[typ] -= int64(c.killSetLocked(set, s.step))
	}
	for p, any := range touched {
		// Also for rows that were dead: another version of a span is as private.
		p.forgotten = p.forgotten || any
	}
	return nil
}

// killSetLocked marks those rows of set that are alive and returns how many.
func (c *chunk) killSetLocked(set page.Set, step uint64) int {
	alive := slices.Clone(set)
	for i, w := range c.deadLocked(step) {
		alive[i] &^= w
	}
	rows := alive.Rows()
	c.killLocked(rows, step)
	return len(rows)
}

// selected returns the rows of c that rule selects, dead ones too. It panics as
// page.Guard expects.
func selected(c *chunk, typ signal.Type, rule *store.Rule) page.Set {
	none := make(page.Set, (c.rows+63)/64)
	if rule.Before != 0 && c.lo >= rule.Before {
		return none
	}
	set := page.FullSet(c.rows)
	var v *page.View
	if rule.Trace != nil {
		if typ == signal.Points || rule.Trace.IsZero() || !c.mayHold(*rule.Trace) {
			return none
		}
		v, set = c.uncached(), none
		for _, i := range v.RowsOf(*rule.Trace) {
			set.Add(i)
		}
	}
	if rule.Before != 0 && c.hi >= rule.Before {
		if v == nil {
			v = c.uncached()
		}
		for i, at := range v.Times() {
			if at >= rule.Before {
				set.Remove(i)
			}
		}
	}
	return set
}
