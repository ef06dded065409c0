package page

import (
	"sync/atomic"
)

// bytes is about the memory h holds.
func (h *Head) bytes() (n int64) {
	for _, t := range []*tableHead{&h.rows, &h.groups} {
		n += 512 + 160*int64(len(t.cols))
		for _, s := range t.shapes {
			n += 32 + 4*int64(len(s))
		}
	}
	return n
}

// Warm keeps what views of a page have read for the views to come. It is for
// many goroutines.
type Warm struct {
	head         *Head
	rows, groups warmTable
	groupOf      atomic.Pointer[[]uint32]
	groupList    atomic.Pointer[[]Group]
	services     atomic.Pointer[[]string] // of each group
	grow         func(int64)
}

// Warm returns an empty Warm. It calls grow, which may be nil, with the bytes of
// memory it holds, and again for more.
func (h *Head) Warm(grow func(int64)) *Warm {
	if grow == nil {
		grow = func(int64) {}
	}
	grow(h.bytes())
	return &Warm{head: h, rows: h.rows.warm(), groups: h.groups.warm(), grow: grow}
}

// Rows returns how many rows the page has.
func (w *Warm) Rows() int { return w.head.rows.n }

// Open returns a view of the page that w is of.
func (w *Warm) Open(src Source) *View {
	return &View{Head: w.head, warm: w, rows: w.head.rows.open(src, &w.rows, w.grow), groups: w.head.groups.open(src, &w.groups, w.grow)}
}
