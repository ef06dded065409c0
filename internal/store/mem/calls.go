package mem

import (
	"context"

	"clew/internal/signal"
	"clew/internal/store"
)

// Calls implements store.Store.
func (s *Store) Calls(ctx context.Context, t signal.Tenant, r signal.Range) ([]store.Call, error) {
	type place struct {
		trace signal.TraceID
		span  signal.SpanID
	}
	spans, err := s.pick(ctx, func(r *row) bool { return r.tenant == t && r.typ == signal.Spans && !r.trace().IsZero() })
	at := map[place][]*row{}
	for _, sp := range spans {
		p := place{sp.Span.Trace, sp.Span.ID}
		at[p] = append(at[p], sp)
	}
	found := map[[2]string]*store.Call{}
	for _, sp := range spans {
		if sp.Span.Parent.IsZero() || !r.Contains(sp.Span.Start) {
			continue
		}
		callee := sp.Resource.ServiceName()
		caller, ok := callerOf(callee, at[place{sp.Span.Trace, sp.Span.Parent}])
		if !ok {
			continue
		}
		c := found[[2]string{caller, callee}]
		if c == nil {
			c = &store.Call{Caller: caller, Callee: callee}
			found[[2]string{caller, callee}] = c
		}
		c.Count++
		c.Sum += int64(sp.Span.Duration())
		c.Durations.Add(int64(sp.Span.Duration()))
		if sp.Span.Status.Code == signal.StatusError {
			c.Errors++
		}
	}
	var out []store.Call
	for _, c := range found {
		out = append(out, *c)
	}
	store.SortCalls(out)
	return out, err
}

// callerOf picks the caller among the spans that have the parent's id.
func callerOf(callee string, parents []*row) (caller string, ok bool) {
	atWork := false
	for _, p := range parents {
		name := p.Resource.ServiceName()
		working := p.Span.Kind == signal.Server || p.Span.Kind == signal.Consumer
		switch {
		case name == callee:
			return "", false
		case !ok || working && !atWork || working == atWork && name < caller:
			caller, atWork, ok = name, working, true
		}
	}
	return caller, ok
}
