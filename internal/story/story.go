// Package story reads whole stories from a store: a trace, what it is half of, what
// set it off and all that it set off, found by halves of ids, join keys and links at
// the moment somebody asks. It decides nothing about what spans mean (transaction
// does) and joins for reading only: what is stored stays as it was sent.
package story

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"

	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/transaction"
)

// Story is the traces that are told as one.
type Story struct {
	ID     signal.TraceID   // of the trace that it begins with
	Traces []signal.TraceID // whose rows it has: ID first
	// Maybe lists traces of which nobody can tell whether they belong to it: their
	// ids end like those of its traces, or several others sent what it received.
	Maybe []signal.TraceID
	// Senders are the traces that a batch came from which the story begins with. Each
	// of them has a story of its own that goes on with the batch.
	Senders []signal.TraceID
	// Beside are traces that sent other messages of its batches: what their rows say
	// tells the messages apart, and is not of this story. Who does without it sets it
	// to nil.
	Beside []signal.TraceID
	Cut    bool // it has more than MaxTraces, or was not found to its end

	others    []signal.TraceID // that sent other messages of its batches, all of them
	elsewhere []signal.JoinKey // of these messages

	store  store.Store
	tenant signal.Tenant
	near   signal.Range
}

// Bounds of one story. A message that fans out to 500 functions is normal.
const (
	MaxTraces = 1024
	maxBeside = 64
	maxRounds = 96 // of questions to the store; a story is rarely a third as deep in hops
)

// Find returns the story that trace id is part of, whether or not there is such
// a trace. near is a hint as in store.Trace.
func Find(ctx context.Context, st store.Store, t signal.Tenant, id signal.TraceID, near signal.Range) (*Story, error) {
	all, err := FindAll(ctx, st, t, []signal.TraceID{id}, near)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// FindAll returns the story of each of ids, asking the store for all of them at once.
func FindAll(ctx context.Context, st store.Store, t signal.Tenant, ids []signal.TraceID, near signal.Range) ([]*Story, error) {
	s := newSearch(ctx, st, t)
	out := make([]*Story, len(ids))
	for range maxRounds {
		for i, id := range ids {
			if out[i] == nil {
				out[i] = s.told(id)
			}
		}
		if !s.wants() {
			break
		}
		if err := s.ask(); err != nil {
			return nil, err
		}
	}
	s.enough = true
	for i, id := range ids {
		if out[i] == nil {
			out[i] = s.told(id)
			out[i].Cut = true
		}
		out[i].store, out[i].tenant, out[i].near = st, t, near
	}
	return out, nil
}

// Told returns of each of ids the stories that it is told in, by their ids: its own,
// or those of the senders of the batch that its own begins with.
func Told(ctx context.Context, st store.Store, t signal.Tenant, ids []signal.TraceID, near signal.Range) ([][]*Story, error) {
	first, err := FindAll(ctx, st, t, ids, near)
	if err != nil {
		return nil, err
	}
	out := make([][]*Story, len(ids))
	for i, s := range first {
		if out[i], err = s.among(ctx); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// maxTold bounds the stories of one batch.
const maxTold = 256

// among returns the stories of the messages that s begins with; s itself when nobody
// is known to have sent them.
func (s *Story) among(ctx context.Context) ([]*Story, error) {
	if len(s.Senders) == 0 {
		return []*Story{s}, nil
	}
	found := map[signal.TraceID]*Story{}
	asked := map[signal.TraceID]bool{s.ID: true}
	for _, id := range s.Senders {
		asked[id] = true
	}
	for todo := s.Senders; len(todo) > 0 && len(asked) <= maxTold; {
		some, err := FindAll(ctx, s.store, s.tenant, todo, s.near)
		if err != nil {
			return nil, err
		}
		todo = nil
		for _, o := range some {
			if len(o.Senders) == 0 {
				found[o.ID] = o
			}
			for _, id := range o.Senders {
				if !asked[id] {
					asked[id] = true
					todo = append(todo, id)
				}
			}
		}
	}
	if len(found) == 0 { // they go round in a circle
		return []*Story{s}, nil
	}
	out := slices.Collect(maps.Values(found))
	slices.SortFunc(out, func(a, b *Story) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return out, nil
}

// Whole returns trace id and what it is half of, and nothing that other traces set
// off or were set off by.
func Whole(ctx context.Context, st store.Store, t signal.Tenant, id signal.TraceID, near signal.Range) (*Story, error) {
	s := newSearch(ctx, st, t)
	s.load(id)
	if err := s.ask(); err != nil {
		return nil, err
	}
	k := s.load(id)
	return &Story{ID: lead([]*known{k}, s), Traces: s.halves(k), Maybe: k.maybe, store: st, tenant: t, near: near}, nil
}

// Focus lets b, which is given the rows of s, tell no more than s: not what the other
// messages of its batches led to.
func (s *Story) Focus(b *transaction.Builder) {
	b.About(s.ID)
	b.Elsewhere(s.others, s.elsewhere)
}

// Rows streams the spans and logs of s as store.Trace does, each under the id it
// was sent with, and the spans of what is beside it.
func (s *Story) Rows(ctx context.Context) iter.Seq2[*signal.Batch, error] {
	return func(yield func(*signal.Batch, error) bool) {
		for i, id := range slices.Concat(s.Traces, s.Beside) {
			for b, err := range s.store.Trace(ctx, s.tenant, id, s.near) {
				if err == nil && i >= len(s.Traces) {
					b = withoutLogs(b)
				}
				if !yield(b, err) || err != nil {
					return
				}
			}
		}
	}
}

func withoutLogs(b *signal.Batch) *signal.Batch {
	spans := *b
	spans.Groups = slices.Clone(b.Groups)
	for i := range spans.Groups {
		spans.Groups[i].Logs = nil
	}
	return &spans
}
