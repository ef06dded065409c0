package columnar

import (
	"slices"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// interesting selects the spans that keep their whole trace for as long as
// everything else is kept.
var interesting = query.Any(
	query.Is(query.FieldStatus, query.Eq, signal.Str("error")),
	query.Is("faas.coldstart", query.Eq, signal.Bool(true)),
	query.Is("clew.keep", query.Eq, signal.Bool(true)),
)

// forgetBoring drops the traces of which no span is interesting and every span is
// in a part older than RetainBoring, and their logs. A trace goes whole or not at
// all: its rows are marked dead together, that is made durable, and merges then
// rewrite the parts. What has rows in memory, or may have rows in a page that
// cannot be read, stays for now.
func (s *Store) forgetBoring() error {
	if s.opt.RetainBoring <= 0 {
		return nil
	}
	s.merging.Lock()
	defer s.merging.Unlock()
	now := s.retentionNow()
	s.mu.RLock()
	parts := slices.Clone(s.parts)
	s.mu.RUnlock()
	killed := 0
	for _, p := range parts {
		if p.Type != signal.Spans || s.judged[p.ID] || p.age(now) <= s.opt.RetainBoring {
			continue
		}
		j := &judge{s: s, tenant: signal.Tenant(p.Tenant), old: map[*part]bool{}, kept: map[signal.TraceID]bool{}}
		for _, q := range parts {
			switch {
			case q.is(j.tenant, signal.Spans):
				j.spans = append(j.spans, q)
				j.old[q] = q.age(now) > s.opt.RetainBoring
			case q.is(j.tenant, signal.Logs):
				j.logs = append(j.logs, q)
			}
		}
		again := false
		const window = 32 // pages judged at a time, which bounds the memory
		for chunks := range slices.Chunk(p.chunks, window) {
			if s.stopped.Err() != nil {
				return errClosed
			}
			n, later := j.window(chunks)
			killed += n
			again = again || later
		}
		s.judged[p.ID] = !again
	}
	if killed == 0 {
		return nil
	}
	s.rewriteSparse(parts)
	return s.publish(s.newRewrite(), nil, nil) // only to save what is dead
}

// rewriteSparse has the parts rewritten that are worth it.
func (s *Store) rewriteSparse(parts []*part) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range parts {
		p.forgotten = p.forgotten || p.deadLocked()*10 >= p.Rows
	}
}

// judge decides over the traces of one tenant.
type judge struct {
	s      *Store
	tenant signal.Tenant
	spans  []*part
	logs   []*part
	old    map[*part]bool
	kept   map[signal.TraceID]bool // giants that stay: not to be read again for each window
}

// verdict is what is known of a trace.
type verdict struct {
	hash uint64
	keep bool
	held int // pages that may hold it
	rows []rowAt
}

type rowAt struct {
	chunk *chunk
	row   int
}

// window judges the traces that have a row in chunks. It returns how many rows
// died, and whether traces must be looked at again because rows are in memory.
func (j *judge) window(chunks []*chunk) (killed int, again bool) {
	traces := map[signal.TraceID]*verdict{}
	for _, c := range chunks {
		j.visit(c, func(v *page.View, row int) {
			if id := v.Trace(row); traces[id] == nil {
				traces[id] = &verdict{hash: traceHash(id), keep: id.IsZero() || j.kept[id]}
			}
		})
	}
	for c, held := range j.holding(j.spans, traces) {
		var found page.Set
		ok := j.visit(c, func(v *page.View, row int) {
			if found == nil {
				found = v.Eval(interesting)
			}
			t := traces[v.Trace(row)]
			switch {
			case t == nil || t.keep:
			case found.Has(row) || !j.old[c.part]:
				t.keep, t.rows = true, nil
			default:
				t.rows = append(t.rows, rowAt{c, row})
			}
		})
		if !ok {
			for _, t := range held {
				t.keep = true
			}
		}
	}
	for id, t := range traces {
		if t.keep {
			if t.held > giantPages {
				j.kept[id] = true
			}
			delete(traces, id)
		}
	}
	for c := range j.holding(j.logs, traces) {
		j.visit(c, func(v *page.View, row int) {
			if t := traces[v.Trace(row)]; t != nil {
				t.rows = append(t.rows, rowAt{c, row})
			}
		})
	}
	return j.execute(traces)
}

// holding returns the pages of parts that may hold any of the traces, and which.
func (j *judge) holding(parts []*part, traces map[signal.TraceID]*verdict) map[*chunk][]*verdict {
	out := map[*chunk][]*verdict{}
	for id, t := range traces {
		if t.keep {
			continue
		}
		for _, p := range parts {
			for _, n := range p.pagesOf(id) {
				out[p.chunks[n]] = append(out[p.chunks[n]], t)
				t.held++
			}
		}
	}
	return out
}

// visit shows the rows of c that exist. It returns false when c cannot be read.
func (j *judge) visit(c *chunk, row func(v *page.View, row int)) bool {
	j.s.mu.RLock()
	dead := c.deadLocked(j.s.step)
	j.s.mu.RUnlock()
	err := page.Guard(func() {
		v := c.uncached()
		for i := range c.rows {
			if dead == nil || !dead.Has(i) {
				row(v, i)
			}
		}
	})
	if err != nil {
		j.s.damagedPage(c, err)
	}
	return err == nil
}

// execute marks the rows of the traces dead, in one step, but for traces of which
// rows came into memory. No part has changed place since they were read, so their
// rows can only have died by a newer version, which is in memory.
func (j *judge) execute(traces map[signal.TraceID]*verdict) (killed int, again bool) {
	s := j.s
	s.applying.Lock()
	defer s.applying.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := map[uint64]bool{}
	for _, m := range []*memtable{s.active, s.sealed} {
		if m == nil {
			continue
		}
		for _, typ := range []signal.Type{signal.Spans, signal.Logs} {
			if t := m.tables[tableKey{j.tenant, typ}]; t != nil {
				for _, c := range t.chunks {
					for _, h := range c.traces {
						fresh[h] = true
					}
				}
			}
		}
	}
	kills := map[*chunk]page.Set{}
	for _, t := range traces {
		if fresh[t.hash] {
			again = true
			continue
		}
		for _, r := range t.rows {
			if kills[r.chunk] == nil {
				kills[r.chunk] = make(page.Set, (r.chunk.rows+63)/64)
			}
			kills[r.chunk].Add(r.row)
		}
	}
	s.step++
	s.forgets++
	for c, set := range kills {
		n := c.killSetLocked(set, s.step)
		s.rows[c.part.Type] -= int64(n)
		killed += n
	}
	return killed, again
}
