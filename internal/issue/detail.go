package issue

import (
	"cmp"
	"slices"
)

// maxCommon bounds how many values in common are told.
const maxCommon = 20

// Sample chooses from d.Occurrences, newest first, what to look at: the oldest,
// newest and slowest, the stack, and the values that at least half of those with
// payloads have in common.
func (d *Detail) Sample() {
	d.Oldest, d.Newest, d.Slowest, d.Stack, d.Common = nil, nil, nil, "", nil
	counts := map[Value]int{}
	payloads := 0
	for i := range d.Occurrences {
		o := &d.Occurrences[i]
		if d.Newest == nil {
			d.Newest = o
		}
		d.Oldest = o
		if d.Slowest == nil || o.Duration > d.Slowest.Duration {
			d.Slowest = o
		}
		if d.Stack == "" {
			d.Stack = o.Stack
		}
		if len(o.Values) > 0 {
			payloads++
		}
		for _, v := range o.Values {
			counts[v]++
		}
	}
	for v, n := range counts {
		if n > 1 && 2*n >= payloads {
			d.Common = append(d.Common, Common{v, n})
		}
	}
	slices.SortFunc(d.Common, func(a, b Common) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Text, b.Text))
	})
	d.Common = d.Common[:min(len(d.Common), maxCommon)]
}
