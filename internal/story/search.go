package story

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/transaction"
)

// search is what is known so far of traces and of who holds their joints. Looking
// for a story in it never asks the store: what is missing is noted, and read for all
// stories together before they are looked for again.
type search struct {
	ctx    context.Context
	store  store.Store
	tenant signal.Tenant

	traces map[signal.TraceID]*known
	joints map[store.Joint]*asked
	unread map[signal.TraceID]bool
	enough bool // take what is not known for what is not there
}

// known is a trace that was read.
type known struct {
	store.Relative
	there bool             // it has rows
	half  []signal.TraceID // the other half of it
	maybe []signal.TraceID
	edges *edges // once all its joints were asked for
}

// asked is what is known of a joint.
type asked struct {
	held    []store.Holder
	cut     bool
	in      signal.Range // that it was asked for; empty at first
	want    signal.Range // that it must be asked for
	pending bool
}

func newSearch(ctx context.Context, st store.Store, t signal.Tenant) *search {
	return &search{ctx: ctx, store: st, tenant: t, traces: map[signal.TraceID]*known{}, joints: map[store.Joint]*asked{}, unread: map[signal.TraceID]bool{}}
}

// load returns what is known of a trace, or nil until it was read.
func (s *search) load(id signal.TraceID) *known {
	k := s.traces[id]
	if k == nil && s.enough {
		return &known{Relative: store.Relative{Trace: id}, edges: &edges{}}
	}
	if k == nil {
		s.unread[id] = true
	}
	return k
}

// holders returns who holds a joint from before at on until after it, or false until
// that was asked.
func (s *search) holders(j store.Joint, at signal.Time, before, after time.Duration) (held []store.Holder, cut, ok bool) {
	a := s.joints[j]
	if a == nil {
		a = &asked{}
		s.joints[j] = a
	}
	from, to := at.Add(-before), at.Add(after+1)
	if a.in.To == 0 || from < a.in.From || to > a.in.To {
		if !a.pending {
			a.want, a.pending = signal.Range{From: from, To: to}, true
			if a.in.To != 0 {
				a.want.From, a.want.To = min(from, a.in.From), max(to, a.in.To)
			}
		} else {
			a.want.From, a.want.To = min(from, a.want.From), max(to, a.want.To)
		}
		if !s.enough {
			return nil, false, false
		}
	}
	lo, _ := slices.BinarySearchFunc(a.held, from, func(h store.Holder, t signal.Time) int { return cmp.Compare(h.At, t) })
	hi, _ := slices.BinarySearchFunc(a.held, to, func(h store.Holder, t signal.Time) int { return cmp.Compare(h.At, t) })
	return a.held[lo:max(lo, hi)], a.cut, true
}

// wants reports whether anything is left to ask.
func (s *search) wants() bool {
	if len(s.unread) > 0 {
		return true
	}
	for _, a := range s.joints {
		if a.pending {
			return true
		}
	}
	return false
}

// ask reads all that is missing.
func (s *search) ask() error {
	if len(s.unread) > 0 {
		if err := s.askTraces(); err != nil {
			return err
		}
	}
	var classes [len(spans)][]store.Joint // by how much of time they are asked for
	for j, a := range s.joints {
		if a.pending {
			n := 0
			for n < len(spans)-1 && a.want.To.Sub(a.want.From) > spans[n] {
				n++
			}
			classes[n] = append(classes[n], j)
		}
	}
	for _, joints := range classes {
		if len(joints) > 0 {
			if err := s.askJoints(joints); err != nil {
				return err
			}
		}
	}
	return nil
}

// spans are the lengths of time that tell apart which questions go to the store
// together: what is looked for within minutes, what within a day, what in all that
// came after, and what before as well.
var spans = [...]time.Duration{2 * time.Hour, 24 * time.Hour, waiting + 24*time.Hour, 0}

func (s *search) askTraces() error {
	ids := slices.Collect(maps.Keys(s.unread))
	clear(s.unread)
	all, err := s.store.Relatives(s.ctx, s.tenant, ids, signal.Range{})
	if err != nil {
		return err
	}
	alike := map[[8]byte][]store.Relative{}
	for _, r := range all {
		alike[r.Trace.Low()] = append(alike[r.Trace.Low()], r)
		if s.traces[r.Trace] == nil {
			s.traces[r.Trace] = &known{Relative: r, there: true}
		}
	}
	for _, id := range ids {
		if s.traces[id] == nil {
			s.traces[id] = &known{Relative: store.Relative{Trace: id}}
		}
	}
	for _, some := range alike {
		if len(some) > 1 && some[0].Trace.Low() != [8]byte{} {
			if err := s.pair(some); err != nil {
				return err
			}
		}
	}
	return nil
}

// askJoints asks who holds joints, over all the time that any of them wants.
func (s *search) askJoints(joints []store.Joint) error {
	near := s.joints[joints[0]].want
	for _, j := range joints {
		w := s.joints[j].want
		near.From, near.To = min(near.From, w.From), max(near.To, w.To)
	}
	held, err := s.store.Held(s.ctx, s.tenant, joints, near)
	if err != nil {
		return err
	}
	for i, j := range joints {
		a := s.joints[j]
		a.held, a.cut, a.in, a.pending = held[i].By, held[i].Cut, near, false
	}
	return nil
}

// maxCandidates bounds how many traces are read to choose among them; with more,
// nobody can tell.
const maxCandidates = 8

// pair decides which of the traces whose ids end alike are one.
func (s *search) pair(some []store.Relative) error {
	all := make([]transaction.Relative, len(some))
	for i, r := range some {
		all[i] = transaction.Relative{Trace: r.Trace, First: r.First, Last: r.Last}
	}
	half, candidates, ok := transaction.Candidates(all)
	if !ok || len(candidates) == 0 {
		return nil
	}
	chosen, err := 0, error(nil)
	if len(candidates) > 1 {
		if chosen, err = s.choose(half, candidates); err != nil {
			return err
		}
	}
	own := s.traces[half.Trace]
	if own.half, own.maybe = nil, nil; chosen >= 0 {
		whole := s.traces[candidates[chosen].Trace]
		own.half, whole.half = []signal.TraceID{whole.Trace}, []signal.TraceID{half.Trace}
		return nil
	}
	for _, c := range candidates {
		own.maybe = append(own.maybe, c.Trace)
		s.traces[c.Trace].maybe = []signal.TraceID{half.Trace}
	}
	return nil
}

// choose reads the parents of all spans concerned.
func (s *search) choose(half transaction.Relative, candidates []transaction.Relative) (int, error) {
	if len(candidates) > maxCandidates {
		return -1, nil
	}
	own, err := s.kin(half)
	if err != nil {
		return -1, err
	}
	kin := make([]*transaction.Kin, len(candidates))
	for i, c := range candidates {
		if kin[i], err = s.kin(c); err != nil {
			return -1, err
		}
	}
	return transaction.Choose(own, kin), nil
}

func (s *search) kin(r transaction.Relative) (*transaction.Kin, error) {
	k := new(transaction.Kin)
	for b, err := range s.store.Trace(s.ctx, s.tenant, r.Trace, signal.Range{From: r.First, To: r.Last + 1}) {
		if err != nil {
			return nil, err
		}
		k.Add(b)
	}
	return k, nil
}
