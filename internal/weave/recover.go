package weave

import (
	"context"
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"

	"clew/internal/meta"
	"clew/internal/query"
	"clew/internal/signal"
)

const (
	// lookBack is how long before the mark a row may have started that arrived
	// after it.
	lookBack = time.Hour
	// firstLook is how far back the first start looks where data is older than
	// issues.
	firstLook = 24 * time.Hour
	// settled is how long before the mark a known story must have ended not to be
	// read again.
	settled = 30 * time.Second
)

// recover lets the stories wait that may not have been woven when the process
// ended: those with something to tell since the mark, and those that had issues
// shortly before it.
func (w *Weaver) recover(ctx context.Context) error {
	now := w.Now()
	mark, err := w.Keeper.IssueMark(ctx)
	if err != nil {
		return err
	}
	since := mark.Add(-lookBack)
	if mark == 0 {
		since = signal.TimeOf(now.Add(-firstLook))
	}
	known, err := w.Keeper.IssueTraces(ctx, signal.Range{From: since})
	if err != nil {
		return err
	}
	tenants, err := w.Keeper.Tenants(ctx)
	if err != nil {
		return err
	}
	g := gap{w: w, mark: mark, now: now, known: map[uint64]bool{}}
	for _, t := range known {
		g.know(t)
	}
	for _, t := range tenants {
		if err := g.scan(ctx, t, since); err != nil {
			return err
		}
	}
	if g.found > 0 {
		w.Logger.Info("stories found that arrived before the last stop", "stories", g.found)
	}
	return nil
}

// gap is what may not have been woven.
type gap struct {
	w     *Weaver
	mark  signal.Time
	now   time.Time
	known map[uint64]bool // stories with issues
	found int
}

func (g *gap) know(t meta.Trace) {
	g.w.mu.Lock()
	defer g.w.mu.Unlock()
	key := g.w.key(t.Tenant, t.ID)
	g.known[key] = true
	g.w.related.add(traceKey(xxhash.Sum64String(string(t.Tenant)), t.ID))
}

// scan looks for rows with something to tell, as observe does while they arrive.
// What tells only by its content (payloads, exceptions that were handled) is not
// looked for: that would be all rows.
func (g *gap) scan(ctx context.Context, t signal.Tenant, since signal.Time) error {
	for _, q := range []struct {
		typ  signal.Type
		text string
	}{
		{signal.Spans, "status:error OR clew.outcome:*"},
		{signal.Logs, fmt.Sprint("level:>=", errorLevel)},
	} {
		where, err := query.Parse(q.text)
		if err != nil {
			return err
		}
		ask := &query.Query{Tenant: t, Type: q.typ, Range: signal.Range{From: since}, Where: where, Limit: g.w.MaxPending, Head: true}
		for rows, err := range g.w.Store.Scan(ctx, ask) {
			if err != nil {
				return err
			}
			for i := range rows.Rows {
				g.row(t, &rows.Rows[i])
			}
		}
	}
	return nil
}

func (g *gap) row(t signal.Tenant, r *query.Row) {
	at, end, rank := r.Position(), signal.Time(0), marked
	if r.Span != nil {
		end, rank = max(r.Span.Start, r.Span.End), failed
	} else {
		end = at.At
	}
	if at.Trace.IsZero() {
		return
	}
	g.w.mu.Lock()
	defer g.w.mu.Unlock()
	key := g.w.key(t, at.Trace)
	if g.known[key] && end < g.mark.Add(-settled) {
		return
	}
	if g.w.pend(key, t, at.Trace, rank, at.At, g.now) {
		g.found++
	}
}
