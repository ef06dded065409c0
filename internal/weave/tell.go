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

// The bounds of reading.
const (
	maxRows    = 50_000 // of one story; what is beyond is not looked at
	maxKeys    = 1_000  // ids by which one story may be touched later
	maxStories = 64     // that one trace is told in
	maxOwners  = 64     // traces of one story of which it is asked whose they are
)

// near is how long before its first row a story is looked for first.
const near = 15 * time.Minute

// told is what was found in one story.
type told struct {
	issue.Story
	keys []uint64 // ids by which other data may turn out to belong to it

	// batches are traces that begin with messages of several senders: they are told
	// in the senders' stories and have none of their own.
	batches []signal.TraceID
}

// tell reads the stories that p is told in and finds their issues: one, or where p
// begins with a batch of messages those of their senders.
func (w *Weaver) tell(ctx context.Context, p *pending) ([]told, error) {
	began := w.Now()
	defer func() { w.count.nanos.Add(int64(w.Now().Sub(began))) }()
	rng := signal.Range{}
	if p.from > 0 {
		rng.From = p.from.Add(-near)
	}
	first, err := story.Find(ctx, w.Store, p.tenant, p.trace, rng)
	if err != nil {
		return nil, err
	}
	stories := []*story.Story{first}
	if len(first.Senders) > 0 {
		all, err := story.Told(ctx, w.Store, p.tenant, []signal.TraceID{p.trace}, rng)
		if err != nil {
			return nil, err
		}
		stories = all[0]
	}
	var out []told
	for _, s := range stories[:min(len(stories), maxStories)] {
		one, err := w.read(ctx, p, s)
		if err != nil {
			return nil, err
		}
		out = append(out, *one)
	}
	if out, err = w.alongside(ctx, p, out); err != nil {
		return nil, err
	}
	shareCauses(out)
	for i := range out {
		if out[i].Occurrences, err = w.owned(ctx, p, &out[i].Story, rng); err != nil {
			return nil, err
		}
	}
	return takeBack(out, p.tenant), nil
}

// takeBack adds that there is nothing to tell of the batches of all by themselves:
// something was found in them while no sender was known.
func takeBack(all []told, t signal.Tenant) []told {
	done := map[signal.TraceID]bool{}
	for _, x := range all {
		for _, id := range x.batches {
			if !done[id] && !slices.ContainsFunc(all, func(x told) bool { return x.ID == id }) {
				done[id] = true
				all = append(all, told{Story: issue.Story{Tenant: t, ID: id, Traces: []signal.TraceID{id}}})
			}
		}
	}
	return all
}

// read finds the issues of one story.
func (w *Weaver) read(ctx context.Context, p *pending, s *story.Story) (*told, error) {
	var (
		builder  transaction.Builder
		evidence cause.Evidence
		notes    issue.Notes
		rows     int
	)
	out := &told{Story: issue.Story{Tenant: p.tenant, ID: s.ID, Traces: slices.Clone(s.Traces)}}
	tenant := xxhash.Sum64String(string(p.tenant))
	s.Focus(&builder)
	for b, err := range s.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		builder.Add(b)
		evidence.Add(b)
		notes.Add(b)
		out.keys = keysOf(out.keys, tenant, b)
		spans, logs, _ := b.Len()
		if rows += spans + logs; rows > maxRows {
			w.count.cut.Add(1)
			break
		}
	}
	w.count.rows.Add(int64(rows))
	t := builder.Build()
	if len(t.Rows) == 0 {
		return out, nil
	}
	out.Occurrences = issue.Find(t, &notes, cause.Find(t, &evidence))
	for i := range out.Occurrences {
		out.Occurrences[i].Transaction = s.ID
	}
	var err error
	if len(s.Traces) > 1 {
		err = w.divide(ctx, p, s, out)
	}
	return out, err
}

// alongside reads the other stories of the same batches, too: what arrived may have
// moved a record from one to another, and the root cause of what all share may be
// told in any of them.
func (w *Weaver) alongside(ctx context.Context, p *pending, all []told) ([]told, error) {
	asked := map[signal.TraceID]bool{}
	for i := 0; i < len(all); i++ {
		batches := all[i].batches
		for _, o := range all[i].Occurrences {
			if o.Shared {
				batches = append(batches, o.Trace)
			}
		}
		for _, id := range batches {
			if asked[id] {
				continue
			}
			asked[id] = true
			others, err := story.Told(ctx, w.Store, p.tenant, []signal.TraceID{id}, signal.Range{})
			if err != nil {
				return nil, err
			}
			for _, s := range others[0] {
				if len(all) >= maxStories || slices.ContainsFunc(all, func(x told) bool { return x.ID == s.ID }) {
					continue
				}
				one, err := w.read(ctx, p, s)
				if err != nil {
					return nil, err
				}
				all = append(all, *one)
			}
		}
	}
	return all, nil
}

// divide finds out which traces of s are told in it alone: what was found in these
// before is replaced.
func (w *Weaver) divide(ctx context.Context, p *pending, s *story.Story, out *told) error {
	out.Traces = []signal.TraceID{s.ID}
	if len(s.Traces) > maxOwners {
		return nil
	}
	all, err := story.FindAll(ctx, w.Store, p.tenant, s.Traces, signal.Range{})
	if err != nil {
		return err
	}
	for i, id := range s.Traces {
		switch {
		case all[i].ID != s.ID:
			out.batches = append(out.batches, id)
		case id != s.ID:
			out.Traces = append(out.Traces, id)
		}
	}
	return nil
}

// shareCauses lets the stories of one batch tell each other the root cause of what
// they share: it lies farthest back in the story of the message that did it.
func shareCauses(all []told) {
	best := map[issue.ID]*issue.Cause{}
	each := func(f func(*issue.Occurrence)) {
		for i := range all {
			for j := range all[i].Occurrences {
				if o := &all[i].Occurrences[j]; o.Shared {
					f(o)
				}
			}
		}
	}
	each(func(o *issue.Occurrence) {
		if b := best[o.ID]; o.Cause != nil && (b == nil || o.Cause.Hops > b.Hops || o.Cause.Hops == b.Hops && o.Cause.Headline < b.Headline) {
			best[o.ID] = o.Cause
		}
	})
	each(func(o *issue.Occurrence) { o.Cause = best[o.ID] })
}

// owned returns the occurrences of s that are counted in it: of what the messages
// of a batch share, those of the first of their stories.
func (w *Weaver) owned(ctx context.Context, p *pending, s *issue.Story, rng signal.Range) (out []issue.Occurrence, err error) {
	first := map[signal.TraceID]signal.TraceID{}
	for _, o := range s.Occurrences {
		if !o.Shared {
			out = append(out, o)
			continue
		}
		owner, ok := first[o.Trace]
		if !ok {
			all, err := story.Told(ctx, w.Store, p.tenant, []signal.TraceID{o.Trace}, rng)
			if err != nil {
				return nil, err
			}
			owner = all[0][0].ID
			first[o.Trace] = owner
		}
		if owner == s.ID {
			out = append(out, o)
		}
	}
	return out, nil
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
