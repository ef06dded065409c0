package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

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

func measure(ctx context.Context, o options, t target, c *corpus) (r result, err error) {
	dir, err := os.MkdirTemp("", "clew-bench-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	s, err := startServer(ctx, t, dir)
	if err != nil {
		return r, err
	}
	defer func() {
		d, serr := s.stop()
		r.stop = d
		err = errors.Join(err, serr)
	}()
	r.start = s.started

	cpu0 := s.cpu()
	began := time.Now()
	if r.acks, err = send(ctx, o, c, s.url+t.ingest); err != nil {
		return r, err
	}
	r.load = time.Since(began)
	r.cpuAcked = s.cpu() - cpu0
	if err := s.settle(ctx); err != nil {
		return r, err
	}
	r.cpuSettled, r.rssPeak, r.written = s.cpu()-cpu0, s.rssPeak(), s.written()
	if r.disk, err = folderSize(dir); err != nil {
		return r, err
	}
	r.wrong, r.checked, err = readBack(ctx, s.url+t.traceByID, c)
	return r, err
}

// send posts every body once, over o.connections loops that each wait for the
// answer, and returns how long the answers took.
func send(ctx context.Context, o options, c *corpus, url string) ([]time.Duration, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.connections}}
	acks := make([]time.Duration, len(c.bodies))
	errs := make([]error, o.connections)
	var next atomic.Int64
	var wg sync.WaitGroup
	for i := range o.connections {
		wg.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= len(c.bodies) || errs[i] != nil {
					return
				}
				began := time.Now()
				errs[i] = post(ctx, client, url, c.bodies[n], o.gzip)
				acks[n] = time.Since(began)
			}
		})
	}
	wg.Wait()
	return acks, errors.Join(errs...)
}

// post sends body until it is taken: a 429 is the server's flow control, and the
// wait counts.
func post(ctx context.Context, client *http.Client, url string, body []byte, gzip bool) error {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/x-protobuf")
		if gzip {
			req.Header.Set("Content-Encoding", "gzip")
		}
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
		res.Body.Close()
		switch res.StatusCode {
		case http.StatusOK:
			return nil
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			after, _ := strconv.Atoi(res.Header.Get("Retry-After"))
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(max(time.Duration(after)*time.Second, 50*time.Millisecond)):
			}
		default:
			return fmt.Errorf("status %d: %s", res.StatusCode, text)
		}
	}
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
