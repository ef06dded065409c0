package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/issue"
	"clew/internal/signal"
)

// maxOccurrences bounds how many occurrences one answer lists.
const maxOccurrences = 100

type issueInput struct {
	ID   string `path:"id" doc:"16 hex digits"`
	From string `query:"from" doc:"RFC 3339, unix time or now-15m; the last 24 hours when absent"`
	To   string `query:"to" doc:"as from; now when absent"`
}

func (a *API) getIssue(ctx context.Context, in *issueInput) (*body[Issue], error) {
	begin := a.Now()
	rng, err := issueRange(in.From, in.To, begin)
	if err != nil {
		return nil, badRequest(err)
	}
	d, err := a.oneIssue(ctx, in.ID, rng)
	if err != nil {
		return nil, err
	}
	out := &body[Issue]{Body: wireIssue(d)}
	out.Body.Scanned, out.Body.TookMS = len(d.Occurrences), a.took(begin)
	return out, nil
}

func (a *API) oneIssue(ctx context.Context, text string, r signal.Range) (*issue.Detail, error) {
	id, err := issue.ParseID(text)
	if err != nil {
		return nil, huma.Error400BadRequest(fmt.Sprintf("%q is not the id of an issue: give 16 hex digits", text))
	}
	d, err := a.Issues.Issue(ctx, TenantOf(ctx), id, r, sparkParts)
	switch {
	case errors.Is(err, issue.ErrNotFound):
		return nil, huma.Error404NotFound("there is no issue " + text)
	case err != nil:
		return nil, a.failed(ctx, "read the issue", err)
	}
	d.Settle(signal.TimeOf(a.Now()))
	return d, nil
}

type issueStateInput struct {
	ID      string `path:"id" doc:"16 hex digits"`
	RawBody []byte `contentType:"application/json"`
}

func (a *API) setIssueState(ctx context.Context, in *issueStateInput) (*body[IssueRow], error) {
	now := a.Now()
	var change IssueStateChange
	if err := json.Unmarshal(in.RawBody, &change); err != nil {
		return nil, huma.Error400BadRequest("the body is not a JSON object with state and until")
	}
	state := issue.State(change.State)
	if state != issue.Open && state != issue.Ignored && state != issue.Resolved {
		return nil, huma.Error400BadRequest(fmt.Sprintf("state is open, ignored or resolved, not %q", change.State))
	}
	var until signal.Time
	if change.Until != "" {
		var err error
		if until, err = parseUntil(change.Until, now); err != nil {
			return nil, badRequest(err)
		}
		if state != issue.Ignored || until <= signal.TimeOf(now) {
			return nil, huma.Error400BadRequest("until is for ignored issues, and lies ahead")
		}
	}
	rng, err := issueRange("", "", now)
	if err != nil {
		return nil, badRequest(err)
	}
	d, err := a.oneIssue(ctx, in.ID, rng)
	if err != nil {
		return nil, err
	}
	if err := a.Issues.SetIssueState(ctx, TenantOf(ctx), d.ID, state, until, signal.TimeOf(now)); err != nil {
		return nil, a.failed(ctx, "change the issue", err)
	}
	d.State, d.Until = state, until
	return &body[IssueRow]{Body: issueRow(&d.Issue)}, nil
}

// registerChange adds one POST whose body is a B. As with register, handlers answer
// 400 themselves, so they read the body, too.
func registerChange[B, I, O any](h huma.API, id, path, summary string, handler func(context.Context, *I) (*O, error)) {
	huma.Register(h, huma.Operation{
		OperationID: id, Method: http.MethodPost, Path: path, Summary: summary, SkipValidateBody: true, MaxBodyBytes: 64 << 10,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound, http.StatusServiceUnavailable},
	}, handler)
	post := h.OpenAPI().Paths[path].Post
	delete(post.Responses, "422")
	post.RequestBody.Content["application/json"].Schema = h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[B](), true, "")
}

func issueRow(i *issue.Issue) IssueRow {
	r := IssueRow{
		ID: i.ID.String(), Type: string(i.Type), Title: i.Title, State: string(i.State), Until: rfc3339(i.Until), Resource: issueResource(i.Resource),
		Count: i.Count, Total: i.Total, Users: i.Users, First: rfc3339(i.First), Last: rfc3339(i.Last), Version: i.Version, LastVersion: i.LastVersion,
		Spark: i.Spark, TransactionsLast: i.Latest.String(),
	}
	if len(i.Causes) > 0 {
		c := &i.Causes[0]
		r.Cause = &IssueCause{Headline: c.Headline, Resource: issueResource(c.Resource), Share: IssueShare{Of: c.Count, Total: i.Total}}
	}
	return r
}

func issueResource(r signal.Resource) IssueResource {
	return IssueResource{Kind: string(r.Kind), Name: r.Name, Account: r.Account, Region: r.Region}
}

func wireIssue(d *issue.Detail) Issue {
	w := Issue{
		IssueRow: issueRow(&d.Issue), Causes: []IssueTally{}, Occurrences: []IssueOccurrence{}, Stack: d.Stack,
		Common: []IssueValue{}, Timeline: []IssuePoint{},
		Samples: IssueSamples{First: sample(d.Oldest), Last: sample(d.Newest), Slowest: sample(d.Slowest)},
	}
	for _, c := range d.Causes {
		w.Causes = append(w.Causes, IssueTally{Headline: c.Headline, Resource: issueResource(c.Resource), Count: c.Count})
	}
	for i := range d.Occurrences[:min(len(d.Occurrences), maxOccurrences)] {
		w.Occurrences = append(w.Occurrences, issueOccurrence(&d.Occurrences[i]))
	}
	for _, v := range d.Common {
		w.Common = append(w.Common, IssueValue{Path: v.Path, Value: v.Text, Count: v.Count})
	}
	for _, p := range d.Timeline {
		w.Timeline = append(w.Timeline, IssuePoint{At: rfc3339(p.At), Count: p.Count, Version: p.Version})
	}
	return w
}

func sample(o *issue.Occurrence) string {
	if o == nil {
		return ""
	}
	return o.Transaction.String()
}

func issueOccurrence(o *issue.Occurrence) IssueOccurrence {
	w := IssueOccurrence{
		Transaction: o.Transaction.String(), At: rfc3339(o.At), Trace: o.Trace.String(), Span: o.Span.String(), Row: o.Row,
		Times: o.Times, DurationNS: int64(o.Duration), Error: o.Error, Version: o.Version,
	}
	if c := o.Cause; c != nil {
		w.Cause = &IssueTally{Headline: c.Headline, Resource: issueResource(c.Resource), Count: 1}
	}
	return w
}
