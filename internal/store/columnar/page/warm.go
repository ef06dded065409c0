package page

import (
	"sync/atomic"

	"clew/internal/signal"
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
	most         int64 // bytes to keep; 0: as the owner says through grow
	kept         atomic.Int64
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

// WarmUpTo returns an empty Warm for a page in memory that keeps at most so many
// bytes besides the page's own.
func (h *Head) WarmUpTo(most int64) *Warm {
	return &Warm{head: h, rows: h.rows.warm(), groups: h.groups.warm(), grow: func(int64) {}, most: most}
}

// keep stores what was read, unless somebody was faster or it would be too much. It
// reports whether v is what is kept.
func keep[T any](w *Warm, at *atomic.Pointer[T], v *T, bytes int64) bool {
	if w.most > 0 && w.kept.Load()+bytes > w.most || !at.CompareAndSwap(nil, v) {
		return false
	}
	w.kept.Add(bytes)
	w.grow(bytes)
	return true
}

// Type returns the signal of the page's rows.
func (w *Warm) Type() signal.Type { return w.head.Type }

// Rows returns how many rows the page has.
func (w *Warm) Rows() int { return w.head.rows.n }

// Open returns a view of the page that w is of.
func (w *Warm) Open(src Source) *View {
	return &View{Head: w.head, warm: w, rows: w.head.rows.open(src, w, &w.rows), groups: w.head.groups.open(src, w, &w.groups)}
}
