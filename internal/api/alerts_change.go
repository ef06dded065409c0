package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/alert"
	"clew/internal/meta"
	"clew/internal/notify"
	"clew/internal/signal"
	"clew/internal/watch"
)

type rawInput struct {
	RawBody []byte `contentType:"application/json"`
}

func (a *API) putRules(ctx context.Context, in *rawInput) (*body[AlertsKept], error) {
	rules, err := alert.Decode(in.RawBody)
	if err != nil {
		return nil, badRequest(err)
	}
	if err := a.Alerts.PutRules(ctx, TenantOf(ctx), rules); err != nil {
		return nil, a.failed(ctx, "keep the rules", err)
	}
	out := &body[AlertsKept]{Body: AlertsKept{[]string{}}}
	for _, r := range rules {
		out.Body.Kept = append(out.Body.Kept, r.Name)
	}
	return out, nil
}

// The bounds of a back-test.
const (
	longestTry = 31 * 24 * time.Hour
	mostTrials = 100
)

func (a *API) tryRule(ctx context.Context, in *rawInput) (*body[AlertTrials], error) {
	begin := a.Now()
	var asked struct {
		Rule     json.RawMessage `json:"rule"`
		From, To string
	}
	if err := json.Unmarshal(in.RawBody, &asked); err != nil {
		return nil, huma.Error400BadRequest("the body is not a JSON object with rule, from and to")
	}
	r, err := alert.DecodeOne(asked.Rule)
	if err != nil {
		return nil, badRequest(err)
	}
	rng, err := parseRange(cmp.Or(asked.From, "now-24h"), cmp.Or(asked.To, "now"), begin)
	if err != nil {
		return nil, badRequest(err)
	}
	if rng.To.Sub(rng.From) > longestTry {
		return nil, huma.Error400BadRequest("a rule is tried on 31 days at most")
	}
	ctx, cancel := context.WithTimeout(ctx, patience*a.Budget)
	defer cancel()
	trials, err := a.Alerts.Try(ctx, TenantOf(ctx), r, rng)
	if err != nil {
		return nil, a.failed(ctx, "try the rule", err)
	}
	out := &body[AlertTrials]{Body: AlertTrials{From: rfc3339(rng.From), To: rfc3339(rng.To), WindowNS: int64(r.Width), Duration: r.Measured.IsDuration(), Series: []AlertTrial{}}}
	t := &out.Body
	fired := 0
	for i := range trials {
		t.Notices += trials[i].Notices
		t.FiringNS += int64(trials[i].Firing)
		for _, c := range trials[i].Transitions {
			if c.Opens {
				fired++
			}
		}
	}
	if t.FiringNS > 0 {
		t.Flapping = float64(fired) / time.Duration(t.FiringNS).Hours()
	}
	slices.SortStableFunc(trials, func(a, b alert.Trial) int {
		return cmp.Or(cmp.Compare(b.Notices, a.Notices), slices.Compare(a.Group, b.Group))
	})
	if t.Cut = max(len(trials)-mostTrials, 0); t.Cut > 0 {
		trials = trials[:mostTrials]
	}
	for i := range trials {
		t.Series = append(t.Series, alertTrial(r, &trials[i]))
	}
	t.TookMS = a.took(begin)
	return out, nil
}

func alertTrial(r *alert.Rule, in *alert.Trial) AlertTrial {
	out := AlertTrial{Group: in.Group, Notices: in.Notices, FiringNS: int64(in.Firing), First: rfc3339(in.FiredFirst),
		At: []int64{}, Value: []float64{}, Bound: []float64{}, Changes: []AlertChange{}}
	if out.Group == nil {
		out.Group = []string{}
	}
	if !r.Bounded.Sigma {
		out.Bound = append(out.Bound, r.Bounded.Bound)
	}
	for i := range in.Points {
		p := &in.Points[i]
		out.At, out.Value = append(out.At, int64(p.At)/int64(time.Second)), append(out.Value, p.Value)
		if bound, _ := r.Bound(p); r.Bounded.Sigma {
			out.Bound = append(out.Bound, bound)
		}
	}
	for i := range in.Transitions {
		out.Changes = append(out.Changes, alertChange(&in.Transitions[i], r.Why(in.Transitions[i])))
	}
	return out
}

func (a *API) testDestination(ctx context.Context, in *rawInput) (*body[AlertTested], error) {
	begin := a.Now()
	var asked AlertTest
	if err := json.Unmarshal(in.RawBody, &asked); err != nil {
		return nil, huma.Error400BadRequest("the body is not a JSON object with destination")
	}
	err := a.Alerts.SendTest(ctx, TenantOf(ctx), asked.Destination)
	if errors.Is(err, watch.ErrNoDestination) {
		return nil, huma.Error404NotFound(strings.TrimPrefix(err.Error(), "watch: "))
	}
	out := &body[AlertTested]{Body: AlertTested{Sent: err == nil}}
	var answered *notify.Error
	switch {
	case errors.As(err, &answered):
		out.Body.Error = strings.TrimPrefix(answered.Error(), "notify: ")
	case err != nil:
		return nil, a.failed(ctx, "send a test", err)
	}
	out.Body.TookMS = a.took(begin)
	return out, nil
}

func (a *API) listSilences(ctx context.Context, _ *struct{}) (*body[AlertSilenceList], error) {
	all, err := a.Alerts.Silences(ctx, TenantOf(ctx))
	if err != nil {
		return nil, a.failed(ctx, "list silences", err)
	}
	out := &body[AlertSilenceList]{Body: AlertSilenceList{[]AlertSilence{}}}
	for _, s := range all {
		out.Body.Silences = append(out.Body.Silences, silence(s))
	}
	return out, nil
}

func silence(s meta.Silence) AlertSilence {
	return AlertSilence{s.ID, s.Rule, s.Group, rfc3339(signal.TimeOf(s.From)), rfc3339(signal.TimeOf(s.Until)), s.Comment, s.By}
}

func (a *API) putSilence(ctx context.Context, in *rawInput) (*body[AlertSilence], error) {
	now := a.Now()
	var asked AlertSilence
	if err := json.Unmarshal(in.RawBody, &asked); err != nil {
		return nil, huma.Error400BadRequest("the body is not a JSON object with until")
	}
	s := meta.Silence{ID: asked.ID, Rule: asked.Rule, Group: asked.Group, Comment: asked.Comment, By: asked.By}
	if asked.From != "" {
		from, err := parseTime(asked.From, now)
		if err != nil {
			return nil, badRequest(err)
		}
		s.From = from.Std()
	}
	if d, err := time.ParseDuration(asked.Until); err == nil {
		s.Until = now.Add(d)
	} else {
		until, err := parseTime(asked.Until, now)
		if err != nil {
			return nil, badRequest(err)
		}
		s.Until = until.Std()
	}
	kept, err := a.Alerts.Silence(ctx, TenantOf(ctx), s)
	if errors.Is(err, watch.ErrSettings) {
		return nil, huma.Error400BadRequest("a silence ends after it begins, and later than now")
	}
	if err != nil {
		return nil, a.failed(ctx, "silence", err)
	}
	return &body[AlertSilence]{Body: silence(kept)}, nil
}

func (a *API) listDestinations(ctx context.Context, _ *struct{}) (*body[AlertDestinationList], error) {
	all, err := a.Alerts.Destinations(ctx, TenantOf(ctx))
	if err != nil {
		return nil, a.failed(ctx, "list destinations", err)
	}
	out := &body[AlertDestinationList]{Body: AlertDestinationList{[]AlertDestination{}, []AlertDestinationKind{}}}
	for _, d := range all {
		if d.Settings == nil {
			d.Settings = notify.Settings{}
		}
		out.Body.Destinations = append(out.Body.Destinations, AlertDestination{d.Name, d.Kind, d.Settings, d.Broken})
	}
	for _, k := range a.Alerts.DestinationKinds() {
		kind := AlertDestinationKind{k.Name, k.Says, []AlertSetting{}}
		for _, s := range k.Settings {
			kind.Settings = append(kind.Settings, AlertSetting(s))
		}
		out.Body.Kinds = append(out.Body.Kinds, kind)
	}
	return out, nil
}

func (a *API) putDestination(ctx context.Context, in *rawInput) (*body[Done], error) {
	var asked AlertDestination
	if err := json.Unmarshal(in.RawBody, &asked); err != nil {
		return nil, huma.Error400BadRequest("the body is not a JSON object with name, kind and settings")
	}
	err := a.Alerts.PutDestination(ctx, TenantOf(ctx), watch.Destination{Name: asked.Name, Kind: asked.Kind, Settings: asked.Settings})
	if errors.Is(err, watch.ErrSettings) {
		return nil, huma.NewError(http.StatusBadRequest, strings.TrimPrefix(err.Error(), watch.ErrSettings.Error()+": "))
	}
	return a.done(ctx, "keep the destination", asked.Name, err)
}

func (a *API) listMessages(ctx context.Context, _ *struct{}) (*body[AlertMessageList], error) {
	all, err := a.Alerts.Messages(ctx, TenantOf(ctx), 100)
	if err != nil {
		return nil, a.failed(ctx, "list messages", err)
	}
	out := &body[AlertMessageList]{Body: AlertMessageList{[]AlertMessage{}}}
	for _, m := range all {
		var n notify.Notice
		if err := json.Unmarshal(m.Notice, &n); err != nil {
			return nil, a.failed(ctx, "read a message", err)
		}
		out.Body.Messages = append(out.Body.Messages, AlertMessage{m.Destination, n.Title(), rfc3339(signal.TimeOf(m.Made)), m.State, m.Tries, m.Error})
	}
	return out, nil
}
