package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"clew/internal/signal"
	"clew/internal/store"
)

// storeMetrics shows what a store keeps, read anew at each scrape.
type storeMetrics struct{ stats func() store.Stats }

var (
	storeRows    = prometheus.NewDesc("clew_store_rows", "Rows kept.", []string{"signal"}, nil)
	storeBytes   = prometheus.NewDesc("clew_store_disk_bytes", "Bytes on disk, log included.", nil, nil)
	storeLog     = prometheus.NewDesc("clew_store_log_bytes", "Bytes of log not yet in parts.", nil, nil)
	storeParts   = prometheus.NewDesc("clew_store_parts", "Immutable parts on disk.", nil, nil)
	storeMemory  = prometheus.NewDesc("clew_store_memory_bytes", "Rows in memory that are not yet in parts.", nil, nil)
	storeDamaged = prometheus.NewDesc("clew_store_damaged_bytes", "Bytes that failed their checksum; more than 0 needs a look at the log.", nil, nil)
)

// Describe implements prometheus.Collector.
func (m storeMetrics) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, ch) }

// Collect implements prometheus.Collector.
func (m storeMetrics) Collect(ch chan<- prometheus.Metric) {
	s := m.stats()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, t := range signal.Types {
		gauge(storeRows, float64(s.Rows[t]), t.String())
	}
	gauge(storeBytes, float64(s.Bytes))
	gauge(storeLog, float64(s.LogBytes))
	gauge(storeParts, float64(s.Parts))
	gauge(storeMemory, float64(s.MemoryBytes))
	gauge(storeDamaged, float64(s.Damaged))
}
