package ingest

import (
	"context"
	"net/http"
	"time"
)

// This file is what the door does for clients that never send again: Jaeger's,
// Zipkin's and most tracers inside functions; its own memory is their spool. And
// for those that never stop sending again: Lightstep's.

// patiencePause is how often the door looks for room.
const patiencePause = 20 * time.Millisecond

// overload reports whether f says that there is no room just now.
func overload(f *Fault) bool {
	return f != nil && (f.Status == http.StatusTooManyRequests || f.Status == http.StatusServiceUnavailable)
}

// patiently returns what try does. For a sender that may never send again it tries
// until there is room, the sender is gone, or the door's patience ends.
func (d *Door) patiently(ctx context.Context, x *exchange, try func() *Fault) *Fault {
	f := try()
	if !x.route.Unretried && !x.route.Resent || !overload(f) {
		return f
	}
	end := time.NewTimer(d.opt.Patience)
	defer end.Stop()
	again := time.NewTicker(patiencePause)
	defer again.Stop()
	for overload(f) {
		select {
		case <-again.C:
			f = try()
		case <-end.C:
			return f
		case <-ctx.Done():
			return f
		}
	}
	return f
}

// hopeless reports whether f refuses something that no later attempt will get in.
func hopeless(f *Fault) bool {
	return f != nil && (f.Status == http.StatusBadRequest || f.Status == http.StatusRequestEntityTooLarge)
}

// told returns what the sender is told of f: nothing, where the truth would not
// help. The request is dropped then, and counted.
func (d *Door) told(x *exchange, f *Fault) *Fault {
	if x.route.Unretried && overload(f) || x.route.Resent && hopeless(f) {
		d.count.dropped.WithLabelValues(x.protocol, x.route.Signal.String()).Inc()
		return nil
	}
	return f
}
