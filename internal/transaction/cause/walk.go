package cause

import "clew/internal/transaction"

// deepest follows failed calls down from the visible failure.
func deepest(t *transaction.Transaction) *Cause {
	row := t.Failure
	path := []int{row}
	for {
		next := -1
		for c := row + 1; c < row+t.Rows[row].Size; c += t.Rows[c].Size {
			r := &t.Rows[c]
			if r.Flags&transaction.FlagError != 0 && r.Flags&transaction.FlagAsync == 0 && (next < 0 || r.Start >= t.Rows[next].Start) {
				next = c
			}
		}
		if next < 0 {
			break
		}
		row = next
		path = append([]int{row}, path...)
	}
	c := &Cause{Row: row, Failure: t.Failure, Headline: t.Nodes[t.Rows[row].Node].Name + " failed: " + t.Rows[row].Error, Confidence: Low, Rows: path}
	for _, r := range path {
		if n := t.Rows[r].Node; len(c.Nodes) == 0 || c.Nodes[len(c.Nodes)-1] != n {
			c.Nodes = append(c.Nodes, n)
		}
	}
	c.Hops = len(c.Nodes) - 1
	return c
}
