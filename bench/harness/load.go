package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Send posts every body to url once, over so many loops that each wait for the
// answer, and returns how long the answers took.
func Send(ctx context.Context, url string, bodies [][]byte, connections int, gzip bool) ([]time.Duration, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	acks := make([]time.Duration, len(bodies))
	errs := make([]error, connections)
	var next atomic.Int64
	var wg sync.WaitGroup
	for i := range connections {
		wg.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= len(bodies) || errs[i] != nil {
					return
				}
				began := time.Now()
				errs[i] = post(ctx, client, url, bodies[n], gzip)
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
