package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/alert"
	"clew/internal/signal"
	"clew/internal/watch"
)

// registerAlerts puts what is under /api/alerts on h.
func (a *API) registerAlerts(h huma.API) {
	register(h, "list-alerts", "/api/alerts", "How the series of all rules stand", alerting(a, a.listAlerts))
	register(h, "list-alert-rules", "/api/alerts/rules", "Rules as they were written, and how they stand", alerting(a, a.listRules))
	register(h, "get-alert-rule", "/api/alerts/rules/{name}", "One rule", alerting(a, a.getRule))
	register(h, "get-alert-history", "/api/alerts/history", "What happened to series, newest first", alerting(a, a.alertHistory))
	register(h, "list-alert-silences", "/api/alerts/silences", "Silences that have not ended", alerting(a, a.listSilences))
	register(h, "list-alert-destinations", "/api/alerts/destinations", "Who can be told, without secrets, and which kinds there are", alerting(a, a.listDestinations))
	register(h, "list-alert-messages", "/api/alerts/messages", "The last messages and what became of them", alerting(a, a.listMessages))
	registerChange[AlertRules](h, "put-alert-rules", "/api/alerts/rules", "Make or replace rules, all or none", alerting(a, a.putRules))
	registerChange[AlertTry](h, "try-alert-rule", "/api/alerts/backtest", "What a rule would have done", alerting(a, a.tryRule))
	registerChange[AlertTest](h, "test-alert-destination", "/api/alerts/test", "Send a test message", alerting(a, a.testDestination))
	registerChange[AlertSilence](h, "put-alert-silence", "/api/alerts/silences", "Keep messages from being sent", alerting(a, a.putSilence))
	registerChange[AlertDestination](h, "put-alert-destination", "/api/alerts/destinations", "Make or change somebody to be told", alerting(a, a.putDestination))
	registerDelete(h, "delete-alert-rule", "/api/alerts/rules/{name}", "Delete a rule; what it opened is resolved", alerting(a, a.deleteRule))
	registerDelete(h, "delete-alert-silence", "/api/alerts/silences/{name}", "End a silence", alerting(a, a.deleteSilence))
	registerDelete(h, "delete-alert-destination", "/api/alerts/destinations/{name}", "Delete a destination", alerting(a, a.deleteDestination))
}

// alerting answers for servers that evaluate no rules.
func alerting[I, O any](a *API, handler func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) {
		if a.Alerts == nil {
			return nil, huma.Error503ServiceUnavailable("this server evaluates no rules")
		}
		return handler(ctx, in)
	}
}

// registerDelete adds one DELETE.
func registerDelete(h huma.API, id, path, summary string, handler func(context.Context, *nameInput) (*body[Done], error)) {
	huma.Register(h, huma.Operation{
		OperationID: id, Method: http.MethodDelete, Path: path, Summary: summary,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound, http.StatusServiceUnavailable},
	}, handler)
	delete(h.OpenAPI().Paths[path].Delete.Responses, "422")
}

type nameInput struct {
	Name string `path:"name" doc:"name or id"`
}

type alertsInput struct {
	All  string `query:"all" doc:"true: well series, too"`
	Rule string `query:"rule" doc:"of this rule only"`
}

var worst = []alert.Status{alert.Firing, alert.Pending, alert.NoData, alert.OK}

func (a *API) listAlerts(ctx context.Context, in *alertsInput) (*body[AlertList], error) {
	begin := a.Now()
	rules, err := a.Alerts.Rules(ctx, TenantOf(ctx))
	if err != nil {
		return nil, a.failed(ctx, "list alerts", err)
	}
	out := &body[AlertList]{Body: AlertList{Alerts: []AlertRow{}, Rules: len(rules)}}
	l := &out.Body
	for _, r := range rules {
		if in.Rule != "" && r.Rule.Name != in.Rule {
			continue
		}
		for i := range r.Series {
			s := &r.Series[i]
			l.Series++
			switch s.Status {
			case alert.Firing:
				l.Firing++
			case alert.Pending:
				l.Pending++
			case alert.NoData:
				l.NoData++
			}
			if in.All == "true" || s.Open || s.Status == alert.Pending || s.Status == alert.NoData {
				l.Alerts = append(l.Alerts, alertRow(r.Rule, s))
			}
		}
	}
	slices.SortStableFunc(l.Alerts, func(a, b AlertRow) int {
		return cmp.Or(cmp.Compare(slices.Index(worst, alert.Status(a.Status)), slices.Index(worst, alert.Status(b.Status))), -strings.Compare(a.Since, b.Since))
	})
	l.TookMS = a.took(begin)
	return out, nil
}

func alertRow(r *alert.Rule, s *watch.SeriesStatus) AlertRow {
	row := AlertRow{Rule: r.Name, Severity: r.Severity, Group: s.Group, Status: string(s.Status), Since: rfc3339(s.Since), Open: s.Open, Told: rfc3339(s.Told),
		Silenced: s.Silenced, Why: s.Why}
	if s.At != 0 {
		row.Value, row.Bound, row.At, row.Shown = &s.Value, &s.Bound, rfc3339(s.At), r.Format(s.Value)
	}
	return row
}

func (a *API) listRules(ctx context.Context, _ *struct{}) (*body[AlertRuleList], error) {
	rules, err := a.Alerts.Rules(ctx, TenantOf(ctx))
	if err != nil {
		return nil, a.failed(ctx, "list rules", err)
	}
	out := &body[AlertRuleList]{Body: AlertRuleList{Rules: []AlertRule{}, Presets: []AlertPreset{}}}
	for i := range rules {
		out.Body.Rules = append(out.Body.Rules, alertRule(&rules[i]))
	}
	for _, p := range alert.Presets() {
		out.Body.Presets = append(out.Body.Presets, AlertPreset{p.Name, p.Says, p.Scope, p.Spec})
	}
	return out, nil
}

func alertRule(r *watch.RuleStatus) AlertRule {
	out := AlertRule{Rule: r.Rule.Written, Full: r.Rule.Spec, Updated: rfc3339(signal.TimeOf(r.Updated)), Series: len(r.Series), Failed: r.Failed}
	status := alert.OK
	for i := range r.Series {
		s := r.Series[i].Status
		if r.Series[i].Open {
			out.Firing++
		}
		if slices.Index(worst, s) < slices.Index(worst, status) {
			status = s
		}
	}
	switch {
	case r.Rule.Disabled:
		out.Status = "disabled"
	case r.Failed != "":
		out.Status = "failed"
	default:
		out.Status = string(status)
	}
	return out
}

func (a *API) getRule(ctx context.Context, in *nameInput) (*body[AlertRule], error) {
	rules, err := a.Alerts.Rules(ctx, TenantOf(ctx))
	if err != nil {
		return nil, a.failed(ctx, "read the rule", err)
	}
	for i := range rules {
		if rules[i].Rule.Name == in.Name {
			return &body[AlertRule]{Body: alertRule(&rules[i])}, nil
		}
	}
	return nil, huma.Error404NotFound("there is no rule " + in.Name)
}

type historyInput struct {
	Rule  string `query:"rule" doc:"of this rule only"`
	From  string `query:"from" doc:"as in other lists; the last week when absent"`
	To    string `query:"to"`
	Limit string `query:"limit" doc:"as in other lists"`
}

func (a *API) alertHistory(ctx context.Context, in *historyInput) (*body[AlertHistory], error) {
	begin := a.Now()
	rng, err := parseRange(cmp.Or(in.From, "now-7d"), in.To, begin)
	if err != nil {
		return nil, badRequest(err)
	}
	limit, err := parseLimit(in.Limit)
	if err != nil {
		return nil, badRequest(err)
	}
	changes, err := a.Alerts.Changes(ctx, TenantOf(ctx), in.Rule, rng, limit)
	if err != nil {
		return nil, a.failed(ctx, "read what happened", err)
	}
	out := &body[AlertHistory]{Body: AlertHistory{Changes: []AlertChange{}}}
	for _, c := range changes {
		row := alertChange(&c.Transition, c.Why)
		row.Rule, row.Group = c.Rule, c.Group
		out.Body.Changes = append(out.Body.Changes, row)
	}
	out.Body.Scanned, out.Body.TookMS = len(changes), a.took(begin)
	return out, nil
}

func alertChange(t *alert.Transition, why string) AlertChange {
	c := AlertChange{At: rfc3339(t.At), From: string(t.From), To: string(t.To), Early: t.Early, Revised: t.Revised, Value: t.Value, WindowAt: rfc3339(t.Window), Why: why}
	switch {
	case t.Opens:
		c.Notice = "firing"
	case t.Resolves:
		c.Notice = "resolved"
	}
	return c
}

func (a *API) deleteRule(ctx context.Context, in *nameInput) (*body[Done], error) {
	return a.done(ctx, "delete the rule", in.Name, a.Alerts.DeleteRule(ctx, TenantOf(ctx), in.Name))
}

func (a *API) deleteSilence(ctx context.Context, in *nameInput) (*body[Done], error) {
	return a.done(ctx, "end the silence", in.Name, a.Alerts.Unsilence(ctx, TenantOf(ctx), in.Name))
}

func (a *API) deleteDestination(ctx context.Context, in *nameInput) (*body[Done], error) {
	return a.done(ctx, "delete the destination", in.Name, a.Alerts.DeleteDestination(ctx, TenantOf(ctx), in.Name))
}

func (a *API) done(ctx context.Context, what, name string, err error) (*body[Done], error) {
	if errors.Is(err, watch.ErrNotFound) {
		return nil, huma.Error404NotFound("there is no " + name)
	}
	if err != nil {
		return nil, a.failed(ctx, what, err)
	}
	return &body[Done]{Body: Done{true}}, nil
}
