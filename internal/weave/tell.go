package weave

import (
	"context"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"

	"clew/internal/issue"
	"clew/internal/signal"
	"clew/internal/story"
	"clew/internal/transaction"
	"clew/internal/transaction/cause"
)

// The bounds of reading one story.
const (
	maxRows = 50_000 // what is beyond is not looked at
	maxKeys = 1_000  // ids by which it may be touched later
)

// near is how long before its first row a story is looked for first.
const near = 15 * time.Minute

// tell reads the story that p is part of and finds its issues; keys are the ids
// by which other data may turn out to belong to it.
func (w *Weaver) tell(ctx context.Context, p *pending) (*issue.Story, []uint64, error) {
	began := w.Now()
	rng := signal.Range{}
	if p.from > 0 {
		rng.From = p.from.Add(-near)
	}
	found, err := story.Find(ctx, w.Store, p.tenant, p.trace, rng)
	if err != nil {
		return nil, nil, err
	}
	var (
		builder  transaction.Builder
		evidence cause.Evidence
		notes    issue.Notes
		keys     []uint64
		rows     int
	)
	tenant := xxhash.Sum64String(string(p.tenant))
	for b, err := range found.Rows(ctx) {
		if err != nil {
			return nil, nil, err
		}
		builder.Add(b)
		evidence.Add(b)
		notes.Add(b)
		keys = keysOf(keys, tenant, b)
		spans, logs, _ := b.Len()
		if rows += spans + logs; rows > maxRows {
			w.count.cut.Add(1)
			break
		}
	}
	builder.About(found.ID)
	t := builder.Build()
	s := &issue.Story{Tenant: p.tenant, ID: t.ID, Traces: slices.Clone(found.Traces)}
	for _, id := range append(t.Traces, p.trace) {
		if !slices.Contains(s.Traces, id) {
			s.Traces = append(s.Traces, id)
		}
	}
	if len(t.Rows) == 0 {
		s.ID = p.trace
	} else {
		s.Occurrences = issue.Find(t, &notes, cause.Find(t, &evidence))
	}
	w.count.rows.Add(int64(rows))
	w.count.nanos.Add(int64(w.Now().Sub(began)))
	return s, keys, nil
}

// keysOf adds the ids by which data outside of b may belong to it.
func keysOf(keys []uint64, tenant uint64, b *signal.Batch) []uint64 {
	for i := range b.Groups {
		for j := range b.Groups[i].Spans {
			s := &b.Groups[i].Spans[j]
			if len(keys) >= maxKeys {
				return keys
			}
			for k := range s.Keys {
				keys = append(keys, joinKey(tenant, &s.Keys[k]))
			}
			for k := range s.Links {
				if s.Links[k].Trace != s.Trace {
					keys = append(keys, traceKey(tenant, s.Links[k].Trace))
				}
			}
		}
	}
	return keys
}
