package otlp

import (
	"unsafe"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

var temporalityEnum = []string{"UNSPECIFIED", "DELTA", "CUMULATIVE"}

// jsonMetric reads a Metric. Its points get its name and unit at the end: these
// may stand after them.
func (d *decoder) jsonMetric(r *wire.JSON, g *signal.Group) {
	var metric signal.Metric
	first := len(g.Points)
	for key := range r.Object() {
		switch key {
		case "name":
			metric.Name = r.Text()
		case "description":
			metric.Description = r.Text()
		case "unit":
			metric.Unit = r.Text()
		case "gauge":
			d.jsonData(r, g, &metric, signal.Gauge)
		case "sum":
			d.jsonData(r, g, &metric, signal.Sum)
		case "histogram":
			d.jsonData(r, g, &metric, signal.Histogram)
		case "exponentialHistogram":
			d.jsonData(r, g, &metric, signal.ExpHistogram)
		case "summary":
			d.jsonData(r, g, &metric, signal.Summary)
		default:
			r.Skip()
		}
	}
	for i := first; i < len(g.Points); i++ {
		g.Points[i].Metric = metric
	}
}

func (d *decoder) jsonData(r *wire.JSON, g *signal.Group, metric *signal.Metric, kind signal.PointKind) {
	if r.Null() {
		return
	}
	metric.Kind = kind
	for key := range r.Object() {
		switch key {
		case "dataPoints":
			for range r.Array() {
				d.jsonPoint(r, g, kind)
			}
		case "aggregationTemporality":
			metric.Temporality = temporalityOf(r.Enum("AGGREGATION_TEMPORALITY_", temporalityEnum))
		case "isMonotonic":
			metric.Monotonic = r.Bool()
		default:
			r.Skip()
		}
	}
}

func (d *decoder) jsonPoint(r *wire.JSON, g *signal.Group, kind signal.PointKind) {
	var p *signal.Point
	g.Points, p = next(d, &d.arena.Points, g.Points)
	why := ""
	if kind == signal.Histogram || kind == signal.ExpHistogram || kind == signal.Summary {
		p.Dist = d.dist()
	}
	if kind == signal.Summary {
		p.Dist.Has = signal.HasSum
	}
	for key := range r.Object() {
		switch {
		case key == "attributes":
			p.Attrs = d.jsonAttrs(r)
		case key == "startTimeUnixNano":
			p.Start = timeOf(r.Uint64())
		case key == "timeUnixNano":
			p.At = timeOf(r.Uint64())
		case key == "flags":
			p.Flags = r.Uint32()
		case key == "exemplars":
			for range r.Array() {
				d.jsonExemplar(r, p, &why)
			}
		case p.Dist != nil:
			d.jsonDistField(r, p.Dist, key)
		case key == "asDouble":
			p.Value = signal.Double(r.Double())
		case key == "asInt":
			p.Value = signal.Int(r.Int64())
		default:
			r.Skip()
		}
	}
	if why != "" && d.err == nil {
		g.Points = d.arena.Points.Drop(g.Points)
		d.batch.Refuse(signal.Points, 1, why)
	}
}

func (d *decoder) jsonDistField(r *wire.JSON, h *signal.Distribution, key string) {
	switch key {
	case "count":
		h.Count = r.Uint64()
	case "sum":
		h.Sum, h.Has = r.Double(), h.Has|signal.HasSum
	case "min":
		h.Min, h.Has = r.Double(), h.Has|signal.HasMin
	case "max":
		h.Max, h.Has = r.Double(), h.Has|signal.HasMax
	case "bucketCounts":
		for range r.Array() {
			h.Counts = push(d, &d.arena.Counts, h.Counts, r.Uint64())
		}
	case "explicitBounds":
		for range r.Array() {
			h.Bounds = push(d, &d.arena.Bounds, h.Bounds, r.Double())
		}
	case "scale":
		h.Scale = r.Int32()
	case "zeroCount":
		h.ZeroCount = r.Uint64()
	case "zeroThreshold":
		h.ZeroThreshold = r.Double()
	case "positive":
		d.jsonBuckets(r, &h.Positive)
	case "negative":
		d.jsonBuckets(r, &h.Negative)
	case "quantileValues":
		for range r.Array() {
			d.jsonQuantile(r, h)
		}
	default:
		r.Skip()
	}
}

func (d *decoder) jsonBuckets(r *wire.JSON, b *signal.Buckets) {
	for key := range r.Object() {
		switch key {
		case "offset":
			b.Offset = r.Int32()
		case "bucketCounts":
			for range r.Array() {
				b.Counts = push(d, &d.arena.Counts, b.Counts, r.Uint64())
			}
		default:
			r.Skip()
		}
	}
}

func (d *decoder) jsonQuantile(r *wire.JSON, h *signal.Distribution) {
	var q signal.Quantile
	for key := range r.Object() {
		switch key {
		case "quantile":
			q.Q = r.Double()
		case "value":
			q.Value = r.Double()
		default:
			r.Skip()
		}
	}
	d.charge(2 * int(unsafe.Sizeof(q)))
	h.Quantiles = append(h.Quantiles, q)
}

func (d *decoder) jsonExemplar(r *wire.JSON, p *signal.Point, why *string) {
	if !d.charge(2 * int(unsafe.Sizeof(signal.Exemplar{}))) {
		return
	}
	var e signal.Exemplar
	for key := range r.Object() {
		switch key {
		case "timeUnixNano":
			e.At = timeOf(r.Uint64())
		case "asDouble":
			e.Value = signal.Double(r.Double())
		case "asInt":
			e.Value = signal.Int(r.Int64())
		case "spanId":
			setID(e.Span[:], r.ID(), why, "exemplar: "+refuseSpanID)
		case "traceId":
			setID(e.Trace[:], r.ID(), why, "exemplar: "+refuseTraceID)
		case "filteredAttributes":
			e.Attrs = d.jsonAttrs(r)
		default:
			r.Skip()
		}
	}
	p.Exemplars = append(p.Exemplars, e)
}
