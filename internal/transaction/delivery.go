package transaction

import (
	"cmp"
	"slices"
	"time"

	"clew/internal/signal"
)

// This file finds which rows were handed messages, makes the life of each message
// of them, and draws the edges that messages take.

// delivery is one message handed to one row.
type delivery struct {
	row    int
	sender int // row of the call that sent it, as its carrier; -1
	rec    *record
	key    int32 // that the message is known by; -1
	from   int   // resource that delivered it; -1
	of     int   // message
	number int   // attempt, from 1
	failed bool
}

var nothing = &record{from: -1, deadFrom: -1}

// collect finds the deliveries, in row order, several of one row together.
func (g *graph) collect() {
	g.first = make([]int, len(g.t.Rows)+1)
	for r := range g.t.Rows {
		g.first[r] = len(g.deliveries)
		i := g.tree.preorder[r]
		if it := &g.tree.items[i]; it.missing || g.isTwin(r) {
			continue
		}
		if as := g.tree.arrivals[i]; len(as) > 0 && g.tree.receiver[r] == r {
			for k := range as {
				if g.isMessage(r, &as[k]) {
					g.add(r, &as[k])
				}
			}
		} else if len(as) == 0 && g.tree.entered[r] {
			g.collectPlain(r)
		}
	}
	g.first[len(g.t.Rows)] = len(g.deliveries)
}

// collectPlain finds what row r, which names no record, was handed: what its
// parent sent, or what it says itself where nobody sent it.
func (g *graph) collectPlain(r int) {
	it, p := g.item(r), g.t.Rows[r].Parent
	if p < 0 || g.item(p).missing {
		if it.peer >= 0 && (it.kind == signal.Consumer || it.message) {
			g.deliveries = append(g.deliveries, delivery{row: r, sender: -1, rec: nothing, key: -1, from: it.peer})
		}
		return
	}
	c := g.carrier[p]
	if it.message || c >= 0 && (g.item(c).kind == signal.Producer || g.isMessagingPeer(c)) {
		a := arrival{rec: nothing, sender: g.tree.preorder[p], by: -1}
		g.add(r, &a)
	}
}

func (g *graph) isMessagingPeer(c int) bool {
	peer := g.item(c).peer
	return peer >= 0 && isMessaging(g.resources[peer].Kind)
}

func (g *graph) isTwin(r int) bool {
	_, ok := g.tree.twin[g.tree.preorder[r]]
	return ok
}

// isMessage reports whether what arrived at r came without anybody waiting for
// the answer.
func (g *graph) isMessage(r int, a *arrival) bool {
	it := g.item(r)
	if it.message || slices.ContainsFunc(a.rec.keys, func(k int32) bool { return g.tree.keys[k].async }) {
		return true
	}
	if a.sender < 0 {
		return false
	}
	s := g.tree.rowOf[a.sender]
	c := g.carrier[s]
	if c >= 0 && (g.item(c).kind == signal.Producer || g.isMessagingPeer(c)) {
		return true
	}
	row := &g.t.Rows[s]
	told := a.by >= 0 && !g.tree.keys[a.by].sync || a.by < 0 && g.tree.joined[g.tree.preorder[r]]
	return told && row.Flags&FlagOpen == 0 && row.Start.Add(row.Dur) <= g.t.Rows[r].Start
}

func (g *graph) add(r int, a *arrival) {
	it := g.item(r)
	d := delivery{row: r, sender: -1, rec: a.rec, key: g.known(a.rec), from: a.rec.from}
	if d.from < 0 && it.peer >= 0 && (!calls(it.kind) || it.receive) {
		d.from = it.peer
	}
	if a.sender >= 0 {
		d.sender = g.tree.rowOf[a.sender]
		if c := g.carrier[d.sender]; c >= 0 {
			d.sender = c
		}
	}
	d.failed = g.failedOn(it, a.rec)
	g.deliveries = append(g.deliveries, d)
}

// known returns the key that the message of a record is told apart by: its own in
// a queue rather than that of the topic before it, and a call's only without.
func (g *graph) known(r *record) int32 {
	best, bestRank := int32(-1), 0
	for _, k := range r.keys {
		rank := 0
		switch kind := g.tree.keys[k]; {
		case kind.one:
			rank = 3
		case kind.strength == message:
			rank = 2
		case kind.strength == call || kind.async:
			rank = 1
		}
		if rank > bestRank {
			best, bestRank = k, rank
		}
	}
	return best
}

// failedOn reports whether item it failed on record r: on all of them, or on
// those that it says. Of a stream what follows the first failure comes again.
func (g *graph) failedOn(it *item, r *record) bool {
	if it.ties == nil || len(it.ties.failed) == 0 {
		return it.failed
	}
	for _, k := range r.keys {
		key := &g.tree.joinKeys[k]
		if key.Kind == signal.KeyKinesisRecord {
			if !before(sequence(key.Value), it.ties.failed) {
				return true
			}
		} else if _, ok := slices.BinarySearch(it.ties.failed, key.Value); ok {
			return true
		}
	}
	return false
}

// before reports whether sequence number s is below all of list.
func before(s string, list []string) bool {
	return !slices.ContainsFunc(list, func(l string) bool { return cmp.Or(cmp.Compare(len(s), len(l)), cmp.Compare(s, l)) >= 0 })
}

// handOver draws the edges by which the messages of row r came and notes how long
// they waited. A row counts once for each place its messages came from.
func (g *graph) handOver(r int, ds []delivery) {
	row := &g.t.Rows[r]
	row.Flags |= FlagAsync
	if node := &g.t.Nodes[row.Node]; node.Calls == 1 && g.tree.entered[r] {
		node.Async = true
	}
	var counted []int // edges
	for i := range ds {
		d := &ds[i]
		wait := g.wait(r, d)
		row.Wait = max(row.Wait, wait)
		g.waits = append(g.waits, interval{row.Start.Add(-wait), row.Start})
		if d.number > 1 {
			row.Flags |= FlagAttempt
		}
		from := g.path(d)
		if from < 0 || from == row.Node {
			continue
		}
		at, ok := g.edgeOf[edgeKey{from, row.Node, true}]
		if !ok || !slices.Contains(counted, at) {
			g.edge(from, row.Node, true, g.item(r).failed, row.Dur, 0)
			at = g.edgeOf[edgeKey{from, row.Node, true}]
			counted = append(counted, at)
			g.crossings = append(g.crossings, crossing{r, at})
			g.t.Edges[at].Retries += btoi(slices.ContainsFunc(ds, func(d delivery) bool { return d.number > 1 }))
		}
		e := &g.t.Edges[at]
		if d.number == 1 {
			e.Wait = addTime(e.Wait, wait)
		} else if d.number > e.Attempts {
			e.Attempts, e.LastWait = d.number, wait
		}
	}
}

// path draws how a message came to what delivered it and returns the node of
// that; -1 where nobody told anything.
func (g *graph) path(d *delivery) int {
	at := -1
	pass := func(resource int) {
		if resource < 0 {
			return
		}
		n := g.node(resource, d.row)
		way := passing{d.of, at, n}
		if d.key >= 0 && g.tree.keys[d.key].strength == call && d.sender >= 0 {
			way.of = -1 - d.sender // what one call sets off
		}
		if at >= 0 && at != n && !g.passed[way] {
			g.passed[way] = true
			g.edge(at, n, true, false, 0, 0)
		}
		at = n
	}
	if d.sender >= 0 {
		if peer := g.item(d.sender).peer; peer >= 0 && calls(g.item(d.sender).kind) && passesOn(g.resources[peer].Kind) {
			at = g.node(peer, d.sender)
		} else {
			at = g.node(g.item(d.sender).own, d.sender)
		}
	}
	for i := len(d.rec.via) - 1; i >= 0; i-- {
		pass(d.rec.via[i])
	}
	m := &g.messages[d.of]
	if m.home >= 0 && m.home != d.from {
		pass(m.home)
	}
	pass(d.from)
	return at
}

// passing is a message on its way from node to node, which it takes once.
type passing struct{ of, from, to int }

// passesOn reports whether what is given to a resource may set others off.
func passesOn(k signal.ResourceKind) bool {
	return isMessaging(k) || k == signal.Table || k == signal.Bucket
}

// wait is how long a message waited before row d.row began: since it was sent, as
// its record tells, else since the end of sending. A message may be received
// before its sender has the receipt: that is no wait.
func (g *graph) wait(r int, d *delivery) time.Duration {
	row := &g.t.Rows[r]
	sent := d.rec.sent
	if sent == 0 {
		sent = g.item(r).sent
	}
	if d.sender >= 0 {
		s := &g.t.Rows[d.sender]
		// What tells a time before the sending or after the receipt is another clock.
		if s.Flags&FlagOpen == 0 && (sent < s.Start || sent > row.Start) {
			sent = s.Start.Add(s.Dur)
		}
	}
	if sent == 0 {
		return 0
	}
	return max(0, row.Start.Sub(sent))
}

// crossing is an edge that row was reached by.
type crossing struct{ row, edge int }

// countLaps notes how often one path goes over an edge and enters a node by
// messages: rows below each other lie on one path.
func (g *graph) countLaps() {
	edges, nodes := make([]int, len(g.t.Edges)), make([]int, len(g.t.Nodes))
	var open []crossing // ends of rows and what they crossed, outermost first
	for _, c := range g.crossings {
		for len(open) > 0 {
			last := open[len(open)-1]
			if c.row < last.row+g.t.Rows[last.row].Size {
				break
			}
			edges[last.edge]--
			nodes[g.t.Edges[last.edge].To]--
			open = open[:len(open)-1]
		}
		e := &g.t.Edges[c.edge]
		edges[c.edge]++
		nodes[e.To]++
		if n := edges[c.edge]; n > 1 {
			e.Laps = max(e.Laps, n)
		}
		if n := nodes[e.To]; n > 1 {
			g.t.Nodes[e.To].Laps = max(g.t.Nodes[e.To].Laps, n)
		}
		open = append(open, c)
	}
}
