package mem

import (
	"slices"
	"strings"

	"clew/internal/signal"
)

// cloneGroup copies g down to its last string: batches are borrowed.
func cloneGroup(g *signal.Group) *signal.Group {
	out := &signal.Group{
		Resource: cloneAttrs(g.Resource),
		Scope:    signal.Scope{Name: strings.Clone(g.Scope.Name), Version: strings.Clone(g.Scope.Version), Attrs: cloneAttrs(g.Scope.Attrs)},
		Spans:    slices.Clone(g.Spans),
		Logs:     slices.Clone(g.Logs),
		Points:   slices.Clone(g.Points),
	}
	for i := range out.Spans {
		cloneSpan(&out.Spans[i])
	}
	for i := range out.Logs {
		l := &out.Logs[i]
		l.LevelText, l.Event = strings.Clone(l.LevelText), strings.Clone(l.Event)
		l.Body, l.Attrs = cloneValue(l.Body), cloneAttrs(l.Attrs)
	}
	for i := range out.Points {
		clonePoint(&out.Points[i])
	}
	return out
}

func cloneSpan(s *signal.Span) {
	s.Name, s.TraceState = strings.Clone(s.Name), strings.Clone(s.TraceState)
	s.Status.Message = strings.Clone(s.Status.Message)
	s.Attrs, s.Events, s.Links, s.Keys = cloneAttrs(s.Attrs), slices.Clone(s.Events), slices.Clone(s.Links), slices.Clone(s.Keys)
	for i := range s.Events {
		e := &s.Events[i]
		e.Name, e.Attrs = strings.Clone(e.Name), cloneAttrs(e.Attrs)
	}
	for i := range s.Links {
		l := &s.Links[i]
		l.TraceState, l.Attrs = strings.Clone(l.TraceState), cloneAttrs(l.Attrs)
	}
	for i, k := range s.Keys {
		s.Keys[i] = signal.JoinKey{Kind: strings.Clone(k.Kind), Account: strings.Clone(k.Account), Region: strings.Clone(k.Region), Value: strings.Clone(k.Value)}
	}
}

func clonePoint(p *signal.Point) {
	m := &p.Metric
	m.Name, m.Unit, m.Description = strings.Clone(m.Name), strings.Clone(m.Unit), strings.Clone(m.Description)
	p.Attrs, p.Value, p.Exemplars = cloneAttrs(p.Attrs), cloneValue(p.Value), slices.Clone(p.Exemplars)
	for i := range p.Exemplars {
		e := &p.Exemplars[i]
		e.Value, e.Attrs = cloneValue(e.Value), cloneAttrs(e.Attrs)
	}
	if p.Dist == nil {
		return
	}
	d := *p.Dist
	d.Bounds, d.Counts, d.Quantiles = slices.Clone(d.Bounds), slices.Clone(d.Counts), slices.Clone(d.Quantiles)
	d.Positive.Counts, d.Negative.Counts = slices.Clone(d.Positive.Counts), slices.Clone(d.Negative.Counts)
	p.Dist = &d
}

func cloneAttrs(as signal.Attrs) signal.Attrs {
	out := slices.Clone(as)
	for i, a := range out {
		out[i] = signal.Attr{Key: strings.Clone(a.Key), Value: cloneValue(a.Value)}
	}
	return out
}

func cloneValue(v signal.Value) signal.Value {
	return signal.FromBits(v.Kind(), v.Bits(), strings.Clone(v.Text()))
}
