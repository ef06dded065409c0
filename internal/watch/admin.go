package watch

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"clew/internal/alert"
	"clew/internal/meta"
	"clew/internal/notify"
	"clew/internal/signal"
)

// RuleStatus is a rule and how its series stand.
type RuleStatus struct {
	Rule    *alert.Rule
	Updated time.Time
	Series  []SeriesStatus // by group
	Failed  string         // why it could not be evaluated last; empty when it could
}

// SeriesStatus is how one series stands.
type SeriesStatus struct {
	Group    []string
	Status   alert.Status
	Since    signal.Time
	Open     bool
	Opened   signal.Time // of the incident, when Open
	Told     signal.Time // when a message was sent about it last; 0: none was
	Silenced bool
	Value    float64 // of the newest window with rows
	Bound    float64
	At       signal.Time // of that window; 0: there is none
	Why      string      // of the last change
}

// ErrNotFound is returned for rules, silences and destinations that are not there.
var ErrNotFound = meta.ErrNotFound

// Rules lists the rules of a tenant and how they stand, by name.
func (w *Watch) Rules(ctx context.Context, t signal.Tenant) ([]RuleStatus, error) {
	kept, err := w.DB.AlertRules(ctx)
	if err != nil {
		return nil, err
	}
	silences, err := w.DB.Silences(ctx, t, w.Now())
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	all := []RuleStatus{}
	for _, k := range kept {
		if k.Tenant != t {
			continue
		}
		rule, err := alert.DecodeOne(k.Spec)
		if err != nil {
			return nil, fmt.Errorf("watch: read rule %s: %w", k.Name, err)
		}
		one := RuleStatus{Rule: rule, Updated: k.Updated, Series: []SeriesStatus{}}
		tell := telling{Watch: w, rule: rule, now: signal.TimeOf(w.Now()), silences: silences}
		if r := w.rules[ruleKey{t, k.Name}]; r != nil {
			one.Failed = r.failed
			for _, group := range slices.Sorted(maps.Keys(r.series)) {
				one.Series = append(one.Series, statusOf(rule, group, r.series[group], tell.silenced(group)))
			}
		}
		all = append(all, one)
	}
	return all, nil
}

func statusOf(rule *alert.Rule, group string, s *series, silenced bool) SeriesStatus {
	out := SeriesStatus{Group: strings.Split(group, separator), Status: s.Told.Status, Since: s.Now.Since, Open: s.Told.Open, Silenced: silenced,
		Value: s.Value, Bound: s.Bound, At: s.At, Told: s.Sent}
	if len(rule.By) == 0 {
		out.Group = []string{}
	}
	if s.Told.Open {
		out.Opened = s.Opened
	}
	if s.Last != nil {
		out.Since, out.Why = s.Last.At, rule.Why(*s.Last)
	}
	return out
}

// PutRules keeps rules, all or none; those of the same name are replaced. What is
// evaluated follows within seconds.
func (w *Watch) PutRules(ctx context.Context, t signal.Tenant, rules []*alert.Rule) error {
	return Keep(ctx, w.DB, t, rules, w.Now())
}

// Keep is PutRules for whoever has the metadata only.
func Keep(ctx context.Context, db *meta.DB, t signal.Tenant, rules []*alert.Rule, now time.Time) error {
	var all []meta.AlertRule
	for _, r := range rules {
		text, err := json.Marshal(r.Written)
		if err != nil {
			return fmt.Errorf("watch: write rule: %w", err)
		}
		all = append(all, meta.AlertRule{Tenant: t, Name: r.Name, Spec: text, Updated: now})
	}
	return db.PutAlertRules(ctx, all)
}

// DeleteRule removes a rule. Incidents it opened are closed where somebody was told.
func (w *Watch) DeleteRule(ctx context.Context, t signal.Tenant, name string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.rules[ruleKey{t, name}]; r != nil {
		tell := telling{Watch: w, key: ruleKey{t, name}, rule: r.rule, now: signal.TimeOf(w.Now()), out: map[notify.Action][]entry{}}
		for group, s := range r.series {
			if s.Sent != 0 {
				tell.out[notify.Resolved] = append(tell.out[notify.Resolved],
					entry{group, fmt.Sprintf("deleted %q %q %d", name, group, tell.now), notify.Item{Resource: show(group), Why: "the rule was deleted"}})
			}
		}
		messages, err := tell.outgoing(ctx)
		if err != nil {
			return err
		}
		if err := w.DB.KeepAlertStep(ctx, meta.AlertStep{Messages: messages}); err != nil {
			return err
		}
	}
	if err := w.DB.DeleteAlertRule(ctx, t, name); err != nil {
		return err
	}
	delete(w.rules, ruleKey{t, name})
	return nil
}

// Try steps a rule through the past.
func (w *Watch) Try(ctx context.Context, t signal.Tenant, r *alert.Rule, rng signal.Range) ([]alert.Trial, error) {
	from := rng.From - rng.From%signal.Time(r.Width)
	all, err := w.source.Points(ctx, t, r, signal.Range{From: from, To: rng.To})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 && len(r.By) == 0 {
		all = []alert.Series{{}}
	}
	var usual map[string]*alert.Baseline
	if r.Bounded.Sigma {
		if usual, err = w.source.baselines(ctx, t, r, rng.To); err != nil {
			return nil, err
		}
	}
	trials := []alert.Trial{}
	for _, s := range all {
		if b := usual[groupKey(s.Group)]; b != nil {
			r.Usual(b, s.Points)
		}
		trial := alert.Try(r, s.Points, signal.Range{From: from, To: rng.To})
		trial.Group = s.Group
		trials = append(trials, trial)
	}
	return trials, nil
}

// Changes lists what happened, newest first; rule "" is all rules.
func (w *Watch) Changes(ctx context.Context, t signal.Tenant, rule string, rng signal.Range, limit int) ([]Happened, error) {
	kept, err := w.DB.AlertHistory(ctx, t, rule, rng, limit)
	if err != nil {
		return nil, err
	}
	all := []Happened{}
	for _, k := range kept {
		h := Happened{Rule: k.Rule, Group: strings.Split(k.Group, separator)}
		if err := json.Unmarshal(k.Change, &h.Change); err != nil {
			return nil, fmt.Errorf("watch: read history: %w", err)
		}
		all = append(all, h)
	}
	return all, nil
}

// Happened is one change of a series.
type Happened struct {
	Rule  string
	Group []string
	Change
}

// Messages lists the newest messages, newest first.
func (w *Watch) Messages(ctx context.Context, t signal.Tenant, limit int) ([]meta.Outgoing, error) {
	return w.DB.OutgoingLast(ctx, t, limit)
}

// Silence keeps messages from being sent, and returns the silence as it is kept.
func (w *Watch) Silence(ctx context.Context, t signal.Tenant, s meta.Silence) (meta.Silence, error) {
	if s.From.IsZero() {
		s.From = w.Now()
	}
	if !s.Until.After(s.From) || !s.Until.After(w.Now()) {
		return s, fmt.Errorf("%w: a silence ends after it begins, and later than now", ErrSettings)
	}
	if s.ID == "" {
		s.ID = strings.ToLower(rand.Text()[:12])
	}
	return s, w.DB.PutSilence(ctx, t, s)
}

// Silences lists the silences that have not ended.
func (w *Watch) Silences(ctx context.Context, t signal.Tenant) ([]meta.Silence, error) {
	return w.DB.Silences(ctx, t, w.Now())
}

// Unsilence ends a silence.
func (w *Watch) Unsilence(ctx context.Context, t signal.Tenant, id string) error {
	return w.DB.DeleteSilence(ctx, t, id)
}

// Destination is somebody to be told, without secrets.
type Destination struct {
	Name, Kind string
	Settings   notify.Settings
	Broken     string // why it cannot be used; empty when it can
}

// Destinations lists who can be told, by name.
func (w *Watch) Destinations(ctx context.Context, t signal.Tenant) ([]Destination, error) {
	kept, err := w.DB.AlertDestinations(ctx, t)
	if err != nil {
		return nil, err
	}
	all := []Destination{}
	for _, k := range kept {
		d := Destination{Name: k.Name, Kind: k.Kind}
		settings, err := w.Key.open(k)
		kind, ok := w.kind(k.Kind)
		switch {
		case !ok:
			d.Broken = "this build does not know the kind"
		case err != nil:
			d.Broken = strings.TrimPrefix(err.Error(), "watch: ")
		default:
			d.Settings = kind.Public(settings)
		}
		all = append(all, d)
	}
	return all, nil
}

// ErrSettings is returned for destinations and silences that cannot be.
var ErrSettings = errors.New("watch: wrong settings")

// PutDestination keeps somebody to be told. A secret that is left out stays what it was.
func (w *Watch) PutDestination(ctx context.Context, t signal.Tenant, d Destination) error {
	kind, ok := w.kind(d.Kind)
	if !ok || d.Name == "" || len(d.Name) > 200 {
		return fmt.Errorf("%w: a destination has a name and one of the kinds that there are", ErrSettings)
	}
	kept, err := w.DB.AlertDestinations(ctx, t)
	if err != nil {
		return err
	}
	settings := notify.Settings{}
	for _, k := range kept {
		if k.Name != d.Name || k.Kind != d.Kind {
			continue
		}
		if old, err := w.Key.open(k); err == nil {
			for _, s := range kind.Settings {
				if s.Secret && old[s.Name] != "" {
					settings[s.Name] = old[s.Name]
				}
			}
		}
	}
	for k, v := range d.Settings {
		settings[k] = v
	}
	if err := kind.Check(settings); err != nil {
		return fmt.Errorf("%w: %s", ErrSettings, strings.TrimPrefix(err.Error(), "notify: "))
	}
	out := meta.AlertDestination{Tenant: t, Name: d.Name, Kind: d.Kind}
	if out.Settings, err = w.Key.seal(out, settings); err != nil {
		return err
	}
	return w.DB.PutAlertDestination(ctx, out)
}

// DeleteDestination removes somebody to be told.
func (w *Watch) DeleteDestination(ctx context.Context, t signal.Tenant, name string) error {
	return w.DB.DeleteAlertDestination(ctx, t, name)
}

// SendTest sends a test message to a destination at once. Its error tells why it was
// not taken, and no secret.
func (w *Watch) SendTest(ctx context.Context, t signal.Tenant, name string) error {
	d, err := w.destination(ctx, t, name)
	if err != nil {
		return err
	}
	return d.Send(ctx, &notify.Notice{Action: notify.Test, Rule: "this is a test of " + name, Severity: "info", At: w.Now(),
		Key: "clew/" + string(t) + "/test", URL: w.link("alerts")})
}

// DestinationKinds lists the kinds of destinations that there are.
func (w *Watch) DestinationKinds() []notify.Kind { return w.Kinds }
