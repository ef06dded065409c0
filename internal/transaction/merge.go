package transaction

import (
	"bytes"
	"cmp"
	"slices"

	"clew/internal/signal"
)

// mergeResources makes one of resources that differ only in what was left
// unsaid: a caller seldom knows the account of the function it invokes. A mention
// joins the one more specific resource that agrees with it; with several to
// choose from it stays by itself.
func (b *Builder) mergeResources() {
	order := make([]int, len(b.resources))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(x, y int) int {
		r, s := b.resources[x], b.resources[y]
		return cmp.Or(cmp.Compare(r.Kind, s.Kind), cmp.Compare(r.Name, s.Name), cmp.Compare(told(s), told(r)))
	})
	alias := make([]int, len(order))
	var whole []int // of one kind and name, those that nothing more specific agrees with
	for i, x := range order {
		if i > 0 && !sameName(b.resources[order[i-1]], b.resources[x]) {
			whole = whole[:0]
		}
		alias[x] = x
		agree := 0
		for _, w := range whole {
			if covers(b.resources[w], b.resources[x]) {
				alias[x] = w
				agree++
			}
		}
		switch {
		case agree == 0 && len(whole) < maxShared:
			whole = append(whole, x)
		case agree != 1:
			alias[x] = x
		}
	}
	for i := range b.items {
		it := &b.items[i]
		it.own = alias[it.own]
		if it.peer >= 0 {
			it.peer = alias[it.peer]
		}
	}
}

// mergeTraces numbers the traces by their ids, which no order of arrival
// changes, and returns them. One that has half the id of exactly one other is
// told as part of it.
func (b *Builder) mergeTraces() []signal.TraceID {
	slices.SortFunc(b.traces, func(x, y signal.TraceID) int { return bytes.Compare(x[:], y[:]) })
	whole := map[[8]byte]int{} // low half → trace; -1 for several
	for i, id := range b.traces {
		if _, ok := whole[id.Low()]; ok {
			whole[id.Low()] = -1
		} else if !IsHalf(id) {
			whole[id.Low()] = i
		}
	}
	number := make([]int32, len(b.traces)) // by old number
	for i, id := range b.traces {
		n := i
		if w, ok := whole[id.Low()]; ok && w >= 0 && IsHalf(id) {
			n = w
		}
		number[b.traceAt[id]] = int32(n)
	}
	for i := range b.items {
		b.items[i].trace = number[b.items[i].trace]
	}
	return b.traces
}

func sameName(r, s signal.Resource) bool { return r.Kind == s.Kind && r.Name == s.Name }

// told counts what a resource says about its place.
func told(r signal.Resource) int { return btoi(r.Account != "") + btoi(r.Region != "") }

// covers reports whether s says nothing that w does not say, too.
func covers(w, s signal.Resource) bool {
	return (s.Account == "" || s.Account == w.Account) && (s.Region == "" || s.Region == w.Region)
}
