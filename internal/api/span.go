package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/story"
	"clew/internal/transaction"
)

type spanInput struct {
	Trace   string `path:"trace" doc:"trace id: 1 to 32 hex digits"`
	Span    string `path:"span" doc:"span id: 1 to 16 hex digits"`
	Kind    string `query:"kind" doc:"kind of the span, where several share the id"`
	Service string `query:"service" doc:"service of the span, where several share the id"`
}

func (a *API) getSpan(ctx context.Context, in *spanInput) (*body[SpanDetail], error) {
	trace, err := parseTrace(in.Trace)
	if err != nil {
		return nil, err
	}
	id, err := signal.ParseSpanID(in.Span)
	if err != nil {
		return nil, huma.Error400BadRequest(fmt.Sprintf("%q is not a span id: give 1 to 16 hex digits", in.Span))
	}
	if in.Kind != "" && signal.ParseSpanKind(in.Kind).String() != in.Kind {
		return nil, huma.Error400BadRequest(fmt.Sprintf("%q is not a span kind: give unset, internal, server, client, producer or consumer", in.Kind))
	}
	s := spanSearch{id: id, kind: in.Kind, service: in.Service}
	// The id of a span is looked for in its own trace first: other traces of the
	// story may have the same.
	for _, find := range []func(context.Context, store.Store, signal.Tenant, signal.TraceID, signal.Range) (*story.Story, error){story.Whole, story.Find} {
		part, err := find(ctx, a.Store, TenantOf(ctx), trace, signal.Range{})
		if err != nil {
			return nil, a.failed(ctx, "read the span", err)
		}
		for batch, err := range part.Rows(ctx) {
			if err != nil {
				return nil, a.failed(ctx, "read the span", err)
			}
			s.look(batch)
		}
		if s.best != nil {
			break
		}
	}
	if s.best == nil {
		return nil, huma.Error404NotFound(fmt.Sprintf("there is no span %s in trace %s", id, trace))
	}
	if err := a.addRequestLines(ctx, &s); err != nil {
		return nil, a.failed(ctx, "read the lines of the request", err)
	}
	d := s.detail()
	if d.Service, err = a.serviceRef(ctx, d.Service.Name); err != nil {
		return nil, a.failed(ctx, "number services", err)
	}
	return &body[SpanDetail]{Body: *d}, nil
}

// addRequestLines adds the lines that name the request of an invocation, but no
// span: what the platform and plain text logs say.
func (a *API) addRequestLines(ctx context.Context, s *spanSearch) error {
	if s.request == "" || s.bestRank == 0 { // of calls it is the request of another
		return nil
	}
	q := &query.Query{
		Tenant: TenantOf(ctx), Type: signal.Logs, Limit: maxLogs, Where: query.Is("faas.invocation_id", query.Eq, signal.Str(s.request)),
		Range: signal.Range{From: s.start.Add(-time.Minute), To: s.start.Add(time.Duration(s.best.DurationNS) + time.Minute)},
	}
	for rows, err := range a.Store.Scan(ctx, q) {
		if err != nil {
			return err
		}
		for i := range rows.Rows {
			if l := *rows.Rows[i].Log; l.Span.IsZero() {
				l.Body, l.Attrs = cloneValue(l.Body), cloneAttrs(l.Attrs)
				s.logs = append(s.logs, l)
			}
		}
	}
	return nil
}

// spanRank prefers, of several spans that share an id, the one that did the work.
func spanRank(k signal.SpanKind) int {
	if k == signal.Server || k == signal.Consumer {
		return 1
	}
	return 0
}

const maxLogs = 500

// spanSearch picks one span and its log lines out of a trace, keeping copies:
// what a store yields is gone with its next batch.
type spanSearch struct {
	id            signal.SpanID
	kind, service string
	best          *SpanDetail
	bestRank      int
	start         signal.Time
	request       string // of the invocation
	logs          []signal.Log
	cut           int
}

func (s *spanSearch) look(b *signal.Batch) {
	for i := range b.Groups {
		g := &b.Groups[i]
		service := g.Resource.ServiceName()
		for j := range g.Spans {
			sp := &g.Spans[j]
			if sp.ID != s.id || s.kind != "" && s.kind != sp.Kind.String() || s.service != "" && s.service != service {
				continue
			}
			rank := spanRank(sp.Kind)
			if s.best == nil || rank > s.bestRank || rank == s.bestRank && service+sp.Kind.String() < s.best.Service.Name+s.best.Kind {
				s.best, s.bestRank, s.start = detailOf(sp, g), rank, sp.Start
				s.request = strings.Clone(sp.Attrs.First("faas.invocation_id", "faas.execution"))
			}
		}
		for j := range g.Logs {
			if g.Logs[j].Span == s.id {
				l := g.Logs[j]
				l.Body, l.Attrs = cloneValue(l.Body), cloneAttrs(l.Attrs)
				s.logs = append(s.logs, l)
			}
		}
		if len(s.logs) > 2*maxLogs {
			s.cutLogs()
		}
	}
}

// cutLogs keeps the oldest lines, in order.
func (s *spanSearch) cutLogs() {
	slices.SortStableFunc(s.logs, func(a, b signal.Log) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Observed, b.Observed), strings.Compare(a.Body.String(), b.Body.String()))
	})
	if len(s.logs) > maxLogs {
		s.cut += len(s.logs) - maxLogs
		s.logs = s.logs[:maxLogs]
	}
}

func (s *spanSearch) detail() *SpanDetail {
	s.cutLogs()
	d := s.best
	d.LogsCut = s.cut
	for i := range s.logs {
		l := &s.logs[i]
		d.Logs = append(d.Logs, LogLine{
			Time: rfc3339(l.At), OffsetNS: int64(l.At.Sub(s.start)), Level: l.Level.String(), Body: l.Body.String(), Attributes: wireAttrs(l.Attrs),
		})
	}
	return d
}

// detailOf copies everything about s.
func detailOf(s *signal.Span, g *signal.Group) *SpanDetail {
	d := &SpanDetail{
		Trace: s.Trace.String(), ID: s.ID.String(), Name: strings.Clone(s.Name), Kind: s.Kind.String(),
		Service: ServiceRef{Name: strings.Clone(g.Resource.ServiceName())}, Start: rfc3339(s.Start), DurationNS: int64(s.Duration()), Ended: s.End != 0,
		Status: s.Status.Code.String(), StatusMessage: strings.Clone(s.Status.Message), Scope: strings.TrimSpace(g.Scope.Name + " " + g.Scope.Version),
		Attributes: wireAttrs(s.Attrs), Resource: wireAttrs(g.Resource), Events: []SpanEvent{}, Links: []SpanLink{}, Payloads: payloads(s.Attrs), Logs: []LogLine{},
	}
	if !s.Parent.IsZero() {
		d.Parent = s.Parent.String()
	}
	for i := range s.Events {
		e := &s.Events[i]
		d.Events = append(d.Events, SpanEvent{OffsetNS: int64(e.At.Sub(s.Start)), Name: strings.Clone(e.Name), Attributes: wireAttrs(e.Attrs)})
	}
	for _, l := range s.Links {
		d.Links = append(d.Links, SpanLink{Trace: l.Trace.String(), Span: l.Span.String(), Attributes: wireAttrs(l.Attrs)})
	}
	typ, message, stack, ok := transaction.Exception(s)
	switch {
	case ok:
		d.Failure = &SpanFailure{Type: strings.Clone(typ), Message: strings.Clone(message), Stack: strings.Clone(stack)}
	case s.Status.Code == signal.StatusError:
		d.Failure = &SpanFailure{Type: strings.Clone(s.Attrs.Text("error.type")), Message: strings.Clone(s.Status.Message)}
	}
	return d
}
