package issue

import (
	"slices"
	"strings"

	"clew/internal/transaction"
)

// laps is how often a message must come to one place before it is a loop: twice
// is a retry, a reply or a second step.
const laps = 3

// loops finds resources that a message entered again and again, each time by what
// it did the time before: by the resources of one lap, wherever it began.
func loops(s *scene) (all []found) {
	depth := make([]int, len(s.t.Rows)) // of runs: how often their node was entered by messages on the way to them
	before := make([]int, len(s.t.Rows))
	for r := range s.t.Rows {
		before[r] = -1
		if p := s.t.Rows[r].Parent; p >= 0 {
			before[r] = s.run[p]
		}
	}
	for r := range s.t.Rows {
		if s.run[r] != r || s.t.Rows[r].Flags&transaction.FlagAsync == 0 {
			continue
		}
		depth[r] = 1
		for a := before[r]; a >= 0; a = before[a] {
			if s.t.Rows[a].Node == s.t.Rows[r].Node && s.t.Rows[a].Flags&transaction.FlagAsync != 0 {
				depth[r] = depth[a] + 1
				break
			}
		}
		if depth[r] == laps {
			all = append(all, s.loop(r, before))
		}
	}
	return all
}

// loop describes the lap that ends with run r.
func (s *scene) loop(r int, before []int) found {
	var names []string
	for a := r; ; a = before[a] {
		names = append(names, s.resource(a).Name)
		for p := s.t.Rows[a].Parent; p >= 0 && s.run[p] != s.run[a] && isCall(s.t.Rows[p].Kind); p = s.t.Rows[p].Parent {
			if n := &s.t.Nodes[s.t.Rows[p].Node]; n.Resource != s.resource(s.run[p]) {
				names = append(names, n.Name)
				break
			}
		}
		if b := before[a]; b < 0 || s.t.Rows[b].Node == s.t.Rows[r].Node {
			break
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	// The least of the resources stands for all, so that a loop is one issue
	// wherever it was entered.
	resource := s.resource(r)
	for a := before[r]; a >= 0 && s.t.Rows[a].Node != s.t.Rows[r].Node; a = before[a] {
		if x := s.resource(a); x.Name < resource.Name {
			resource = x
		}
	}
	return found{typ: Loop, run: r, row: r, resource: resource, title: "Loop: " + strings.Join(names, ", "), parts: names}
}
