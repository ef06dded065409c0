// Package pipeline is what every batch passes between its decoder and the
// store, one file a stage, in the order of one slice: stamp, mask, measure,
// limit. Stages change the batch in place (its row slices; attribute lists are
// copied when they change, for groups share them) and never refuse a request.
// They do no I/O and read no clock: the door passes the time in.
package pipeline

import "clew/internal/signal"

// Arrival is what the door knows of the request that carried a batch.
type Arrival struct {
	Tenant   signal.Tenant
	At       signal.Time
	Protocol string
}

// Stage is one step. Run is called from many requests at the same time.
type Stage struct {
	Name string
	Run  func(b *signal.Batch, a Arrival)
}
