// Package story reads whole stories from a store: the rows of a trace together
// with those that belong to it and were reported with half of its id. It decides
// nothing itself (transaction does) and joins for reading only: what is stored
// stays as it was sent.
package story

import (
	"context"
	"iter"
	"slices"

	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/transaction"
)

// Story is one or two traces that are told as one.
type Story struct {
	ID     signal.TraceID   // of the 128-bit trace, where there are two
	Traces []signal.TraceID // whose rows it has: ID first
	// Maybe lists traces whose ids end like this one's, and of which nobody can
	// tell whether they belong to it.
	Maybe []signal.TraceID

	store  store.Store
	tenant signal.Tenant
	near   signal.Range
}

// maxCandidates bounds how many traces are read to choose among them; with more,
// nobody can tell.
const maxCandidates = 8

// Find returns the story that trace id is part of, whether or not there is such
// a trace. near is a hint as in store.Trace.
func Find(ctx context.Context, st store.Store, t signal.Tenant, id signal.TraceID, near signal.Range) (*Story, error) {
	s := &Story{ID: id, Traces: []signal.TraceID{id}, store: st, tenant: t, near: near}
	halves, err := st.Relatives(ctx, t, []signal.TraceID{id}, signal.Range{})
	if err != nil || len(halves) < 2 {
		return s, err
	}
	all := make([]transaction.Relative, len(halves))
	for i, h := range halves {
		all[i] = transaction.Relative{Trace: h.Trace, First: h.First, Last: h.Last}
	}
	half, candidates, ok := transaction.Candidates(all)
	at := slices.IndexFunc(candidates, func(r transaction.Relative) bool { return r.Trace == id })
	if !ok || len(candidates) == 0 || at < 0 && half.Trace != id {
		return s, nil
	}
	chosen := 0
	if len(candidates) > 1 {
		if chosen, err = s.choose(ctx, half, candidates); err != nil {
			return nil, err
		}
	}
	switch {
	case chosen >= 0 && (chosen == at || half.Trace == id):
		s.ID = candidates[chosen].Trace
		s.Traces = []signal.TraceID{s.ID, half.Trace}
	case chosen >= 0: // it belongs to another candidate
	case half.Trace == id:
		for _, c := range candidates {
			s.Maybe = append(s.Maybe, c.Trace)
		}
	default:
		s.Maybe = []signal.TraceID{half.Trace}
	}
	return s, nil
}

// choose reads the parents of all spans concerned.
func (s *Story) choose(ctx context.Context, half transaction.Relative, candidates []transaction.Relative) (int, error) {
	if len(candidates) > maxCandidates {
		return -1, nil
	}
	own, err := s.kin(ctx, half)
	if err != nil {
		return -1, err
	}
	kin := make([]*transaction.Kin, len(candidates))
	for i, c := range candidates {
		if kin[i], err = s.kin(ctx, c); err != nil {
			return -1, err
		}
	}
	return transaction.Choose(own, kin), nil
}

func (s *Story) kin(ctx context.Context, r transaction.Relative) (*transaction.Kin, error) {
	k := new(transaction.Kin)
	for b, err := range s.store.Trace(ctx, s.tenant, r.Trace, signal.Range{From: r.First, To: r.Last + 1}) {
		if err != nil {
			return nil, err
		}
		k.Add(b)
	}
	return k, nil
}

// Rows streams the spans and logs of s as store.Trace does, each under the id it
// was sent with.
func (s *Story) Rows(ctx context.Context) iter.Seq2[*signal.Batch, error] {
	return func(yield func(*signal.Batch, error) bool) {
		for _, id := range s.Traces {
			for b, err := range s.store.Trace(ctx, s.tenant, id, s.near) {
				if !yield(b, err) || err != nil {
					return
				}
			}
		}
	}
}
