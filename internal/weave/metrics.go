package weave

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Stats are what a Weaver did since it was made.
type Stats struct {
	Pending int     // stories that wait until they are quiet
	Told    int64   // stories read; one may be read again when more arrives
	Rows    int64   // spans and logs read
	Seconds float64 // spent reading and analysing
	Dropped int64   // stories not read because too many waited
	Cut     int64   // stories of which only a part was read
	Failed  int64   // times that reading or keeping failed
}

// Stats returns what w did so far.
func (w *Weaver) Stats() Stats {
	w.mu.Lock()
	n := len(w.pending)
	w.mu.Unlock()
	c := &w.count
	return Stats{n, c.told.Load(), c.rows.Load(), float64(c.nanos.Load()) / 1e9, c.dropped.Load(), c.cut.Load(), c.failed.Load()}
}

type counters struct {
	told, rows, nanos, dropped, cut, failed atomic.Int64
}

var (
	metricPending = prometheus.NewDesc("clew_weave_pending_stories", "Stories that wait until they are quiet.", nil, nil)
	metricTold    = prometheus.NewDesc("clew_weave_stories_total", "Stories read for their issues; one may be read again when more arrives.", nil, nil)
	metricRows    = prometheus.NewDesc("clew_weave_rows_total", "Spans and logs read for issues.", nil, nil)
	metricSeconds = prometheus.NewDesc("clew_weave_seconds_total", "Time spent reading and analysing stories.", nil, nil)
	metricDropped = prometheus.NewDesc("clew_weave_dropped_total", "Stories not read because too many waited; those with least to tell go first.", nil, nil)
	metricCut     = prometheus.NewDesc("clew_weave_cut_total", "Stories of which only a part was read because they are too large.", nil, nil)
	metricFailed  = prometheus.NewDesc("clew_weave_failures_total", "Times that reading a story or keeping issues failed; it is tried again.", nil, nil)
)

// Describe implements prometheus.Collector.
func (w *Weaver) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(w, ch) }

// Collect implements prometheus.Collector.
func (w *Weaver) Collect(ch chan<- prometheus.Metric) {
	s := w.Stats()
	ch <- prometheus.MustNewConstMetric(metricPending, prometheus.GaugeValue, float64(s.Pending))
	counter := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v)
	}
	counter(metricTold, float64(s.Told))
	counter(metricRows, float64(s.Rows))
	counter(metricSeconds, s.Seconds)
	counter(metricDropped, float64(s.Dropped))
	counter(metricCut, float64(s.Cut))
	counter(metricFailed, float64(s.Failed))
}
