package storetest

import (
	"fmt"
	"math"
	"strings"

	"clew/internal/signal"
)

const (
	tenant = signal.Tenant("acme")
	other  = signal.Tenant("other")
	second = signal.Time(1e9)
	noon   = signal.Time(1_790_000_000) * second
)

func traceID(n int) (id signal.TraceID) {
	copy(id[:], fmt.Sprintf("%016d", n))
	return id
}

func spanIDOf(n int) (id signal.SpanID) {
	copy(id[:], fmt.Sprintf("%08d", n))
	return id
}

func service(name string) signal.Attrs {
	return signal.Attrs{{Key: "service.name", Value: signal.Str(name)}, {Key: "cloud.region", Value: signal.Str("eu-west-1")}}
}

func spansOf(t signal.Tenant, res signal.Attrs, spans ...signal.Span) *signal.Batch {
	return &signal.Batch{Tenant: t, Groups: []signal.Group{{Resource: res, Spans: spans}}}
}

func logsOf(t signal.Tenant, res signal.Attrs, logs ...signal.Log) *signal.Batch {
	return &signal.Batch{Tenant: t, Groups: []signal.Group{{Resource: res, Logs: logs}}}
}

func span(trace, id int, at signal.Time) signal.Span {
	return signal.Span{Trace: traceID(trace), ID: spanIDOf(id), Name: "op", Kind: signal.Server, Start: at, End: at + 5}
}

// awkward holds one attribute of every kind and every awkward content.
func awkward() signal.Attrs {
	return signal.Attrs{
		{Key: "str", Value: signal.Str("text")},
		{Key: "empty.str", Value: signal.Str("")},
		{Key: "none"},
		{Key: "yes", Value: signal.Bool(true)},
		{Key: "no", Value: signal.Bool(false)},
		{Key: "zero", Value: signal.Int(0)},
		{Key: "min", Value: signal.Int(math.MinInt64)},
		{Key: "max", Value: signal.Int(math.MaxInt64)},
		{Key: "pi", Value: signal.Double(3.14)},
		{Key: "nan", Value: signal.Double(math.NaN())},
		{Key: "-0", Value: signal.Double(math.Copysign(0, -1))},
		{Key: "inf", Value: signal.Double(math.Inf(-1))},
		{Key: "bytes", Value: signal.Bytes("\x00\x01\xff")},
		{Key: "json", Value: signal.JSON(`{"a":[1,2.5,null,"x"],"b":{}}`)},
		{Key: "invalid\xff", Value: signal.Str("\xc3\x28\x00")},
		{Key: "unicode", Value: signal.Str("żółw 🐢")},
		{Key: "", Value: signal.Str("an empty key")},
		{Key: "hex", Value: signal.Str("00ff00aa")},
		{Key: "HEX", Value: signal.Str("00FF00AA")},
		{Key: "uuid", Value: signal.Str("123e4567-e89b-12d3-a456-426614174000")},
		{Key: "same", Value: signal.Int(1)},
		{Key: "same", Value: signal.Str("twice")},
		{Key: "same", Value: signal.Int(3)},
		{Key: "name", Value: signal.Str("an attribute named as a field")},
		{Key: "attr.str", Value: signal.Str("prefixed")},
		{Key: "resource.str", Value: signal.Str("prefixed too")},
	}
}

// giants returns rows with a payload of 1 MB, a long name and many attributes.
func giants(t signal.Tenant) *signal.Batch {
	heavy := span(1, 3, noon+1)
	heavy.Attrs = signal.Attrs{{Key: "payload", Value: signal.JSON(`"` + strings.Repeat("payload ", 1<<17) + `"`)}}
	heavy.Name = strings.Repeat("n", 70_000)
	wide := span(1, 6, noon+4)
	for i := range 700 {
		wide.Attrs = append(wide.Attrs, signal.Attr{Key: fmt.Sprintf("key.%d", i), Value: signal.Int(int64(i * i))})
	}
	b := spansOf(t, service("giant"), heavy, wide)
	b.Groups[0].Logs = []signal.Log{{At: noon + 2, Body: signal.Str(strings.Repeat("x", 1<<20))}}
	return b
}

// everything returns rows in which every field of every type is set, and rows
// in which none is.
func everything(t signal.Tenant) *signal.Batch {
	full := signal.Span{
		Trace: traceID(1), ID: spanIDOf(1), Parent: spanIDOf(2), Kind: signal.Consumer,
		Status: signal.Status{Code: signal.StatusError, Message: "bröken"}, Flags: 0x301, Name: "process", TraceState: "a=b,c=d",
		Start: noon, End: noon + 1500, Attrs: awkward(),
		Events: []signal.Event{{At: noon + 7, Name: "exception", Attrs: awkward(), Dropped: 3}, {}, {At: -1, Name: "before time"}},
		Links: []signal.Link{{Trace: traceID(9), Span: spanIDOf(9), Flags: 1, TraceState: "x=y", Attrs: awkward(), Dropped: 2},
			{}},
		Keys:    []signal.JoinKey{{Kind: "sns", Account: "1", Region: "eu", Value: "m-1"}, {}},
		Dropped: signal.Dropped{Attrs: 1, Events: 2, Links: math.MaxUint32},
	}
	weird := span(1, 4, noon+2)
	weird.Kind, weird.Status.Code, weird.Flags = 200, 99, math.MaxUint32
	weird.End = weird.Start - 1000
	open := span(1, 5, noon+3)
	open.End = 0
	res := append(service("shop"), awkward()...)
	scope := signal.Scope{Name: "lib", Version: "1.2", Attrs: awkward()}
	return &signal.Batch{Tenant: t, Groups: []signal.Group{
		{Resource: res, Scope: scope, Spans: []signal.Span{full, weird}, Logs: everyLog(), Points: everyPoint()},
		{Spans: []signal.Span{open, {Start: 1}}},
		{Resource: service("empty group")},
	}}
}

func everyLog() []signal.Log {
	logs := []signal.Log{
		{At: noon, Observed: noon + 5, Trace: traceID(1), Span: spanIDOf(1), Flags: 1, Level: 17, LevelText: "ERROR", Event: "boom",
			Body: signal.Str("it broke"), Attrs: awkward(), Dropped: 4},
		{},
		{At: noon + 1, Level: 255},
	}
	for i, a := range awkward() {
		logs = append(logs, signal.Log{At: noon + signal.Time(10+i), Body: a.Value})
	}
	return logs
}

func everyPoint() []signal.Point {
	metric := func(k signal.PointKind) signal.Metric {
		return signal.Metric{Name: "m." + k.String(), Unit: "ms", Description: "what it is", Kind: k, Temporality: signal.Delta, Monotonic: true}
	}
	exemplar := signal.Exemplar{At: noon, Value: signal.Double(math.NaN()), Trace: traceID(1), Span: spanIDOf(1), Attrs: awkward()}
	return []signal.Point{
		{},
		{Metric: metric(signal.Gauge), Start: noon - 5, At: noon, Flags: 1, Attrs: awkward(), Value: signal.Int(-7), Exemplars: []signal.Exemplar{exemplar, {}}},
		{Metric: metric(signal.Sum), At: noon, Value: signal.Double(math.Inf(1))},
		{Metric: metric(signal.Sum), At: noon, Value: signal.Double(math.NaN()), Dist: &signal.Distribution{}},
		{Metric: metric(signal.Histogram), At: noon + 1, Dist: &signal.Distribution{Count: 6, Sum: 1.5, Min: -1, Max: math.NaN(),
			Has: signal.HasSum | signal.HasMax, Bounds: []float64{0, 1, math.Inf(1)}, Counts: []uint64{1, 2, 3, math.MaxUint64}}},
		{Metric: metric(signal.ExpHistogram), At: noon + 2, Dist: &signal.Distribution{Count: math.MaxUint64, Scale: -10, ZeroCount: 4, ZeroThreshold: 1e-9,
			Positive: signal.Buckets{Offset: -3, Counts: []uint64{1, 0, 2}}, Negative: signal.Buckets{Offset: math.MaxInt32, Counts: []uint64{9}}}},
		{Metric: metric(signal.Summary), At: noon + 3, Dist: &signal.Distribution{Count: 2, Sum: 3, Has: signal.HasSum,
			Quantiles: []signal.Quantile{{Q: 0.5, Value: 1}, {Q: 0.99, Value: math.NaN()}}}},
	}
}
