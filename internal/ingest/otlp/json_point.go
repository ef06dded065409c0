package otlp

import (
	"unsafe"

	"clew/internal/signal"
)

var temporalityEnum = []string{"UNSPECIFIED", "DELTA", "CUMULATIVE"}

// jsonMetric reads a Metric. Its points get its name and unit at the end: these
// may stand after them.
func (d *decoder) jsonMetric(r *jsonReader, g *signal.Group) {
	var metric signal.Metric
	first := len(g.Points)
	for key := range r.object() {
		switch key {
		case "name":
			metric.Name = r.text()
		case "description":
			metric.Description = r.text()
		case "unit":
			metric.Unit = r.text()
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
			r.skip()
		}
	}
	for i := first; i < len(g.Points); i++ {
		g.Points[i].Metric = metric
	}
}

func (d *decoder) jsonData(r *jsonReader, g *signal.Group, metric *signal.Metric, kind signal.PointKind) {
	if r.null() {
		return
	}
	metric.Kind = kind
	for key := range r.object() {
		switch key {
		case "dataPoints":
			for range r.array() {
				d.jsonPoint(r, g, kind)
			}
		case "aggregationTemporality":
			metric.Temporality = temporalityOf(r.enum("AGGREGATION_TEMPORALITY_", temporalityEnum))
		case "isMonotonic":
			metric.Monotonic = r.bool()
		default:
			r.skip()
		}
	}
}

func (d *decoder) jsonPoint(r *jsonReader, g *signal.Group, kind signal.PointKind) {
	var p *signal.Point
	g.Points, p = next(d, &d.arena.Points, g.Points)
	why := ""
	if kind == signal.Histogram || kind == signal.ExpHistogram || kind == signal.Summary {
		p.Dist = d.dist()
	}
	if kind == signal.Summary {
		p.Dist.Has = signal.HasSum
	}
	for key := range r.object() {
		switch {
		case key == "attributes":
			p.Attrs = d.jsonAttrs(r)
		case key == "startTimeUnixNano":
			p.Start = timeOf(r.uint64())
		case key == "timeUnixNano":
			p.At = timeOf(r.uint64())
		case key == "flags":
			p.Flags = r.uint32()
		case key == "exemplars":
			for range r.array() {
				d.jsonExemplar(r, p, &why)
			}
		case p.Dist != nil:
			d.jsonDistField(r, p.Dist, key)
		case key == "asDouble":
			p.Value = signal.Double(r.double())
		case key == "asInt":
			p.Value = signal.Int(r.int64())
		default:
			r.skip()
		}
	}
	if why != "" && d.err == nil {
		g.Points = d.arena.Points.Drop(g.Points)
		d.batch.Refuse(signal.Points, 1, why)
	}
}

func (d *decoder) jsonDistField(r *jsonReader, h *signal.Distribution, key string) {
	switch key {
	case "count":
		h.Count = r.uint64()
	case "sum":
		h.Sum, h.Has = r.double(), h.Has|signal.HasSum
	case "min":
		h.Min, h.Has = r.double(), h.Has|signal.HasMin
	case "max":
		h.Max, h.Has = r.double(), h.Has|signal.HasMax
	case "bucketCounts":
		for range r.array() {
			h.Counts = push(d, &d.arena.Counts, h.Counts, r.uint64())
		}
	case "explicitBounds":
		for range r.array() {
			h.Bounds = push(d, &d.arena.Bounds, h.Bounds, r.double())
		}
	case "scale":
		h.Scale = r.int32()
	case "zeroCount":
		h.ZeroCount = r.uint64()
	case "zeroThreshold":
		h.ZeroThreshold = r.double()
	case "positive":
		d.jsonBuckets(r, &h.Positive)
	case "negative":
		d.jsonBuckets(r, &h.Negative)
	case "quantileValues":
		for range r.array() {
			d.jsonQuantile(r, h)
		}
	default:
		r.skip()
	}
}

func (d *decoder) jsonBuckets(r *jsonReader, b *signal.Buckets) {
	for key := range r.object() {
		switch key {
		case "offset":
			b.Offset = r.int32()
		case "bucketCounts":
			for range r.array() {
				b.Counts = push(d, &d.arena.Counts, b.Counts, r.uint64())
			}
		default:
			r.skip()
		}
	}
}

func (d *decoder) jsonQuantile(r *jsonReader, h *signal.Distribution) {
	var q signal.Quantile
	for key := range r.object() {
		switch key {
		case "quantile":
			q.Q = r.double()
		case "value":
			q.Value = r.double()
		default:
			r.skip()
		}
	}
	d.charge(2 * int(unsafe.Sizeof(q)))
	h.Quantiles = append(h.Quantiles, q)
}

func (d *decoder) jsonExemplar(r *jsonReader, p *signal.Point, why *string) {
	if !d.charge(2 * int(unsafe.Sizeof(signal.Exemplar{}))) {
		return
	}
	var e signal.Exemplar
	for key := range r.object() {
		switch key {
		case "timeUnixNano":
			e.At = timeOf(r.uint64())
		case "asDouble":
			e.Value = signal.Double(r.double())
		case "asInt":
			e.Value = signal.Int(r.int64())
		case "spanId":
			setID(e.Span[:], r.id(), why, "exemplar: "+refuseSpanID)
		case "traceId":
			setID(e.Trace[:], r.id(), why, "exemplar: "+refuseTraceID)
		case "filteredAttributes":
			e.Attrs = d.jsonAttrs(r)
		default:
			r.skip()
		}
	}
	p.Exemplars = append(p.Exemplars, e)
}
