package transaction

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"clew/internal/signal"
)

// Some tracers report only the low 64 bits of a trace id, even where they were
// handed 128. This file decides which 128-bit trace such spans belong to.

// Window is how far apart in time the halves of one story may lie.
const Window = time.Hour

// Relative is one of the traces whose ids end in the same 64 bits, and when its
// first and last rows were.
type Relative struct {
	Trace       signal.TraceID
	First, Last signal.Time
}

// IsHalf reports whether id has nothing but its low 64 bits.
func IsHalf(id signal.TraceID) bool { return [8]byte(id[:8]) == [8]byte{} }

// Candidates returns the traces that the one with half an id may belong to, by
// id, and that one; ok is false when all has none. all is of one tenant.
func Candidates(all []Relative) (half Relative, whole []Relative, ok bool) {
	i := slices.IndexFunc(all, func(r Relative) bool { return IsHalf(r.Trace) })
	if i < 0 {
		return half, nil, false
	}
	half = all[i]
	near := signal.Range{From: half.First.Add(-Window), To: half.Last.Add(Window + 1)}
	for _, r := range all {
		if !IsHalf(r.Trace) && near.Overlaps(r.First, r.Last) {
			whole = append(whole, r)
		}
	}
	slices.SortFunc(whole, func(a, b Relative) int { return bytes.Compare(a.Trace[:], b.Trace[:]) })
	return half, whole, true
}

// Kin is the spans of one trace and their parents: what tells candidates apart.
type Kin struct {
	spans   map[signal.SpanID]bool
	parents map[signal.SpanID]bool
}

// Add notes the spans of b, which may be changed afterwards.
func (k *Kin) Add(b *signal.Batch) {
	if k.spans == nil {
		k.spans, k.parents = map[signal.SpanID]bool{}, map[signal.SpanID]bool{}
	}
	for i := range b.Groups {
		for j := range b.Groups[i].Spans {
			s := &b.Groups[i].Spans[j]
			k.spans[s.ID] = true
			if !s.Parent.IsZero() {
				k.parents[s.Parent] = true
			}
		}
	}
}

// calls reports whether a span of other names as its parent one that is in k and
// not in other itself.
func (k *Kin) calls(other *Kin) bool {
	for p := range other.parents {
		if k.spans[p] && !other.spans[p] {
			return true
		}
	}
	return false
}

// Choose returns the index of the only candidate that has a parent of the half's
// spans or a child of them, or -1 where nobody can tell.
func Choose(half *Kin, candidates []*Kin) int {
	chosen := -1
	for i, c := range candidates {
		if !c.calls(half) && !half.calls(c) {
			continue
		}
		if chosen >= 0 {
			return -1
		}
		chosen = i
	}
	return chosen
}

// Lead returns which of the traces that a story begins with it is called by: the
// first, but a half only where there is nothing else.
func Lead(began []Relative) signal.TraceID {
	best := 0
	for i := range began {
		a, b := &began[i], &began[best]
		if ha, hb := IsHalf(a.Trace), IsHalf(b.Trace); ha != hb && hb || ha == hb && Earlier(a.First, a.Trace, b.First, b.Trace) < 0 {
			best = i
		}
	}
	return began[best].Trace
}

// Earlier orders traces by their first rows.
func Earlier(first signal.Time, a signal.TraceID, other signal.Time, b signal.TraceID) int {
	return cmp.Or(cmp.Compare(first, other), bytes.Compare(a[:], b[:]))
}
