package ingest

import (
	"sync"
	"time"
)

// RefusedRequest is a request that was not taken, for the page that helps
// people connect their senders.
type RefusedRequest struct {
	At       time.Time
	Protocol string
	Path     string
	Remote   string // host:port of the sender
	Status   int
	Reason   string
}

const refusedKept = 20

// refusedRing keeps the last few refused requests.
type refusedRing struct {
	mu   sync.Mutex // guards all below
	ring [refusedKept]RefusedRequest
	n    int // requests ever added
}

func (r *refusedRing) add(q RefusedRequest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ring[r.n%refusedKept] = q
	r.n++
}

// Refused returns the last refused requests, newest first.
func (d *Door) Refused() []RefusedRequest {
	r := &d.refused
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]RefusedRequest, 0, min(r.n, refusedKept))
	for i := r.n - 1; i >= 0 && len(out) < refusedKept; i-- {
		out = append(out, r.ring[i%refusedKept])
	}
	return out
}
