package store

import (
	"bytes"
	"cmp"
	"slices"

	"clew/internal/query"
	"clew/internal/signal"
)

// SortBuckets puts buckets in the order of an aggregate answer: largest count
// first, then by key and window, so that every engine cuts a limit at the same place.
func SortBuckets(bs []query.Bucket) {
	slices.SortFunc(bs, func(a, b query.Bucket) int {
		if n := cmp.Compare(b.Count, a.Count); n != 0 {
			return n
		}
		return cmp.Or(slices.CompareFunc(a.Key, b.Key, compareKey), cmp.Compare(a.At, b.At))
	})
}

// SortRelatives puts relatives in the order of Store.Relatives.
func SortRelatives(rs []Relative) {
	slices.SortFunc(rs, func(a, b Relative) int { return bytes.Compare(a.Trace[:], b.Trace[:]) })
	for i := range rs {
		slices.SortFunc(rs[i].Tied, func(a, b Tied) int {
			return cmp.Or(cmp.Compare(a.At, b.At), bytes.Compare(a.Span[:], b.Span[:]), cmp.Compare(a.Kind, b.Kind),
				bytes.Compare(a.Parent[:], b.Parent[:]), slices.CompareFunc(a.Keys, b.Keys, compareJoinKey), slices.CompareFunc(a.Links, b.Links, compareLink))
		})
	}
}

func compareJoinKey(a, b signal.JoinKey) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Value, b.Value))
}

func compareLink(a, b signal.Link) int {
	return cmp.Or(bytes.Compare(a.Trace[:], b.Trace[:]), bytes.Compare(a.Span[:], b.Span[:]))
}

// Add adds a holder, in any order. Finish the answer with Settle.
func (h *Held) Add(by Holder) {
	if h.By = append(h.By, by); len(h.By) > 2*MaxHolders {
		h.Settle()
	}
}

// Settle puts the holders in order, each once, and cuts those above MaxHolders.
func (h *Held) Settle() {
	slices.SortFunc(h.By, Holder.compare)
	if h.By = slices.Compact(h.By); len(h.By) > MaxHolders {
		h.By, h.Cut = h.By[:MaxHolders], true
	}
}

func (h Holder) compare(o Holder) int {
	return cmp.Or(cmp.Compare(h.At, o.At), bytes.Compare(h.Trace[:], o.Trace[:]), bytes.Compare(h.Span[:], o.Span[:]), cmp.Compare(h.Kind, o.Kind))
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
