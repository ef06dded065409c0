package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"clew/internal/alert"
	"clew/internal/meta"
	"clew/internal/signal"
)

// The bounds of one rule.
const (
	reread     = 30 * time.Second // how often closed windows are read again, for late data
	relearn    = time.Hour        // how often a baseline is
	mostSeries = 10_000
)

// separator stands between the values of a group.
const separator = "\x1f"

func groupKey(values []string) string { return strings.Join(values, separator) }

// evaluate reads the points of a rule, steps its series, and writes down what changed
// and the messages about it, all at once.
func (w *Watch) evaluate(ctx context.Context, key ruleKey, r *running, now signal.Time) error {
	points, looked, err := w.read(ctx, key, r, now)
	if err != nil {
		return err
	}
	var step meta.AlertStep
	stepped := map[string]*series{}
	var told []news
	for _, group := range groupsOf(r, points) {
		if !looked {
			if old := r.series[group]; old != nil {
				copied := *old
				stepped[group] = &copied
			}
			continue
		}
		s, made := w.step(r, group, points[group], now)
		stepped[group] = s
		for _, t := range made {
			change, err := json.Marshal(Change{t, r.rule.Why(t)})
			if err != nil {
				return fmt.Errorf("watch: write change: %w", err)
			}
			step.Changes = append(step.Changes, meta.AlertChange{Tenant: key.tenant, Rule: key.name, Group: group, At: t.At, Change: change})
		}
		told = append(told, news{group, made})
	}
	silences, err := w.DB.Silences(ctx, key.tenant, now.Std())
	if err != nil {
		return err
	}
	tell := telling{Watch: w, key: key, rule: r.rule, now: now, silences: silences}
	if step.Messages, err = tell.messages(ctx, told, stepped); err != nil {
		return err
	}
	dropped := w.changed(key, r, stepped, points, looked, &step)
	if len(step.Series)+len(step.Changes)+len(step.Messages) > 0 {
		if err := w.DB.KeepAlertStep(ctx, step); err != nil {
			r.due = 0 // the series stand as before: step again
			return err
		}
	}
	for _, s := range step.Series {
		if one := stepped[s.Group]; one != nil {
			one.kept = string(s.State)
		}
	}
	for group, s := range stepped {
		r.series[group] = s
	}
	for _, group := range dropped {
		delete(r.series, group)
	}
	return nil
}

// groupsOf are the series that are known, and those with points, in one order: what
// happened to them at one time is told in it.
func groupsOf(r *running, points map[string][]alert.Point) []string {
	groups := map[string]bool{}
	for g := range r.series {
		groups[g] = true
	}
	for _, g := range slices.Sorted(maps.Keys(points)) {
		if len(groups) < mostSeries {
			groups[g] = true
		}
	}
	if len(r.rule.By) == 0 {
		groups[""] = true
	}
	return slices.Sorted(maps.Keys(groups))
}

// read returns the points that the next step of every series needs. looked is false
// where nothing can have changed since the last.
func (w *Watch) read(ctx context.Context, key ruleKey, r *running, now signal.Time) (points map[string][]alert.Point, looked bool, err error) {
	whole := now >= r.due || now.Sub(r.read) >= reread || now < r.read
	if !whole && !r.rule.Early() {
		return nil, false, nil
	}
	open := r.rule.Open(now)
	begin := r.rule.Begin(now)
	from := begin.Base.Next
	for _, s := range r.series {
		if s.Of == r.rule.Decides() {
			from = min(from, s.Base.Next)
		}
	}
	if !whole {
		from = open
	}
	all, err := w.source.Points(ctx, key.tenant, r.rule, signal.Range{From: from, To: now + 1})
	if err != nil {
		return nil, false, err
	}
	if err := w.learn(ctx, key, r, now); err != nil {
		return nil, false, err
	}
	points = map[string][]alert.Point{}
	if !whole {
		for g, ps := range r.closed {
			points[g] = append(points[g], ps...)
		}
	}
	for _, s := range all {
		g := groupKey(s.Group)
		if b := r.usual[g]; b != nil {
			r.rule.Usual(b, s.Points)
		}
		points[g] = append(points[g], s.Points...)
	}
	if whole {
		r.closed = map[string][]alert.Point{}
		for g, ps := range points {
			n := 0
			for n < len(ps) && ps[n].At < open {
				n++
			}
			r.closed[g] = ps[:n:n]
		}
		r.read, r.due = now, open.Add(r.rule.Width+r.rule.Wait)
	}
	return points, true, nil
}

// learn reads what was usual, once an hour.
func (w *Watch) learn(ctx context.Context, key ruleKey, r *running, now signal.Time) error {
	if !r.rule.Bounded.Sigma || r.learnt != 0 && now.Sub(r.learnt) < relearn {
		return nil
	}
	usual, err := w.source.baselines(ctx, key.tenant, r.rule, now)
	if err != nil {
		return err
	}
	r.usual, r.learnt = usual, now
	return nil
}

// step steps one series.
func (w *Watch) step(r *running, group string, points []alert.Point, now signal.Time) (*series, []alert.Transition) {
	s := &series{State: r.rule.Begin(now), Of: r.rule.Decides()}
	if old := r.series[group]; old != nil {
		copied := *old
		if old.Of != s.Of { // the rule was changed: what people were told stays
			copied.State = s.State
			copied.Told, copied.Of = old.Told, s.Of
		}
		s = &copied
	}
	var made []alert.Transition
	s.State, made = alert.Step(r.rule, s.State, points, now)
	s.At = 0
	if n := len(points); n > 0 {
		last := &points[n-1]
		s.Value, s.At = last.Value, last.At
		s.Bound, _ = r.rule.Bound(last)
	}
	for i := range made {
		if made[i].Opens {
			s.Gen, s.Opened = s.Gen+1, made[i].At
		}
		if made[i].From != made[i].To {
			s.Last = &made[i]
		}
	}
	return s, made
}

// changed lists the series to be written down, and those that are as if they had never
// been there.
func (w *Watch) changed(key ruleKey, r *running, stepped map[string]*series, points map[string][]alert.Point, looked bool, step *meta.AlertStep) (dropped []string) {
	for group, s := range stepped {
		kept := meta.AlertSeries{Tenant: key.tenant, Rule: key.name, Group: group}
		if looked && len(r.rule.By) > 0 && len(points[group]) == 0 && s.quiet() && r.rule.Treatment != alert.Breaching {
			dropped = append(dropped, group)
			step.Series = append(step.Series, kept)
			continue
		}
		text, err := json.Marshal(s)
		if err != nil {
			w.Logger.Error("how a series stands cannot be written", "rule", key.name, "err", err)
			continue
		}
		if string(text) != s.kept {
			kept.State = text
			step.Series = append(step.Series, kept)
		}
	}
	return dropped
}

// quiet reports whether nothing about s is worth keeping.
func (s *series) quiet() bool {
	return !s.Told.Open && !s.Now.Open && s.Now.Status != alert.Pending && strings.IndexByte(string(s.Now.Recent), 'X') < 0
}

// Change is one thing that happened to a series, as history keeps it.
type Change struct {
	alert.Transition
	Why string
}

var errNoSource = errors.New("watch: issues are counted only, in windows of whole minutes")
