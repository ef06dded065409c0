package otlp

import (
	"bytes"
	"encoding/base64"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

// TestAgainstPdata decodes what the collector's library writes and compares
// every field with what that library says is in it.
func TestAgainstPdata(t *testing.T) {
	for seed := range uint64(300) {
		g := newGenerator(seed)
		td, ld, md := g.traces(), g.logs(), g.metrics()
		check := func(sig signal.Type, proto, json []byte, err error, want *signal.Batch) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			var a, b signal.Batch
			if err := DecodeProto(&a, proto, sig, nil); err != nil {
				t.Fatalf("seed %d %v proto: %v", seed, sig, err)
			}
			if err := DecodeJSON(&b, json, sig, nil); err != nil {
				t.Fatalf("seed %d %v JSON: %v\n%s", seed, sig, err, json)
			}
			dump := ingesttest.Dump(want)
			if got := ingesttest.Dump(&a); !bytes.Equal(got, dump) {
				t.Fatalf("seed %d %v proto:\n%s", seed, sig, ingesttest.FirstDifference(got, dump))
			}
			if got := ingesttest.Dump(&b); !bytes.Equal(got, dump) {
				t.Fatalf("seed %d %v JSON:\n%s", seed, sig, ingesttest.FirstDifference(got, dump))
			}
		}
		p, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
		j, jerr := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
		check(signal.Spans, p, j, firstOf(err, jerr), fromTraces(td))
		p, err = (&plog.ProtoMarshaler{}).MarshalLogs(ld)
		j, jerr = (&plog.JSONMarshaler{}).MarshalLogs(ld)
		check(signal.Logs, p, j, firstOf(err, jerr), fromLogs(ld))
		p, err = (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
		j, jerr = (&pmetric.JSONMarshaler{}).MarshalMetrics(md)
		check(signal.Points, p, j, firstOf(err, jerr), fromMetrics(md))
	}
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func fromValue(v pcommon.Value) signal.Value {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return signal.Str(v.Str())
	case pcommon.ValueTypeBool:
		return signal.Bool(v.Bool())
	case pcommon.ValueTypeInt:
		return signal.Int(v.Int())
	case pcommon.ValueTypeDouble:
		return signal.Double(v.Double())
	case pcommon.ValueTypeBytes:
		return signal.Bytes(string(v.Bytes().AsRaw()))
	case pcommon.ValueTypeSlice, pcommon.ValueTypeMap:
		return signal.JSON(string(appendText(nil, v)))
	}
	return signal.Value{}
}

func appendText(dst []byte, v pcommon.Value) []byte {
	switch v.Type() {
	case pcommon.ValueTypeSlice:
		dst = append(dst, '[')
		for i := range v.Slice().Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendText(dst, v.Slice().At(i))
		}
		return append(dst, ']')
	case pcommon.ValueTypeMap:
		dst = append(dst, '{')
		first := true
		for k, e := range v.Map().All() {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = append(signal.AppendJSONString(dst, k), ':')
			dst = appendText(dst, e)
		}
		return append(dst, '}')
	case pcommon.ValueTypeBytes:
		return signal.AppendJSONString(dst, base64.StdEncoding.EncodeToString(v.Bytes().AsRaw()))
	}
	return fromValue(v).AppendJSON(dst)
}

func fromAttrs(m pcommon.Map) (out signal.Attrs) {
	for k, v := range m.All() {
		out = append(out, signal.Attr{Key: k, Value: fromValue(v)})
	}
	return out
}

func fromScope(s pcommon.InstrumentationScope) signal.Scope {
	return signal.Scope{Name: s.Name(), Version: s.Version(), Attrs: fromAttrs(s.Attributes())}
}

func fromTraces(td ptrace.Traces) *signal.Batch {
	b := new(signal.Batch)
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			g := signal.Group{Resource: fromAttrs(rs.Resource().Attributes()), Scope: fromScope(ss.Scope())}
			for _, sp := range ss.Spans().All() {
				g.Spans = append(g.Spans, fromSpan(sp))
			}
			b.Groups = append(b.Groups, g)
		}
	}
	return b
}

func fromSpan(sp ptrace.Span) signal.Span {
	out := signal.Span{
		Trace: signal.TraceID(sp.TraceID()), ID: signal.SpanID(sp.SpanID()), Parent: signal.SpanID(sp.ParentSpanID()),
		Kind: signal.SpanKind(sp.Kind()), Status: signal.Status{Code: signal.StatusCode(sp.Status().Code()), Message: sp.Status().Message()},
		Flags: sp.Flags(), Name: sp.Name(), TraceState: sp.TraceState().AsRaw(),
		Start: signal.Time(sp.StartTimestamp()), End: signal.Time(sp.EndTimestamp()), Attrs: fromAttrs(sp.Attributes()),
		Dropped: signal.Dropped{Attrs: sp.DroppedAttributesCount(), Events: sp.DroppedEventsCount(), Links: sp.DroppedLinksCount()},
	}
	for _, e := range sp.Events().All() {
		out.Events = append(out.Events, signal.Event{
			At: signal.Time(e.Timestamp()), Name: e.Name(), Attrs: fromAttrs(e.Attributes()), Dropped: e.DroppedAttributesCount(),
		})
	}
	for _, l := range sp.Links().All() {
		out.Links = append(out.Links, signal.Link{
			Trace: signal.TraceID(l.TraceID()), Span: signal.SpanID(l.SpanID()), Flags: l.Flags(),
			TraceState: l.TraceState().AsRaw(), Attrs: fromAttrs(l.Attributes()), Dropped: l.DroppedAttributesCount(),
		})
	}
	return out
}

func fromLogs(ld plog.Logs) *signal.Batch {
	b := new(signal.Batch)
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			g := signal.Group{Resource: fromAttrs(rl.Resource().Attributes()), Scope: fromScope(sl.Scope())}
			for _, l := range sl.LogRecords().All() {
				at := l.Timestamp()
				if at == 0 {
					at = l.ObservedTimestamp()
				}
				g.Logs = append(g.Logs, signal.Log{
					At: signal.Time(at), Observed: signal.Time(l.ObservedTimestamp()), Trace: signal.TraceID(l.TraceID()),
					Span: signal.SpanID(l.SpanID()), Flags: uint32(l.Flags()), Level: signal.Level(l.SeverityNumber()),
					LevelText: l.SeverityText(), Event: l.EventName(), Body: fromValue(l.Body()), Attrs: fromAttrs(l.Attributes()),
					Dropped: l.DroppedAttributesCount(),
				})
			}
			b.Groups = append(b.Groups, g)
		}
	}
	return b
}

func fromMetrics(md pmetric.Metrics) *signal.Batch {
	b := new(signal.Batch)
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			g := signal.Group{Resource: fromAttrs(rm.Resource().Attributes()), Scope: fromScope(sm.Scope())}
			for _, m := range sm.Metrics().All() {
				g.Points = append(g.Points, fromMetric(m)...)
			}
			b.Groups = append(b.Groups, g)
		}
	}
	return b
}

func fromMetric(m pmetric.Metric) (out []signal.Point) {
	metric := signal.Metric{Name: m.Name(), Unit: m.Unit(), Description: m.Description()}
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		return fromNumbers(metric, m.Gauge().DataPoints())
	case pmetric.MetricTypeSum:
		metric.Kind, metric.Monotonic = signal.Sum, m.Sum().IsMonotonic()
		metric.Temporality = signal.Temporality(m.Sum().AggregationTemporality())
		return fromNumbers(metric, m.Sum().DataPoints())
	case pmetric.MetricTypeHistogram:
		metric.Kind, metric.Temporality = signal.Histogram, signal.Temporality(m.Histogram().AggregationTemporality())
		for _, p := range m.Histogram().DataPoints().All() {
			h := &signal.Distribution{Count: p.Count(), Sum: p.Sum(), Min: p.Min(), Max: p.Max(), Bounds: p.ExplicitBounds().AsRaw(), Counts: p.BucketCounts().AsRaw()}
			h.Has = has(p.HasSum(), p.HasMin(), p.HasMax())
			out = append(out, signal.Point{Metric: metric, Start: signal.Time(p.StartTimestamp()), At: signal.Time(p.Timestamp()), Attrs: fromAttrs(p.Attributes()), Dist: h, Exemplars: fromExemplars(p.Exemplars())})
		}
	case pmetric.MetricTypeExponentialHistogram:
		metric.Kind, metric.Temporality = signal.ExpHistogram, signal.Temporality(m.ExponentialHistogram().AggregationTemporality())
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			h := &signal.Distribution{Count: p.Count(), Sum: p.Sum(), Min: p.Min(), Max: p.Max(), Scale: p.Scale(), ZeroCount: p.ZeroCount(), ZeroThreshold: p.ZeroThreshold()}
			h.Positive = signal.Buckets{Offset: p.Positive().Offset(), Counts: p.Positive().BucketCounts().AsRaw()}
			h.Negative = signal.Buckets{Offset: p.Negative().Offset(), Counts: p.Negative().BucketCounts().AsRaw()}
			h.Has = has(p.HasSum(), p.HasMin(), p.HasMax())
			out = append(out, signal.Point{Metric: metric, Start: signal.Time(p.StartTimestamp()), At: signal.Time(p.Timestamp()), Attrs: fromAttrs(p.Attributes()), Dist: h, Exemplars: fromExemplars(p.Exemplars())})
		}
	case pmetric.MetricTypeSummary:
		metric.Kind = signal.Summary
		for _, p := range m.Summary().DataPoints().All() {
			h := &signal.Distribution{Count: p.Count(), Sum: p.Sum(), Has: signal.HasSum}
			for _, q := range p.QuantileValues().All() {
				h.Quantiles = append(h.Quantiles, signal.Quantile{Q: q.Quantile(), Value: q.Value()})
			}
			out = append(out, signal.Point{Metric: metric, Start: signal.Time(p.StartTimestamp()), At: signal.Time(p.Timestamp()), Attrs: fromAttrs(p.Attributes()), Dist: h})
		}
	}
	return out
}

func has(sum, min, max bool) (h signal.DistField) {
	if sum {
		h |= signal.HasSum
	}
	if min {
		h |= signal.HasMin
	}
	if max {
		h |= signal.HasMax
	}
	return h
}

func fromNumbers(metric signal.Metric, ps pmetric.NumberDataPointSlice) (out []signal.Point) {
	for _, p := range ps.All() {
		v := signal.Double(p.DoubleValue())
		if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
			v = signal.Int(p.IntValue())
		}
		out = append(out, signal.Point{
			Metric: metric, Start: signal.Time(p.StartTimestamp()), At: signal.Time(p.Timestamp()), Flags: uint32(p.Flags()),
			Attrs: fromAttrs(p.Attributes()), Value: v, Exemplars: fromExemplars(p.Exemplars()),
		})
	}
	return out
}

func fromExemplars(es pmetric.ExemplarSlice) (out []signal.Exemplar) {
	for _, e := range es.All() {
		v := signal.Double(e.DoubleValue())
		if e.ValueType() == pmetric.ExemplarValueTypeInt {
			v = signal.Int(e.IntValue())
		}
		out = append(out, signal.Exemplar{
			At: signal.Time(e.Timestamp()), Value: v, Trace: signal.TraceID(e.TraceID()), Span: signal.SpanID(e.SpanID()),
			Attrs: fromAttrs(e.FilteredAttributes()),
		})
	}
	return out
}
