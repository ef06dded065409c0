package normalise_test

import (
	"syscall"
	"testing"
	"time"

	"clew/internal/normalise"
	"clew/internal/store/storetest"
)

// cpu returns the processor time this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkBatch normalises the corpus, whose spans have some 18 attributes and no
// captured events that anybody reads.
func BenchmarkBatch(b *testing.B) {
	c := storetest.NewCorpus("acme", 1, 1_795_262_400_000_000_000)
	batch := c.Next(5000)
	n := 0
	for _, g := range batch.Groups {
		n += len(g.Spans)
	}
	before := cpu()
	for b.Loop() {
		for i := range batch.Groups {
			for j := range batch.Groups[i].Spans {
				batch.Groups[i].Spans[j].Keys = nil
			}
		}
		normalise.Batch(batch)
	}
	b.ReportMetric(float64(cpu()-before)/float64(b.N)/float64(n), "cpu-ns/span")
}
