package columnar

import (
	"sync"
	"sync/atomic"

	"clew/internal/store/columnar/page"
)

// collected is what a page adds to an answer.
type collected struct {
	rows    []candidate
	scanned int
	err     error
}

// A scan looks at more pages at a time the longer it takes, up to mostAhead, with
// two goroutines: one that ends soon has looked at few pages in vain.
const (
	mostAhead   = 8
	scanThreads = 2
)

// collectAll collects the matching rows of each chunk.
func (sc *scan) collectAll(chunks []*chunk) []collected {
	out := make([]collected, len(chunks))
	var next atomic.Int64
	work := func() {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(chunks) {
				return
			}
			out[i].err = page.Guard(func() { sc.collect(chunks[i], &out[i]) })
		}
	}
	if len(chunks) == 1 {
		work()
		return out
	}
	var wg sync.WaitGroup
	panics := make([]any, scanThreads)
	for n := range panics {
		wg.Go(func() {
			defer func() { panics[n] = recover() }() // the caller's to handle
			work()
		})
	}
	wg.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
	return out
}
