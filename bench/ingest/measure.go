package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	"clew/bench/harness"
	"clew/internal/signal"
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
	if r.acks, err = harness.Send(ctx, s.URL+t.Ingest, c.bodies, o.connections, o.gzip); err != nil {
		return r, err
	}
	r.load = time.Since(began)
	r.cpuAcked = s.CPU() - cpu0
	if err := s.Settle(ctx); err != nil {
		return r, err
	}
	r.cpuSettled, r.rssPeak, r.written = s.CPU()-cpu0, s.RSSPeak(), s.Written()
	r.wrong, r.checked, err = readBack(ctx, s.URL+t.Jaeger+"/traces/", c)
	return r, err
}

// readBack asks for the traces the corpus remembered and counts those whose
// spans are not exactly what was sent.
func readBack(ctx context.Context, url string, c *corpus) (wrong, checked int, err error) {
	for id, want := range c.want {
		got, err := spanIDs(ctx, url, id)
		if err != nil {
			return wrong, checked, err
		}
		slices.Sort(got)
		ids := make([]string, len(want))
		for i, w := range want {
			ids[i] = w.String()
		}
		slices.Sort(ids)
		if !slices.Equal(got, ids) {
			wrong++
		}
		checked++
	}
	return wrong, checked, nil
}

func spanIDs(ctx context.Context, url string, id signal.TraceID) ([]string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+id.String(), nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var answer struct {
		Data []struct {
			Spans []struct {
				SpanID string `json:"spanID"`
			} `json:"spans"`
		} `json:"data"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("trace %s: %w", id, err)
	}
	var ids []string
	for _, d := range answer.Data {
		for _, s := range d.Spans {
			ids = append(ids, s.SpanID)
		}
	}
	return ids, nil
}
