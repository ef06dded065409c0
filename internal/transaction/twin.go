package transaction

// This file keeps what several tracers told of one run from counting twice. What
// a second tracer tells of calls to a resource counts where the first told none.

// toldAgain gives for each row the twin whose run it is part of, as a row; -1 for
// none.
func (g *graph) toldAgain() []int {
	again := make([]int, len(g.t.Rows))
	for r := range g.t.Rows {
		again[r] = -1
		if first, ok := g.tree.twin[g.tree.preorder[r]]; ok && first >= 0 {
			again[r] = r
		} else if p := g.t.Rows[r].Parent; p >= 0 && g.item(p).own == g.item(r).own && !g.tree.entered[r] {
			again[r] = again[p]
		}
	}
	return again
}

// visitTwins visits what twins tell, one twin after the other.
func (g *graph) visitTwins(again []int) {
	if len(g.tree.twin) == 0 {
		return
	}
	for twin := range again {
		if again[twin] != twin {
			continue
		}
		g.before = len(g.t.Edges)
		for r := twin; r < twin+g.t.Rows[twin].Size; r++ {
			if again[r] == twin && !g.item(r).missing {
				g.visit(r)
			}
		}
	}
}

// toldTwice reports whether the call of row r was told before: by the run that it
// is a twin of, or by another sender of the same message.
func (g *graph) toldTwice(r, own, peer int) bool {
	at, known := g.edgeOf[edgeKey{own, peer, false}]
	if known && at < g.before {
		return true
	}
	w := g.item(r).ties
	if !known || w == nil {
		return false
	}
	for _, k := range w.sent {
		first := g.tree.senders[k][0]
		if g.tree.keys[k].strength != weak && first != g.tree.preorder[r] && g.tree.items[first].own == g.item(r).own {
			return true
		}
	}
	return false
}
