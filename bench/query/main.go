// Command query measures what answers cost: it loads a seeded corpus into a fresh
// server, asks through Jaeger's API (which peers speak too), checks every answer
// against the corpus, and prints a row for each kind of question: latency with
// one client and with eight, and the server's CPU a question.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"time"

	"clew/bench/harness"
)

type options struct {
	spans int
	asks  int
	seed  uint64
}

func main() {
	var o options
	flag.IntVar(&o.spans, "spans", 300_000, "spans to load")
	flag.IntVar(&o.asks, "asks", 200, "questions of each kind and client count")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the corpus and of the questions")
	targets := harness.TargetFlags()
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, targets()); err != nil {
		fmt.Fprintln(os.Stderr, "bench/query:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, targets []harness.Target) error {
	fmt.Printf("%s, %s %s/%s, %d processors, %d spans, %d questions a kind, seed %d\n\n",
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), o.spans, o.asks, o.seed)
	fmt.Println("| server | question | p50 ms | p99 ms | p99 ms, 8 clients | server CPU ms | wrong |")
	fmt.Println("|---|---|---|---|---|---|---|")
	var lives []life
	for _, t := range targets {
		l, err := measure(ctx, o, t)
		if err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		lives = append(lives, l)
	}
	fmt.Println("\n| server | load s | CPU-s/M settled | RSS peak MB | RSS started MB | RSS at rest MB | disk B/span | written/final | start empty ms | start full ms | stop ms | start after kill -9 ms | acknowledged traces lost |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, l := range lives {
		fmt.Printf("| %s | %.0f | %.1f | %d | %d | %d | %d | %.1f | %d | %d | %d | %d | %d of %d |\n", l.name, l.load.Seconds(), l.cpu.Seconds()*1e6/float64(o.spans),
			l.rssPeak>>20, l.rssIdle>>20, l.rssRest>>20, l.disk/int64(o.spans), float64(l.written)/float64(max(l.disk, 1)),
			l.startEmpty.Milliseconds(), l.startFull.Milliseconds(), l.stop.Milliseconds(), l.startKilled.Milliseconds(), l.lost, l.checkedAfterTheKilling)
	}
	return nil
}
