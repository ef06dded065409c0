package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"clew/bench/harness"
)

// measure loads the corpus into a fresh server and asks it everything.
func measure(ctx context.Context, o options, t harness.Target, c *corpus) (err error) {
	dir, err := os.MkdirTemp("", "clew-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := harness.Start(ctx, t, dir)
	if err != nil {
		return err
	}
	defer func() {
		_, serr := s.Stop()
		err = errors.Join(err, serr)
	}()
	if _, err := harness.Send(ctx, s.URL+t.Ingest, c.bodies, 4, false); err != nil {
		return err
	}
	if err := s.Settle(ctx); err != nil {
		return err
	}
	for _, k := range kinds {
		rnd := rand.New(rand.NewPCG(o.seed, 2))
		qs := make([]question, o.asks)
		for i := range qs {
			qs[i] = k.make(c, rnd)
		}
		ask(ctx, s.URL+t.Jaeger, qs[:min(10, len(qs))], 1) // warm up
		before := s.CPU()
		one, wrong, example := ask(ctx, s.URL+t.Jaeger, qs, 1)
		cpu := s.CPU() - before
		eight, wrong8, _ := ask(ctx, s.URL+t.Jaeger, qs, 8)
		fmt.Printf("| %s | %s | %.1f | %.1f | %.1f | %.2f | %d of %d |\n", t.Name, k.name, at(one, 0.5), at(one, 0.99), at(eight, 0.99),
			cpu.Seconds()*1e3/float64(len(qs)), wrong+wrong8, 2*len(qs))
		if example != nil {
			fmt.Fprintf(os.Stderr, "%s, %s: %v\n", t.Name, k.name, example)
		}
	}
	return ctx.Err()
}

func at(took []time.Duration, q float64) float64 {
	slices.Sort(took)
	return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000
}

// ask puts the questions over so many clients and counts wrong answers.
func ask(ctx context.Context, base string, qs []question, clients int) (took []time.Duration, wrong int, example error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true}}
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
				body, err := get(ctx, client, base+qs[i].path)
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

func get(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: status %d: %.200s", url, res.StatusCode, body)
	}
	return body, err
}
