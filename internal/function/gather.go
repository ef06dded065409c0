package function

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/transaction"
)

// maxRun is how long an invocation can take: Lambda's limit.
const maxRun = 15 * time.Minute

// maxPending bounds the calls remembered of spans whose parents have not come yet.
const maxPending = 1 << 18

// gatherer reads the spans of functions newest first. A call starts after the
// invocation that made it, so that every invocation comes after all its calls:
// these are handed up from span to span until they meet it.
type gatherer struct {
	strings map[string]string
	known   map[signal.Resource]int
	peers   []signal.Resource
	pending map[spanKey][]transaction.Wait // Node: index into peers
	held    int
	at      signal.Time
	same    []span // that start at the same instant, not yet settled
	found   []Invocation
}

type spanKey struct {
	trace signal.TraceID
	id    signal.SpanID
}

// span is the little that is kept of a row until it is settled.
type span struct {
	key, parent spanKey
	from, to    signal.Time
	peer        int // index into peers; -1 for spans that call nobody
	invocation  int // index into found; -1
}

// invocations reads those that started in r, of the spans that only holds for, and
// the lines of the platform. partial says why some may be missing.
func invocations(ctx context.Context, st store.Store, t signal.Tenant, r signal.Range, only *query.Expr) (all []Invocation, partial string, err error) {
	g := &gatherer{strings: map[string]string{}, known: map[signal.Resource]int{}, pending: map[spanKey][]transaction.Wait{}}
	q := &query.Query{Tenant: t, Type: signal.Spans, Range: signal.Range{From: r.From, To: r.To.Add(maxRun)}, Where: query.All(Spans, only)}
	for rows, err := range st.Scan(ctx, q) {
		if err != nil {
			return nil, "", err
		}
		partial = cmp.Or(partial, rows.Partial)
		for i := range rows.Rows {
			g.row(&rows.Rows[i], r)
		}
	}
	g.settle()
	told, missed, err := lines(ctx, st, t, r, g.intern)
	if err != nil {
		return nil, "", err
	}
	return join(g.found, told, r), cmp.Or(partial, missed), nil
}

// Spans is the condition on spans and logs of what may be a function.
var Spans = query.Any(
	&query.Expr{Op: query.Exists, Field: "resource.faas.name"},
	&query.Expr{Op: query.Exists, Field: "resource.cloud.platform"},
)

func (g *gatherer) row(r *query.Row, in signal.Range) {
	own := transaction.Resource(r.Resource)
	if own.Kind != signal.Function {
		return
	}
	s := r.Span
	if s.Start != g.at {
		g.settle()
		g.at = s.Start
	}
	n := span{key: spanKey{s.Trace, s.ID}, parent: spanKey{s.Trace, s.Parent}, from: s.Start, to: s.End, peer: -1, invocation: -1}
	switch {
	case isInvocation(s):
		if !in.Contains(s.Start) { // of a later window, which counts it
			n.invocation = len(g.found)
			g.found = append(g.found, Invocation{})
			break
		}
		inv := fromSpan(own, s, r.Resource)
		g.keep(&inv)
		n.invocation = len(g.found)
		g.found = append(g.found, inv)
	case s.Kind == signal.Client || s.Kind == signal.Producer:
		if peer := transaction.Peer(s); peer.Kind != "" {
			n.peer = g.resource(peer)
		}
	}
	g.same = append(g.same, n)
}

// keep makes the texts of inv outlive the row.
func (g *gatherer) keep(inv *Invocation) {
	for _, s := range []*string{&inv.Function.Name, &inv.Function.Account, &inv.Function.Region, &inv.Version, &inv.Request, &inv.Trigger, &inv.Arch, &inv.Error} {
		*s = g.intern(*s)
	}
}

func (g *gatherer) intern(s string) string {
	if k, ok := g.strings[s]; ok {
		return k
	}
	s = strings.Clone(s)
	g.strings[s] = s
	return s
}

func (g *gatherer) resource(r signal.Resource) int {
	if i, ok := g.known[r]; ok {
		return i
	}
	r.Name, r.Account, r.Region = g.intern(r.Name), g.intern(r.Account), g.intern(r.Region)
	g.known[r] = len(g.peers)
	g.peers = append(g.peers, r)
	return len(g.peers) - 1
}

// settle hands on what the spans of one instant waited for, children first.
func (g *gatherer) settle() {
	if len(g.same) > 1 {
		g.childrenFirst()
	}
	for _, s := range g.same {
		waits := g.pending[s.key]
		delete(g.pending, s.key)
		g.held -= len(waits)
		switch {
		case s.invocation >= 0:
			if inv := &g.found[s.invocation]; inv.Start != 0 {
				inv.Idle = g.idle(s, waits)
			}
			continue
		case s.peer >= 0: // what it needed below it is part of the same wait
			waits = append(waits[:0], transaction.Wait{Node: s.peer, From: s.from, To: s.to})
		}
		if len(waits) > 0 && !s.parent.id.IsZero() {
			g.pending[s.parent] = append(g.pending[s.parent], waits...)
			g.held += len(waits)
		}
	}
	g.same = g.same[:0]
	if g.held > maxPending {
		g.forget()
	}
}

// childrenFirst orders g.same, among which there may be parents and their children.
func (g *gatherer) childrenFirst() {
	at := make(map[spanKey]int, len(g.same))
	for i, s := range g.same {
		at[s.key] = i
	}
	depth := make(map[spanKey]int, len(g.same))
	for i := range g.same {
		n := 0
		for p, ok := at[g.same[i].parent]; ok && n <= len(g.same); p, ok = at[g.same[p].parent] {
			n++
		}
		depth[g.same[i].key] = n
	}
	slices.SortStableFunc(g.same, func(a, b span) int { return cmp.Compare(depth[b.key], depth[a.key]) })
}

// forget drops what no invocation can ask for any more, and, if that is not
// enough, everything.
func (g *gatherer) forget() {
	for k, waits := range g.pending {
		if waits[0].From > g.at.Add(maxRun) {
			g.held -= len(waits)
			delete(g.pending, k)
		}
	}
	if g.held > maxPending/2 {
		clear(g.pending)
		g.held = 0
	}
}

// idle is the time of s covered by waits; what passed while waiting for several is
// shared among them.
func (g *gatherer) idle(s span, waits []transaction.Wait) (out []Idle) {
	within := waits[:0]
	for _, w := range waits {
		if w.From, w.To = max(w.From, s.from), min(w.To, s.to); w.From < w.To {
			within = append(within, w)
		}
	}
	_, by := transaction.Share(within)
	for _, b := range by {
		out = append(out, Idle{For: g.peers[b.Node], Time: b.Idle})
	}
	return out
}
