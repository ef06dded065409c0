package ingest

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"clew/internal/signal"
)

// counters are the door's metrics. The code label is the HTTP status for every
// transport; gRPC's codes map onto it.
type counters struct {
	requests        *prometheus.CounterVec // protocol, signal, code
	rows, refused   *prometheus.CounterVec // protocol, signal
	bytes, inflated *prometheus.CounterVec // protocol, signal
	dropped         *prometheus.CounterVec // protocol, signal
	seconds         *prometheus.HistogramVec
	inFlight        prometheus.GaugeFunc
}

func newCounters(reg prometheus.Registerer, inFlight func() float64) *counters {
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	c := &counters{
		requests: vec("clew_ingest_requests_total", "Requests by answer; 499 is a client that hung up.", "protocol", "signal", "code"),
		rows:     vec("clew_ingest_rows_total", "Rows made durable.", "protocol", "signal"),
		refused:  vec("clew_ingest_rows_refused_total", "Rows of accepted requests that were not taken.", "protocol", "signal"),
		bytes:    vec("clew_ingest_bytes_total", "Bytes of request bodies as sent.", "protocol", "signal"),
		inflated: vec("clew_ingest_inflated_bytes_total", "Bytes of request bodies after decompression.", "protocol", "signal"),
		dropped:  vec("clew_ingest_requests_dropped_total", "Requests dropped behind a good answer: for lack of room, of clients that never send again; broken ones, of clients that never stop sending again.", "protocol", "signal"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "clew_ingest_seconds", Help: "Time from the request's headers to its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"protocol", "signal"}),
		inFlight: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "clew_ingest_in_flight_bytes", Help: "Body bytes held in memory.",
		}, inFlight),
	}
	if reg != nil {
		reg.MustRegister(c.requests, c.rows, c.refused, c.bytes, c.inflated, c.dropped, c.seconds, c.inFlight)
	}
	return c
}

// done counts one finished request. taken says that its rows are durable, which an
// answer of 200 does not: dropped requests are answered so, too.
func (c *counters) done(x *exchange, status int, taken bool, took time.Duration) {
	protocol, sig := x.protocol, x.route.Signal.String()
	// Last: who sees the request counted sees its rows counted.
	defer c.requests.WithLabelValues(protocol, sig, strconv.Itoa(status)).Inc()
	c.seconds.WithLabelValues(protocol, sig).Observe(took.Seconds())
	c.bytes.WithLabelValues(protocol, sig).Add(float64(x.wireBytes))
	c.inflated.WithLabelValues(protocol, sig).Add(float64(len(x.body)))
	if !taken {
		return
	}
	var rows [len(signal.Types)]int
	rows[signal.Spans], rows[signal.Logs], rows[signal.Points] = x.batch.Len()
	for t, n := range rows {
		if n > 0 {
			c.rows.WithLabelValues(protocol, signal.Type(t).String()).Add(float64(n))
		}
	}
	for _, r := range x.batch.Refused {
		c.refused.WithLabelValues(protocol, r.Type.String()).Add(float64(r.Count))
	}
}
