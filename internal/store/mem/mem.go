// Package mem is the reference store: one slice of rows, one loop for every
// question. It is the oracle that faster engines are compared with, so it stays
// slow and obvious, and it keeps nothing on disk.
package mem

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
)

// row is one kept row; seq counts rows in the order they were first appended.
type row struct {
	query.Row
	tenant signal.Tenant
	typ    signal.Type
	seq    int
}

// Store keeps rows in memory. Use New.
type Store struct {
	mu     sync.RWMutex // guards all below
	rows   []*row
	byID   map[string]*row
	seq    int
	closed bool
}

var _ store.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store { return &Store{byID: map[string]*row{}} }

// Reopen returns an open store that holds the rows of s, as a store on disk
// would after Close. s must not be used afterwards.
func (s *Store) Reopen() *Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return &Store{rows: s.rows, byID: s.byID, seq: s.seq}
}

// Append implements store.Store.
func (s *Store) Append(ctx context.Context, b *signal.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	repeats := map[string]int{}
	for i := range b.Groups {
		g := cloneGroup(&b.Groups[i])
		for j := range g.Spans {
			s.put(b.Tenant, signal.Spans, spanID(b.Tenant, g, &g.Spans[j]), query.Row{Resource: g.Resource, Scope: &g.Scope, Span: &g.Spans[j]})
		}
		for j := range g.Logs {
			s.putOnce(b.Tenant, signal.Logs, repeats, query.Row{Resource: g.Resource, Scope: &g.Scope, Log: &g.Logs[j]})
		}
		for j := range g.Points {
			s.putOnce(b.Tenant, signal.Points, repeats, query.Row{Resource: g.Resource, Scope: &g.Scope, Point: &g.Points[j]})
		}
	}
	return nil
}

func spanID(t signal.Tenant, g *signal.Group, sp *signal.Span) string {
	return fmt.Sprintf("span %q %s %s %d %q", t, sp.Trace, sp.ID, sp.Kind, g.Resource.ServiceName())
}

// put keeps r in place of an older row of the same identity.
func (s *Store) put(t signal.Tenant, typ signal.Type, id string, r query.Row) {
	if old := s.byID[id]; old != nil {
		old.Row = r
		return
	}
	s.seq++
	n := &row{Row: r, tenant: t, typ: typ, seq: s.seq}
	s.byID[id] = n
	s.rows = append(s.rows, n)
}

// putOnce keeps r unless the same row, repeated as often, is there already.
func (s *Store) putOnce(t signal.Tenant, typ signal.Type, repeats map[string]int, r query.Row) {
	text := fmt.Sprintf("%s %q %s", typ, t, Text(&r))
	id := fmt.Sprintf("%s #%d", text, repeats[text])
	repeats[text]++
	if s.byID[id] == nil {
		s.put(t, typ, id, r)
	}
}

// Trace implements store.Store.
func (s *Store) Trace(ctx context.Context, t signal.Tenant, id signal.TraceID, _ signal.Range) iter.Seq2[*signal.Batch, error] {
	return func(yield func(*signal.Batch, error) bool) {
		rows, err := s.pick(ctx, func(r *row) bool {
			return r.tenant == t && !id.IsZero() && r.trace() == id
		})
		if err != nil {
			yield(nil, err)
			return
		}
		for _, r := range rows {
			g := signal.Group{Resource: r.Resource, Scope: *r.Scope}
			if r.Span != nil {
				g.Spans = []signal.Span{*r.Span}
			} else {
				g.Logs = []signal.Log{*r.Log}
			}
			if !yield(&signal.Batch{Tenant: t, Groups: []signal.Group{g}}, nil) {
				return
			}
		}
	}
}

// pick copies the rows that keep selects, so that no lock is held while a
// consumer reads them.
func (s *Store) pick(ctx context.Context, keep func(*row) bool) ([]*row, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var out []*row
	for _, r := range s.rows {
		if keep(r) {
			c := *r
			out = append(out, &c)
		}
	}
	return out, nil
}

// Forget implements store.Store.
func (s *Store) Forget(ctx context.Context, t signal.Tenant, rule store.Rule) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	gone := func(r *row) bool { return r.tenant == t && rule.Selects(&r.Row) }
	s.rows = slices.DeleteFunc(s.rows, gone)
	for id, r := range s.byID {
		if gone(r) {
			delete(s.byID, id)
		}
	}
	return nil
}

// Stats implements store.Store.
func (s *Store) Stats() store.Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var st store.Stats
	for i, r := range s.rows {
		at := r.at()
		if i == 0 || at < st.Oldest {
			st.Oldest = at
		}
		if i == 0 || at > st.Newest {
			st.Newest = at
		}
		st.Rows[r.typ]++
	}
	return st
}

// Close implements store.Store.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

func (r *row) at() signal.Time { return r.Position().At }

func (r *row) trace() signal.TraceID { return r.Position().Trace }
