package api

import (
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/store"
)

const requestIDHeader = "X-Request-Id"

// request is what handlers need of the HTTP request behind a context.
type request struct {
	id, endpoint string
}

func requestOf(ctx context.Context) request {
	r, _ := ctx.Value(requestKey).(request)
	return r
}

// wrap gives every request an id and every answer its common headers.
func (a *API) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !isRequestID(id) {
			id = rand.Text()
		}
		h := w.Header()
		h.Set(requestIDHeader, id)
		h.Set("Cache-Control", "no-store")
		h.Add("Vary", "Accept-Encoding")
		ctx := context.WithValue(r.Context(), requestKey, request{id: id, endpoint: endpointOf(r)})
		if acceptsGzip(r) {
			z := &gzipWriter{ResponseWriter: w}
			defer z.close()
			w = z
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// isRequestID accepts ids that can stand in a log line and a header.
func isRequestID(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) < 0
}

func endpointOf(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// acceptsGzip reads Accept-Encoding; "gzip;q=0" is a no.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if f, err := strconv.ParseFloat(q, 64); found && (err != nil || f <= 0) {
			return false
		}
		return true
	}
	return false
}

var gzips = sync.Pool{New: func() any { z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed); return z }}

// gzipWriter compresses an answer from its first byte on.
type gzipWriter struct {
	http.ResponseWriter
	z *gzip.Writer // nil until the first byte
}

func (g *gzipWriter) start() {
	if g.z == nil {
		g.z = gzips.Get().(*gzip.Writer)
		g.z.Reset(g.ResponseWriter)
	}
}

// WriteHeader marks answers that have a body as compressed.
func (g *gzipWriter) WriteHeader(code int) {
	if code >= 200 && code != http.StatusNoContent && code != http.StatusNotModified {
		g.Header().Set("Content-Encoding", "gzip")
		g.Header().Del("Content-Length")
		g.start()
	}
	g.ResponseWriter.WriteHeader(code)
}

func (g *gzipWriter) Write(p []byte) (int, error) {
	if g.z == nil {
		g.WriteHeader(http.StatusOK)
	}
	return g.z.Write(p)
}

// Flush sends what has been written so far.
func (g *gzipWriter) Flush() {
	if g.z != nil {
		g.z.Flush()
	}
	http.NewResponseController(g.ResponseWriter).Flush()
}

func (g *gzipWriter) close() {
	if g.z != nil {
		g.z.Close()
		g.z.Reset(nil)
		gzips.Put(g.z)
	}
}

// unknown answers paths and methods that are not there.
func unknown(w http.ResponseWriter, r *http.Request) {
	p := huma.ErrorModel{Status: http.StatusNotFound, Detail: "there is nothing at " + r.URL.Path + "; see /api/openapi.json"}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		p.Status, p.Detail = http.StatusMethodNotAllowed, "this path is read with GET; see /api/openapi.json"
		w.Header().Set("Allow", "GET, HEAD")
	}
	p.Title = http.StatusText(p.Status)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

func badRequest(err error) error {
	return huma.Error400BadRequest(strings.TrimPrefix(err.Error(), "api: "))
}

// failed turns an error of the store into an answer. What is not the client's to
// know goes to the log with the request id.
func (a *API) failed(ctx context.Context, what string, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return huma.NewError(499, "the client went away")
	case errors.Is(err, store.ErrClosed) || errors.Is(err, context.DeadlineExceeded):
		return huma.Error503ServiceUnavailable("the store cannot answer now: " + err.Error())
	}
	a.Logger.ErrorContext(ctx, "request failed", "what", what, "request_id", requestOf(ctx).id, "err", err)
	return huma.Error500InternalServerError("cannot " + what + "; the server's log tells why under request id " + requestOf(ctx).id)
}
