package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"clew/bench/harness"
)

type result struct {
	start, load, stop    time.Duration
	acks                 []time.Duration
	cpuAcked, cpuSettled time.Duration
	rssPeak              int64
	disk, written        int64
	wrong, checked       int
}

func measure(ctx context.Context, o options, t harness.Target, c *corpus) (r result, err error) {
	dir, err := os.MkdirTemp("", "clew-bench-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	s, err := harness.Start(ctx, t, dir)
	if err != nil {
		return r, err
	}
	defer func() {
		d, serr := s.Stop()
		r.stop = d
		// After the stop: a server that keeps rows in memory writes them then.
		size, derr := harness.FolderSize(dir)
		r.disk = size
		err = errors.Join(err, serr, derr)
	}()
	r.start = s.Started

	cpu0 := s.CPU()
	began := time.Now()
	if r.acks, err = s.Send(ctx, slices.Values(c.bodies), o.connections, o.gzip); err != nil {
		return r, err
	}
	r.load = time.Since(began)
	r.cpuAcked = s.CPU() - cpu0
	if err := s.Settle(ctx); err != nil {
		return r, err
	}
	r.cpuSettled, r.rssPeak, r.written = s.CPU()-cpu0, s.RSSPeak(), s.Written()
	r.wrong, r.checked, err = readBack(ctx, s, t.Dialect, c)
	return r, err
}

// readBack asks for the traces the corpus remembered and counts those whose
// spans are not exactly what was sent.
func readBack(ctx context.Context, s *harness.Server, d harness.Dialect, c *corpus) (wrong, checked int, err error) {
	for id, want := range c.want {
		_, body, err := s.Get(ctx, d.TracePath(id.String()))
		if err != nil {
			return wrong, checked, err
		}
		traces, err := d.Traces(body)
		if err != nil {
			return wrong, checked, fmt.Errorf("trace %s: %w", id, err)
		}
		ids := make([]string, len(want))
		for i, w := range want {
			ids[i] = w.String()
		}
		slices.Sort(ids)
		if len(traces) != 1 || !slices.Equal(slices.Sorted(slices.Values(traces[0].Spans)), ids) {
			wrong++
		}
		checked++
	}
	return wrong, checked, nil
}
