package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/query"
)

// heartbeat keeps proxies from closing a connection on which nothing happens.
const heartbeat = 15 * time.Second

// tailLogs answers GET /api/logs/tail?q with server-sent events: a LogRow for each
// line that matches and arrives from now on, and "missed" with the number of those
// that arrived too fast.
func (a *API) tailLogs(w http.ResponseWriter, r *http.Request) {
	where, err := query.Parse(r.URL.Query().Get("q"))
	if err != nil || a.Tail == nil {
		p := huma.ErrorModel{Status: http.StatusBadRequest}
		if p.Detail = "this server lets nobody follow"; err != nil {
			p.Detail = err.Error()
		} else {
			p.Status = http.StatusServiceUnavailable
		}
		p.Title = http.StatusText(p.Status)
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(p.Status)
		json.NewEncoder(w).Encode(p)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	flush := http.NewResponseController(w).Flush
	f, stop := a.Tail.Follow(TenantOf(r.Context()), where)
	defer stop()
	fmt.Fprint(w, ": following\n\n")
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for flush() == nil {
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
			fmt.Fprint(w, ": still here\n\n")
		case line, open := <-f.Lines:
			if !open {
				return
			}
			fmt.Fprintf(w, "data: %s\n\n", line)
			for more := true; more; { // what else is there goes in one piece
				select {
				case line, open = <-f.Lines:
					if more = open; open {
						fmt.Fprintf(w, "data: %s\n\n", line)
					}
				default:
					more = false
				}
			}
			if n := f.Missed(); n > 0 {
				fmt.Fprintf(w, "event: missed\ndata: %d\n\n", n)
			}
		}
	}
}
