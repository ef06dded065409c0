package mem

import (
	"fmt"
	"math"
	"strings"

	"clew/internal/query"
	"clew/internal/signal"
)

// Text prints a row with every field, exactly: two rows are the same when their
// texts are. Floats are printed by their bits, so that NaNs compare.
func Text(r *query.Row) string {
	p := &printer{}
	p.put("resource", attrsText(r.Resource))
	if r.Scope != nil {
		p.putf("scope", "%q %q %s", r.Scope.Name, r.Scope.Version, attrsText(r.Scope.Attrs))
	}
	switch {
	case r.Span != nil:
		p.span(r.Span)
	case r.Log != nil:
		p.log(r.Log)
	case r.Point != nil:
		p.point(r.Point)
	}
	return p.b.String()
}

type printer struct{ b strings.Builder }

func (p *printer) put(name, text string) { fmt.Fprintf(&p.b, "%s: %s\n", name, text) }

func (p *printer) putf(name, format string, args ...any) { p.put(name, fmt.Sprintf(format, args...)) }

func (p *printer) span(s *signal.Span) {
	p.putf("span", "%s %s parent %s kind %d flags %d state %q", s.Trace, s.ID, s.Parent, s.Kind, s.Flags, s.TraceState)
	p.putf("name", "%q status %d %q at %d to %d", s.Name, s.Status.Code, s.Status.Message, s.Start, s.End)
	p.putf("attrs", "%s dropped %v", attrsText(s.Attrs), s.Dropped)
	for i := range s.Events {
		e := &s.Events[i]
		p.putf("event", "%d %q %s dropped %d", e.At, e.Name, attrsText(e.Attrs), e.Dropped)
	}
	for i := range s.Links {
		l := &s.Links[i]
		p.putf("link", "%s %s %d %q %s dropped %d", l.Trace, l.Span, l.Flags, l.TraceState, attrsText(l.Attrs), l.Dropped)
	}
	for _, k := range s.Keys {
		p.putf("key", "%q %q %q %q", k.Kind, k.Account, k.Region, k.Value)
	}
}

func (p *printer) log(l *signal.Log) {
	p.putf("log", "at %d observed %d trace %s span %s flags %d", l.At, l.Observed, l.Trace, l.Span, l.Flags)
	p.putf("level", "%d %q event %q dropped %d", l.Level, l.LevelText, l.Event, l.Dropped)
	p.putf("body", "%s attrs %s", valueText(l.Body), attrsText(l.Attrs))
}

func (p *printer) point(m *signal.Point) {
	p.putf("metric", "%q %q %q kind %d temporality %d monotonic %t", m.Metric.Name, m.Metric.Unit, m.Metric.Description, m.Metric.Kind, m.Metric.Temporality, m.Metric.Monotonic)
	p.putf("point", "start %d at %d flags %d value %s attrs %s", m.Start, m.At, m.Flags, valueText(m.Value), attrsText(m.Attrs))
	if d := m.Dist; d != nil {
		p.putf("dist", "count %d sum %x min %x max %x has %d", d.Count, bits(d.Sum), bits(d.Min), bits(d.Max), d.Has)
		p.putf("buckets", "%x %d scale %d zero %d %x", bits(d.Bounds...), d.Counts, d.Scale, d.ZeroCount, bits(d.ZeroThreshold))
		p.putf("signed", "+ %d %d - %d %d", d.Positive.Offset, d.Positive.Counts, d.Negative.Offset, d.Negative.Counts)
		for _, q := range d.Quantiles {
			p.putf("quantile", "%x", bits(q.Q, q.Value))
		}
	}
	for i := range m.Exemplars {
		e := &m.Exemplars[i]
		p.putf("exemplar", "%d %s %s %s %s", e.At, valueText(e.Value), e.Trace, e.Span, attrsText(e.Attrs))
	}
}

func bits(fs ...float64) []uint64 {
	out := make([]uint64, len(fs))
	for i, f := range fs {
		out[i] = math.Float64bits(f)
	}
	return out
}

func valueText(v signal.Value) string { return fmt.Sprintf("%d:%x:%q", v.Kind(), v.Bits(), v.Text()) }

func attrsText(as signal.Attrs) string {
	var b strings.Builder
	b.WriteByte('[')
	for _, a := range as {
		fmt.Fprintf(&b, " %q=%s", a.Key, valueText(a.Value))
	}
	b.WriteString(" ]")
	return b.String()
}
