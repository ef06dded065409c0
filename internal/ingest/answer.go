package ingest

import (
	"cmp"
	"net/http"
	"strconv"
)

// writeAnswer sends a, completed with the headers that belong to f, and returns
// the status sent.
func writeAnswer(w http.ResponseWriter, rt *Route, a Answer, f *Fault) int {
	h := w.Header()
	status := cmp.Or(a.Status, http.StatusOK)
	if f != nil {
		status = cmp.Or(a.Status, f.Status)
		if f.RetryAfter > 0 {
			h.Set("Retry-After", f.retryAfter())
		}
		switch f.Status {
		case http.StatusMethodNotAllowed:
			h.Set("Allow", cmp.Or(rt.Method, http.MethodPost))
		case http.StatusUnauthorized:
			h.Set("WWW-Authenticate", "Bearer")
		case http.StatusUnsupportedMediaType:
			h.Set("Accept-Encoding", Encodings)
		}
		if a.Body == nil && a.Media == "" {
			a.Media, a.Body = "text/plain; charset=utf-8", []byte(f.Reason+"\n")
		}
	}
	if a.Media != "" {
		h.Set("Content-Type", a.Media)
	}
	h.Set("X-Content-Type-Options", "nosniff")
	for _, kv := range a.Header {
		h.Set(kv[0], kv[1])
	}
	if status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	w.WriteHeader(status)
	w.Write(a.Body) // a client that is gone has its rows all the same
	return status
}

// quoted is strconv.Quote on the first 100 bytes: it goes into a reply.
func quoted(s string) string {
	if len(s) > 100 {
		s = s[:100] + "…"
	}
	return strconv.Quote(s)
}

// bytesText prints a size in the largest unit that keeps it whole.
func bytesText(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 30, " GiB"}, {1 << 20, " MiB"}, {1 << 10, " KiB"}} {
		if n >= u.size && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10) + " bytes"
}
