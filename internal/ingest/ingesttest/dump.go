// Package ingesttest is the kit every protocol of the door passes: recorded
// bytes become a golden batch, and over-size, bombs, damage, wrong tokens and a
// store in trouble get the answers they should. It is imported by tests only.
package ingesttest

import (
	"bytes"
	"encoding/json"
	"fmt"

	"clew/internal/signal"
)

// Dump prints everything in b as JSON that a person can compare: attributes in
// order with their types, ids in hex, nothing left out but zero values.
func Dump(b *signal.Batch) []byte {
	out := struct {
		Groups  []any            `json:"groups"`
		Refused []signal.Refusal `json:"refused,omitempty"`
	}{Groups: []any{}, Refused: b.Refused}
	for i := range b.Groups {
		out.Groups = append(out.Groups, dumpGroup(&b.Groups[i]))
	}
	return indent(out)
}

// DumpGroup is Dump for one group.
func DumpGroup(g *signal.Group) []byte { return indent(dumpGroup(g)) }

func indent(v any) []byte {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic(err) // a batch always has a JSON form
	}
	return buf.Bytes()
}

// members is a JSON object with its members in order; zero values are left out.
type members []any

func (m members) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i := 0; i < len(m); i += 2 {
		raw, err := json.Marshal(m[i+1])
		if err != nil {
			return nil, err
		}
		switch string(raw) {
		case `0`, `""`, `null`, `[]`, `{}`, `false`, `"00000000000000000000000000000000"`, `"0000000000000000"`, `"unset"`:
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(signal.AppendJSONString(out, m[i].(string)), ':')
		out = append(out, raw...)
	}
	return append(out, '}'), nil
}

type attrs signal.Attrs

func (a attrs) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, kv := range a {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(signal.AppendJSONString(out, kv.Key), ':')
		raw, err := value(kv.Value).MarshalJSON()
		if err != nil {
			return nil, err
		}
		out = append(out, raw...)
	}
	return append(out, '}'), nil
}

// value prints a string as it is and everything else as {"type": content}.
type value signal.Value

var kindWords = map[signal.ValueKind]string{
	signal.KindBool: "bool", signal.KindInt: "int", signal.KindDouble: "double",
	signal.KindBytes: "bytes", signal.KindJSON: "json", signal.KindEmpty: "empty",
}

func (v value) MarshalJSON() ([]byte, error) {
	sv := signal.Value(v)
	if sv.Kind() == signal.KindString {
		return sv.AppendJSON(nil), nil
	}
	if sv.Kind() == signal.KindJSON && !json.Valid([]byte(sv.Text())) {
		return nil, fmt.Errorf("a JSON value that is no JSON: %q", sv.Text())
	}
	out := append([]byte(`{"`), kindWords[sv.Kind()]...)
	out = sv.AppendJSON(append(out, `":`...))
	return append(out, '}'), nil
}

func dumpGroup(g *signal.Group) any {
	var spans, logs, points []any
	for i := range g.Spans {
		spans = append(spans, dumpSpan(&g.Spans[i]))
	}
	for i := range g.Logs {
		logs = append(logs, dumpLog(&g.Logs[i]))
	}
	for i := range g.Points {
		points = append(points, dumpPoint(&g.Points[i]))
	}
	return members{
		"resource", attrs(g.Resource),
		"scope", members{"name", g.Scope.Name, "version", g.Scope.Version, "attrs", attrs(g.Scope.Attrs)},
		"spans", spans, "logs", logs, "points", points,
	}
}

func dumpSpan(s *signal.Span) any {
	var events, links, keys []any
	for _, e := range s.Events {
		events = append(events, members{"at", e.At, "name", e.Name, "attrs", attrs(e.Attrs), "dropped", e.Dropped})
	}
	for _, l := range s.Links {
		links = append(links, members{
			"trace", l.Trace, "span", l.Span, "flags", l.Flags, "state", l.TraceState, "attrs", attrs(l.Attrs), "dropped", l.Dropped,
		})
	}
	for _, k := range s.Keys {
		keys = append(keys, k)
	}
	return members{
		"trace", s.Trace, "id", s.ID, "parent", s.Parent, "name", s.Name, "kind", s.Kind.String(),
		"status", s.Status.Code.String(), "message", s.Status.Message, "flags", s.Flags, "state", s.TraceState,
		"start", s.Start, "end", s.End, "attrs", attrs(s.Attrs), "events", events, "links", links, "keys", keys,
		"dropped_attrs", s.Dropped.Attrs, "dropped_events", s.Dropped.Events, "dropped_links", s.Dropped.Links,
	}
}

func dumpLog(l *signal.Log) any {
	return members{
		"at", l.At, "observed", l.Observed, "trace", l.Trace, "span", l.Span, "flags", l.Flags, "level", l.Level,
		"level_text", l.LevelText, "event", l.Event, "body", value(l.Body), "attrs", attrs(l.Attrs), "dropped", l.Dropped,
	}
}

func dumpPoint(p *signal.Point) any {
	var exemplars []any
	for _, e := range p.Exemplars {
		exemplars = append(exemplars, members{
			"at", e.At, "value", value(e.Value), "trace", e.Trace, "span", e.Span, "attrs", attrs(e.Attrs),
		})
	}
	m := p.Metric
	return members{
		"name", m.Name, "unit", m.Unit, "description", m.Description, "kind", m.Kind.String(), "temporality", m.Temporality,
		"monotonic", m.Monotonic, "start", p.Start, "at", p.At, "flags", p.Flags, "attrs", attrs(p.Attrs),
		"value", value(p.Value), "dist", dumpDist(p.Dist), "exemplars", exemplars,
	}
}

func dumpDist(d *signal.Distribution) any {
	if d == nil {
		return nil
	}
	var bounds, quantiles []value
	for _, b := range d.Bounds {
		bounds = append(bounds, value(signal.Double(b)))
	}
	for _, q := range d.Quantiles {
		quantiles = append(quantiles, value(signal.Double(q.Q)), value(signal.Double(q.Value)))
	}
	number := func(f float64) any { return value(signal.Double(f)) }
	return members{
		"count", d.Count, "has", d.Has, "sum", number(d.Sum), "min", number(d.Min), "max", number(d.Max),
		"bounds", bounds, "counts", d.Counts, "scale", d.Scale, "zero_count", d.ZeroCount, "zero_threshold", number(d.ZeroThreshold),
		"positive", members{"offset", d.Positive.Offset, "counts", d.Positive.Counts},
		"negative", members{"offset", d.Negative.Offset, "counts", d.Negative.Counts},
		"quantiles", quantiles,
	}
}
