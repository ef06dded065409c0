// Command ingest measures what it costs a server to take spans: it starts a
// fresh one, sends a seeded corpus over closed-loop connections, checks answers
// against the corpus, and prints one row. The corpus is encoded before the clock
// starts. Results go to bench/results with the command and the date.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"time"

	"clew/bench/harness"
)

type options struct {
	spans       int
	perRequest  int
	connections int
	seed        uint64
	gzip        bool
	runs        int
	check       int
}

func main() {
	var o options
	flag.IntVar(&o.spans, "spans", 500_000, "spans to send")
	flag.IntVar(&o.perRequest, "per-request", 480, "spans a request, at least")
	flag.IntVar(&o.connections, "connections", 4, "closed-loop connections")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the corpus")
	flag.BoolVar(&o.gzip, "gzip", false, "send gzip bodies")
	flag.IntVar(&o.runs, "runs", 3, "runs, each on fresh data")
	targets := harness.TargetFlags()
	flag.IntVar(&o.check, "check", 500, "traces read back and compared")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, targets()); err != nil {
		fmt.Fprintln(os.Stderr, "bench/ingest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, targets []harness.Target) error {
	fmt.Printf("%s, %s %s/%s, %d processors, %d spans in requests of %d over %d connections, gzip %v, seed %d\n\n",
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(),
		o.spans, o.perRequest, o.connections, o.gzip, o.seed)
	corpora := map[harness.Dialect]*corpus{}
	for _, t := range targets {
		if corpora[t.Dialect] == nil {
			c := encodeCorpus(o, t.Dialect)
			corpora[t.Dialect] = c
			fmt.Printf("corpus: %d requests, %d spans, %d B a span as %s\n\n", len(c.bodies), c.spans, c.bytes/c.spans, t.Dialect.Media())
		}
	}
	fmt.Println("| server | run | spans/s | ack p50 ms | ack p99 ms | CPU-s/M acked | CPU-s/M settled | RSS peak MB | disk B/span | written/final | start ms | stop ms | wrong |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
	for i := range o.runs {
		for _, t := range targets {
			corpus := corpora[t.Dialect]
			r, err := measure(ctx, o, t, corpus)
			if err != nil {
				return fmt.Errorf("%s, run %d: %w", t.Name, i+1, err)
			}
			r.print(t.Name, i+1, corpus.spans)
		}
	}
	return nil
}

// print writes r as a row of the table.
func (r *result) print(name string, run, spans int) {
	slices.Sort(r.acks)
	at := func(q float64) float64 { return float64(r.acks[int(q*float64(len(r.acks)-1))].Microseconds()) / 1000 }
	perM := func(cpu time.Duration) float64 { return cpu.Seconds() * 1e6 / float64(spans) }
	fmt.Printf("| %s | %d | %.0f | %.1f | %.1f | %.1f | %.1f | %d | %d | %.1f | %d | %d | %d of %d |\n", name, run,
		float64(spans)/r.load.Seconds(), at(0.5), at(0.99), perM(r.cpuAcked), perM(r.cpuSettled), r.rssPeak>>20,
		r.disk/int64(spans), float64(r.written)/float64(max(r.disk, 1)), r.start.Milliseconds(), r.stop.Milliseconds(), r.wrong, r.checked)
}
