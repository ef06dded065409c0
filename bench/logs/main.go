// Command logs measures the store on log lines, in process: what it costs to
// take lines that Lambda functions write, how many bytes a line rests on, and how
// long a rare word, a common word and a request id take to find. Answers are
// checked against what was written.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"clew/bench/harness"
	"clew/internal/query"
	clew "clew/internal/signal"
	"clew/internal/store/columnar"
)

type options struct {
	lines, batch int
	seed         uint64
	asks         int
	memory       int64
}

func main() {
	var o options
	flag.IntVar(&o.lines, "lines", 1_000_000, "lines to write")
	flag.IntVar(&o.batch, "batch", 1000, "lines a batch; each batch is durable before the next")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the corpus")
	flag.IntVar(&o.asks, "asks", 10, "searches of each kind")
	flag.Int64Var(&o.memory, "memory", 64<<20, "memory for unflushed rows, bytes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench/logs:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "clew-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	st, err := columnar.Open(columnar.Options{Dir: dir, MemoryLimit: o.memory, BusyWait: time.Minute, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer st.Close()
	fmt.Printf("%s, %s %s/%s, %d processors, %d lines in batches of %d, seed %d\n\n",
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), o.lines, o.batch, o.seed)

	c := newCorpus(o)
	began, cpu0 := time.Now(), cpu()
	var raw int
	for n := 0; n < o.lines; n += o.batch {
		b, bytes := c.next(o.batch)
		raw += bytes
		if err := st.Append(ctx, b); err != nil {
			return err
		}
	}
	acked := time.Since(began)
	if err := st.Flush(ctx); err != nil {
		return err
	}
	if err := st.Merge(ctx); err != nil {
		return err
	}
	size, err := harness.FolderSize(dir)
	if err != nil {
		return err
	}
	fmt.Printf("lines/s %.0f (generator included), CPU-s/M settled %.1f, %d B a line on disk of %d B text\n\n",
		float64(o.lines)/acked.Seconds(), (cpu()-cpu0).Seconds()*1e6/float64(o.lines), size/int64(o.lines), raw/o.lines)

	fmt.Println("| search | first ms | best ms | mean CPU ms | lines found | wrong |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, s := range c.searches() {
		if err := s.measure(ctx, st, o.asks); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// cpu returns the processor time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// search is a question with the number of lines it must find.
type search struct {
	name  string
	where *query.Expr
	limit int
	want  int
}

func (s *search) measure(ctx context.Context, st *columnar.Store, asks int) error {
	var first, best time.Duration
	wrong, found := 0, 0
	before := cpu()
	for i := range asks {
		began := time.Now()
		q := &query.Query{Tenant: clew.DefaultTenant, Type: clew.Logs, Where: s.where, Limit: s.limit}
		found = 0
		for rows, err := range st.Scan(ctx, q) {
			if err != nil {
				return err
			}
			found += len(rows.Rows)
		}
		took := time.Since(began)
		if i == 0 {
			first, best = took, took
		}
		best = min(best, took)
		if found != s.want {
			wrong++
		}
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	fmt.Printf("| %s | %.1f | %.1f | %.1f | %d | %d of %d |\n", s.name, ms(first), ms(best), ms((cpu()-before)/time.Duration(asks)), found, wrong, asks)
	return nil
}
