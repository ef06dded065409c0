package transaction

import (
	"cmp"
	"math"
	"slices"
	"time"

	"clew/internal/signal"
)

// Idle says how long an invocation was billed while it only waited for others.
type Idle struct {
	Row    int           // the invocation
	Billed time.Duration // its duration; what was told of billing is not in a Transaction
	Idle   time.Duration // while at least one call was under way: the union of its waits
	By     []IdleBy      // who it waited for, longest first; adds up to Idle
}

// IdleBy is the part of one downstream. Time spent waiting for several at once is
// shared among them evenly.
type IdleBy struct {
	Node int
	Idle time.Duration
}

// Idle lists the invocations of functions that waited, by row. A function waits
// while a call that it made has not been answered; what it computes meanwhile
// cannot be seen. Calls that answer nothing, such as messages under way, are no
// waits: sending them is.
func (t *Transaction) Idle() []Idle {
	var all []Idle
	for r := range t.Rows {
		if !t.Invocation(r) {
			continue
		}
		if it := t.idleOf(r); it.Idle > 0 {
			all = append(all, it)
		}
	}
	return all
}

// Invocation reports whether row r is one run of an instrumented function, told
// for the first time: what another tracer tells again and spans within a run are
// none.
func (t *Transaction) Invocation(r int) bool {
	row := &t.Rows[r]
	n := &t.Nodes[row.Node]
	if n.Kind != signal.Function || !n.Instrumented || row.Flags&(FlagMissing|FlagTwin) != 0 || calls(row.Kind) {
		return false
	}
	up := row.Parent
	for up >= 0 && t.Rows[up].Flags&(FlagMissing|FlagTwin) != 0 {
		up = t.Rows[up].Parent
	}
	if up < 0 {
		return true
	}
	p := &t.Rows[up]
	switch {
	case calls(p.Kind):
		return row.Kind == signal.Server || row.Kind == signal.Consumer || row.Service != p.Service
	case p.Node != row.Node:
		return true
	}
	return row.Flags&FlagAsync != 0 && row.Start >= end(p) // a function that set itself off
}

func (t *Transaction) idleOf(r int) Idle {
	run := &t.Rows[r]
	var waits []Wait
	for c := r + 1; c < r+run.Size; {
		row := &t.Rows[c]
		if !t.waitsFor(run, row) {
			if t.Rows[c].Node == run.Node && row.Flags&FlagAsync == 0 {
				c++
			} else {
				c += row.Size
			}
			continue
		}
		w := Wait{t.callee(c, run.Node), max(row.Start, run.Start), min(end(row), end(run))}
		if w.From < w.To {
			waits = append(waits, w)
		}
		c += row.Size
	}
	idle := Idle{Row: r, Billed: run.Dur}
	idle.Idle, idle.By = Share(waits)
	return idle
}

// waitsFor reports whether row, below run and within the same function, is a call.
func (t *Transaction) waitsFor(run, row *Row) bool {
	switch {
	case row.Flags&(FlagMissing|FlagTwin) != 0:
		return false
	case calls(row.Kind):
		return true
	}
	return row.Node != run.Node && row.Flags&FlagAsync == 0 // the caller's span is missing, or has no kind
}

// callee returns the node that the call of row c was answered by.
func (t *Transaction) callee(c, own int) int {
	for r := c; r < c+t.Rows[c].Size; r++ {
		if n := t.Rows[r].Node; n != own {
			return n
		}
	}
	return own
}

// Wait is the time of one call.
type Wait struct {
	Node     int
	From, To signal.Time
}

// Share returns the time covered by any of the waits and divides it among their
// nodes. It goes through the beginnings and ends in order; at any time, clock is
// how much every node that is waited for has got since the first beginning.
func Share(waits []Wait) (time.Duration, []IdleBy) {
	if len(waits) == 0 {
		return 0, nil
	}
	type turn struct {
		at    signal.Time
		node  int
		begin bool
	}
	turns := make([]turn, 0, 2*len(waits))
	for _, w := range waits {
		turns = append(turns, turn{w.From, w.Node, true}, turn{w.To, w.Node, false})
	}
	slices.SortFunc(turns, func(a, b turn) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.node, b.node), btoi(b.begin)-btoi(a.begin))
	})
	var idle time.Duration
	var clock float64
	open, since, got := map[int]int{}, map[int]float64{}, map[int]float64{}
	for i, t := range turns {
		if i > 0 && len(open) > 0 {
			d := t.at.Sub(turns[i-1].at)
			idle = addTime(idle, d)
			clock += float64(d) / float64(len(open))
		}
		switch {
		case t.begin:
			if open[t.node]++; open[t.node] == 1 {
				since[t.node] = clock
			}
		case open[t.node] == 1:
			got[t.node] += clock - since[t.node]
			delete(open, t.node)
		default:
			open[t.node]--
		}
	}
	return idle, divide(idle, got)
}

// divide makes whole nanoseconds of shares, which add up to idle.
func divide(idle time.Duration, got map[int]float64) []IdleBy {
	by := make([]IdleBy, 0, len(got))
	left := idle
	for n, share := range got {
		d := time.Duration(math.Round(share))
		by = append(by, IdleBy{n, d})
		left -= d
	}
	slices.SortFunc(by, func(a, b IdleBy) int { return cmp.Or(cmp.Compare(b.Idle, a.Idle), cmp.Compare(a.Node, b.Node)) })
	by[0].Idle += left
	return by
}
