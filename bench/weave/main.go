// Command weave measures what finding issues costs on top of keeping spans: it
// appends one seeded corpus to a fresh embedded store, with and without a weaver
// that watches, each in a process of its own, and prints CPU and memory of both.
// Nothing is decoded while the clock runs. Results go to bench/results.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"

	"golang.org/x/sys/unix"

	"clew/internal/meta"
	"clew/internal/signal"
	"clew/internal/store/columnar"
	"clew/internal/store/storetest"
	"clew/internal/weave"
)

type options struct {
	spans, perBatch, runs int
	seed                  uint64
	errors                int
	rate                  int
	mode, profile         string
}

func main() {
	var o options
	flag.IntVar(&o.spans, "spans", 500_000, "spans to append")
	flag.IntVar(&o.perBatch, "per-batch", 480, "spans a batch, at least")
	flag.IntVar(&o.runs, "runs", 3, "runs of each kind")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the corpus")
	flag.IntVar(&o.rate, "rate", 50_000, "spans a second, at most")
	flag.IntVar(&o.errors, "errors", 1, "keep one of so many of the corpus's errors: with 1, 1.8 % of spans and one in six transactions have one; with 10, 1.8 % of transactions")
	flag.StringVar(&o.mode, "mode", "", "measure this alone, in this process: plain, watched (observed, not woven) or woven")
	flag.StringVar(&o.profile, "cpuprofile", "", "with -mode: write a profile of the CPU to this file")
	flag.Parse()
	run := compare
	if o.mode != "" {
		run = measure
	}
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "bench/weave:", err)
		os.Exit(1)
	}
}

// result is what one process used after its start. Making the corpus is part of
// it: the modes differ by what weaving costs.
type result struct {
	CPU     float64 // seconds of user and system time
	RSS     int64   // high-water mark, bytes
	Issues  int
	Stories int64
	Total   int // occurrences
	Dropped int64
}

// compare runs every mode in processes of their own.
func compare(ctx context.Context, o options) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Printf("%s, %s %s/%s, %d processors, %d spans in batches of %d, at most %d a second, one of %d errors kept, seed %d\n\n",
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), o.spans, o.perBatch, o.rate, o.errors, o.seed)
	fmt.Println("| run | mode | CPU-s/M spans | RSS peak MB | stories read | dropped | issues | occurrences |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	for i := range o.runs {
		for _, mode := range []string{"plain", "watched", "woven"} {
			cmd := exec.CommandContext(ctx, self, append(os.Args[1:], "-mode", mode)...)
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				return fmt.Errorf("%s, run %d: %w", mode, i+1, err)
			}
			var r result
			if err := json.Unmarshal(bytes.TrimSpace(out), &r); err != nil {
				return err
			}
			fmt.Printf("| %d | %s | %.2f | %d | %d | %d | %d | %d |\n", i+1, mode, r.CPU*1e6/float64(o.spans), r.RSS>>20, r.Stories, r.Dropped, r.Issues, r.Total)
		}
	}
	return nil
}

func measure(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "clew-weave-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	st, err := columnar.Open(columnar.Options{Dir: filepath.Join(dir, "store"), MemoryLimit: 128 << 20})
	if err != nil {
		return err
	}
	defer st.Close()
	db, err := meta.Open(ctx, filepath.Join(dir, "meta.db"))
	if err != nil {
		return err
	}
	defer db.Close()

	w := weave.New(weave.Options{Store: st, Keeper: db, Now: time.Now})
	in := weave.Appender(st)
	if o.mode != "plain" {
		in = w.Watch(st)
	}
	done := make(chan struct{})
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer close(done)
		if o.mode == "woven" {
			w.Run(run)
		}
	}()
	if o.profile != "" {
		f, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	began := cpu()
	if err := feed(ctx, in, o); err != nil {
		return err
	}
	for o.mode == "woven" && w.Stats().Pending > 0 {
		time.Sleep(50 * time.Millisecond)
	}
	cancel()
	<-done
	s := w.Stats()
	r := result{CPU: cpu() - began, RSS: peak(), Stories: s.Told, Dropped: s.Dropped}
	all, err := db.Issues(ctx, signal.DefaultTenant, signal.Range{}, 1)
	if err != nil {
		return err
	}
	r.Issues = len(all)
	for _, i := range all {
		r.Total += i.Total
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// feed makes the corpus and appends it no faster than asked for.
func feed(ctx context.Context, in weave.Appender, o options) error {
	gen := storetest.NewCorpus(signal.DefaultTenant, o.seed, signal.TimeOf(time.Now()))
	start := time.Now()
	for sent := 0; sent < o.spans; {
		b := gen.Next(o.perBatch)
		thin(b, o.errors)
		if err := in.Append(ctx, b); err != nil {
			return err
		}
		spans, _, _ := b.Len()
		sent += spans
		if ahead := time.Duration(float64(sent)/float64(o.rate)*1e9) - time.Since(start); ahead > 0 {
			time.Sleep(ahead)
		}
	}
	return nil
}

// thin takes the errors from all but one in n of the spans of b that have one.
func thin(b *signal.Batch, n int) {
	for i := range b.Groups {
		for j := range b.Groups[i].Spans {
			if s := &b.Groups[i].Spans[j]; s.Status.Code == signal.StatusError && int(s.ID[7])%n != 0 {
				s.Status, s.Events = signal.Status{}, nil
			}
		}
	}
}

// cpu is the user and system time of this process in seconds.
func cpu() float64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// peak is the largest that this process was in memory, in bytes.
func peak() int64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Maxrss << 10
}
