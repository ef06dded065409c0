package otlp

import (
	"encoding/binary"
	"math"
	"unsafe"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// metricKinds is the field of a Metric that holds the points of each kind.
var metricKinds = [...]signal.PointKind{5: signal.Gauge, 7: signal.Sum, 9: signal.Histogram, 10: signal.ExpHistogram, 11: signal.Summary}

// protoMetric reads a Metric. Its points are read last: they repeat its name
// and unit, which may follow them on the wire.
func (d *decoder) protoMetric(g *signal.Group, m []byte) {
	var metric signal.Metric
	var data []byte
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			metric.Name = s.Text()
		case 2:
			metric.Description = s.Text()
		case 3:
			metric.Unit = s.Text()
		case 5, 7, 9, 10, 11:
			metric.Kind, data = metricKinds[s.Num], s.Bytes()
		}
	}
	for s := d.scan(data); s.Next(); {
		switch {
		case s.Num == 2 && metric.Kind != signal.Gauge && metric.Kind != signal.Summary:
			metric.Temporality = temporalityOf(s.Uint())
		case s.Num == 3 && metric.Kind == signal.Sum:
			metric.Monotonic = s.Uint() != 0
		}
	}
	for s := d.scan(data); s.Next(); {
		if s.Num == 1 {
			d.protoPoint(g, metric, s.Bytes())
		}
	}
}

func (d *decoder) protoPoint(g *signal.Group, metric signal.Metric, m []byte) {
	var p *signal.Point
	g.Points, p = next(d, &d.arena.Points, g.Points)
	p.Metric = metric
	why := ""
	switch metric.Kind {
	case signal.Histogram:
		d.protoHistogram(p, m, &why)
	case signal.ExpHistogram:
		d.protoExpHistogram(p, m, &why)
	case signal.Summary:
		d.protoSummary(p, m)
	default:
		d.protoNumber(p, m, &why)
	}
	if why != "" && d.err == nil {
		g.Points = d.arena.Points.Drop(g.Points)
		d.batch.Refuse(signal.Points, 1, why)
	}
}

func (d *decoder) protoNumber(p *signal.Point, m []byte, why *string) {
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 7:
			d.protoAttr(&p.Attrs, s.Bytes())
		case 2:
			p.Start = timeOf(s.Fixed())
		case 3:
			p.At = timeOf(s.Fixed())
		case 4:
			p.Value = signal.Double(s.Double())
		case 5:
			d.protoExemplar(p, s.Bytes(), why)
		case 6:
			p.Value = signal.Int(int64(s.Fixed()))
		case 8:
			p.Flags = uint32(s.Uint())
		}
	}
}

func (d *decoder) dist() *signal.Distribution {
	d.charge(int(unsafe.Sizeof(signal.Distribution{})))
	return new(signal.Distribution)
}

func (d *decoder) protoHistogram(p *signal.Point, m []byte, why *string) {
	h := d.dist()
	p.Dist = h
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 9:
			d.protoAttr(&p.Attrs, s.Bytes())
		case 2:
			p.Start = timeOf(s.Fixed())
		case 3:
			p.At = timeOf(s.Fixed())
		case 4:
			h.Count = s.Fixed()
		case 5:
			h.Sum, h.Has = s.Double(), h.Has|signal.HasSum
		case 6:
			h.Counts = eachFixed(d, &s, &d.arena.Counts, h.Counts, func(v uint64) uint64 { return v })
		case 7:
			h.Bounds = eachFixed(d, &s, &d.arena.Bounds, h.Bounds, math.Float64frombits)
		case 8:
			d.protoExemplar(p, s.Bytes(), why)
		case 10:
			p.Flags = uint32(s.Uint())
		case 11:
			h.Min, h.Has = s.Double(), h.Has|signal.HasMin
		case 12:
			h.Max, h.Has = s.Double(), h.Has|signal.HasMax
		}
	}
}

func (d *decoder) protoExpHistogram(p *signal.Point, m []byte, why *string) {
	h := d.dist()
	p.Dist = h
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			d.protoAttr(&p.Attrs, s.Bytes())
		case 2:
			p.Start = timeOf(s.Fixed())
		case 3:
			p.At = timeOf(s.Fixed())
		case 4:
			h.Count = s.Fixed()
		case 5:
			h.Sum, h.Has = s.Double(), h.Has|signal.HasSum
		case 6:
			h.Scale = s.Sint()
		case 7:
			h.ZeroCount = s.Fixed()
		case 8:
			d.protoBuckets(&h.Positive, s.Bytes())
		case 9:
			d.protoBuckets(&h.Negative, s.Bytes())
		case 10:
			p.Flags = uint32(s.Uint())
		case 11:
			d.protoExemplar(p, s.Bytes(), why)
		case 12:
			h.Min, h.Has = s.Double(), h.Has|signal.HasMin
		case 13:
			h.Max, h.Has = s.Double(), h.Has|signal.HasMax
		case 14:
			h.ZeroThreshold = s.Double()
		}
	}
}

func (d *decoder) protoBuckets(b *signal.Buckets, m []byte) {
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			b.Offset = s.Sint()
		case 2:
			if s.Wire == wire.WireVarint {
				b.Counts = push(d, &d.arena.Counts, b.Counts, s.N)
				continue
			}
			packed := s.Bytes()
			for len(packed) > 0 && d.err == nil {
				v, n := binary.Uvarint(packed)
				if n <= 0 {
					s.FailVarint(n)
					return
				}
				b.Counts, packed = push(d, &d.arena.Counts, b.Counts, v), packed[n:]
			}
		}
	}
}

// protoLabel appends one StringKeyValue: what attributes of points were up to
// version 0.8 of the protocol, in which CloudWatch's metric streams still speak.
func (d *decoder) protoLabel(attrs *signal.Attrs, m []byte) {
	list, a := next(d, &d.arena.Attrs, *attrs)
	*attrs = list
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			a.Key = s.Text()
		case 2:
			a.Value = signal.Str(s.Text())
		}
	}
}

func (d *decoder) protoSummary(p *signal.Point, m []byte) {
	h := d.dist()
	p.Dist = h
	h.Has = signal.HasSum // not optional here
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			d.protoLabel(&p.Attrs, s.Bytes())
		case 7:
			d.protoAttr(&p.Attrs, s.Bytes())
		case 2:
			p.Start = timeOf(s.Fixed())
		case 3:
			p.At = timeOf(s.Fixed())
		case 4:
			h.Count = s.Fixed()
		case 5:
			h.Sum = s.Double()
		case 6:
			d.charge(2 * int(unsafe.Sizeof(signal.Quantile{})))
			h.Quantiles = append(h.Quantiles, d.protoQuantile(s.Bytes()))
		case 8:
			p.Flags = uint32(s.Uint())
		}
	}
}

func (d *decoder) protoQuantile(m []byte) (q signal.Quantile) {
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			q.Q = s.Double()
		case 2:
			q.Value = s.Double()
		}
	}
	return q
}

func (d *decoder) protoExemplar(p *signal.Point, m []byte, why *string) {
	if !d.charge(2 * int(unsafe.Sizeof(signal.Exemplar{}))) {
		return
	}
	var e signal.Exemplar
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 2:
			e.At = timeOf(s.Fixed())
		case 3:
			e.Value = signal.Double(s.Double())
		case 4:
			setID(e.Span[:], s.Bytes(), why, "exemplar: "+refuseSpanID)
		case 5:
			setID(e.Trace[:], s.Bytes(), why, "exemplar: "+refuseTraceID)
		case 7:
			d.protoAttr(&e.Attrs, s.Bytes())
		case 6:
			e.Value = signal.Int(int64(s.Fixed()))
		}
	}
	p.Exemplars = append(p.Exemplars, e)
}

// eachFixed appends the numbers of a repeated 64-bit field, packed or not.
func eachFixed[T any](d *decoder, s *wire.Proto, slab *ingest.Slab[T], dst []T, of func(uint64) T) []T {
	if s.Wire == wire.Wire64 {
		return push(d, slab, dst, of(s.N))
	}
	b := s.Bytes()
	if len(b)%8 != 0 {
		s.Fail(wire.ErrTruncated)
		return dst
	}
	for ; len(b) > 0 && d.err == nil; b = b[8:] {
		dst = push(d, slab, dst, of(binary.LittleEndian.Uint64(b)))
	}
	return dst
}
