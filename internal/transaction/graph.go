package transaction

import (
	"cmp"
	"slices"
	"time"

	"clew/internal/signal"
)

// graph makes the nodes and edges of a transaction from its rows in preorder.
type graph struct {
	t         *Transaction
	tree      *tree
	resources []signal.Resource
	nodeOf    map[int]int // resource → node
	edgeOf    map[edgeKey]int
	carrier   []int  // by row: the row that stands for the whole call; -1 for rows that call nobody
	called    []bool // by row: an instrumented callee answers below it
	spans     [][]interval
	entered   []signal.Time // by node: when first entered
	waits     []interval    // of messages
	tried     map[delivery]attempt
}

// delivery is what attempts at one message have in common.
type delivery struct{ sender, to int } // row, node

// attempt is the last one seen.
type attempt struct{ row, number int }

type edgeKey struct {
	from, to int
	async    bool
}

type interval struct{ from, to signal.Time }

func newGraph(t *Transaction, tree *tree, resources []signal.Resource) *graph {
	tree.entered = make([]bool, len(t.Rows))
	return &graph{
		t: t, tree: tree, resources: resources, nodeOf: map[int]int{}, edgeOf: map[edgeKey]int{}, tried: map[delivery]attempt{},
		carrier: make([]int, len(t.Rows)), called: make([]bool, len(t.Rows)),
	}
}

func (g *graph) item(row int) *item { return &g.tree.items[g.tree.preorder[row]] }

func (g *graph) build() {
	for r := range g.t.Rows {
		g.carrier[r] = g.findCarrier(r)
		p := g.t.Rows[r].Parent
		g.tree.entered[r] = !g.item(r).missing && g.enters(r, p)
		if p >= 0 && g.tree.entered[r] && g.carrier[p] >= 0 {
			g.called[g.carrier[p]] = true
		}
	}
	for r := range g.t.Rows {
		if !g.item(r).missing {
			g.visit(r)
		}
	}
	for r := len(g.t.Rows) - 1; r >= 0; r-- {
		if row := &g.t.Rows[r]; g.item(r).missing {
			row.Node = g.nodeOf[g.item(r).own]
		}
	}
	g.finish()
}

func calls(k signal.SpanKind) bool { return k == signal.Client || k == signal.Producer }

// findCarrier returns the outermost client span of the call that row r is part
// of: SDKs put an HTTP client span below their own, which is the same call.
func (g *graph) findCarrier(r int) int {
	it := g.item(r)
	if !calls(it.kind) && (it.kind != signal.KindUnset || it.peer < 0) || it.receive {
		return -1
	}
	if p := g.t.Rows[r].Parent; p >= 0 && g.carrier[p] >= 0 && g.item(p).own == it.own && g.item(g.carrier[p]).peer >= 0 {
		return g.carrier[p]
	}
	return r
}

// enters reports whether row r begins a stay on its node.
func (g *graph) enters(r, parent int) bool {
	if parent < 0 {
		return true
	}
	if g.item(parent).missing { // a call made by what is missing begins nothing
		return !calls(g.item(r).kind)
	}
	it, p := g.item(r), g.item(parent)
	return it.own != p.own || (it.kind == signal.Server || it.kind == signal.Consumer) && calls(p.kind)
}

func (g *graph) visit(r int) {
	it := g.item(r)
	row := &g.t.Rows[r]
	own := g.node(it.own, r)
	g.t.Nodes[own].Instrumented = true
	g.t.Nodes[own].Service = row.Service
	g.t.Nodes[own].Cold = g.t.Nodes[own].Cold || it.cold
	row.Node = own
	g.busy(own, r)
	if g.tree.entered[r] {
		g.enter(own, r)
		g.arrive(r)
	} else if it.peer >= 0 && (it.kind == signal.Consumer || it.receive) && !g.receivedAbove(r) {
		from := g.node(it.peer, r)
		g.edge(from, own, true, it.failed, row.Dur, g.wait(r, -1))
		row.Flags |= FlagAsync
	}
	switch c := g.carrier[r]; {
	case c < 0:
	case c != r:
		if !g.called[c] || g.item(c).kind == signal.Producer {
			row.Node = g.t.Rows[c].Node
		}
	case it.peer >= 0 && (!g.called[r] || isMessaging(g.resources[it.peer].Kind)):
		peer := g.node(it.peer, r)
		row.Node = peer
		g.busy(peer, r)
		g.enter(peer, r)
		g.edge(own, peer, false, it.failed, row.Dur, 0)
	}
}

// receivedAbove reports whether a consumer above r on the same node took the message already.
func (g *graph) receivedAbove(r int) bool {
	p := g.t.Rows[r].Parent
	return p >= 0 && g.item(p).own == g.item(r).own && (g.item(p).kind == signal.Consumer || g.t.Rows[p].Flags&FlagAsync != 0)
}

// arrive draws the edges by which row r was entered.
func (g *graph) arrive(r int) {
	it, row := g.item(r), &g.t.Rows[r]
	p := row.Parent
	if p < 0 || g.item(p).missing {
		if it.peer >= 0 && it.kind == signal.Consumer {
			from := g.node(it.peer, r)
			g.deliver(r, -1, from)
		} else if it.message {
			row.Flags |= FlagAsync
		}
		return
	}
	from := g.node(g.item(p).own, p)
	c := g.carrier[p]
	sentTo := -1
	if c >= 0 && g.item(c).peer >= 0 && isMessaging(g.resources[g.item(c).peer].Kind) {
		sentTo = g.node(g.item(c).peer, c)
	}
	if sentTo < 0 && !it.message && (c < 0 || g.item(c).kind != signal.Producer) {
		g.arriveByCall(r, p, c, from)
		return
	}
	if sentTo >= 0 {
		from = sentTo
	}
	if it.peer >= 0 && it.kind == signal.Consumer {
		if source := g.node(it.peer, r); source != from {
			g.edge(from, source, true, false, 0, 0)
			from = source
		}
	}
	sender := c
	if sender < 0 {
		sender = p
	}
	g.deliver(r, sender, from)
}

func (g *graph) arriveByCall(r, p, c, from int) {
	failed, took := g.item(r).failed, g.t.Rows[r].Dur
	if c >= 0 {
		failed = failed || g.item(p).failed
		if r == p+1 { // of several callees of one call only the first counts the caller's time
			took = g.t.Rows[p].Dur
		}
	}
	g.edge(from, g.t.Rows[r].Node, false, failed, took, 0)
}

// deliver draws the last, asynchronous edge to row r and notes how long the
// message waited.
func (g *graph) deliver(r, sender, from int) {
	row := &g.t.Rows[r]
	row.Flags |= FlagAsync
	row.Wait = g.wait(r, sender)
	g.waits = append(g.waits, interval{row.Start.Add(-row.Wait), row.Start})
	node := &g.t.Nodes[row.Node]
	if node.Calls == 1 {
		node.Async = true
	}
	n := g.attempt(r, sender)
	if n == 1 {
		g.edge(from, row.Node, true, g.item(r).failed, row.Dur, row.Wait)
		return
	}
	e := g.edge(from, row.Node, true, g.item(r).failed, row.Dur, 0)
	e.Retries++
	if n > e.Attempts {
		e.Attempts, e.LastWait = n, row.Wait
	}
}

// attempt numbers the deliveries of one message: one that begins after another
// failed, of the same sender to the same node, is a further attempt. Several
// messages of one sending are told apart by that.
func (g *graph) attempt(r, sender int) int {
	if sender < 0 {
		return 1
	}
	row := &g.t.Rows[r]
	key := delivery{sender, row.Node}
	n := 1
	if last, ok := g.tried[key]; ok {
		before := &g.t.Rows[last.row]
		if before.Flags&FlagError != 0 && before.Start.Add(before.Dur) <= row.Start {
			n = last.number + 1
		}
	}
	g.tried[key] = attempt{r, n}
	return n
}

// wait is the time from the end of sending to the start of r. A message may be
// received before its sender has the receipt: that is no wait.
func (g *graph) wait(r, sender int) time.Duration {
	row := &g.t.Rows[r]
	sent := g.item(r).sent
	if sender >= 0 {
		sent = g.t.Rows[sender].Start.Add(g.t.Rows[sender].Dur)
		if g.t.Rows[sender].Flags&FlagOpen != 0 {
			sent = 0
		}
	}
	if sent == 0 {
		return 0
	}
	return max(0, row.Start.Sub(sent))
}

func (g *graph) node(resource, row int) int {
	if n, ok := g.nodeOf[resource]; ok {
		return n
	}
	n := len(g.t.Nodes)
	g.nodeOf[resource] = n
	g.t.Nodes = append(g.t.Nodes, Node{Resource: g.resources[resource], Service: -1, Outcome: OK, Row: row})
	g.spans = append(g.spans, nil)
	g.entered = append(g.entered, g.t.Rows[row].Start)
	return n
}

func (g *graph) busy(n, r int) {
	row := &g.t.Rows[r]
	g.spans[n] = append(g.spans[n], interval{row.Start, row.Start.Add(row.Dur)})
	if row.Start < g.entered[n] {
		g.entered[n] = row.Start
		g.t.Nodes[n].Row = r
	}
}

// enter counts one entry of node n by row r; of several failures the last is told.
func (g *graph) enter(n, r int) {
	node, row := &g.t.Nodes[n], &g.t.Rows[r]
	node.Calls++
	if row.Flags&FlagError != 0 {
		node.Errors++
		node.Outcome, node.Error = row.Outcome, row.Error
	} else if row.Flags&FlagOpen != 0 && node.Outcome == OK {
		node.Outcome = Running
	}
}

func (g *graph) edge(from, to int, async, failed bool, took, wait time.Duration) *Edge {
	if from == to {
		return new(Edge) // is not drawn
	}
	key := edgeKey{from, to, async}
	i, ok := g.edgeOf[key]
	if !ok {
		i = len(g.t.Edges)
		g.edgeOf[key] = i
		g.t.Edges = append(g.t.Edges, Edge{From: from, To: to, Async: async})
	}
	e := &g.t.Edges[i]
	e.Calls++
	if failed {
		e.Errors++
	}
	e.Total, e.Wait = addTime(e.Total, took), addTime(e.Wait, wait)
	return e
}

// addTime adds without wrapping round, whatever times were sent.
func addTime(a, b time.Duration) time.Duration { return time.Duration(signal.Time(a).Add(b)) }

// finish computes busy times and puts the nodes in the order they were entered.
func (g *graph) finish() {
	g.t.QueueWait = union(g.waits)
	order := make([]int, len(g.t.Nodes))
	for n := range g.t.Nodes {
		order[n] = n
		if g.t.Nodes[n].Instrumented { // what was seen working was entered, though nobody may have told
			g.t.Nodes[n].Calls = max(1, g.t.Nodes[n].Calls)
		}
		g.t.Nodes[n].Busy = union(g.spans[n])
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(g.entered[a], g.entered[b]), cmp.Compare(g.t.Nodes[a].Row, g.t.Nodes[b].Row))
	})
	place := make([]int, len(order))
	nodes := make([]Node, len(order))
	for i, n := range order {
		place[n] = i
		nodes[i] = g.t.Nodes[n]
	}
	g.t.Nodes = nodes
	for i := range g.t.Rows {
		g.t.Rows[i].Node = place[g.t.Rows[i].Node]
	}
	for i := range g.t.Edges {
		e := &g.t.Edges[i]
		e.From, e.To = place[e.From], place[e.To]
	}
	slices.SortFunc(g.t.Edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(btoi(a.Async), btoi(b.Async)))
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// union is the time covered by any of the intervals.
func union(spans []interval) time.Duration {
	slices.SortFunc(spans, func(a, b interval) int { return cmp.Compare(a.from, b.from) })
	var sum time.Duration
	var until signal.Time
	for i, s := range spans {
		if i == 0 || s.from > until {
			until = s.from
		}
		if s.to > until {
			sum = addTime(sum, s.to.Sub(until))
			until = s.to
		}
	}
	return sum
}
