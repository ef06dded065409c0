package htrace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How much a request carries.
const (
	batchSpans = 1000
	batchBytes = 2 << 20 // of lines
)

// Importer sends the spans of files to a server.
type Importer struct {
	Endpoint string // URL of the server, base path included
	Token    string // with scope ingest; empty where the server needs none
	Client   *http.Client

	// Complain is told what is wrong with a line of a file.
	Complain func(file string, line int, err error)
	// Progress is called after every request.
	Progress func(Count)

	Count Count

	groups []otlpGroup
	of     map[string]int // group by tracer
	spans  int            // in groups
	bytes  int
}

// Count is what an Importer did so far.
type Count struct {
	Files, Spans int // sent and taken
	Bad          int // lines that are no span
	Refused      int // spans that the server did not take
}

// Files sends all files, one after the other. It ends with the first error of a
// file or of the server; lines that are no span are none, but are counted.
func (im *Importer) Files(ctx context.Context, names []string) error {
	for _, name := range names {
		if err := im.read(ctx, name); err != nil {
			return errors.Join(err, im.flush(ctx))
		}
		im.Count.Files++
	}
	return im.flush(ctx)
}

// add takes a span of tracer, whose line had size bytes.
func (im *Importer) add(ctx context.Context, tracer string, s otlpSpan, size int) error {
	i, ok := im.of[tracer]
	if !ok {
		if im.of == nil {
			im.of = map[string]int{}
		}
		i = len(im.groups)
		im.of[tracer] = i
		g := otlpGroup{}
		g.Resource.Attrs = resource(tracer)
		im.groups = append(im.groups, g)
	}
	spans := &im.groups[i].Scopes[0].Spans
	*spans = append(*spans, s)
	im.spans++
	im.bytes += size
	if im.spans < batchSpans && im.bytes < batchBytes {
		return nil
	}
	return im.flush(ctx)
}

// flush sends what was added. While the server is busy it waits.
func (im *Importer) flush(ctx context.Context) error {
	if im.spans == 0 {
		return nil
	}
	body, err := json.Marshal(map[string]any{"resourceSpans": im.groups})
	if err != nil {
		return fmt.Errorf("htrace: %w", err)
	}
	for {
		refused, wait, err := im.post(ctx, body)
		if err != nil {
			return fmt.Errorf("htrace: send: %w", err)
		}
		if wait == 0 {
			im.Count.Spans += im.spans - refused
			im.Count.Refused += refused
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
	im.groups, im.of, im.spans, im.bytes = nil, nil, 0, 0
	im.Progress(im.Count)
	return nil
}

// waitMost bounds how long a server may ask to be left alone.
const waitMost = time.Minute

// post sends one request. A wait that is not 0 is the server's wish: nothing was
// taken yet.
func (im *Importer) post(ctx context.Context, body []byte) (refused int, wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(im.Endpoint, "/")+"/v1/traces", bytes.NewReader(body))
	if err != nil {
		return 0, 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if im.Token != "" {
		req.Header.Set("Authorization", "Bearer "+im.Token)
	}
	resp, err := im.Client.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return 0, 0, err
	}
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return 0, min(max(time.Duration(seconds)*time.Second, time.Second), waitMost), nil
	default:
		var said struct{ Message string }
		if json.Unmarshal(answer, &said) != nil || said.Message == "" {
			said.Message = strings.TrimSpace(string(answer))
		}
		return 0, 0, fmt.Errorf("%s: %.200s", resp.Status, said.Message)
	}
	var said struct {
		PartialSuccess struct{ RejectedSpans json.Number }
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return 0, 0, fmt.Errorf("not an answer of Clew: %.200s", answer)
	}
	n, _ := said.PartialSuccess.RejectedSpans.Int64()
	return int(n), 0, nil
}
