// Package pipeline is what every batch passes between its decoder and the
// store, one file a stage, in the order of one slice: stamp, mask, measure,
// limit. Stages change the rows of a batch in place and copy an attribute list
// before they change it (groups share them); they never refuse a request. They
// do no I/O and read no clock: the door passes the time in.
package pipeline

import (
	"github.com/prometheus/client_golang/prometheus"

	"clew/internal/signal"
)

// Arrival is what the door knows of the request that carried a batch.
type Arrival struct {
	Tenant   signal.Tenant
	At       signal.Time
	Protocol string
}

// Stage is one step. Run is called from many requests at the same time.
type Stage struct {
	Name string
	Run  func(b *signal.Batch, a Arrival)
}

// Options says how the stages work; the zero value is the default.
type Options struct {
	Mask       MaskOptions
	Limits     Limits
	Registerer prometheus.Registerer // nil registers nothing
}

// Default returns the stages in their order. Mask comes before limit, so that
// no secret hides from it in text that is cut in the middle.
func Default(opt Options) []Stage {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
		if opt.Registerer != nil {
			opt.Registerer.MustRegister(c)
		}
		return c
	}
	masked := counter("clew_pipeline_masked_total", "Secrets replaced by ***.")
	cut := counter("clew_pipeline_cut_total", "Values, attributes, events and links over a limit, cut.")
	return []Stage{
		Stamp(),
		NewMasker(opt.Mask, func(n int) { masked.Add(float64(n)) }).Stage(),
		Measure(opt.Registerer),
		Limit(opt.Limits, func(n int) { cut.Add(float64(n)) }),
	}
}
