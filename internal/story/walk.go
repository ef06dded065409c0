package story

import (
	"slices"

	"clew/internal/signal"
	"clew/internal/transaction"
)

// told returns the story of a trace, or nil until all of it is known. It goes up to
// where the story began, but not into the stories of a batch's other messages, and
// down from there to every effect.
func (s *search) told(id signal.TraceID) *Story {
	top, senders := s.top(id)
	if top == nil {
		return nil
	}
	w := walk{search: s, taken: map[signal.TraceID]bool{}}
	w.enter(top...)
	w.down()
	beside := w.beside()
	elsewhere := w.elsewhere(beside)
	if !w.known && !s.enough {
		return nil
	}
	out := &Story{Senders: senders, Maybe: w.maybe, Cut: w.cut}
	var began []*known
	for _, t := range top {
		if k := s.load(t); k.there || len(top) == 1 {
			began = append(began, k)
		}
	}
	if len(began) == 0 {
		return &Story{ID: id, Traces: []signal.TraceID{id}}
	}
	out.ID = lead(began, s)
	out.Traces = []signal.TraceID{out.ID}
	for _, k := range w.order {
		if k.there && k.Trace != out.ID {
			out.Traces = append(out.Traces, k.Trace)
		}
	}
	out.Beside, out.elsewhere, out.others = beside[:min(len(beside), maxBeside)], elsewhere, slices.Clone(beside)
	for _, k := range w.order {
		if k.edges.own && !slices.Contains(top, k.Trace) {
			out.others = append(out.others, k.Trace)
		}
	}
	sortTraces(s, out.Traces[1:])
	out.Maybe = slices.DeleteFunc(out.Maybe, func(id signal.TraceID) bool { return w.taken[id] })
	return out
}

// sortTraces puts traces in the order of their first rows.
func sortTraces(s *search, ids []signal.TraceID) {
	slices.SortFunc(ids, func(a, b signal.TraceID) int {
		return transaction.Earlier(s.traces[a].First, a, s.traces[b].First, b)
	})
}

// lead returns the trace that a story is called by.
func lead(began []*known, s *search) signal.TraceID {
	all := make([]transaction.Relative, 0, len(began))
	for _, k := range began {
		all = append(all, transaction.Relative{Trace: k.Trace, First: k.First, Last: k.Last})
		for _, h := range k.half {
			if o := s.traces[h]; o != nil {
				all = append(all, transaction.Relative{Trace: h, First: o.First, Last: o.Last})
			}
		}
	}
	return transaction.Lead(all)
}

// halves returns a trace and what it is half of, the whole id first.
func (s *search) halves(k *known) []signal.TraceID {
	out := append([]signal.TraceID{k.Trace}, k.half...)
	if len(out) > 1 && transaction.IsHalf(out[0]) {
		slices.Reverse(out)
	}
	return out
}

// maxClimb bounds how many hops lie between a trace and where its story began.
const maxClimb = 256

// top returns the traces that the story of id begins with, or nil until that is
// known; senders are those that the batch came from that it begins with.
func (s *search) top(id signal.TraceID) (top, senders []signal.TraceID) {
	top, ok := s.alike([]signal.TraceID{id})
	var passed [][]signal.TraceID // tops so far
	for range maxClimb {
		if !ok {
			return nil, nil
		}
		passed = append(passed, top)
		var up []signal.TraceID
		for _, t := range top {
			e := s.next(s.load(t))
			if e == nil {
				return nil, nil
			}
			for _, u := range e.up {
				k := s.load(u)
				if k == nil {
					return nil, nil
				}
				if k.there && !slices.Contains(top, u) {
					add(&up, u)
				}
			}
		}
		if len(up) == 0 {
			return top, nil
		}
		if at := slices.IndexFunc(passed, func(p []signal.TraceID) bool { return slices.Contains(p, up[0]) }); at >= 0 {
			ring := slices.Concat(passed[at:]...)
			sortTraces(s, ring)
			top, _ = s.alike(ring[:1])
			return top, nil
		}
		sortTraces(s, up)
		group, known := s.alike(up[:1])
		if ok = known; !ok {
			return nil, nil
		}
		if slices.ContainsFunc(up, func(u signal.TraceID) bool { return !slices.Contains(group, u) }) {
			return top, up
		}
		top = group
	}
	return top, nil
}

// alike returns the traces that tell the same as some, these included; ok is false
// until that is known.
func (s *search) alike(some []signal.TraceID) (all []signal.TraceID, ok bool) {
	all, ok = slices.Clone(some), true
	in := map[signal.TraceID]bool{}
	for _, id := range some {
		in[id] = true
	}
	for i := 0; i < len(all) && len(all) < MaxTraces; i++ {
		k := s.load(all[i])
		if k == nil {
			ok = false
			continue
		}
		e := s.next(k)
		if e == nil {
			ok = false
			continue
		}
		for _, id := range e.side {
			if !in[id] {
				in[id] = true
				all = append(all, id)
			}
		}
	}
	return all, ok
}

// walk goes down one story.
type walk struct {
	*search
	order []*known
	taken map[signal.TraceID]bool
	todo  []signal.TraceID
	maybe []signal.TraceID
	known bool
	cut   bool
}

func (w *walk) enter(ids ...signal.TraceID) {
	for _, id := range ids {
		switch {
		case w.taken[id]:
		case len(w.taken) >= MaxTraces:
			w.cut = true
		default:
			w.taken[id] = true
			w.todo = append(w.todo, id)
		}
	}
}

func (w *walk) down() {
	w.known = true
	for len(w.todo) > 0 {
		id := w.todo[0]
		w.todo = w.todo[1:]
		k := w.load(id)
		if k == nil {
			w.known = false
			continue
		}
		e := w.next(k)
		if e == nil {
			w.known = false
			continue
		}
		w.order = append(w.order, k)
		add(&w.maybe, e.maybe...)
		w.cut = w.cut || e.cut
		w.enter(e.side...)
		w.enter(e.down...)
	}
}

// beside returns the other senders of what the story received.
func (w *walk) beside() (out []signal.TraceID) {
	for _, k := range w.order {
		for _, u := range slices.Concat(k.edges.up, k.edges.with) {
			if w.taken[u] {
				continue
			}
			if o := w.load(u); o == nil {
				w.known = false
			} else if o.there {
				add(&out, u)
			}
		}
	}
	return out
}

// elsewhere returns the keys of the messages that beside sent.
func (w *walk) elsewhere(beside []signal.TraceID) (keys []signal.JoinKey) {
	if len(beside) == 0 {
		return nil
	}
	others := make(map[signal.TraceID]bool, len(beside))
	for _, id := range beside {
		others[id] = true
	}
	for _, k := range w.order {
		for _, s := range k.edges.sent {
			if slices.ContainsFunc(s.by, func(id signal.TraceID) bool { return others[id] }) {
				keys = append(keys, s.key)
			}
		}
	}
	return keys
}
