package cloudwatch

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

var errNoMetric = errors.New("cloudwatch: decode: not a line of a metric stream: want metric_name, timestamp and value")

// Metrics appends the lines of a metric stream in JSON to b, each as a summary
// whose quantiles 0 and 1 are the minimum and maximum: what the same stream says
// in OpenTelemetry's format. b borrows lines.
func Metrics(b *signal.Batch, lines []byte, a *ingest.Arena) error {
	var err error
	r := wire.NewJSON(lines, &err)
	m := metrics{batch: b, arena: a}
	for r.Peek() != 0 && err == nil {
		m.line(&r, &err)
	}
	if err == nil {
		err = a.Err()
	}
	return err
}

type metrics struct {
	batch *signal.Batch
	arena *ingest.Arena
	of    owner
	at    int // group of the last line
	any   bool
}

type owner struct{ stream, account, region string }

func (m *metrics) line(r *wire.JSON, err *error) {
	var of owner
	var namespace, name, unit string
	var attrs signal.Attrs
	var d signal.Distribution
	at, known := int64(0), false
	for key := range r.Object() {
		switch key {
		case "metric_stream_name":
			of.stream = r.Str()
		case "account_id":
			of.account = r.Str()
		case "region":
			of.region = r.Str()
		case "namespace":
			namespace = r.Str()
		case "metric_name":
			name = r.Str()
		case "unit":
			unit = r.Str()
		case "timestamp":
			at = int64(r.Double())
		case "dimensions":
			for key := range r.Object() {
				attrs = m.arena.Attrs.Push(attrs, signal.Attr{Key: key, Value: signal.Str(r.Str())})
			}
		case "value":
			known = true
			m.value(r, &d)
		default:
			r.Skip()
		}
	}
	switch {
	case *err != nil:
		return
	case name == "" || !known:
		*err = errNoMetric
		return
	case at <= 0 || at > maxMillis:
		m.batch.Refuse(signal.Points, 1, "a metric without a time")
		return
	}
	if !m.arena.Charge(distributionSize) {
		return
	}
	p := m.point(of)
	full := "amazonaws.com/" + namespace + "/" + name
	p.Metric = signal.Metric{Name: full, Unit: unitOf(unit), Kind: signal.Summary}
	p.At = signal.Time(at) * signal.Time(time.Millisecond)
	p.Start = p.At.Add(-time.Minute)
	p.Attrs = m.arena.Attrs.Push(attrs, signal.Attr{Key: "Namespace", Value: signal.Str(namespace)})
	p.Attrs = m.arena.Attrs.Push(p.Attrs, signal.Attr{Key: "MetricName", Value: signal.Str(name)})
	p.Dist = &d
}

const distributionSize = 256

// value reads {"count":…,"sum":…,"max":…,"min":…,"p99":…}.
func (m *metrics) value(r *wire.JSON, d *signal.Distribution) {
	for key := range r.Object() {
		v := r.Double()
		switch key {
		case "count":
			d.Count = uint64(max(0, min(v, 1<<53)))
		case "sum":
			d.Sum, d.Has = v, d.Has|signal.HasSum
		case "min":
			d.Quantiles = append(d.Quantiles, signal.Quantile{Q: 0, Value: v})
		case "max":
			d.Quantiles = append(d.Quantiles, signal.Quantile{Q: 1, Value: v})
		default:
			p, err := strconv.ParseFloat(strings.TrimPrefix(key, "p"), 64)
			if err == nil && strings.HasPrefix(key, "p") && p > 0 && p < 100 && len(d.Quantiles) < mostQuantiles && !math.IsNaN(v) {
				d.Quantiles = append(d.Quantiles, signal.Quantile{Q: p / 100, Value: v})
			}
		}
	}
}

const mostQuantiles = 16

// point returns a new point in the group of its owner.
func (m *metrics) point(of owner) *signal.Point {
	if !m.any || of != m.of {
		var g *signal.Group
		m.batch.Groups, g = m.arena.Groups.Add(m.batch.Groups)
		m.any, m.of, m.at = true, of, len(m.batch.Groups)-1
		for _, x := range [...][2]string{
			{"cloud.provider", "aws"}, {"cloud.account.id", of.account}, {"cloud.region", of.region}, {"aws.metric_stream", of.stream},
		} {
			if x[1] != "" {
				g.Resource = m.arena.Attrs.Push(g.Resource, signal.Attr{Key: x[0], Value: signal.Str(x[1])})
			}
		}
	}
	g := &m.batch.Groups[m.at]
	var p *signal.Point
	g.Points, p = m.arena.Points.Add(g.Points)
	return p
}

// units are CloudWatch's as UCUM writes them.
var units = map[string]string{
	"Milliseconds": "ms", "Seconds": "s", "Microseconds": "us", "Count": "{Count}", "Bytes": "By", "Kilobytes": "kBy", "Megabytes": "MBy",
	"Percent": "%", "Count/Second": "{Count}/s", "Bytes/Second": "By/s", "None": "",
}

func unitOf(unit string) string {
	if u, ok := units[unit]; ok {
		return u
	}
	return unit
}
