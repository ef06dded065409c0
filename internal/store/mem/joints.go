package mem

import (
	"context"
	"maps"
	"slices"

	"clew/internal/signal"
	"clew/internal/store"
)

// Relatives implements store.Store.
func (s *Store) Relatives(ctx context.Context, t signal.Tenant, ids []signal.TraceID, near signal.Range) ([]store.Relative, error) {
	like := func(id signal.TraceID) bool {
		return slices.ContainsFunc(ids, func(want signal.TraceID) bool {
			return !id.IsZero() && (id == want || id.Low() == want.Low() && id.Low() != [8]byte{})
		})
	}
	rows, err := s.pick(ctx, func(r *row) bool { return r.tenant == t && near.Contains(r.at()) && like(r.trace()) })
	found := map[signal.TraceID]store.Relative{}
	for _, r := range rows {
		rel, ok := found[r.trace()]
		if !ok {
			rel = store.Relative{Trace: r.trace(), First: r.at(), Last: r.at()}
		}
		rel.First, rel.Last = min(rel.First, r.at()), max(rel.Last, r.at())
		if sp := r.Span; sp != nil && len(sp.Keys)+len(sp.Links) > 0 {
			rel.Tied = append(rel.Tied, tied(sp))
		}
		found[r.trace()] = rel
	}
	out := slices.Collect(maps.Values(found))
	store.SortRelatives(out)
	return out, err
}

func tied(s *signal.Span) store.Tied {
	t := store.Tied{Span: s.ID, Parent: s.Parent, Kind: s.Kind, At: s.Start, Keys: s.Keys}
	for _, l := range s.Links {
		t.Links = append(t.Links, signal.Link{Trace: l.Trace, Span: l.Span})
	}
	return t
}

// Held implements store.Store.
func (s *Store) Held(ctx context.Context, t signal.Tenant, joints []store.Joint, near signal.Range) ([]store.Held, error) {
	rows, err := s.pick(ctx, func(r *row) bool { return r.tenant == t && r.Span != nil && near.Contains(r.at()) })
	out := make([]store.Held, len(joints))
	for _, r := range rows {
		for i, j := range joints {
			if holds(r.Span, j) {
				out[i].Add(store.Holder{Trace: r.Span.Trace, Span: r.Span.ID, Kind: r.Span.Kind, At: r.Span.Start})
			}
		}
	}
	for i := range out {
		out[i].Settle()
	}
	return out, err
}

func holds(s *signal.Span, j store.Joint) bool {
	if !j.To.IsZero() {
		return slices.ContainsFunc(s.Links, func(l signal.Link) bool { return l.Trace == j.To })
	}
	return slices.Contains(s.Keys, j.Key)
}
