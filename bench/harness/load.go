package harness

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Media returns the content type of what d takes.
func (d Dialect) Media() string {
	if d == ZipkinAPI {
		return "application/json"
	}
	return "application/x-protobuf"
}

// Send posts every body once to the ingest address of s, over so many loops that
// each wait for the answer, and returns how long the answers took. Bodies may be
// made while they are sent: then that work is part of the time, but never of the
// server's account.
func (s *Server) Send(ctx context.Context, bodies iter.Seq[[]byte], connections int, gzip bool) ([]time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	queue := make(chan []byte, connections)
	var mu sync.Mutex // guards acks
	var acks []time.Duration
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			for body := range queue {
				began := time.Now()
				if err := post(ctx, client, s.Ingest, body, s.dialect.Media(), gzip); err != nil {
					cancel(err)
					continue
				}
				mu.Lock()
				acks = append(acks, time.Since(began))
				mu.Unlock()
			}
		})
	}
	for body := range bodies {
		if ctx.Err() != nil {
			break
		}
		queue <- body
	}
	close(queue)
	wg.Wait()
	return acks, context.Cause(ctx)
}

// post sends body until it is taken: a 429 is the server's flow control, and the
// wait counts.
func post(ctx context.Context, client *http.Client, url string, body []byte, media string, gzip bool) error {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", media)
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
		case http.StatusOK, http.StatusAccepted:
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
