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
		return cmp.Or(cmp.Compare(r.Kind, s.Kind), cmp.Compare(r.Name, s.Name), cmp.Compare(told(s), told(r)),
			cmp.Compare(r.Account, s.Account), cmp.Compare(r.Region, s.Region))
	})
	b.rank = make([]int, len(order))
	for i, x := range order {
		b.rank[x] = i
	}
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
		if it.ties != nil {
			it.ties.rename(alias)
		}
	}
}

// rename gives the resources of the records other numbers.
func (t *ties) rename(alias []int) {
	for i := range t.records {
		r := &t.records[i]
		for _, at := range []*int{&r.from, &r.deadFrom} {
			if *at >= 0 {
				*at = alias[*at]
			}
		}
		for j := range r.via {
			r.via[j] = alias[r.via[j]]
		}
	}
}

// mergeTraces numbers the traces by their ids, which no order of arrival
// changes. One that has half the id of exactly one other is told as part of it.
func (b *Builder) mergeTraces() {
	slices.SortFunc(b.traces, func(x, y signal.TraceID) int { return bytes.Compare(x[:], y[:]) })
	whole := map[[8]byte]int32{} // low half → trace; -1 for several
	for i, id := range b.traces {
		if _, ok := whole[id.Low()]; ok {
			whole[id.Low()] = -1
		} else if !IsHalf(id) {
			whole[id.Low()] = int32(i)
		}
	}
	number := make([]int32, len(b.traces)) // by old number
	b.numbers = traceNumbers{of: make(map[signal.TraceID]int32, len(b.traces)), like: map[[8]byte]int32{}, half: map[[8]byte]bool{}}
	for i, id := range b.traces {
		n := int32(i)
		if w, ok := whole[id.Low()]; ok && w >= 0 && IsHalf(id) {
			n = w
		} else if IsHalf(id) {
			b.numbers.half[id.Low()] = true
		}
		number[b.traceAt[id]], b.numbers.of[id] = n, n
		if old, ok := b.numbers.like[id.Low()]; ok && old != n {
			n = -1
		}
		b.numbers.like[id.Low()] = n
	}
	for i := range b.items {
		b.items[i].trace = number[b.items[i].trace]
	}
}

// mergeKeys numbers the join keys by what they say.
func (b *Builder) mergeKeys() {
	keys := slices.Clone(b.keys)
	slices.SortFunc(keys, compareKeys)
	number := make([]int32, len(keys)) // by old number
	for i, k := range keys {
		number[b.keyAt[k]] = int32(i)
	}
	b.keys = keys
	renumber := func(list []int32) {
		for i := range list {
			list[i] = number[list[i]]
		}
	}
	for i := range b.items {
		w := b.items[i].ties
		if w == nil {
			continue
		}
		if w.request >= 0 {
			w.request = number[w.request]
		}
		renumber(w.sent)
		for r := range w.records {
			renumber(w.records[r].keys)
		}
	}
}

func compareKeys(a, b signal.JoinKey) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
}

func compareLinks(a, b signal.Link) int {
	return cmp.Or(bytes.Compare(a.Trace[:], b.Trace[:]), bytes.Compare(a.Span[:], b.Span[:]))
}

func sameName(r, s signal.Resource) bool { return r.Kind == s.Kind && r.Name == s.Name }

// told counts what a resource says about its place.
func told(r signal.Resource) int { return btoi(r.Account != "") + btoi(r.Region != "") }

// covers reports whether s says nothing that w does not say, too.
func covers(w, s signal.Resource) bool {
	return (s.Account == "" || s.Account == w.Account) && (s.Region == "" || s.Region == w.Region)
}
