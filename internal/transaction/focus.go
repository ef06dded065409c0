package transaction

import (
	"slices"

	"clew/internal/signal"
)

// This file leaves out what another story tells. The story of a trace goes up
// from it to where it began and down from there to every effect. At a batch it
// goes on with its own records and what they share: the other records came from,
// and lead to, stories of their own. A trace that begins with what a batch shares
// has the batch as its beginning. What no other story would tell stays: records that
// nobody is known to have sent, and all else of the traces that it comes to.

// About makes the story that of one trace: of a batch it tells what that trace is
// part of. The zero trace is told whole, as is a story that the trace is not in.
func (b *Builder) About(trace signal.TraceID) { b.about = trace }

// Elsewhere says what of the spans that are added other stories tell: what begins in
// these traces, what they sent and what is known by these keys. All else that was
// added is told in this one.
func (b *Builder) Elsewhere(traces []signal.TraceID, keys []signal.JoinKey) {
	b.elsewhere = elsewhere{map[signal.TraceID]bool{}, map[signal.JoinKey]bool{}}
	for _, id := range traces {
		b.elsewhere.traces[id] = true
	}
	for _, k := range keys {
		b.elsewhere.keys[signal.JoinKey{Kind: k.Kind, Value: k.Value}] = true
	}
}

type elsewhere struct {
	traces map[signal.TraceID]bool
	keys   map[signal.JoinKey]bool // without places, which not every record tells
}

// tells reports whether r, whose sender is not here, is told elsewhere.
func (e *elsewhere) tells(t *tree, r *record) bool {
	return e.traces[r.link.Trace] || slices.ContainsFunc(r.keys, func(n int32) bool {
		k := t.joinKeys[n]
		return e.keys[signal.JoinKey{Kind: k.Kind, Value: k.Value}]
	})
}

// only returns the items of the story that b is about.
func (b *Builder) only(items []item) []item {
	trace, ok := b.numbers.number(b.about)
	if b.about.IsZero() || !ok || !mayHaveBatch(items) {
		return items
	}
	t := newTree(items, b)
	t.correctClocks()
	t.order()
	t.stays()
	f := newFocus(t, b.elsewhere)
	for r, i := range t.preorder {
		if p := t.parent[i]; t.items[i].trace == trace && (p < 0 || t.items[p].trace != trace) {
			f.up(r, t.part[r])
		}
	}
	f.beginnings()
	f.down()
	kept, found := make([]item, 0, len(items)), false
	for i := range items { // placeholders lie beyond
		if f.keep[t.rowOf[i]] {
			kept = append(kept, items[i])
			found = found || items[i].trace == trace
		}
	}
	if !found { // messages that set each other off have no beginning
		return items
	}
	f.forget()
	return kept
}

// mayHaveBatch reports whether several senders may meet anywhere.
func mayHaveBatch(items []item) bool {
	return slices.ContainsFunc(items, func(it item) bool {
		return it.ties != nil && (len(it.ties.records) > 1 || calls(it.kind) && len(it.ties.links) > 0)
	})
}

// focus is the rows of one story among others.
type focus struct {
	t       *tree
	others  elsewhere
	parents []int // by row
	ends    []int // by row: the row after its subtree
	handed  map[int][]step
	climbed map[step]bool
	entries []int
	keep    []bool
	records map[int]map[int]bool // by batch row: its records that are of the story
	todo    []int                // rows to go down from
	waiting map[int]bool         // what is in todo
}

// step is a row and the arrival by which it is entered or left; -1: all.
type step struct{ row, part int }

func newFocus(t *tree, others elsewhere) *focus {
	n := len(t.preorder)
	f := &focus{t: t, others: others, parents: make([]int, n), ends: make([]int, n), handed: map[int][]step{}, climbed: map[step]bool{}, keep: make([]bool, n), records: map[int]map[int]bool{}}
	for r, i := range t.preorder {
		f.parents[r] = -1
		if t.parent[i] >= 0 {
			f.parents[r] = t.rowOf[t.parent[i]]
		}
	}
	for r := n - 1; r >= 0; r-- {
		f.ends[r] = max(f.ends[r], r+1)
		if p := f.parents[r]; p >= 0 {
			f.ends[p] = max(f.ends[p], f.ends[r])
		}
	}
	for r, i := range t.preorder {
		if t.receiver[r] != r {
			continue
		}
		for k, a := range t.arrivals[i] {
			if a.sender >= 0 {
				s := t.rowOf[a.sender]
				f.handed[s] = append(f.handed[s], step{r, k})
			}
		}
		if t.batch[r] == r && !brought(t.arrivals[i]) {
			for _, s := range t.linked[i] {
				f.handed[t.rowOf[s]] = append(f.handed[t.rowOf[s]], step{r, -1})
			}
		}
	}
	return f
}

// up goes from row r, as part of arrival part of the batch it is in, to where its
// story began.
func (f *focus) up(r, part int) {
	for {
		if f.climbed[step{r, part}] {
			return
		}
		f.climbed[step{r, part}] = true
		if f.t.batch[r] == r {
			as := f.t.arrivals[f.t.preorder[r]]
			if part < 0 {
				part = f.ownPart(r, as)
			}
			if part >= 0 && as[part].sender >= 0 {
				f.take(r, part)
				r = f.t.rowOf[as[part].sender]
				part = f.t.part[r]
				continue
			}
			f.takeAll(r, part)
		}
		p := f.parents[r]
		if i := f.t.preorder[r]; p < 0 || f.t.batch[r] == r && f.t.joined[i] && brought(f.t.arrivals[i]) {
			f.entries = append(f.entries, r)
			return
		}
		if f.t.batch[p] != f.t.batch[r] {
			part = f.t.part[p]
		}
		r = p
	}
}

// ownPart returns the arrival of batch r that decides its story when what it
// shares is asked about: one that its own trace sent, or all when they have one
// sender.
func (f *focus) ownPart(r int, as []arrival) int {
	only := -1
	for k, a := range as {
		if a.sender < 0 {
			continue
		}
		if f.t.items[a.sender].trace == f.t.items[f.t.preorder[r]].trace {
			return k
		}
		if only >= 0 && as[only].sender != a.sender {
			return -1
		}
		only = k
	}
	return only
}

// takeAll adds one record of batch r to the story, or all.
func (f *focus) takeAll(r, part int) {
	for k := range f.t.arrivals[f.t.preorder[r]] {
		if part < 0 || k == part {
			f.take(r, k)
		}
	}
}

// take adds a record of batch r to the story, or all, and those that no story of a
// sender tells. It returns false for what was taken before.
func (f *focus) take(r, part int) bool {
	if f.records[r] == nil {
		f.records[r] = map[int]bool{}
		for k, a := range f.t.arrivals[f.t.preorder[r]] {
			if k != part && a.sender < 0 && (part < 0 || !f.others.tells(f.t, a.rec)) {
				f.records[r][k] = true
			}
		}
	}
	if f.records[r][part] {
		return false
	}
	f.records[r][part] = true
	return true
}

// beginnings adds to the entries what begins in the traces of the story and in no
// other story, where it is known what others tell.
func (f *focus) beginnings() {
	if f.others.traces == nil {
		return
	}
	for r, i := range f.t.preorder {
		if f.others.traces[f.traceOf(i)] {
			continue
		}
		told := func(a arrival) bool { return f.others.tells(f.t, a.rec) }
		guessed := func(a arrival) bool { return a.by >= 0 && f.t.keys[a.by].strength == weak }
		as, p := f.t.arrivals[i], f.t.parent[i]
		// Who else sent a weak key is known of the traces of the story, not of others.
		if p < 0 && !slices.ContainsFunc(as, told) || p >= 0 && f.others.traces[f.traceOf(p)] && slices.ContainsFunc(as, guessed) {
			f.entries = append(f.entries, r)
		}
	}
}

func (f *focus) traceOf(i int) signal.TraceID { return f.t.traceIDs[f.t.items[i].trace] }

// down keeps every effect of the entries.
func (f *focus) down() {
	f.todo = f.entries
	for len(f.todo) > 0 {
		now := f.todo
		f.todo, f.waiting = nil, map[int]bool{}
		for _, r := range now {
			f.sweep(r)
		}
	}
}

// later goes down from r after what is gone down from now.
func (f *focus) later(r int) {
	if !f.waiting[r] {
		f.waiting[r] = true
		f.todo = append(f.todo, r)
	}
}

// sweep keeps the rows below r that are of the story. A row of another record is
// left out with all below it.
func (f *focus) sweep(r int) {
	for end := f.ends[r]; r < end; {
		if b := f.t.batch[r]; b >= 0 && b != r && f.t.part[r] >= 0 && !f.records[b][f.t.part[r]] {
			r = f.ends[r]
			continue
		}
		if i := f.t.preorder[r]; f.t.batch[r] == r && f.records[r] == nil {
			if brought(f.t.arrivals[i]) || len(f.t.linked[i]) > 0 { // handed on by its own senders, below
				r = f.ends[r]
				continue
			}
			f.take(r, -1)
		}
		f.keep[r] = true
		for _, to := range f.handed[r] {
			if f.t.batch[to.row] == to.row && f.take(to.row, to.part) || !f.keep[to.row] {
				f.later(to.row)
			}
		}
		r++
	}
}

// forget notes in the records that others tell who sent them, before their
// senders go.
func (f *focus) forget() {
	for r := range f.records {
		for _, a := range f.t.arrivals[f.t.preorder[r]] {
			if a.sender < 0 || f.keep[f.t.rowOf[a.sender]] {
				continue
			}
			s := &f.t.items[a.sender]
			a.rec.story = s.trace + 1
			if a.rec.link.Trace.IsZero() {
				a.rec.link = signal.Link{Trace: f.t.traceIDs[s.trace], Span: s.id}
			}
		}
	}
}
