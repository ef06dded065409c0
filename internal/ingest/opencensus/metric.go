package opencensus

import (
	"encoding/binary"
	"math"
	"unsafe"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// Why a point is refused.
const (
	refuseType    = "metric: the type is unknown"
	refuseLabels  = "metric: more label values than label keys"
	refuseBuckets = "distribution: buckets do not fit their bounds"
)

// metric reads a Metric: a descriptor, which names the labels, and time series.
func (d *decoder) metric(m []byte) {
	var metric signal.Metric
	var resource []byte
	known := false
	d.keys = d.keys[:0]
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			metric, known = d.descriptor(f.Bytes())
		case 3:
			resource = f.Bytes()
		}
	}
	for f := d.scan(m); f.Next(); {
		switch {
		case f.Num != 2:
		case !known:
			d.batch.Refuse(signal.Points, 1, refuseType)
		default:
			d.series(metric, resource, f.Bytes())
		}
	}
}

// descriptor reads a MetricDescriptor, and its label keys into d.keys.
func (d *decoder) descriptor(m []byte) (metric signal.Metric, known bool) {
	d.keys = d.keys[:0]
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			metric.Name = f.Text()
		case 2:
			metric.Description = f.Text()
		case 3:
			metric.Unit = f.Text()
		case 4:
			known = setType(&metric, f.Uint())
		case 5:
			key := ""
			for in := d.scan(f.Bytes()); in.Next(); {
				if in.Num == 1 {
					key = in.Text()
				}
			}
			if d.arena.Charge(2 * int(unsafe.Sizeof(key))) {
				d.keys = append(d.keys, key)
			}
		}
	}
	return metric, known
}

// setType reads a MetricDescriptor.Type.
func setType(m *signal.Metric, n uint64) bool {
	switch n {
	case 1, 2:
		m.Kind = signal.Gauge
	case 3:
		m.Kind = signal.Histogram // of the moment: of no temporality
	case 4, 5:
		m.Kind, m.Temporality, m.Monotonic = signal.Sum, signal.Cumulative, true
	case 6:
		m.Kind, m.Temporality = signal.Histogram, signal.Cumulative
	case 7:
		m.Kind = signal.Summary
	default:
		return false
	}
	return true
}

// series reads a TimeSeries.
func (d *decoder) series(metric signal.Metric, resource, m []byte) {
	var start signal.Time
	for f := d.scan(m); f.Next(); {
		if f.Num == 1 {
			start = d.timestamp(f.Bytes())
		}
	}
	for f := d.scan(m); f.Next(); {
		if f.Num != 3 {
			continue
		}
		g := d.group(resource)
		points, p := d.arena.Points.Add(g.Points)
		g.Points = points
		p.Metric, p.Start = metric, start
		why := ""
		if !d.labels(&p.Attrs, m) {
			why = refuseLabels
		}
		if !d.point(p, f.Bytes()) {
			why = refuseBuckets
		}
		if why != "" && d.err == nil && d.arena.Err() == nil {
			g.Points = d.arena.Points.Drop(g.Points)
			d.batch.Refuse(signal.Points, 1, why)
		}
	}
}

// labels appends the values of a TimeSeries under the descriptor's keys; those
// that are not set are left out.
func (d *decoder) labels(attrs *signal.Attrs, m []byte) bool {
	n := 0
	for f := d.scan(m); f.Next(); {
		if f.Num != 2 {
			continue
		}
		value, set := "", false
		for in := d.scan(f.Bytes()); in.Next(); {
			switch in.Num {
			case 1:
				value = in.Text()
			case 2:
				set = in.Uint() != 0
			}
		}
		if n == len(d.keys) {
			return false
		}
		if set || value != "" {
			*attrs = d.arena.Attrs.Push(*attrs, signal.Attr{Key: d.keys[n], Value: signal.Str(value)})
		}
		n++
	}
	return true
}

// point reads a Point, and returns false where its numbers contradict each other.
func (d *decoder) point(p *signal.Point, m []byte) (ok bool) {
	ok = true
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			p.At = d.timestamp(f.Bytes())
		case 2:
			p.Value = signal.Int(int64(f.Uint()))
		case 3:
			p.Value = signal.Double(f.Double())
		case 4:
			p.Dist = d.dist()
			ok = d.distribution(p, f.Bytes())
		case 5:
			p.Dist = d.dist()
			d.summary(p.Dist, f.Bytes())
		}
	}
	whole := p.Metric.Kind == signal.Histogram || p.Metric.Kind == signal.Summary
	if whole && p.Dist == nil {
		p.Dist = d.dist()
	}
	if !whole && p.Value.Kind() == signal.KindEmpty {
		p.Value = signal.Int(0) // a zero may be left out
	}
	return ok
}

func (d *decoder) dist() *signal.Distribution {
	d.arena.Charge(int(unsafe.Sizeof(signal.Distribution{})))
	return new(signal.Distribution)
}

// distribution reads a DistributionValue.
func (d *decoder) distribution(p *signal.Point, m []byte) bool {
	h := p.Dist
	h.Has = signal.HasSum
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			h.Count = f.Uint()
		case 2:
			h.Sum = f.Double()
		case 4:
			for in := d.scan(f.Bytes()); in.Next(); {
				if in.Num == 1 {
					d.bounds(h, in.Bytes())
				}
			}
		case 5:
			count := uint64(0)
			for in := d.scan(f.Bytes()); in.Next(); {
				switch in.Num {
				case 1:
					count = in.Uint()
				case 2:
					d.exemplar(p, in.Bytes())
				}
			}
			h.Counts = d.arena.Counts.Push(h.Counts, count)
		}
	}
	return len(h.Counts) == len(h.Bounds)+1 || len(h.Counts) == 0 && len(h.Bounds) == 0
}

// bounds reads the upper bounds of explicit buckets, packed or not.
func (d *decoder) bounds(h *signal.Distribution, m []byte) {
	for f := d.scan(m); f.Next(); {
		switch {
		case f.Num != 1:
		case f.Wire == wire.Wire64:
			h.Bounds = d.arena.Bounds.Push(h.Bounds, f.Double())
		default:
			b := f.Bytes()
			if len(b)%8 != 0 {
				f.Fail(wire.ErrTruncated)
				return
			}
			for ; len(b) > 0; b = b[8:] {
				h.Bounds = d.arena.Bounds.Push(h.Bounds, math.Float64frombits(binary.LittleEndian.Uint64(b)))
			}
		}
	}
}

func (d *decoder) exemplar(p *signal.Point, m []byte) {
	if !d.arena.Charge(2 * int(unsafe.Sizeof(signal.Exemplar{}))) {
		return
	}
	e := signal.Exemplar{Value: signal.Double(0)}
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			e.Value = signal.Double(f.Double())
		case 2:
			e.At = d.timestamp(f.Bytes())
		case 3:
			key, value := d.entry(f.Bytes())
			d.textAttr(&e.Attrs, key, wire.View(value))
		}
	}
	p.Exemplars = append(p.Exemplars, e)
}

// summary reads a SummaryValue; of its snapshot the percentiles count.
func (d *decoder) summary(h *signal.Distribution, m []byte) {
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1: // an Int64Value
			for in := d.scan(f.Bytes()); in.Next(); {
				if in.Num == 1 {
					h.Count = in.Uint()
				}
			}
		case 2: // a DoubleValue
			h.Has |= signal.HasSum
			for in := d.scan(f.Bytes()); in.Next(); {
				if in.Num == 1 {
					h.Sum = in.Double()
				}
			}
		case 3:
			for in := d.scan(f.Bytes()); in.Next(); {
				if in.Num == 3 {
					d.quantile(h, in.Bytes())
				}
			}
		}
	}
}

func (d *decoder) quantile(h *signal.Distribution, m []byte) {
	if !d.arena.Charge(2 * int(unsafe.Sizeof(signal.Quantile{}))) {
		return
	}
	var q signal.Quantile
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			q.Q = f.Double() / 100
		case 2:
			q.Value = f.Double()
		}
	}
	h.Quantiles = append(h.Quantiles, q)
}
