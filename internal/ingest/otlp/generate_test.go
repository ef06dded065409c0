package otlp

import (
	"math"
	"math/rand/v2"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// generator makes random requests with every field of OTLP that pdata knows.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 7))} }

func (g generator) one(in int) bool { return g.IntN(in) == 0 }

var texts = []string{
	"", "a", "GET /posts/{id}", "žluťoučký kůň", "quote \" back \\ slash / line\nfeed\ttab \x01", "日本語 🧵", "<script>&amp;",
	"arn:aws:lambda:eu-west-1:123456789012:function:view-post", `{"json":"in a string","n":[1,2.5,null]}`,
}

func (g generator) text() string { return texts[g.IntN(len(texts))] }

func (g generator) traceID() (id pcommon.TraceID) {
	for i := range id {
		id[i] = byte(g.IntN(255) + 1)
	}
	return id
}

func (g generator) spanID() (id pcommon.SpanID) {
	for i := range id {
		id[i] = byte(g.IntN(255) + 1)
	}
	return id
}

func (g generator) time() pcommon.Timestamp {
	return pcommon.Timestamp(1_700_000_000_000_000_000 + g.Int64N(1e15))
}

func (g generator) double() float64 {
	special := []float64{0, -0.5, 1, 1e300, 5e-324, math.Inf(1), math.Inf(-1), math.NaN(), 3.141592653589793, 1e21}
	return special[g.IntN(len(special))]
}

func (g generator) int() int64 {
	special := []int64{0, 1, -1, 127, 128, math.MaxInt64, math.MinInt64, 1 << 53, 200, 404}
	return special[g.IntN(len(special))]
}

func (g generator) value(v pcommon.Value, depth int) {
	switch n := g.IntN(8); {
	case n == 0:
		v.SetBool(g.one(2))
	case n == 1:
		v.SetInt(g.int())
	case n == 2:
		v.SetDouble(g.double())
	case n == 3:
		v.SetEmptyBytes().FromRaw([]byte(g.text()))
	case n == 4 && depth < 4:
		s := v.SetEmptySlice()
		for range g.IntN(4) {
			g.value(s.AppendEmpty(), depth+1)
		}
	case n == 5 && depth < 4:
		m := v.SetEmptyMap()
		for range g.IntN(4) {
			g.value(m.PutEmpty(g.text()+string(rune('a'+g.IntN(26)))), depth+1)
		}
	case n == 6 && depth > 0: // nothing: an empty value
	default:
		v.SetStr(g.text())
	}
}

func (g generator) attrs(m pcommon.Map) {
	for range g.IntN(6) {
		g.value(m.PutEmpty("key."+string(rune('a'+g.IntN(26)))+g.text()), 0)
	}
}

func (g generator) scope(s pcommon.InstrumentationScope) {
	s.SetName(g.text())
	s.SetVersion(g.text())
	g.attrs(s.Attributes())
}

func (g generator) traces() ptrace.Traces {
	td := ptrace.NewTraces()
	for range g.IntN(3) + 1 {
		rs := td.ResourceSpans().AppendEmpty()
		rs.SetSchemaUrl("https://opentelemetry.io/schemas/1.26.0")
		g.attrs(rs.Resource().Attributes())
		for range g.IntN(3) {
			ss := rs.ScopeSpans().AppendEmpty()
			g.scope(ss.Scope())
			for range g.IntN(4) {
				g.span(ss.Spans().AppendEmpty())
			}
		}
	}
	return td
}

func (g generator) span(sp ptrace.Span) {
	sp.SetTraceID(g.traceID())
	sp.SetSpanID(g.spanID())
	if g.one(2) {
		sp.SetParentSpanID(g.spanID())
	}
	sp.SetName(g.text())
	sp.SetKind(ptrace.SpanKind(g.IntN(6)))
	sp.SetStartTimestamp(g.time())
	sp.SetEndTimestamp(g.time())
	sp.TraceState().FromRaw(g.text())
	sp.SetFlags(g.Uint32())
	sp.Status().SetCode(ptrace.StatusCode(g.IntN(3)))
	sp.Status().SetMessage(g.text())
	sp.SetDroppedAttributesCount(g.Uint32())
	sp.SetDroppedEventsCount(uint32(g.IntN(3)))
	sp.SetDroppedLinksCount(uint32(g.IntN(3)))
	g.attrs(sp.Attributes())
	for range g.IntN(3) {
		e := sp.Events().AppendEmpty()
		e.SetName(g.text())
		e.SetTimestamp(g.time())
		e.SetDroppedAttributesCount(uint32(g.IntN(3)))
		g.attrs(e.Attributes())
	}
	for range g.IntN(3) {
		l := sp.Links().AppendEmpty()
		l.SetTraceID(g.traceID())
		l.SetSpanID(g.spanID())
		l.TraceState().FromRaw(g.text())
		l.SetFlags(g.Uint32())
		l.SetDroppedAttributesCount(uint32(g.IntN(3)))
		g.attrs(l.Attributes())
	}
}

func (g generator) logs() plog.Logs {
	ld := plog.NewLogs()
	for range g.IntN(3) + 1 {
		rl := ld.ResourceLogs().AppendEmpty()
		g.attrs(rl.Resource().Attributes())
		sl := rl.ScopeLogs().AppendEmpty()
		g.scope(sl.Scope())
		for range g.IntN(4) {
			l := sl.LogRecords().AppendEmpty()
			if !g.one(3) {
				l.SetTimestamp(g.time())
			}
			l.SetObservedTimestamp(g.time())
			if g.one(2) {
				l.SetTraceID(g.traceID())
				l.SetSpanID(g.spanID())
			}
			l.SetFlags(plog.LogRecordFlags(g.IntN(2)))
			l.SetSeverityNumber(plog.SeverityNumber(g.IntN(25)))
			l.SetSeverityText(g.text())
			l.SetEventName(g.text())
			l.SetDroppedAttributesCount(uint32(g.IntN(3)))
			g.value(l.Body(), 0)
			g.attrs(l.Attributes())
		}
	}
	return ld
}

func (g generator) metrics() pmetric.Metrics {
	md := pmetric.NewMetrics()
	for range g.IntN(2) + 1 {
		rm := md.ResourceMetrics().AppendEmpty()
		g.attrs(rm.Resource().Attributes())
		sm := rm.ScopeMetrics().AppendEmpty()
		g.scope(sm.Scope())
		for range g.IntN(6) {
			m := sm.Metrics().AppendEmpty()
			m.SetName(g.text())
			m.SetUnit(g.text())
			m.SetDescription(g.text())
			g.data(m)
		}
	}
	return md
}

func (g generator) data(m pmetric.Metric) {
	temporality := pmetric.AggregationTemporality(g.IntN(3))
	switch g.IntN(5) {
	case 0:
		g.numbers(m.SetEmptyGauge().DataPoints())
	case 1:
		s := m.SetEmptySum()
		s.SetAggregationTemporality(temporality)
		s.SetIsMonotonic(g.one(2))
		g.numbers(s.DataPoints())
	case 2:
		h := m.SetEmptyHistogram()
		h.SetAggregationTemporality(temporality)
		g.histogram(h.DataPoints().AppendEmpty())
	case 3:
		h := m.SetEmptyExponentialHistogram()
		h.SetAggregationTemporality(temporality)
		g.expHistogram(h.DataPoints().AppendEmpty())
	case 4:
		p := m.SetEmptySummary().DataPoints().AppendEmpty()
		p.SetStartTimestamp(g.time())
		p.SetTimestamp(g.time())
		p.SetCount(g.Uint64())
		p.SetSum(g.double())
		g.attrs(p.Attributes())
		for range g.IntN(3) {
			q := p.QuantileValues().AppendEmpty()
			q.SetQuantile(0.5)
			q.SetValue(g.double())
		}
	}
}

func (g generator) numbers(ps pmetric.NumberDataPointSlice) {
	for range g.IntN(3) {
		p := ps.AppendEmpty()
		p.SetStartTimestamp(g.time())
		p.SetTimestamp(g.time())
		p.SetFlags(pmetric.DataPointFlags(g.IntN(2)))
		if g.one(2) {
			p.SetIntValue(g.int())
		} else {
			p.SetDoubleValue(g.double())
		}
		g.attrs(p.Attributes())
		g.exemplars(p.Exemplars())
	}
}

func (g generator) exemplars(es pmetric.ExemplarSlice) {
	for range g.IntN(3) {
		e := es.AppendEmpty()
		e.SetTimestamp(g.time())
		e.SetTraceID(g.traceID())
		e.SetSpanID(g.spanID())
		if g.one(2) {
			e.SetIntValue(g.int())
		} else {
			e.SetDoubleValue(g.double())
		}
		g.attrs(e.FilteredAttributes())
	}
}

func (g generator) histogram(p pmetric.HistogramDataPoint) {
	p.SetStartTimestamp(g.time())
	p.SetTimestamp(g.time())
	p.SetCount(g.Uint64())
	if g.one(2) {
		p.SetSum(g.double())
		p.SetMin(g.double())
		p.SetMax(g.double())
	}
	p.BucketCounts().FromRaw([]uint64{1, g.Uint64(), 0})
	p.ExplicitBounds().FromRaw([]float64{0.5, 10})
	g.attrs(p.Attributes())
	g.exemplars(p.Exemplars())
}

func (g generator) expHistogram(p pmetric.ExponentialHistogramDataPoint) {
	p.SetStartTimestamp(g.time())
	p.SetTimestamp(g.time())
	p.SetCount(g.Uint64())
	p.SetScale(int32(g.IntN(40) - 20))
	p.SetZeroCount(g.Uint64())
	p.SetZeroThreshold(1e-9)
	if g.one(2) {
		p.SetSum(g.double())
		p.SetMin(g.double())
		p.SetMax(g.double())
	}
	p.Positive().SetOffset(int32(g.IntN(40) - 20))
	p.Positive().BucketCounts().FromRaw([]uint64{1, 300, g.Uint64()})
	p.Negative().SetOffset(-3)
	p.Negative().BucketCounts().FromRaw([]uint64{g.Uint64()})
	g.attrs(p.Attributes())
	g.exemplars(p.Exemplars())
}
