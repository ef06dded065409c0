package watch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/alert"
	"clew/internal/query"
	"clew/internal/signal"
)

// source gives the points of rules out of a store, and out of what is known of issues.
type source struct {
	store  alert.Scanner
	issues Issues
}

// NewSource returns the points of what a store holds. issues may be nil.
func NewSource(store alert.Scanner, issues Issues) alert.Source { return &source{store, issues} }

// window is what is summed up of the rows of one window.
type window struct {
	count, errors uint64
	sum, min, max float64
	durations     query.Sketch
	distinct      map[string]bool
}

// Points implements alert.Source.
func (s *source) Points(ctx context.Context, t signal.Tenant, r *alert.Rule, rng signal.Range) ([]alert.Series, error) {
	if r.From == alert.Issues {
		return s.issuePoints(ctx, t, r, rng)
	}
	by := []string{}
	for _, fields := range r.Fields {
		for _, f := range fields {
			if !slices.Contains(by, f) {
				by = append(by, f)
			}
		}
	}
	groups := len(by)
	if r.Measured.Field != "" {
		by = append(by, r.Measured.Field)
	}
	q := &query.Query{Tenant: t, Type: r.Type, Range: rng, Where: r.Where, By: by, Every: r.Width, Durations: r.Measured.Aggregate == alert.Quantile}
	sums := newSums(r)
	for rows, err := range s.store.Scan(ctx, q) {
		if err != nil {
			return nil, fmt.Errorf("watch: count: %w", err)
		}
		for i := range rows.Buckets {
			b := &rows.Buckets[i]
			values := map[string]string{}
			for j, f := range by[:groups] {
				values[f] = b.Key[j].String()
			}
			add(sums.at(values, b.At), b, r.Measured)
		}
	}
	return sums.series(), nil
}

// sums are windows by group and time.
type sums struct {
	rule   *alert.Rule
	groups map[string][]string
	all    map[string]map[signal.Time]*window
}

func newSums(r *alert.Rule) *sums {
	return &sums{r, map[string][]string{}, map[string]map[signal.Time]*window{}}
}

// at finds the window of the group that a row with these values belongs to.
func (s *sums) at(values map[string]string, at signal.Time) *window {
	group := make([]string, len(s.rule.Fields))
	for i, fields := range s.rule.Fields {
		for _, f := range fields {
			if v := values[f]; v != "" {
				group[i] = strings.Clone(v)
				break
			}
		}
	}
	key := groupKey(group)
	if s.all[key] == nil {
		s.groups[key], s.all[key] = group, map[signal.Time]*window{}
	}
	w := s.all[key][at]
	if w == nil {
		w = &window{}
		s.all[key][at] = w
	}
	return w
}

// add adds a bucket, whose last key is the measured field where there is one.
func add(w *window, b *query.Bucket, m alert.Measure) {
	if m.Field == "" {
		if w.count == 0 {
			w.min = float64(b.Min)
		}
		w.min = min(w.min, float64(b.Min))
		w.count += b.Count
		w.errors += b.Errors
		w.sum += float64(b.Sum)
		w.max = max(w.max, float64(b.Max))
		w.durations.Merge(&b.Durations)
		return
	}
	v := b.Key[len(b.Key)-1]
	if v.Kind() == signal.KindEmpty {
		return // rows without the field
	}
	if m.Aggregate == alert.Distinct {
		if w.distinct == nil {
			w.distinct = map[string]bool{}
		}
		w.count += b.Count
		w.distinct[strings.Clone(v.String())] = true
		return
	}
	n, ok := alert.Number(v)
	if !ok {
		return
	}
	if w.count == 0 {
		w.max = n
	}
	w.count += b.Count
	w.sum += n * float64(b.Count)
	w.max = max(w.max, n)
}

func (w *window) value(r *alert.Rule) float64 {
	switch r.Measured.Aggregate {
	case alert.Errors:
		return float64(w.errors)
	case alert.Rate:
		return float64(w.count) / r.Width.Seconds()
	case alert.Ratio:
		return float64(w.errors) / float64(w.count)
	case alert.Avg:
		return w.sum / float64(w.count)
	case alert.Max:
		return w.max
	case alert.Quantile:
		return min(max(float64(w.durations.Quantile(r.Measured.Q)), w.min), w.max)
	case alert.Sum:
		return w.sum
	case alert.Distinct:
		return float64(len(w.distinct))
	}
	return float64(w.count)
}

// series returns what was summed up, by group and time.
func (s *sums) series() (out []alert.Series) {
	for key, windows := range s.all {
		one := alert.Series{Group: s.groups[key]}
		for at, w := range windows {
			if w.count > 0 {
				one.Points = append(one.Points, alert.Point{At: at, Value: w.value(s.rule), Samples: w.count})
			}
		}
		if len(one.Points) == 0 {
			continue
		}
		slices.SortFunc(one.Points, func(a, b alert.Point) int { return int(min(max(a.At-b.At, -1), 1)) })
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b alert.Series) int { return slices.Compare(a.Group, b.Group) })
	return out
}

// baselines are what was usual, by group.
func (s *source) baselines(ctx context.Context, t signal.Tenant, r *alert.Rule, now signal.Time) (map[string]*alert.Baseline, error) {
	hourly := *r
	hourly.Width = time.Hour
	all, err := s.Points(ctx, t, &hourly, signal.Range{From: now - now%signal.Time(time.Hour) - signal.Time(alert.History), To: now})
	if err != nil {
		return nil, err
	}
	usual := map[string]*alert.Baseline{}
	for _, one := range all {
		usual[groupKey(one.Group)] = alert.NewBaseline(one.Points)
	}
	return usual, nil
}

// issuePoints counts how often issues occurred.
func (s *source) issuePoints(ctx context.Context, t signal.Tenant, r *alert.Rule, rng signal.Range) ([]alert.Series, error) {
	if r.Measured.Aggregate != alert.Count || r.Width%time.Minute != 0 {
		return nil, errNoSource
	}
	if s.issues == nil {
		return nil, nil
	}
	from := rng.From - rng.From%signal.Time(r.Width)
	parts := int((rng.To.Sub(from) + r.Width - 1) / r.Width)
	all, err := s.issues.Issues(ctx, t, signal.Range{From: from, To: from.Add(time.Duration(parts) * r.Width)}, parts)
	if err != nil {
		return nil, fmt.Errorf("watch: count issues: %w", err)
	}
	sums := newSums(r)
	for i := range all {
		it := &all[i]
		for part, n := range it.Spark {
			at := from.Add(time.Duration(part) * r.Width)
			values := map[string]string{
				"type": string(it.Type), "issue": it.ID.String(), "title": it.Title, "resource": it.Resource.Name, "kind": string(it.Resource.Kind),
				"account": it.Resource.Account, "region": it.Resource.Region, "version": it.LastVersion, "state": string(it.State),
				"new": fmt.Sprint(it.First >= at && it.First < at.Add(r.Width)),
			}
			if len(it.Causes) > 0 {
				values["cause"] = it.Causes[0].Headline
			}
			row := query.Row{Log: &signal.Log{}}
			for k, v := range values {
				row.Log.Attrs = append(row.Log.Attrs, signal.Attr{Key: k, Value: signal.Str(v)})
			}
			if n > 0 && r.Where.Matches(&row) {
				sums.at(values, at).count += uint64(n)
			}
		}
	}
	return sums.series(), nil
}
