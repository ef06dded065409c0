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

	deliveries []delivery // by row
	first      []int      // by row: its first delivery
	messages   []life
	crossings  []crossing // by row
	passed     map[passing]bool
	before     int // edges that were there when the twin began that is visited
}

type edgeKey struct {
	from, to int
	async    bool
}

type interval struct{ from, to signal.Time }

func newGraph(t *Transaction, tree *tree, resources []signal.Resource) *graph {
	return &graph{
		t: t, tree: tree, resources: resources, nodeOf: map[int]int{}, edgeOf: map[edgeKey]int{}, passed: map[passing]bool{},
		carrier: make([]int, len(t.Rows)), called: make([]bool, len(t.Rows)),
	}
}

func (g *graph) item(row int) *item { return &g.tree.items[g.tree.preorder[row]] }

func (g *graph) build() {
	for r := range g.t.Rows {
		g.carrier[r] = g.findCarrier(r)
		p := g.t.Rows[r].Parent
		if p >= 0 && g.tree.entered[r] && g.carrier[p] >= 0 {
			g.called[g.carrier[p]] = true
		}
	}
	g.collect()
	g.lifeLines()
	again := g.toldAgain()
	for r := range g.t.Rows {
		if !g.item(r).missing && again[r] < 0 {
			g.visit(r)
		}
	}
	g.visitTwins(again)
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
	} else if ds := g.deliveriesOf(r); len(ds) > 0 {
		g.handOver(r, ds)
	} else if it.peer >= 0 && (it.kind == signal.Consumer || it.receive) && !g.receivedAbove(r) && g.first[r] == g.first[r+1] && !g.isTwin(r) {
		from := g.node(it.peer, r)
		g.edge(from, own, true, it.failed, row.Dur, g.wait(r, &delivery{sender: -1, rec: nothing}))
		row.Flags |= FlagAsync
	}
	switch c := g.carrier[r]; {
	case c < 0:
	case c != r:
		if !g.called[c] || g.item(c).kind == signal.Producer {
			row.Node = g.t.Rows[c].Node
		}
	case it.peer >= 0 && (!g.called[r] || passesOn(g.resources[it.peer].Kind)):
		peer := g.node(it.peer, r)
		row.Node = peer
		g.busy(peer, r)
		if g.toldTwice(r, own, peer) {
			row.Flags |= FlagTwin
			return
		}
		g.enter(peer, r)
		g.edge(own, peer, false, it.failed, row.Dur, 0)
	}
}

// receivedAbove reports whether a consumer above r on the same node took the message already.
func (g *graph) receivedAbove(r int) bool {
	p := g.t.Rows[r].Parent
	return p >= 0 && g.item(p).own == g.item(r).own && (g.item(p).kind == signal.Consumer || g.t.Rows[p].Flags&FlagAsync != 0)
}

// deliveriesOf returns the messages that row r was handed.
func (g *graph) deliveriesOf(r int) []delivery {
	ds := g.deliveries[g.first[r]:g.first[r+1]]
	if len(ds) > 0 && ds[0].rec == nil { // polls are dropped as a whole
		return nil
	}
	return ds
}

// arrive draws the edges by which row r was entered.
func (g *graph) arrive(r int) {
	if ds := g.deliveriesOf(r); len(ds) > 0 {
		g.handOver(r, ds)
		return
	}
	it, p := g.item(r), g.t.Rows[r].Parent
	switch {
	case g.isTwin(r):
	case p >= 0 && !g.item(p).missing:
		g.arriveByCall(r, p)
	default:
		if it.message {
			g.t.Rows[r].Flags |= FlagAsync
		}
		if cause := g.cause(r); cause >= 0 {
			g.edge(g.node(cause, r), g.t.Rows[r].Node, it.message, it.failed, g.t.Rows[r].Dur, 0)
		}
	}
}

// cause returns the resource through which row r was called, as it says itself.
func (g *graph) cause(r int) int {
	for _, a := range g.tree.arrivals[g.tree.preorder[r]] {
		if a.rec.from >= 0 {
			return a.rec.from
		}
	}
	if calls(g.item(r).kind) {
		return -1
	}
	return g.item(r).peer
}

func (g *graph) arriveByCall(r, p int) {
	c, from := g.carrier[p], g.node(g.item(p).own, p)
	failed, took := g.item(r).failed, g.t.Rows[r].Dur
	if c >= 0 {
		failed = failed || g.item(p).failed
		if r == p+1 { // of several callees of one call only the first counts the caller's time
			took = g.t.Rows[p].Dur
		}
	}
	if cause := g.cause(r); cause >= 0 && g.resources[cause].Kind == signal.Gateway && g.resources[g.item(p).own].Kind != signal.Gateway {
		through := g.node(cause, r)
		g.edge(from, through, false, failed, took, 0)
		from = through
	}
	g.edge(from, g.t.Rows[r].Node, false, failed, took, 0)
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
	} else if row.Outcome == Partial && node.Outcome == OK {
		node.Outcome, node.Error = Partial, row.Error
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
	g.countLaps()
	g.finishMessages()
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
	for i := range g.t.Messages {
		if m := &g.t.Messages[i]; m.DLQ >= 0 {
			m.DLQ = place[m.DLQ]
		}
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
