package store

import (
	"bytes"
	"cmp"
	"slices"

	"clew/internal/query"
	"clew/internal/signal"
)

// SortBuckets puts buckets in the order of an aggregate answer: largest count
// first, then by key, so that every engine cuts a limit at the same place.
func SortBuckets(bs []query.Bucket) {
	slices.SortFunc(bs, func(a, b query.Bucket) int {
		if n := cmp.Compare(b.Count, a.Count); n != 0 {
			return n
		}
		return slices.CompareFunc(a.Key, b.Key, compareKey)
	})
}

// SortHalves puts halves in the order of Store.Halves.
func SortHalves(hs []Half) {
	slices.SortFunc(hs, func(a, b Half) int { return bytes.Compare(a.Trace[:], b.Trace[:]) })
}

// SortCalls puts calls in the order of Store.Calls.
func SortCalls(cs []Call) {
	slices.SortFunc(cs, func(a, b Call) int { return cmp.Or(cmp.Compare(a.Caller, b.Caller), cmp.Compare(a.Callee, b.Callee)) })
}

func compareKey(a, b signal.Value) int {
	return cmp.Or(cmp.Compare(a.Kind(), b.Kind()), cmp.Compare(a.Text(), b.Text()), cmp.Compare(a.Bits(), b.Bits()))
}

// Selects reports whether rule selects r. An empty rule selects nothing, and
// rows without a trace belong to no trace.
func (rule Rule) Selects(r *query.Row) bool {
	if rule.Type == nil && rule.Before == 0 && rule.Trace == nil {
		return false
	}
	p := r.Position()
	switch {
	case rule.Type != nil && *rule.Type != typeOf(r):
		return false
	case rule.Before != 0 && p.At >= rule.Before:
		return false
	case rule.Trace != nil && (rule.Trace.IsZero() || p.Trace != *rule.Trace):
		return false
	}
	return true
}

func typeOf(r *query.Row) signal.Type {
	switch {
	case r.Span != nil:
		return signal.Spans
	case r.Log != nil:
		return signal.Logs
	}
	return signal.Points
}
