package pipeline

import (
	"github.com/prometheus/client_golang/prometheus"

	"clew/internal/signal"
)

// Measure counts spans by how they ended, before anything thins them out. It is
// the place where rates, errors and durations by resource and edge will be
// counted; today it feeds Clew's own metrics only.
func Measure(reg prometheus.Registerer) Stage {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "clew_pipeline_spans_total", Help: "Spans by status, before any is thinned out.",
	}, []string{"status"})
	if reg != nil {
		reg.MustRegister(c)
	}
	byStatus := [...]prometheus.Counter{
		signal.StatusUnset: c.WithLabelValues(signal.StatusUnset.String()),
		signal.StatusOK:    c.WithLabelValues(signal.StatusOK.String()),
		signal.StatusError: c.WithLabelValues(signal.StatusError.String()),
	}
	return Stage{Name: "measure", Run: func(b *signal.Batch, _ Arrival) {
		var n [len(byStatus)]int
		for i := range b.Groups {
			for j := range b.Groups[i].Spans {
				n[b.Groups[i].Spans[j].Status.Code]++
			}
		}
		for code, count := range n {
			byStatus[code].Add(float64(count))
		}
	}}
}
