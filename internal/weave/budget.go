package weave

import (
	"sync"
	"time"
)

// A story costs about a hundred times what it costs to keep one of its spans. So
// that a storm of failures does not take the processors from what takes the data
// in, weaving lives on an allowance: some time for each span that arrives, a small
// share of all time, and a purse for a burst after quiet times. What it cannot pay
// for waits; of what there is no room for, a part is dropped and counted.
const (
	perSpan = 4 * time.Microsecond
	share   = 0.05 // of one processor
	purse   = time.Second
)

// budget is an allowance of time. It is safe for concurrent use.
type budget struct {
	mu   sync.Mutex // guards what follows
	left time.Duration
	at   time.Time
}

// earn credits spans that arrived.
func (b *budget) earn(spans int) {
	b.mu.Lock()
	b.left = min(purse, b.left+time.Duration(spans)*perSpan)
	b.mu.Unlock()
}

// spend charges what was used, which may be more than is left.
func (b *budget) spend(d time.Duration) {
	b.mu.Lock()
	b.left -= d
	b.mu.Unlock()
}

// wait says how long it takes, without further spans, until something is left; 0
// where something is.
func (b *budget) wait(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.at.IsZero() {
		b.left = purse
	} else {
		b.left = min(purse, b.left+time.Duration(share*float64(now.Sub(b.at))))
	}
	b.at = now
	if b.left > 0 {
		return 0
	}
	return time.Duration(float64(-b.left)/share) + time.Millisecond
}
