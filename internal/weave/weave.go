// Package weave keeps issues up to date while data arrives. It watches what is
// appended, waits until a transaction that has something to tell is quiet, reads
// its whole story from the store, and replaces what was found in it before: so
// data may be late, early, twice or in any order, and the result is the same. It
// keeps no transaction itself, and nothing waits for it.
package weave

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"clew/internal/issue"
	"clew/internal/meta"
	"clew/internal/signal"
	"clew/internal/store"
)

// Appender is the one thing that is watched of a store; see store.Store.
type Appender interface {
	Append(ctx context.Context, b *signal.Batch) error
}

// Keeper keeps issues; *meta.DB is one, and its comments are the contract.
type Keeper interface {
	KeepIssues(ctx context.Context, stories []issue.Story, mark signal.Time) (left []meta.Trace, err error)
	IssueMark(ctx context.Context) (signal.Time, error)
	IssueTraces(ctx context.Context, r signal.Range) ([]meta.Trace, error)
	ForgetIssues(ctx context.Context, l meta.IssueLimits) error
	Tenants(ctx context.Context) ([]signal.Tenant, error)
}

// Options are what a Weaver needs. Store, Keeper and Now are required; the zero
// values of the others work.
type Options struct {
	Store  store.Store // where stories are read
	Keeper Keeper
	Now    func() time.Time
	Logger *slog.Logger

	Quiet   time.Duration // without a new row, before a story is read; 0 is 1 s
	Longest time.Duration // that a story is waited for altogether; 0 is 5 s
	Retain  time.Duration // that issues are kept after they were last seen; 0 is for ever

	MaxPending int // stories waited for at once; 0 is 20,000
}

// Weaver watches appends and keeps issues. Use New, Watch and Run.
type Weaver struct {
	Options
	wake  chan struct{} // holds one token when there may be more to wait for
	count counters

	budget budget

	mu      sync.Mutex // guards all below
	pending map[uint64]*pending
	related *related
	laps    *laps
	heavy   map[uint64]time.Time // stories that take long to read, and when they may be read again
	seen    bool                 // something arrived since the mark was kept last
	cold    map[coldKey]int      // cold starts since the last window

	looked time.Time // end of the last window that was looked at; Run's alone
}

// pending is a story that waits to be read.
type pending struct {
	tenant      signal.Tenant
	trace       signal.TraceID
	from        signal.Time // earliest start seen, a hint for reading
	first, last time.Time
	notBefore   time.Time
	rank        rank
}

// rank says how much a story has to tell; the least goes first where room is short.
type rank uint8

const (
	hint   rank = iota // something may have changed
	marked             // something was odd
	failed
)

const (
	batch     = 64 // stories that are kept at once, at most
	keepMark  = 10 * time.Second
	forget    = time.Hour
	maxIssues = 10_000
	maxKept   = 200_000 // occurrences; counts are kept of all
	maxHeavy  = 1024
)

// New prepares a Weaver.
func New(o Options) *Weaver {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Quiet == 0 {
		o.Quiet = time.Second
	}
	if o.Longest == 0 {
		o.Longest = 5 * time.Second
	}
	if o.MaxPending == 0 {
		o.MaxPending = 20_000
	}
	return &Weaver{
		Options: o, wake: make(chan struct{}, 1), pending: map[uint64]*pending{},
		related: newRelated(), laps: new(laps), heavy: map[uint64]time.Time{}, cold: map[coldKey]int{},
	}
}

// Watch returns an Appender that appends to next and notes what became durable.
func (w *Weaver) Watch(next Appender) Appender { return &watched{w, next} }

type watched struct {
	w    *Weaver
	next Appender
}

// Append implements Appender.
func (a *watched) Append(ctx context.Context, b *signal.Batch) error {
	if err := a.next.Append(ctx, b); err != nil {
		return err
	}
	a.w.observe(b)
	return nil
}

// Run reads what arrived since the mark that was kept last, then keeps issues
// until ctx ends. What it has not got to by then is read after the next start.
// Failures are logged and counted; they end nothing.
func (w *Weaver) Run(ctx context.Context) {
	if err := w.recover(ctx); err != nil {
		w.problem(ctx, "find what is not woven yet", err)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	w.looked = w.Now().Add(-windowDelay).Truncate(window)
	marked, forgot := w.Now(), w.Now().Add(-forget)
	for ctx.Err() == nil {
		next := w.step(ctx)
		w.windows(ctx)
		now := w.Now()
		if now.Sub(marked) >= keepMark {
			w.mark(ctx)
			marked = now
		}
		if now.Sub(forgot) >= forget {
			w.forget(ctx)
			forgot = now
		}
		timer.Reset(next)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-w.wake:
		}
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 500*time.Millisecond)
	defer cancel()
	w.mark(stop)
}

// step reads the stories that are due and returns how long to wait for more.
func (w *Weaver) step(ctx context.Context) time.Duration {
	for ctx.Err() == nil {
		if wait := w.budget.wait(w.Now()); wait > 0 {
			return min(wait, keepMark)
		}
		due, wait := w.due()
		if len(due) == 0 {
			return wait
		}
		began := w.Now()
		w.weave(ctx, due)
		w.budget.spend(w.Now().Sub(began))
	}
	return 0
}

// due takes up to a batch of stories that are quiet or were waited for long
// enough, and says when there are more.
func (w *Weaver) due() (due []*pending, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.Now()
	wait = keepMark
	for key, p := range w.pending {
		at := p.last.Add(w.Quiet)
		if longest := p.first.Add(w.Longest); longest.Before(at) {
			at = longest
		}
		if p.notBefore.After(at) {
			at = p.notBefore
		}
		if left := at.Sub(now); left > 0 {
			wait = min(wait, left)
			continue
		}
		if len(due) == batch {
			return due, 0
		}
		delete(w.pending, key)
		due = append(due, p)
	}
	return due, wait
}

// weave reads stories and keeps what they tell. What fails is tried again.
func (w *Weaver) weave(ctx context.Context, due []*pending) {
	began := w.Now()
	var stories []issue.Story
	done := map[uint64]bool{} // traces that were told with others
	for i, p := range due {
		if ctx.Err() != nil {
			w.again(due[i:], began)
			return
		}
		if done[w.key(p.tenant, p.trace)] {
			continue
		}
		at := w.Now()
		all, err := w.tell(ctx, p)
		if err != nil {
			w.problem(ctx, "read a story", err)
			w.again(due[i:i+1], began)
			continue
		}
		for j := range all {
			w.note(&all[j], p.rank == failed, done, at)
			stories = append(stories, all[j].Story)
		}
	}
	left, err := w.Keeper.KeepIssues(ctx, stories, w.oldest(began))
	if err != nil {
		w.problem(ctx, "keep issues", err)
		w.again(due, began)
		return
	}
	w.count.told.Add(int64(len(stories)))
	w.mu.Lock()
	for _, t := range left {
		w.pend(w.key(t.Tenant, t.ID), t.Tenant, t.ID, hint, 0, began)
	}
	w.mu.Unlock()
}

// note remembers how the story s may be touched later, if it has issues or may yet
// have some. What waits to be read of it and did not change since it was read, at,
// waits no longer.
func (w *Weaver) note(s *told, odd bool, done map[uint64]bool, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	took := w.Now().Sub(at)
	tenant := xxhash.Sum64String(string(s.Tenant))
	for _, t := range s.Traces {
		key := w.key(s.Tenant, t)
		done[key] = true
		if p := w.pending[key]; p != nil && p.last.Before(at) {
			delete(w.pending, key)
		}
		if took > 50*time.Millisecond && len(w.heavy) < maxHeavy {
			w.heavy[key] = at.Add(20 * took)
		}
		if odd || len(s.Occurrences) > 0 {
			w.related.add(traceKey(tenant, t))
		}
	}
	if odd || len(s.Occurrences) > 0 {
		for _, k := range s.keys {
			w.related.add(k)
		}
	}
	for key, until := range w.heavy {
		if until.Before(at) {
			delete(w.heavy, key)
		}
	}
}

// again lets stories wait once more, after a failure.
func (w *Weaver) again(due []*pending, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range due {
		p.notBefore = now.Add(w.Longest)
		if key := w.key(p.tenant, p.trace); w.pending[key] == nil {
			w.pending[key] = p
		}
	}
}

func (w *Weaver) problem(ctx context.Context, what string, err error) {
	if ctx.Err() != nil {
		return // it is the stop
	}
	w.count.failed.Add(1)
	w.Logger.Error("weaving failed", "what", what, "err", err)
}

// oldest is the time before which all that arrived is woven.
func (w *Weaver) oldest(now time.Time) signal.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.pending {
		if p.first.Before(now) {
			now = p.first
		}
	}
	return signal.TimeOf(now)
}

// mark keeps how far weaving has come, if anything arrived since it did so last.
func (w *Weaver) mark(ctx context.Context) {
	w.mu.Lock()
	seen := w.seen
	w.seen = false
	w.mu.Unlock()
	if !seen {
		return
	}
	if _, err := w.Keeper.KeepIssues(ctx, nil, w.oldest(w.Now())); err != nil {
		w.problem(ctx, "keep the mark", err)
	}
}

func (w *Weaver) forget(ctx context.Context) {
	l := meta.IssueLimits{Occurrences: maxKept, Issues: maxIssues}
	if w.Retain > 0 {
		l.Before = signal.TimeOf(w.Now().Add(-w.Retain))
	}
	if err := w.Keeper.ForgetIssues(ctx, l); err != nil {
		w.problem(ctx, "forget old issues", err)
	}
}
