// Package watch evaluates rules as time goes by: it reads their points, steps their
// series, keeps what changed, and has messages delivered. What a rule means is
// internal/alert's, how a message looks internal/notify's. Its clock is passed in.
package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"clew/internal/alert"
	"clew/internal/issue"
	"clew/internal/meta"
	"clew/internal/notify"
	"clew/internal/signal"
)

// Issues is where faults are kept that were seen many times.
type Issues interface {
	Issues(ctx context.Context, t signal.Tenant, r signal.Range, parts int) ([]issue.Issue, error)
}

// Options are what a Watch needs. Store, DB and Now are required.
type Options struct {
	Store  alert.Scanner
	Issues Issues // nil: there are none
	DB     *meta.DB
	Kinds  []notify.Kind
	Client *notify.Client
	Key    Key
	Now    func() time.Time
	URL    string // where people find Clew, with a slash at the end; links lead there
	Logger *slog.Logger
}

// Watch evaluates the rules of all tenants. Use New, then Run.
type Watch struct {
	Options
	source *source

	mu    sync.Mutex // guards rules and what they hold
	rules map[ruleKey]*running

	evaluated chan struct{} // something may wait to be delivered
}

type ruleKey struct {
	tenant signal.Tenant
	name   string
}

// running is a rule under evaluation.
type running struct {
	rule   *alert.Rule
	text   string // it was compiled from
	series map[string]*series
	closed map[string][]alert.Point   // points of windows that closed, as read last
	usual  map[string]*alert.Baseline // of a rule in sigma
	read   signal.Time                // when closed windows were read last; 0: never
	learnt signal.Time                // when usual was
	due    signal.Time                // when the next window closes
	failed string                     // why the last evaluation did not work
}

// series is how one group of a rule stands.
type series struct {
	alert.State
	Of     string // what the rule decided by when it was stepped last
	Gen    int    // incidents so far
	Opened signal.Time
	Sent   signal.Time // when somebody was told of this incident last; 0: nobody was
	Last   *alert.Transition
	Value  float64 // of the newest window
	Bound  float64
	At     signal.Time // of that window; 0: there was none

	kept string // as it was written down last
}

// New prepares a Watch: it reads how series stood when it was last running.
func New(ctx context.Context, o Options) (*Watch, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	w := &Watch{Options: o, source: &source{o.Store, o.Issues}, rules: map[ruleKey]*running{}, evaluated: make(chan struct{}, 1)}
	if err := w.reload(ctx); err != nil {
		return nil, err
	}
	states, err := o.DB.AlertStates(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range states {
		r := w.rules[ruleKey{s.Tenant, s.Rule}]
		if r == nil {
			continue
		}
		one := &series{kept: string(s.State)}
		if err := json.Unmarshal(s.State, one); err != nil {
			return nil, fmt.Errorf("watch: read how %s stands: %w", s.Rule, err)
		}
		r.series[s.Group] = one
	}
	return w, nil
}

// The rhythm: an error is a message within every + the time of delivery.
const (
	every  = 5 * time.Second
	forget = time.Hour
	keep   = 90 * 24 * time.Hour // of history
)

// Run evaluates and delivers until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	var work sync.WaitGroup
	work.Go(func() { w.deliverAlways(ctx) })
	defer work.Wait()
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	var forgot time.Time
	for {
		w.Tick(ctx)
		if now := w.Now(); now.Sub(forgot) > forget {
			forgot = now
			if err := w.DB.ForgetAlerts(ctx, now.Add(-keep)); err != nil && ctx.Err() == nil {
				w.Logger.Error("old alerts were not forgotten", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

func (w *Watch) deliverAlways(ctx context.Context) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		w.Deliver(ctx)
		select {
		case <-ctx.Done():
			return
		case <-w.evaluated:
		case <-ticks.C:
		}
	}
}

// Tick evaluates every rule once. What fails is logged, and tried again at the next.
func (w *Watch) Tick(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.reload(ctx); err != nil {
		if ctx.Err() == nil {
			w.Logger.Error("rules were not read", "err", err)
		}
		return
	}
	now := signal.TimeOf(w.Now())
	for key, r := range w.rules {
		if r.rule.Disabled {
			continue
		}
		err := w.evaluate(ctx, key, r, now)
		if ctx.Err() != nil {
			return
		}
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != "" && text != r.failed {
			w.Logger.Error("a rule was not evaluated", "rule", key.name, "err", err)
		}
		r.failed = text
	}
	select {
	case w.evaluated <- struct{}{}:
	default:
	}
}

// reload reads the rules, which others may have changed, and compiles those that did.
func (w *Watch) reload(ctx context.Context) error {
	kept, err := w.DB.AlertRules(ctx)
	if err != nil {
		return err
	}
	there := map[ruleKey]bool{}
	for _, k := range kept {
		key := ruleKey{k.Tenant, k.Name}
		there[key] = true
		r := w.rules[key]
		if r != nil && r.text == string(k.Spec) {
			continue
		}
		rule, err := alert.DecodeOne(k.Spec)
		if err != nil {
			w.Logger.Error("a rule cannot be read", "rule", k.Name, "err", err)
			continue
		}
		if r == nil {
			r = &running{series: map[string]*series{}}
			w.rules[key] = r
		}
		if r.rule == nil || r.rule.Decides() != rule.Decides() {
			r.closed, r.usual, r.read, r.learnt, r.due = nil, nil, 0, 0, 0
		}
		r.rule, r.text = rule, string(k.Spec)
	}
	for key := range w.rules {
		if !there[key] {
			delete(w.rules, key)
		}
	}
	return nil
}
