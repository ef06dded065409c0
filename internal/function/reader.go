package function

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"clew/internal/signal"
	"clew/internal/store"
)

// Sums are kept in blocks of a quarter of an hour, which are counted together; how
// finely they are divided depends on the window that asks.
const (
	blockTime = 15 * time.Minute
	blocksRun = 4 // blocks counted in one go: each run reads one block more than it counts
)

var slots = [...]time.Duration{time.Minute, 5 * time.Minute, blockTime}

// maxSums bounds the sums kept in memory; each takes some 500 bytes.
const maxSums = 64 << 10

// minAge is how old the sums of a block may be while data for it still arrives.
const minAge = 5 * time.Second

// Reader answers what functions did in a window. It counts a block when somebody
// asks for it, and keeps the sums until data arrives that may change them. It is
// safe for concurrent use.
type Reader struct {
	store store.Store
	price func(*Invocation) Bill
	now   func() time.Time

	counting sync.Mutex // one at a time: many readers of one page count once

	mu      sync.Mutex // guards all below
	blocks  map[blockKey]*block
	watched map[blockKey]bool // of those being counted: whether data arrived meanwhile
	sums    int
	clock   uint64 // of uses
}

type blockKey struct {
	tenant signal.Tenant
	slot   time.Duration
	start  signal.Time
}

type block struct {
	slots   []map[version]*Stats
	sums    int
	partial string
	counted time.Time
	took    time.Duration
	changed bool // data arrived since
	used    uint64
}

// version is one version of one function.
type version struct {
	function signal.Resource
	version  string
}

// NewReader counts what is in st; price says what an invocation costs.
func NewReader(st store.Store, price func(*Invocation) Bill, now func() time.Time) *Reader {
	return &Reader{store: st, price: price, now: now, blocks: map[blockKey]*block{}, watched: map[blockKey]bool{}}
}

// Price is what inv costs.
func (r *Reader) Price(inv *Invocation) Bill { return r.price(inv) }

// Appender is the way into a store.
type Appender interface {
	Append(ctx context.Context, b *signal.Batch) error
}

// Watch returns next, watched: r hears of what it keeps.
func (r *Reader) Watch(next Appender) Appender { return watched{next, r} }

type watched struct {
	next Appender
	r    *Reader
}

func (w watched) Append(ctx context.Context, b *signal.Batch) error {
	err := w.next.Append(ctx, b)
	w.r.Arrived(b) // some of it may be there although it failed
	return err
}

// Arrived says that b was appended: sums of the times it speaks of are out of date.
func (r *Reader) Arrived(b *signal.Batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.blocks) == 0 && len(r.watched) == 0 {
		return
	}
	last := signal.Time(-1)
	touch := func(at signal.Time) {
		start := blockOf(at)
		if start == last {
			return
		}
		last = start
		for _, s := range [...]signal.Time{start, start.Add(-blockTime)} { // what belongs to an invocation may come up to maxRun after its start
			for _, slot := range slots {
				k := blockKey{b.Tenant, slot, s}
				if _, ok := r.watched[k]; ok {
					r.watched[k] = true
				}
				if kept := r.blocks[k]; kept != nil {
					kept.changed = true
				}
			}
		}
	}
	for i := range b.Groups {
		g := &b.Groups[i]
		for j := range g.Spans {
			touch(g.Spans[j].Start)
		}
		for j := range g.Logs {
			touch(g.Logs[j].At)
		}
	}
}

func blockOf(at signal.Time) signal.Time { return at - at%signal.Time(blockTime) }

// Window is what functions did from From to To.
type Window struct {
	From, To  signal.Time // whole slots
	Step      time.Duration
	Functions []*Function // by kind, name, account, region
	Partial   string      // why the answer is not complete; "" when it is

	tenant signal.Tenant
	slot   time.Duration
}

// Function is what one function did in a window.
type Function struct {
	signal.Resource
	Stats
	Points   []Stats            // one a step
	Versions map[string]Version // by name; "" where it was not told
}

// Version is what one version of a function did.
type Version struct {
	Stats
	First signal.Time // slot of its first invocation
}

// Steps is how many points a function has.
func (w *Window) Steps() int { return int((w.To.Sub(w.From) + w.Step - 1) / w.Step) }

// maxSteps bounds how finely a window is divided.
const maxSteps = 96

// Read counts the invocations that started in rng, of the function only where
// one is given. When ctx ends first, Partial says so, and asking again goes on
// from there.
func (r *Reader) Read(ctx context.Context, t signal.Tenant, rng signal.Range, only *signal.Resource) (*Window, error) {
	w := newWindow(t, rng)
	if err := r.count(ctx, w); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	byName := map[signal.Resource]*Function{}
	missing, all := 0, 0
	for start := blockOf(w.From); start < w.To; start = start.Add(blockTime) {
		all++
		b := r.blocks[w.key(start)]
		if b == nil {
			missing++
			continue
		}
		r.clock++
		b.used = r.clock
		if b.partial != "" {
			w.Partial = b.partial
		}
		w.take(b, start, byName, only)
	}
	if missing > 0 {
		w.Partial = fmt.Sprintf("counted %d of %d quarter hours so far; ask again", all-missing, all)
	}
	for _, f := range merged(byName) {
		w.Functions = append(w.Functions, f)
	}
	slices.SortFunc(w.Functions, func(a, b *Function) int { return compare(a.Resource, b.Resource) })
	return w, nil
}

// steps are how windows may be divided.
var steps = [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}

func newWindow(t signal.Tenant, rng signal.Range) *Window {
	w := &Window{tenant: t, Step: steps[len(steps)-1]}
	for _, s := range steps {
		if rng.To.Sub(rng.From) <= maxSteps*s {
			w.Step = s
			break
		}
	}
	w.slot = min(w.Step, blockTime)
	w.From = rng.From - rng.From%signal.Time(w.slot)
	w.To = (rng.To + signal.Time(w.slot) - 1) / signal.Time(w.slot) * signal.Time(w.slot)
	return w
}

func (w *Window) key(start signal.Time) blockKey { return blockKey{w.tenant, w.slot, start} }

// take adds the slots of b that lie in w.
func (w *Window) take(b *block, start signal.Time, byName map[signal.Resource]*Function, only *signal.Resource) {
	for i, sums := range b.slots {
		at := start.Add(time.Duration(i) * w.slot)
		if at < w.From || at >= w.To {
			continue
		}
		for v, s := range sums {
			if only != nil && (v.function.Name != only.Name || !agrees(v.function, *only)) {
				continue
			}
			f := byName[v.function]
			if f == nil {
				f = &Function{Resource: v.function, Points: make([]Stats, w.Steps()), Versions: map[string]Version{}}
				byName[v.function] = f
			}
			f.Merge(s)
			f.Points[at.Sub(w.From)/w.Step].Merge(s)
			f.version(v.version, s, at)
		}
	}
}

// agrees reports whether a says nothing that contradicts b.
func agrees(a, b signal.Resource) bool {
	return (a.Account == "" || b.Account == "" || a.Account == b.Account) && (a.Region == "" || b.Region == "" || a.Region == b.Region)
}

// merged makes one of functions that differ only in what was left unsaid, where
// only one is meant.
func merged(byName map[signal.Resource]*Function) map[signal.Resource]*Function {
	for r, f := range byName {
		if r.Account != "" && r.Region != "" {
			continue
		}
		var into *Function
		several := false
		for other, o := range byName {
			if other != r && other.Name == r.Name && agrees(other, r) && placed(other) > placed(r) {
				several = several || into != nil
				into = o
			}
		}
		if into != nil && !several {
			into.absorb(f)
			delete(byName, r)
		}
	}
	return byName
}

// placed counts what r says of its place.
func placed(r signal.Resource) (n int) {
	if r.Account != "" {
		n++
	}
	if r.Region != "" {
		n++
	}
	return n
}

func (f *Function) absorb(o *Function) {
	f.Merge(&o.Stats)
	for i := range o.Points {
		f.Points[i].Merge(&o.Points[i])
	}
	for name, v := range o.Versions {
		f.version(name, &v.Stats, v.First)
	}
}

func (f *Function) version(name string, s *Stats, at signal.Time) {
	v := f.Versions[name]
	if v.Invocations == 0 || at < v.First {
		v.First = at
	}
	v.Merge(s)
	f.Versions[name] = v
}

// count makes the sums of w's blocks that are missing or out of date, newest first,
// until ctx ends.
func (r *Reader) count(ctx context.Context, w *Window) error {
	r.counting.Lock()
	defer r.counting.Unlock()
	end := signal.TimeOf(r.now()).Add(blockTime) // nothing is later than this but clocks that are wrong
	for _, run := range r.stale(w, min(w.To, blockOf(end).Add(blockTime))) {
		if err := r.countRun(ctx, w, run); err != nil {
			if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
				return nil
			}
			return err
		}
	}
	return nil
}

// stale lists the runs of blocks to count, newest first.
func (r *Reader) stale(w *Window, to signal.Time) (runs []signal.Range) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for start := blockOf(to - 1); start >= max(blockOf(w.From), 0); start = start.Add(-blockTime) {
		b := r.blocks[w.key(start)]
		if b != nil && (!b.changed || now.Sub(b.counted) < max(minAge, 10*b.took)) {
			continue
		}
		if n := len(runs) - 1; n >= 0 && runs[n].From == start.Add(blockTime) && runs[n].To.Sub(start) <= blocksRun*blockTime {
			runs[n].From = start
			continue
		}
		runs = append(runs, signal.Range{From: start, To: start.Add(blockTime)})
	}
	return runs
}

// countRun counts the blocks of one run. What arrives meanwhile may or may not be
// counted, and is noted.
func (r *Reader) countRun(ctx context.Context, w *Window, run signal.Range) error {
	begin := r.now()
	r.watch(w, run)
	all, partial, err := invocations(ctx, r.store, w.tenant, run, nil)
	fresh := map[signal.Time]*block{}
	for start := run.From; start < run.To; start = start.Add(blockTime) {
		fresh[start] = &block{slots: make([]map[version]*Stats, blockTime/w.slot), counted: begin, partial: partial}
	}
	slices.SortFunc(all, func(a, b Invocation) int { return cmp.Compare(a.Start, b.Start) })
	for i := range all {
		start := blockOf(all[i].Start)
		fresh[start].add(&all[i], int(all[i].Start.Sub(start)/w.slot), r.price(&all[i]))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for start, b := range fresh {
		k := w.key(start)
		b.took, b.changed = r.now().Sub(begin)/time.Duration(len(fresh)), r.watched[k]
		delete(r.watched, k)
		if err == nil {
			r.put(k, b)
		}
	}
	return err
}

func (r *Reader) watch(w *Window, run signal.Range) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for start := run.From; start < run.To; start = start.Add(blockTime) {
		r.watched[w.key(start)] = false
	}
}

func (b *block) add(inv *Invocation, n int, bill Bill) {
	if b.slots[n] == nil {
		b.slots[n] = map[version]*Stats{}
	}
	v := version{inv.Function, inv.Version}
	s := b.slots[n][v]
	if s == nil {
		s = new(Stats)
		b.slots[n][v] = s
		b.sums++
	}
	s.add(inv, bill)
}

// put keeps b, and forgets those used least lately where there are too many sums.
func (r *Reader) put(k blockKey, b *block) {
	if old := r.blocks[k]; old != nil {
		r.sums -= old.sums
	}
	r.clock++
	b.used = r.clock
	r.blocks[k] = b
	r.sums += b.sums
	for r.sums > maxSums && len(r.blocks) > 1 {
		oldest := k
		for k, b := range r.blocks {
			if b.used < r.blocks[oldest].used {
				oldest = k
			}
		}
		r.sums -= r.blocks[oldest].sums
		delete(r.blocks, oldest)
	}
}
