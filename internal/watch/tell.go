package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"clew/internal/alert"
	"clew/internal/meta"
	"clew/internal/notify"
	"clew/internal/query"
	"clew/internal/signal"
)

// news is what a step made of one series.
type news struct {
	group string
	made  []alert.Transition
}

// telling makes the messages of one evaluation of a rule.
type telling struct {
	*Watch
	key      ruleKey
	rule     *alert.Rule
	now      signal.Time
	silences []meta.Silence
	out      map[notify.Action][]entry
}

// entry is one series to be told of.
type entry struct {
	group string
	once  string
	item  notify.Item
}

// messages decides who is told what, and notes in the series that they were. Silenced
// series are told of when the silence ends, if they still fire then; the end of an
// incident is told to those who were told of its begin.
func (t *telling) messages(ctx context.Context, told []news, stepped map[string]*series) ([]meta.Outgoing, error) {
	t.out = map[notify.Action][]entry{}
	if len(t.rule.Destinations) == 0 {
		return nil, nil
	}
	slices.SortFunc(told, func(a, b news) int { return strings.Compare(a.group, b.group) })
	for _, n := range told {
		s := stepped[n.group]
		for i := range n.made {
			tr := &n.made[i]
			switch {
			case tr.Opens && !t.silenced(n.group):
				t.add(ctx, notify.Fires, n.group, s, tr)
			case tr.Resolves && s.Sent != 0:
				t.add(ctx, notify.Resolved, n.group, s, tr)
			}
		}
	}
	for _, group := range slices.Sorted(maps.Keys(stepped)) {
		s := stepped[group]
		if !s.Told.Open || t.silenced(group) {
			continue
		}
		switch {
		case s.Sent == 0:
			t.add(ctx, notify.Fires, group, s, s.Last)
		case t.rule.Again > 0 && t.now.Sub(s.Sent) >= t.rule.Again:
			t.add(ctx, notify.Again, group, s, s.Last)
		}
	}
	return t.outgoing(ctx)
}

func (t *telling) silenced(group string) bool {
	if t.rule.Silent(t.now.Std()) {
		return true
	}
	now := t.now.Std()
	return slices.ContainsFunc(t.silences, func(s meta.Silence) bool {
		return !now.Before(s.From) && now.Before(s.Until) && (s.Rule == "" || s.Rule == t.rule.Name) && strings.Contains(group, s.Group)
	})
}

func (t *telling) add(ctx context.Context, action notify.Action, group string, s *series, tr *alert.Transition) {
	if s.Sent = t.now; action == notify.Resolved {
		s.Sent = 0
	}
	e := entry{group: group, once: fmt.Sprintf("%s %q %q %d", action, t.rule.Name, group, s.Gen)}
	if action == notify.Again || tr.Revised {
		e.once += fmt.Sprintf(" %d", t.now)
	}
	e.item = notify.Item{Resource: show(group), Why: t.rule.Why(*tr)}
	if action != notify.Resolved {
		e.item.Count = tr.Samples
		e.item.Cause, e.item.URL = t.cause(ctx, group)
	}
	t.out[action] = append(t.out[action], e)
}

// show writes a group for people.
func show(group string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(group, separator), func(s string) bool { return s == "" }), ", ")
}

// outgoing makes a message for every destination: one of all series, or where the
// destination keeps incidents one of each.
func (t *telling) outgoing(ctx context.Context) (all []meta.Outgoing, err error) {
	if len(t.out) == 0 {
		return nil, nil
	}
	known, err := t.DB.AlertDestinations(ctx, t.key.tenant)
	if err != nil {
		return nil, err
	}
	for _, name := range t.rule.Destinations {
		each := slices.ContainsFunc(known, func(d meta.AlertDestination) bool {
			k, ok := t.kind(d.Kind)
			return d.Name == name && ok && k.Each
		})
		for _, action := range []notify.Action{notify.Resolved, notify.Fires, notify.Again} {
			entries := t.out[action]
			if len(entries) == 0 {
				continue
			}
			parts := [][]entry{entries}
			if each {
				parts = slices.Collect(slices.Chunk(entries, 1))
			}
			for _, part := range parts {
				m, err := t.message(name, action, part)
				if err != nil {
					return nil, err
				}
				all = append(all, m)
			}
		}
	}
	return all, nil
}

func (t *telling) message(to string, action notify.Action, entries []entry) (meta.Outgoing, error) {
	n := notify.Notice{Action: action, Rule: t.rule.Name, Severity: t.rule.Severity, At: t.now.Std(), Say: t.rule.Say,
		Key: "clew/" + string(t.key.tenant) + "/" + t.rule.Name, URL: t.link("alerts/" + url.PathEscape(t.rule.Name))}
	var once []string
	for _, e := range entries {
		n.Items = append(n.Items, e.item)
		once = append(once, e.once)
	}
	if len(entries) == 1 {
		n.Key += "/" + show(entries[0].group)
	}
	text, err := json.Marshal(n)
	if err != nil {
		return meta.Outgoing{}, fmt.Errorf("watch: write message: %w", err)
	}
	return meta.Outgoing{Tenant: t.key.tenant, Destination: to, Once: strings.Join(once, "\n"), Notice: text, Made: n.At, Due: n.At}, nil
}

func (w *Watch) link(path string) string {
	if w.URL == "" {
		return ""
	}
	return w.URL + path
}

// cause says in one line what went wrong in a series, and where that is shown: of the
// issue behind it where one is known, else of the newest row. A cause that cannot be
// read must not keep the message back.
func (t *telling) cause(ctx context.Context, group string) (text, link string) {
	rng := signal.Range{From: t.rule.Open(t.now).Add(-t.rule.Width * 2), To: t.now + 1}
	row := t.newest(ctx, group, rng)
	if t.rule.From == alert.Issues || row.found {
		if text, link := t.issueOf(ctx, group, row.trace, rng); link != "" {
			return text, link
		}
	}
	if row.trace.IsZero() {
		return row.text, ""
	}
	return row.text, t.link("tx/" + row.trace.String())
}

// sample is a row behind a series.
type sample struct {
	found bool
	trace signal.TraceID
	text  string
}

// newest finds the newest row of a series.
func (t *telling) newest(ctx context.Context, group string, rng signal.Range) (s sample) {
	if t.rule.From == alert.Issues {
		return s
	}
	q := &query.Query{Tenant: t.key.tenant, Type: t.rule.Type, Range: rng, Where: query.All(t.rule.Where, inGroup(t.rule, group)), Limit: 1}
	for rows, err := range t.Store.Scan(ctx, q) {
		if err != nil {
			t.Logger.Error("the row behind an alert was not read", "rule", t.rule.Name, "err", err)
			return s
		}
		for i := range rows.Rows {
			r := &rows.Rows[i]
			s.found = true
			if r.Span != nil {
				s.trace, s.text = r.Span.Trace, saidOf(r.Span)
			} else if r.Log != nil {
				s.trace, s.text = r.Log.Trace, r.Log.Body.String()
			}
			s.text = notify.Truncate(strings.Join(strings.Fields(strings.Clone(s.text)), " "), 200)
		}
	}
	return s
}

// saidOf is what a span says of its failure, or does.
func saidOf(s *signal.Span) string {
	for i := range s.Events {
		e := &s.Events[i]
		kind, message := e.Attrs.Text("exception.type"), e.Attrs.Text("exception.message")
		if kind != "" && message != "" {
			return kind + ": " + message
		}
		if kind+message != "" {
			return kind + message
		}
	}
	for _, text := range []string{s.Status.Message, s.Attrs.Text("error.type")} {
		if text != "" {
			return text
		}
	}
	return s.Name
}

// inGroup selects the rows of one series.
func inGroup(r *alert.Rule, group string) *query.Expr {
	var all []*query.Expr
	for i, value := range strings.Split(group, separator) {
		if i >= len(r.Fields) {
			break
		}
		var any []*query.Expr
		for j, f := range r.Fields[i] {
			e := query.Is(f, query.Eq, signal.Str(value))
			if value == "" {
				e = nil
			}
			var before []*query.Expr // fields that come first must be missing
			for _, b := range r.Fields[i][:j] {
				before = append(before, &query.Expr{Op: query.Not, Args: []*query.Expr{{Op: query.Exists, Field: b}}})
			}
			if e != nil {
				any = append(any, query.All(append(before, e)...))
			}
		}
		all = append(all, query.Any(any...))
	}
	return query.All(all...)
}

// issueOf finds the issue behind a series: the one seen in its newest transaction, or
// the one that occurred most of those of its resource.
func (t *telling) issueOf(ctx context.Context, group string, trace signal.TraceID, rng signal.Range) (text, link string) {
	if t.Issues == nil {
		return "", ""
	}
	all, err := t.Issues.Issues(ctx, t.key.tenant, rng, 1)
	if err != nil {
		t.Logger.Error("the issue behind an alert was not read", "rule", t.rule.Name, "err", err)
		return "", ""
	}
	values := strings.Split(group, separator)
	best := -1
	for i := range all {
		it := &all[i]
		if !trace.IsZero() && it.Latest != trace && !slices.Contains(values, it.Resource.Name) || trace.IsZero() && !slices.Contains(values, it.ID.String()) && !slices.Contains(values, it.Resource.Name) {
			continue
		}
		if best < 0 || it.Count > all[best].Count {
			best = i
		}
	}
	if best < 0 {
		return "", ""
	}
	it := &all[best]
	text = it.Title
	if len(it.Causes) > 0 && it.Causes[0].Headline != "" {
		text += " ← " + it.Causes[0].Headline
	}
	return notify.Truncate(text, 300), t.link("issues/" + it.ID.String())
}
