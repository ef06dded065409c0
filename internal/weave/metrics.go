package weave

import "github.com/prometheus/client_golang/prometheus"

// metrics are what /metrics says of weaving.
type metrics struct {
	told, rows, seconds, dropped, cut, failed prometheus.Counter
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "clew_weave_" + name, Help: help})
	}
	return &metrics{
		told:    counter("stories_total", "Stories read for their issues; one may be read again when more arrives."),
		rows:    counter("rows_total", "Spans and logs read for issues."),
		seconds: counter("seconds_total", "Time spent reading and analysing stories."),
		dropped: counter("dropped_total", "Stories not read because too many waited; those with least to tell go first."),
		cut:     counter("cut_total", "Stories of which only a part was read because they are too large."),
		failed:  counter("failures_total", "Times that reading a story or keeping issues failed; it is tried again."),
	}
}

var pendingStories = prometheus.NewDesc("clew_weave_pending_stories", "Stories that wait until they are quiet.", nil, nil)

// Describe implements prometheus.Collector.
func (w *Weaver) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(w, ch) }

// Collect implements prometheus.Collector.
func (w *Weaver) Collect(ch chan<- prometheus.Metric) {
	w.mu.Lock()
	n := len(w.pending)
	w.mu.Unlock()
	ch <- prometheus.MustNewConstMetric(pendingStories, prometheus.GaugeValue, float64(n))
	m := w.metrics
	for _, c := range []prometheus.Counter{m.told, m.rows, m.seconds, m.dropped, m.cut, m.failed} {
		c.Collect(ch)
	}
}
