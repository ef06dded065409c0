package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"clew/bench/harness"
)

// life is what a server costs besides its answers.
type life struct {
	name                         string
	load, cpu                    time.Duration
	rssPeak, rssIdle, rssRest    int64
	disk, written                int64
	startEmpty, startFull, stop  time.Duration
	startKilled                  time.Duration
	lost, checkedAfterTheKilling int
}

// restAfter is how long a server is left alone before what it holds at rest is read.
const restAfter = 100 * time.Second

// measure loads the corpus into a fresh server, asks it everything, stops it,
// starts it again on its data, kills it and starts it once more.
func measure(ctx context.Context, o options, t harness.Target) (l life, err error) {
	parent, err := os.MkdirTemp("", "clew-bench-")
	if err != nil {
		return l, err
	}
	defer os.RemoveAll(parent)
	dir := parent + "/data"
	if err := os.Mkdir(dir, 0o700); err != nil {
		return l, err
	}
	s, err := harness.Start(ctx, t, dir)
	if err != nil {
		return l, err
	}
	l.name, l.startEmpty = t.Name, s.Started
	c, gen := newCorpus(o)
	began := time.Now()
	_, err = s.Send(ctx, c.bodies(gen, o.spans, t.Dialect), 4, false)
	l.load = time.Since(began)
	if err = errors.Join(err, s.Settle(ctx)); err != nil {
		return l, errors.Join(err, s.Kill())
	}
	l.cpu, l.rssPeak, l.written = s.CPU(), s.RSSPeak(), s.Written()
	o.askAll(ctx, t, s, c)
	if l.stop, err = s.Stop(); err != nil {
		return l, err
	}
	// After the stop: a server that keeps rows in memory writes them then.
	if l.disk, err = harness.FolderSize(dir); err != nil {
		return l, err
	}
	return l, errors.Join(l.startAgain(ctx, o, t, dir, c), ctx.Err())
}

// startAgain starts a server on its data, loads a little more, kills it with the
// last acknowledgement, starts it once more and looks for what was acknowledged.
func (l *life) startAgain(ctx context.Context, o options, t harness.Target, dir string, c *corpus) error {
	s, err := harness.Start(ctx, t, dir)
	if err != nil {
		return err
	}
	l.startFull = s.Started
	if err := s.Settle(ctx); err != nil {
		return errors.Join(err, s.Kill())
	}
	l.rssIdle = s.RSS()
	select {
	case <-time.After(restAfter):
	case <-ctx.Done():
	}
	l.rssRest = s.RSS()
	more, gen := newCorpus(options{seed: o.seed + 1})
	_, err = s.Send(ctx, more.bodies(gen, min(o.spans, 50_000), t.Dialect), 1, false)
	if err = errors.Join(err, s.Kill()); err != nil {
		return err
	}
	if s, err = harness.Start(ctx, t, dir); err != nil {
		return err
	}
	l.startKilled = s.Started
	if err := s.Settle(ctx); err != nil {
		return errors.Join(err, s.Kill())
	}
	for i := 0; i < len(more.ids); i += max(1, len(more.ids)/500) {
		l.checkedAfterTheKilling++
		status, body, err := s.Get(ctx, t.TracePath(more.ids[i]))
		if err != nil {
			return errors.Join(err, s.Kill())
		}
		if status != http.StatusOK || more.wholeTraces(t.Dialect, body, 1, nil) != nil {
			l.lost++
		}
	}
	_, err = s.Stop()
	return err
}

// askAll puts every kind of question and prints its row.
func (o options) askAll(ctx context.Context, t harness.Target, s *harness.Server, c *corpus) {
	for _, k := range kinds {
		rnd := rand.New(rand.NewPCG(o.seed, 2))
		qs := make([]question, o.asks)
		for i := range qs {
			qs[i] = k.make(c, t.Dialect, rnd)
		}
		ask(ctx, s, qs[:min(10, len(qs))], 1) // warm up
		before := s.CPU()
		one, wrong, example := ask(ctx, s, qs, 1)
		cpu := s.CPU() - before
		eight, wrong8, _ := ask(ctx, s, qs, 8)
		fmt.Printf("| %s | %s | %.1f | %.1f | %.1f | %.2f | %d of %d |\n", t.Name, k.name, at(one, 0.5), at(one, 0.99), at(eight, 0.99),
			cpu.Seconds()*1e3/float64(len(qs)), wrong+wrong8, 2*len(qs))
		if example != nil {
			fmt.Fprintf(os.Stderr, "%s, %s: %v\n", t.Name, k.name, example)
		}
	}
}

func at(took []time.Duration, q float64) float64 {
	slices.Sort(took)
	return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000
}

// ask puts the questions over so many clients and counts wrong answers.
func ask(ctx context.Context, s *harness.Server, qs []question, clients int) (took []time.Duration, wrong int, example error) {
	took = make([]time.Duration, len(qs))
	errs := make([]error, len(qs))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(qs) {
					return
				}
				began := time.Now()
				_, body, err := s.Get(ctx, qs[i].path)
				took[i] = time.Since(began)
				if err == nil {
					err = qs[i].check(body)
				}
				errs[i] = err
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			wrong++
			example = err
		}
	}
	return took, wrong, example
}
