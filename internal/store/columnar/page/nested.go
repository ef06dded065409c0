package page

import (
	"encoding/binary"
	"math"

	"clew/internal/signal"
)

// This file writes what hangs below a row, such as events, as one string, and
// also whole rows in one exact form by which equal rows are recognised.

func appendTime(dst []byte, t signal.Time) []byte { return binary.AppendVarint(dst, int64(t)) }

func appendValue(dst []byte, v signal.Value) []byte {
	dst = append(dst, byte(v.Kind()))
	switch v.Kind() {
	case signal.KindString, signal.KindBytes, signal.KindJSON:
		return appendStr(dst, v.Text())
	case signal.KindInt:
		return binary.AppendVarint(dst, v.Int())
	case signal.KindBool, signal.KindDouble:
		return binary.LittleEndian.AppendUint64(dst, v.Bits())
	}
	return dst
}

func (d *decoder) value() signal.Value {
	switch k := signal.ValueKind(d.byte()); k {
	case signal.KindEmpty:
		return signal.Value{}
	case signal.KindString, signal.KindBytes, signal.KindJSON:
		return signal.FromBits(k, 0, d.str())
	case signal.KindInt:
		return signal.Int(d.varint())
	case signal.KindBool, signal.KindDouble:
		return signal.FromBits(k, d.u64(), "")
	default:
		damaged("value of kind %d", k)
	}
	return signal.Value{}
}

func appendAttrs(dst []byte, as signal.Attrs) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(as)))
	for i := range as {
		dst = appendValue(appendStr(dst, as[i].Key), as[i].Value)
	}
	return dst
}

func (d *decoder) attrs() signal.Attrs {
	n := d.count(2)
	if n == 0 {
		return nil
	}
	as := make(signal.Attrs, n)
	for i := range as {
		as[i] = signal.Attr{Key: d.str(), Value: d.value()}
	}
	return as
}

func appendEvents(dst []byte, es []signal.Event) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(es)))
	for i := range es {
		e := &es[i]
		dst = appendAttrs(appendStr(appendTime(dst, e.At), e.Name), e.Attrs)
		dst = binary.AppendUvarint(dst, uint64(e.Dropped))
	}
	return dst
}

func (d *decoder) events() []signal.Event {
	es := make([]signal.Event, d.count(4))
	for i := range es {
		es[i] = signal.Event{At: signal.Time(d.varint()), Name: d.str(), Attrs: d.attrs(), Dropped: uint32(d.uvarint())}
	}
	return es
}

func appendLinks(dst []byte, ls []signal.Link) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(ls)))
	for i := range ls {
		l := &ls[i]
		dst = append(append(dst, l.Trace[:]...), l.Span[:]...)
		dst = appendStr(binary.AppendUvarint(dst, uint64(l.Flags)), l.TraceState)
		dst = binary.AppendUvarint(appendAttrs(dst, l.Attrs), uint64(l.Dropped))
	}
	return dst
}

func (d *decoder) links() []signal.Link {
	ls := make([]signal.Link, d.count(28))
	for i := range ls {
		ls[i] = signal.Link{Trace: d.traceID(), Span: d.spanID(), Flags: uint32(d.uvarint()), TraceState: d.str(), Attrs: d.attrs(), Dropped: uint32(d.uvarint())}
	}
	return ls
}

func (d *decoder) traceID() signal.TraceID { return signal.TraceID(d.take(16)) }

func (d *decoder) spanID() signal.SpanID { return signal.SpanID(d.take(8)) }

func appendKeys(dst []byte, ks []signal.JoinKey) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(ks)))
	for _, k := range ks {
		dst = appendKey(dst, k)
	}
	return dst
}

func appendKey(dst []byte, k signal.JoinKey) []byte {
	return appendStr(appendStr(appendStr(appendStr(dst, k.Kind), k.Account), k.Region), k.Value)
}

func (d *decoder) keys() []signal.JoinKey {
	ks := make([]signal.JoinKey, d.count(4))
	for i := range ks {
		ks[i] = signal.JoinKey{Kind: d.str(), Account: d.str(), Region: d.str(), Value: d.str()}
	}
	return ks
}

func appendDropped(dst []byte, n signal.Dropped) []byte {
	dst = binary.AppendUvarint(dst, uint64(n.Attrs))
	dst = binary.AppendUvarint(dst, uint64(n.Events))
	return binary.AppendUvarint(dst, uint64(n.Links))
}

func (d *decoder) dropped() signal.Dropped {
	return signal.Dropped{Attrs: uint32(d.uvarint()), Events: uint32(d.uvarint()), Links: uint32(d.uvarint())}
}

func appendMetric(dst []byte, m *signal.Metric) []byte {
	dst = appendStr(appendStr(appendStr(dst, m.Name), m.Unit), m.Description)
	mono := byte(0)
	if m.Monotonic {
		mono = 1
	}
	return append(dst, byte(m.Kind), byte(m.Temporality), mono)
}

func (d *decoder) metric() signal.Metric {
	return signal.Metric{Name: d.str(), Unit: d.str(), Description: d.str(), Kind: signal.PointKind(d.byte()), Temporality: signal.Temporality(d.byte()), Monotonic: d.byte() == 1}
}

func appendFloat(dst []byte, f float64) []byte {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(f))
}

func (d *decoder) float() float64 { return math.Float64frombits(d.u64()) }

func appendCounts(dst []byte, ns []uint64) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(ns)))
	for _, n := range ns {
		dst = binary.AppendUvarint(dst, n)
	}
	return dst
}

func (d *decoder) counts() []uint64 {
	ns := make([]uint64, d.count(1))
	for i := range ns {
		ns[i] = d.uvarint()
	}
	return ns
}

func appendDist(dst []byte, m *signal.Distribution) []byte {
	dst = append(binary.AppendUvarint(dst, m.Count), byte(m.Has))
	dst = appendFloat(appendFloat(appendFloat(dst, m.Sum), m.Min), m.Max)
	dst = binary.AppendUvarint(dst, uint64(len(m.Bounds)))
	for _, f := range m.Bounds {
		dst = appendFloat(dst, f)
	}
	dst = binary.AppendVarint(appendCounts(dst, m.Counts), int64(m.Scale))
	dst = appendFloat(binary.AppendUvarint(dst, m.ZeroCount), m.ZeroThreshold)
	dst = appendCounts(binary.AppendVarint(dst, int64(m.Positive.Offset)), m.Positive.Counts)
	dst = appendCounts(binary.AppendVarint(dst, int64(m.Negative.Offset)), m.Negative.Counts)
	dst = binary.AppendUvarint(dst, uint64(len(m.Quantiles)))
	for _, q := range m.Quantiles {
		dst = appendFloat(appendFloat(dst, q.Q), q.Value)
	}
	return dst
}

func (d *decoder) dist() *signal.Distribution {
	m := &signal.Distribution{Count: d.uvarint(), Has: signal.DistField(d.byte()), Sum: d.float(), Min: d.float(), Max: d.float()}
	m.Bounds = make([]float64, d.count(8))
	for i := range m.Bounds {
		m.Bounds[i] = d.float()
	}
	m.Counts, m.Scale = d.counts(), int32(d.varint())
	m.ZeroCount, m.ZeroThreshold = d.uvarint(), d.float()
	m.Positive.Offset, m.Positive.Counts = int32(d.varint()), d.counts()
	m.Negative.Offset, m.Negative.Counts = int32(d.varint()), d.counts()
	m.Quantiles = make([]signal.Quantile, d.count(16))
	for i := range m.Quantiles {
		m.Quantiles[i] = signal.Quantile{Q: d.float(), Value: d.float()}
	}
	return m
}

func appendExemplars(dst []byte, es []signal.Exemplar) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(es)))
	for i := range es {
		e := &es[i]
		dst = appendValue(appendTime(dst, e.At), e.Value)
		dst = append(append(dst, e.Trace[:]...), e.Span[:]...)
		dst = appendAttrs(dst, e.Attrs)
	}
	return dst
}

func (d *decoder) exemplars() []signal.Exemplar {
	es := make([]signal.Exemplar, d.count(27))
	for i := range es {
		es[i] = signal.Exemplar{At: signal.Time(d.varint()), Value: d.value(), Trace: d.traceID(), Span: d.spanID(), Attrs: d.attrs()}
	}
	return es
}

// AppendGroup appends the exact form of a resource and its scope.
func AppendGroup(dst []byte, res signal.Attrs, s *signal.Scope) []byte {
	return appendAttrs(appendStr(appendStr(appendAttrs(dst, res), s.Name), s.Version), s.Attrs)
}

// AppendLog appends the exact form of l: equal logs have equal bytes.
func AppendLog(dst []byte, l *signal.Log) []byte {
	dst = append(append(appendTime(appendTime(dst, l.At), l.Observed), l.Trace[:]...), l.Span[:]...)
	dst = append(binary.AppendUvarint(dst, uint64(l.Flags)), byte(l.Level))
	dst = appendValue(appendStr(appendStr(dst, l.LevelText), l.Event), l.Body)
	return binary.AppendUvarint(appendAttrs(dst, l.Attrs), uint64(l.Dropped))
}

// AppendPoint appends the exact form of p: equal points have equal bytes.
func AppendPoint(dst []byte, p *signal.Point) []byte {
	dst = appendTime(appendTime(appendMetric(dst, &p.Metric), p.Start), p.At)
	dst = appendValue(appendAttrs(binary.AppendUvarint(dst, uint64(p.Flags)), p.Attrs), p.Value)
	if p.Dist != nil {
		dst = appendDist(append(dst, 1), p.Dist)
	}
	return appendExemplars(dst, p.Exemplars)
}
