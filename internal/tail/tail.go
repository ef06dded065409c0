// Package tail hands log lines to those who follow them, as they arrive. It
// keeps nothing: who is too slow is told how many lines passed by.
package tail

import (
	"context"
	"sync"
	"sync/atomic"

	"clew/internal/query"
	"clew/internal/signal"
)

// Appender is the way into a store.
type Appender interface {
	Append(ctx context.Context, b *signal.Batch) error
}

// Hub knows who follows. It is safe for concurrent use.
type Hub struct {
	encode func(*query.Row) []byte

	following atomic.Int64 // len(followers), for those who only look whether there is anybody
	mu        sync.Mutex   // guards what follows
	followers map[*Follower]bool
	closed    bool
}

// NewHub returns a hub that hands out lines as encode makes them.
func NewHub(encode func(*query.Row) []byte) *Hub {
	return &Hub{encode: encode, followers: map[*Follower]bool{}}
}

// buffered is how many lines a follower may be behind.
const buffered = 1024

// Follower gets the lines of one tenant that match a condition.
type Follower struct {
	// Lines are what arrived, in order; closed when the hub is.
	Lines <-chan []byte

	lines  chan []byte
	tenant signal.Tenant
	where  *query.Expr
	missed atomic.Uint64
}

// Missed returns how many lines passed by since it was last asked.
func (f *Follower) Missed() uint64 { return f.missed.Swap(0) }

// Follow begins to follow; stop ends it.
func (h *Hub) Follow(t signal.Tenant, where *query.Expr) (f *Follower, stop func()) {
	f = &Follower{lines: make(chan []byte, buffered), tenant: t, where: where}
	f.Lines = f.lines
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(f.lines)
		return f, func() {}
	}
	h.followers[f] = true
	h.following.Add(1)
	return f, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.followers[f] {
			delete(h.followers, f)
			h.following.Add(-1)
		}
	}
}

// Close ends all following.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for f := range h.followers {
		close(f.lines)
		delete(h.followers, f)
		h.following.Add(-1)
	}
}

// Watch returns next, watched: followers get what it has made durable.
func (h *Hub) Watch(next Appender) Appender { return watched{next, h} }

type watched struct {
	next Appender
	hub  *Hub
}

func (w watched) Append(ctx context.Context, b *signal.Batch) error {
	if err := w.next.Append(ctx, b); err != nil {
		return err
	}
	w.hub.Arrived(b)
	return nil
}

// Arrived hands out the lines of b, which it borrows.
func (h *Hub) Arrived(b *signal.Batch) {
	if h.following.Load() == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range b.Groups {
		g := &b.Groups[i]
		for j := range g.Logs {
			h.offer(b.Tenant, &query.Row{Resource: g.Resource, Scope: &g.Scope, Log: &g.Logs[j]})
		}
	}
}

func (h *Hub) offer(t signal.Tenant, r *query.Row) {
	var line []byte
	for f := range h.followers {
		if f.tenant != t || !f.where.Matches(r) {
			continue
		}
		if len(f.lines) == cap(f.lines) {
			f.missed.Add(1)
			continue
		}
		if line == nil {
			line = h.encode(r)
		}
		f.lines <- line // has room: only this function sends, under the lock
	}
}
