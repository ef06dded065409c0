package transaction

import (
	"cmp"
	"slices"

	"clew/internal/signal"
)

// life is a message while it is put together; its resources become nodes last.
type life struct {
	Message
	key       int32
	home, dlq int // resources; -1
	last      int // delivery
}

// kinship is what deliveries of one message have in common. Queues hand a message
// to one consumer at a time, whoever that is; topics hand it to each.
type kinship struct {
	key    int32
	sender int // row; for messages without a key
	own    int // resource of the consumer; -1 for queues
}

// lifeLines makes messages of the deliveries, whose attempts it numbers.
func (g *graph) lifeLines() {
	g.dropPolls()
	order := make([]int, len(g.deliveries))
	for i := range order {
		order[i] = i
	}
	rows := g.t.Rows
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(rows[g.deliveries[a].row].Start, rows[g.deliveries[b].row].Start)
	})
	known := map[kinship]int{}
	for _, i := range order {
		d := &g.deliveries[i]
		if d.rec == nil {
			continue
		}
		kin, alone := g.kinship(d)
		at, ok := known[kin]
		if !ok || alone || !g.follows(d, &g.messages[at]) {
			at = len(g.messages)
			known[kin] = at
			g.messages = append(g.messages, g.born(d))
		}
		g.live(at, i)
	}
	g.neverDelivered()
}

// kinship says what d has in common with other attempts; alone when nothing.
func (g *graph) kinship(d *delivery) (kin kinship, alone bool) {
	kin = kinship{key: d.key, sender: -1, own: g.item(d.row).own}
	switch {
	case d.key < 0:
		kin.sender = d.sender
	case g.tree.keys[d.key].one:
		kin.own = -1
	}
	return kin, d.key < 0 && d.sender < 0
}

// follows reports whether d, which begins after all deliveries of m, is another
// attempt at it. Where one key or one sender stands for several messages, only
// what begins after a failure is.
func (g *graph) follows(d *delivery, m *life) bool {
	if d.key >= 0 && g.tree.keys[d.key].strength != call || d.rec.attempts > 1 {
		return true
	}
	last := &g.deliveries[m.last]
	before := &g.t.Rows[last.row]
	if d.key >= 0 && g.tree.joinKeys[d.key].Kind == signal.KeyRequest {
		return true
	}
	return last.failed && d.rec.attempts == 0 && before.Start.Add(before.Dur) <= g.t.Rows[d.row].Start
}

func (g *graph) born(d *delivery) life {
	l := life{key: d.key, home: d.from, dlq: -1, last: -1}
	if d.rec.deadFrom >= 0 {
		l.home = d.rec.deadFrom
	}
	l.Message = Message{Sender: -1, Batch: 1, DLQ: -1}
	if d.key >= 0 {
		l.Key = g.tree.joinKeys[d.key]
	}
	return l
}

// live adds delivery i to message at.
func (g *graph) live(at, i int) {
	d, m := &g.deliveries[i], &g.messages[at]
	d.of, d.number = at, 1
	if m.last >= 0 {
		last := &g.deliveries[m.last]
		if d.number = last.number + 1; last.row == d.row { // one batch tells a message twice
			d.number = last.number
		}
	}
	d.number = max(d.number, d.rec.attempts)
	if n := len(m.Attempts); n == 0 || m.Attempts[n-1] != d.row {
		m.Attempts = append(m.Attempts, d.row)
	}
	m.last = i
	m.Batch = max(m.Batch, len(g.tree.arrivals[g.tree.preorder[d.row]]))
	if m.Sender < 0 && d.sender >= 0 {
		m.Sender = d.sender
		m.Trace = g.tree.traceIDs[g.item(d.sender).trace]
	}
	if m.Sender < 0 && d.rec.story > 0 {
		m.Trace = g.tree.traceIDs[d.rec.story-1]
	}
	switch {
	case d.from < 0:
	case m.home < 0:
		m.home = d.from
	case d.from == m.home:
		m.Redriven = m.Redriven || m.dlq >= 0
	case m.key >= 0 && g.tree.keys[m.key].one || d.rec.deadFrom >= 0:
		m.dlq = d.from
	}
}

// dropPolls takes out receiving calls whose messages were then worked on by rows
// of their own.
func (g *graph) dropPolls() {
	type worked struct {
		key int32
		own int
	}
	done := map[worked]bool{}
	for i := range g.deliveries {
		if d := &g.deliveries[i]; d.key >= 0 && !g.item(d.row).receive {
			done[worked{d.key, g.item(d.row).own}] = true
		}
	}
	for i := range g.deliveries {
		if d := &g.deliveries[i]; g.item(d.row).receive && done[worked{d.key, g.item(d.row).own}] {
			d.rec = nil
		}
	}
}

// neverDelivered adds the messages that were sent and not seen again.
func (g *graph) neverDelivered() {
	seen := map[int32]bool{}
	for i := range g.deliveries {
		if d := &g.deliveries[i]; d.rec != nil {
			for _, k := range d.rec.keys {
				seen[k] = true
			}
		}
	}
	for r := range g.t.Rows {
		w := g.item(r).ties
		if w == nil || len(w.sent) == 0 {
			continue
		}
		kind := ""
		numbers := map[string]bool{}
		for _, k := range w.sent {
			key := g.tree.joinKeys[k]
			if g.tree.keys[k].strength != message || key.Kind == signal.KeyS3Request || kind != "" && key.Kind != kind {
				continue
			}
			kind = key.Kind
			id := key.Value
			if kind == signal.KeyKinesisRecord {
				id = sequence(id)
			}
			if seen[k] || numbers[id] || g.tree.senders[k][0] != g.tree.preorder[r] {
				continue
			}
			numbers[id] = true
			sender := r
			if c := g.carrier[r]; c >= 0 {
				sender = c
			}
			g.messages = append(g.messages, life{key: k, home: -1, dlq: -1, last: -1, Message: Message{
				Key: key, Sender: sender, Trace: g.tree.traceIDs[g.item(r).trace], Batch: 1, DLQ: -1,
			}})
		}
	}
}

// Lambda tries an asynchronous invocation three times unless it is told otherwise.
const asyncTries = 3

// conclude says what became of m, and marks the failures that later went well.
func (g *graph) conclude(m *life) {
	m.Fate = NoFate
	if m.last < 0 {
		return
	}
	last := &g.deliveries[m.last]
	row := &g.t.Rows[last.row]
	queue := m.key >= 0 && g.tree.keys[m.key].one
	switch {
	case m.dlq >= 0 && last.from == m.dlq:
		m.Fate = Dead
	case row.Flags&FlagOpen != 0:
	case !last.failed:
		m.Fate = Delivered
	case !queue && last.number >= asyncTries && g.t.Nodes[row.Node].Kind == signal.Function && !g.polled(last.from):
		m.Fate = Dropped
	default:
		m.Fate = Retrying
	}
	if m.dlq >= 0 {
		m.DLQ = g.nodeOf[m.dlq]
	}
}

// polled reports whether Lambda fetches the records of a resource, and so keeps
// trying.
func (g *graph) polled(resource int) bool {
	if resource < 0 {
		return false
	}
	switch g.resources[resource].Kind {
	case signal.Queue, signal.Stream, signal.Table:
		return true
	}
	return false
}

// finishMessages concludes all messages and puts them in order.
func (g *graph) finishMessages() {
	open := make([]bool, len(g.t.Rows)) // a failure here is not made good
	tried := make([]bool, len(g.t.Rows))
	for i := range g.messages {
		g.conclude(&g.messages[i])
	}
	for i := range g.deliveries {
		d := &g.deliveries[i]
		if d.rec == nil {
			continue
		}
		m := &g.messages[d.of]
		tried[d.row] = true
		open[d.row] = open[d.row] || d.failed && (m.Fate != Delivered || m.last == i) && !d.foreign(m)
	}
	g.tree.settled = make([]bool, len(g.t.Rows))
	for r := range g.t.Rows {
		g.tree.settled[r] = tried[r] && !open[r]
	}
	at := func(m *life) (signal.Time, int) {
		if len(m.Attempts) > 0 {
			return g.t.Rows[m.Attempts[0]].Start, m.Attempts[0]
		}
		return g.t.Rows[m.Sender].Start, m.Sender
	}
	slices.SortStableFunc(g.messages, func(a, b life) int {
		t, r := at(&a)
		u, s := at(&b)
		return cmp.Or(cmp.Compare(t, u), cmp.Compare(r, s))
	})
	for i := range g.messages {
		g.t.Messages = append(g.t.Messages, g.messages[i].Message)
	}
}

// foreign reports whether d is of a message that another story tells.
func (d *delivery) foreign(m *life) bool { return m.Sender < 0 && d.rec.story > 0 }
