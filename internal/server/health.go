package server

import (
	"io"
	"net/http"
	"sync/atomic"
)

// Health answers whether the process lives and whether it can take requests.
type Health struct{ ready atomic.Bool }

// SetReady says whether requests can be taken now.
func (h *Health) SetReady(ready bool) { h.ready.Store(ready) }

// Register adds GET /healthz (always 200) and GET /readyz (503 until ready).
func (h *Health) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !h.ready.Load() {
			http.Error(w, "starting or stopping", http.StatusServiceUnavailable)
			return
		}
		io.WriteString(w, "ok\n")
	})
}
